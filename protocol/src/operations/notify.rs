//! Notify: the server tells a client that attributes of an object have changed.

use super::Failure;
use crate::attributes::{AttributeKey, Attributes};
use crate::message::{UniqueIdentifier, structure};
use crate::registry::ResultReason;
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V1_0, V1_1, V1_2, V1_3, V1_4, V2_0, V2_1, V3_0};

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V1_0, "5.1"), kmip(V1_1, "5.1"), kmip(V1_2, "5.1"), kmip(V1_3, "5.1"), kmip(V1_4, "5.1"), kmip(V2_0, "6.2.2"),
    kmip(V2_1, "6.2.2"), kmip(V3_0, "6.2.2"),
];

/// When it fails, and how: 2.x lists reasons without conditions, which are our reading of them; earlier versions say nothing.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E2-Server-Notify-2.0", "the client does not listen to this server", V2_0, V2_1, ResultReason::PERMISSION_DENIED),
];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// The object.
        unique_identifier: UniqueIdentifier<'d> = UNIQUE_IDENTIFIER,
        /// The attributes that changed, one or more at 1.x; there one without a value was deleted.
        attributes: Option<Attributes<'d>> = ATTRIBUTES,
        /// The attributes that were deleted.
        deleted: Vec<AttributeKey> = ATTRIBUTE_REFERENCE since V2_0,
    }
}

structure! {
    /// Response payload, if there is one.
    pub struct Response in RESPONSE_PAYLOAD {}
}
