//! One attribute: our own, or borrowed from a message.

use super::{AttributeKey, wire_v1, wire_v2, wire_v3};
use crate::message::{DecodeError, Reading};
use crate::registry::tag;
use crate::ttlv::{Item, ItemRef, Tag, Writer};
use crate::version::Version;

/// An attribute of a managed object.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// What it is.
    pub key: AttributeKey,
    /// Which instance of it, at 1.x; 2.x has no index.
    pub index: Option<i32>,
    /// Its value, under the attribute's own tag, or Attribute Value for a custom one.
    pub value: Item,
}

impl Attribute {
    /// An attribute of the standard: the tag of the value is its key.
    pub fn standard(value: Item) -> Self {
        Self { key: AttributeKey::Standard(value.tag), index: None, value }
    }

    /// A custom attribute; the value gets the tag Attribute Value.
    pub fn custom(vendor: impl Into<String>, name: impl Into<String>, value: Item) -> Self {
        let key = AttributeKey::Custom { vendor: vendor.into(), name: name.into() };
        Self { key, index: None, value: value.with_tag(tag::ATTRIBUTE_VALUE) }
    }

    /// Any attribute; the value gets the tag that belongs to the key.
    pub fn new(key: AttributeKey, index: Option<i32>, value: Item) -> Self {
        let tag = key.tag().unwrap_or(tag::ATTRIBUTE_VALUE);
        Self { key, index, value: value.with_tag(tag) }
    }

    /// Whether a reference to this key means the attribute: at 3.0 each kind of link has a key of its own.
    pub fn is_of(&self, key: &AttributeKey) -> bool {
        self.key == *key || key.tag().is_some_and(|tag| wire_v3::tag_of(self) == Some(tag))
    }

    /// The key it is listed under at a version.
    pub fn key_at(&self, version: Version) -> AttributeKey {
        match wire_v3::tag_of(self) {
            Some(tag) if version >= Version::V3_0 => AttributeKey::Standard(tag),
            _ => self.key.clone(),
        }
    }

    /// As it stands in a list at this version: an Attribute structure, or the attribute itself.
    pub fn to_item(&self, version: Version) -> Item {
        match version.major() {
            1 => wire_v1::to_item(self),
            2 => wire_v2::to_item(self),
            _ => wire_v3::to_item(self),
        }
    }

    /// Writes what [`Self::to_item`] builds.
    pub fn encode(&self, w: &mut Writer, version: Version) {
        match version.major() {
            1 => wire_v1::write(self, w),
            2 => wire_v2::write(self, w),
            _ => w.item(&wire_v3::to_item(self)),
        }
    }
}

/// The key of an attribute as it stands in a message, not looked up yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyRef<'d> {
    /// 1.x: Attribute Name.
    Name(&'d str),
    /// 2.x: the tag.
    Tag(Tag),
    /// 2.x: Vendor Identification and Attribute Name.
    Vendor(&'d str, &'d str),
}

impl KeyRef<'_> {
    /// The key, looked up.
    pub fn to_key(self) -> AttributeKey {
        match self {
            Self::Name(name) => AttributeKey::from_v1_name(name),
            Self::Tag(tag) => AttributeKey::Standard(tag),
            Self::Vendor(vendor, name) => AttributeKey::Custom { vendor: vendor.to_owned(), name: name.to_owned() },
        }
    }
}

/// An attribute as it stands in a message.
#[derive(Clone, Copy, Debug)]
pub struct AttributeRef<'d> {
    /// What it is.
    pub key: KeyRef<'d>,
    /// Attribute Index, 1.x only.
    pub index: Option<i32>,
    /// The value; left out in Notify only (1.4 §5.1).
    pub value: Option<ItemRef<'d>>,
    /// The whole attribute.
    pub item: ItemRef<'d>,
    /// Whether it has the tags and types of 3.0.
    pub v3: bool,
}

impl<'d> AttributeRef<'d> {
    /// Reads an attribute that stands in a list.
    pub fn read(item: ItemRef<'d>, reading: Reading) -> Result<Self, DecodeError> {
        if reading.version < Version::V2_0 {
            return wire_v1::read(item, reading);
        }
        let read = wire_v2::read(item, reading)?;
        Ok(AttributeRef { v3: reading.version >= Version::V3_0, ..read })
    }

    /// A copy that borrows nothing; the value has to be there.
    pub fn to_attribute(&self) -> Result<Attribute, DecodeError> {
        let missing = DecodeError::Missing { tag: tag::ATTRIBUTE_VALUE, at: self.item.offset() };
        let value = self.value.ok_or(missing)?;
        let value = Item::from_ref(value);
        if self.v3 {
            return Ok(wire_v3::raise(self.key.to_key(), value));
        }
        Ok(Attribute::new(self.key.to_key(), self.index, value))
    }

    /// Writes it at this version, which need not be the one it was read at.
    pub fn encode(&self, w: &mut Writer, version: Version) {
        if self.v3 != (version >= Version::V3_0)
            && let Ok(attribute) = self.to_attribute()
        {
            return attribute.encode(w, version);
        }
        if version < Version::V2_0 {
            wire_v1::write_ref(self, w);
        } else {
            wire_v2::write_ref(self, w);
        }
    }
}

impl PartialEq for AttributeRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.item.same_content(other.item)
    }
}
