//! Messages in reports: secrets covered, as text. The only file here that looks into TTLV.

use kmipspec_protocol::encoding::dump;
use kmipspec_protocol::registry::tag;
use kmipspec_protocol::ttlv::{Doc, ItemRef, ItemType, Limits, Tag};
use kmipspec_protocol::version::Version;

/// Items whose values, at any depth below, are nobody's business: Password, Key Material, One Time Password, Hashed
/// Password.
const SECRET: [Tag; 4] = [tag::PASSWORD, tag::KEY_MATERIAL, tag::ONE_TIME_PASSWORD, tag::HASHED_PASSWORD];

/// Bytes of text that one message may take in a text report; JSON has every byte of it.
const MAX_TEXT: usize = 48 * 1024;

/// Bytes of one value that a text report shows.
const MAX_VALUE: usize = 256;

/// A message as lines of text: offset, bytes, name, type, length and value of each item, with faults in place. Lines
/// about the items at `marked` offsets begin with `>`.
pub fn lines(bytes: &[u8], version: Version, marked: &[usize], show_secrets: bool) -> Vec<String> {
    let doc = Doc::lenient(bytes, &Limits::default());
    let options = dump::Options {
        version: Some(version),
        cover_secrets: !show_secrets,
        max_output: MAX_TEXT,
        max_value: MAX_VALUE,
    };
    let marks: Vec<String> = marked.iter().map(|at| format!("{at:08X}:")).collect();
    let mut lines = Vec::new();
    if let Some(text) = plain_text(bytes) {
        lines.push(format!("    as text: {text:?}"));
    }
    for line in dump::annotated(&doc, &options).lines() {
        let margin = if marks.iter().any(|m| line.starts_with(m)) { "  > " } else { "    " };
        lines.push(format!("{margin}{line}"));
    }
    lines
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
    let doc = Doc::lenient(bytes, &Limits::default());
    let mut out = bytes.to_vec();
    let mut any = false;
    // Index is in document order, so all that is inside a secret structure comes before its end.
    let mut secret_until = 0usize;
    for item in doc.items() {
        if SECRET.contains(&item.tag()) {
            secret_until = secret_until.max(item.end());
        }
        if item.offset() < secret_until && may_hold_secret(item) {
            let from = item.value_offset();
            let to = from.saturating_add(item.raw().len());
            if let Some(value) = out.get_mut(from..to) {
                any |= !value.is_empty();
                value.fill(b'*');
            }
        }
    }
    (out, any)
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
