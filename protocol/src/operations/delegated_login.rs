//! Delegated Login (2.0): a ticket for somebody else, with only some of the rights.

use super::Failure;
use super::lists::{ObjectGroups, Objects, Operations};
use crate::attributes::UsageLimits;
use crate::message::{Interval, Ticket, structure};
use crate::registry::ResultReason;
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V2_0, V2_1, V3_0};

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V2_0, "6.1.12"), kmip(V2_1, "6.1.12"), kmip(V3_0, "6.1.16"),
];

/// When it fails, and how: 2.x lists reasons without conditions, which are our reading of them; earlier versions say nothing.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E2-DelegatedLogin-2.0", "the ticket cannot be limited as asked for", V2_0, V2_1, ResultReason::INVALID_FIELD),
    Failure::new("E2-DelegatedLogin-2.0", "the client has not all of the rights it would give away", V2_0, V2_1, ResultReason::PERMISSION_DENIED),
];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// For how long the ticket is to be good.
        lease_time: Option<Interval> = LEASE_TIME,
        /// For how many requests.
        request_count: Option<i32> = REQUEST_COUNT,
        /// For how much use.
        usage_limits: Option<UsageLimits> = USAGE_LIMITS,
        /// What it is good for.
        rights: Rights<'d> = RIGHTS,
    }
}

structure! {
    /// Response payload.
    pub struct Response<'d> in RESPONSE_PAYLOAD {
        /// What they authenticate with.
        ticket: Ticket<'d> = TICKET,
    }
}

structure! {
    /// Rights (2.0; 2.1 §7.35): any one of them allows.
    pub struct Rights<'d> {
        /// Each a combination of limits.
        rights: Vec<Right<'d>> = RIGHT,
    }
}

structure! {
    /// Right (2.0; 2.1 §7.34): what is left out limits nothing.
    pub struct Right<'d> {
        /// How much use.
        usage_limits: Option<UsageLimits> = USAGE_LIMITS,
        /// Of these operations.
        operations: Option<Operations> = OPERATIONS,
        /// With these objects.
        objects: Option<Objects<'d>> = OBJECTS,
        /// With the objects of these groups.
        object_groups: Option<ObjectGroups<'d>> = OBJECT_GROUPS since V2_1,
    }
}
