//! Set Endpoint Role (2.0): who asks and who answers on this connection from now on; either side may ask for it.

use super::Failure;
use crate::message::structure;
use crate::registry::{EndpointRole, ResultReason};
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V2_0, V2_1, V3_0};

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V2_0, "6.1.48"), kmip(V2_1, "6.1.54"), kmip(V3_0, "6.1.59"),
];

/// When it fails, and how: 2.x lists reasons without conditions, which are our reading of them; earlier versions say nothing.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E2-SetEndpointRole-2.0", "the other side does not change roles", V2_0, V2_1, ResultReason::PERMISSION_DENIED),
];

structure! {
    /// Request payload.
    pub struct Request in REQUEST_PAYLOAD {
        /// The role that the receiver is to play from the answer on (2.1 §6.1.54, §6.2.5).
        endpoint_role: EndpointRole = ENDPOINT_ROLE,
    }
}

structure! {
    /// Response payload.
    pub struct Response in RESPONSE_PAYLOAD {
        /// The role that the sender of the answer plays from now on.
        endpoint_role: EndpointRole = ENDPOINT_ROLE,
    }
}
