//! What wraps the attributes of a new object: Template-Attribute at 1.x (1.4 §2.1.8), Attributes at 2.x (2.1 §5.1 to §5.4).

use super::{Attribute, AttributeRef, Attributes};
use crate::message::{DecodeError, FieldValue, Fields, Reading, structure};
use crate::registry::{NameType, tag};
use crate::ttlv::{Item, ItemRef, Tag, Writer};
use crate::version::Version;
use std::borrow::Cow;

/// Which of the four containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Container {
    /// Template-Attribute, or Attributes.
    TemplateAttribute,
    /// Common Template-Attribute, or Common Attributes: for both keys of a pair.
    Common,
    /// Private Key Template-Attribute, or Private Key Attributes.
    PrivateKey,
    /// Public Key Template-Attribute, or Public Key Attributes.
    PublicKey,
}

impl Container {
    /// Every container.
    pub const ALL: [Self; 4] = [Self::TemplateAttribute, Self::Common, Self::PrivateKey, Self::PublicKey];

    /// Its tag at this version.
    pub const fn tag(self, version: Version) -> Tag {
        match (self, version.major() == 1) {
            (Self::TemplateAttribute, true) => tag::TEMPLATE_ATTRIBUTE,
            (Self::TemplateAttribute, false) => tag::ATTRIBUTES,
            (Self::Common, true) => tag::COMMON_TEMPLATE_ATTRIBUTE,
            (Self::Common, false) => tag::COMMON_ATTRIBUTES,
            (Self::PrivateKey, true) => tag::PRIVATE_KEY_TEMPLATE_ATTRIBUTE,
            (Self::PrivateKey, false) => tag::PRIVATE_KEY_ATTRIBUTES,
            (Self::PublicKey, true) => tag::PUBLIC_KEY_TEMPLATE_ATTRIBUTE,
            (Self::PublicKey, false) => tag::PUBLIC_KEY_ATTRIBUTES,
        }
    }

    /// The container with this tag, at any version.
    pub fn of_tag(tag: Tag) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.tag(Version::V1_0) == tag || c.tag(Version::V2_0) == tag)
    }
}

/// Attributes as the container of a version: what a client sends to set them.
pub fn lower(attributes: &[Attribute], container: Container, version: Version) -> Item {
    let items = attributes.iter().map(|attribute| attribute.to_item(version)).collect();
    Item::structure(container.tag(version), items)
}

/// The attributes in a container of a version; names of templates, if any, stay behind.
pub fn raise(container: ItemRef<'_>, reading: impl Into<Reading>) -> Result<Vec<Attribute>, DecodeError> {
    Template::read(container, reading.into())?.attributes.to_vec()
}

structure! {
    /// Name (1.4 §3.2, 2.1 §4.32).
    pub struct Name<'d> {
        /// Name Value.
        name_value: Cow<'d, str> = NAME_VALUE,
        /// Name Type.
        name_type: NameType = NAME_TYPE,
    }
}

/// The content of a container.
#[derive(Clone, Debug, PartialEq)]
pub struct Template<'d> {
    /// Templates to take attributes from, 1.x only (deprecated in 1.3).
    pub names: Vec<Name<'d>>,
    /// The attributes.
    pub attributes: Attributes<'d>,
}

impl From<Vec<Attribute>> for Template<'_> {
    fn from(attributes: Vec<Attribute>) -> Self {
        Self { names: Vec::new(), attributes: attributes.into() }
    }
}

impl<'d> FieldValue<'d> for Template<'d> {
    fn wire_tag(tag: Tag, version: Version) -> Tag {
        Container::of_tag(tag).map_or(tag, |container| container.tag(version))
    }

    fn read(item: ItemRef<'d>, reading: Reading) -> Result<Self, DecodeError> {
        let mut fields = Fields::new(item, reading)?;
        if reading.version >= Version::V2_0 {
            return Ok(Self { names: Vec::new(), attributes: Attributes::inside(fields)? });
        }
        let mut names = Vec::new();
        while let Some(name) = fields.next_of(tag::NAME) {
            names.push(Name::read(name, reading)?);
        }
        let mut all = Vec::new();
        while let Some(attribute) = fields.next_of(tag::ATTRIBUTE) {
            all.push(AttributeRef::read(attribute, reading)?);
        }
        fields.finish()?;
        Ok(Self { names, attributes: Attributes::Wire(all) })
    }

    fn write(&self, w: &mut Writer, tag: Tag, version: Version) {
        w.begin(tag);
        if version < Version::V2_0 {
            for name in &self.names {
                name.write(w, tag::NAME, version);
            }
        }
        self.attributes.encode(w, version);
        w.end();
    }
}
