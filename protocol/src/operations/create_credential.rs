//! Create Credential (3.0): what a user proves its identity with.

use super::Failure;
use crate::attributes::Attributes;
use crate::message::{UniqueIdentifier, structure};
use crate::objects::AnyObject;
use crate::registry::CredentialType;
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::V3_0;

/// Where the standard has it; what is here comes second-hand and from the published cases.
pub const SPEC: &[SpecRef] = &[kmip(V3_0, "6.1.9")];

/// When it fails, and how: nothing we have of 3.0 says.
pub const FAILURES: &[Failure] = &[];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// What kind it is.
        credential_type: CredentialType = CREDENTIAL_TYPE,
        /// What it is to be like.
        attributes: Attributes<'d> = ATTRIBUTES,
        /// The credential: one of the credential objects, or a Certificate.
        object: Option<AnyObject<'d>> = PASSWORD_CREDENTIAL,
    }
}

structure! {
    /// Response payload.
    pub struct Response<'d> in RESPONSE_PAYLOAD {
        /// The new credential.
        unique_identifier: UniqueIdentifier<'d> = UNIQUE_IDENTIFIER,
    }
}
