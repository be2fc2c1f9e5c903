//! Response messages: header and batch items in the order of their tables (1.4 §7.2, 2.1 §8.5 and §8.6).

use crate::failure::Failure;
use kmipspec_protocol::registry::{ResultStatus, tag};
use kmipspec_protocol::ttlv::{Item, Writer};
use kmipspec_protocol::version::Version;

/// What the Response Header says.
#[derive(Debug)]
pub(crate) struct ResponseHeader<'a> {
    /// Protocol Version.
    pub(crate) version: Version,
    /// Time Stamp.
    pub(crate) now: i64,
    /// Given back, at versions that have it.
    pub(crate) client_correlation_value: Option<&'a str>,
}

impl ResponseHeader<'_> {
    /// Bytes of an answer that has no batch items yet.
    pub(crate) fn size(&self) -> usize {
        message(self, &[]).len()
    }
}

/// One batch item of an answer.
#[derive(Debug)]
pub(crate) struct ResponseItem<'d> {
    /// The request's Operation, if it could be read.
    pub(crate) operation: Option<u32>,
    /// The request's Unique Batch Item ID.
    pub(crate) id: Option<&'d [u8]>,
    /// What came of it.
    pub(crate) result: ItemResult,
}

/// What came of one batch item.
#[derive(Debug)]
pub(crate) enum ItemResult {
    /// Done; the encoded Response Payload.
    Success(Vec<u8>),
    /// Failed.
    Failed(Failure),
    /// Done, then undone because a later item failed (1.4 §6.13).
    Undone,
}

/// The batch item without Operation that answers a message which cannot be processed (1.4 §11.1).
pub(crate) fn refusal(failure: &Failure) -> ResponseItem<'static> {
    let failure = Failure { reason: failure.reason, message: failure.message.clone(), payload: None };
    ResponseItem { operation: None, id: None, result: ItemResult::Failed(failure) }
}

/// A whole Response Message.
pub(crate) fn message(header: &ResponseHeader<'_>, items: &[ResponseItem<'_>]) -> Vec<u8> {
    let payloads: usize = items.iter().map(|i| if let ItemResult::Success(p) = &i.result { p.len() } else { 0 }).sum();
    let mut writer = Writer::with_capacity(192 + payloads + 128 * items.len());
    writer.begin(tag::RESPONSE_MESSAGE);
    writer.begin(tag::RESPONSE_HEADER);
    writer.begin(tag::PROTOCOL_VERSION);
    writer.integer(tag::PROTOCOL_VERSION_MAJOR, header.version.major());
    writer.integer(tag::PROTOCOL_VERSION_MINOR, header.version.minor());
    writer.end();
    writer.date_time(tag::TIME_STAMP, header.now);
    if let Some(value) = header.client_correlation_value {
        writer.text(tag::CLIENT_CORRELATION_VALUE, value);
    }
    writer.integer(tag::BATCH_COUNT, i32::try_from(items.len()).unwrap_or(i32::MAX));
    writer.end();
    for item in items {
        write_item(&mut writer, item);
    }
    writer.end();
    writer.finish()
}

/// One Batch Item.
pub(crate) fn write_item(writer: &mut Writer, item: &ResponseItem<'_>) {
    writer.begin(tag::BATCH_ITEM);
    if let Some(operation) = item.operation {
        writer.enumeration(tag::OPERATION, operation);
    }
    if let Some(id) = item.id {
        writer.bytes(tag::UNIQUE_BATCH_ITEM_ID, id);
    }
    match &item.result {
        ItemResult::Success(payload) => {
            writer.enumeration(tag::RESULT_STATUS, ResultStatus::SUCCESS.0);
            writer.item(&Item::raw(payload.as_slice()));
        }
        ItemResult::Failed(failure) => {
            writer.enumeration(tag::RESULT_STATUS, ResultStatus::OPERATION_FAILED.0);
            writer.enumeration(tag::RESULT_REASON, failure.reason.0);
            writer.text(tag::RESULT_MESSAGE, &failure.message);
            if let Some(payload) = &failure.payload {
                writer.item(&Item::raw(payload.as_slice()));
            }
        }
        ItemResult::Undone => writer.enumeration(tag::RESULT_STATUS, ResultStatus::OPERATION_UNDONE.0),
    }
    writer.end();
}
