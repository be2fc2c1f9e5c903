//! Set Constraints (2.1): what new objects have to be like.

use super::Failure;
use super::lists::{ObjectGroups, ObjectTypes};
use crate::attributes::Attributes;
use crate::message::structure;
use crate::registry::ResultReason;
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V2_1, V3_0};

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V2_1, "6.1.52"), kmip(V3_0, "6.1.57"),
];

/// When it fails, and how: 2.x lists reasons without conditions, which are our reading of them; earlier versions say nothing.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E2-SetConstraints-2.1", "a constraint the server cannot keep", V2_1, V2_1, ResultReason::INVALID_FIELD),
    Failure::new("E2-SetConstraints-2.1", "the server has no objects of that type", V2_1, V2_1, ResultReason::INVALID_OBJECT_TYPE),
];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        // UNCLEAR: the table requires it; the published TC-MD-24-21 takes all constraints away by leaving it out.
        /// The constraints from now on; none, if omitted.
        constraints: Option<Constraints<'d>> = CONSTRAINTS,
    }
}

structure! {
    /// Response payload.
    pub struct Response in RESPONSE_PAYLOAD {}
}

structure! {
    /// Constraints (2.1 §7.7).
    pub struct Constraints<'d> {
        /// Each for some objects.
        constraints: Vec<Constraint<'d>> = CONSTRAINT,
    }
}

structure! {
    /// Constraint (2.1 §7.6).
    pub struct Constraint<'d> {
        /// For objects of these types; of any, if omitted.
        object_types: Option<ObjectTypes> = OBJECT_TYPES,
        /// For objects of these groups; of any, if omitted.
        object_groups: Option<ObjectGroups<'d>> = OBJECT_GROUPS,
        /// The values that are allowed.
        attributes: Option<Attributes<'d>> = ATTRIBUTES,
    }
}
