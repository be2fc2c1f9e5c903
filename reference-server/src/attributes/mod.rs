//! Attributes as the store keeps them: who may touch them, and which of them a version knows.

mod list;
mod rules;
mod versions;

pub(crate) use kmipspec_protocol::attributes::{Attribute, AttributeKey};
pub(crate) use list::{in_group, put, value_of};
pub(crate) use rules::{Rule, is_given, order, rule};
pub(crate) use versions::{
    admit, admit_key, admit_parts, has_foreign_field, invalid_value, is_foreign, visible, visible_of,
};
