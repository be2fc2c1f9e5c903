//! XML and JSON: text -> tree -> text, and the tree of a message's text is the message.

use kmipspec_protocol::encoding::{json, xml};
use kmipspec_protocol::ttlv::{Doc, Item, Limits};
use std::fmt::Display;

/// Bounds of these targets.
const LIMITS: Limits = Limits { max_size: 1 << 16, max_depth: 32, max_items: 4096, leaf_root: true };

/// Bounds for what our own writer made of an input within [`LIMITS`].
const OWN: Limits = Limits { max_size: 1 << 24, max_depth: 64, max_items: 8192, leaf_root: true };

/// Checks one input as XML.
///
/// # Panics
///
/// `O13` when what was read cannot be written, or reads otherwise when it was written.
pub fn xml_decode(input: &[u8]) {
    check(input, xml::read, xml::write);
}

/// Checks one input as JSON.
///
/// # Panics
///
/// As [`xml_decode`].
pub fn json_decode(input: &[u8]) {
    check(input, json::read, json::write);
}

/// A message is written and read again; any other input is read, written and read again.
fn check<E: Display>(
    input: &[u8],
    read: impl Fn(&str, &Limits) -> Result<Item, E>,
    write: impl Fn(&Doc<'_>) -> Result<String, E>,
) {
    if let Ok(doc) = Doc::strict(input, &LIMITS) {
        // What a notation cannot hold is an error; what it does hold is the message.
        if let Ok(text) = write(&doc) {
            let back = read(&text, &OWN).unwrap_or_else(|e| panic!("O13: our own text cannot be read: {e}"));
            assert!(back.encode() == input, "O13: the text of a message is that of another one");
        }
        return;
    }
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Ok(item) = read(text, &LIMITS) else { return };
    let bytes = item.encode();
    let doc = Doc::strict(&bytes, &OWN).unwrap_or_else(|e| panic!("O13: what was read is no TTLV: {e}"));
    let Ok(written) = write(&doc) else { return };
    let again = read(&written, &OWN).unwrap_or_else(|e| panic!("O13: our own text cannot be read: {e}"));
    assert!(again.encode() == bytes, "O13: text, tree, text and tree: the trees differ");
}

#[cfg(test)]
mod tests {
    use super::*;
    use kmipspec_protocol::ttlv::{Tag, Value};
    use proptest::prelude::*;

    fn both(item: &Item) {
        let bytes = item.encode();
        xml_decode(&bytes);
        json_decode(&bytes);
        let doc = Doc::strict(&bytes, &LIMITS).expect("an item");
        xml_decode(xml::write(&doc).unwrap_or_default().as_bytes());
        json_decode(json::write(&doc).unwrap_or_default().as_bytes());
    }

    proptest! {
        #[test]
        fn any_leaf_under_any_tag(tag in 0x42_0000u32..0x42_0150, n in any::<i64>(), text in ".{0,12}", bytes in any::<[u8; 9]>()) {
            let tag = Tag(tag);
            let low = n as u32;
            for value in [
                Value::Integer(low.cast_signed()), Value::LongInteger(n), Value::BigInteger(&bytes), Value::Enumeration(low),
                Value::Boolean(n > 0), Value::TextString(&text), Value::ByteString(&bytes), Value::DateTime(n),
                Value::DateTimeExtended(n), Value::Interval(low), Value::Identifier(&text), Value::Reference(&text),
                Value::NameReference(&text), Value::Structure,
            ] {
                both(&Item::leaf(tag, value));
                both(&Item::structure(Tag(0x42_0008), vec![Item::text(Tag(0x42_000A), text.clone()), Item::leaf(tag, value)]));
            }
        }

        #[test]
        fn any_text(text in "[<>{}\\[\\]\"':,=/ a-zA-Z0-9_.-]{0,60}") {
            xml_decode(text.as_bytes());
            json_decode(text.as_bytes());
        }
    }
}
