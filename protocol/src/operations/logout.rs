//! Logout (2.0): the ticket is worth nothing any more.

use super::Failure;
use crate::message::{Ticket, structure};
use crate::registry::ResultReason;
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V2_0, V2_1, V3_0};

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V2_0, "6.1.30"), kmip(V2_1, "6.1.31"), kmip(V3_0, "6.1.35"),
];

/// When it fails, and how: 2.x lists reasons without conditions, which are our reading of them; earlier versions say nothing.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E2-Logout-2.0", "no session has that ticket", V2_0, V2_1, ResultReason::INVALID_TICKET),
];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// What Login gave.
        ticket: Ticket<'d> = TICKET,
    }
}

structure! {
    /// Response payload.
    pub struct Response in RESPONSE_PAYLOAD {}
}
