//! Re-certify: a new certificate in place of one, for the same key pair.

use super::Failure;
use super::certify::CertificateRequestValue;
use super::create::ProtectionStorageMasks;
use crate::attributes::Template;
use crate::message::{Interval, UniqueIdentifier, structure};
use crate::registry::{CertificateRequestType, ResultReason};
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V1_0, V1_1, V1_2, V1_3, V1_4, V2_0, V2_1, V3_0};

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V1_0, "4.7"), kmip(V1_1, "4.8"), kmip(V1_2, "4.8"), kmip(V1_3, "4.8"), kmip(V1_4, "4.8"), kmip(V2_0, "6.1.41"),
    kmip(V2_1, "6.1.45"), kmip(V3_0, "6.1.50"),
];

/// When it fails, and how: the conditions of 1.x, and for 2.x, which lists reasons without conditions, our reading of them.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E1-0054", "no object has that Unique Identifier", V1_0, V1_4, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E1-0055", "the object cannot be certified", V1_0, V1_4, ResultReason::PERMISSION_DENIED),
    Failure::new("E1-0056", "Certificate Request is not a signed request of the stated Certificate Request Type", V1_0, V1_4, ResultReason::INVALID_FIELD),
    Failure::new("E1-0057", "Offset together with an Activation or Deactivation Date", V1_0, V1_4, ResultReason::INVALID_MESSAGE),
    Failure::new("E1-0058", "Application Data left out for an Application Namespace the server cannot make data for", V1_0, V1_4, ResultReason::APPLICATION_NAMESPACE_NOT_SUPPORTED),
    Failure::new("E1-0059", "the object is archived", V1_0, V1_4, ResultReason::OBJECT_ARCHIVED),
    Failure::new("E2-ReCertify-2.0", "the certificate request cannot be read, or its signature is wrong", V2_0, V2_1, ResultReason::INVALID_CSR),
    Failure::new("E2-ReCertify-2.0", "Offset together with dates it would set", V2_0, V2_1, ResultReason::INVALID_MESSAGE),
    Failure::new("E2-ReCertify-2.0", "objects of this type cannot be certified", V2_0, V2_1, ResultReason::INVALID_OBJECT_TYPE),
    Failure::new("E2-ReCertify-2.0", "no object has that Unique Identifier", V2_0, V2_1, ResultReason::OBJECT_NOT_FOUND),
    Failure::new("E2-ReCertify-2.0", "no Protection Storage Mask can be met", V2_0, V2_1, ResultReason::PROTECTION_STORAGE_UNAVAILABLE),
];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// The certificate; without it the ID Placeholder is meant.
        unique_identifier: Option<UniqueIdentifier<'d>> = UNIQUE_IDENTIFIER needed_since V3_0,
        /// A Certificate Request that the server holds.
        certificate_request_unique_identifier: Option<UniqueIdentifier<'d>> = CERTIFICATE_REQUEST_UNIQUE_IDENTIFIER since V2_0,
        /// What the request is; required at 1.0, and wherever there is one.
        certificate_request_type: Option<CertificateRequestType> = CERTIFICATE_REQUEST_TYPE needed_until V1_0,
        /// The request; required at 1.0.
        certificate_request: Option<CertificateRequestValue<'d>> = CERTIFICATE_REQUEST_VALUE needed_until V1_0,
        /// From the Initial Date of the new object to its Activation Date.
        offset: Option<Interval> = OFFSET,
        /// What it is to be like, other than the old one: Template-Attribute at 1.x, Attributes at 2.x.
        attributes: Option<Template<'d>> = ATTRIBUTES,
        /// Where it may be kept.
        protection_storage_masks: Option<ProtectionStorageMasks> = PROTECTION_STORAGE_MASKS since V2_0,
    }
}

structure! {
    /// Response payload.
    pub struct Response<'d> in RESPONSE_PAYLOAD {
        /// The new certificate, which becomes the ID Placeholder.
        unique_identifier: UniqueIdentifier<'d> = UNIQUE_IDENTIFIER,
        /// Attributes the server set of itself.
        attributes: Option<Template<'d>> = ATTRIBUTES until V1_4,
    }
}
