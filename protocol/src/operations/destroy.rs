//! Destroy: the key material goes for good; the attributes may stay.

use super::Failure;
use crate::message::{UniqueIdentifier, structure};
use crate::registry::ResultReason;
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V1_0, V1_1, V1_2, V1_3, V1_4, V2_0, V2_1, V3_0};

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V1_0, "4.20"), kmip(V1_1, "4.21"), kmip(V1_2, "4.21"), kmip(V1_3, "4.21"), kmip(V1_4, "4.21"),
    kmip(V2_0, "6.1.15"), kmip(V2_1, "6.1.15"), kmip(V3_0, "6.1.19"),
];

/// When it fails, and how: the conditions of 1.x, and for 2.x, which lists reasons without conditions, our reading of them.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E1-0126", "no object has that Unique Identifier", V1_0, V1_4, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E1-0127", "the object is destroyed already", V1_0, V1_4, ResultReason::PERMISSION_DENIED),
    Failure::new("E1-0128", "the state is none of Pre-Active, Deactivated, Compromised", V1_0, V1_4, ResultReason::PERMISSION_DENIED),
    Failure::new("E1-0129", "the object is archived", V1_0, V1_4, ResultReason::OBJECT_ARCHIVED),
    Failure::new("E2-Destroy-2.0", "no object has that Unique Identifier", V2_0, V2_1, ResultReason::OBJECT_NOT_FOUND),
    Failure::new("E2-Destroy-2.0", "the object is destroyed already", V2_0, V2_1, ResultReason::OBJECT_DESTROYED),
    Failure::new("E2-Destroy-2.0", "not in this state of the object", V2_0, V2_1, ResultReason::WRONG_KEY_LIFECYCLE_STATE),
];

structure! {
    /// Request payload. Without an identifier the ID Placeholder is meant.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// The object.
        unique_identifier: Option<UniqueIdentifier<'d>> = UNIQUE_IDENTIFIER needed_since V3_0,
    }
}

structure! {
    /// Response payload.
    pub struct Response<'d> in RESPONSE_PAYLOAD {
        /// The object.
        unique_identifier: UniqueIdentifier<'d> = UNIQUE_IDENTIFIER,
    }
}
