//! Certify: a certificate for a public key.

use super::Failure;
use super::create::ProtectionStorageMasks;
use crate::attributes::Template;
use crate::message::{DecodeError, FieldValue, Reading, UniqueIdentifier, structure};
use crate::registry::{CertificateRequestType, ResultReason, tag};
use crate::spec_ref::{SpecRef, kmip};
use crate::ttlv::{ItemRef, Tag, Writer};
use crate::version::Version;
use crate::version::Version::{V1_0, V1_1, V1_2, V1_3, V1_4, V2_0, V2_1, V3_0};
use std::borrow::Cow;

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V1_0, "4.6"), kmip(V1_1, "4.7"), kmip(V1_2, "4.7"), kmip(V1_3, "4.7"), kmip(V1_4, "4.7"), kmip(V2_0, "6.1.6"),
    kmip(V2_1, "6.1.6"), kmip(V3_0, "6.1.6"),
];

/// When it fails, and how: the conditions of 1.x, and for 2.x, which lists reasons without conditions, our reading of them.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E1-0049", "no object has that Unique Identifier", V1_0, V1_4, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E1-0050", "the object cannot be certified", V1_0, V1_4, ResultReason::PERMISSION_DENIED),
    Failure::new("E1-0051", "Certificate Request is not a signed request of the stated Certificate Request Type", V1_0, V1_4, ResultReason::INVALID_FIELD),
    Failure::new("E1-0052", "Application Data left out for an Application Namespace the server cannot make data for", V1_0, V1_4, ResultReason::APPLICATION_NAMESPACE_NOT_SUPPORTED),
    Failure::new("E1-0053", "the object is archived", V1_0, V1_4, ResultReason::OBJECT_ARCHIVED),
    Failure::new("E2-Certify-2.0", "the certificate request cannot be read, or its signature is wrong", V2_0, V2_1, ResultReason::INVALID_CSR),
    Failure::new("E2-Certify-2.0", "objects of this type cannot be certified", V2_0, V2_1, ResultReason::INVALID_OBJECT_TYPE),
    Failure::new("E2-Certify-2.0", "no object has that Unique Identifier", V2_0, V2_1, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E2-Certify-2.0", "no Protection Storage Mask can be met", V2_0, V2_1, ResultReason::PROTECTION_STORAGE_UNAVAILABLE),
];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// The public key, or at 2.x a Certificate Request; without either the ID Placeholder is meant.
        unique_identifier: Option<UniqueIdentifier<'d>> = UNIQUE_IDENTIFIER,
        /// What the request is; required at 1.0, and wherever there is one.
        certificate_request_type: Option<CertificateRequestType> = CERTIFICATE_REQUEST_TYPE needed_until V1_0,
        /// The request; required at 1.0.
        certificate_request: Option<CertificateRequestValue<'d>> = CERTIFICATE_REQUEST_VALUE needed_until V1_0,
        /// What the certificate is to be like: Template-Attribute at 1.x, Attributes at 2.x.
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

/// What to certify, as bytes: Certificate Request at 1.x, Certificate Request Value at 2.x.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateRequestValue<'d>(pub Cow<'d, [u8]>);

impl<'d> FieldValue<'d> for CertificateRequestValue<'d> {
    fn wire_tag(tag: Tag, version: Version) -> Tag {
        if version < Version::V2_0 { tag::CERTIFICATE_REQUEST } else { tag }
    }
    fn read(item: ItemRef<'d>, reading: Reading) -> Result<Self, DecodeError> {
        FieldValue::read(item, reading).map(Self)
    }
    fn write(&self, w: &mut Writer, tag: Tag, version: Version) {
        self.0.write(w, tag, version);
    }
}
