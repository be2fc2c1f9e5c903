//! Cancel: an operation that is still pending is not to be done.

use super::Failure;
use crate::message::structure;
use crate::registry::{CancellationResult, ResultReason};
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V1_0, V1_1, V1_2, V1_3, V1_4, V2_0, V2_1, V3_0};
use std::borrow::Cow;

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V1_0, "4.25"), kmip(V1_1, "4.27"), kmip(V1_2, "4.27"), kmip(V1_3, "4.27"), kmip(V1_4, "4.27"),
    kmip(V2_0, "6.1.5"), kmip(V2_1, "6.1.5"), kmip(V3_0, "6.1.5"),
];

/// When it fails, and how: 2.x lists reasons without conditions, which are our reading of them; earlier versions say nothing.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E2-Cancel-2.0", "no pending operation has that Asynchronous Correlation Value", V2_0, V2_1, ResultReason::INVALID_ASYNCHRONOUS_CORRELATION_VALUE),
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
    pub struct Response<'d> in RESPONSE_PAYLOAD {
        /// That of the request.
        asynchronous_correlation_value: Cow<'d, [u8]> = ASYNCHRONOUS_CORRELATION_VALUE,
        /// Whether it came in time.
        cancellation_result: CancellationResult = CANCELLATION_RESULT,
    }
}
