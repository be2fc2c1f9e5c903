//! A list of attributes: repeated Attribute at 1.x, one Attributes structure at 2.x.

use super::{Attribute, AttributeRef};
use crate::message::{DecodeError, Field, Fields};
use crate::registry::tag;
use crate::ttlv::{Tag, Writer};
use crate::version::Version;

/// Attributes in a payload: as they came, or our own.
#[derive(Clone, Debug, PartialEq)]
pub enum Attributes<'d> {
    /// Borrowed from a message.
    Wire(Vec<AttributeRef<'d>>),
    /// Our own.
    Owned(Vec<Attribute>),
}

impl Attributes<'_> {
    /// A copy that borrows nothing.
    pub fn to_vec(&self) -> Result<Vec<Attribute>, DecodeError> {
        match self {
            Self::Wire(all) => all.iter().map(AttributeRef::to_attribute).collect(),
            Self::Owned(all) => Ok(all.clone()),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Wire(all) => all.len(),
            Self::Owned(all) => all.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes them one after the other, without anything around them.
    pub fn encode(&self, w: &mut Writer, version: Version) {
        match self {
            Self::Wire(all) => all.iter().for_each(|one| one.encode(w, version)),
            Self::Owned(all) => all.iter().for_each(|one| one.encode(w, version)),
        }
    }
}

impl<'d> Attributes<'d> {
    /// Reads the attributes inside a structure that holds nothing else: Attributes and its kind at 2.x.
    pub(super) fn inside(mut fields: Fields<'d>) -> Result<Self, DecodeError> {
        let reading = fields.reading();
        // As many as there are nodes for: what was allocated to index the message bounds this too.
        let mut all = Vec::with_capacity(fields.left());
        while let Some(child) = fields.any() {
            all.push(AttributeRef::read(child, reading)?);
        }
        Ok(Self::Wire(all))
    }
}

impl Default for Attributes<'_> {
    fn default() -> Self {
        Self::Owned(Vec::new())
    }
}

impl From<Vec<Attribute>> for Attributes<'_> {
    fn from(all: Vec<Attribute>) -> Self {
        Self::Owned(all)
    }
}

impl<'d> Field<'d> for Attributes<'d> {
    fn take(fields: &mut Fields<'d>, tag: Tag) -> Result<Self, DecodeError> {
        let reading = fields.reading();
        if reading.version >= Version::V2_0 {
            return Self::inside(Fields::new(fields.req(tag)?, reading)?);
        }
        let mut all = Vec::with_capacity(fields.left());
        while let Some(item) = fields.next_of(tag::ATTRIBUTE) {
            all.push(AttributeRef::read(item, reading)?);
        }
        Ok(Self::Wire(all))
    }

    fn put(&self, w: &mut Writer, tag: Tag, version: Version) {
        if version >= Version::V2_0 {
            w.structure(tag, |w| self.encode(w, version));
        } else {
            self.encode(w, version);
        }
    }

    fn absent(_: &Fields<'d>, _: Tag) -> Result<Self, DecodeError> {
        Ok(Self::default())
    }
}

/// The one structure of 2.x, where it may be left out.
impl<'d> Field<'d> for Option<Attributes<'d>> {
    fn take(fields: &mut Fields<'d>, tag: Tag) -> Result<Self, DecodeError> {
        let there = match fields.peek() {
            Some(item) if fields.reading().version >= Version::V2_0 => item.tag() == tag,
            Some(item) => item.tag() == tag::ATTRIBUTE,
            None => false,
        };
        if there { Attributes::take(fields, tag).map(Some) } else { Ok(None) }
    }

    fn put(&self, w: &mut Writer, tag: Tag, version: Version) {
        if let Some(attributes) = self {
            attributes.put(w, tag, version);
        }
    }

    fn absent(_: &Fields<'d>, _: Tag) -> Result<Self, DecodeError> {
        Ok(None)
    }
}
