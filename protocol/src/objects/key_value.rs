//! Key Value (1.4 §2.1.4, 2.1 §3.2): a structure in the clear, a Byte String when wrapped.

use crate::attributes::Attributes;
use crate::message::{AnyItem, DecodeError, Field, FieldValue, Fields, Reading, no_value, wrong_type};
use crate::registry::tag;
use crate::ttlv::{ItemRef, ItemType, Tag, Writer};
use crate::version::Version;
use std::borrow::Cow;

/// The key itself.
#[derive(Clone, Debug, PartialEq)]
pub enum KeyValue<'d> {
    /// In the clear.
    Plain {
        /// A Byte String, or the structure of a transparent format.
        key_material: AnyItem<'d>,
        /// Attributes that travel with the key.
        attributes: Option<Attributes<'d>>,
    },
    /// Wrapped: the encryption of the structure above, or of the material alone (Encoding Option).
    Wrapped(Cow<'d, [u8]>),
}

impl<'d> FieldValue<'d> for KeyValue<'d> {
    fn read(item: ItemRef<'d>, reading: Reading) -> Result<Self, DecodeError> {
        if item.ty() == ItemType::BYTE_STRING {
            let bytes = item.as_bytes().ok_or_else(|| no_value(item, ItemType::BYTE_STRING))?;
            return Ok(Self::Wrapped(Cow::Borrowed(bytes)));
        }
        let mut fields = Fields::new(item, reading)?;
        let material = fields.req(tag::KEY_MATERIAL)?;
        if ![ItemType::BYTE_STRING, ItemType::STRUCTURE].contains(&material.ty()) {
            return Err(wrong_type(material, ItemType::BYTE_STRING));
        }
        let key_material = AnyItem::Wire(material);
        let attributes = <Option<Attributes<'d>> as Field>::take(&mut fields, tag::ATTRIBUTES)?;
        fields.finish()?;
        Ok(Self::Plain { key_material, attributes })
    }

    fn write(&self, w: &mut Writer, tag: Tag, version: Version) {
        match self {
            Self::Wrapped(bytes) => w.bytes(tag, bytes),
            Self::Plain { key_material, attributes } => w.structure(tag, |w| {
                key_material.write_as(w, tag::KEY_MATERIAL);
                attributes.put(w, tag::ATTRIBUTES, version);
            }),
        }
    }
}
