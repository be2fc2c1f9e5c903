//! What the table of operations says of each.

use super::OPERATIONS;
use crate::message::{DecodeError, Reading};
use crate::registry::{Operation, ResultReason};
use crate::spec_ref::SpecRef;
use crate::ttlv::{ItemRef, Writer};
use crate::version::Version;

/// One operation.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its code.
    pub operation: Operation,
    /// The name of its file, here and in the reference server.
    pub name: &'static str,
    /// Its section in each version that has it.
    pub spec: &'static [SpecRef],
    /// When it fails.
    pub failures: &'static [Failure],
    /// Reads a request payload into its struct and writes it again.
    pub rewrite_request: Rewrite,
    /// Reads a response payload into its struct and writes it again.
    pub rewrite_response: Rewrite,
}

/// Through the typed layer and back: the same bytes come out, or the payload is not what its operation asks for.
pub type Rewrite = fn(ItemRef<'_>, Reading, &mut Writer) -> Result<(), DecodeError>;

impl Row {
    /// Whether a version has the operation.
    pub fn exists_in(&self, version: Version) -> bool {
        self.spec.iter().any(|spec| spec.version == version)
    }
}

/// The row of an operation, if it has a typed payload.
pub fn row(operation: Operation) -> Option<&'static Row> {
    OPERATIONS.iter().find(|row| row.operation == operation)
}

/// One way for an operation to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The row of [`crate::schema::ERRORS`] it stands on.
    pub id: &'static str,
    /// The condition, in our words.
    pub when: &'static str,
    /// First version that says so.
    pub since: Version,
    /// Last version that says so.
    pub until: Version,
    /// The Result Reason to answer with.
    pub reason: ResultReason,
}

impl Failure {
    /// A row.
    pub const fn new(
        id: &'static str,
        when: &'static str,
        since: Version,
        until: Version,
        reason: ResultReason,
    ) -> Self {
        Self { id, when, since, until, reason }
    }

    /// Whether a version says so.
    pub fn applies_to(&self, version: Version) -> bool {
        self.since <= version && version <= self.until
    }
}
