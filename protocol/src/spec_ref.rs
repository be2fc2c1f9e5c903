//! References to the standard: document, version, section.

use crate::version::Version;
use std::fmt;

/// A document of the standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Document {
    /// Key Management Interoperability Protocol Specification.
    Specification,
    /// KMIP Profiles.
    Profiles,
    /// KMIP Usage Guide; informative.
    UsageGuide,
    /// KMIP Additional Message Encodings 1.0.
    MessageEncodings,
    /// Published test cases.
    TestCases,
}

/// One section of one version of one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpecRef {
    /// The document.
    pub document: Document,
    /// Its version.
    pub version: Version,
    /// Its number, `"4.21"`; section numbers move between versions.
    pub section: &'static str,
}

/// A section of the Specification.
pub const fn kmip(version: Version, section: &'static str) -> SpecRef {
    SpecRef { document: Document::Specification, version, section }
}

impl fmt::Display for SpecRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let document = match self.document {
            Document::Specification => "KMIP",
            Document::Profiles => "KMIP Profiles",
            Document::UsageGuide => "KMIP Usage Guide",
            Document::MessageEncodings => "KMIP Additional Message Encodings",
            Document::TestCases => "KMIP Test Cases",
        };
        write!(f, "{document} {} §{}", self.version, self.section)
    }
}
