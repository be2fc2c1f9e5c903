//! Query Asynchronous Requests (2.1): which operations are pending.

use super::Failure;
use super::lists::Operations;
use crate::message::{DateTimeExtended, structure};
use crate::registry::{Operation, ProcessingStage};
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V2_1, V3_0};
use std::borrow::Cow;

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V2_1, "6.1.41"), kmip(V3_0, "6.1.46"),
];

/// When it fails, and how: nothing but what any operation fails with.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// Only these.
        asynchronous_correlation_values: Option<AsynchronousCorrelationValues<'d>> = ASYNCHRONOUS_CORRELATION_VALUES,
        /// Only of these operations.
        operations: Option<Operations> = OPERATIONS,
    }
}

structure! {
    /// Response payload.
    pub struct Response<'d> in RESPONSE_PAYLOAD {
        /// Those that are pending.
        asynchronous_requests: Vec<AsynchronousRequest<'d>> = ASYNCHRONOUS_REQUEST,
    }
}

structure! {
    /// Asynchronous Correlation Values (2.1 §7.1).
    pub struct AsynchronousCorrelationValues<'d> {
        /// The values.
        values: Vec<Cow<'d, [u8]>> = ASYNCHRONOUS_CORRELATION_VALUE,
    }
}

structure! {
    /// Asynchronous Request (2.1 §7.2).
    pub struct AsynchronousRequest<'d> {
        /// What to poll with.
        asynchronous_correlation_value: Cow<'d, [u8]> = ASYNCHRONOUS_CORRELATION_VALUE,
        /// What it does.
        operation: Operation = OPERATION,
        /// Since when.
        submission_date: DateTimeExtended = SUBMISSION_DATE,
        /// How far it is.
        processing_stage: ProcessingStage = PROCESSING_STAGE,
    }
}
