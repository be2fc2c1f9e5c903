//! Structures and their fields per version.

use super::structure_table::STRUCTURES;
use super::{Field, Span};
use crate::ttlv::Tag;
use crate::version::Version;

/// One structure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StructureRow {
    /// Its tag.
    pub tag: Tag,
    /// Name in the spelling of the XML encoding.
    pub name: &'static str,
    /// Tables; several may hold at one version (Key Material, Credential Value, Derivation Parameters).
    pub layouts: &'static [StructureLayout],
}

/// One table of a structure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StructureLayout {
    /// The versions it holds for.
    pub versions: Span,
    /// Which of several it is (`"TransparentRSAPrivateKey"`); empty when there is one.
    pub variant: &'static str,
    /// Fields in order.
    pub fields: &'static [Field],
    /// The table ends in vendor-specific items.
    pub open: bool,
    /// Section of the Specification, per version.
    pub sections: &'static [(Version, &'static str)],
}

impl StructureLayout {
    /// Whether it has a field of that tag.
    pub fn has(&self, tag: Tag) -> bool {
        self.most(tag) > 0
    }

    /// How often a field of that tag may stand in it: not at all, once, or as often as one likes (`usize::MAX`).
    pub fn most(&self, tag: Tag) -> usize {
        let times = |field: &Field| if field.repeatable { usize::MAX } else { 1 };
        self.fields.iter().filter(|field| field.takes(tag)).map(times).max().unwrap_or(0)
    }

    /// Section of the Specification at a version.
    pub fn section(&self, version: Version) -> Option<&'static str> {
        self.sections.iter().find(|(v, _)| *v == version).map(|(_, s)| *s)
    }
}

impl StructureRow {
    /// The tables that hold at a version.
    pub fn layouts_at(&self, version: Version) -> impl Iterator<Item = &'static StructureLayout> {
        self.layouts.iter().filter(move |l| l.versions.contains(version))
    }
}

/// The row of a structure's tag.
pub fn structure_row(tag: Tag) -> Option<&'static StructureRow> {
    STRUCTURES.binary_search_by_key(&tag, |s| s.tag).ok().and_then(|i| STRUCTURES.get(i))
}
