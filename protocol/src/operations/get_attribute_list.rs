//! Get Attribute List: which attributes an object has.

use super::Failure;
use crate::attributes::AttributeKey;
use crate::message::{UniqueIdentifier, structure};
use crate::registry::ResultReason;
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V1_0, V1_1, V1_2, V1_3, V1_4, V2_0, V2_1, V3_0};

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V1_0, "4.12"), kmip(V1_1, "4.13"), kmip(V1_2, "4.13"), kmip(V1_3, "4.13"), kmip(V1_4, "4.13"),
    kmip(V2_0, "6.1.21"), kmip(V2_1, "6.1.21"), kmip(V3_0, "6.1.25"),
];

/// When it fails, and how: the conditions of 1.x, and for 2.x, which lists reasons without conditions, our reading of them.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E1-0084", "no object has that Unique Identifier", V1_0, V1_4, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E1-0085", "the object is archived", V1_0, V1_4, ResultReason::OBJECT_ARCHIVED),
    Failure::new("E2-GetAttributeList-2.0", "no object has that Unique Identifier", V2_0, V2_1, ResultReason::OBJECT_NOT_FOUND),
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
        /// Which object.
        unique_identifier: UniqueIdentifier<'d> = UNIQUE_IDENTIFIER,
        /// The attributes it has: Attribute Name at 1.x, Attribute Reference at 2.x.
        attributes: Vec<AttributeKey> = ATTRIBUTE_REFERENCE,
    }
}
