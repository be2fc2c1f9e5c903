//! Modify Attribute: another value for an attribute that is there.

use super::Failure;
use crate::attributes::Attribute;
use crate::message::{UniqueIdentifier, structure};
use crate::registry::ResultReason;
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V1_0, V1_1, V1_2, V1_3, V1_4, V2_0, V2_1, V3_0};

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V1_0, "4.14"), kmip(V1_1, "4.15"), kmip(V1_2, "4.15"), kmip(V1_3, "4.15"), kmip(V1_4, "4.15"),
    kmip(V2_0, "6.1.33"), kmip(V2_1, "6.1.34"), kmip(V3_0, "6.1.38"),
];

/// When it fails, and how: the conditions of 1.x, and for 2.x, which lists reasons without conditions, our reading of them.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E1-0095", "no object has that Unique Identifier", V1_0, V1_4, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E1-0096", "the object does not have the attribute yet", V1_0, V1_4, ResultReason::INVALID_FIELD),
    Failure::new("E1-0097", "no instance has that Attribute Index", V1_0, V1_0, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E1-0098", "the attribute is read-only", V1_0, V1_4, ResultReason::PERMISSION_DENIED),
    Failure::new("E1-0099", "the Name is taken by another object", V1_0, V1_4, ResultReason::ILLEGAL_OPERATION),
    Failure::new("E1-0100", "Application Data left out for an Application Namespace the server cannot make data for", V1_0, V1_4, ResultReason::APPLICATION_NAMESPACE_NOT_SUPPORTED),
    Failure::new("E1-0101", "the object is archived", V1_0, V1_4, ResultReason::OBJECT_ARCHIVED),
    Failure::new("E1-0102", "no instance matches", V1_1, V1_4, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E2-ModifyAttribute-2.0", "no object has that Unique Identifier", V2_0, V2_0, ResultReason::OBJECT_NOT_FOUND),
    Failure::new("E2-ModifyAttribute-2.1", "no object has that Unique Identifier", V2_1, V2_1, ResultReason::OBJECT_NOT_FOUND),
    Failure::new("E2-ModifyAttribute-2.0", "the object does not have the attribute", V2_0, V2_0, ResultReason::ATTRIBUTE_NOT_FOUND),
    Failure::new("E2-ModifyAttribute-2.1", "the object does not have the attribute", V2_1, V2_1, ResultReason::ATTRIBUTE_NOT_FOUND),
    Failure::new("E2-ModifyAttribute-2.0", "the object has no instance of that value", V2_0, V2_0, ResultReason::ATTRIBUTE_INSTANCE_NOT_FOUND),
    Failure::new("E2-ModifyAttribute-2.1", "the object has no instance of that value", V2_1, V2_1, ResultReason::ATTRIBUTE_INSTANCE_NOT_FOUND),
    Failure::new("E2-ModifyAttribute-2.0", "the client may not change the attribute", V2_0, V2_0, ResultReason::ATTRIBUTE_READ_ONLY),
    Failure::new("E2-ModifyAttribute-2.1", "the client may not change the attribute", V2_1, V2_1, ResultReason::ATTRIBUTE_READ_ONLY),
    Failure::new("E2-ModifyAttribute-2.0", "the Name is taken", V2_0, V2_0, ResultReason::NON_UNIQUE_NAME_ATTRIBUTE),
    Failure::new("E2-ModifyAttribute-2.1", "the Name is taken", V2_1, V2_1, ResultReason::NON_UNIQUE_NAME_ATTRIBUTE),
    Failure::new("E2-ModifyAttribute-2.1", "not in this state of the object", V2_1, V2_1, ResultReason::WRONG_KEY_LIFECYCLE_STATE),
];

structure! {
    /// Request payload. Without an identifier the ID Placeholder is meant.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// The object.
        unique_identifier: Option<UniqueIdentifier<'d>> = UNIQUE_IDENTIFIER needed_since V3_0,
        /// Which instance, by its value (2.x); at 1.x the Attribute Index says which.
        current_attribute: Option<Attribute> = CURRENT_ATTRIBUTE since V2_0,
        /// What it is to be: Attribute at 1.x, New Attribute at 2.x.
        attribute: Attribute = NEW_ATTRIBUTE,
    }
}

structure! {
    /// Response payload.
    pub struct Response<'d> in RESPONSE_PAYLOAD {
        /// The object.
        unique_identifier: UniqueIdentifier<'d> = UNIQUE_IDENTIFIER,
        /// What it is now; required up to 1.4, gone from 2.0 on.
        attribute: Option<Attribute> = NEW_ATTRIBUTE until V1_4,
    }
}
