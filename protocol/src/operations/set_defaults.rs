//! Set Defaults (2.1): what a new object has when the request does not say.

use super::Failure;
use super::information::DefaultsInformation;
use crate::message::structure;
use crate::registry::ResultReason;
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V2_1, V3_0};

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V2_1, "6.1.53"), kmip(V3_0, "6.1.58"),
];

/// When it fails, and how: 2.x lists reasons without conditions, which are our reading of them; earlier versions say nothing.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E2-SetDefaults-2.1", "a default the server cannot keep", V2_1, V2_1, ResultReason::INVALID_FIELD),
    Failure::new("E2-SetDefaults-2.1", "the server has no objects of that type", V2_1, V2_1, ResultReason::INVALID_OBJECT_TYPE),
];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// The defaults from now on; none, if omitted.
        defaults_information: Option<DefaultsInformation<'d>> = DEFAULTS_INFORMATION,
    }
}

structure! {
    /// Response payload.
    pub struct Response in RESPONSE_PAYLOAD {}
}
