//! Documents of profiles beside the Specification that a case may cite: which text of them has been read, for which versions, and which
//! sections it has. What is not here has not been read, and nothing can be held against a server by it. Table of facts.

use super::version_set::VersionSet;
use kmipspec_protocol::version::Version;

/// A document, and what is known of it.
#[derive(Debug)]
pub struct Document {
    /// What it is called: `Profiles 2.1`.
    pub name: &'static str,
    /// The versions of KMIP it is about: first and last.
    of: (Version, Version),
    /// Its sections, as far as they were read.
    sections: &'static [&'static str],
}

/// The documents.
#[rustfmt::skip]
const DOCUMENTS: [Document; 3] = [
    Document {
        name: "Additional Message Encodings 1.0",
        of: (Version::V1_0, Version::V1_2),
        sections: &[
            "2", "2.1", "2.2", "2.3", "2.4", "2.5", "4", "4.1", "4.1.1", "4.1.2", "4.1.3", "4.1.4", "4.1.5", "4.1.6",
            "6", "6.1", "6.1.1", "6.1.2", "6.1.3", "6.1.4", "6.1.5", "6.1.6",
            "8.1.1", "8.1.2", "8.1.3", "8.1.4", "8.1.5", "8.1.6", "8.2.1", "8.2.2", "8.2.3", "8.2.4", "8.2.5", "8.2.6",
            "8.3.1", "8.3.2", "8.3.3", "8.3.4", "8.3.5", "8.3.6", "8.4.1", "8.4.2",
        ],
    },
    Document {
        name: "Profiles 2.1",
        of: (Version::V2_1, Version::V2_1),
        sections: &[
            "3", "3.1", "3.1.1", "3.1.2", "3.1.3", "3.2", "4.1", "5.1", "5.1.1", "5.1.2", "5.2", "5.3", "5.3.1", "5.3.2", "5.3.3.1",
            "5.6", "5.6.2", "5.7.1", "5.7.2", "5.7.3", "5.7.4", "5.8.2", "5.9.1", "5.9.2", "5.9.3", "5.9.4", "5.9.5", "5.9.6",
            "5.10.2", "5.11.2", "5.12.4", "5.12.5", "5.13", "5.13.1", "5.13.2", "5.15", "5.16", "5.18.3", "5.18.4",
            "6.1", "6.2", "6.3", "6.4", "6.5", "6.10", "6.11", "6.12", "6.13", "6.14", "6.15", "6.16", "6.17", "6.18", "6.19", "6.20", "6.21",
            "6.22", "6.23", "6.24", "6.25", "6.26", "6.27", "6.28", "6.29", "6.30", "6.31", "6.32", "6.33", "6.34", "6.35",
        ],
    },
    Document {
        name: "Suite B Profile 1.0",
        of: (Version::V1_0, Version::V1_2),
        sections: &[
            "1", "2", "2.1", "2.1.1", "2.1.2", "2.1.3", "2.1.4", "2.1.5", "2.2", "2.3",
            "4", "4.1", "4.1.1", "4.1.2", "4.1.3", "4.1.4", "4.1.5", "4.2", "4.3",
        ],
    },
];

/// What is wrong with a citation at these versions, such as `Profiles 2.1 §5.3.2`; none where it can be looked up.
pub fn unknown(citation: &str, versions: VersionSet) -> Option<String> {
    let Some((name, section)) = citation.split_once(" §") else {
        return Some(format!("`{citation}` names no section: write `{} §5.3.2`", DOCUMENTS[1].name));
    };
    let Some(document) = DOCUMENTS.iter().find(|document| document.name == name) else {
        let names: Vec<&str> = DOCUMENTS.iter().map(|document| document.name).collect();
        return Some(format!("`{name}` is no document that was read; those are {}", names.join(", ")));
    };
    let (first, last) = document.of;
    if let Some(version) = versions.iter().find(|version| !(first..=last).contains(version)) {
        return Some(format!("{name} is not about KMIP {version}"));
    }
    (!document.sections.contains(&section)).then(|| format!("{name} has no section {section} that was read"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::authentication_suites;
    use crate::tls::requirement::Evidence;

    fn at(versions: &str) -> VersionSet {
        VersionSet::parse(versions).expect("versions")
    }

    #[test]
    fn a_citation_has_a_document_a_section_and_its_version() {
        assert_eq!(unknown("Profiles 2.1 §5.3.2", at("2.1")), None);
        assert_eq!(unknown("Additional Message Encodings 1.0 §2.5", at("1.0..=1.2")), None);
        let wrong = |citation, versions| unknown(citation, at(versions)).expect("wrong");
        assert_eq!(wrong("Profiles 2.1 §5.3.9", "2.1"), "Profiles 2.1 has no section 5.3.9 that was read");
        assert_eq!(wrong("Profiles 2.1 §5.3.2", "2.0..=2.1"), "Profiles 2.1 is not about KMIP 2.0");
        assert!(wrong("Profiles 1.4 §5.3.2", "1.4").contains("those are Additional Message Encodings 1.0"));
        assert!(wrong("Profiles 2.1", "2.1").contains("names no section"));
    }

    #[test]
    fn what_fails_a_server_by_its_tls_can_be_looked_up() {
        for suite in authentication_suites() {
            for r in suite.requirements.iter().filter(|r| r.evidence == Evidence::Primary) {
                let (name, _) = r.section.split_once(" §").expect("a section");
                let document = DOCUMENTS.iter().find(|d| d.name == name).expect("a document that was read");
                let only = std::iter::once(document.of.0).collect();
                assert_eq!(unknown(&r.section, only), None, "{}", suite.id);
            }
        }
    }
}
