//! Create Group (3.0): a group that users and objects can belong to.

use super::Failure;
use crate::attributes::Attributes;
use crate::message::{UniqueIdentifier, structure};
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::V3_0;

/// Where the standard has it; what is here comes second-hand and from the published cases.
pub const SPEC: &[SpecRef] = &[kmip(V3_0, "6.1.10")];

/// When it fails, and how: nothing we have of 3.0 says.
pub const FAILURES: &[Failure] = &[];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// What it is to be like, its Name above all.
        attributes: Attributes<'d> = ATTRIBUTES,
    }
}

structure! {
    /// Response payload.
    pub struct Response<'d> in RESPONSE_PAYLOAD {
        /// The new group.
        unique_identifier: UniqueIdentifier<'d> = UNIQUE_IDENTIFIER,
    }
}
