//! Batch items of requests and responses (1.4 §7.2, 2.1 §8.3 and §8.6). Payloads stay items until an operation reads them.

use super::{AnyItem, DecodeError, Ephemeral, Field, FieldValue, Reading, structure};
use crate::registry::{Operation, ResultReason, ResultStatus, tag};
use crate::ttlv::{ItemRef, Writer};
use crate::version::Version;
use std::borrow::Cow;
use std::fmt;

structure! {
    /// A vendor's addition to a batch item (1.4 §6.16, 2.1 §9.13).
    pub struct MessageExtension<'d> {
        /// Whose it is.
        vendor_identification: Cow<'d, str> = VENDOR_IDENTIFICATION,
        /// Whether a receiver that does not understand it has to fail the item (EG-010: Feature Not Supported).
        criticality_indicator: bool = CRITICALITY_INDICATOR,
        /// The vendor's structure.
        vendor_extension: AnyItem<'d> = VENDOR_EXTENSION,
    }
}

structure! {
    /// One operation asked for.
    pub struct RequestBatchItem<'d> in BATCH_ITEM {
        /// Which operation.
        operation: Operation = OPERATION,
        /// What is to be kept back (2.0).
        ephemeral: Option<Ephemeral> = EPHEMERAL since V2_0,
        /// Ties the response item to this one; required in a batch of more than one. Not in 3.0.
        unique_batch_item_id: Option<Cow<'d, [u8]>> = UNIQUE_BATCH_ITEM_ID until V2_1,
        /// What the operation asks for.
        request_payload: AnyItem<'d> = REQUEST_PAYLOAD,
        /// Vendors' additions.
        message_extensions: Vec<MessageExtension<'d>> = MESSAGE_EXTENSION,
    }
}

impl<'d> RequestBatchItem<'d> {
    /// Reads an item of a batch of `batch_count`, keeping what a response needs when it cannot be read (EG-002).
    pub fn decode_in_batch(
        item: ItemRef<'d>,
        batch_count: usize,
        reading: Reading,
    ) -> Result<Self, BatchItemError<'d>> {
        let failed = |error| BatchItemError::salvage(item, error);
        let read = Self::read(item, reading).map_err(failed)?;
        // 1.4 §6.4, 2.1 §8.3: the identifier is required when there is more than one batch item; 3.0 has no Batch Count.
        if batch_count > 1 && read.unique_batch_item_id.is_none() && reading.version < Version::V3_0 {
            return Err(failed(DecodeError::Missing { tag: tag::UNIQUE_BATCH_ITEM_ID, at: item.offset() }));
        }
        Ok(read)
    }

    /// Writes the item around a payload that `payload` writes.
    pub fn encode_with(&self, w: &mut Writer, version: Version, payload: impl FnOnce(&mut Writer)) {
        w.begin(tag::BATCH_ITEM);
        self.operation.put(w, tag::OPERATION, version);
        if version >= Version::V2_0 {
            self.ephemeral.put(w, tag::EPHEMERAL, version);
        }
        if version <= Version::V2_1 {
            self.unique_batch_item_id.put(w, tag::UNIQUE_BATCH_ITEM_ID, version);
        }
        payload(w);
        self.message_extensions.put(w, tag::MESSAGE_EXTENSION, version);
        w.end();
    }
}

structure! {
    /// What became of one operation.
    pub struct ResponseBatchItem<'d> in BATCH_ITEM {
        /// Which operation; absent when the request could not be read that far.
        operation: Option<Operation> = OPERATION,
        /// The identifier of the request item. Not in 3.0.
        unique_batch_item_id: Option<Cow<'d, [u8]>> = UNIQUE_BATCH_ITEM_ID until V2_1,
        /// Whether it worked.
        result_status: ResultStatus = RESULT_STATUS,
        /// Why not; required when it failed.
        result_reason: Option<ResultReason> = RESULT_REASON,
        /// For people.
        result_message: Option<Cow<'d, str>> = RESULT_MESSAGE,
        /// What to poll with; required when pending.
        asynchronous_correlation_value: Option<Cow<'d, [u8]>> = ASYNCHRONOUS_CORRELATION_VALUE,
        /// What came of it; required when it worked.
        response_payload: Option<AnyItem<'d>> = RESPONSE_PAYLOAD,
        /// Vendors' additions.
        message_extensions: Vec<MessageExtension<'d>> = MESSAGE_EXTENSION,
    }
}

impl<'d> ResponseBatchItem<'d> {
    /// It worked; the payload is written by [`Self::encode_with`] or set afterwards.
    pub fn success(operation: Operation, unique_batch_item_id: Option<Cow<'d, [u8]>>) -> Self {
        Self {
            operation: Some(operation),
            unique_batch_item_id,
            result_status: ResultStatus::SUCCESS,
            result_reason: None,
            result_message: None,
            asynchronous_correlation_value: None,
            response_payload: None,
            message_extensions: Vec::new(),
        }
    }

    /// It failed. Without `operation` the message as a whole could not be read (EG-001, EG-011).
    pub fn failure(
        operation: Option<Operation>,
        unique_batch_item_id: Option<Cow<'d, [u8]>>,
        reason: ResultReason,
        message: impl Into<Cow<'d, str>>,
    ) -> Self {
        Self {
            operation,
            unique_batch_item_id,
            result_status: ResultStatus::OPERATION_FAILED,
            result_reason: Some(reason),
            result_message: Some(message.into()),
            asynchronous_correlation_value: None,
            response_payload: None,
            message_extensions: Vec::new(),
        }
    }

    /// Writes the item around a payload that `payload` writes, in place of `response_payload`.
    pub fn encode_with(&self, w: &mut Writer, version: Version, payload: impl FnOnce(&mut Writer)) {
        w.begin(tag::BATCH_ITEM);
        self.operation.put(w, tag::OPERATION, version);
        if version <= Version::V2_1 {
            self.unique_batch_item_id.put(w, tag::UNIQUE_BATCH_ITEM_ID, version);
        }
        self.result_status.put(w, tag::RESULT_STATUS, version);
        self.result_reason.put(w, tag::RESULT_REASON, version);
        self.result_message.put(w, tag::RESULT_MESSAGE, version);
        self.asynchronous_correlation_value.put(w, tag::ASYNCHRONOUS_CORRELATION_VALUE, version);
        payload(w);
        self.message_extensions.put(w, tag::MESSAGE_EXTENSION, version);
        w.end();
    }
}

/// One batch item cannot be read; the others can be answered all the same (EG-002).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchItemError<'d> {
    /// The operation, as far as it could be read.
    pub operation: Option<Operation>,
    /// The identifier to echo, as far as it could be read.
    pub unique_batch_item_id: Option<Cow<'d, [u8]>>,
    /// What is wrong.
    pub error: DecodeError,
}

impl<'d> BatchItemError<'d> {
    /// Picks what a response needs out of an item that cannot be read as a whole.
    pub(super) fn salvage(item: ItemRef<'d>, error: DecodeError) -> Self {
        let operation = item.child(tag::OPERATION).and_then(|i| Operation::read(i, Version::V1_0.into()).ok());
        let id = item.child(tag::UNIQUE_BATCH_ITEM_ID).and_then(ItemRef::as_bytes).map(Cow::Borrowed);
        Self { operation, unique_batch_item_id: id, error }
    }

    /// The Result Reason to answer with.
    pub fn reason(&self) -> ResultReason {
        self.error.reason()
    }
}

impl fmt::Display for BatchItemError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.error, f)
    }
}

impl std::error::Error for BatchItemError<'_> {}
