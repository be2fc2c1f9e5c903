//! Certificate (1.4 §2.2.1, 2.1 §2.1).

use crate::message::structure;
use crate::registry::CertificateType;
use std::borrow::Cow;

structure! {
    /// A certificate in its own encoding; no Key Block.
    pub struct Certificate<'d> {
        /// X.509 or PGP.
        certificate_type: CertificateType = CERTIFICATE_TYPE,
        /// The certificate, DER for X.509.
        certificate_value: Cow<'d, [u8]> = CERTIFICATE_VALUE,
    }
}
