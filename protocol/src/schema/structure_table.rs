// @generated
//! Placeholder until the generator has run.

/// Rows.
pub static STRUCTURES: &[super::StructureRow] = &[];
