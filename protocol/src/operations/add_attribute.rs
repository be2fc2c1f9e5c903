//! Add Attribute: a new instance of an attribute.

use super::Failure;
use crate::attributes::Attribute;
use crate::message::{UniqueIdentifier, structure};
use crate::registry::ResultReason;
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V1_0, V1_1, V1_2, V1_3, V1_4, V2_0, V2_1, V3_0};

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V1_0, "4.13"), kmip(V1_1, "4.14"), kmip(V1_2, "4.14"), kmip(V1_3, "4.14"), kmip(V1_4, "4.14"),
    kmip(V2_0, "6.1.2"), kmip(V2_1, "6.1.2"), kmip(V3_0, "6.1.2"),
];

/// When it fails, and how: the conditions of 1.x, and for 2.x, which lists reasons without conditions, our reading of them.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E1-0086", "no object has that Unique Identifier", V1_0, V1_4, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E1-0087", "adding a read-only attribute", V1_0, V1_4, ResultReason::PERMISSION_DENIED),
    Failure::new("E1-0088", "the attribute does not apply to this object", V1_0, V1_4, ResultReason::PERMISSION_DENIED),
    Failure::new("E1-0089", "the attribute exists already", V1_0, V1_4, ResultReason::ILLEGAL_OPERATION),
    Failure::new("E1-0090", "Attribute Index given for a new attribute", V1_0, V1_4, ResultReason::INVALID_FIELD),
    Failure::new("E1-0091", "the Name is taken by another object", V1_0, V1_4, ResultReason::ILLEGAL_OPERATION),
    Failure::new("E1-0092", "the server holds no more instances of it", V1_0, V1_4, ResultReason::INDEX_OUT_OF_BOUNDS),
    Failure::new("E1-0093", "Application Data left out for an Application Namespace the server cannot make data for", V1_0, V1_4, ResultReason::APPLICATION_NAMESPACE_NOT_SUPPORTED),
    Failure::new("E1-0094", "the object is archived", V1_0, V1_4, ResultReason::OBJECT_ARCHIVED),
    Failure::new("E2-AddAttribute-2.0", "no object has that Unique Identifier", V2_0, V2_0, ResultReason::OBJECT_NOT_FOUND),
    Failure::new("E2-AddAttribute-2.1", "no object has that Unique Identifier", V2_1, V2_1, ResultReason::OBJECT_NOT_FOUND),
    Failure::new("E2-AddAttribute-2.0", "only the server sets the attribute", V2_0, V2_0, ResultReason::READ_ONLY_ATTRIBUTE),
    Failure::new("E2-AddAttribute-2.1", "only the server sets the attribute", V2_1, V2_1, ResultReason::READ_ONLY_ATTRIBUTE),
    Failure::new("E2-AddAttribute-2.0", "the object cannot have the attribute", V2_0, V2_0, ResultReason::INVALID_ATTRIBUTE),
    Failure::new("E2-AddAttribute-2.1", "the object cannot have the attribute", V2_1, V2_1, ResultReason::INVALID_ATTRIBUTE),
    Failure::new("E2-AddAttribute-2.0", "the attribute has one instance and is there", V2_0, V2_0, ResultReason::ATTRIBUTE_SINGLE_VALUED),
    Failure::new("E2-AddAttribute-2.1", "the attribute has one instance and is there", V2_1, V2_1, ResultReason::ATTRIBUTE_SINGLE_VALUED),
    Failure::new("E2-AddAttribute-2.0", "the Name is taken", V2_0, V2_0, ResultReason::NON_UNIQUE_NAME_ATTRIBUTE),
    Failure::new("E2-AddAttribute-2.1", "the Name is taken", V2_1, V2_1, ResultReason::NON_UNIQUE_NAME_ATTRIBUTE),
    Failure::new("E2-AddAttribute-2.0", "more instances than the server takes", V2_0, V2_0, ResultReason::SERVER_LIMIT_EXCEEDED),
    Failure::new("E2-AddAttribute-2.1", "more instances than the server takes", V2_1, V2_1, ResultReason::SERVER_LIMIT_EXCEEDED),
    Failure::new("E2-AddAttribute-2.1", "not in this state of the object", V2_1, V2_1, ResultReason::WRONG_KEY_LIFECYCLE_STATE),
];

structure! {
    /// Request payload. Without an identifier the ID Placeholder is meant.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// The object.
        unique_identifier: Option<UniqueIdentifier<'d>> = UNIQUE_IDENTIFIER needed_since V3_0,
        /// What to add: Attribute at 1.x, New Attribute at 2.x.
        attribute: Attribute = NEW_ATTRIBUTE,
    }
}

structure! {
    /// Response payload.
    pub struct Response<'d> in RESPONSE_PAYLOAD {
        /// The object.
        unique_identifier: UniqueIdentifier<'d> = UNIQUE_IDENTIFIER,
        /// What was added; required up to 1.4, gone from 2.0 on.
        attribute: Option<Attribute> = NEW_ATTRIBUTE until V1_4,
    }
}
