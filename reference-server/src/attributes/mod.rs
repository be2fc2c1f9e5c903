//! Attributes as the store keeps them, who may touch them, and their two forms on the wire.

mod rules;
mod wire;

use kmipspec_protocol::ttlv::{Item, Tag};

pub(crate) use rules::{Rule, rule, rules};
pub(crate) use wire::{decode_attribute, decode_attributes, decode_name, decode_reference, write_attributes, write_reference};

/// What an attribute is called.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum AttributeKey {
    /// One that the standard defines, by its tag.
    Standard(Tag),
    /// One that it does not: a Custom Attribute `x-name` or `y-name` of 1.x is vendor `x` or `y` with `name` in 2.x.
    Custom {
        /// Vendor Identification.
        vendor: String,
        /// Attribute Name without the vendor.
        name: String,
    },
}

/// One instance of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Attribute {
    /// What it is.
    pub(crate) key: AttributeKey,
    /// Attribute Index (1.x); in a request as given, in the store as assigned.
    pub(crate) index: Option<i32>,
    /// The value under the attribute's own tag; under Attribute Value for a custom one.
    pub(crate) value: Item,
}
