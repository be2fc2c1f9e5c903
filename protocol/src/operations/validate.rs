//! Validate: is the chain of certificates good at a point in time?

use super::Failure;
use crate::message::{DateTime, UniqueIdentifier, structure};
use crate::objects::Certificate;
use crate::registry::{ResultReason, ValidityIndicator};
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V1_0, V1_1, V1_2, V1_3, V1_4, V2_0, V2_1, V3_0};

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V1_0, "4.23"), kmip(V1_1, "4.24"), kmip(V1_2, "4.24"), kmip(V1_3, "4.24"), kmip(V1_4, "4.24"),
    kmip(V2_0, "6.1.51"), kmip(V2_1, "6.1.57"), kmip(V3_0, "6.1.62"),
];

/// When it fails, and how: the conditions of 1.x, and for 2.x, which lists reasons without conditions, our reading of them.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E1-0133", "the certificates and identifiers make no certificate list", V1_0, V1_4, ResultReason::INVALID_MESSAGE),
    Failure::new("E1-0134", "one of the objects is archived", V1_0, V1_4, ResultReason::OBJECT_ARCHIVED),
    Failure::new("E2-Validate-2.0", "the certificates make no chain", V2_0, V2_1, ResultReason::INVALID_FIELD),
    Failure::new("E2-Validate-2.0", "one of the objects is no certificate", V2_0, V2_1, ResultReason::INVALID_OBJECT_TYPE),
    Failure::new("E2-Validate-2.0", "no object has that Unique Identifier", V2_0, V2_1, ResultReason::OBJECT_NOT_FOUND),
];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// Certificates the client brings along.
        certificates: Vec<Certificate<'d>> = CERTIFICATE,
        /// Certificates the server holds.
        unique_identifiers: Vec<UniqueIdentifier<'d>> = UNIQUE_IDENTIFIER,
        /// When; now, if omitted.
        validity_date: Option<DateTime> = VALIDITY_DATE,
    }
}

structure! {
    /// Response payload.
    pub struct Response in RESPONSE_PAYLOAD {
        /// The verdict.
        validity_indicator: ValidityIndicator = VALIDITY_INDICATOR,
    }
}
