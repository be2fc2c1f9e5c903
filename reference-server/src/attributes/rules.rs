//! Who sets, changes and deletes each attribute at a version: the rule tables of the standard, with what those leave to other sections.

use kmipspec_protocol::registry::{ObjectType, tag};
use kmipspec_protocol::schema::{SetBy, attribute_row};
use kmipspec_protocol::ttlv::Tag;
use kmipspec_protocol::version::Version;

/// The rules of one attribute at one version (1.4 §3, 2.1 §4: the attribute rules tables).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    /// A client may give it a first value.
    sets: bool,
    /// A client may change its value.
    changes: bool,
    /// A client may delete it.
    deletes: bool,
    /// It may have several instances.
    many: bool,
    /// Codes of the object types it belongs to; all of them when empty.
    applies: &'static [u32],
}

/// "Set by the server" in their tables, yet a client gives them to Create, Register or Certify (1.4 Tables 164 and 171).
const GIVEN: [Tag; 5] = [
    tag::CRYPTOGRAPHIC_ALGORITHM,
    tag::CRYPTOGRAPHIC_LENGTH,
    tag::CERTIFICATE_TYPE,
    tag::CERTIFICATE_LENGTH,
    tag::DIGITAL_SIGNATURE_ALGORITHM,
];

/// Whether a client may give the attribute to a new object, and what the object has then is the server's all the same.
pub(crate) fn is_given(tag: Tag) -> bool {
    GIVEN.contains(&tag)
}

/// Certificate Attributes (2.1 §4.8): one table for all of them, of which the server sets each, any number of times.
const OF_CERTIFICATES: &[Tag] = &[
    tag::CERTIFICATE_SUBJECT_CN,
    tag::CERTIFICATE_SUBJECT_O,
    tag::CERTIFICATE_SUBJECT_OU,
    tag::CERTIFICATE_SUBJECT_EMAIL,
    tag::CERTIFICATE_SUBJECT_C,
    tag::CERTIFICATE_SUBJECT_ST,
    tag::CERTIFICATE_SUBJECT_L,
    tag::CERTIFICATE_SUBJECT_UID,
    tag::CERTIFICATE_SUBJECT_SERIAL_NUMBER,
    tag::CERTIFICATE_SUBJECT_TITLE,
    tag::CERTIFICATE_SUBJECT_DC,
    tag::CERTIFICATE_SUBJECT_DN_QUALIFIER,
    tag::CERTIFICATE_ISSUER_CN,
    tag::CERTIFICATE_ISSUER_O,
    tag::CERTIFICATE_ISSUER_OU,
    tag::CERTIFICATE_ISSUER_EMAIL,
    tag::CERTIFICATE_ISSUER_C,
    tag::CERTIFICATE_ISSUER_ST,
    tag::CERTIFICATE_ISSUER_L,
    tag::CERTIFICATE_ISSUER_UID,
    tag::CERTIFICATE_ISSUER_SERIAL_NUMBER,
    tag::CERTIFICATE_ISSUER_TITLE,
    tag::CERTIFICATE_ISSUER_DC,
    tag::CERTIFICATE_ISSUER_DN_QUALIFIER,
];

/// Born with 3.0, without rule tables to go by: links, which a client may do anything with. The kinds of Link that 2.x had are
/// kept as Link.
const LINKS: &[Tag] = &[
    tag::CERTIFICATE_LINK,
    tag::PUBLIC_KEY_LINK,
    tag::PRIVATE_KEY_LINK,
    tag::DERIVATION_OBJECT_LINK,
    tag::DERIVED_OBJECT_LINK,
    tag::REPLACEMENT_OBJECT_LINK,
    tag::REPLACED_OBJECT_LINK,
    tag::PARENT_LINK,
    tag::CHILD_LINK,
    tag::PREVIOUS_LINK,
    tag::NEXT_LINK,
    tag::PKCS_12_CERTIFICATE_LINK,
    tag::PKCS_12_PASSWORD_LINK,
    tag::WRAPPING_KEY_LINK,
    tag::CREDENTIAL_LINK,
    tag::GROUP_LINK,
    tag::PASSWORD_LINK,
    tag::CERTIFICATE_REQUEST_LINK,
    tag::SPLIT_KEY_BASE_LINK,
    tag::JOINED_SPLIT_KEY_PARTS_LINK,
];

/// Born with 3.0, without rule tables to go by: the server's own.
const OF_SERVER: &[Tag] = &[tag::OBJECT_CLASS, tag::DEACTIVATION_REASON];

impl Rule {
    /// Whether a client may give it a first value.
    pub(crate) fn client_sets(self) -> bool {
        self.sets
    }

    /// Whether a client may change its value.
    pub(crate) fn client_changes(self) -> bool {
        self.changes
    }

    /// Whether a client may delete it.
    pub(crate) fn client_deletes(self) -> bool {
        self.deletes
    }

    /// Whether it may have several instances.
    pub(crate) fn many(self) -> bool {
        self.many
    }

    /// Whether a client may add it to an object of this type. The dates are more than the tables of 1.x give to asymmetric keys,
    /// since the Asymmetric Key Lifecycle Profile asks for them, and published CS-AC-M-8 uses them.
    pub(crate) fn belongs_to(self, object_type: ObjectType, tag: Tag) -> bool {
        self.applies.is_empty()
            || self.applies.contains(&object_type.0)
            || matches!(tag, tag::PROCESS_START_DATE | tag::PROTECT_STOP_DATE)
    }

    /// All of them the same, but for the number of instances.
    const fn all(client: bool, many: bool) -> Self {
        Self { sets: client, changes: client, deletes: client, many, applies: &[] }
    }
}

/// What 1.x has, in the order of 1.4 §3.
const OF_1: &[Tag] = &[
    tag::UNIQUE_IDENTIFIER,
    tag::NAME,
    tag::OBJECT_TYPE,
    tag::CRYPTOGRAPHIC_ALGORITHM,
    tag::CRYPTOGRAPHIC_LENGTH,
    tag::CRYPTOGRAPHIC_PARAMETERS,
    tag::CRYPTOGRAPHIC_DOMAIN_PARAMETERS,
    tag::CERTIFICATE_TYPE,
    tag::CERTIFICATE_LENGTH,
    tag::X_509_CERTIFICATE_IDENTIFIER,
    tag::X_509_CERTIFICATE_SUBJECT,
    tag::X_509_CERTIFICATE_ISSUER,
    tag::CERTIFICATE_IDENTIFIER,
    tag::CERTIFICATE_SUBJECT,
    tag::CERTIFICATE_ISSUER,
    tag::DIGITAL_SIGNATURE_ALGORITHM,
    tag::DIGEST,
    tag::OPERATION_POLICY_NAME,
    tag::CRYPTOGRAPHIC_USAGE_MASK,
    tag::LEASE_TIME,
    tag::USAGE_LIMITS,
    tag::STATE,
    tag::INITIAL_DATE,
    tag::ACTIVATION_DATE,
    tag::PROCESS_START_DATE,
    tag::PROTECT_STOP_DATE,
    tag::DEACTIVATION_DATE,
    tag::DESTROY_DATE,
    tag::COMPROMISE_OCCURRENCE_DATE,
    tag::COMPROMISE_DATE,
    tag::REVOCATION_REASON,
    tag::ARCHIVE_DATE,
    tag::OBJECT_GROUP,
    tag::FRESH,
    tag::LINK,
    tag::APPLICATION_SPECIFIC_INFORMATION,
    tag::CONTACT_INFORMATION,
    tag::LAST_CHANGE_DATE,
    tag::ALTERNATIVE_NAME,
    tag::KEY_VALUE_PRESENT,
    tag::KEY_VALUE_LOCATION,
    tag::ORIGINAL_CREATION_DATE,
    tag::RANDOM_NUMBER_GENERATOR,
    tag::PKCS_12_FRIENDLY_NAME,
    tag::DESCRIPTION,
    tag::COMMENT,
    tag::SENSITIVE,
    tag::ALWAYS_SENSITIVE,
    tag::EXTRACTABLE,
    tag::NEVER_EXTRACTABLE,
];

/// What came with 2.0 and 2.1, but for Certificate Attributes.
const OF_2: &[Tag] = &[
    tag::KEY_FORMAT_TYPE,
    tag::NIST_KEY_TYPE,
    tag::OPAQUE_DATA_TYPE,
    tag::PROTECTION_LEVEL,
    tag::PROTECTION_PERIOD,
    tag::PROTECTION_STORAGE_MASK,
    tag::QUANTUM_SAFE,
    tag::SHORT_UNIQUE_IDENTIFIER,
    tag::ROTATE_AUTOMATIC,
    tag::ROTATE_DATE,
    tag::ROTATE_GENERATION,
    tag::ROTATE_INTERVAL,
    tag::ROTATE_LATEST,
    tag::ROTATE_NAME,
    tag::ROTATE_OFFSET,
];

/// Every standard attribute, in the order of our answers: that in which 1.4 §3 lists them, then those of 2.0, 2.1 and 3.0.
pub(crate) fn order() -> impl Iterator<Item = Tag> {
    [OF_1, OF_CERTIFICATES, OF_2, LINKS, OF_SERVER].into_iter().flatten().copied()
}

/// The rules of a tag, if this version has an attribute of that name. 3.0, of which there are no tables, goes by those of 2.1.
pub(crate) fn rule(tag: Tag, version: Version) -> Option<Rule> {
    if OF_CERTIFICATES.contains(&tag) {
        return (version >= Version::V2_0).then_some(Rule::all(false, true));
    }
    if LINKS.contains(&tag) {
        return (version >= Version::V3_0).then_some(Rule::all(true, true));
    }
    if OF_SERVER.contains(&tag) {
        return (version >= Version::V3_0).then_some(Rule::all(false, false));
    }
    // Custom and vendor attributes have tables, too, but no tag of their own.
    let row = attribute_row(tag).filter(|_| tag != tag::ATTRIBUTE && tag != tag::CUSTOM_ATTRIBUTE)?;
    let table = row.rules_at(version.min(Version::V2_1))?;
    Some(Rule {
        sets: matches!(table.initially_set_by, SetBy::Client | SetBy::ClientOrServer) || GIVEN.contains(&tag),
        changes: table.modifiable_by_client == Some(true),
        deletes: table.deletable_by_client == Some(true),
        many: table.multiple_instances == Some(true),
        applies: table.applies_to,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use kmipspec_protocol::schema::ATTRIBUTES;

    #[test]
    fn every_attribute_of_the_tables_has_rules_and_a_place_in_answers() {
        let mut seen = 0;
        for row in ATTRIBUTES.iter().filter(|row| row.tag != tag::ATTRIBUTE && row.tag != tag::CUSTOM_ATTRIBUTE) {
            for version in Version::ALL.into_iter().filter(|v| *v <= Version::V2_1 && row.versions.contains(*v)) {
                let rule = rule(row.tag, version);
                assert!(rule.is_some(), "{} at {version}", row.name);
                seen += 1;
            }
            assert_eq!(order().filter(|tag| *tag == row.tag).count(), 1, "{}", row.name);
        }
        assert!(seen > 300, "{seen}");
    }

    #[test]
    fn rules_are_those_of_the_version() {
        let at = |tag, version| rule(tag, version);
        assert!(at(tag::SENSITIVE, Version::V1_3).is_none());
        assert!(at(tag::OPERATION_POLICY_NAME, Version::V2_0).is_none());
        assert!(at(tag::STATE, Version::V2_1).is_some_and(|r| !r.client_sets() && !r.client_changes() && !r.many()));
        assert!(at(tag::CRYPTOGRAPHIC_LENGTH, Version::V1_0).is_some_and(|r| r.client_sets() && !r.client_changes()));
        assert!(at(tag::OBJECT_GROUP, Version::V1_0).is_some_and(|r| r.client_deletes() && r.many()));
        let belongs = |tag, kind, version| at(tag, version).is_some_and(|r| r.belongs_to(kind, tag));
        assert!(belongs(tag::CRYPTOGRAPHIC_DOMAIN_PARAMETERS, ObjectType::PRIVATE_KEY, Version::V1_0));
        assert!(!belongs(tag::CRYPTOGRAPHIC_DOMAIN_PARAMETERS, ObjectType::SYMMETRIC_KEY, Version::V1_0));
        assert!(belongs(tag::LINK, ObjectType::OPAQUE_OBJECT, Version::V2_1), "2.x gives Links to all");
        assert!(at(tag::GROUP_LINK, Version::V2_1).is_none() && at(tag::GROUP_LINK, Version::V3_0).is_some());
    }
}
