//! Operations: numbers, who starts them, payload layouts per version.

use super::operation_table::OPERATIONS;
use super::{Field, Span};
use crate::version::Version;

/// Who sends the request of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Initiator {
    /// The client asks the server.
    Client,
    /// The server asks, or tells, the client.
    Server,
}

/// One operation in one direction; Query, Discover Versions and Set Endpoint Role have two rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OperationRow {
    /// Number of the Operation enumeration.
    pub code: u32,
    /// Name as the standard prints it: `"Re-key Key Pair"`.
    pub name: &'static str,
    /// Name in the spelling of the XML encoding: `"ReKeyKeyPair"`.
    pub xml_name: &'static str,
    /// Who sends the request.
    pub initiator: Initiator,
    /// Versions that have the operation.
    pub versions: Span,
    /// Section of the Specification, per version.
    pub sections: &'static [(Version, &'static str)],
    /// Payloads, one entry per group of versions with equal tables.
    pub layouts: &'static [OperationLayout],
}

/// Payloads of an operation in a range of versions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OperationLayout {
    /// The versions.
    pub versions: Span,
    /// Fields of the Request Payload; `None`: the standard prints no table.
    pub request: Option<&'static [Field]>,
    /// Fields of the Response Payload; `None`: the standard prints no table.
    pub response: Option<&'static [Field]>,
    /// The table was transcribed by a third party and not compared with the text (3.0).
    pub second_hand: bool,
    /// A request without Unique Identifier means the ID Placeholder.
    pub uses_id_placeholder: bool,
    /// A successful response sets the ID Placeholder.
    pub sets_id_placeholder: bool,
}

impl OperationRow {
    /// The payloads at a version.
    pub fn layout(&self, version: Version) -> Option<&'static OperationLayout> {
        self.layouts.iter().find(|l| l.versions.contains(version))
    }

    /// Section of the Specification at a version.
    pub fn section(&self, version: Version) -> Option<&'static str> {
        self.sections.iter().find(|(v, _)| *v == version).map(|(_, s)| *s)
    }
}

/// The client-to-server row of an operation number; the server-to-client row where there is no other (Notify, Put).
pub fn operation_row(code: u32) -> Option<&'static OperationRow> {
    operation_row_of(code, Initiator::Client).or_else(|| operation_row_of(code, Initiator::Server))
}

/// The row of an operation number for one sender.
pub fn operation_row_of(code: u32, initiator: Initiator) -> Option<&'static OperationRow> {
    OPERATIONS.iter().find(|o| o.code == code && o.initiator == initiator)
}

/// The row of a name in either spelling; client-to-server before server-to-client.
pub fn operation_named(name: &str) -> Option<&'static OperationRow> {
    OPERATIONS.iter().find(|o| o.name == name || o.xml_name == name).and_then(|o| operation_row(o.code))
}
