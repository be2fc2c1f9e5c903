//! Request Header: which fields, in which order, at which version (1.4 §7.2, 2.1 §8.2).

use crate::failure::{Failure, Outcome};
use kmipspec_protocol::registry::{BatchErrorContinuationOption, tag};
use kmipspec_protocol::ttlv::{Cursor, Doc, FieldError, ItemRef, Value};
use kmipspec_protocol::version::{ProtocolVersion, Version};

/// What a request asks for besides its operations.
#[derive(Debug)]
pub(crate) struct Header<'d> {
    /// Bytes the client can take; negative values cannot be meant.
    pub(crate) maximum_response_size: Option<usize>,
    /// To be given back, 1.4 and later.
    pub(crate) client_correlation_value: Option<&'d str>,
    /// 2.x: the client wants an asynchronous answer and no other.
    pub(crate) asynchronous_only: bool,
    /// The credentials, unread.
    pub(crate) authentication: Option<ItemRef<'d>>,
    /// What to do when an item fails.
    pub(crate) continuation: BatchErrorContinuationOption,
    /// Items are done in their order: then the ID Placeholder may be used.
    pub(crate) ordered: bool,
    /// The client's time.
    pub(crate) time_stamp: Option<i64>,
    /// How many items it says follow.
    pub(crate) batch_count: i32,
}

/// The version a message says it has, however broken the rest is.
pub(crate) fn protocol_version(doc: &Doc<'_>) -> Option<ProtocolVersion> {
    let version = doc.root()?.child(tag::REQUEST_HEADER)?.child(tag::PROTOCOL_VERSION)?;
    Some(ProtocolVersion {
        major: version.child(tag::PROTOCOL_VERSION_MAJOR)?.as_i32()?,
        minor: version.child(tag::PROTOCOL_VERSION_MINOR)?.as_i32()?,
    })
}

/// Reads a Request Header at this version.
pub(crate) fn decode(header: ItemRef<'_>, version: Version) -> Outcome<Header<'_>> {
    let mut fields = Cursor::new(header);
    let mut numbers = fields.req_structure(tag::PROTOCOL_VERSION)?;
    numbers.req_i32(tag::PROTOCOL_VERSION_MAJOR)?;
    numbers.req_i32(tag::PROTOCOL_VERSION_MINOR)?;
    numbers.finish()?;
    let maximum = fields.opt_i32(tag::MAXIMUM_RESPONSE_SIZE)?;
    let mut client_correlation_value = None;
    if version >= Version::V1_4 {
        client_correlation_value = fields.opt_text(tag::CLIENT_CORRELATION_VALUE)?;
        fields.opt_text(tag::SERVER_CORRELATION_VALUE)?;
    }
    let asynchronous_only = match fields.opt(tag::ASYNCHRONOUS_INDICATOR) {
        None => false,
        Some(indicator) => match indicator.value() {
            Some(Value::Boolean(_)) if version < Version::V2_0 => false,
            Some(Value::Enumeration(code)) if version >= Version::V2_0 => {
                code == kmipspec_protocol::registry::AsynchronousIndicator::MANDATORY.0
            }
            _ => return Err(FieldError::Malformed { tag: indicator.tag(), at: indicator.offset() }.into()),
        },
    };
    if version >= Version::V1_2 {
        fields.opt_bool(tag::ATTESTATION_CAPABLE_INDICATOR)?;
        while fields.opt_enumeration(tag::ATTESTATION_TYPE)?.is_some() {}
    }
    let authentication = fields.opt(tag::AUTHENTICATION);
    let continuation = fields.opt_enumeration(tag::BATCH_ERROR_CONTINUATION_OPTION)?;
    let ordered = fields.opt_bool(tag::BATCH_ORDER_OPTION)?;
    let time_stamp = fields.opt_date_time(tag::TIME_STAMP)?;
    let batch_count = fields.req_i32(tag::BATCH_COUNT)?;
    fields.finish()?;
    let continuation = continuation.map_or(BatchErrorContinuationOption::STOP, BatchErrorContinuationOption);
    if continuation.name().is_none() {
        return Err(Failure::invalid_field("unknown Batch Error Continuation Option"));
    }
    Ok(Header {
        maximum_response_size: maximum.map(|size| usize::try_from(size).unwrap_or(0)),
        client_correlation_value,
        asynchronous_only,
        authentication,
        continuation,
        // 1.4 §6.12 assumes false when it is left out, 2.1 §9.8 true.
        ordered: ordered.unwrap_or(version >= Version::V2_0),
        time_stamp,
        batch_count,
    })
}
