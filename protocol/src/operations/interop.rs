//! Interop (2.0): tells a server under test where a test case begins and ends; no server in production has it.

use super::Failure;
use crate::message::structure;
use crate::registry::{InteropFunction, ResultReason};
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V2_0, V2_1, V3_0};
use std::borrow::Cow;

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V2_0, "6.1.25"), kmip(V2_1, "6.1.26"), kmip(V3_0, "6.1.30"),
];

/// When it fails, and how: 2.x lists reasons without conditions, which are our reading of them; earlier versions say nothing.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E2-Interop-2.0", "the Interop Function is not one", V2_0, V2_1, ResultReason::INVALID_FIELD),
];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// Begin, End or Reset.
        interop_function: InteropFunction = INTEROP_FUNCTION,
        /// The test case.
        interop_identifier: Cow<'d, str> = INTEROP_IDENTIFIER,
    }
}

structure! {
    /// Response payload.
    pub struct Response in RESPONSE_PAYLOAD {}
}
