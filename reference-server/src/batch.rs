//! The batch: item after item, with Stop, Continue and Undo (1.4 §6.13, 2.1 §9.6).

use crate::attestation;
use crate::config::Config;
use crate::context::{Context, References};
use crate::dispatch::is_open;
use crate::failure::{Failure, Outcome};
use crate::federation;
use crate::grant::Permit;
use crate::identity::Identity;
use crate::interop::Noted;
use crate::operations;
use crate::peer::Peer;
use crate::prepared::{Prepared, RsaKey};
use crate::registration;
use crate::respond::{ItemResult, ResponseItem, write_item};
use crate::services::Services;
use crate::store::{Horizon, Store, Transaction};
use kmipspec_protocol::message::{BatchItemError, Reading, RequestBatchItem, RequestHeader};
use kmipspec_protocol::registry::{BatchErrorContinuationOption, Operation, ResultReason};
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
    /// The request's bytes.
    pub(crate) message: &'a [u8],
    /// The version whose rules apply, and what happens to fields it does not have.
    pub(crate) reading: Reading,
    /// One time for the whole batch.
    pub(crate) now: i64,
    /// The request's header.
    pub(crate) header: &'a RequestHeader<'a>,
    /// Bytes of the answer before its first item.
    pub(crate) overhead: usize,
    /// How large the answer may be.
    pub(crate) largest: usize,
    /// Who is asking, or why the whole message is rejected: then every item fails, and none is done.
    pub(crate) admitted: Outcome<Identity>,
    /// Whether an attestation came with the request.
    pub(crate) attested: bool,
}

impl Batch<'_> {
    /// Does the items in their order and says what came of each, what must be saved before anybody is told, and under which
    /// number the server is to do what is done later.
    pub(crate) fn run<'d>(&self, items: &'d [Item<'d>]) -> (Vec<ResponseItem<'d>>, Horizon, Option<u64>) {
        let ordered = self.header.batch_order(self.reading.version);
        let mut references = References { ordered, ..References::default() };
        let (done, horizon) = self.walk(items, &self.steps(items), &mut references);
        for value in std::mem::take(&mut references.told) {
            self.services.jobs.take(&value);
        }
        // What was done now is done for good; what is done later goes back no further.
        references.streams.clear();
        let later = self.put_off(&done, references);
        (done.into_iter().map(|(_, answer)| answer).collect(), horizon, later)
    }

    /// Walks through the items; what came of each, by its place.
    pub(crate) fn walk<'d>(
        &self,
        items: &'d [Item<'d>],
        steps: &[Step],
        references: &mut References,
    ) -> (Vec<(usize, ResponseItem<'d>)>, Horizon) {
        let continuation = self.header.batch_error_continuation();
        let undo = self.undo();
        let mut size = self.overhead;
        let mut horizon = Horizon::default();
        let mut done: Vec<(usize, ResponseItem<'d>)> = Vec::with_capacity(items.len());
        // Undo needs one transaction over the whole batch; otherwise each item has its own. What takes long is done before.
        let mut prepared: Vec<Prepared> = Vec::new();
        if undo {
            prepared.extend(items.iter().zip(steps).map(|(item, step)| self.prepare(item, step, references)));
        }
        let mut prepared = prepared.into_iter();
        let mut whole = undo.then(|| self.begin());
        for (place, (item, step)) in items.iter().zip(steps).enumerate() {
            let mut ready = prepared.next().unwrap_or_else(|| self.prepare(item, step, references));
            let answered = match (step, &mut whole) {
                (Step::Before, _) => continue,
                (Step::Canceled, _) => {
                    // What follows must not take another object for the one that was not made.
                    references.placeholder = None;
                    continue;
                }
                (Step::Later(value), _) => unanswered(item, ItemResult::Pending(value.clone())),
                (Step::Refused, _) => unanswered(item, ItemResult::Failed(too_many())),
                (Step::Now, Some(transaction)) => {
                    self.item(item, transaction.as_mut(), &mut ready, references, &mut size)
                }
                (Step::Now, None) => {
                    let mut transaction = self.begin();
                    let answered = self.item(item, transaction.as_mut(), &mut ready, references, &mut size);
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
                for (_, earlier) in &mut done {
                    earlier.result.undo();
                }
                references.told.clear();
                horizon = whole.take().map_or(horizon, |transaction| transaction.horizon());
                self.services.streams.roll_back(&mut references.streams, 0);
            }
            done.push((place, answered));
            if failed && continuation != BatchErrorContinuationOption::CONTINUE {
                break;
            }
        }
        if let Some(transaction) = whole {
            horizon = transaction.commit();
        }
        (done, horizon.max(references.horizon))
    }

    /// What takes long, or is not the item's own work, before its transaction begins.
    fn prepare(&self, item: &Item<'_>, step: &Step, references: &References) -> Prepared {
        let (Step::Now, Ok(item), Ok(identity)) = (step, item, &self.admitted) else { return Prepared::default() };
        let admitted = Permit::new(identity.grant.as_deref(), item.operation).is_ok()
            && operations::row(item.operation, self.reading.version).is_some();
        match item.operation {
            Operation::CREATE_KEY_PAIR | Operation::RE_KEY_KEY_PAIR if admitted => {
                let mut asked = Prepared { rsa: RsaKey::Asked, ..Prepared::default() };
                let mut transaction = self.begin();
                // It ends where a key is needed, or before, where it will end again; nothing stays of it.
                let _ = self.operation(item, transaction.as_mut(), &mut asked, &mut references.clone());
                drop(transaction);
                Prepared { rsa: asked.rsa.make(self.config.random.as_ref()), ..asked }
            }
            Operation::POLL | Operation::CANCEL | Operation::PROCESS | Operation::QUERY_ASYNCHRONOUS_REQUESTS
                if admitted =>
            {
                let payload = item.request_payload.wire();
                let hastened = payload.is_some_and(|payload| self.hasten(item.operation, payload, &identity.name));
                Prepared { hastened, ..Prepared::default() }
            }
            _ => Prepared::default(),
        }
    }

    /// A transaction; noted for a connection that Interop has told of a test.
    fn begin(&self) -> Box<dyn Transaction + '_> {
        let transaction = self.config.quirks.keeping(self.store.begin());
        Noted::wrap(transaction, &self.services.interop, self.peer.connection)
    }

    /// One item; `size` grows by what its answer takes.
    fn item<'d>(
        &self,
        item: &'d Item<'d>,
        transaction: &mut dyn Transaction,
        prepared: &mut Prepared,
        references: &mut References,
        size: &mut usize,
    ) -> ResponseItem<'d> {
        let streams = references.streams.len();
        let (savepoint, told) = (transaction.savepoint(), references.told.len());
        let (operation, id, result) = match item {
            Ok(item) => {
                let outcome = self.operation(item, transaction, prepared, references);
                let (operation, result) = outcome.unwrap_or_else(|e| (item.operation, ItemResult::Failed(e)));
                (Some(operation), item.unique_batch_item_id.as_deref(), result)
            }
            Err(error) => {
                let unsupported =
                    error.operation.is_some_and(|operation| operations::row(operation, self.reading.version).is_none());
                // 1.x has no order for the two; an operation nobody does is the more useful answer.
                let failure = if unsupported { not_supported() } else { error.error.clone().into() };
                let failure = self.client().err().unwrap_or(failure);
                (error.operation, error.unique_batch_item_id.as_deref(), ItemResult::Failed(failure))
            }
        };
        let mut answered = ResponseItem { operation, id, result };
        if let ItemResult::Success(_) = answered.result {
            let mut writer = Writer::new();
            write_item(&mut writer, &answered, self.reading.version);
            *size = size.saturating_add(writer.len());
            if *size > self.largest {
                // 1.4 §11.1: Response Too Large in place of the result; nothing is done that the client cannot be told.
                answered.result = ItemResult::Failed(Failure::new(
                    ResultReason::RESPONSE_TOO_LARGE,
                    "the answer is larger than the Maximum Response Size",
                ));
                references.told.truncate(told);
            }
        }
        if matches!(answered.result, ItemResult::Failed(_)) {
            transaction.roll_back(savepoint);
            self.services.streams.roll_back(&mut references.streams, streams);
        }
        answered
    }

    /// Who is asking, unless the message is rejected.
    fn client(&self) -> Outcome<&Identity> {
        match &self.admitted {
            Ok(identity) => Ok(identity),
            Err(failure) => Err(Failure::new(failure.reason, failure.message.clone())),
        }
    }

    /// Operation known, then its own work; gives what is answered: the operation's name, unless it is a Poll, and its result.
    fn operation(
        &self,
        item: &RequestBatchItem<'_>,
        transaction: &mut dyn Transaction,
        prepared: &mut Prepared,
        references: &mut References,
    ) -> Outcome<(Operation, ItemResult)> {
        let identity = self.client()?;
        let row = operations::row(item.operation, self.reading.version).ok_or_else(not_supported)?;
        let payload = item.request_payload.wire().filter(|payload| payload.ty() == ItemType::STRUCTURE);
        let payload = payload.ok_or_else(|| Failure::invalid_message("the Request Payload is no Structure"))?;
        if let Some(answer) = self.config.quirks.polite(item.operation, payload) {
            return Ok((item.operation, ItemResult::Success(answer)));
        }
        let attestation = self.config.attestation.as_ref();
        if item.operation == Operation::GET && self.config.quirks.has("attestation-is-asked-of-all") {
            return Err(attestation::missing(true));
        }
        if !self.attested && attestation.is_some_and(|rules| rules.operations.contains(&item.operation)) {
            return Err(attestation::missing(self.header.attestation_capable_indicator == Some(true)));
        }
        let bootstrap = registration::check(self.config, self.peer, transaction, item.operation)?;
        let taking = federation::receiving(self.config, self.peer, identity, item.operation);
        let before = taking.as_ref().map(|taking| taking.begin(transaction, payload)).transpose()?.flatten();
        let identity = taking.as_ref().map_or(identity, |taking| &taking.identity);
        let mut context = Context {
            config: self.config,
            reading: self.reading,
            version: self.reading.version,
            client: &identity.name,
            identity,
            permit: Permit::new(identity.grant.as_deref(), item.operation)?,
            operation: item.operation,
            now: self.now,
            transaction,
            services: self.services,
            peer: self.peer,
            prepared,
            instead: None,
            references,
        };
        let mut writer = Writer::new();
        (row.run)(&mut context, payload, &mut writer)?;
        context.permit.finish(payload)?;
        if bootstrap && item.operation == Operation::CERTIFY {
            registration::issued(context.peer, context.transaction, context.references.placeholder.as_deref());
        }
        if let Some(taking) = &taking {
            taking.finish(context.transaction, payload, before);
        }
        Ok(context.instead.unwrap_or_else(|| (item.operation, ItemResult::Success(writer.finish()))))
    }
}

/// What happens to an item of a batch.
#[derive(Debug)]
pub(crate) enum Step {
    /// It was done before, or is none of those that are done now.
    Before,
    /// It is done now.
    Now,
    /// It is done later, and asked for with this Asynchronous Correlation Value.
    Later(Vec<u8>),
    /// It would have to be done later, and cannot be.
    Refused,
    /// It was to be done now, and was canceled.
    Canceled,
}

/// The answer to an item that is not done now.
fn unanswered<'d>(item: &'d Item<'d>, result: ItemResult) -> ResponseItem<'d> {
    let id = item.as_ref().map_or_else(|e| e.unique_batch_item_id.as_deref(), |i| i.unique_batch_item_id.as_deref());
    ResponseItem { operation: item.as_ref().map_or_else(|e| e.operation, |i| Some(i.operation)), id, result }
}

/// Nobody has so many operations done later.
fn too_many() -> Failure {
    Failure::new(ResultReason::SERVER_LIMIT_EXCEEDED, "too many operations are pending")
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
