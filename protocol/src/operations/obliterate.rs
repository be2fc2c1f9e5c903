//! Obliterate (3.0): an object goes, and all that is known of it.

use super::Failure;
use crate::message::{UniqueIdentifier, structure};
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::V3_0;

/// Where the standard has it; what is here comes second-hand and from the published cases.
pub const SPEC: &[SpecRef] = &[kmip(V3_0, "6.1.39")];

/// When it fails, and how: nothing we have of 3.0 says.
pub const FAILURES: &[Failure] = &[];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// The object.
        unique_identifier: UniqueIdentifier<'d> = UNIQUE_IDENTIFIER,
    }
}

structure! {
    /// Response payload: there is nothing left to tell.
    pub struct Response in RESPONSE_PAYLOAD {}
}
