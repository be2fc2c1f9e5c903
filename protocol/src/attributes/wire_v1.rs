//! 1.x: Attribute{Attribute Name, Attribute Index, Attribute Value} (1.4 §2.1.1), named by its name.

use super::{Attribute, AttributeKey, AttributeRef, KeyRef};
use crate::message::{DecodeError, FieldValue, Fields, Reading, no_value};
use crate::registry::tag;
use crate::ttlv::{Item, ItemRef, ItemType, Writer};

/// Reads an Attribute structure.
#[inline]
pub fn read(item: ItemRef<'_>, reading: Reading) -> Result<AttributeRef<'_>, DecodeError> {
    // Nearly every attribute is a name and a value; the rest, and what is wrong, is for the slow way to tell.
    let mut children = item.children();
    if let (Some(name), Some(value), None) = (children.next(), children.next(), children.next())
        && (name.tag(), value.tag()) == (tag::ATTRIBUTE_NAME, tag::ATTRIBUTE_VALUE)
        && let Some(name) = name.as_text()
    {
        return Ok(AttributeRef { key: KeyRef::Name(name), index: None, value: Some(value), item, v3: false });
    }
    read_fields(item, reading)
}

/// Reads an Attribute structure field by field.
fn read_fields(item: ItemRef<'_>, reading: Reading) -> Result<AttributeRef<'_>, DecodeError> {
    let mut fields = Fields::new(item, reading)?;
    let name = fields.req(tag::ATTRIBUTE_NAME)?;
    let name = name.as_text().ok_or_else(|| no_value(name, ItemType::TEXT_STRING))?;
    let index = fields.opt(tag::ATTRIBUTE_INDEX)?.map(|index| i32::read(index, reading)).transpose()?;
    let value = fields.opt(tag::ATTRIBUTE_VALUE)?;
    fields.finish()?;
    Ok(AttributeRef { key: KeyRef::Name(name), index, value, item, v3: false })
}

/// The Attribute structure.
pub fn to_item(attribute: &Attribute) -> Item {
    let mut items = vec![Item::text(tag::ATTRIBUTE_NAME, attribute.key.v1_name())];
    items.extend(attribute.index.map(|index| Item::integer(tag::ATTRIBUTE_INDEX, index)));
    items.push(attribute.value.clone().with_tag(tag::ATTRIBUTE_VALUE));
    Item::structure(tag::ATTRIBUTE, items)
}

/// Writes the Attribute structure.
pub fn write(attribute: &Attribute, w: &mut Writer) {
    w.item(&to_item(attribute));
}

/// Writes the Attribute structure of one that was read, at any version.
pub fn write_ref(attribute: &AttributeRef<'_>, w: &mut Writer) {
    w.begin(tag::ATTRIBUTE);
    match attribute.key {
        KeyRef::Name(name) => w.text(tag::ATTRIBUTE_NAME, name),
        other => w.text(tag::ATTRIBUTE_NAME, &other.to_key().v1_name()),
    }
    if let Some(index) = attribute.index {
        w.integer(tag::ATTRIBUTE_INDEX, index);
    }
    if let Some(value) = attribute.value {
        w.copy_as(tag::ATTRIBUTE_VALUE, value);
    }
    w.end();
}

/// Reads an Attribute Name, which stands for an attribute without its value.
pub fn read_reference(item: ItemRef<'_>) -> Result<AttributeKey, DecodeError> {
    item.as_text().map(AttributeKey::from_v1_name).ok_or_else(|| no_value(item, ItemType::TEXT_STRING))
}
