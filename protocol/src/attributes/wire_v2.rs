//! 2.x: the attribute itself, or Attribute{Vendor Identification, Attribute Name, Attribute Value} for a vendor's
//! (2.1 §4.60); references are a tag or a vendor and name (2.1 §5.5).

use super::{Attribute, AttributeKey, AttributeRef, KeyRef};
use crate::message::{DecodeError, Fields, Reading, no_value};
use crate::registry::tag;
use crate::ttlv::{Item, ItemRef, ItemType, Tag, Writer};

/// Reads an item that stands among attributes.
pub fn read(item: ItemRef<'_>, reading: Reading) -> Result<AttributeRef<'_>, DecodeError> {
    if item.tag() != tag::ATTRIBUTE {
        return Ok(AttributeRef { key: KeyRef::Tag(item.tag()), index: None, value: Some(item), item, v3: false });
    }
    let mut fields = Fields::new(item, reading)?;
    let vendor = text(&mut fields, tag::VENDOR_IDENTIFICATION)?;
    let name = text(&mut fields, tag::ATTRIBUTE_NAME)?;
    let value = fields.opt(tag::ATTRIBUTE_VALUE)?;
    fields.finish()?;
    Ok(AttributeRef { key: KeyRef::Vendor(vendor, name), index: None, value, item, v3: false })
}

/// The attribute, or the Attribute structure of a vendor's.
pub fn to_item(attribute: &Attribute) -> Item {
    match &attribute.key {
        AttributeKey::Standard(tag) => attribute.value.clone().with_tag(*tag),
        AttributeKey::Custom { vendor, name } => Item::structure(
            tag::ATTRIBUTE,
            vec![
                Item::text(tag::VENDOR_IDENTIFICATION, vendor.as_str()),
                Item::text(tag::ATTRIBUTE_NAME, name.as_str()),
                attribute.value.clone().with_tag(tag::ATTRIBUTE_VALUE),
            ],
        ),
    }
}

/// Writes what [`to_item`] builds.
pub fn write(attribute: &Attribute, w: &mut Writer) {
    match &attribute.key {
        AttributeKey::Standard(tag) if attribute.value.tag == *tag => w.item(&attribute.value),
        _ => w.item(&to_item(attribute)),
    }
}

/// Writes one that was read, at any version.
pub fn write_ref(attribute: &AttributeRef<'_>, w: &mut Writer) {
    let key = match attribute.key {
        KeyRef::Vendor(vendor, name) => return write_vendor(vendor, name, attribute.value, w),
        other => other.to_key(),
    };
    match (&key, attribute.value) {
        (AttributeKey::Standard(tag), Some(value)) => w.copy_as(*tag, value),
        (AttributeKey::Standard(tag), None) => w.structure(*tag, |_| {}),
        (AttributeKey::Custom { vendor, name }, value) => write_vendor(vendor, name, value, w),
    }
}

/// Writes the Attribute structure of a vendor's attribute.
fn write_vendor(vendor: &str, name: &str, value: Option<ItemRef<'_>>, w: &mut Writer) {
    w.begin(tag::ATTRIBUTE);
    w.text(tag::VENDOR_IDENTIFICATION, vendor);
    w.text(tag::ATTRIBUTE_NAME, name);
    if let Some(value) = value {
        w.copy_as(tag::ATTRIBUTE_VALUE, value);
    }
    w.end();
}

/// Reads an Attribute Reference: an Enumeration whose value is the tag, or a structure of vendor and name.
pub fn read_reference(item: ItemRef<'_>, reading: Reading) -> Result<AttributeKey, DecodeError> {
    if item.ty() == ItemType::ENUMERATION {
        let tag = item.as_u32().ok_or_else(|| no_value(item, ItemType::ENUMERATION))?;
        return Ok(AttributeKey::Standard(Tag(tag)));
    }
    let mut fields = Fields::new(item, reading)?;
    let vendor = text(&mut fields, tag::VENDOR_IDENTIFICATION)?.to_owned();
    let name = text(&mut fields, tag::ATTRIBUTE_NAME)?.to_owned();
    fields.finish()?;
    Ok(AttributeKey::Custom { vendor, name })
}

/// Writes an Attribute Reference.
pub fn write_reference(key: &AttributeKey, w: &mut Writer) {
    match key {
        AttributeKey::Standard(tag) => w.enumeration(tag::ATTRIBUTE_REFERENCE, tag.0),
        AttributeKey::Custom { vendor, name } => w.structure(tag::ATTRIBUTE_REFERENCE, |w| {
            w.text(tag::VENDOR_IDENTIFICATION, vendor);
            w.text(tag::ATTRIBUTE_NAME, name);
        }),
    }
}

/// A required text field.
fn text<'d>(fields: &mut Fields<'d>, tag: Tag) -> Result<&'d str, DecodeError> {
    let item = fields.req(tag)?;
    item.as_text().ok_or_else(|| no_value(item, ItemType::TEXT_STRING))
}
