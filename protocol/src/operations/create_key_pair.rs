//! Create Key Pair: the server makes a public and a private key that belong together.

use super::Failure;
use super::create::ProtectionStorageMasks;
use crate::attributes::Template;
use crate::message::{UniqueIdentifier, structure};
use crate::registry::ResultReason;
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V1_0, V1_1, V1_2, V1_3, V1_4, V2_0, V2_1, V3_0};

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V1_0, "4.2"), kmip(V1_1, "4.2"), kmip(V1_2, "4.2"), kmip(V1_3, "4.2"), kmip(V1_4, "4.2"), kmip(V2_0, "6.1.9"),
    kmip(V2_1, "6.1.9"), kmip(V3_0, "6.1.11"),
];

/// When it fails, and how: the conditions of 1.x, and for 2.x, which lists reasons without conditions, our reading of them.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E1-0009", "a template named in the request does not exist", V1_0, V1_4, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E1-0010", "an attribute has a wrong value", V1_0, V1_4, ResultReason::INVALID_FIELD),
    Failure::new("E1-0011", "making the object failed", V1_0, V1_4, ResultReason::CRYPTOGRAPHIC_FAILURE),
    Failure::new("E1-0012", "the Name is taken by another object", V1_0, V1_4, ResultReason::INVALID_FIELD),
    Failure::new("E1-0013", "more instances of a multi-instance attribute than the server holds", V1_0, V1_4, ResultReason::INDEX_OUT_OF_BOUNDS),
    Failure::new("E1-0014", "a required field is missing", V1_0, V1_4, ResultReason::INVALID_MESSAGE),
    Failure::new("E1-0015", "Application Data left out for an Application Namespace the server cannot make data for", V1_0, V1_4, ResultReason::APPLICATION_NAMESPACE_NOT_SUPPORTED),
    Failure::new("E1-0016", "a template named in the request is archived", V1_0, V1_4, ResultReason::OBJECT_ARCHIVED),
    Failure::new("E2-CreateKeyPair-2.0", "the server has no such attribute", V2_0, V2_1, ResultReason::INVALID_ATTRIBUTE),
    Failure::new("E2-CreateKeyPair-2.0", "an attribute value is not allowed", V2_0, V2_1, ResultReason::INVALID_ATTRIBUTE_VALUE),
    Failure::new("E2-CreateKeyPair-2.0", "an attribute that only the server sets", V2_0, V2_1, ResultReason::ATTRIBUTE_READ_ONLY),
    Failure::new("E2-CreateKeyPair-2.0", "a second instance of an attribute that has one", V2_0, V2_1, ResultReason::ATTRIBUTE_SINGLE_VALUED),
    Failure::new("E2-CreateKeyPair-2.0", "more instances than the server takes", V2_0, V2_1, ResultReason::SERVER_LIMIT_EXCEEDED),
    Failure::new("E2-CreateKeyPair-2.0", "the Name is taken", V2_0, V2_1, ResultReason::NON_UNIQUE_NAME_ATTRIBUTE),
    Failure::new("E2-CreateKeyPair-2.0", "the keys cannot be made", V2_0, V2_1, ResultReason::CRYPTOGRAPHIC_FAILURE),
    Failure::new("E2-CreateKeyPair-2.0", "no Private Protection Storage Mask can be met", V2_0, V2_1, ResultReason::PRIVATE_PROTECTION_STORAGE_UNAVAILABLE),
    Failure::new("E2-CreateKeyPair-2.0", "no Public Protection Storage Mask can be met", V2_0, V2_1, ResultReason::PUBLIC_PROTECTION_STORAGE_UNAVAILABLE),
];

structure! {
    /// Request payload. Attributes of one key take precedence over the common ones.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// For both keys.
        common: Option<Template<'d>> = COMMON_ATTRIBUTES,
        /// For the private key.
        private_key: Option<Template<'d>> = PRIVATE_KEY_ATTRIBUTES,
        /// For the public key.
        public_key: Option<Template<'d>> = PUBLIC_KEY_ATTRIBUTES,
        /// Where both may be kept.
        common_protection_storage_masks: Option<ProtectionStorageMasks> = COMMON_PROTECTION_STORAGE_MASKS since V2_0,
        /// Where the private key may be kept.
        private_protection_storage_masks: Option<ProtectionStorageMasks> = PRIVATE_PROTECTION_STORAGE_MASKS since V2_0,
        /// Where the public key may be kept.
        public_protection_storage_masks: Option<ProtectionStorageMasks> = PUBLIC_PROTECTION_STORAGE_MASKS since V2_0,
    }
}

structure! {
    /// Response payload.
    pub struct Response<'d> in RESPONSE_PAYLOAD {
        /// The private key, which becomes the ID Placeholder.
        private_key_unique_identifier: UniqueIdentifier<'d> = PRIVATE_KEY_UNIQUE_IDENTIFIER,
        /// The public key.
        public_key_unique_identifier: UniqueIdentifier<'d> = PUBLIC_KEY_UNIQUE_IDENTIFIER,
        /// Attributes of the private key that the server set of itself.
        private_key: Option<Template<'d>> = PRIVATE_KEY_ATTRIBUTES until V1_4,
        /// Attributes of the public key that the server set of itself.
        public_key: Option<Template<'d>> = PUBLIC_KEY_ATTRIBUTES until V1_4,
    }
}
