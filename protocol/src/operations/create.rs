//! Create: the server makes a symmetric key (or, at 1.x, a template's worth of one).

use super::Failure;
use crate::attributes::Template;
use crate::message::{UniqueIdentifier, structure};
use crate::registry::ResultReason;
use crate::registry::{ObjectType, ProtectionStorageMask};
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V1_0, V1_1, V1_2, V1_3, V1_4, V2_0, V2_1, V3_0};

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V1_0, "4.1"), kmip(V1_1, "4.1"), kmip(V1_2, "4.1"), kmip(V1_3, "4.1"), kmip(V1_4, "4.1"), kmip(V2_0, "6.1.8"),
    kmip(V2_1, "6.1.8"), kmip(V3_0, "6.1.8"),
];

/// When it fails, and how: the conditions of 1.x, and for 2.x, which lists reasons without conditions, our reading of them.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E1-0001", "unknown Object Type", V1_0, V1_4, ResultReason::INVALID_FIELD),
    Failure::new("E1-0002", "a template named in the request does not exist", V1_0, V1_4, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E1-0003", "an attribute has a wrong value", V1_0, V1_4, ResultReason::INVALID_FIELD),
    Failure::new("E1-0004", "making the object failed", V1_0, V1_4, ResultReason::CRYPTOGRAPHIC_FAILURE),
    Failure::new("E1-0005", "more instances of a multi-instance attribute than the server holds", V1_0, V1_4, ResultReason::INDEX_OUT_OF_BOUNDS),
    Failure::new("E1-0006", "the Name is taken by another object", V1_0, V1_4, ResultReason::INVALID_FIELD),
    Failure::new("E1-0007", "Application Data left out for an Application Namespace the server cannot make data for", V1_0, V1_4, ResultReason::APPLICATION_NAMESPACE_NOT_SUPPORTED),
    Failure::new("E1-0008", "a template named in the request is archived", V1_0, V1_4, ResultReason::OBJECT_ARCHIVED),
    Failure::new("E2-Create-2.0", "the Object Type cannot be created", V2_0, V2_1, ResultReason::INVALID_OBJECT_TYPE),
    Failure::new("E2-Create-2.0", "the server has no such attribute", V2_0, V2_1, ResultReason::UNSUPPORTED_ATTRIBUTE),
    Failure::new("E2-Create-2.0", "the object cannot have the attribute", V2_0, V2_1, ResultReason::INVALID_ATTRIBUTE),
    Failure::new("E2-Create-2.0", "an attribute value is not allowed", V2_0, V2_1, ResultReason::INVALID_ATTRIBUTE_VALUE),
    Failure::new("E2-Create-2.0", "an attribute that only the server sets", V2_0, V2_1, ResultReason::READ_ONLY_ATTRIBUTE),
    Failure::new("E2-Create-2.0", "an attribute that only the server sets", V2_0, V2_1, ResultReason::ATTRIBUTE_READ_ONLY),
    Failure::new("E2-Create-2.0", "a second instance of an attribute that has one", V2_0, V2_1, ResultReason::ATTRIBUTE_SINGLE_VALUED),
    Failure::new("E2-Create-2.0", "more instances than the server takes", V2_0, V2_1, ResultReason::SERVER_LIMIT_EXCEEDED),
    Failure::new("E2-Create-2.0", "the Name is taken", V2_0, V2_1, ResultReason::NON_UNIQUE_NAME_ATTRIBUTE),
    Failure::new("E2-Create-2.0", "the key cannot be made", V2_0, V2_1, ResultReason::CRYPTOGRAPHIC_FAILURE),
    Failure::new("E2-Create-2.0", "no Protection Storage Mask can be met", V2_0, V2_1, ResultReason::PROTECTION_STORAGE_UNAVAILABLE),
];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// What to make.
        object_type: ObjectType = OBJECT_TYPE,
        /// What it is to be like: Template-Attribute at 1.x, Attributes at 2.x.
        attributes: Template<'d> = ATTRIBUTES,
        /// Where it may be kept.
        protection_storage_masks: Option<ProtectionStorageMasks> = PROTECTION_STORAGE_MASKS since V2_0,
    }
}

structure! {
    /// Response payload.
    pub struct Response<'d> in RESPONSE_PAYLOAD {
        /// What was made.
        object_type: ObjectType = OBJECT_TYPE,
        /// The new object, which becomes the ID Placeholder.
        unique_identifier: UniqueIdentifier<'d> = UNIQUE_IDENTIFIER,
        /// Attributes the server set of itself.
        attributes: Option<Template<'d>> = ATTRIBUTES until V1_4,
    }
}

structure! {
    /// Protection Storage Masks (2.0; 2.1 §7.33): any one of them will do.
    pub struct ProtectionStorageMasks {
        /// Each a combination of places.
        masks: Vec<ProtectionStorageMask> = PROTECTION_STORAGE_MASK,
    }
}
