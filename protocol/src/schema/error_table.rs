// @generated
//! Placeholder until the generator has run.

/// Rows.
pub static ERRORS: &[super::ErrorRow] = &[];
