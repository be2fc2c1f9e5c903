//! Log (2.0): a message for the log of the server.

use super::Failure;
use crate::message::structure;
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V2_0, V2_1, V3_0};
use std::borrow::Cow;

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V2_0, "6.1.28"), kmip(V2_1, "6.1.29"), kmip(V3_0, "6.1.33"),
];

/// When it fails, and how: nothing but what any operation fails with.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// The message.
        log_message: Cow<'d, str> = LOG_MESSAGE,
    }
}

structure! {
    /// Response payload.
    pub struct Response in RESPONSE_PAYLOAD {}
}
