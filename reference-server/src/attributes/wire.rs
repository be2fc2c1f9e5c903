//! Attributes on the wire: Attribute structures with names in 1.x (1.4 §2.1.1), tags inside Attributes in 2.x (2.1 §7.3 and following).

use super::{Attribute, AttributeKey, rule};
use crate::failure::{Failure, Outcome};
use kmipspec_protocol::registry::{ResultReason, tag, tag_row};
use kmipspec_protocol::ttlv::{Cursor, Item, ItemRef, ItemType, Tag, Writer};
use kmipspec_protocol::version::Version;

/// The attribute of that name at a version of 1.x.
///
/// Custom names begin with `x-` (client) or `y-` (server), 1.4 §3.39; anything else is no attribute.
pub(crate) fn decode_name(name: &str, version: Version) -> Option<AttributeKey> {
    if let Some((vendor @ ("x" | "y"), rest)) = name.split_once('-') {
        return Some(AttributeKey::Custom { vendor: vendor.to_owned(), name: rest.to_owned() });
    }
    let row = kmipspec_protocol::registry::tag_named(name).filter(|row| row.name == name)?;
    rule(row.tag, version).map(|r| AttributeKey::Standard(r.tag))
}

/// The name of an attribute in 1.x; none for a vendor's that 1.x cannot name.
fn key_name(key: &AttributeKey) -> Option<String> {
    match key {
        AttributeKey::Standard(tag) => tag_row(*tag).map(|row| row.name.to_owned()),
        AttributeKey::Custom { vendor, name } if matches!(vendor.as_str(), "x" | "y") => Some(format!("{vendor}-{name}")),
        AttributeKey::Custom { .. } => None,
    }
}

/// One attribute: an Attribute structure of 1.x, or an item of an Attributes structure of 2.x.
pub(crate) fn decode_attribute(item: ItemRef<'_>, version: Version) -> Outcome<Attribute> {
    if version >= Version::V2_0 {
        return decode_v2(item, version);
    }
    let mut cursor = Cursor::new(item);
    let name = cursor.req_text(tag::ATTRIBUTE_NAME)?;
    let index = cursor.opt_i32(tag::ATTRIBUTE_INDEX)?;
    let value = cursor.req(tag::ATTRIBUTE_VALUE)?;
    cursor.finish()?;
    let key = decode_name(name, version).ok_or_else(|| unknown(version))?;
    let value = Item::from_ref(value);
    let value = match key {
        AttributeKey::Standard(tag) => value.with_tag(tag),
        AttributeKey::Custom { .. } => value,
    };
    check_type(&value, version)?;
    Ok(Attribute { key, index, value })
}

/// One item of an Attributes structure: a standard attribute under its tag, or Attribute with a vendor (2.1 §4.60).
fn decode_v2(item: ItemRef<'_>, version: Version) -> Outcome<Attribute> {
    if item.tag() == tag::ATTRIBUTE {
        let mut cursor = Cursor::new(item);
        let vendor = cursor.req_text(tag::VENDOR_IDENTIFICATION)?.to_owned();
        let name = cursor.req_text(tag::ATTRIBUTE_NAME)?.to_owned();
        let value = Item::from_ref(cursor.req(tag::ATTRIBUTE_VALUE)?);
        cursor.finish()?;
        return Ok(Attribute { key: AttributeKey::Custom { vendor, name }, index: None, value });
    }
    if rule(item.tag(), version).is_none() {
        return Err(unknown(version));
    }
    let value = Item::from_ref(item);
    check_type(&value, version)?;
    Ok(Attribute { key: AttributeKey::Standard(item.tag()), index: None, value })
}

/// The attributes of a Template-Attribute without its names (1.x), of Attributes (2.x), or of a payload that holds them directly.
pub(crate) fn decode_attributes(container: ItemRef<'_>, version: Version) -> Outcome<Vec<Attribute>> {
    container
        .children()
        .filter(|child| version >= Version::V2_0 || child.tag() == tag::ATTRIBUTE)
        .map(|child| decode_attribute(child, version))
        .collect()
}

/// An Attribute Reference of 2.x: a tag, or vendor and name (2.1 §7.4).
pub(crate) fn decode_reference(item: ItemRef<'_>, version: Version) -> Outcome<AttributeKey> {
    if item.ty() == ItemType::STRUCTURE {
        let mut cursor = Cursor::new(item);
        let vendor = cursor.req_text(tag::VENDOR_IDENTIFICATION)?.to_owned();
        let name = cursor.req_text(tag::ATTRIBUTE_NAME)?.to_owned();
        cursor.finish()?;
        return Ok(AttributeKey::Custom { vendor, name });
    }
    let Some(code) = item.as_u32().filter(|_| item.ty() == ItemType::ENUMERATION) else {
        return Err(Failure::invalid_message("Attribute Reference is neither Enumeration nor Structure"));
    };
    rule(Tag(code), version).map(|r| AttributeKey::Standard(r.tag)).ok_or_else(|| unknown(version))
}

/// Writes attributes: Attribute structures one after the other (1.x), one Attributes structure (2.x).
///
/// What the version does not have is left out: attributes, and fields inside structured ones.
pub(crate) fn write_attributes<'a>(
    writer: &mut Writer,
    attributes: impl Iterator<Item = &'a Attribute>,
    version: Version,
) {
    if version >= Version::V2_0 {
        writer.begin(tag::ATTRIBUTES);
        for attribute in attributes {
            write_v2(writer, attribute, version);
        }
        writer.end();
    } else {
        for attribute in attributes {
            write_v1(writer, attribute, version);
        }
    }
}

/// One Attribute structure of 1.x. Index 0 is left out: it is assumed (1.4 §2.1.1).
fn write_v1(writer: &mut Writer, attribute: &Attribute, version: Version) {
    let Some(name) = visible_name(&attribute.key, version) else { return };
    writer.begin(tag::ATTRIBUTE);
    writer.text(tag::ATTRIBUTE_NAME, &name);
    if let Some(index) = attribute.index.filter(|i| *i != 0) {
        writer.integer(tag::ATTRIBUTE_INDEX, index);
    }
    writer.item(&lower(&attribute.value, version).with_tag(tag::ATTRIBUTE_VALUE));
    writer.end();
}

/// One item of an Attributes structure.
fn write_v2(writer: &mut Writer, attribute: &Attribute, version: Version) {
    match &attribute.key {
        AttributeKey::Standard(tag) if rule(*tag, version).is_some() => writer.item(&lower(&attribute.value, version)),
        AttributeKey::Standard(_) => {}
        AttributeKey::Custom { vendor, name } => {
            writer.begin(tag::ATTRIBUTE);
            writer.text(tag::VENDOR_IDENTIFICATION, vendor);
            writer.text(tag::ATTRIBUTE_NAME, name);
            writer.item(&attribute.value);
            writer.end();
        }
    }
}

/// An attribute's name alone: Attribute Name (1.x), Attribute Reference (2.x).
pub(crate) fn write_reference(writer: &mut Writer, key: &AttributeKey, version: Version) {
    if version < Version::V2_0 {
        if let Some(name) = visible_name(key, version) {
            writer.text(tag::ATTRIBUTE_NAME, &name);
        }
        return;
    }
    match key {
        AttributeKey::Standard(tag) if rule(*tag, version).is_some() => writer.enumeration(tag::ATTRIBUTE_REFERENCE, tag.0),
        AttributeKey::Standard(_) => {}
        AttributeKey::Custom { vendor, name } => {
            writer.begin(tag::ATTRIBUTE_REFERENCE);
            writer.text(tag::VENDOR_IDENTIFICATION, vendor);
            writer.text(tag::ATTRIBUTE_NAME, name);
            writer.end();
        }
    }
}

/// The 1.x name of an attribute, if the version has it.
fn visible_name(key: &AttributeKey, version: Version) -> Option<String> {
    match key {
        AttributeKey::Standard(tag) => rule(*tag, version).and_then(|_| key_name(key)),
        AttributeKey::Custom { .. } => key_name(key),
    }
}

/// A value as the version knows it: fields born later are taken out of structures.
fn lower(value: &Item, version: Version) -> Item {
    let mut value = value.clone();
    let own = value.tag;
    if let Some(fields) = value.items_mut() {
        // Key Format Type is an old tag, but joined Digest in 1.1 (1.1 §3.17).
        let late = own == tag::DIGEST && version < Version::V1_1;
        fields.retain(|f| {
            tag_row(f.tag).is_none_or(|row| row.exists(version)) && !(late && f.tag == tag::KEY_FORMAT_TYPE)
        });
    }
    value
}

/// The value's type must be one that the version gives the attribute; enumerations must be known or a vendor's.
fn check_type(value: &Item, version: Version) -> Outcome<()> {
    let Some(row) = tag_row(value.tag) else { return Ok(()) };
    let types = row.types_at(version);
    if value.tag != tag::ATTRIBUTE_VALUE && !types.is_empty() && !types.contains(&value.ty) {
        return Err(invalid_value(version, format!("{} cannot be of type {}", row.name, value.ty)));
    }
    if let (Some(names), Some(code)) = (row.enumeration, enumeration(value)) {
        if !names.valid(code, version) && !names.is_extension(code) {
            return Err(invalid_value(version, format!("{} has no value 0x{code:08X}", row.name)));
        }
    }
    Ok(())
}

/// The code of an Enumeration item.
fn enumeration(value: &Item) -> Option<u32> {
    match value.value()? {
        kmipspec_protocol::ttlv::Value::Enumeration(code) => Some(code),
        _ => None,
    }
}

/// 1.x §11: incorrect attribute values are Invalid Field; 2.x has a reason of its own.
fn invalid_value(version: Version, message: String) -> Failure {
    Failure::by_version(version, ResultReason::INVALID_FIELD, ResultReason::INVALID_ATTRIBUTE_VALUE, message)
}

/// An attribute that the version does not have.
fn unknown(version: Version) -> Failure {
    Failure::by_version(
        version,
        ResultReason::INVALID_FIELD,
        ResultReason::INVALID_ATTRIBUTE,
        "no such attribute at this version",
    )
}
