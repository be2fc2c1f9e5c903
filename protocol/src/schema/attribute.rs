//! Attributes and their rule tables per version.

use super::Span;
use super::attribute_table::ATTRIBUTES;
use crate::ttlv::{ItemType, Tag};
use crate::version::Version;

/// One attribute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AttributeRow {
    /// Its tag.
    pub tag: Tag,
    /// Name as the standard prints it, which is the Attribute Name of 1.x: `"Cryptographic Usage Mask"`.
    pub name: &'static str,
    /// Name in the spelling of the XML encoding.
    pub xml_name: &'static str,
    /// The item types its value may have.
    pub types: &'static [ItemType],
    /// Versions that have it.
    pub versions: Span,
    /// Section of the Specification, per version.
    pub sections: &'static [(Version, &'static str)],
    /// Rule tables, one entry per group of versions with equal tables.
    pub rules: &'static [AttributeRules],
}

/// Who gives an attribute its first value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetBy {
    /// The client.
    Client,
    /// The server.
    Server,
    /// Either.
    ClientOrServer,
    /// The table says something else, or nothing.
    Unspecified,
}

/// The rule table of an attribute; `None`: the cell is neither yes nor no.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AttributeRules {
    /// The versions.
    pub versions: Span,
    /// The object always has a value for it.
    pub always_has_value: Option<bool>,
    /// Who sets it first.
    pub initially_set_by: SetBy,
    /// The server may change it.
    pub modifiable_by_server: Option<bool>,
    /// The client may change it.
    pub modifiable_by_client: Option<bool>,
    /// The client may delete it.
    pub deletable_by_client: Option<bool>,
    /// An object may have several.
    pub multiple_instances: Option<bool>,
    /// Operations (XML names) that set it without being asked.
    pub implicitly_set_by: &'static [&'static str],
    /// Codes of the Object Type enumeration it applies to; empty: see the section.
    pub applies_to: &'static [u32],
    /// A cell with a condition, in our words; empty when every cell is a plain yes or no.
    pub note: &'static str,
}

impl AttributeRow {
    /// The rule table at a version.
    pub fn rules_at(&self, version: Version) -> Option<&'static AttributeRules> {
        self.rules.iter().find(|r| r.versions.contains(version))
    }

    /// Section of the Specification at a version.
    pub fn section(&self, version: Version) -> Option<&'static str> {
        self.sections.iter().find(|(v, _)| *v == version).map(|(_, s)| *s)
    }
}

/// The row of an attribute's tag.
pub fn attribute_row(tag: Tag) -> Option<&'static AttributeRow> {
    ATTRIBUTES.binary_search_by_key(&tag, |a| a.tag).ok().and_then(|i| ATTRIBUTES.get(i))
}

/// The row of a name in either spelling.
pub fn attribute_named(name: &str) -> Option<&'static AttributeRow> {
    ATTRIBUTES.iter().find(|a| a.name == name || a.xml_name == name)
}
