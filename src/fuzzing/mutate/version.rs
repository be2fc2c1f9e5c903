//! The version of the header, and fields that other versions have.

use super::message::stated;
use super::rng::Rng;
use super::tree::{at_mut, first, is_structure, place};
use kmipspec_protocol::registry::{TAGS, tag};
use kmipspec_protocol::ttlv::{Body, Item, ItemType, Value};
use kmipspec_protocol::version::Version;

/// One operator.
pub(super) fn mutate(items: &mut [Item], rng: &mut Rng) -> bool {
    match rng.below(3) {
        0 => foreign_field(items, rng),
        1 if translate(items) => true,
        _ => restate(items, rng),
    }
}

/// Another version in the header.
fn restate(items: &mut [Item], rng: &mut Rng) -> bool {
    let (major, minor) = match rng.below(6) {
        0 => rng.choose(&[(0, 0), (1, 5), (1, 9), (2, 2), (3, 1), (4, 0), (-1, 0), (i32::MAX, i32::MAX)], (0, 0)),
        _ => rng.pick(&Version::ALL).map_or((1, 4), |version| (version.major(), version.minor())),
    };
    let mut changed = false;
    for (tag, number) in [(tag::PROTOCOL_VERSION_MAJOR, major), (tag::PROTOCOL_VERSION_MINOR, minor)] {
        if let Some(path) = first(items, tag)
            && let Some(field) = at_mut(items, &path)
        {
            let new = Body::Bytes(number.to_be_bytes().to_vec());
            changed |= field.body != new;
            field.body = new;
        }
    }
    changed
}

/// A field that the version of the message does not have.
fn foreign_field(items: &mut [Item], rng: &mut Rng) -> bool {
    let version = stated(items).unwrap_or(Version::V1_4);
    let foreign: Vec<_> = TAGS.iter().filter(|row| !row.exists(version)).collect();
    let Some(row) = rng.pick(&foreign) else { return false };
    let Some(path) = place(items, rng, is_structure) else { return false };
    let value = match rng.pick(row.types).copied() {
        Some(ItemType::INTEGER) => Value::Integer(1),
        Some(ItemType::LONG_INTEGER) => Value::LongInteger(1),
        Some(ItemType::ENUMERATION) => Value::Enumeration(1),
        Some(ItemType::BOOLEAN) => Value::Boolean(true),
        Some(ItemType::BYTE_STRING) => Value::ByteString(&[1, 2, 3]),
        Some(ItemType::DATE_TIME) => Value::DateTime(1_700_000_000),
        Some(ItemType::INTERVAL) => Value::Interval(60),
        Some(ItemType::STRUCTURE) | None => Value::Structure,
        Some(_) => Value::TextString("fuzz"),
    };
    let field = Item::leaf(row.tag, value);
    let Some(inside) = at_mut(items, &path).and_then(Item::items_mut) else { return false };
    inside.insert(rng.below(inside.len() + 1), field);
    true
}

/// Template-Attribute becomes Attributes, and the reverse, and the header says so: the form of the other generation.
fn translate(items: &mut [Item]) -> bool {
    if let Some(path) = first(items, tag::TEMPLATE_ATTRIBUTE) {
        let Some(template) = at_mut(items, &path) else { return false };
        template.tag = tag::ATTRIBUTES;
        for attribute in template.items_mut().into_iter().flatten() {
            let named = attribute.child(tag::ATTRIBUTE_NAME).and_then(Item::value);
            let row = named.and_then(|name| kmipspec_protocol::registry::tag_named(name.text()?));
            if let (Some(row), Some(value)) = (row, attribute.child(tag::ATTRIBUTE_VALUE).cloned()) {
                *attribute = value.with_tag(row.tag);
            }
        }
        set(items, 2);
        return true;
    }
    let Some(path) = first(items, tag::ATTRIBUTES) else { return false };
    let Some(attributes) = at_mut(items, &path) else { return false };
    attributes.tag = tag::TEMPLATE_ATTRIBUTE;
    for attribute in attributes.items_mut().into_iter().flatten() {
        let Some(row) = kmipspec_protocol::registry::tag_row(attribute.tag) else { continue };
        let value = attribute.clone().with_tag(tag::ATTRIBUTE_VALUE);
        *attribute = Item::structure(tag::ATTRIBUTE, vec![Item::text(tag::ATTRIBUTE_NAME, row.name), value]);
    }
    set(items, 1);
    true
}

/// The newest minor version of a major one.
fn set(items: &mut [Item], major: i32) {
    let minor: i32 = if major == 1 { 4 } else { 1 };
    for (tag, number) in [(tag::PROTOCOL_VERSION_MAJOR, major), (tag::PROTOCOL_VERSION_MINOR, minor)] {
        if let Some(path) = first(items, tag)
            && let Some(field) = at_mut(items, &path)
        {
            field.body = Body::Bytes(number.to_be_bytes().to_vec());
        }
    }
}
