//! One field of a payload or structure, and the range of versions a table row holds for.

use crate::ttlv::{ItemType, Tag};
use crate::version::Version;

/// First and last version a table row holds for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First version.
    pub since: Version,
    /// Last version.
    pub until: Version,
}

impl Span {
    /// Whether `version` lies in the range.
    pub fn contains(self, version: Version) -> bool {
        self.since <= version && version <= self.until
    }
}

/// What the table says about presence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Required {
    /// Stands in every such structure.
    Yes,
    /// May be left out.
    No,
    /// Depends on something outside the structure; never reported as missing.
    Conditional,
    /// The table has no entry for it; never reported as missing.
    Unspecified,
}

/// One field, in table order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Name in the spelling of the XML encoding; of a choice, the first.
    pub name: &'static str,
    /// The tags that may stand here: one, several for "one of the objects", none for "any item".
    pub tags: &'static [Tag],
    /// Presence.
    pub required: Required,
    /// Whether it may stand more than once.
    pub repeatable: bool,
    /// The item types the table allows; empty when it leaves the type to the registry or to the context.
    pub types: &'static [ItemType],
}

impl Field {
    /// Whether an item of this tag fills the field.
    pub fn takes(&self, tag: Tag) -> bool {
        self.tags.is_empty() || self.tags.contains(&tag)
    }
}
