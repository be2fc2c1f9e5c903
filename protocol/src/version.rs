//! KMIP protocol versions that the tables know, oldest first.

use crate::registry::tag;
use crate::ttlv::{Doc, ItemRef, Tag};
use std::fmt;
use std::str::FromStr;

/// A published version of the KMIP specification; ordered by age, so `V1_4 < V2_0`.
///
/// What a peer writes into Protocol Version may be anything: see [`ProtocolVersion`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Version {
    /// KMIP 1.0 (2010).
    V1_0,
    /// KMIP 1.1 (2013).
    V1_1,
    /// KMIP 1.2 (2015).
    V1_2,
    /// KMIP 1.3 (2016).
    V1_3,
    /// KMIP 1.4 (2017).
    V1_4,
    /// KMIP 2.0 (2019).
    V2_0,
    /// KMIP 2.1 (2020).
    V2_1,
    /// KMIP 3.0; no primary text of it stands behind our tables.
    V3_0,
}

impl Version {
    /// Every version, oldest first.
    pub const ALL: [Self; 8] =
        [Self::V1_0, Self::V1_1, Self::V1_2, Self::V1_3, Self::V1_4, Self::V2_0, Self::V2_1, Self::V3_0];

    /// The versions whose text is at hand, oldest first; of 3.0 there is an extract only.
    pub const WITH_TEXT: [Self; 7] =
        [Self::V1_0, Self::V1_1, Self::V1_2, Self::V1_3, Self::V1_4, Self::V2_0, Self::V2_1];

    /// The number before the dot.
    pub const fn major(self) -> i32 {
        match self {
            Self::V1_0 | Self::V1_1 | Self::V1_2 | Self::V1_3 | Self::V1_4 => 1,
            Self::V2_0 | Self::V2_1 => 2,
            Self::V3_0 => 3,
        }
    }

    /// The number after the dot.
    pub const fn minor(self) -> i32 {
        match self {
            Self::V1_0 | Self::V2_0 | Self::V3_0 => 0,
            Self::V1_1 | Self::V2_1 => 1,
            Self::V1_2 => 2,
            Self::V1_3 => 3,
            Self::V1_4 => 4,
        }
    }

    /// The version with these two numbers, if one was published.
    pub fn from_numbers(major: i32, minor: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|v| v.major() == major && v.minor() == minor)
    }

    /// `"1.4"`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1_0 => "1.0",
            Self::V1_1 => "1.1",
            Self::V1_2 => "1.2",
            Self::V1_3 => "1.3",
            Self::V1_4 => "1.4",
            Self::V2_0 => "2.0",
            Self::V2_1 => "2.1",
            Self::V3_0 => "3.0",
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is none of `1.0` to `3.0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownVersion(pub String);

impl fmt::Display for UnknownVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not a KMIP version; known are 1.0, 1.1, 1.2, 1.3, 1.4, 2.0, 2.1 and 3.0", self.0)
    }
}

impl std::error::Error for UnknownVersion {}

impl FromStr for Version {
    type Err = UnknownVersion;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|v| v.as_str() == s).ok_or_else(|| UnknownVersion(s.to_owned()))
    }
}

/// Protocol Version as it stands on the wire: two integers of any value (1.0 §6.1, 2.1 §9.16).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProtocolVersion {
    /// Protocol Version Major.
    pub major: i32,
    /// Protocol Version Minor.
    pub minor: i32,
}

impl ProtocolVersion {
    /// The published version with these numbers, if any.
    pub fn known(self) -> Option<Version> {
        Version::from_numbers(self.major, self.minor)
    }

    /// The numbers of a Protocol Version structure; none where one is missing or no Integer.
    pub fn of(structure: ItemRef<'_>) -> Option<Self> {
        let number = |tag| structure.child(tag)?.as_i32();
        Some(Self { major: number(tag::PROTOCOL_VERSION_MAJOR)?, minor: number(tag::PROTOCOL_VERSION_MINOR)? })
    }

    /// What a message states in this header of it, published or not; none where that cannot be read.
    pub fn in_header(message: &Doc<'_>, header: Tag) -> Option<Self> {
        Self::of(message.root()?.child(header)?.child(tag::PROTOCOL_VERSION)?)
    }

    /// What a message states in its header, be it a request or a response.
    pub fn stated(message: &Doc<'_>) -> Option<Self> {
        let is_request = message.root()?.child(tag::REQUEST_HEADER).is_some();
        Self::in_header(message, if is_request { tag::REQUEST_HEADER } else { tag::RESPONSE_HEADER })
    }
}

impl From<Version> for ProtocolVersion {
    fn from(v: Version) -> Self {
        Self { major: v.major(), minor: v.minor() }
    }
}

impl fmt::Display for ProtocolVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ttlv::{Item, Limits};

    #[test]
    fn a_message_states_its_version_in_its_header() {
        let message = |header, major| {
            let numbers = vec![major, Item::integer(tag::PROTOCOL_VERSION_MINOR, 7)];
            let header = Item::structure(header, vec![Item::structure(tag::PROTOCOL_VERSION, numbers)]);
            Item::structure(tag::REQUEST_MESSAGE, vec![header]).encode()
        };
        let stated = |bytes: &[u8]| ProtocolVersion::stated(&Doc::lenient(bytes, &Limits::default()));
        let major = || Item::integer(tag::PROTOCOL_VERSION_MAJOR, 9);
        let unpublished = Some(ProtocolVersion { major: 9, minor: 7 });
        assert_eq!(stated(&message(tag::REQUEST_HEADER, major())), unpublished);
        assert_eq!(stated(&message(tag::RESPONSE_HEADER, major())), unpublished);
        assert_eq!(stated(&message(tag::BATCH_ITEM, major())), None);
        assert_eq!(stated(&message(tag::REQUEST_HEADER, Item::enumeration(tag::PROTOCOL_VERSION_MAJOR, 9))), None);
        let response = message(tag::RESPONSE_HEADER, major());
        let response = Doc::lenient(&response, &Limits::default());
        assert_eq!(ProtocolVersion::in_header(&response, tag::REQUEST_HEADER), None);
    }
}
