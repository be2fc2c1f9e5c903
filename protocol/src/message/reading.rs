//! How strictly a structure is read: the version, and what happens to a field that version does not know.

use crate::version::{ProtocolVersion, Version};

/// What to do with a field that the structure does not have at this version (1.4 §11.1; row ids EG-004, EG-005).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnknownFields {
    /// Both sides speak the same version: an unknown field fails the item with Invalid Field.
    Refuse,
    /// The sender speaks a later minor version: skip what is not understood and go on.
    Ignore,
}

/// The version to read at, and the strictness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reading {
    /// The version whose layouts apply.
    pub version: Version,
    /// What to do with fields it does not have.
    pub unknown: UnknownFields,
}

impl Reading {
    /// How a receiver that supports `supported` reads a message which says it is of version `sent`.
    ///
    /// A version of the list is read as itself; a later minor version of a major in the list is read as the newest
    /// supported one before it, skipping what that one does not know (EG-004). `None`: no version in common (EG-001).
    pub fn of(sent: ProtocolVersion, supported: &[Version]) -> Option<Self> {
        let nearest = supported
            .iter()
            .copied()
            .filter(|v| v.major() == sent.major && v.minor() <= sent.minor)
            .max_by_key(|v| v.minor())?;
        let unknown =
            if ProtocolVersion::from(nearest) == sent { UnknownFields::Refuse } else { UnknownFields::Ignore };
        Some(Self { version: nearest, unknown })
    }
}

impl From<Version> for Reading {
    fn from(version: Version) -> Self {
        Self { version, unknown: UnknownFields::Refuse }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_minor_version_is_read_as_the_newest_before_it() {
        let supported = [Version::V1_0, Version::V1_2, Version::V2_1];
        let of = |major, minor| Reading::of(ProtocolVersion { major, minor }, &supported);
        assert_eq!(of(1, 2), Some(Version::V1_2.into()));
        assert_eq!(of(1, 9), Some(Reading { version: Version::V1_2, unknown: UnknownFields::Ignore }));
        assert_eq!(of(1, 1), Some(Reading { version: Version::V1_0, unknown: UnknownFields::Ignore }));
        assert_eq!(of(2, 0), None, "2.1 cannot stand in for an older 2.0");
        assert_eq!(of(3, 0), None);
        assert_eq!(of(-1, 0), None);
    }
}
