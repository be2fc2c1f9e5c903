// @generated
//! Placeholder until the generator has run.

/// Rows.
pub static OPERATIONS: &[super::OperationRow] = &[];
