//! Create Split Key (1.2): a new or existing key in parts, so many of which are needed to get it back.

use super::Failure;
use super::create::ProtectionStorageMasks;
use crate::attributes::Template;
use crate::message::{BigInteger, UniqueIdentifier, structure};
use crate::registry::{ObjectType, ResultReason, SplitKeyMethod};
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V1_2, V1_3, V1_4, V2_0, V2_1, V3_0};

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V1_2, "4.38"), kmip(V1_3, "4.38"), kmip(V1_4, "4.38"), kmip(V2_0, "6.1.10"), kmip(V2_1, "6.1.10"),
    kmip(V3_0, "6.1.12"),
];

/// When it fails, and how: the conditions of 1.x, and for 2.x, which lists reasons without conditions, our reading of them.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E1-0144", "unknown Object Type", V1_2, V1_2, ResultReason::INVALID_FIELD),
    Failure::new("E1-0145", "a template named in the request does not exist", V1_2, V1_2, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E1-0146", "an attribute has a wrong value", V1_2, V1_2, ResultReason::INVALID_FIELD),
    Failure::new("E1-0147", "making the object failed", V1_2, V1_2, ResultReason::CRYPTOGRAPHIC_FAILURE),
    Failure::new("E1-0148", "more instances of a multi-instance attribute than the server holds", V1_2, V1_2, ResultReason::INDEX_OUT_OF_BOUNDS),
    Failure::new("E1-0149", "the Name is taken by another object", V1_2, V1_2, ResultReason::INVALID_FIELD),
    Failure::new("E1-0150", "Application Data left out for an Application Namespace the server cannot make data for", V1_2, V1_2, ResultReason::APPLICATION_NAMESPACE_NOT_SUPPORTED),
    Failure::new("E1-0151", "a template named in the request is archived", V1_2, V1_2, ResultReason::OBJECT_ARCHIVED),
    Failure::new("E1-0152", "unsupported Split Key Method", V1_2, V1_2, ResultReason::INVALID_FIELD),
    Failure::new("E1-0153", "no object has that Unique Identifier", V1_2, V1_2, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E1-0206", "unknown Object Type", V1_3, V1_4, ResultReason::INVALID_FIELD),
    Failure::new("E1-0207", "a template named in the request does not exist", V1_3, V1_4, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E1-0208", "an attribute has a wrong value", V1_3, V1_4, ResultReason::INVALID_FIELD),
    Failure::new("E1-0209", "making the object failed", V1_3, V1_4, ResultReason::CRYPTOGRAPHIC_FAILURE),
    Failure::new("E1-0210", "more instances of a multi-instance attribute than the server holds", V1_3, V1_4, ResultReason::INDEX_OUT_OF_BOUNDS),
    Failure::new("E1-0211", "the Name is taken by another object", V1_3, V1_4, ResultReason::INVALID_FIELD),
    Failure::new("E1-0212", "Application Data left out for an Application Namespace the server cannot make data for", V1_3, V1_4, ResultReason::APPLICATION_NAMESPACE_NOT_SUPPORTED),
    Failure::new("E1-0213", "a template named in the request is archived", V1_3, V1_4, ResultReason::OBJECT_ARCHIVED),
    Failure::new("E1-0214", "unsupported Split Key Method", V1_3, V1_4, ResultReason::INVALID_FIELD),
    Failure::new("E1-0215", "no object has that Unique Identifier", V1_3, V1_4, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E2-CreateSplitKey-2.0", "parts, threshold and field do not fit the method", V2_0, V2_1, ResultReason::BAD_CRYPTOGRAPHIC_PARAMETERS),
    Failure::new("E2-CreateSplitKey-2.0", "the cryptography failed", V2_0, V2_1, ResultReason::CRYPTOGRAPHIC_FAILURE),
    Failure::new("E2-CreateSplitKey-2.0", "the object cannot have the attribute", V2_0, V2_1, ResultReason::INVALID_ATTRIBUTE),
    Failure::new("E2-CreateSplitKey-2.0", "an attribute value is not allowed", V2_0, V2_1, ResultReason::INVALID_ATTRIBUTE_VALUE),
    Failure::new("E2-CreateSplitKey-2.0", "objects of this type cannot be split", V2_0, V2_1, ResultReason::INVALID_OBJECT_TYPE),
    Failure::new("E2-CreateSplitKey-2.0", "no object has that Unique Identifier", V2_0, V2_1, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E2-CreateSplitKey-2.0", "the Name is taken", V2_0, V2_1, ResultReason::NON_UNIQUE_NAME_ATTRIBUTE),
    Failure::new("E2-CreateSplitKey-2.0", "more instances than the server takes", V2_0, V2_1, ResultReason::SERVER_LIMIT_EXCEEDED),
    Failure::new("E2-CreateSplitKey-2.0", "the server does not have the Split Key Method", V2_0, V2_1, ResultReason::UNSUPPORTED_CRYPTOGRAPHIC_PARAMETERS),
    Failure::new("E2-CreateSplitKey-2.0", "no Protection Storage Mask can be met", V2_0, V2_1, ResultReason::PROTECTION_STORAGE_UNAVAILABLE),
];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// What to make: Split Key.
        object_type: ObjectType = OBJECT_TYPE,
        /// The key to split; without it a new one.
        unique_identifier: Option<UniqueIdentifier<'d>> = UNIQUE_IDENTIFIER,
        /// How many parts.
        split_key_parts: i32 = SPLIT_KEY_PARTS,
        /// How many of them are needed.
        split_key_threshold: i32 = SPLIT_KEY_THRESHOLD,
        /// How to split.
        split_key_method: SplitKeyMethod = SPLIT_KEY_METHOD,
        /// For Polynomial Sharing Prime Field.
        prime_field_size: Option<BigInteger<'d>> = PRIME_FIELD_SIZE,
        /// What the parts are to be like: Template-Attribute at 1.x, Attributes at 2.x.
        attributes: Template<'d> = ATTRIBUTES,
        /// Where it may be kept.
        protection_storage_masks: Option<ProtectionStorageMasks> = PROTECTION_STORAGE_MASKS since V2_0,
    }
}

structure! {
    /// Response payload.
    pub struct Response<'d> in RESPONSE_PAYLOAD {
        // UNCLEAR: the table of 1.2 has Object Type, without an entry on whether it is required; later ones do not have it.
        /// What was made.
        object_type: Option<ObjectType> = OBJECT_TYPE until V1_2,
        /// The parts; that with Key Part Identifier 1 becomes the ID Placeholder.
        unique_identifiers: Vec<UniqueIdentifier<'d>> = UNIQUE_IDENTIFIER,
        /// Attributes the server set of itself.
        attributes: Option<Template<'d>> = ATTRIBUTES until V1_4,
    }
}
