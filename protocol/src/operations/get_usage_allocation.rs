//! Get Usage Allocation: part of what Usage Limits leave is set aside for the client.

use super::Failure;
use crate::message::{UniqueIdentifier, structure};
use crate::registry::ResultReason;
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V1_0, V1_1, V1_2, V1_3, V1_4, V2_0, V2_1, V3_0};

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V1_0, "4.17"), kmip(V1_1, "4.18"), kmip(V1_2, "4.18"), kmip(V1_3, "4.18"), kmip(V1_4, "4.18"),
    kmip(V2_0, "6.1.22"), kmip(V2_1, "6.1.23"), kmip(V3_0, "6.1.27"),
];

/// When it fails, and how: the conditions of 1.x, and for 2.x, which lists reasons without conditions, our reading of them.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E1-0113", "no object has that Unique Identifier", V1_0, V1_4, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E1-0114", "no Usage Limits, or an object that cannot protect anything", V1_0, V1_4, ResultReason::ILLEGAL_OPERATION),
    Failure::new("E1-0115", "Usage Limits Count is missing", V1_0, V1_4, ResultReason::INVALID_MESSAGE),
    Failure::new("E1-0116", "the object is archived", V1_0, V1_4, ResultReason::OBJECT_ARCHIVED),
    Failure::new("E1-0117", "less usage is left than asked for", V1_0, V1_4, ResultReason::PERMISSION_DENIED),
    Failure::new("E2-GetUsageAllocation-2.0", "the object has no Usage Limits", V2_0, V2_1, ResultReason::ATTRIBUTE_NOT_FOUND),
    Failure::new("E2-GetUsageAllocation-2.0", "Usage Limits Count is missing", V2_0, V2_1, ResultReason::INVALID_MESSAGE),
    Failure::new("E2-GetUsageAllocation-2.0", "objects of this type protect nothing", V2_0, V2_1, ResultReason::INVALID_OBJECT_TYPE),
    Failure::new("E2-GetUsageAllocation-2.0", "no object has that Unique Identifier", V2_0, V2_1, ResultReason::OBJECT_NOT_FOUND),
    Failure::new("E2-GetUsageAllocation-2.0", "less usage is left than asked for", V2_0, V2_1, ResultReason::USAGE_LIMIT_EXCEEDED),
];

structure! {
    /// Request payload. Without an identifier the ID Placeholder is meant.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// The object.
        unique_identifier: Option<UniqueIdentifier<'d>> = UNIQUE_IDENTIFIER needed_since V3_0,
        /// How much, in Usage Limits Units.
        usage_limits_count: i64 = USAGE_LIMITS_COUNT,
    }
}

structure! {
    /// Response payload.
    pub struct Response<'d> in RESPONSE_PAYLOAD {
        /// The object.
        unique_identifier: UniqueIdentifier<'d> = UNIQUE_IDENTIFIER,
    }
}
