//! Data as a field: bytes at 1.x; at 2.x also a reference to what an operation of the same batch gave.

use super::{DecodeError, FieldValue, Reading, no_value};
use crate::registry;
use crate::ttlv::{ItemRef, ItemType, Tag, Writer};
use crate::version::Version;
use std::borrow::Cow;

/// What a cryptographic operation works on, or gives (2.1 §7.9 and §11.13).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Data<'d> {
    /// The bytes themselves.
    Bytes(Cow<'d, [u8]>),
    /// 2.x: what a preceding batch item that ran this operation gave.
    Placeholder(registry::Data),
    /// 2.x: what a batch item gave, by its position: zero based, or counted backwards when negative.
    Integer(i32),
}

impl Data<'_> {
    /// The bytes, if it is bytes and not a reference into the batch.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            Self::Placeholder(_) | Self::Integer(_) => None,
        }
    }
}

impl<'d> FieldValue<'d> for Data<'d> {
    fn read(item: ItemRef<'d>, reading: Reading) -> Result<Self, DecodeError> {
        let other_forms = reading.version >= Version::V2_0;
        let found = match item.ty() {
            ItemType::ENUMERATION if other_forms => item.as_u32().map(|n| Self::Placeholder(registry::Data(n))),
            ItemType::INTEGER if other_forms => item.as_i32().map(Self::Integer),
            ItemType::BYTE_STRING => item.as_bytes().map(|bytes| Self::Bytes(Cow::Borrowed(bytes))),
            _ => None,
        };
        found.ok_or_else(|| no_value(item, ItemType::BYTE_STRING))
    }

    fn write(&self, w: &mut Writer, tag: Tag, _: Version) {
        match self {
            Self::Bytes(bytes) => w.bytes(tag, bytes),
            Self::Placeholder(of) => w.enumeration(tag, of.0),
            Self::Integer(of) => w.integer(tag, *of),
        }
    }
}

impl<'d> From<&'d [u8]> for Data<'d> {
    fn from(bytes: &'d [u8]) -> Self {
        Self::Bytes(Cow::Borrowed(bytes))
    }
}

impl From<Vec<u8>> for Data<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(Cow::Owned(bytes))
    }
}
