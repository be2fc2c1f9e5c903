//! Ping (2.1): is anybody there?

use super::Failure;
use crate::message::structure;
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V2_1, V3_0};

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V2_1, "6.1.36"), kmip(V3_0, "6.1.41"),
];

/// When it fails, and how: nothing but what any operation fails with.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[];

structure! {
    /// Request payload.
    pub struct Request in REQUEST_PAYLOAD {}
}

structure! {
    /// Response payload.
    pub struct Response in RESPONSE_PAYLOAD {}
}
