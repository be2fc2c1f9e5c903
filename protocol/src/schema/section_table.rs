// @generated
//! Placeholder until the generator has run.

/// Rows.
pub(super) static SECTIONS: &[(crate::version::Version, &[(&str, &str)])] = &[];
