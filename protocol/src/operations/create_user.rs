//! Create User (3.0): a user, who is known by the credentials it links to.

use super::Failure;
use crate::attributes::Attributes;
use crate::message::{UniqueIdentifier, structure};
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::V3_0;

/// Where the standard has it; what is here comes second-hand and from the published cases.
pub const SPEC: &[SpecRef] = &[kmip(V3_0, "6.1.13")];

/// When it fails, and how: nothing we have of 3.0 says.
pub const FAILURES: &[Failure] = &[];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// What it is to be like: its Name, and a Credential Link for each credential.
        attributes: Attributes<'d> = ATTRIBUTES,
    }
}

structure! {
    /// Response payload.
    pub struct Response<'d> in RESPONSE_PAYLOAD {
        /// The new user.
        unique_identifier: UniqueIdentifier<'d> = UNIQUE_IDENTIFIER,
    }
}
