//! From a number or a name to its row.

use super::{ENUMERATIONS, Enumeration, TagRow, normalize, tag};
use crate::ttlv::Tag;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Every tag, sorted by code.
pub static TAGS: &[TagRow] = tag::ROWS;

/// The row of a tag, in constant time.
pub fn tag_row(tag: Tag) -> Option<&'static TagRow> {
    if !tag.is_standard() {
        return None;
    }
    let low = usize::try_from(tag.0 & 0xFFFF).ok()?;
    TAGS.get(usize::from(*tag::INDEX.get(low)?))
}

/// The XML name of a tag.
pub fn tag_name(tag: Tag) -> Option<&'static str> {
    tag_row(tag).map(|row| row.xml_name)
}

/// The tag of that name, in the specification's spelling (`"Unique Identifier"`) or in that of XML (`"UniqueIdentifier"`).
pub fn tag_named(name: &str) -> Option<&'static TagRow> {
    static BY_NAME: LazyLock<HashMap<&'static str, &'static TagRow>> =
        LazyLock::new(|| TAGS.iter().flat_map(|row| [(row.name, row), (row.xml_name, row)]).collect());
    BY_NAME.get(name).or_else(|| BY_NAME.get(normalize(name).as_str())).copied()
}

/// The enumeration or mask that is the value of this tag.
pub fn enumeration_for(tag: Tag) -> Option<&'static Enumeration> {
    tag_row(tag)?.enumeration
}

/// The enumeration or mask of that name, in either spelling.
pub fn enumeration_named(name: &str) -> Option<&'static Enumeration> {
    let find = |name: &str| ENUMERATIONS.iter().find(|e| e.name == name || e.xml_name == name).copied();
    find(name).or_else(|| find(&normalize(name)))
}
