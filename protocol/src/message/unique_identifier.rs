//! Unique Identifier as a field: text at 1.x; at 2.x also an enumeration (a placeholder) or an index into the batch.

use super::{DecodeError, FieldValue, Reading, no_value};
use crate::registry;
use crate::ttlv::{ItemRef, ItemType, Tag, Writer};
use crate::version::Version;
use std::borrow::Cow;
use std::fmt;

/// Names a managed object (1.4 §3.1, 2.1 §4.58 and §11.59).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum UniqueIdentifier<'d> {
    /// The identifier itself.
    Text(Cow<'d, str>),
    /// 2.x: the object of a preceding batch item that ran this operation.
    Placeholder(registry::UniqueIdentifier),
    /// 2.x: the object of a batch item by its position: zero based, or counted backwards when negative.
    Integer(i32),
}

impl UniqueIdentifier<'_> {
    /// The identifier, if it is one and not a reference into the batch.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Placeholder(_) | Self::Integer(_) => None,
        }
    }

    /// Itself, borrowing nothing.
    pub fn into_owned(self) -> UniqueIdentifier<'static> {
        match self {
            Self::Text(text) => UniqueIdentifier::Text(Cow::Owned(text.into_owned())),
            Self::Placeholder(of) => UniqueIdentifier::Placeholder(of),
            Self::Integer(of) => UniqueIdentifier::Integer(of),
        }
    }
}

impl<'d> FieldValue<'d> for UniqueIdentifier<'d> {
    fn read(item: ItemRef<'d>, reading: Reading) -> Result<Self, DecodeError> {
        let other_forms = reading.version >= Version::V2_0;
        let found = match item.ty() {
            ItemType::ENUMERATION if other_forms => {
                item.as_u32().map(|n| Self::Placeholder(registry::UniqueIdentifier(n)))
            }
            ItemType::INTEGER if other_forms => item.as_i32().map(Self::Integer),
            _ => item.as_text().map(|text| Self::Text(Cow::Borrowed(text))),
        };
        found.ok_or_else(|| no_value(item, ItemType::TEXT_STRING))
    }

    fn write(&self, w: &mut Writer, tag: Tag, _: Version) {
        match self {
            Self::Text(text) => w.text(tag, text),
            Self::Placeholder(of) => w.enumeration(tag, of.0),
            Self::Integer(of) => w.integer(tag, *of),
        }
    }
}

impl fmt::Display for UniqueIdentifier<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Placeholder(of) => write!(f, "placeholder 0x{:08X}", of.0),
            Self::Integer(of) => write!(f, "batch item {of}"),
        }
    }
}

impl<'d> From<&'d str> for UniqueIdentifier<'d> {
    fn from(text: &'d str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for UniqueIdentifier<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}
