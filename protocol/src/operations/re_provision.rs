//! Re-Provision (2.0): a new credential for the connection in place of the one in use.

use super::Failure;
use crate::message::{UniqueIdentifier, structure};
use crate::objects::{Certificate, CertificateRequest};
use crate::registry::ResultReason;
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V2_0, V2_1, V3_0};

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V2_0, "6.1.44"), kmip(V2_1, "6.1.48"), kmip(V3_0, "6.1.53"),
];

/// When it fails, and how: 2.x lists reasons without conditions, which are our reading of them; earlier versions say nothing.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E2-ReProvision-2.0", "the key or the certificate cannot be made", V2_0, V2_1, ResultReason::CRYPTOGRAPHIC_FAILURE),
];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// A request for the new certificate; with neither, the server makes the key too.
        certificate_request: Option<CertificateRequest<'d>> = CERTIFICATE_REQUEST,
        /// The new certificate itself.
        certificate: Option<Certificate<'d>> = CERTIFICATE,
    }
}

structure! {
    /// Response payload.
    pub struct Response<'d> in RESPONSE_PAYLOAD {
        /// The certificate; of a key that the server made, the private key.
        unique_identifier: Option<UniqueIdentifier<'d>> = UNIQUE_IDENTIFIER,
    }
}
