//! A single attribute, or a reference to one, as a field of a payload.

use super::{Attribute, AttributeKey, AttributeRef, wire_v1, wire_v2};
use crate::message::{DecodeError, FieldValue, Fields, Reading};
use crate::registry::tag;
use crate::ttlv::{ItemRef, Tag, Writer};
use crate::version::Version;

/// Attribute at 1.x; New Attribute or Current Attribute, with the attribute inside, at 2.x (2.1 §5.6, §5.7).
impl<'d> FieldValue<'d> for Attribute {
    fn wire_tag(tag: Tag, version: Version) -> Tag {
        if version < Version::V2_0 { tag::ATTRIBUTE } else { tag }
    }

    fn read(item: ItemRef<'d>, reading: Reading) -> Result<Self, DecodeError> {
        if reading.version < Version::V2_0 {
            return AttributeRef::read(item, reading)?.to_attribute();
        }
        let mut fields = Fields::new(item, reading)?;
        let missing = DecodeError::Missing { tag: tag::ATTRIBUTE, at: item.offset() };
        let attribute = AttributeRef::read(fields.any().ok_or(missing)?, reading)?.to_attribute()?;
        fields.finish()?;
        Ok(attribute)
    }

    fn write(&self, w: &mut Writer, tag: Tag, version: Version) {
        if version < Version::V2_0 {
            self.encode(w, version);
        } else {
            w.structure(tag, |w| self.encode(w, version));
        }
    }
}

/// Attribute Name at 1.x, Attribute Reference at 2.x (2.1 §5.5).
impl<'d> FieldValue<'d> for AttributeKey {
    fn wire_tag(tag: Tag, version: Version) -> Tag {
        if version < Version::V2_0 { tag::ATTRIBUTE_NAME } else { tag }
    }

    fn read(item: ItemRef<'d>, reading: Reading) -> Result<Self, DecodeError> {
        if reading.version < Version::V2_0 {
            wire_v1::read_reference(item)
        } else {
            wire_v2::read_reference(item, reading)
        }
    }

    fn write(&self, w: &mut Writer, tag: Tag, version: Version) {
        if version < Version::V2_0 {
            w.text(tag, &self.v1_name());
        } else {
            wire_v2::write_reference(self, w);
        }
    }
}
