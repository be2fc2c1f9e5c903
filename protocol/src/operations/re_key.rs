//! Re-key: a new symmetric key in place of one.

use super::Failure;
use super::create::ProtectionStorageMasks;
use crate::attributes::Template;
use crate::message::{Interval, UniqueIdentifier, structure};
use crate::registry::ResultReason;
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V1_0, V1_1, V1_2, V1_3, V1_4, V2_0, V2_1, V3_0};

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V1_0, "4.4"), kmip(V1_1, "4.4"), kmip(V1_2, "4.4"), kmip(V1_3, "4.4"), kmip(V1_4, "4.4"), kmip(V2_0, "6.1.42"),
    kmip(V2_1, "6.1.46"), kmip(V3_0, "6.1.51"),
];

/// When it fails, and how: the conditions of 1.x, and for 2.x, which lists reasons without conditions, our reading of them.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E1-0029", "no object has that Unique Identifier", V1_0, V1_4, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E1-0030", "the object cannot be re-keyed", V1_0, V1_4, ResultReason::PERMISSION_DENIED),
    Failure::new("E1-0031", "Offset together with an Activation, Process Start, Protect Stop or Deactivation Date", V1_0, V1_4, ResultReason::INVALID_MESSAGE),
    Failure::new("E1-0032", "the cryptography of the re-key failed", V1_0, V1_4, ResultReason::CRYPTOGRAPHIC_FAILURE),
    Failure::new("E1-0033", "Application Data left out for an Application Namespace the server cannot make data for", V1_0, V1_4, ResultReason::APPLICATION_NAMESPACE_NOT_SUPPORTED),
    Failure::new("E1-0034", "the object is archived", V1_0, V1_4, ResultReason::OBJECT_ARCHIVED),
    Failure::new("E1-0035", "Offset for later dates, but the existing key has no Activation Date to count from", V1_0, V1_4, ResultReason::ILLEGAL_OPERATION),
    Failure::new("E1-0036", "the server does not hold the Key Value", V1_2, V1_4, ResultReason::KEY_VALUE_NOT_PRESENT),
    Failure::new("E2-ReKey-2.0", "the cryptography failed", V2_0, V2_1, ResultReason::CRYPTOGRAPHIC_FAILURE),
    Failure::new("E2-ReKey-2.0", "an attribute is not allowed in the new key", V2_0, V2_1, ResultReason::INVALID_FIELD),
    Failure::new("E2-ReKey-2.0", "Offset together with dates it would set", V2_0, V2_1, ResultReason::INVALID_MESSAGE),
    Failure::new("E2-ReKey-2.0", "objects of this type cannot be re-keyed", V2_0, V2_1, ResultReason::INVALID_OBJECT_TYPE),
    Failure::new("E2-ReKey-2.0", "the server has only the attributes of the object", V2_0, V2_1, ResultReason::KEY_VALUE_NOT_PRESENT),
    Failure::new("E2-ReKey-2.0", "no object has that Unique Identifier", V2_0, V2_1, ResultReason::OBJECT_NOT_FOUND),
    Failure::new("E2-ReKey-2.0", "no Protection Storage Mask can be met", V2_0, V2_1, ResultReason::PROTECTION_STORAGE_UNAVAILABLE),
];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// Without it the ID Placeholder is meant.
        unique_identifier: Option<UniqueIdentifier<'d>> = UNIQUE_IDENTIFIER needed_since V3_0,
        /// From the Initial Date of the new object to its Activation Date.
        offset: Option<Interval> = OFFSET,
        /// What it is to be like, other than the old one: Template-Attribute at 1.x, Attributes at 2.x.
        attributes: Option<Template<'d>> = ATTRIBUTES,
        /// Where it may be kept.
        protection_storage_masks: Option<ProtectionStorageMasks> = PROTECTION_STORAGE_MASKS since V2_0,
    }
}

structure! {
    /// Response payload.
    pub struct Response<'d> in RESPONSE_PAYLOAD {
        /// The new key, which becomes the ID Placeholder.
        unique_identifier: UniqueIdentifier<'d> = UNIQUE_IDENTIFIER,
        /// Attributes the server set of itself.
        attributes: Option<Template<'d>> = ATTRIBUTES until V1_4,
    }
}
