//! Discover Versions (1.1): which versions both sides speak.

use super::Failure;
use crate::message::structure;
use crate::spec_ref::{SpecRef, kmip};
use crate::version::ProtocolVersion;
use crate::version::Version::{V1_1, V1_2, V1_3, V1_4, V2_0, V2_1, V3_0};

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V1_1, "4.26"), kmip(V1_2, "4.26"), kmip(V1_3, "4.26"), kmip(V1_4, "4.26"), kmip(V2_0, "6.1.16"),
    kmip(V2_1, "6.1.16"), kmip(V3_0, "6.1.20"),
];

/// When it fails, and how: the conditions of 1.x, and for 2.x, which lists reasons without conditions, our reading of them.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[];

structure! {
    /// Request payload.
    pub struct Request in REQUEST_PAYLOAD {
        /// What the client speaks, best first; none: tell all.
        protocol_versions: Vec<ProtocolVersion> = PROTOCOL_VERSION,
    }
}

structure! {
    /// Response payload.
    pub struct Response in RESPONSE_PAYLOAD {
        /// What the server speaks of those, best first.
        protocol_versions: Vec<ProtocolVersion> = PROTOCOL_VERSION,
    }
}
