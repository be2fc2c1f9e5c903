//! Login (2.0): a ticket for those who have shown who they are.

use super::Failure;
use crate::attributes::UsageLimits;
use crate::message::{Interval, Ticket, structure};
use crate::registry::ResultReason;
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V2_0, V2_1, V3_0};

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V2_0, "6.1.29"), kmip(V2_1, "6.1.30"), kmip(V3_0, "6.1.34"),
];

/// When it fails, and how: 2.x lists reasons without conditions, which are our reading of them; earlier versions say nothing.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E2-Login-2.0", "the ticket cannot be limited as asked for", V2_0, V2_1, ResultReason::INVALID_FIELD),
];

structure! {
    /// Request payload.
    pub struct Request in REQUEST_PAYLOAD {
        /// For how long the ticket is to be good.
        lease_time: Option<Interval> = LEASE_TIME,
        /// For how many requests.
        request_count: Option<i32> = REQUEST_COUNT,
        /// For how much use.
        usage_limits: Option<UsageLimits> = USAGE_LIMITS,
    }
}

structure! {
    /// Response payload.
    pub struct Response<'d> in RESPONSE_PAYLOAD {
        /// What to authenticate with from now on.
        ticket: Ticket<'d> = TICKET,
    }
}
