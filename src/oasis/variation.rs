//! Where an answer may differ from the published one, and what says so.

use std::collections::BTreeSet;

/// The rule under which results record that one was used.
pub const RULE: &str = "oasis.permitted-variation";

/// How the statement of such a record begins; [`Variation::statement`] follows.
pub const USED: &str = "a permitted variation was used: ";

/// A permitted variation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Variation {
    /// Identifiers are the server's to choose.
    Identifier,
    /// Correlation values are the server's to choose.
    Correlation,
    /// Material of a generated key.
    Material,
    /// A wrapped key, where the wrapping key was generated or wrapping is randomised.
    Wrapped,
    /// Output of a cryptographic operation with a generated key, or with random input.
    Output,
    /// A date that no request fixed.
    Date,
    /// Digest of a generated object, and its algorithm.
    Digest,
    /// Key Format Type of a generated key.
    KeyFormat,
    /// Operations, object types, extensions and namespaces in Query.
    Query,
    /// More attributes than shown.
    Attributes,
    /// A Template-Attribute that need not be in the answer.
    TemplateAttribute,
    /// Attribute Index 0, there or not.
    AttributeIndex,
    /// Message Extensions.
    Extension,
    /// Contents of a certificate the server issued.
    Certificate,
    /// How long a lease or another interval lasts.
    Interval,
    /// Which random number generator the server has.
    RandomNumberGenerator,
    /// Number of objects found, which a server need not tell.
    LocatedItems,
    /// Tickets and nonces.
    Nonce,
    /// An answer at once, where the published one came later.
    Synchronous,
    /// Objects found that were there before the case.
    OtherObjects,
    /// More versions than shown.
    Versions,
}

/// Variations that one case used.
pub(super) type Used = BTreeSet<Variation>;

impl Variation {
    /// What it lets differ, in our words.
    pub const fn statement(self) -> &'static str {
        match self {
            Self::Identifier => "unique identifiers are chosen by the server",
            Self::Correlation => "correlation values are chosen by the server",
            Self::Material => "material of a key that the server generated",
            Self::Wrapped => "a wrapped key where the wrapping key was generated or wrapping is randomised",
            Self::Output => "output of a cryptographic operation with a generated key or with random input",
            Self::Date => "dates that no request fixed",
            Self::Digest => "digests of generated objects and the algorithm of a digest",
            Self::KeyFormat => "the key format a server chooses for a key it generated",
            Self::Query => "operations, object types, extensions and namespaces that Query lists",
            Self::Attributes => "attributes beyond those of the published answer",
            Self::TemplateAttribute => "an optional Template-Attribute in the answer",
            Self::AttributeIndex => "Attribute Index 0, given or left out",
            Self::Extension => "non-critical message extensions",
            Self::Certificate => "contents of a certificate that the server issued",
            Self::Interval => "the length of a lease or interval that no request fixed",
            Self::RandomNumberGenerator => "the random number generator a server has",
            Self::LocatedItems => "the number of located objects, given or left out",
            Self::Nonce => "tickets and nonces",
            Self::Synchronous => "a synchronous answer where the published one is pending",
            Self::OtherObjects => "objects that were on the server before the case",
            Self::Versions => "protocol versions beyond those of the published answer",
        }
    }

    /// What permits it.
    pub const fn clause(self) -> &'static str {
        match self {
            Self::Identifier => "KMIP Symmetric Key Profile 1.0 §4.7.1: unique identifiers, linked object identifiers",
            Self::Correlation => "KMIP Symmetric Key Profile 1.0 §4.7.1: asynchronous correlation value",
            Self::Material => "KMIP Symmetric Key Profile 1.0 §4.7.1: key material of generated objects",
            Self::Wrapped => "KMIP Symmetric Key Profile 1.0 §4.7.1: wrapped versions of keys",
            Self::Output => "KMIP Cryptographic Services Profile 1.0 §4.7.1: output of cryptographic operations",
            Self::Date => "KMIP Symmetric Key Profile 1.0 §4.7.1: dates not fixed by a request",
            Self::Digest => "KMIP Symmetric Key Profile 1.0 §4.7.1: digest value and hashing algorithm",
            Self::KeyFormat => "KMIP Symmetric Key Profile 1.0 §4.7.1: key format type",
            Self::Query => {
                "KMIP Symmetric Key Profile 1.0 §4.7.1: extensions, namespaces, object types, operations in Query"
            }
            Self::Attributes => "KMIP Symmetric Key Profile 1.0 §4.7.1: additional attributes",
            Self::TemplateAttribute => "KMIP Symmetric Key Profile 1.0 §4.7.1: Template-Attribute",
            Self::AttributeIndex => "KMIP Symmetric Key Profile 1.0 §4.7.1: Attribute Index 0",
            Self::Extension => "KMIP Symmetric Key Profile 1.0 §4.7.1: message extensions",
            Self::Certificate => "KMIP 1.4 §4.7: the server's authority decides what the certificate says",
            Self::Interval => "KMIP 1.4 §3.20, §4.17: lease times are the server's policy",
            Self::RandomNumberGenerator => "KMIP 1.4 §3.44: set by the server",
            Self::LocatedItems => "KMIP 1.4 §4.9: Located Items is optional",
            Self::Nonce => "KMIP 1.4 §2.1.14: nonces are the server's",
            Self::Synchronous => "KMIP 1.4 §6.7: a server may answer synchronously",
            Self::OtherObjects => "the published answers assume a server without other objects",
            Self::Versions => "KMIP 1.4 §4.26: every version the server has",
        }
    }
}
