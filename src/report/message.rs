//! Messages in reports: secrets covered, as text. The only file here that looks into TTLV.

use kmipspec_protocol::encoding::{dump, xml};
use kmipspec_protocol::registry::{tag, tag_row};
use kmipspec_protocol::ttlv::{Doc, ItemRef, ItemType, Limits, Tag};
use kmipspec_protocol::version::Version;
use std::ops::Range;

/// Items whose values, at any depth below, are nobody's business: Password, Key Material, One Time Password, Hashed
/// Password.
const SECRET: [Tag; 4] = [tag::PASSWORD, tag::KEY_MATERIAL, tag::ONE_TIME_PASSWORD, tag::HASHED_PASSWORD];

/// Bytes of text that one message may take in a text report; JSON has every byte of it.
const MAX_TEXT: usize = 48 * 1024;

/// Bytes of one value that a text report shows.
const MAX_VALUE: usize = 256;

/// A line about a message.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// Whether it is about a marked item: its line and those with the bytes of its value.
    pub marked: bool,
    /// Offset and bytes.
    pub bytes: String,
    /// Name, type, length and value, deeper items further in; or a fault.
    pub words: String,
}

/// A message as lines of text: offset, bytes, name, type, length and value of each item, with faults in place. Lines
/// about the items at `marked` offsets begin with `>`.
pub fn lines(bytes: &[u8], version: Version, marked: &[usize], show_secrets: bool) -> Vec<String> {
    let marks = marks(marked);
    let mut lines = Vec::new();
    if let Some(text) = plain_text(bytes) {
        lines.push(format!("    as text: {text:?}"));
    }
    for line in annotated(bytes, version, show_secrets).lines() {
        let margin = if marks.iter().any(|m| line.starts_with(m)) { "  > " } else { "    " };
        lines.push(format!("{margin}{line}"));
    }
    lines
}

/// The same in two columns.
pub fn rows(bytes: &[u8], version: Version, marked: &[usize], show_secrets: bool) -> Vec<Row> {
    let marks = marks(marked);
    let mut rows = Vec::new();
    if let Some(text) = plain_text(bytes) {
        rows.push(Row { marked: false, bytes: String::new(), words: format!("as text: {text:?}") });
    }
    let mut is_marked = false;
    for line in annotated(bytes, version, show_secrets).lines() {
        // What stands before the first `#` is never more than offset and bytes.
        let (bytes, words) = line.split_once("# ").unwrap_or((line, ""));
        if !words.is_empty() && !bytes.trim().is_empty() {
            is_marked = marks.iter().any(|m| line.starts_with(m));
        }
        rows.push(Row { marked: is_marked, bytes: bytes.trim().to_owned(), words: words.trim_end().to_owned() });
    }
    rows
}

/// Annotated hexadecimal, within limits.
fn annotated(bytes: &[u8], version: Version, show_secrets: bool) -> String {
    let doc = Doc::lenient(bytes, &Limits::default());
    let options = dump::Options {
        version: Some(version),
        cover_secrets: !show_secrets,
        max_output: MAX_TEXT,
        max_value: MAX_VALUE,
    };
    dump::annotated(&doc, &options)
}

/// How lines about items at these offsets begin.
fn marks(marked: &[usize]) -> Vec<String> {
    marked.iter().map(|at| format!("{at:08X}:")).collect()
}

/// The XML encoding, or why there is none.
pub fn as_xml(bytes: &[u8]) -> Result<String, String> {
    let doc = Doc::lenient(bytes, &Limits::default());
    match doc.diags().first() {
        Some(fault) => Err(fault.to_string()),
        None => xml::write(&doc).map_err(|e| e.to_string()),
    }
}

/// The operations of a request, by name.
pub fn operations(request: &[u8]) -> Vec<String> {
    let doc = Doc::lenient(request, &Limits::default());
    batch_items(&doc).filter_map(|item| child(item, tag::OPERATION)).collect()
}

/// What became of each item of a response: `Success`, `OperationFailed (ItemNotFound)`.
pub fn results(response: &[u8]) -> Vec<String> {
    let doc = Doc::lenient(response, &Limits::default());
    let results = batch_items(&doc).filter_map(|item| {
        let status = child(item, tag::RESULT_STATUS)?;
        Some(match child(item, tag::RESULT_REASON) {
            Some(reason) => format!("{status} ({reason})"),
            None => status,
        })
    });
    results.collect()
}

fn batch_items<'d>(doc: &'d Doc<'_>) -> impl Iterator<Item = ItemRef<'d>> {
    doc.root().into_iter().flat_map(|root| root.children()).filter(|item| item.tag() == tag::BATCH_ITEM)
}

/// The name of an enumeration value below an item, or its number.
fn child(item: ItemRef<'_>, wanted: Tag) -> Option<String> {
    let child = item.children().find(|child| child.tag() == wanted)?;
    let told = dump::value(child, wanted, None);
    Some(told.split(" (").next().unwrap_or(&told).to_owned())
}

/// The beginning of what is plainly text and no TTLV: an HTTP answer, say.
fn plain_text(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let is_text = !text.is_empty() && text.chars().all(|c| !c.is_control() || matches!(c, '\r' | '\n' | '\t'));
    is_text.then(|| text.chars().take(200).collect())
}

/// The same bytes with the values of passwords and key material overwritten by `*`, and whether there were any.
///
/// Numbers and enumerations stay: they say which algorithm or curve, not which key.
pub fn covered(bytes: &[u8]) -> (Vec<u8>, bool) {
    let mut out = bytes.to_vec();
    let mut any = false;
    cover(&mut out, |value| any |= !value.is_empty());
    (out, any)
}

/// The same in place; `secret` is told each value before.
pub fn cover(bytes: &mut [u8], mut secret: impl FnMut(&[u8])) {
    for range in secret_values(bytes) {
        if let Some(value) = bytes.get_mut(range) {
            secret(value);
            value.fill(b'*');
        }
    }
}

/// Whether this is the name of an item whose value is covered.
pub fn is_secret(name: &str) -> bool {
    SECRET.iter().any(|tag| tag_row(*tag).is_some_and(|row| row.xml_name == name))
}

/// Where the values of secrets are.
fn secret_values(bytes: &[u8]) -> Vec<Range<usize>> {
    let doc = Doc::lenient(bytes, &Limits::default());
    let mut values = Vec::new();
    // Index is in document order, so all that is inside a secret structure comes before its end.
    let mut secret_until = 0usize;
    for item in doc.items() {
        if SECRET.contains(&item.tag()) {
            secret_until = secret_until.max(item.end());
        }
        if item.offset() < secret_until && may_hold_secret(item) {
            let from = item.value_offset();
            values.push(from..from.saturating_add(item.raw().len()));
        }
    }
    values
}

/// Types whose value can be key material; a leaf of an unknown type may be anything.
fn may_hold_secret(item: ItemRef<'_>) -> bool {
    match item.ty() {
        ItemType::STRUCTURE => item.children().next().is_none(),
        ItemType::INTEGER
        | ItemType::LONG_INTEGER
        | ItemType::ENUMERATION
        | ItemType::BOOLEAN
        | ItemType::DATE_TIME
        | ItemType::INTERVAL => item.value().is_none(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kmipspec_protocol::ttlv::Item;

    const KEY_BLOCK: Tag = Tag(0x42_0040);
    const KEY_VALUE: Tag = Tag(0x42_0045);
    const KEY_MATERIAL: Tag = Tag(0x42_0043);
    const MODULUS: Tag = Tag(0x42_0052);
    const RECOMMENDED_CURVE: Tag = Tag(0x42_0075);
    const NAME_VALUE: Tag = Tag(0x42_0055);

    #[test]
    fn key_material_is_covered_and_the_rest_is_not() {
        let tree = Item::structure(
            KEY_BLOCK,
            vec![
                Item::structure(KEY_VALUE, vec![Item::bytes(KEY_MATERIAL, vec![7; 5])]),
                Item::text(NAME_VALUE, "open"),
            ],
        );
        let bytes = tree.encode();
        let (out, any) = covered(&bytes);
        assert!(any);
        assert_eq!(out.len(), bytes.len());
        let doc = Doc::lenient(&out, &Limits::default());
        let values: Vec<&[u8]> = doc.items().filter(|i| i.ty() != ItemType::STRUCTURE).map(|i| i.raw()).collect();
        assert_eq!(values, [&b"*****"[..], &b"open"[..]]);
        assert!(doc.diags().is_empty(), "padding and lengths stay: {:?}", doc.diags());
    }

    #[test]
    fn inside_a_transparent_key_only_numbers_that_name_things_stay() {
        let tree = Item::structure(
            KEY_VALUE,
            vec![
                Item::structure(
                    KEY_MATERIAL,
                    vec![Item::enumeration(RECOMMENDED_CURVE, 6), Item::big_integer(MODULUS, vec![9; 8])],
                ),
                Item::big_integer(MODULUS, vec![1; 8]),
            ],
        );
        let (out, any) = covered(&tree.encode());
        assert!(any);
        let doc = Doc::lenient(&out, &Limits::default());
        let values: Vec<&[u8]> = doc.items().filter(|i| i.ty() != ItemType::STRUCTURE).map(|i| i.raw()).collect();
        assert_eq!(values, [&[0, 0, 0, 6][..], &b"********"[..], &[1; 8][..]]);
    }

    #[test]
    fn what_is_not_ttlv_passes_unharmed() {
        for bytes in [&b""[..], b"HTTP/1.1 400 Bad Request\r\n\r\n", &[0x42, 0, 0x43, 8, 0xff, 0xff, 0xff, 0xff, 1, 2]]
        {
            let (out, _) = covered(bytes);
            assert_eq!(out.len(), bytes.len());
        }
        let (out, any) = covered(&[0x42, 0, 0x43, 8, 0xff, 0xff, 0xff, 0xff, 1, 2]);
        assert!(any, "a cut-off secret is a secret");
        assert_eq!(out.get(8..), Some(&b"**"[..]));
    }
}
