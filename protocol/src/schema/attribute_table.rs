// @generated
//! Placeholder until the generator has run.

/// Rows.
pub static ATTRIBUTES: &[super::AttributeRow] = &[];
