//! Names in place of numbers: which list of names a number is looked up in, and both directions of the look-up.
//!
//! A writer uses a name only where a reader would find the same number again; that is what the tests below hold the
//! registry to, and what makes binary -> XML -> binary an identity.

use super::lexical::{ValueError, prefixed};
use crate::registry::{self, Enumeration, tag};
use crate::ttlv::{ItemRef, Tag};

/// The list of names for the numbers of an item.
#[derive(Clone, Copy, Debug)]
pub enum Vocabulary {
    /// The numbers are tags (Attribute Reference, 2.0 and later).
    Tags,
    /// The values of an enumeration or the bits of a mask.
    Values(&'static Enumeration),
}

impl Vocabulary {
    /// The list for an item with this tag; for a 1.x Attribute Value, that of the attribute is the one to ask for.
    pub fn of(governing: Tag) -> Option<Self> {
        if governing == tag::ATTRIBUTE_REFERENCE {
            return Some(Self::Tags);
        }
        registry::enumeration_for(governing).map(Self::Values)
    }

    /// What the list is called in messages to people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Tags => "Tag",
            Self::Values(list) => list.name,
        }
    }

    /// The name of an enumeration value, in the spelling of the encodings.
    pub fn name(self, code: u32) -> Option<&'static str> {
        match self {
            Self::Tags => tag_name(Tag(code)),
            Self::Values(list) if !list.mask => list.value(code).map(|v| v.xml_name),
            Self::Values(_) => None,
        }
    }

    /// The enumeration value of that name.
    pub fn code(self, name: &str) -> Option<u32> {
        match self {
            Self::Tags => registry::tag_named(name).map(|row| row.tag.0),
            Self::Values(list) if !list.mask => list.named(name).map(|v| v.code),
            Self::Values(_) => None,
        }
    }

    /// The bits of a mask by name, those without a name as one hexadecimal number; `None` when this is no mask or when
    /// no bit is set.
    pub fn mask_names(self, bits: u32, separator: char) -> Option<String> {
        let Self::Values(list) = self else { return None };
        if !list.mask || bits == 0 {
            return None;
        }
        let mut out = String::new();
        let mut rest = bits;
        for value in list.values {
            if value.code != 0 && rest & value.code == value.code {
                rest &= !value.code;
                push_separated(&mut out, separator, value.xml_name);
            }
        }
        if rest != 0 {
            push_separated(&mut out, separator, &format!("0x{rest:08X}"));
        }
        Some(out)
    }

    /// The bit of that name.
    fn bit(self, name: &str) -> Option<u32> {
        match self {
            Self::Values(list) if list.mask => list.named(name).map(|v| v.code),
            _ => None,
        }
    }
}

fn push_separated(out: &mut String, separator: char, word: &str) {
    if !out.is_empty() {
        out.push(separator);
    }
    out.push_str(word);
}

/// The bits behind the components of a mask: names, or hexadecimal numbers of 32 bits.
pub(super) fn mask_bits<'a>(
    vocabulary: Option<Vocabulary>,
    components: impl Iterator<Item = &'a str>,
) -> Result<i32, ValueError> {
    let mut bits = 0;
    for word in components {
        let bit = match prefixed(word, 8) {
            Some(number) => u32::try_from(number).ok(),
            None => vocabulary.and_then(|v| v.bit(word)),
        };
        bits |= bit.ok_or(ValueError::UnknownName(vocabulary.map(Vocabulary::title)))?;
    }
    Ok(bits.cast_signed())
}

/// The name of a tag in the spelling of the encodings.
pub fn tag_name(tag: Tag) -> Option<&'static str> {
    registry::tag_row(tag).map(|row| row.xml_name)
}

/// The tag that the encodings call so: a name, or `0x` and six digits.
pub fn tag_of(name: &str) -> Option<Tag> {
    if let Some(number) = name.strip_prefix("0x").filter(|digits| digits.len() == 6).and_then(|_| prefixed(name, 6)) {
        return u32::try_from(number).ok().map(Tag);
    }
    registry::tag_named(name).map(|row| row.tag)
}

/// Follows a walk over items, parents first, and says whose names apply to a leaf.
///
/// The values of a 1.x Attribute all carry the tag Attribute Value; whose enumeration it is follows from the Attribute
/// Name before it in the same structure (1.4 §2.1.1).
#[derive(Debug, Default)]
pub(super) struct Scopes {
    /// For every level: the attribute that the last Attribute Name named.
    levels: Vec<Option<Tag>>,
}

impl Scopes {
    /// The walk has come to a structure at this level (the root is 0).
    pub(super) fn enter(&mut self, level: usize) {
        self.levels.truncate(level);
        self.levels.resize(level + 1, None);
    }

    /// The tag whose names apply to a leaf with this tag at this level.
    pub(super) fn governs(&self, level: usize, tag: Tag) -> Tag {
        if tag != tag::ATTRIBUTE_VALUE {
            return tag;
        }
        level.checked_sub(1).and_then(|up| *self.levels.get(up)?).unwrap_or(tag)
    }

    /// The text of a leaf at this level; only that of an Attribute Name matters.
    pub(super) fn saw(&mut self, level: usize, tag: Tag, text: &str) {
        if tag == tag::ATTRIBUTE_NAME
            && let Some(slot) = level.checked_sub(1).and_then(|up| self.levels.get_mut(up))
        {
            *slot = registry::tag_named(text).map(|row| row.tag);
        }
    }
}

/// Every item below and including one, parents first, with its level below it.
pub(super) fn walk(root: ItemRef<'_>) -> impl Iterator<Item = (usize, ItemRef<'_>)> {
    let mut ends: Vec<u32> = Vec::new();
    root.descendants().map(move |item| {
        while ends.last().is_some_and(|end| *end <= item.index()) {
            ends.pop();
        }
        let level = ends.len();
        if item.subtree_end() > item.index() + 1 {
            ends.push(item.subtree_end());
        }
        (level, item)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    /// Without this a writer could use a name that a reader takes for another number.
    #[test]
    fn every_name_written_is_read_as_the_same_number() {
        let mut names = HashMap::new();
        for row in registry::TAGS {
            assert_eq!(tag_of(row.xml_name), Some(row.tag), "{}", row.xml_name);
            assert_eq!(names.insert(row.xml_name, row.tag), None, "{}", row.xml_name);
            let letters = row.xml_name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_');
            assert!(letters && !row.xml_name.as_bytes()[0].is_ascii_digit(), "{} as an element", row.xml_name);
            assert_ne!(row.xml_name, "TTLV");
        }
        for list in registry::ENUMERATIONS {
            let vocabulary = Vocabulary::Values(list);
            for value in list.values {
                let place = format!("{} {}", list.name, value.xml_name);
                assert!(!value.xml_name.contains([' ', '|']) && !value.xml_name.starts_with("0x"), "{place}");
                if list.mask {
                    assert_eq!(vocabulary.bit(value.xml_name), Some(value.code), "{place}");
                } else {
                    assert_eq!(vocabulary.code(value.xml_name), Some(value.code), "{place}");
                    assert_eq!(vocabulary.name(value.code), Some(value.xml_name), "{place}");
                }
            }
        }
    }

    #[test]
    fn tags_by_name_or_number() {
        assert_eq!(tag_of("UniqueIdentifier"), Some(tag::UNIQUE_IDENTIFIER));
        assert_eq!(tag_of("0x420094"), Some(tag::UNIQUE_IDENTIFIER));
        assert_eq!(tag_of("0x54ffFE"), Some(Tag(0x54FFFE)));
        assert_eq!(tag_of("0x4200940"), None);
        assert_eq!(tag_of("0x42009"), None);
        assert_eq!(tag_of("NoSuchTag"), None);
    }

    #[test]
    fn masks_name_what_they_can() {
        let usage = Vocabulary::of(tag::CRYPTOGRAPHIC_USAGE_MASK);
        let written = usage.and_then(|u| u.mask_names(0x8000_000C, ' '));
        assert_eq!(written.as_deref(), Some("Encrypt Decrypt 0x80000000"));
        assert_eq!(mask_bits(usage, "Encrypt Decrypt 0x80000000".split(' ')), Ok(0x8000_000Cu32.cast_signed()));
        assert_eq!(
            mask_bits(usage, ["Encript"].into_iter()),
            Err(ValueError::UnknownName(Some("Cryptographic Usage Mask")))
        );
        assert_eq!(usage.and_then(|u| u.mask_names(0, ' ')), None);
    }
}
