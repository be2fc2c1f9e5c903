//! The batch: item after item, with Stop, Continue and Undo (1.4 §6.13, 2.1 §9.6).

use crate::config::Config;
use crate::context::{Context, References};
use crate::dispatch::is_open;
use crate::failure::{Failure, Outcome};
use crate::interop::Noted;
use crate::operations;
use crate::peer::Peer;
use crate::respond::{ItemResult, ResponseItem, write_item};
use crate::services::Services;
use crate::store::{Horizon, Store, Transaction};
use kmipspec_protocol::message::{BatchItemError, Reading, RequestBatchItem, RequestHeader};
use kmipspec_protocol::registry::{BatchErrorContinuationOption, ResultReason};
use kmipspec_protocol::ttlv::{ItemType, Writer};
use kmipspec_protocol::version::Version;

/// A batch item of a request, or why it cannot be read.
pub(crate) type Item<'d> = Result<RequestBatchItem<'d>, BatchItemError<'d>>;

/// One batch to be done.
pub(crate) struct Batch<'a> {
    /// Settings.
    pub(crate) config: &'a Config,
    /// Managed objects.
    pub(crate) store: &'a dyn Store,
    /// What lives beside the store.
    pub(crate) services: &'a Services,
    /// The connection the request came by.
    pub(crate) peer: &'a Peer,
    /// The version whose rules apply, and what happens to fields it does not have.
    pub(crate) reading: Reading,
    /// One time for the whole batch.
    pub(crate) now: i64,
    /// The request's header.
    pub(crate) header: &'a RequestHeader<'a>,
    /// Bytes of the answer before its first item.
    pub(crate) overhead: usize,
    /// Who is asking, or why the whole message is rejected: then every item fails, and none is done.
    pub(crate) admitted: Outcome<&'a str>,
}

impl Batch<'_> {
    /// Does the items in their order and says what came of each, and what must be saved before anybody is told.
    pub(crate) fn run<'d>(&self, items: &'d [Item<'d>]) -> (Vec<ResponseItem<'d>>, Horizon) {
        let continuation = self.header.batch_error_continuation();
        let undo = continuation == BatchErrorContinuationOption::UNDO;
        let ordered = self.header.batch_order(self.reading.version);
        let mut references = References { ordered, ..References::default() };
        let mut size = self.overhead;
        let mut horizon = Horizon::default();
        let mut done: Vec<ResponseItem<'d>> = Vec::with_capacity(items.len());
        // Undo needs one transaction over the whole batch; otherwise each item has its own.
        let mut whole = undo.then(|| self.begin());
        for item in items {
            let answered = match &mut whole {
                Some(transaction) => self.item(item, transaction.as_mut(), &mut references, &mut size),
                None => {
                    let mut transaction = self.begin();
                    let answered = self.item(item, transaction.as_mut(), &mut references, &mut size);
                    let rests_on = match answered.result {
                        ItemResult::Success(_) => transaction.commit(),
                        _ => transaction.horizon(),
                    };
                    horizon = horizon.max(rests_on);
                    answered
                }
            };
            let failed = matches!(answered.result, ItemResult::Failed(_));
            if failed && undo {
                for earlier in &mut done {
                    earlier.result.undo();
                }
                horizon = whole.take().map_or(horizon, |transaction| transaction.horizon());
                self.services.streams.roll_back(&mut references.streams, 0);
            }
            done.push(answered);
            if failed && continuation != BatchErrorContinuationOption::CONTINUE {
                break;
            }
        }
        if let Some(transaction) = whole {
            horizon = transaction.commit();
        }
        (done, horizon)
    }

    /// A transaction; noted for a connection that Interop has told of a test.
    fn begin(&self) -> Box<dyn Transaction + '_> {
        Noted::wrap(self.store.begin(), &self.services.interop, self.peer.connection)
    }

    /// One item; `size` grows by what its answer takes.
    fn item<'d>(
        &self,
        item: &'d Item<'d>,
        transaction: &mut dyn Transaction,
        references: &mut References,
        size: &mut usize,
    ) -> ResponseItem<'d> {
        let savepoint = transaction.savepoint();
        let streams = references.streams.len();
        let (operation, id, result) = match item {
            Ok(item) => {
                let result = self.operation(item, transaction, references);
                (Some(item.operation), item.unique_batch_item_id.as_deref(), result)
            }
            Err(error) => {
                let unsupported =
                    error.operation.is_some_and(|operation| operations::row(operation, self.reading.version).is_none());
                // 1.x has no order for the two; an operation nobody does is the more useful answer.
                let failure = if unsupported { not_supported() } else { error.error.clone().into() };
                let result = self.client().and(Err(failure));
                (error.operation, error.unique_batch_item_id.as_deref(), result)
            }
        };
        let result = result.map_or_else(ItemResult::Failed, ItemResult::Success);
        let mut answered = ResponseItem { operation, id, result };
        if let ItemResult::Success(_) = answered.result {
            let mut writer = Writer::new();
            write_item(&mut writer, &answered, self.reading.version);
            *size = size.saturating_add(writer.len());
            if *size > self.largest_response() {
                // 1.4 §11.1: Response Too Large in place of the result; nothing is done that the client cannot be told.
                answered.result = ItemResult::Failed(Failure::new(
                    ResultReason::RESPONSE_TOO_LARGE,
                    "the answer is larger than the Maximum Response Size",
                ));
            }
        }
        if matches!(answered.result, ItemResult::Failed(_)) {
            transaction.roll_back(savepoint);
            self.services.streams.roll_back(&mut references.streams, streams);
        }
        answered
    }

    /// Who is asking, unless the message is rejected.
    fn client(&self) -> Outcome<&str> {
        match &self.admitted {
            Ok(client) => Ok(client),
            Err(failure) => Err(Failure::new(failure.reason, failure.message.clone())),
        }
    }

    /// Maximum Response Size; one that is negative lets nothing through.
    fn largest_response(&self) -> usize {
        self.header.maximum_response_size.map_or(usize::MAX, |size| usize::try_from(size).unwrap_or(0))
    }

    /// Operation known, then its own work; gives the encoded Response Payload.
    fn operation(
        &self,
        item: &RequestBatchItem<'_>,
        transaction: &mut dyn Transaction,
        references: &mut References,
    ) -> Outcome<Vec<u8>> {
        let client = self.client()?;
        let row = operations::row(item.operation, self.reading.version).ok_or_else(not_supported)?;
        let payload = item.request_payload.wire().filter(|payload| payload.ty() == ItemType::STRUCTURE);
        let payload = payload.ok_or_else(|| Failure::invalid_message("the Request Payload is no Structure"))?;
        let mut context = Context {
            config: self.config,
            reading: self.reading,
            version: self.reading.version,
            client,
            operation: item.operation,
            now: self.now,
            transaction,
            services: self.services,
            peer: self.peer,
            references,
        };
        let mut writer = Writer::new();
        (row.run)(&mut context, payload, &mut writer)?;
        Ok(writer.finish())
    }
}

/// Operation Not Supported (1.4 §11.1).
fn not_supported() -> Failure {
    Failure::new(ResultReason::OPERATION_NOT_SUPPORTED, "this server does not support the operation")
}

/// Whether every item only interrogates the server.
pub(crate) fn needs_no_identity(items: &[Item<'_>]) -> bool {
    items.iter().all(|item| item.as_ref().is_ok_and(|item| is_open(item.operation)))
}

/// A critical extension nobody here understands: the whole message is rejected (1.4 §6.16, 2.1 §9.13).
pub(crate) fn check_extensions(items: &[Item<'_>], version: Version) -> Outcome<()> {
    let mut extensions = items.iter().flatten().flat_map(|item| &item.message_extensions);
    if extensions.any(|extension| extension.criticality_indicator) {
        return Err(Failure::by_version(
            version,
            ResultReason::FEATURE_NOT_SUPPORTED,
            ResultReason::UNKNOWN_MESSAGE_EXTENSION,
            "a critical message extension is not understood",
        ));
    }
    Ok(())
}
