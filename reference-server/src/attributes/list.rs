//! Attributes on their way: those of a request, and of an object that is being made.

use super::{Attribute, AttributeKey};
use kmipspec_protocol::registry::tag;
use kmipspec_protocol::ttlv::{Item, Tag};

/// The value of a standard attribute: that of its first instance.
pub(crate) fn value_of(attributes: &[Attribute], wanted: Tag) -> Option<&Item> {
    attributes.iter().find(|a| a.key == AttributeKey::Standard(wanted)).map(|a| &a.value)
}

/// Adds an attribute in place of those of the same name.
pub(crate) fn put(attributes: &mut Vec<Attribute>, attribute: Attribute) {
    attributes.retain(|a| a.key != attribute.key);
    attributes.push(attribute);
}

/// Whether attributes put an object into an Object Group (1.4 §3.33).
pub(crate) fn in_group(attributes: &[Attribute], group: &str) -> bool {
    let wanted = Item::text(tag::OBJECT_GROUP, group);
    attributes.iter().any(|a| a.key == AttributeKey::Standard(tag::OBJECT_GROUP) && a.value == wanted)
}
