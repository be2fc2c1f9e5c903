//! Who sets, changes and deletes each attribute, and at which versions it exists (1.4 §3, 2.1 §4: the attribute rules tables). A table.

use kmipspec_protocol::registry::tag;
use kmipspec_protocol::ttlv::Tag;
use kmipspec_protocol::version::Version::{self, V1_0, V1_1, V1_2, V1_3, V1_4, V2_0, V2_1, V3_0};

/// The rules of one attribute.
#[derive(Debug)]
pub(crate) struct Rule {
    /// The attribute.
    pub(crate) tag: Tag,
    /// First version that has it.
    pub(crate) since: Version,
    /// Last version that has it.
    pub(crate) until: Option<Version>,
    /// What a client may do: the bits below.
    bits: u8,
}

/// A client may give it when the object is made, or add it.
const SET: u8 = 1;
/// A client may change it.
const CHANGE: u8 = 2;
/// A client may delete it.
const DELETE: u8 = 4;
/// It may have several instances.
const MANY: u8 = 8;
/// All that a client may do with an attribute of one instance.
const FREE: u8 = SET | CHANGE | DELETE;
/// Only the server sets it.
const SERVER: u8 = 0;

impl Rule {
    /// Whether this version has the attribute.
    pub(crate) fn exists(&self, version: Version) -> bool {
        self.since <= version && self.until.is_none_or(|last| version <= last)
    }

    /// Whether a client may give it a first value.
    pub(crate) fn client_sets(&self) -> bool {
        self.bits & SET != 0
    }

    /// Whether a client may change its value.
    pub(crate) fn client_changes(&self) -> bool {
        self.bits & CHANGE != 0
    }

    /// Whether a client may delete it.
    pub(crate) fn client_deletes(&self) -> bool {
        self.bits & DELETE != 0
    }

    /// Whether it may have several instances.
    pub(crate) fn many(&self) -> bool {
        self.bits & MANY != 0
    }
}

/// A row whose attribute is still there.
const fn row(tag: Tag, since: Version, bits: u8) -> Rule {
    Rule { tag, since, until: None, bits }
}

/// A row whose attribute 2.0 took away.
const fn old(tag: Tag, since: Version, bits: u8) -> Rule {
    Rule { tag, since, until: Some(V1_4), bits }
}

/// In the order in which 1.4 §3 lists them, then those of 2.0 and 2.1: the order of our answers.
///
/// Cryptographic Algorithm, Length and Domain Parameters, Certificate Type and Length and Digital Signature Algorithm are "set by
/// the server" in their tables, yet a client gives them to Create or Register (1.4 Tables 164 and 171).
const RULES: &[Rule] = &[
    row(tag::UNIQUE_IDENTIFIER, V1_0, SERVER),
    row(tag::NAME, V1_0, FREE | MANY),
    row(tag::OBJECT_TYPE, V1_0, SERVER),
    row(tag::CRYPTOGRAPHIC_ALGORITHM, V1_0, SET),
    row(tag::CRYPTOGRAPHIC_LENGTH, V1_0, SET),
    row(tag::CRYPTOGRAPHIC_PARAMETERS, V1_0, FREE | MANY),
    row(tag::CRYPTOGRAPHIC_DOMAIN_PARAMETERS, V1_0, SET),
    row(tag::CERTIFICATE_TYPE, V1_0, SET),
    row(tag::CERTIFICATE_LENGTH, V1_1, SET),
    row(tag::X_509_CERTIFICATE_IDENTIFIER, V1_1, SERVER),
    row(tag::X_509_CERTIFICATE_SUBJECT, V1_1, SERVER),
    row(tag::X_509_CERTIFICATE_ISSUER, V1_1, SERVER),
    old(tag::CERTIFICATE_IDENTIFIER, V1_0, SERVER),
    old(tag::CERTIFICATE_SUBJECT, V1_0, SERVER),
    old(tag::CERTIFICATE_ISSUER, V1_0, SERVER),
    row(tag::DIGITAL_SIGNATURE_ALGORITHM, V1_1, SET | MANY),
    row(tag::DIGEST, V1_0, MANY),
    old(tag::OPERATION_POLICY_NAME, V1_0, SET),
    row(tag::CRYPTOGRAPHIC_USAGE_MASK, V1_0, SET),
    row(tag::LEASE_TIME, V1_0, SERVER),
    row(tag::USAGE_LIMITS, V1_0, FREE),
    row(tag::STATE, V1_0, SERVER),
    row(tag::INITIAL_DATE, V1_0, SERVER),
    row(tag::ACTIVATION_DATE, V1_0, SET | CHANGE),
    row(tag::PROCESS_START_DATE, V1_0, SET | CHANGE),
    row(tag::PROTECT_STOP_DATE, V1_0, SET | CHANGE),
    row(tag::DEACTIVATION_DATE, V1_0, SET | CHANGE),
    row(tag::DESTROY_DATE, V1_0, SERVER),
    row(tag::COMPROMISE_OCCURRENCE_DATE, V1_0, SERVER),
    row(tag::COMPROMISE_DATE, V1_0, SERVER),
    row(tag::REVOCATION_REASON, V1_0, SERVER),
    row(tag::ARCHIVE_DATE, V1_0, SERVER),
    row(tag::OBJECT_GROUP, V1_0, FREE | MANY),
    row(tag::FRESH, V1_1, SET),
    row(tag::LINK, V1_0, FREE | MANY),
    row(tag::APPLICATION_SPECIFIC_INFORMATION, V1_0, FREE | MANY),
    row(tag::CONTACT_INFORMATION, V1_0, FREE),
    row(tag::LAST_CHANGE_DATE, V1_0, SERVER),
    row(tag::ALTERNATIVE_NAME, V1_2, FREE | MANY),
    row(tag::KEY_VALUE_PRESENT, V1_2, SERVER),
    row(tag::KEY_VALUE_LOCATION, V1_2, FREE | MANY),
    row(tag::ORIGINAL_CREATION_DATE, V1_2, SET),
    row(tag::RANDOM_NUMBER_GENERATOR, V1_3, SET),
    row(tag::PKCS_12_FRIENDLY_NAME, V1_4, FREE),
    row(tag::DESCRIPTION, V1_4, FREE),
    row(tag::COMMENT, V1_4, FREE),
    row(tag::SENSITIVE, V1_4, SET | CHANGE),
    row(tag::ALWAYS_SENSITIVE, V1_4, SERVER),
    row(tag::EXTRACTABLE, V1_4, SET | CHANGE),
    row(tag::NEVER_EXTRACTABLE, V1_4, SERVER),
    row(tag::CERTIFICATE_SUBJECT_CN, V2_0, MANY),
    row(tag::CERTIFICATE_SUBJECT_O, V2_0, MANY),
    row(tag::CERTIFICATE_SUBJECT_OU, V2_0, MANY),
    row(tag::CERTIFICATE_SUBJECT_EMAIL, V2_0, MANY),
    row(tag::CERTIFICATE_SUBJECT_C, V2_0, MANY),
    row(tag::CERTIFICATE_SUBJECT_ST, V2_0, MANY),
    row(tag::CERTIFICATE_SUBJECT_L, V2_0, MANY),
    row(tag::CERTIFICATE_SUBJECT_UID, V2_0, MANY),
    row(tag::CERTIFICATE_SUBJECT_SERIAL_NUMBER, V2_0, MANY),
    row(tag::CERTIFICATE_SUBJECT_TITLE, V2_0, MANY),
    row(tag::CERTIFICATE_SUBJECT_DC, V2_0, MANY),
    row(tag::CERTIFICATE_SUBJECT_DN_QUALIFIER, V2_0, MANY),
    row(tag::CERTIFICATE_ISSUER_CN, V2_0, MANY),
    row(tag::CERTIFICATE_ISSUER_O, V2_0, MANY),
    row(tag::CERTIFICATE_ISSUER_OU, V2_0, MANY),
    row(tag::CERTIFICATE_ISSUER_EMAIL, V2_0, MANY),
    row(tag::CERTIFICATE_ISSUER_C, V2_0, MANY),
    row(tag::CERTIFICATE_ISSUER_ST, V2_0, MANY),
    row(tag::CERTIFICATE_ISSUER_L, V2_0, MANY),
    row(tag::CERTIFICATE_ISSUER_UID, V2_0, MANY),
    row(tag::CERTIFICATE_ISSUER_SERIAL_NUMBER, V2_0, MANY),
    row(tag::CERTIFICATE_ISSUER_TITLE, V2_0, MANY),
    row(tag::CERTIFICATE_ISSUER_DC, V2_0, MANY),
    row(tag::CERTIFICATE_ISSUER_DN_QUALIFIER, V2_0, MANY),
    row(tag::KEY_FORMAT_TYPE, V2_0, SERVER),
    row(tag::NIST_KEY_TYPE, V2_0, SET | MANY),
    row(tag::OPAQUE_DATA_TYPE, V2_0, SERVER),
    row(tag::PROTECTION_LEVEL, V2_0, FREE),
    row(tag::PROTECTION_PERIOD, V2_0, FREE),
    row(tag::PROTECTION_STORAGE_MASK, V2_0, SERVER),
    row(tag::QUANTUM_SAFE, V2_0, FREE),
    row(tag::SHORT_UNIQUE_IDENTIFIER, V2_0, SERVER),
    row(tag::ROTATE_AUTOMATIC, V2_1, SET),
    row(tag::ROTATE_DATE, V2_1, SERVER),
    row(tag::ROTATE_GENERATION, V2_1, SERVER),
    row(tag::ROTATE_INTERVAL, V2_1, SET),
    row(tag::ROTATE_LATEST, V2_1, SERVER),
    row(tag::ROTATE_NAME, V2_1, FREE),
    row(tag::ROTATE_OFFSET, V2_1, SET),
    // 3.0, without rule tables to go by. The kinds of Link that 2.x had are kept as Link.
    row(tag::CERTIFICATE_LINK, V3_0, FREE | MANY),
    row(tag::PUBLIC_KEY_LINK, V3_0, FREE | MANY),
    row(tag::PRIVATE_KEY_LINK, V3_0, FREE | MANY),
    row(tag::DERIVATION_OBJECT_LINK, V3_0, FREE | MANY),
    row(tag::DERIVED_OBJECT_LINK, V3_0, FREE | MANY),
    row(tag::REPLACEMENT_OBJECT_LINK, V3_0, FREE | MANY),
    row(tag::REPLACED_OBJECT_LINK, V3_0, FREE | MANY),
    row(tag::PARENT_LINK, V3_0, FREE | MANY),
    row(tag::CHILD_LINK, V3_0, FREE | MANY),
    row(tag::PREVIOUS_LINK, V3_0, FREE | MANY),
    row(tag::NEXT_LINK, V3_0, FREE | MANY),
    row(tag::PKCS_12_CERTIFICATE_LINK, V3_0, FREE | MANY),
    row(tag::PKCS_12_PASSWORD_LINK, V3_0, FREE | MANY),
    row(tag::WRAPPING_KEY_LINK, V3_0, FREE | MANY),
    row(tag::CREDENTIAL_LINK, V3_0, FREE | MANY),
    row(tag::GROUP_LINK, V3_0, FREE | MANY),
    row(tag::PASSWORD_LINK, V3_0, FREE | MANY),
    row(tag::CERTIFICATE_REQUEST_LINK, V3_0, FREE | MANY),
    row(tag::SPLIT_KEY_BASE_LINK, V3_0, FREE | MANY),
    row(tag::JOINED_SPLIT_KEY_PARTS_LINK, V3_0, FREE | MANY),
    row(tag::OBJECT_CLASS, V3_0, SERVER),
    row(tag::DEACTIVATION_REASON, V3_0, SERVER),
];

/// Every standard attribute, in the order of our answers.
pub(crate) fn rules() -> &'static [Rule] {
    RULES
}

/// The rules of a tag, if this version has an attribute of that name.
pub(crate) fn rule(tag: Tag, version: Version) -> Option<&'static Rule> {
    RULES.iter().find(|r| r.tag == tag && r.exists(version))
}
