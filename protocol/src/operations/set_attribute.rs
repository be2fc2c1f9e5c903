//! Set Attribute (2.0): the value of an attribute that has one instance at most, whether it was there or not.

use super::Failure;
use crate::attributes::Attribute;
use crate::message::{UniqueIdentifier, structure};
use crate::registry::ResultReason;
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V2_0, V2_1, V3_0};

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V2_0, "6.1.47"), kmip(V2_1, "6.1.51"), kmip(V3_0, "6.1.56"),
];

/// When it fails, and how: the conditions of 1.x, and for 2.x, which lists reasons without conditions, our reading of them.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E2-SetAttribute-2.0", "no object has that Unique Identifier", V2_0, V2_0, ResultReason::OBJECT_NOT_FOUND),
    Failure::new("E2-SetAttribute-2.1", "no object has that Unique Identifier", V2_1, V2_1, ResultReason::OBJECT_NOT_FOUND),
    Failure::new("E2-SetAttribute-2.0", "only the server sets the attribute", V2_0, V2_0, ResultReason::READ_ONLY_ATTRIBUTE),
    Failure::new("E2-SetAttribute-2.1", "only the server sets the attribute", V2_1, V2_1, ResultReason::READ_ONLY_ATTRIBUTE),
    Failure::new("E2-SetAttribute-2.0", "the attribute may have several instances", V2_0, V2_0, ResultReason::MULTI_VALUED_ATTRIBUTE),
    Failure::new("E2-SetAttribute-2.1", "the attribute may have several instances", V2_1, V2_1, ResultReason::MULTI_VALUED_ATTRIBUTE),
    Failure::new("E2-SetAttribute-2.0", "the value is not allowed", V2_0, V2_0, ResultReason::INVALID_ATTRIBUTE_VALUE),
    Failure::new("E2-SetAttribute-2.1", "the value is not allowed", V2_1, V2_1, ResultReason::INVALID_ATTRIBUTE_VALUE),
    Failure::new("E2-SetAttribute-2.0", "the Name is taken", V2_0, V2_0, ResultReason::NON_UNIQUE_NAME_ATTRIBUTE),
    Failure::new("E2-SetAttribute-2.1", "the Name is taken", V2_1, V2_1, ResultReason::NON_UNIQUE_NAME_ATTRIBUTE),
    Failure::new("E2-SetAttribute-2.1", "not in this state of the object", V2_1, V2_1, ResultReason::WRONG_KEY_LIFECYCLE_STATE),
];

structure! {
    /// Request payload. Without an identifier the ID Placeholder is meant.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// The object.
        unique_identifier: Option<UniqueIdentifier<'d>> = UNIQUE_IDENTIFIER needed_since V3_0,
        /// What it is to be.
        new_attribute: Attribute = NEW_ATTRIBUTE,
    }
}

structure! {
    /// Response payload.
    pub struct Response<'d> in RESPONSE_PAYLOAD {
        /// The object.
        unique_identifier: UniqueIdentifier<'d> = UNIQUE_IDENTIFIER,
    }
}
