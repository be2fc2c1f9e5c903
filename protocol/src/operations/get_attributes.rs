//! Get Attributes: values of some or all attributes of an object.

use super::Failure;
use crate::attributes::{AttributeKey, Attributes};
use crate::message::{UniqueIdentifier, structure};
use crate::registry::ResultReason;
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V1_0, V1_1, V1_2, V1_3, V1_4, V2_0, V2_1, V3_0};

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V1_0, "4.11"), kmip(V1_1, "4.12"), kmip(V1_2, "4.12"), kmip(V1_3, "4.12"), kmip(V1_4, "4.12"),
    kmip(V2_0, "6.1.20"), kmip(V2_1, "6.1.20"), kmip(V3_0, "6.1.24"),
];

/// When it fails, and how: the conditions of 1.x, and for 2.x, which lists reasons without conditions, our reading of them.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E1-0080", "no object has that Unique Identifier", V1_0, V1_4, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E1-0081", "no instance has that Attribute Index", V1_0, V1_0, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E1-0082", "the object is archived", V1_0, V1_4, ResultReason::OBJECT_ARCHIVED),
    Failure::new("E1-0083", "the same Attribute Name is asked for twice", V1_1, V1_4, ResultReason::INVALID_MESSAGE),
    Failure::new("E2-GetAttributes-2.0", "no object has that Unique Identifier", V2_0, V2_1, ResultReason::OBJECT_NOT_FOUND),
    Failure::new("E2-GetAttributes-2.0", "no attribute is called that", V2_0, V2_1, ResultReason::INVALID_ATTRIBUTE),
];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// Without it the ID Placeholder is meant.
        unique_identifier: Option<UniqueIdentifier<'d>> = UNIQUE_IDENTIFIER needed_since V3_0,
        /// Which attributes, all of them if none is named: Attribute Name at 1.x, Attribute Reference at 2.x.
        attributes: Vec<AttributeKey> = ATTRIBUTE_REFERENCE,
    }
}

structure! {
    /// Response payload.
    pub struct Response<'d> in RESPONSE_PAYLOAD {
        /// Which object.
        unique_identifier: UniqueIdentifier<'d> = UNIQUE_IDENTIFIER,
        // UNCLEAR: 2.1 §6.1.20 requires Attributes in its table, and has the response consist of the Unique Identifier
        // alone when there is nothing to return; so a missing structure is read as none.
        /// All instances of those that have a value: repeated Attribute at 1.x, Attributes at 2.x.
        attributes: Option<Attributes<'d>> = ATTRIBUTES,
    }
}
