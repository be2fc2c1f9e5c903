//! Delete Attribute: an instance of an attribute, or all of them, goes.

use super::Failure;
use crate::attributes::{Attribute, AttributeKey};
use crate::message::{UniqueIdentifier, structure};
use crate::registry::ResultReason;
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V1_0, V1_1, V1_2, V1_3, V1_4, V2_0, V2_1, V3_0};

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V1_0, "4.15"), kmip(V1_1, "4.16"), kmip(V1_2, "4.16"), kmip(V1_3, "4.16"), kmip(V1_4, "4.16"),
    kmip(V2_0, "6.1.13"), kmip(V2_1, "6.1.13"), kmip(V3_0, "6.1.17"),
];

/// When it fails, and how: the conditions of 1.x, and for 2.x, which lists reasons without conditions, our reading of them.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E1-0103", "no object has that Unique Identifier", V1_0, V1_4, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E1-0104", "deleting an attribute that is read-only or required", V1_0, V1_4, ResultReason::PERMISSION_DENIED),
    Failure::new("E1-0105", "Attribute Index given for a single-instance attribute", V1_0, V1_0, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E1-0106", "the object has no attribute of that name", V1_0, V1_4, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E1-0107", "the object is archived", V1_0, V1_4, ResultReason::OBJECT_ARCHIVED),
    Failure::new("E1-0108", "several instances and no Attribute Index to choose one", V1_0, V1_0, ResultReason::INVALID_FIELD),
    Failure::new("E1-0109", "no instance matches", V1_1, V1_4, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E2-DeleteAttribute-2.0", "no object has that Unique Identifier", V2_0, V2_0, ResultReason::OBJECT_NOT_FOUND),
    Failure::new("E2-DeleteAttribute-2.1", "no object has that Unique Identifier", V2_1, V2_1, ResultReason::OBJECT_NOT_FOUND),
    Failure::new("E2-DeleteAttribute-2.0", "the object does not have the attribute", V2_0, V2_0, ResultReason::ATTRIBUTE_NOT_FOUND),
    Failure::new("E2-DeleteAttribute-2.1", "the object does not have the attribute", V2_1, V2_1, ResultReason::ATTRIBUTE_NOT_FOUND),
    Failure::new("E2-DeleteAttribute-2.0", "the object has no instance of that value", V2_0, V2_0, ResultReason::ATTRIBUTE_INSTANCE_NOT_FOUND),
    Failure::new("E2-DeleteAttribute-2.1", "the object has no instance of that value", V2_1, V2_1, ResultReason::ATTRIBUTE_INSTANCE_NOT_FOUND),
    Failure::new("E2-DeleteAttribute-2.0", "the client may not delete the attribute", V2_0, V2_0, ResultReason::ATTRIBUTE_READ_ONLY),
    Failure::new("E2-DeleteAttribute-2.1", "the client may not delete the attribute", V2_1, V2_1, ResultReason::ATTRIBUTE_READ_ONLY),
    Failure::new("E2-DeleteAttribute-2.0", "the object cannot have the attribute", V2_0, V2_0, ResultReason::INVALID_ATTRIBUTE),
    Failure::new("E2-DeleteAttribute-2.1", "the object cannot have the attribute", V2_1, V2_1, ResultReason::INVALID_ATTRIBUTE),
    Failure::new("E2-DeleteAttribute-2.1", "not in this state of the object", V2_1, V2_1, ResultReason::WRONG_KEY_LIFECYCLE_STATE),
];

structure! {
    /// Request payload. Without an identifier the ID Placeholder is meant.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// The object.
        unique_identifier: Option<UniqueIdentifier<'d>> = UNIQUE_IDENTIFIER needed_since V3_0,
        /// Which instance, by its value (2.x).
        current_attribute: Option<Attribute> = CURRENT_ATTRIBUTE since V2_0,
        /// Which attribute: Attribute Name at 1.x, where it is required; Attribute Reference, all instances, at 2.x.
        attribute: Option<AttributeKey> = ATTRIBUTE_REFERENCE,
        /// Which instance (1.x); 0 if omitted.
        attribute_index: Option<i32> = ATTRIBUTE_INDEX until V1_4,
    }
}

structure! {
    /// Response payload.
    pub struct Response<'d> in RESPONSE_PAYLOAD {
        /// The object.
        unique_identifier: UniqueIdentifier<'d> = UNIQUE_IDENTIFIER,
        /// What is gone; required up to 1.4, absent from 2.0 on.
        attribute: Option<Attribute> = NEW_ATTRIBUTE until V1_4,
    }
}
