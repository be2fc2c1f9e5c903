//! Certificate Request as an object (2.1 §2.2); at 1.x it is a field of Certify only.

use crate::message::structure;
use crate::registry::CertificateRequestType;
use std::borrow::Cow;

structure! {
    /// A request for a certificate.
    pub struct CertificateRequest<'d> {
        /// CRMF, PKCS#10 or PEM.
        certificate_request_type: CertificateRequestType = CERTIFICATE_REQUEST_TYPE,
        /// The request.
        certificate_request_value: Cow<'d, [u8]> = CERTIFICATE_REQUEST_VALUE,
    }
}
