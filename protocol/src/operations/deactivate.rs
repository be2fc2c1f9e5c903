//! Deactivate (3.0): an Active object becomes Deactivated, now or at a date.

use super::Failure;
use crate::message::{DateTime, UniqueIdentifier, structure};
use crate::registry::DeactivationReasonCode;
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::V3_0;
use std::borrow::Cow;

/// Where the standard has it; what is here comes second-hand and from the published cases.
pub const SPEC: &[SpecRef] = &[kmip(V3_0, "6.1.14")];

/// When it fails, and how: nothing we have of 3.0 says.
pub const FAILURES: &[Failure] = &[];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// The object.
        unique_identifier: UniqueIdentifier<'d> = UNIQUE_IDENTIFIER,
        /// Why.
        deactivation_reason: Option<DeactivationReason<'d>> = DEACTIVATION_REASON,
        /// When; now, if left out.
        deactivation_date: Option<DateTime> = DEACTIVATION_DATE,
    }
}

structure! {
    /// Response payload.
    pub struct Response<'d> in RESPONSE_PAYLOAD {
        /// The object.
        unique_identifier: UniqueIdentifier<'d> = UNIQUE_IDENTIFIER,
    }
}

// UNCLEAR: no table of it is to be had; its tags are, and Revocation Reason is built the same way.
structure! {
    /// Deactivation Reason (3.0).
    pub struct DeactivationReason<'d> {
        /// The reason.
        deactivation_reason_code: DeactivationReasonCode = DEACTIVATION_REASON_CODE,
        /// More, for people.
        deactivation_message: Option<Cow<'d, str>> = DEACTIVATION_MESSAGE,
    }
}
