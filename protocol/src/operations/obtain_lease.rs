//! Obtain Lease: for how long the client may use the object without asking again.

use super::Failure;
use crate::message::{DateTime, Interval, UniqueIdentifier, structure};
use crate::registry::ResultReason;
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V1_0, V1_1, V1_2, V1_3, V1_4, V2_0, V2_1, V3_0};

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V1_0, "4.16"), kmip(V1_1, "4.17"), kmip(V1_2, "4.17"), kmip(V1_3, "4.17"), kmip(V1_4, "4.17"),
    kmip(V2_0, "6.1.34"), kmip(V2_1, "6.1.35"), kmip(V3_0, "6.1.40"),
];

/// When it fails, and how: the conditions of 1.x, and for 2.x, which lists reasons without conditions, our reading of them.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E1-0110", "no object has that Unique Identifier", V1_0, V1_4, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E1-0111", "the server grants no new lease on the object", V1_0, V1_4, ResultReason::PERMISSION_DENIED),
    Failure::new("E1-0112", "the object is archived", V1_0, V1_4, ResultReason::OBJECT_ARCHIVED),
    Failure::new("E2-ObtainLease-2.0", "no object has that Unique Identifier", V2_0, V2_1, ResultReason::OBJECT_NOT_FOUND),
    Failure::new("E2-ObtainLease-2.0", "the server grants no new lease on the object", V2_0, V2_1, ResultReason::USAGE_LIMIT_EXCEEDED),
];

structure! {
    /// Request payload. Without an identifier the ID Placeholder is meant.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// The object.
        unique_identifier: Option<UniqueIdentifier<'d>> = UNIQUE_IDENTIFIER needed_since V3_0,
    }
}

structure! {
    /// Response payload.
    pub struct Response<'d> in RESPONSE_PAYLOAD {
        /// The object.
        unique_identifier: UniqueIdentifier<'d> = UNIQUE_IDENTIFIER,
        /// For how long.
        lease_time: Interval = LEASE_TIME,
        /// When the object or its attributes last changed.
        last_change_date: DateTime = LAST_CHANGE_DATE,
    }
}
