//! Revoke: an object is not to be used any more, or its secret is out.

use super::Failure;
use crate::message::{DateTime, UniqueIdentifier, structure};
use crate::registry::ResultReason;
use crate::registry::RevocationReasonCode;
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V1_0, V1_1, V1_2, V1_3, V1_4, V2_0, V2_1, V3_0};
use std::borrow::Cow;

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V1_0, "4.19"), kmip(V1_1, "4.20"), kmip(V1_2, "4.20"), kmip(V1_3, "4.20"), kmip(V1_4, "4.20"),
    kmip(V2_0, "6.1.40"), kmip(V2_1, "6.1.44"), kmip(V3_0, "6.1.49"),
];

/// When it fails, and how: the conditions of 1.x, and for 2.x, which lists reasons without conditions, our reading of them.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E1-0122", "no object has that Unique Identifier", V1_0, V1_4, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E1-0123", "unknown Revocation Reason", V1_0, V1_4, ResultReason::INVALID_FIELD),
    Failure::new("E1-0124", "a template or other object that has no revocation", V1_0, V1_4, ResultReason::ILLEGAL_OPERATION),
    Failure::new("E1-0125", "the object is archived", V1_0, V1_4, ResultReason::OBJECT_ARCHIVED),
    Failure::new("E2-Revoke-2.0", "no object has that Unique Identifier", V2_0, V2_1, ResultReason::OBJECT_NOT_FOUND),
    Failure::new("E2-Revoke-2.0", "objects of this type cannot be revoked", V2_0, V2_1, ResultReason::INVALID_OBJECT_TYPE),
    Failure::new("E2-Revoke-2.0", "the Revocation Reason is not one", V2_0, V2_1, ResultReason::INVALID_FIELD),
    Failure::new("E2-Revoke-2.0", "not in this state of the object", V2_0, V2_1, ResultReason::WRONG_KEY_LIFECYCLE_STATE),
];

structure! {
    /// Request payload. Without an identifier the ID Placeholder is meant.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// The object.
        unique_identifier: Option<UniqueIdentifier<'d>> = UNIQUE_IDENTIFIER needed_since V3_0,
        /// Why; from 3.0 on it may be left out.
        revocation_reason: Option<RevocationReason<'d>> = REVOCATION_REASON needed_until V2_1,
        /// When it was compromised, as far as known.
        compromise_occurrence_date: Option<DateTime> = COMPROMISE_OCCURRENCE_DATE,
    }
}

structure! {
    /// Response payload.
    pub struct Response<'d> in RESPONSE_PAYLOAD {
        /// The object.
        unique_identifier: UniqueIdentifier<'d> = UNIQUE_IDENTIFIER,
    }
}

structure! {
    /// Revocation Reason (1.4 §3.31, 2.1 §4.47).
    pub struct RevocationReason<'d> {
        /// The reason.
        revocation_reason_code: RevocationReasonCode = REVOCATION_REASON_CODE,
        /// More, for people.
        revocation_message: Option<Cow<'d, str>> = REVOCATION_MESSAGE,
    }
}
