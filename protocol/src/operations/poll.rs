//! Poll: what became of an operation that was pending.

use super::Failure;
use crate::message::{AnyItem, DecodeError, Reading, structure, wrong_type};
use crate::registry::{ResultReason, tag};
use crate::spec_ref::{SpecRef, kmip};
use crate::ttlv::{ItemRef, ItemType, Writer};
use crate::version::Version;
use crate::version::Version::{V1_0, V1_1, V1_2, V1_3, V1_4, V2_0, V2_1, V3_0};
use std::borrow::Cow;

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V1_0, "4.26"), kmip(V1_1, "4.28"), kmip(V1_2, "4.28"), kmip(V1_3, "4.28"), kmip(V1_4, "4.28"),
    kmip(V2_0, "6.1.36"), kmip(V2_1, "6.1.38"), kmip(V3_0, "6.1.43"),
];

/// When it fails, and how: the conditions of 1.x, and for 2.x, which lists reasons without conditions, our reading of them.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E1-0135", "no pending operation has that Asynchronous Correlation Value", V1_0, V1_4, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E2-Poll-2.0", "no pending operation has that Asynchronous Correlation Value", V2_0, V2_1, ResultReason::INVALID_ASYNCHRONOUS_CORRELATION_VALUE),
];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// What the Pending response gave.
        asynchronous_correlation_value: Cow<'d, [u8]> = ASYNCHRONOUS_CORRELATION_VALUE,
    }
}

/// Response payload: that of the operation which was polled, as it would have been without delay. While it is pending
/// there is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Response<'d>(pub AnyItem<'d>);

impl<'d> Response<'d> {
    /// Takes the payload as it is; the operation that was polled reads it.
    pub fn decode(item: ItemRef<'d>, _: impl Into<Reading>) -> Result<Self, DecodeError> {
        if item.ty() == ItemType::STRUCTURE {
            Ok(Self(AnyItem::Wire(item)))
        } else {
            Err(wrong_type(item, ItemType::STRUCTURE))
        }
    }
    /// Writes the payload structure, tag and all.
    pub fn encode(&self, w: &mut Writer, _: Version) {
        self.0.write_as(w, tag::RESPONSE_PAYLOAD);
    }
}
