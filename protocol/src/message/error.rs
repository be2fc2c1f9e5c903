//! Why a structure could not be read as what it should be, and where.

use crate::registry::{self, ResultReason};
use crate::ttlv::{ItemType, Tag};
use std::fmt;

/// A structure does not have the fields that its place asks for. `at` is the offset of the item in the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// A required field is not there; `at` is the structure.
    Missing {
        /// The field.
        tag: Tag,
        /// Where the structure starts.
        at: usize,
    },
    /// A field that may stand once stands there again (EG-003).
    Repeated {
        /// The field.
        tag: Tag,
        /// Where the second one starts.
        at: usize,
    },
    /// The structure has no such field at this version (EG-005).
    Unknown {
        /// The field.
        tag: Tag,
        /// Where it starts.
        at: usize,
    },
    /// The field belongs there, but before a field that came first (1.4 §7, 2.1 §8: fields stand in the order of the table).
    OutOfOrder {
        /// The field that came too early or too late.
        tag: Tag,
        /// Where it starts.
        at: usize,
    },
    /// Another item type than the field has.
    WrongType {
        /// The field.
        tag: Tag,
        /// Where it starts.
        at: usize,
        /// The type on the wire.
        found: ItemType,
        /// The type the field has; the first of them if there are several.
        expected: ItemType,
    },
    /// The type is right, the bytes are no value of it.
    Malformed {
        /// The field.
        tag: Tag,
        /// Where it starts.
        at: usize,
    },
}

impl DecodeError {
    /// The field that is meant.
    pub fn tag(&self) -> Tag {
        match *self {
            Self::Missing { tag, .. }
            | Self::Repeated { tag, .. }
            | Self::Unknown { tag, .. }
            | Self::OutOfOrder { tag, .. }
            | Self::WrongType { tag, .. }
            | Self::Malformed { tag, .. } => tag,
        }
    }

    /// Offset in the message of the offending item; for a missing field, of the structure that lacks it.
    pub fn at(&self) -> usize {
        match *self {
            Self::Missing { at, .. }
            | Self::Repeated { at, .. }
            | Self::Unknown { at, .. }
            | Self::OutOfOrder { at, .. }
            | Self::WrongType { at, .. }
            | Self::Malformed { at, .. } => at,
        }
    }

    /// The Result Reason a server answers with: an unknown field is an Invalid Field (EG-005), everything else that
    /// cannot be parsed is an Invalid Message (EG-002, EG-003; 1.4 §11.1). 2.x lists both reasons without conditions.
    pub fn reason(&self) -> ResultReason {
        match self {
            Self::Unknown { .. } => ResultReason::INVALID_FIELD,
            Self::Missing { .. }
            | Self::Repeated { .. }
            | Self::OutOfOrder { .. }
            | Self::WrongType { .. }
            | Self::Malformed { .. } => ResultReason::INVALID_MESSAGE,
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "offset {}: ", self.at())?;
        match registry::tag_row(self.tag()) {
            Some(row) => write!(f, "{}", row.name)?,
            None => write!(f, "field {}", self.tag())?,
        }
        match self {
            Self::Missing { .. } => f.write_str(" is missing from this structure"),
            Self::Repeated { .. } => f.write_str(" stands here a second time"),
            Self::Unknown { .. } => f.write_str(" is no field of this structure at this version"),
            Self::OutOfOrder { .. } => f.write_str(" stands out of order"),
            Self::WrongType { found, expected, .. } => write!(f, " has type {found}, expected {expected}"),
            Self::Malformed { .. } => f.write_str(" has a value that its type does not allow"),
        }
    }
}

impl std::error::Error for DecodeError {}
