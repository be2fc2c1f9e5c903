//! Section numbers of the Specification, so that a reference can be checked.

use super::section_table::SECTIONS;
use crate::version::Version;

/// Whether the Specification of that version has a section of that number. For 3.0 only what is known second-hand.
pub fn section_exists(version: Version, section: &str) -> bool {
    section_title(version, section).is_some()
}

/// The title of a section.
pub fn section_title(version: Version, section: &str) -> Option<&'static str> {
    let (_, sections) = SECTIONS.iter().find(|(v, _)| *v == version)?;
    sections.iter().find(|(number, _)| *number == section).map(|(_, title)| *title)
}
