//! Put: the server sends an object to a client that did not ask.

use super::Failure;
use crate::attributes::Attributes;
use crate::message::{UniqueIdentifier, structure};
use crate::objects::AnyObject;
use crate::registry::{PutFunction, ResultReason};
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V1_0, V1_1, V1_2, V1_3, V1_4, V2_0, V2_1, V3_0};

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V1_0, "5.2"), kmip(V1_1, "5.2"), kmip(V1_2, "5.2"), kmip(V1_3, "5.2"), kmip(V1_4, "5.2"), kmip(V2_0, "6.2.3"),
    kmip(V2_1, "6.2.3"), kmip(V3_0, "6.2.3"),
];

/// When it fails, and how: 2.x lists reasons without conditions, which are our reading of them; earlier versions say nothing.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E2-Server-Put-2.0", "the client takes nothing from this server", V2_0, V2_1, ResultReason::PERMISSION_DENIED),
];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// The object.
        unique_identifier: UniqueIdentifier<'d> = UNIQUE_IDENTIFIER,
        /// Whether it is new or replaces another.
        put_function: PutFunction = PUT_FUNCTION,
        /// The object it replaces.
        replaced_unique_identifier: Option<UniqueIdentifier<'d>> = REPLACED_UNIQUE_IDENTIFIER,
        /// The object itself.
        object: AnyObject<'d> = SYMMETRIC_KEY,
        /// Attributes that go with it: repeated Attribute at 1.x, Attributes at 2.x.
        attributes: Option<Attributes<'d>> = ATTRIBUTES,
    }
}

structure! {
    /// Response payload, if there is one.
    pub struct Response in RESPONSE_PAYLOAD {}
}
