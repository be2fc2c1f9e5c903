//! The same attributes at 1.x and 2.x.

use super::*;
use crate::message::{DecodeError, FieldValue, Fields, Reading};
use crate::registry::tag;
use crate::schema;
use crate::ttlv::{Doc, Item, ItemType, Limits, Tag, Writer};
use crate::version::Version;
use proptest::prelude::*;

fn scan(bytes: &[u8]) -> Doc<'_> {
    Doc::strict(bytes, &Limits { leaf_root: true, ..Limits::default() }).expect("well-formed")
}

fn hex(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    (0..digits.len()).step_by(2).map(|i| u8::from_str_radix(&digits[i..i + 2], 16).expect("hex")).collect()
}

fn sample() -> Vec<Attribute> {
    vec![
        Attribute::standard(Item::integer(tag::CRYPTOGRAPHIC_LENGTH, 128)),
        Attribute::custom("x", "Purpose", Item::text(tag::ATTRIBUTE_VALUE, "demo")),
    ]
}

/// Written by hand from 1.4 §2.1.8 and §2.1.1.
#[test]
fn lowered_to_template_attribute_at_1_x() {
    let expected = hex("420091 01 00000068
           420008 01 00000030
             42000A 07 00000014  43727970746F67726170686963204C656E677468 00000000
             42000B 02 00000004  00000080 00000000
           420008 01 00000028
             42000A 07 00000009  782D507572706F7365 00000000000000
             42000B 07 00000004  64656D6F 00000000");
    let item = lower(&sample(), Container::TemplateAttribute, Version::V1_4);
    assert_eq!(item.encode(), expected);
    assert_eq!(raise(scan(&expected).root().expect("one"), Version::V1_4), Ok(sample()));
}

/// Written by hand from 2.1 §5.1 and §4.60.
#[test]
fn lowered_to_attributes_at_2_x() {
    let expected = hex("420125 01 00000048
           42002A 02 00000004  00000080 00000000
           420008 01 00000030
             42009D 07 00000001  78 00000000000000
             42000A 07 00000007  507572706F7365 00
             42000B 07 00000004  64656D6F 00000000");
    let item = lower(&sample(), Container::TemplateAttribute, Version::V2_1);
    assert_eq!(item.encode(), expected);
    assert_eq!(raise(scan(&expected).root().expect("one"), Version::V2_1), Ok(sample()));
}

#[test]
fn containers_have_the_tag_of_their_version() {
    let tags = |version| Container::ALL.map(|container| lower(&[], container, version).tag.0);
    assert_eq!(tags(Version::V1_0), [0x42_0091, 0x42_001F, 0x42_0065, 0x42_006E]);
    assert_eq!(tags(Version::V2_0), [0x42_0125, 0x42_0126, 0x42_0127, 0x42_0128]);
}

#[test]
fn names_of_1_x_are_those_of_the_standard_to_the_letter() {
    let standard = |name: &str| AttributeKey::from_v1_name(name).tag();
    assert_eq!(standard("Cryptographic Usage Mask"), Some(tag::CRYPTOGRAPHIC_USAGE_MASK));
    assert_eq!(standard("CryptographicUsageMask"), None);
    assert_eq!(standard("cryptographic usage mask"), None);
    assert_eq!(standard("X.509 Certificate Subject"), Some(tag::X_509_CERTIFICATE_SUBJECT));
    for (name, vendor, rest) in
        [("x-Purpose", "x", "Purpose"), ("y-Box", "y", "Box"), ("x-", "x", ""), ("Colour", "", "Colour"), ("", "", "")]
    {
        let key = AttributeKey::from_v1_name(name);
        assert_eq!(key, AttributeKey::Custom { vendor: vendor.to_owned(), name: rest.to_owned() });
        assert_eq!(key.v1_name(), name);
    }
}

#[test]
fn every_attribute_of_the_schema_has_one_name_and_one_tag() {
    let mut checked = 0;
    for row in schema::ATTRIBUTES {
        let key = AttributeKey::Standard(row.tag);
        if row.tag == tag::ATTRIBUTE {
            continue; // Custom Attribute and Vendor Attribute, which have names of their own.
        }
        let name = key.v1_name().into_owned();
        assert_eq!(AttributeKey::from_v1_name(&name), key, "{name}");
        checked += 1;
    }
    assert!(checked > 50, "only {checked} attributes");
}

#[test]
fn references_take_both_forms() {
    let keys = [
        (
            AttributeKey::Standard(tag::NAME),
            "42000A 07 00000004 4E616D65 00000000",
            "42013B 05 00000004 00420053 00000000",
        ),
        (
            AttributeKey::Custom { vendor: "x".to_owned(), name: "ID".to_owned() },
            "42000A 07 00000004 782D4944 00000000",
            "42013B 01 00000020 42009D 07 00000001 78 00000000000000 42000A 07 00000002 4944 000000000000",
        ),
    ];
    for (key, v1, v2) in keys {
        for (version, bytes) in [(Version::V1_2, hex(v1)), (Version::V2_0, hex(v2))] {
            let doc = scan(&bytes);
            let item = doc.root().expect("one");
            assert_eq!(AttributeKey::read(item, version.into()), Ok(key.clone()), "{version}");
            let mut w = Writer::new();
            key.write(&mut w, AttributeKey::wire_tag(tag::ATTRIBUTE_REFERENCE, version), version);
            assert_eq!(w.finish(), bytes, "{version}");
        }
    }
}

#[test]
fn an_attribute_without_value_can_be_named_and_not_stored() {
    let bytes = Item::structure(tag::ATTRIBUTE, vec![Item::text(tag::ATTRIBUTE_NAME, "Name")]).encode();
    let doc = scan(&bytes);
    let one = AttributeRef::read(doc.root().expect("one"), Reading::from(Version::V1_4)).expect("Notify sends this");
    assert_eq!(one.key.to_key(), AttributeKey::Standard(tag::NAME));
    assert_eq!(one.to_attribute(), Err(DecodeError::Missing { tag: tag::ATTRIBUTE_VALUE, at: 0 }));
}

#[test]
fn new_attribute_holds_one_attribute() {
    for count in [0, 2] {
        let items = (0..count).map(|n| Item::integer(tag::CRYPTOGRAPHIC_LENGTH, n)).collect();
        let bytes = Item::structure(tag::NEW_ATTRIBUTE, items).encode();
        let doc = scan(&bytes);
        let read = Attribute::read(doc.root().expect("one"), Version::V2_1.into());
        assert!(read.is_err(), "{count} attributes read as {read:?}");
    }
}

/// Attributes as they came at one version, written at the other: a server that speaks both.
#[test]
fn a_borrowed_list_changes_versions() {
    let old = lower(&sample(), Container::TemplateAttribute, Version::V1_2).encode();
    let doc = scan(&old);
    let template = Template::read(doc.root().expect("one"), Version::V1_2.into()).expect("readable");
    let mut w = Writer::new();
    template.write(&mut w, Container::TemplateAttribute.tag(Version::V2_0), Version::V2_0);
    assert_eq!(w.finish(), lower(&sample(), Container::TemplateAttribute, Version::V2_0).encode());
}

#[test]
fn names_of_templates_come_before_the_attributes() {
    let name = Name { name_value: "base".into(), name_type: crate::registry::NameType::UNINTERPRETED_TEXT_STRING };
    let template = Template { names: vec![name], attributes: sample().into() };
    let mut w = Writer::new();
    template.write(&mut w, tag::TEMPLATE_ATTRIBUTE, Version::V1_0);
    let bytes = w.finish();
    let doc = scan(&bytes);
    let root = doc.root().expect("one");
    let read = Template::read(root, Version::V1_0.into()).expect("readable");
    assert_eq!(read.names, template.names);
    assert_eq!(read.attributes.to_vec(), Ok(sample()));
    assert!(Fields::new(root, Version::V1_0.into()).is_ok_and(|f| f.peek().is_some_and(|i| i.tag() == tag::NAME)));
}

/// A value of any item type, and a structure of such.
fn any_value() -> impl Strategy<Value = Item> {
    let tag = Tag(0x54_0001);
    let leaf = prop_oneof![
        any::<i32>().prop_map(move |v| Item::integer(tag, v)),
        any::<i64>().prop_map(move |v| Item::long_integer(tag, v)),
        prop::collection::vec(any::<u8>(), 1..20).prop_map(move |v| Item::big_integer(tag, v)),
        any::<u32>().prop_map(move |v| Item::enumeration(tag, v)),
        any::<bool>().prop_map(move |v| Item::boolean(tag, v)),
        ".{0,12}".prop_map(move |v| Item::text(tag, v)),
        prop::collection::vec(any::<u8>(), 0..20).prop_map(move |v| Item::bytes(tag, v)),
        any::<i64>().prop_map(move |v| Item::date_time(tag, v)),
        any::<u32>().prop_map(move |v| Item::interval(tag, v)),
        any::<i64>().prop_map(move |v| Item::date_time_extended(tag, v)),
    ];
    prop_oneof![4 => leaf.clone(), 1 => prop::collection::vec(leaf, 0..4).prop_map(move |v| Item::structure(tag, v))]
}

fn any_attribute() -> impl Strategy<Value = Attribute> {
    let standard: Vec<Tag> = schema::ATTRIBUTES.iter().map(|row| row.tag).filter(|t| *t != tag::ATTRIBUTE).collect();
    let key = prop_oneof![
        prop::sample::select(standard).prop_map(AttributeKey::Standard),
        ("[xy]", "[A-Za-z ]{0,12}").prop_map(|(vendor, name)| AttributeKey::Custom { vendor, name }),
    ];
    (key, any_value()).prop_map(|(key, value)| Attribute::new(key, None, value))
}

proptest! {
    #[test]
    fn attributes_survive_every_version(
        attributes in prop::collection::vec(any_attribute(), 0..6),
        version in prop::sample::select(&Version::ALL[..7]),
        container in prop::sample::select(&Container::ALL[..]),
    ) {
        let bytes = lower(&attributes, container, version).encode();
        let doc = scan(&bytes);
        let root = doc.root().expect("one");
        prop_assert_eq!(root.tag(), container.tag(version));
        prop_assert_eq!(root.ty(), ItemType::STRUCTURE);
        prop_assert_eq!(raise(root, version), Ok(attributes.clone()));

        let template = Template::read(root, version.into()).expect("readable");
        for other in [Version::V1_0, Version::V2_1] {
            let mut w = Writer::new();
            template.write(&mut w, container.tag(other), other);
            prop_assert_eq!(w.finish(), lower(&attributes, container, other).encode());
        }
    }

    #[test]
    fn an_index_survives_at_1_x(attribute in any_attribute(), index in any::<i32>()) {
        let attribute = Attribute { index: Some(index), ..attribute };
        let mut w = Writer::new();
        attribute.encode(&mut w, Version::V1_3);
        let bytes = w.finish();
        let doc = scan(&bytes);
        let read = AttributeRef::read(doc.root().expect("one"), Version::V1_3.into()).expect("our own bytes");
        prop_assert_eq!(read.to_attribute(), Ok(attribute));
    }
}
