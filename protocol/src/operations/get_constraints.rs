//! Get Constraints (2.1): what new objects have to be like.

use super::Failure;
use super::set_constraints::Constraints;
use crate::message::structure;
use crate::registry::ResultReason;
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V2_1, V3_0};

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V2_1, "6.1.22"), kmip(V3_0, "6.1.26"),
];

/// When it fails, and how: 2.x lists reasons without conditions, which are our reading of them; earlier versions say nothing.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E2-GetConstraints-2.1", "the constraints cannot be told", V2_1, V2_1, ResultReason::INVALID_FIELD),
    Failure::new("E2-GetConstraints-2.1", "the server has no objects of that type", V2_1, V2_1, ResultReason::INVALID_OBJECT_TYPE),
];

structure! {
    /// Request payload.
    pub struct Request in REQUEST_PAYLOAD {}
}

structure! {
    /// Response payload.
    pub struct Response<'d> in RESPONSE_PAYLOAD {
        /// The constraints in force.
        constraints: Constraints<'d> = CONSTRAINTS,
    }
}
