//! Unique Identifier as a field: text at 1.x; at 2.x also an enumeration (a placeholder) or an index into the batch; at
//! 3.0 three item types of its own in place of the text.

use super::{DecodeError, FieldValue, Reading, no_value};
use crate::registry;
use crate::ttlv::{ItemRef, ItemType, Tag, Writer};
use crate::version::Version;
use std::borrow::Cow;
use std::fmt;

/// Names a managed object (1.4 §3.1, 2.1 §4.58 and §11.59).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum UniqueIdentifier<'d> {
    /// The identifier itself: a Text String, at 3.0 an Identifier.
    Text(Cow<'d, str>),
    /// 2.x: the object of a preceding batch item that ran this operation.
    Placeholder(registry::UniqueIdentifier),
    /// 2.x: the object of a batch item by its position: zero based, or counted backwards when negative.
    Integer(i32),
    /// 3.0: the item type Reference, as links have it.
    Reference(Cow<'d, str>),
    /// 3.0: the object of this Name, the item type Name Reference.
    NameReference(Cow<'d, str>),
}

impl UniqueIdentifier<'_> {
    /// The identifier, if it is one and neither a reference into the batch nor a name.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Reference(text) => Some(text),
            Self::Placeholder(_) | Self::Integer(_) | Self::NameReference(_) => None,
        }
    }

    /// Itself, borrowing nothing.
    pub fn into_owned(self) -> UniqueIdentifier<'static> {
        match self {
            Self::Text(text) => UniqueIdentifier::Text(Cow::Owned(text.into_owned())),
            Self::Placeholder(of) => UniqueIdentifier::Placeholder(of),
            Self::Integer(of) => UniqueIdentifier::Integer(of),
            Self::Reference(text) => UniqueIdentifier::Reference(Cow::Owned(text.into_owned())),
            Self::NameReference(text) => UniqueIdentifier::NameReference(Cow::Owned(text.into_owned())),
        }
    }
}

/// The item type of an identifier at this version.
fn text_type(version: Version) -> ItemType {
    if version < Version::V3_0 { ItemType::TEXT_STRING } else { ItemType::IDENTIFIER }
}

impl<'d> FieldValue<'d> for UniqueIdentifier<'d> {
    fn read(item: ItemRef<'d>, reading: Reading) -> Result<Self, DecodeError> {
        let other_forms = reading.version >= Version::V2_0;
        let new_types = reading.version >= Version::V3_0;
        let found = match item.ty() {
            ItemType::ENUMERATION if other_forms => {
                item.as_u32().map(|n| Self::Placeholder(registry::UniqueIdentifier(n)))
            }
            ItemType::INTEGER if other_forms => item.as_i32().map(Self::Integer),
            ty if ty == text_type(reading.version) => item.as_text().map(|text| Self::Text(Cow::Borrowed(text))),
            ItemType::REFERENCE if new_types => item.as_text().map(|text| Self::Reference(Cow::Borrowed(text))),
            ItemType::NAME_REFERENCE if new_types => {
                item.as_text().map(|text| Self::NameReference(Cow::Borrowed(text)))
            }
            _ => None,
        };
        found.ok_or_else(|| no_value(item, text_type(reading.version)))
    }

    fn write(&self, w: &mut Writer, tag: Tag, version: Version) {
        match self {
            Self::Text(text) => w.text_of(tag, text_type(version), text),
            Self::Reference(text) if version >= Version::V3_0 => w.text_of(tag, ItemType::REFERENCE, text),
            Self::NameReference(text) if version >= Version::V3_0 => w.text_of(tag, ItemType::NAME_REFERENCE, text),
            Self::Reference(text) | Self::NameReference(text) => w.text(tag, text),
            Self::Placeholder(of) => w.enumeration(tag, of.0),
            Self::Integer(of) => w.integer(tag, *of),
        }
    }
}

impl fmt::Display for UniqueIdentifier<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) | Self::Reference(text) => f.write_str(text),
            Self::NameReference(text) => write!(f, "the object named {text:?}"),
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
