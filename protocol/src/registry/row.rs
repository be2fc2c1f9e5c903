//! The rows of the tables.

use super::{in_version, normalize};
use crate::ttlv::{ItemType, Tag};
use crate::version::Version;

/// One tag.
#[derive(Debug)]
pub struct TagRow {
    /// Its number.
    pub tag: Tag,
    /// Its name in the newest spelling of the specification, `"Unique Identifier"`.
    pub name: &'static str,
    /// Its name in XML and JSON, `"UniqueIdentifier"`.
    pub xml_name: &'static str,
    /// Every item type that some version gives it; empty: any type, or not stated.
    pub types: &'static [ItemType],
    /// The item types of the newest version that states one; empty: any type, or not stated. See [`TagRow::types_at`].
    pub newest_types: &'static [ItemType],
    /// What older versions say instead, oldest first.
    pub earlier_types: &'static [EarlierTypes],
    /// First version that has it.
    pub since: Version,
    /// Last version that has it; `None`: still there.
    pub until: Option<Version>,
    /// First version that calls it deprecated.
    pub deprecated: Option<Version>,
    /// The enumeration or mask its value is one of.
    pub enumeration: Option<&'static Enumeration>,
}

/// The item types of a tag up to a version.
#[derive(Debug)]
pub struct EarlierTypes {
    /// Last version this is said of.
    pub until: Version,
    /// The types; empty: any, or not stated.
    pub types: &'static [ItemType],
}

impl TagRow {
    /// Whether this version has the tag.
    pub fn exists(&self, version: Version) -> bool {
        in_version(self.since, self.until, &[], version)
    }

    /// The item types the tag may have at this version; empty: any type, or not stated.
    pub fn types_at(&self, version: Version) -> &'static [ItemType] {
        self.earlier_types.iter().find(|e| version <= e.until).map_or(self.newest_types, |e| e.types)
    }
}

/// One enumeration, or one bit mask.
#[derive(Debug)]
pub struct Enumeration {
    /// Its name, `"Result Reason"`.
    pub name: &'static str,
    /// Its name in XML and JSON, `"ResultReason"`.
    pub xml_name: &'static str,
    /// The tag whose value it is, if one has its name.
    pub tag: Option<Tag>,
    /// Other tags that take the same values.
    pub also: &'static [Tag],
    /// The values are bits of an Integer.
    pub mask: bool,
    /// The values, sorted by code.
    pub values: &'static [EnumValue],
    /// First version that has it.
    pub since: Version,
    /// Last version that has it; `None`: still there.
    pub until: Option<Version>,
    /// Where each version defines it, oldest first.
    pub sections: &'static [(Version, &'static str)],
}

impl Enumeration {
    /// Codes from here on are free for vendors (masks have bits of their own for that).
    pub const FIRST_EXTENSION: u32 = 0x8000_0000;

    /// The row of a value, at whatever version.
    pub fn value(&self, code: u32) -> Option<&'static EnumValue> {
        self.values.binary_search_by_key(&code, |v| v.code).ok().and_then(|i| self.values.get(i))
    }

    /// The value of that name: in the specification's spelling, in the spelling of XML, or in one of another version.
    pub fn named(&self, name: &str) -> Option<&'static EnumValue> {
        let exact = self.values.iter().find(|v| v.xml_name == name || v.name == name || v.other_names.contains(&name));
        exact.or_else(|| {
            let xml = normalize(name);
            self.values.iter().find(|v| v.xml_name == xml || v.other_names.iter().any(|o| normalize(o) == xml))
        })
    }

    /// Whether this version defines the value. A code for vendors is never defined here; see [`Enumeration::is_extension`].
    /// For a mask: whether every bit set in `code` is defined.
    pub fn valid(&self, code: u32, version: Version) -> bool {
        if self.mask {
            let defined = self.values.iter().filter(|v| v.exists(version)).fold(0, |bits, v| bits | v.code);
            return code & !defined == 0;
        }
        self.value(code).is_some_and(|v| v.exists(version))
    }

    /// Whether the code is in the range left to vendors.
    pub fn is_extension(&self, code: u32) -> bool {
        !self.mask && code >= Self::FIRST_EXTENSION
    }

    /// The section that defines it in this version.
    pub fn section(&self, version: Version) -> Option<&'static str> {
        self.sections.iter().find(|(v, _)| *v == version).map(|(_, s)| *s)
    }
}

/// One value of an enumeration, or one bit of a mask.
#[derive(Debug)]
pub struct EnumValue {
    /// Its number.
    pub code: u32,
    /// Its name in the newest spelling, `"Item Not Found"`.
    pub name: &'static str,
    /// Its name in XML and JSON, `"ItemNotFound"`.
    pub xml_name: &'static str,
    /// First version that has it.
    pub since: Version,
    /// Last version that has it; `None`: still there.
    pub until: Option<Version>,
    /// First version that calls it deprecated.
    pub deprecated: Option<Version>,
    /// Spellings of other versions and of published test cases.
    pub other_names: &'static [&'static str],
}

impl EnumValue {
    /// Whether this version has the value.
    pub fn exists(&self, version: Version) -> bool {
        in_version(self.since, self.until, &[], version)
    }
}
