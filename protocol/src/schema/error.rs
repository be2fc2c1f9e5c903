//! Error rows: which Result Reason the standard names for which condition (1.x section 11; 2.x lists per operation).

use super::Span;
use super::error_table::ERRORS;
use crate::version::Version;

/// One row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ErrorRow {
    /// Stable id: `EG-nnn` (any message, 1.x), `E1-nnnn` (one operation, 1.x), `E2-<operation>-<version>` (2.x list of one operation; `E2-Server-…` where the server asks).
    pub id: &'static str,
    /// Operation (XML name); `None`: any message.
    pub operation: Option<&'static str>,
    /// Versions that have the row.
    pub versions: Span,
    /// The condition in our words; empty in 2.x, which lists reasons without conditions.
    pub condition: &'static str,
    /// Name in the Result Status enumeration (XML spelling), `None` where the standard asks for something else (see `action`).
    pub status: Option<&'static str>,
    /// Codes of the Result Reasons named: one of them is to be sent. Empty where the standard names none, or one that the
    /// enumeration does not have.
    pub reasons: &'static [u32],
    /// What is to be done, in our words, where it is more than status and reason.
    pub action: &'static str,
    /// What is odd about the printed row.
    pub note: &'static str,
    /// Section of the Specification, per version.
    pub sections: &'static [(Version, &'static str)],
}

/// The rows of an operation (XML name) at a version.
pub fn errors_of(operation: &str, version: Version) -> impl Iterator<Item = &'static ErrorRow> {
    ERRORS.iter().filter(move |e| e.operation == Some(operation) && e.versions.contains(version))
}
