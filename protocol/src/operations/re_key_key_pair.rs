//! Re-key Key Pair (1.1): a new pair in place of one.

use super::Failure;
use super::create::ProtectionStorageMasks;
use crate::attributes::Template;
use crate::message::{Interval, UniqueIdentifier, structure};
use crate::registry::ResultReason;
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V1_1, V1_2, V1_3, V1_4, V2_0, V2_1, V3_0};

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V1_1, "4.5"), kmip(V1_2, "4.5"), kmip(V1_3, "4.5"), kmip(V1_4, "4.5"), kmip(V2_0, "6.1.43"),
    kmip(V2_1, "6.1.47"), kmip(V3_0, "6.1.52"),
];

/// When it fails, and how: the conditions of 1.x, and for 2.x, which lists reasons without conditions, our reading of them.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E1-0136", "no object has that Unique Identifier", V1_1, V1_4, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E1-0137", "the object cannot be re-keyed", V1_1, V1_4, ResultReason::PERMISSION_DENIED),
    Failure::new("E1-0138", "Offset together with an Activation or Deactivation Date", V1_1, V1_4, ResultReason::INVALID_MESSAGE),
    Failure::new("E1-0139", "the cryptography of the re-key failed", V1_1, V1_4, ResultReason::CRYPTOGRAPHIC_FAILURE),
    Failure::new("E1-0140", "Application Data left out for an Application Namespace the server cannot make data for", V1_1, V1_4, ResultReason::APPLICATION_NAMESPACE_NOT_SUPPORTED),
    Failure::new("E1-0141", "the object is archived", V1_1, V1_4, ResultReason::OBJECT_ARCHIVED),
    Failure::new("E1-0142", "Offset for later dates, but the existing key has no Activation Date to count from", V1_1, V1_4, ResultReason::ILLEGAL_OPERATION),
    Failure::new("E1-0143", "the server does not hold the Key Value", V1_2, V1_4, ResultReason::KEY_VALUE_NOT_PRESENT),
    Failure::new("E2-ReKeyKeyPair-2.0", "the cryptography failed", V2_0, V2_1, ResultReason::CRYPTOGRAPHIC_FAILURE),
    Failure::new("E2-ReKeyKeyPair-2.0", "an attribute is not allowed in the new keys", V2_0, V2_1, ResultReason::INVALID_FIELD),
    Failure::new("E2-ReKeyKeyPair-2.0", "Offset together with dates it would set", V2_0, V2_1, ResultReason::INVALID_MESSAGE),
    Failure::new("E2-ReKeyKeyPair-2.0", "objects of this type cannot be re-keyed", V2_0, V2_1, ResultReason::INVALID_OBJECT_TYPE),
    Failure::new("E2-ReKeyKeyPair-2.0", "the server has only the attributes of the object", V2_0, V2_1, ResultReason::KEY_VALUE_NOT_PRESENT),
    Failure::new("E2-ReKeyKeyPair-2.0", "no object has that Unique Identifier", V2_0, V2_1, ResultReason::OBJECT_NOT_FOUND),
    Failure::new("E2-ReKeyKeyPair-2.0", "no Private Protection Storage Mask can be met", V2_0, V2_1, ResultReason::PRIVATE_PROTECTION_STORAGE_UNAVAILABLE),
    Failure::new("E2-ReKeyKeyPair-2.0", "no Public Protection Storage Mask can be met", V2_0, V2_1, ResultReason::PUBLIC_PROTECTION_STORAGE_UNAVAILABLE),
];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// The private key; without it the ID Placeholder is meant.
        private_key_unique_identifier: Option<UniqueIdentifier<'d>> = PRIVATE_KEY_UNIQUE_IDENTIFIER until V2_1,
        /// The private key, from 3.0 on.
        unique_identifier: Option<UniqueIdentifier<'d>> = UNIQUE_IDENTIFIER since V3_0 needed_since V3_0,
        /// From the Initial Date of the new object to its Activation Date.
        offset: Option<Interval> = OFFSET,
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
        /// The new private key, which becomes the ID Placeholder.
        private_key_unique_identifier: UniqueIdentifier<'d> = PRIVATE_KEY_UNIQUE_IDENTIFIER,
        /// The new public key.
        public_key_unique_identifier: UniqueIdentifier<'d> = PUBLIC_KEY_UNIQUE_IDENTIFIER,
        /// Attributes of the private key that the server set of itself.
        private_key: Option<Template<'d>> = PRIVATE_KEY_ATTRIBUTES until V1_4,
        /// Attributes of the public key that the server set of itself.
        public_key: Option<Template<'d>> = PUBLIC_KEY_ATTRIBUTES until V1_4,
    }
}
