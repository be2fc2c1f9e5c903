//! XML, JSON and dumps of any message: what is written reads back as the same bytes, what cannot be written is refused.

#[path = "support/items.rs"]
mod items;

use kmipspec_protocol::encoding::dump::{self, Options};
use kmipspec_protocol::encoding::{json, xml};
use kmipspec_protocol::registry::tag;
use kmipspec_protocol::ttlv::{Doc, Item, Limits, Tag};
use kmipspec_protocol::version::Version;
use proptest::prelude::*;

fn doc(item: &Item) -> Doc<'static> {
    Doc::strict_owned(item.encode(), &Limits::default()).expect("well-formed")
}

proptest! {
    #[test]
    fn binary_to_xml_to_binary_is_the_identity(item in items::message()) {
        let doc = doc(&item);
        match xml::write(&doc) {
            Ok(text) => {
                let back = xml::read(&text, &Limits::default());
                let back = back.map_err(|e| TestCaseError::fail(format!("{e}\n{text}")))?;
                prop_assert_eq!(back.encode(), doc.bytes(), "{}", text);
            }
            Err(xml::XmlError::Character { at, code }) => {
                let held = doc.items().find(|i| i.offset() == at).and_then(|i| i.as_text());
                prop_assert!(held.is_some_and(|t| t.chars().any(|c| u32::from(c) == code)));
            }
            Err(e) => return Err(TestCaseError::fail(e.to_string())),
        }
    }

    #[test]
    fn binary_to_json_to_binary_is_the_identity(item in items::message()) {
        let doc = doc(&item);
        let text = json::write(&doc).map_err(|e| TestCaseError::fail(e.to_string()))?;
        let back = json::read(&text, &Limits::default());
        let back = back.map_err(|e| TestCaseError::fail(format!("{e}\n{text}")))?;
        prop_assert_eq!(back.encode(), doc.bytes(), "{}", text);
    }

    /// Any bytes can be shown, and the annotated form holds every one of them.
    #[test]
    fn a_dump_shows_every_byte(item in items::message(), cut in 0usize..400, max_items in prop_oneof![Just(1000), 0usize..40], flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4)) {
        let mut bytes = item.encode();
        for (at, value) in flips {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        bytes.truncate(bytes.len().saturating_sub(cut % bytes.len().max(1)));
        let doc = Doc::lenient(&bytes, &Limits { max_items, ..Limits::default() });
        let text = dump::annotated(&doc, &Options { version: Some(Version::V1_2), ..Options::default() });
        let shown: String = text
            .lines()
            .filter_map(|l| l.split('#').next()?.split_once(':'))
            .flat_map(|(_, hex)| hex.chars().filter(char::is_ascii_hexdigit))
            .collect();
        let mut expected = String::new();
        for b in &bytes {
            expected.push_str(&format!("{b:02X}"));
        }
        prop_assert_eq!(shown, expected, "{}", text);
        for fault in doc.diags() {
            prop_assert!(text.contains(&fault.to_string()));
        }
        let tree = dump::tree(&doc, &Options::default());
        prop_assert!(tree.lines().count() >= doc.len());
    }

    #[test]
    fn readers_take_any_text(text in any::<String>(), markup in "[<>/=\"'&;#x TLV a0-9{}\\[\\]:,-]{0,64}") {
        // Nothing of this is a message; the point is to come back.
        prop_assert!(xml::read(&text, &Limits::default()).is_err());
        prop_assert!(json::read(&text, &Limits::default()).is_err());
        let _ = xml::elements(&markup, &Limits::default());
        prop_assert!(json::read(&markup, &Limits::default()).is_err());
    }
}

/// A Register request of 1.2 with a password, an attribute of each kind and a key.
fn register() -> Item {
    let attribute =
        |name: &str, value: Item| Item::structure(tag::ATTRIBUTE, vec![Item::text(tag::ATTRIBUTE_NAME, name), value]);
    Item::structure(
        tag::REQUEST_MESSAGE,
        vec![
            Item::structure(
                tag::CREDENTIAL_VALUE,
                vec![Item::text(tag::USERNAME, "fred"), Item::text(tag::PASSWORD, "s3cret")],
            ),
            attribute("Cryptographic Algorithm", Item::enumeration(tag::ATTRIBUTE_VALUE, 3)),
            attribute("Cryptographic Usage Mask", Item::integer(tag::ATTRIBUTE_VALUE, 12)),
            attribute("x-level", Item::enumeration(tag::ATTRIBUTE_VALUE, 3)),
            attribute("Activation Date", Item::date_time(tag::ATTRIBUTE_VALUE, 1_205_495_800)),
            Item::structure(
                tag::KEY_VALUE,
                vec![Item::structure(tag::KEY_MATERIAL, vec![Item::bytes(tag::KEY, [7; 20])])],
            ),
            Item::structure(
                Tag(0x54_0001),
                vec![Item::long_integer(Tag(0x54_0002), 1 << 60), Item::boolean(Tag(0x42_FFFE), true)],
            ),
            Item::big_integer(tag::MODULUS, [0x80]),
            Item::interval(tag::LEASE_TIME, 864_000),
            Item::date_time(tag::ARCHIVE_DATE, i64::MAX),
            Item::date_time_extended(tag::TIME_STAMP, 1),
            Item::text(tag::COMMENT, "a \"b\" <c>\n & d"),
            Item::structure(tag::ATTRIBUTES, vec![]),
        ],
    )
}

#[test]
fn a_message_as_xml() {
    insta::assert_snapshot!(xml::write(&doc(&register())).expect("XML"));
}

#[test]
fn a_message_as_json() {
    insta::assert_snapshot!(json::write(&doc(&register())).expect("JSON"));
}

#[test]
fn a_message_as_a_tree_with_secrets_covered() {
    let options = Options { version: Some(Version::V1_2), cover_secrets: true, ..Options::default() };
    insta::assert_snapshot!(dump::tree(&doc(&register()), &options));
}

#[test]
fn a_damaged_message_annotated() {
    let mut bytes = register().encode();
    // Padding of the user name, the type of the key, and an end within an item.
    bytes[0x1D] = 1;
    bytes.truncate(bytes.len() - 4);
    let damaged = Doc::lenient(&bytes, &Limits::default());
    insta::assert_snapshot!(dump::annotated(&damaged, &Options::default()));
}

#[test]
fn covered_values_are_nowhere_in_the_output() {
    let doc = doc(&register());
    for text in [
        dump::annotated(&doc, &Options { cover_secrets: true, ..Options::default() }),
        dump::tree(&doc, &Options { cover_secrets: true, ..Options::default() }),
    ] {
        assert!(!text.contains("s3cret") && !text.contains("733363") && !text.contains("070707"), "{text}");
        assert!(text.contains("(covered, 6 bytes)") && text.contains("(covered, 20 bytes)"), "{text}");
        assert!(text.contains("fred"));
    }
}

#[test]
fn output_is_bounded_and_says_so() {
    let limits = Limits { max_depth: usize::MAX, max_items: usize::MAX, ..Limits::default() };
    // A million structures inside each other, and a million beside each other.
    let nested: Vec<u8> = (0..1_000_000u32)
        .rev()
        .flat_map(|left| [[0x42, 0x00, 0x08, 0x01], (left * 8).to_be_bytes()].concat())
        .collect();
    let mut flat = [[0x42, 0x00, 0x08, 0x01], 8_000_000u32.to_be_bytes()].concat();
    flat.extend((0..1_000_000).flat_map(|_| [0x42, 0x00, 0x08, 0x01, 0, 0, 0, 0]));
    for bytes in [nested, flat] {
        let doc = Doc::lenient(&bytes, &limits);
        assert_eq!(doc.diags(), []);
        for (hex, max_output) in [(true, 100_000), (false, 100_000), (false, 200 << 20)] {
            let options = Options { max_output, ..Options::default() };
            let text = if hex { dump::annotated(&doc, &options) } else { dump::tree(&doc, &options) };
            assert!(text.len() < max_output + 1000);
            assert_eq!(text.contains("... cut at offset"), max_output == 100_000);
        }
    }
    let long = doc(&Item::structure(tag::KEY_BLOCK, vec![Item::bytes(tag::KEY_MATERIAL, vec![0; 1000])]));
    let text = dump::annotated(&long, &Options { max_value: 32, ..Options::default() });
    assert!(text.contains("... 968 more bytes of this value"), "{text}");
}

#[test]
fn deep_messages_are_refused_by_json_and_held_by_xml() {
    let nested = |levels: usize| {
        (0..levels).fold(Item::integer(tag::BATCH_COUNT, 1), |inner, _| Item::structure(tag::ATTRIBUTES, vec![inner]))
    };
    let limits = Limits { max_depth: 1000, ..Limits::default() };
    for levels in [62, 63, 64, 900] {
        let bytes = nested(levels).encode();
        let doc = Doc::strict(&bytes, &limits).expect("within the limit");
        let text = xml::write(&doc).expect("XML");
        assert_eq!(xml::read(&text, &limits).map(|i| i.encode()).as_ref(), Ok(&bytes));
        match json::write(&doc) {
            Ok(text) if levels <= 63 => assert_eq!(json::read(&text, &limits).map(|i| i.encode()).as_ref(), Ok(&bytes)),
            result => {
                assert!(levels > 63 && matches!(result, Err(json::JsonError::TooDeep { .. })), "{levels}: {result:?}")
            }
        }
    }
    let brackets = "[".repeat(1_000_000);
    assert!(matches!(json::read(&brackets, &limits), Err(json::JsonError::TooDeep { at: 127, limit: 63 })));
    let elements = "<Attributes>".repeat(2_000);
    assert!(matches!(xml::read(&elements, &limits), Err(xml::XmlError::TooDeep { at: 12_000, limit: 1000 })));
}
