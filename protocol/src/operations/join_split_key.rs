//! Join Split Key (1.2): the key, or the secret, from enough of its parts.

use super::Failure;
use super::create::ProtectionStorageMasks;
use crate::attributes::Template;
use crate::message::{UniqueIdentifier, structure};
use crate::registry::{ObjectType, ResultReason, SecretDataType};
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V1_2, V1_3, V1_4, V2_0, V2_1, V3_0};

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V1_2, "4.39"), kmip(V1_3, "4.39"), kmip(V1_4, "4.39"), kmip(V2_0, "6.1.26"), kmip(V2_1, "6.1.27"),
    kmip(V3_0, "6.1.31"),
];

/// When it fails, and how: the conditions of 1.x, and for 2.x, which lists reasons without conditions, our reading of them.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E1-0154", "unknown Object Type", V1_2, V1_2, ResultReason::INVALID_FIELD),
    Failure::new("E1-0155", "a template named in the request does not exist", V1_2, V1_2, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E1-0156", "an attribute has a wrong value", V1_2, V1_2, ResultReason::INVALID_FIELD),
    Failure::new("E1-0157", "making the object failed", V1_2, V1_2, ResultReason::CRYPTOGRAPHIC_FAILURE),
    Failure::new("E1-0158", "more instances of a multi-instance attribute than the server holds", V1_2, V1_2, ResultReason::INDEX_OUT_OF_BOUNDS),
    Failure::new("E1-0159", "the Name is taken by another object", V1_2, V1_2, ResultReason::INVALID_FIELD),
    Failure::new("E1-0160", "Application Data left out for an Application Namespace the server cannot make data for", V1_2, V1_2, ResultReason::APPLICATION_NAMESPACE_NOT_SUPPORTED),
    Failure::new("E1-0161", "a template named in the request is archived", V1_2, V1_2, ResultReason::OBJECT_ARCHIVED),
    Failure::new("E1-0162", "fewer parts named than the threshold needs", V1_2, V1_2, ResultReason::CRYPTOGRAPHIC_FAILURE),
    Failure::new("E1-0163", "unsupported Split Key Method", V1_2, V1_2, ResultReason::INVALID_FIELD),
    Failure::new("E1-0164", "no object has that Unique Identifier", V1_2, V1_2, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E1-0165", "one of the objects is archived", V1_2, V1_2, ResultReason::OBJECT_ARCHIVED),
    Failure::new("E1-0216", "unknown Object Type", V1_3, V1_4, ResultReason::INVALID_FIELD),
    Failure::new("E1-0217", "a template named in the request does not exist", V1_3, V1_4, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E1-0218", "an attribute has a wrong value", V1_3, V1_4, ResultReason::INVALID_FIELD),
    Failure::new("E1-0219", "making the object failed", V1_3, V1_4, ResultReason::CRYPTOGRAPHIC_FAILURE),
    Failure::new("E1-0220", "more instances of a multi-instance attribute than the server holds", V1_3, V1_4, ResultReason::INDEX_OUT_OF_BOUNDS),
    Failure::new("E1-0221", "the Name is taken by another object", V1_3, V1_4, ResultReason::INVALID_FIELD),
    Failure::new("E1-0222", "Application Data left out for an Application Namespace the server cannot make data for", V1_3, V1_4, ResultReason::APPLICATION_NAMESPACE_NOT_SUPPORTED),
    Failure::new("E1-0223", "a template named in the request is archived", V1_3, V1_4, ResultReason::OBJECT_ARCHIVED),
    Failure::new("E1-0224", "fewer parts named than the threshold needs", V1_3, V1_4, ResultReason::CRYPTOGRAPHIC_FAILURE),
    Failure::new("E1-0225", "unsupported Split Key Method", V1_3, V1_4, ResultReason::INVALID_FIELD),
    Failure::new("E1-0226", "no object has that Unique Identifier", V1_3, V1_4, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E1-0227", "one of the objects is archived", V1_3, V1_4, ResultReason::OBJECT_ARCHIVED),
    Failure::new("E2-JoinSplitKey-2.0", "an attribute that only the server sets", V2_0, V2_1, ResultReason::ATTRIBUTE_READ_ONLY),
    Failure::new("E2-JoinSplitKey-2.0", "a second instance of an attribute that has one", V2_0, V2_1, ResultReason::ATTRIBUTE_SINGLE_VALUED),
    Failure::new("E2-JoinSplitKey-2.0", "the parts do not belong together", V2_0, V2_1, ResultReason::BAD_CRYPTOGRAPHIC_PARAMETERS),
    Failure::new("E2-JoinSplitKey-2.0", "fewer parts named than the threshold needs", V2_0, V2_1, ResultReason::CRYPTOGRAPHIC_FAILURE),
    Failure::new("E2-JoinSplitKey-2.0", "the object cannot have the attribute", V2_0, V2_1, ResultReason::INVALID_ATTRIBUTE),
    Failure::new("E2-JoinSplitKey-2.0", "an attribute value is not allowed", V2_0, V2_1, ResultReason::INVALID_ATTRIBUTE_VALUE),
    Failure::new("E2-JoinSplitKey-2.0", "one of the objects is no part of a key", V2_0, V2_1, ResultReason::INVALID_OBJECT_TYPE),
    Failure::new("E2-JoinSplitKey-2.0", "the Name is taken", V2_0, V2_1, ResultReason::NON_UNIQUE_NAME_ATTRIBUTE),
    Failure::new("E2-JoinSplitKey-2.0", "no object has that Unique Identifier", V2_0, V2_1, ResultReason::OBJECT_NOT_FOUND),
    Failure::new("E2-JoinSplitKey-2.0", "more instances than the server takes", V2_0, V2_1, ResultReason::SERVER_LIMIT_EXCEEDED),
    Failure::new("E2-JoinSplitKey-2.0", "the server does not have the Split Key Method", V2_0, V2_1, ResultReason::UNSUPPORTED_CRYPTOGRAPHIC_PARAMETERS),
    Failure::new("E2-JoinSplitKey-2.0", "no Protection Storage Mask can be met", V2_0, V2_1, ResultReason::PROTECTION_STORAGE_UNAVAILABLE),
];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// What the parts make together.
        object_type: ObjectType = OBJECT_TYPE,
        /// The parts.
        unique_identifiers: Vec<UniqueIdentifier<'d>> = UNIQUE_IDENTIFIER,
        /// What kind of Secret Data, if that is what they make.
        secret_data_type: Option<SecretDataType> = SECRET_DATA_TYPE,
        /// What it is to be like: Template-Attribute at 1.x, Attributes at 2.x.
        attributes: Option<Template<'d>> = ATTRIBUTES,
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
        /// What was joined, which becomes the ID Placeholder.
        unique_identifier: UniqueIdentifier<'d> = UNIQUE_IDENTIFIER,
        /// Attributes the server set of itself.
        attributes: Option<Template<'d>> = ATTRIBUTES until V1_4,
    }
}
