//! Adjust Attribute (2.0): adds to, subtracts from or negates the value of an attribute.

use super::Failure;
use crate::attributes::AttributeKey;
use crate::message::{AnyItem, UniqueIdentifier, structure};
use crate::registry::{AdjustmentType, ResultReason};
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V2_0, V2_1, V3_0};

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V2_0, "6.1.3"), kmip(V2_1, "6.1.3"), kmip(V3_0, "6.1.3"),
];

/// When it fails, and how: 2.x lists reasons without conditions, which are our reading of them; earlier versions say nothing.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E2-AdjustAttribute-2.0", "values of this type cannot be adjusted so", V2_0, V2_0, ResultReason::INVALID_DATA_TYPE),
    Failure::new("E2-AdjustAttribute-2.0", "no object has that Unique Identifier", V2_0, V2_0, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E2-AdjustAttribute-2.0", "the attribute may have several instances", V2_0, V2_0, ResultReason::MULTI_VALUED_ATTRIBUTE),
    Failure::new("E2-AdjustAttribute-2.0", "the result is outside what the type holds", V2_0, V2_0, ResultReason::NUMERIC_RANGE),
    Failure::new("E2-AdjustAttribute-2.0", "the object is archived", V2_0, V2_0, ResultReason::OBJECT_ARCHIVED),
    Failure::new("E2-AdjustAttribute-2.0", "only the server sets the attribute", V2_0, V2_0, ResultReason::READ_ONLY_ATTRIBUTE),
    Failure::new("E2-AdjustAttribute-2.0", "the server does not have the attribute", V2_0, V2_0, ResultReason::UNSUPPORTED_ATTRIBUTE),
    Failure::new("E2-AdjustAttribute-2.1", "values of this type cannot be adjusted so", V2_1, V2_1, ResultReason::INVALID_DATA_TYPE),
    Failure::new("E2-AdjustAttribute-2.1", "no object has that Unique Identifier", V2_1, V2_1, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E2-AdjustAttribute-2.1", "the attribute may have several instances", V2_1, V2_1, ResultReason::MULTI_VALUED_ATTRIBUTE),
    Failure::new("E2-AdjustAttribute-2.1", "the result is outside what the type holds", V2_1, V2_1, ResultReason::NUMERIC_RANGE),
    Failure::new("E2-AdjustAttribute-2.1", "the object is archived", V2_1, V2_1, ResultReason::OBJECT_ARCHIVED),
    Failure::new("E2-AdjustAttribute-2.1", "only the server sets the attribute", V2_1, V2_1, ResultReason::READ_ONLY_ATTRIBUTE),
    Failure::new("E2-AdjustAttribute-2.1", "the server does not have the attribute", V2_1, V2_1, ResultReason::UNSUPPORTED_ATTRIBUTE),
    Failure::new("E2-AdjustAttribute-2.1", "not in this state of the object", V2_1, V2_1, ResultReason::WRONG_KEY_LIFECYCLE_STATE),
];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// Without it the ID Placeholder is meant.
        unique_identifier: Option<UniqueIdentifier<'d>> = UNIQUE_IDENTIFIER needed_since V3_0,
        /// Which attribute.
        attribute: AttributeKey = ATTRIBUTE_REFERENCE,
        /// How.
        adjustment_type: AdjustmentType = ADJUSTMENT_TYPE,
        /// By how much, in the type of the attribute; one unit of it if omitted.
        adjustment_value: Option<AnyItem<'d>> = ADJUSTMENT_VALUE,
    }
}

structure! {
    /// Response payload.
    pub struct Response<'d> in RESPONSE_PAYLOAD {
        /// The object.
        unique_identifier: UniqueIdentifier<'d> = UNIQUE_IDENTIFIER,
    }
}
