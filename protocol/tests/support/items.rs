//! Strategies for well-formed items of every kind, known to the registry or not.

use kmipspec_protocol::registry::{self, tag};
use kmipspec_protocol::ttlv::{Item, ItemType, Tag, Value};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// A message: a structure, and anything below it.
pub(crate) fn message() -> impl Strategy<Value = Item> {
    (any_tag(), vec(item(), 0..6)).prop_map(|(tag, items)| Item::structure(tag, items))
}

/// A structure or a leaf.
fn item() -> impl Strategy<Value = Item> {
    leaf().prop_recursive(6, 64, 6, |inner| {
        prop_oneof![
            4 => (any_tag(), vec(inner.clone(), 0..6)).prop_map(|(tag, items)| Item::structure(tag, items)),
            1 => attribute(),
        ]
    })
}

/// Tags with a name, without one, and of vendors.
fn any_tag() -> impl Strategy<Value = Tag> {
    prop_oneof![
        6 => (0..registry::TAGS.len()).prop_map(|i| registry::TAGS[i].tag),
        1 => (0x42_0000u32..=0x42_FFFF).prop_map(Tag),
        1 => (0x54_0000u32..=0x54_FFFF).prop_map(Tag),
    ]
}

/// Numbers as enumerations and masks have them, and others.
fn code(tag: Tag) -> BoxedStrategy<u32> {
    let codes: Vec<u32> =
        registry::enumeration_for(tag).map(|e| e.values.iter().map(|v| v.code).collect()).unwrap_or_default();
    if codes.is_empty() {
        return any::<u32>().boxed();
    }
    let several = vec(select(codes.clone()), 0..5).prop_map(|c| c.into_iter().fold(0, |a, b| a | b));
    prop_oneof![3 => select(codes), 2 => several, 1 => any::<u32>(), 1 => 0x8000_0000u32..].boxed()
}

/// A leaf of any type, whatever its tag is meant for.
fn leaf() -> impl Strategy<Value = Item> {
    prop_oneof![4 => any_tag().prop_flat_map(value), 1 => Just(tag::ATTRIBUTE_VALUE).prop_flat_map(value)]
}

fn value(tag: Tag) -> impl Strategy<Value = Item> {
    prop_oneof![
        code(tag).prop_map(move |v| Item::integer(tag, v.cast_signed())),
        any::<i64>().prop_map(move |v| Item::long_integer(tag, v)),
        vec(any::<u64>(), 1..4)
            .prop_map(move |v| Item::big_integer(tag, v.iter().flat_map(|w| w.to_be_bytes()).collect::<Vec<_>>())),
        code(tag).prop_map(move |v| Item::enumeration(tag, v)),
        any::<bool>().prop_map(move |v| Item::boolean(tag, v)),
        (
            text(),
            select(vec![ItemType::TEXT_STRING, ItemType::IDENTIFIER, ItemType::REFERENCE, ItemType::NAME_REFERENCE])
        )
            .prop_map(move |(v, ty)| {
                let mut item = Item::text(tag, v);
                item.ty = ty;
                item
            }),
        vec(any::<u8>(), 0..40).prop_map(move |v| Item::bytes(tag, v)),
        date().prop_map(move |v| Item::date_time(tag, v)),
        any::<u32>().prop_map(move |v| Item::interval(tag, v)),
        date().prop_map(move |v| Item::date_time_extended(tag, v)),
    ]
}

/// Text with everything an encoding may stumble over.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,12}",
        "[\t\n\r <>&\"'\\\\|]{0,8}",
        any::<String>().prop_map(|s| s.replace(|c: char| c.is_control(), " ")),
        Just("x-ID".to_owned()),
        Just("$NOW".to_owned()),
        Just("  two  blanks ".to_owned()),
        Just("\u{2028}\u{85}\u{feff}".to_owned()),
    ]
}

/// Dates that people use, and those that ISO 8601 has no four digits for.
fn date() -> impl Strategy<Value = i64> {
    prop_oneof![
        -10_000_000_000..260_000_000_000i64,
        any::<i64>(),
        select(vec![0, -1, i64::MIN, i64::MAX, -62_135_596_800, -62_135_596_801, 253_402_300_799, 253_402_300_800]),
    ]
}

/// An Attribute of KMIP 1.x, whose value takes its names from the attribute.
fn attribute() -> impl Strategy<Value = Item> {
    let names = vec![
        tag::CRYPTOGRAPHIC_ALGORITHM,
        tag::CRYPTOGRAPHIC_USAGE_MASK,
        tag::OBJECT_TYPE,
        tag::STATE,
        tag::ACTIVATION_DATE,
    ];
    (select(names), any::<bool>()).prop_flat_map(|(named, first)| {
        let name = registry::tag_row(named).map(|r| r.name).unwrap_or_default();
        code(named).prop_map(move |code| {
            let value = match registry::enumeration_for(named) {
                Some(list) if list.mask => Value::Integer(code.cast_signed()),
                _ => Value::Enumeration(code),
            };
            let mut items = vec![Item::text(tag::ATTRIBUTE_NAME, name), Item::leaf(tag::ATTRIBUTE_VALUE, value)];
            if !first {
                // Against the order of the standard: the name is not known yet.
                items.reverse();
            }
            Item::structure(tag::ATTRIBUTE, items)
        })
    })
}
