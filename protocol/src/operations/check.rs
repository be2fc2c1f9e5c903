//! Check: may the object be used like this? The server answers, and changes nothing.

use super::Failure;
use crate::message::{Interval, UniqueIdentifier, structure};
use crate::registry::CryptographicUsageMask;
use crate::registry::ResultReason;
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V1_0, V1_1, V1_2, V1_3, V1_4, V2_0, V2_1, V3_0};

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V1_0, "4.9"), kmip(V1_1, "4.10"), kmip(V1_2, "4.10"), kmip(V1_3, "4.10"), kmip(V1_4, "4.10"),
    kmip(V2_0, "6.1.7"), kmip(V2_1, "6.1.7"), kmip(V3_0, "6.1.7"),
];

/// When it fails, and how: the conditions of 1.x, and for 2.x, which lists reasons without conditions, our reading of them.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E1-0061", "the object does not exist", V1_0, V1_4, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E1-0062", "the object is archived", V1_0, V1_4, ResultReason::OBJECT_ARCHIVED),
    Failure::new("E1-0063", "the object is none that can be checked", V1_0, V1_4, ResultReason::ILLEGAL_OPERATION),
    Failure::new("E1-0064", "use as asked for is not allowed to this client", V1_0, V1_4, ResultReason::PERMISSION_DENIED),
    Failure::new("E2-Check-2.0", "no object has that Unique Identifier", V2_0, V2_1, ResultReason::OBJECT_NOT_FOUND),
    Failure::new("E2-Check-2.0", "Check does not apply to the object", V2_0, V2_1, ResultReason::ILLEGAL_OBJECT_TYPE),
    Failure::new("E2-Check-2.0", "the use is not among those allowed", V2_0, V2_1, ResultReason::INCOMPATIBLE_CRYPTOGRAPHIC_USAGE_MASK),
    Failure::new("E2-Check-2.0", "more use is wanted than is left", V2_0, V2_1, ResultReason::USAGE_LIMIT_EXCEEDED),
];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// Without it the ID Placeholder is meant.
        unique_identifier: Option<UniqueIdentifier<'d>> = UNIQUE_IDENTIFIER needed_since V3_0,
        /// How much more use is wanted.
        usage_limits_count: Option<i64> = USAGE_LIMITS_COUNT,
        /// What it is wanted for.
        cryptographic_usage_mask: Option<CryptographicUsageMask> = CRYPTOGRAPHIC_USAGE_MASK,
        /// For how long.
        lease_time: Option<Interval> = LEASE_TIME,
    }
}

structure! {
    /// Response payload: what is refused is repeated, so nothing but the identifier means yes.
    pub struct Response<'d> in RESPONSE_PAYLOAD {
        /// The object; from 1.1 on required only if the check failed.
        unique_identifier: Option<UniqueIdentifier<'d>> = UNIQUE_IDENTIFIER,
        /// Present if the count is more than is left.
        usage_limits_count: Option<i64> = USAGE_LIMITS_COUNT,
        /// Present if some use is not allowed.
        cryptographic_usage_mask: Option<CryptographicUsageMask> = CRYPTOGRAPHIC_USAGE_MASK,
        /// Present if the lease is longer than the server gives.
        lease_time: Option<Interval> = LEASE_TIME,
    }
}
