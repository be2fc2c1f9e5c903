//! Process (2.1): the next Poll is not to find the operation pending any more.

use super::Failure;
use crate::message::structure;
use crate::registry::ResultReason;
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V2_1, V3_0};
use std::borrow::Cow;

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V2_1, "6.1.39"), kmip(V3_0, "6.1.44"),
];

/// When it fails, and how: 2.x lists reasons without conditions, which are our reading of them; earlier versions say nothing.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E2-Process-2.1", "no pending operation has that Asynchronous Correlation Value", V2_1, V2_1, ResultReason::INVALID_ASYNCHRONOUS_CORRELATION_VALUE),
];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// What the Pending response gave.
        asynchronous_correlation_value: Cow<'d, [u8]> = ASYNCHRONOUS_CORRELATION_VALUE,
    }
}

structure! {
    /// Response payload.
    pub struct Response in RESPONSE_PAYLOAD {}
}
