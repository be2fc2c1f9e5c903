//! Derive Key: a key or secret computed from others.

use super::Failure;
use crate::attributes::{CryptographicParameters, Template};
use crate::message::{UniqueIdentifier, structure};
use crate::registry::{DerivationMethod, ObjectType, ResultReason};
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V1_0, V1_1, V1_2, V1_3, V1_4, V2_0, V2_1, V3_0};
use std::borrow::Cow;

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V1_0, "4.5"), kmip(V1_1, "4.6"), kmip(V1_2, "4.6"), kmip(V1_3, "4.6"), kmip(V1_4, "4.6"), kmip(V2_0, "6.1.14"),
    kmip(V2_1, "6.1.14"), kmip(V3_0, "6.1.18"),
];

/// When it fails, and how: the conditions of 1.x, and for 2.x, which lists reasons without conditions, our reading of them.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E1-0037", "one of the objects does not exist", V1_0, V1_1, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E1-0038", "one of the objects has the wrong type", V1_0, V1_1, ResultReason::INVALID_FIELD),
    Failure::new("E1-0039", "a template named in the request does not exist", V1_0, V1_1, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E1-0040", "unusable Derivation Method", V1_0, V1_1, ResultReason::INVALID_FIELD),
    Failure::new("E1-0041", "unusable Derivation Parameters", V1_0, V1_1, ResultReason::INVALID_FIELD),
    Failure::new("E1-0042", "derivation data comes both in the request and as Secret Data", V1_0, V1_1, ResultReason::INVALID_MESSAGE),
    Failure::new("E1-0043", "an attribute has a wrong value", V1_0, V1_1, ResultReason::INVALID_FIELD),
    Failure::new("E1-0044", "one of the objects may not be derived from", V1_0, V1_1, ResultReason::INVALID_FIELD),
    Failure::new("E1-0045", "the Name is taken by another object", V1_0, V1_1, ResultReason::INVALID_FIELD),
    Failure::new("E1-0046", "Application Data left out for an Application Namespace the server cannot make data for", V1_0, V1_1, ResultReason::APPLICATION_NAMESPACE_NOT_SUPPORTED),
    Failure::new("E1-0047", "one of the objects is archived", V1_0, V1_1, ResultReason::OBJECT_ARCHIVED),
    Failure::new("E1-0048", "longer than the method can give, or the cryptography of the derivation failed", V1_0, V1_1, ResultReason::CRYPTOGRAPHIC_FAILURE),
    Failure::new("E2-DeriveKey-2.0", "the Cryptographic Parameters do not fit the key", V2_0, V2_1, ResultReason::BAD_CRYPTOGRAPHIC_PARAMETERS),
    Failure::new("E2-DeriveKey-2.0", "the cryptography failed", V2_0, V2_1, ResultReason::CRYPTOGRAPHIC_FAILURE),
    Failure::new("E2-DeriveKey-2.0", "the Cryptographic Usage Mask does not allow this use", V2_0, V2_1, ResultReason::INCOMPATIBLE_CRYPTOGRAPHIC_USAGE_MASK),
    Failure::new("E2-DeriveKey-2.0", "the object cannot have the attribute", V2_0, V2_1, ResultReason::INVALID_ATTRIBUTE),
    Failure::new("E2-DeriveKey-2.0", "the Derivation Method or one of its parameters cannot be used", V2_0, V2_1, ResultReason::INVALID_FIELD),
    Failure::new("E2-DeriveKey-2.0", "derivation data comes both in the request and as Secret Data", V2_0, V2_1, ResultReason::INVALID_MESSAGE),
    Failure::new("E2-DeriveKey-2.0", "one of the objects cannot be derived from", V2_0, V2_1, ResultReason::INVALID_OBJECT_TYPE),
    Failure::new("E2-DeriveKey-2.0", "the server has only the attributes of the object", V2_0, V2_1, ResultReason::KEY_VALUE_NOT_PRESENT),
    Failure::new("E2-DeriveKey-2.0", "the Name is taken", V2_0, V2_1, ResultReason::NON_UNIQUE_NAME_ATTRIBUTE),
    Failure::new("E2-DeriveKey-2.0", "no object has that Unique Identifier", V2_0, V2_1, ResultReason::OBJECT_NOT_FOUND),
    Failure::new("E2-DeriveKey-2.0", "the server does not have those Cryptographic Parameters", V2_0, V2_1, ResultReason::UNSUPPORTED_CRYPTOGRAPHIC_PARAMETERS),
    Failure::new("E2-DeriveKey-2.0", "not in this state of the object", V2_0, V2_1, ResultReason::WRONG_KEY_LIFECYCLE_STATE),
];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// What to make: a Symmetric Key or Secret Data.
        object_type: ObjectType = OBJECT_TYPE,
        /// What to derive it from, one or more.
        unique_identifiers: Vec<UniqueIdentifier<'d>> = UNIQUE_IDENTIFIER,
        /// How.
        derivation_method: DerivationMethod = DERIVATION_METHOD,
        /// What the method asks for.
        derivation_parameters: DerivationParameters<'d> = DERIVATION_PARAMETERS,
        /// What it is to be like, with its length: Template-Attribute at 1.x, Attributes at 2.x.
        attributes: Template<'d> = ATTRIBUTES,
    }
}

structure! {
    /// Response payload.
    pub struct Response<'d> in RESPONSE_PAYLOAD {
        /// What was derived, which becomes the ID Placeholder.
        unique_identifier: UniqueIdentifier<'d> = UNIQUE_IDENTIFIER,
        /// Attributes the server set of itself.
        attributes: Option<Template<'d>> = ATTRIBUTES until V1_4,
    }
}

structure! {
    /// Derivation Parameters (1.4 §4.6, 2.1 §7.12); which of them are needed depends on the method.
    pub struct DerivationParameters<'d> {
        /// The function that derives: a PRF, a hash, a cipher.
        cryptographic_parameters: Option<CryptographicParameters> = CRYPTOGRAPHIC_PARAMETERS,
        /// For a cipher, if its mode needs one.
        initialization_vector: Option<Cow<'d, [u8]>> = INITIALIZATION_VECTOR,
        /// What goes in besides the key; one at most before 2.0.
        derivation_data: Vec<Cow<'d, [u8]>> = DERIVATION_DATA,
        /// For PBKDF2.
        salt: Option<Cow<'d, [u8]>> = SALT,
        /// For PBKDF2.
        iteration_count: Option<i32> = ITERATION_COUNT,
    }
}
