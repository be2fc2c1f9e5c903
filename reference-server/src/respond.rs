//! Response messages: header and batch items in the order of their tables (1.4 §7.2, 2.1 §8.5 and §8.6).

use crate::failure::Failure;
use kmipspec_protocol::message::{self as protocol, DateTime, Nonce, ResponseBatchItem};
use kmipspec_protocol::registry::{AttestationType, Operation, ResultReason, ResultStatus, tag};
use kmipspec_protocol::ttlv::{Item, Writer};
use kmipspec_protocol::version::Version;
use std::borrow::Cow;

/// What the Response Header says.
#[derive(Debug)]
pub(crate) struct ResponseHeader<'a> {
    /// Protocol Version.
    pub(crate) version: Version,
    /// Time Stamp.
    pub(crate) now: i64,
    /// Given back, at versions that have it.
    pub(crate) client_correlation_value: Option<&'a str>,
    /// Our own mark, at versions that have it.
    pub(crate) server_correlation_value: Option<String>,
    /// For the client to attest over.
    pub(crate) nonce: Option<Nonce<'static>>,
    /// The kinds of attestation that are taken, where one is asked for.
    pub(crate) attestation_types: Vec<AttestationType>,
    /// The answer to a Hashed Password.
    pub(crate) server_hashed_password: Option<Vec<u8>>,
}

impl ResponseHeader<'_> {
    /// A header with what has to be there.
    pub(crate) fn new(version: Version, now: i64) -> Self {
        Self {
            version,
            now,
            client_correlation_value: None,
            server_correlation_value: None,
            nonce: None,
            attestation_types: Vec::new(),
            server_hashed_password: None,
        }
    }

    /// Bytes of an answer that has no batch items yet.
    pub(crate) fn size(&self) -> usize {
        message(self, &[]).len()
    }
}

/// One batch item of an answer.
#[derive(Debug)]
pub(crate) struct ResponseItem<'d> {
    /// The request's Operation, if it could be read.
    pub(crate) operation: Option<Operation>,
    /// The request's Unique Batch Item ID.
    pub(crate) id: Option<&'d [u8]>,
    /// What came of it.
    pub(crate) result: ItemResult,
}

/// What came of one batch item.
#[derive(Clone, Debug)]
pub(crate) enum ItemResult {
    /// Done; the encoded Response Payload.
    Success(Vec<u8>),
    /// Failed.
    Failed(Failure),
    /// Not done yet; the Asynchronous Correlation Value to ask with.
    Pending(Vec<u8>),
    /// Done, then undone because a later item failed (1.4 §6.13). The payload stays: only a failure has none (1.4 §7.2,
    /// published BL-M-2).
    Undone(Vec<u8>),
}

impl ItemResult {
    /// What was done is undone, and what was to be done later is not done.
    pub(crate) fn undo(&mut self) {
        match self {
            Self::Success(payload) => *self = Self::Undone(std::mem::take(payload)),
            Self::Pending(_) => *self = Self::Undone(Item::structure(tag::RESPONSE_PAYLOAD, Vec::new()).encode()),
            Self::Failed(_) | Self::Undone(_) => {}
        }
    }
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
    let count = i32::try_from(items.len()).unwrap_or(i32::MAX);
    let mut first = protocol::ResponseHeader::new(header.version, DateTime(header.now), count);
    first.client_correlation_value = header.client_correlation_value.map(Cow::Borrowed);
    first.server_correlation_value = header.server_correlation_value.as_deref().map(Cow::Borrowed);
    first.nonce.clone_from(&header.nonce);
    first.attestation_types.clone_from(&header.attestation_types);
    first.server_hashed_password = header.server_hashed_password.as_deref().map(Cow::Borrowed);
    first.encode(&mut writer, header.version);
    for item in items {
        write_item(&mut writer, item, header.version);
    }
    writer.end();
    writer.finish()
}

/// One Batch Item.
pub(crate) fn write_item(writer: &mut Writer, item: &ResponseItem<'_>, version: Version) {
    let id = item.id.map(Cow::Borrowed);
    let (payload, fields) = match &item.result {
        ItemResult::Success(bytes) => (Some(bytes), with_status(item.operation, id, ResultStatus::SUCCESS)),
        ItemResult::Failed(failure) => {
            let reason = reason_at(failure.reason, version);
            let failed = ResponseBatchItem::failure(item.operation, id, reason, failure.message.as_ref());
            (failure.payload.as_ref(), failed)
        }
        ItemResult::Undone(bytes) => (Some(bytes), with_status(item.operation, id, ResultStatus::OPERATION_UNDONE)),
        ItemResult::Pending(value) => {
            let pending = ResponseBatchItem {
                asynchronous_correlation_value: Some(Cow::Borrowed(value)),
                ..with_status(item.operation, id, ResultStatus::OPERATION_PENDING)
            };
            (None, pending)
        }
    };
    fields.encode_with(writer, version, |writer| {
        if let Some(payload) = payload {
            writer.item(&Item::raw(payload.as_slice()));
        }
    });
}

/// The reason, or what stands for it at a version that has it not: an object may be asked for at an older version than it was made at.
fn reason_at(reason: ResultReason, version: Version) -> ResultReason {
    match reason {
        reason if ResultReason::TABLE.valid(reason.0, version) => reason,
        ResultReason::SENSITIVE | ResultReason::NOT_EXTRACTABLE => ResultReason::PERMISSION_DENIED,
        _ => ResultReason::GENERAL_FAILURE,
    }
}

/// A batch item that did not fail.
fn with_status<'d>(
    operation: Option<Operation>,
    id: Option<Cow<'d, [u8]>>,
    result_status: ResultStatus,
) -> ResponseBatchItem<'d> {
    let item = ResponseBatchItem::failure(operation, id, ResultReason(0), "");
    ResponseBatchItem { result_status, result_reason: None, result_message: None, ..item }
}
