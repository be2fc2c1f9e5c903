//! Which values of an answer may differ from the published ones.

use super::case::{Case, Node};
use super::request::Asked;
use super::variation::Variation;
use kmipspec_protocol::registry::{Operation, tag};
use kmipspec_protocol::ttlv::{ItemType, Tag};

/// Where in the answer a value stands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Within {
    /// In a Digest.
    pub(super) digest: bool,
    /// In the description of a random number generator.
    pub(super) generator: bool,
    /// In a Key Value or Key Material.
    pub(super) key: bool,
    /// In a certificate's subject, issuer or identifier.
    pub(super) certificate: bool,
}

impl Within {
    /// The same inside this node.
    pub(super) fn inside(self, node: &Node) -> Self {
        let governing = attribute_of(node).unwrap_or(node.governing);
        Self {
            digest: self.digest || governing == tag::DIGEST,
            generator: self.generator || matches!(governing, tag::RNG_PARAMETERS | tag::RANDOM_NUMBER_GENERATOR),
            key: self.key || matches!(governing, tag::KEY_VALUE | tag::KEY_MATERIAL),
            certificate: self.certificate || of_certificate(governing),
        }
    }
}

/// The attribute that a 1.x Attribute Value is of, where the node is the Attribute around it.
fn attribute_of(node: &Node) -> Option<Tag> {
    if node.tag != tag::ATTRIBUTE {
        return None;
    }
    let name = node.child(tag::ATTRIBUTE_NAME)?;
    kmipspec_protocol::registry::tag_named(&name.text).map(|row| row.tag)
}

/// Whether an attribute is read out of a certificate.
fn of_certificate(governing: Tag) -> bool {
    matches!(
        governing,
        tag::CERTIFICATE_VALUE
            | tag::CERTIFICATE_IDENTIFIER
            | tag::CERTIFICATE_SUBJECT
            | tag::CERTIFICATE_ISSUER
            | tag::CERTIFICATE_LENGTH
            | tag::X_509_CERTIFICATE_IDENTIFIER
            | tag::X_509_CERTIFICATE_SUBJECT
            | tag::X_509_CERTIFICATE_ISSUER
    ) || (tag::CERTIFICATE_SUBJECT_CN.0..=tag::CERTIFICATE_ISSUER_DN_QUALIFIER.0).contains(&governing.0)
}

/// What lets a value differ from the published one, if anything does.
pub(super) fn may_vary(node: &Node, asked: &Asked<'_>, case: &Case, within: Within) -> Option<Variation> {
    let stated = case.states(node);
    let when = |permitted: bool, variation| permitted.then_some(variation);
    let is_date = matches!(node.ty, ItemType::DATE_TIME | ItemType::DATE_TIME_EXTENDED);
    let is_id = matches!(node.ty, ItemType::IDENTIFIER | ItemType::REFERENCE | ItemType::NAME_REFERENCE);
    match node.governing {
        _ if within.generator => Some(Variation::RandomNumberGenerator),
        tag::UNIQUE_IDENTIFIER
        | tag::PRIVATE_KEY_UNIQUE_IDENTIFIER
        | tag::PUBLIC_KEY_UNIQUE_IDENTIFIER
        | tag::LINKED_OBJECT_IDENTIFIER => when(!stated, Variation::Identifier),
        _ if is_id => when(!stated, Variation::Identifier),
        tag::INITIAL_DATE | tag::LAST_CHANGE_DATE => Some(Variation::Date),
        _ if is_date => when(!stated, Variation::Date),
        tag::SHORT_UNIQUE_IDENTIFIER => Some(Variation::Identifier),
        tag::SERVER_CORRELATION_VALUE | tag::ASYNCHRONOUS_CORRELATION_VALUE | tag::CORRELATION_VALUE => {
            Some(Variation::Correlation)
        }
        tag::NONCE_ID | tag::NONCE_VALUE | tag::TICKET_VALUE => Some(Variation::Nonce),
        tag::DIGEST_VALUE | tag::HASHING_ALGORITHM if within.digest => Some(Variation::Digest),
        tag::KEY_FORMAT_TYPE if within.digest => when(asked.generated, Variation::Digest),
        tag::KEY_FORMAT_TYPE if asked.is(Operation::GET) || asked.is(Operation::EXPORT) => {
            when(asked.generated && !asked.format, Variation::KeyFormat)
        }
        tag::DATA | tag::SIGNATURE_DATA | tag::MAC_DATA | tag::IV_COUNTER_NONCE | tag::AUTHENTICATED_ENCRYPTION_TAG => {
            when(asked.random, Variation::Output)
        }
        _ if within.key && matches!(node.ty, ItemType::BYTE_STRING | ItemType::BIG_INTEGER) => {
            when(asked.wrapped, Variation::Wrapped).or(when(asked.generated, Variation::Material))
        }
        _ if within.certificate || of_certificate(node.governing) => when(asked.generated, Variation::Certificate),
        tag::LEASE_TIME => when(!stated, Variation::Interval),
        _ if node.ty == ItemType::INTERVAL => when(!stated, Variation::Interval),
        _ => None,
    }
}

/// Whether a placeholder of this field takes the newest value each time: what differs from answer to answer by its nature.
pub(super) fn is_fleeting(field: Tag) -> bool {
    matches!(
        field,
        tag::CORRELATION_VALUE
            | tag::ASYNCHRONOUS_CORRELATION_VALUE
            | tag::SERVER_CORRELATION_VALUE
            | tag::TICKET_VALUE
            | tag::IV_COUNTER_NONCE
            | tag::SIGNATURE_DATA
            | tag::DATA
            | tag::MAC_DATA
            | tag::AUTHENTICATED_ENCRYPTION_TAG
            | tag::DIGEST_VALUE
    )
}
