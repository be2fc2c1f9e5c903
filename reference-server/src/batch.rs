//! The batch: item after item, with Stop, Continue and Undo (1.4 §6.13, 2.1 §9.6).

use crate::config::Config;
use crate::context::{Context, References};
use crate::dispatch::is_open;
use crate::failure::{Failure, Outcome};
use crate::header::Header;
use crate::operations;
use crate::respond::{ItemResult, ResponseItem, write_item};
use crate::store::{Store, Transaction};
use kmipspec_protocol::registry::{BatchErrorContinuationOption, Operation, ResultReason, tag};
use kmipspec_protocol::ttlv::{Code, Cursor, Doc, ItemRef, ItemType, MAX_DIAGS, Writer};
use kmipspec_protocol::version::Version;

/// One batch to be done.
pub(crate) struct Batch<'a> {
    /// Settings.
    pub(crate) config: &'a Config,
    /// Managed objects.
    pub(crate) store: &'a dyn Store,
    /// The version whose rules apply.
    pub(crate) version: Version,
    /// Who is asking.
    pub(crate) client: &'a str,
    /// One time for the whole batch.
    pub(crate) now: i64,
    /// The request's header.
    pub(crate) header: &'a Header<'a>,
    /// Bytes of the answer before its first item.
    pub(crate) overhead: usize,
    /// Something inside a batch item is no TTLV: which one is found on the way.
    pub(crate) damaged: bool,
}

impl Batch<'_> {
    /// Does the items in their order and says what came of each.
    pub(crate) fn run<'d>(&self, items: &[ItemRef<'d>]) -> Vec<ResponseItem<'d>> {
        let undo = self.header.continuation == BatchErrorContinuationOption::UNDO;
        let mut references = References { ordered: self.header.ordered, ..References::default() };
        let mut size = self.overhead;
        let mut done: Vec<ResponseItem<'d>> = Vec::with_capacity(items.len());
        // Undo needs one transaction over the whole batch; otherwise each item has its own.
        let mut whole = undo.then(|| self.store.begin());
        for item in items {
            let answered = match &mut whole {
                Some(transaction) => self.item(*item, transaction.as_mut(), &mut references, &mut size),
                None => {
                    let mut transaction = self.store.begin();
                    let answered = self.item(*item, transaction.as_mut(), &mut references, &mut size);
                    if matches!(answered.result, ItemResult::Success(_)) {
                        transaction.commit();
                    }
                    answered
                }
            };
            let failed = matches!(answered.result, ItemResult::Failed(_));
            if failed && undo {
                for earlier in &mut done {
                    earlier.result = ItemResult::Undone;
                }
                whole = None;
            }
            done.push(answered);
            if failed && self.header.continuation != BatchErrorContinuationOption::CONTINUE {
                break;
            }
        }
        if let Some(transaction) = whole {
            transaction.commit();
        }
        done
    }

    /// One item; `size` grows by what its answer takes.
    fn item<'d>(
        &self,
        item: ItemRef<'d>,
        transaction: &mut dyn Transaction,
        references: &mut References,
        size: &mut usize,
    ) -> ResponseItem<'d> {
        let mut answered = ResponseItem {
            operation: item.child(tag::OPERATION).filter(|o| o.ty() == ItemType::ENUMERATION).and_then(ItemRef::as_u32),
            id: item.child(tag::UNIQUE_BATCH_ITEM_ID).and_then(ItemRef::as_bytes),
            result: ItemResult::Undone,
        };
        let savepoint = transaction.savepoint();
        answered.result = match self.operation(item, transaction, references) {
            Ok(payload) => ItemResult::Success(payload),
            Err(failure) => ItemResult::Failed(failure),
        };
        let limit = self.header.maximum_response_size.unwrap_or(usize::MAX);
        if let ItemResult::Success(_) = answered.result {
            let mut writer = Writer::new();
            write_item(&mut writer, &answered);
            *size = size.saturating_add(writer.len());
            if *size > limit {
                // 1.4 §11.1: Response Too Large in place of the result; nothing is done that the client cannot be told.
                answered.result = ItemResult::Failed(Failure::new(
                    ResultReason::RESPONSE_TOO_LARGE,
                    "the answer is larger than the Maximum Response Size",
                ));
            }
        }
        if matches!(answered.result, ItemResult::Failed(_)) {
            transaction.roll_back(savepoint);
        }
        answered
    }

    /// Operation known, then its own work; gives the encoded Response Payload.
    fn operation(
        &self,
        item: ItemRef<'_>,
        transaction: &mut dyn Transaction,
        references: &mut References,
    ) -> Outcome<Vec<u8>> {
        let mut fields = Cursor::new(item);
        let operation = Operation(fields.req_enumeration(tag::OPERATION)?);
        let row = operations::row(operation, self.version).ok_or_else(|| {
            Failure::new(ResultReason::OPERATION_NOT_SUPPORTED, "this server does not support the operation")
        })?;
        if self.damaged && item.descendants().any(|i| !i.is_well_formed()) {
            return Err(Failure::invalid_message("the batch item cannot be parsed"));
        }
        if self.version >= Version::V2_1 {
            // Ephemeral: the Data of the response stays with the server (2.1 §8.3); no operation here returns Data yet.
            fields.opt(tag::EPHEMERAL);
        }
        fields.opt_bytes(tag::UNIQUE_BATCH_ITEM_ID)?;
        let payload = fields.req(tag::REQUEST_PAYLOAD)?;
        while fields.opt_structure(tag::MESSAGE_EXTENSION)?.is_some() {}
        fields.finish()?;
        if payload.ty() != ItemType::STRUCTURE {
            return Err(Failure::invalid_message("the Request Payload is no Structure"));
        }
        let mut context = Context {
            config: self.config,
            version: self.version,
            client: self.client,
            operation,
            now: self.now,
            transaction,
            references,
        };
        let mut writer = Writer::new();
        writer.begin(tag::RESPONSE_PAYLOAD);
        (row.run)(&mut context, payload, &mut writer)?;
        Ok(writer.finish())
    }
}

/// Whether every item only interrogates the server.
pub(crate) fn needs_no_identity(items: &[ItemRef<'_>]) -> bool {
    items.iter().all(|item| {
        item.child(tag::OPERATION).and_then(ItemRef::as_u32).is_some_and(|operation| is_open(Operation(operation)))
    })
}

/// Unique Batch Item ID is required where there is more than one item (1.4 Table 283, 2.1 §8.3).
pub(crate) fn check_identifiers(items: &[ItemRef<'_>]) -> Outcome<()> {
    if items.len() > 1 && items.iter().any(|item| item.child(tag::UNIQUE_BATCH_ITEM_ID).is_none()) {
        return Err(Failure::invalid_message("a batch of several items needs a Unique Batch Item ID in each"));
    }
    Ok(())
}

/// A critical extension nobody here understands: the whole message is rejected (1.4 §6.16, 2.1 §9.13).
pub(crate) fn check_extensions(items: &[ItemRef<'_>], version: Version) -> Outcome<()> {
    let extensions = items.iter().flat_map(|item| item.children().filter(|c| c.tag() == tag::MESSAGE_EXTENSION));
    for extension in extensions {
        let mut fields = Cursor::new(extension);
        fields.req_text(tag::VENDOR_IDENTIFICATION)?;
        let critical = fields.req_bool(tag::CRITICALITY_INDICATOR)?;
        fields.req(tag::VENDOR_EXTENSION)?;
        fields.finish()?;
        if critical {
            return Err(Failure::by_version(
                version,
                ResultReason::FEATURE_NOT_SUPPORTED,
                ResultReason::UNKNOWN_MESSAGE_EXTENSION,
                "a critical message extension is not understood",
            ));
        }
    }
    Ok(())
}

/// Whether everything that is wrong with a message lies inside batch items: then only those items fail (1.4 §11.1).
pub(crate) fn damage_is_inside_payloads(doc: &Doc<'_>) -> bool {
    let Some(root) = doc.root().filter(|root| root.is_well_formed() && doc.trailing().is_empty()) else { return false };
    let inside: Vec<_> = root
        .children()
        .filter(|c| c.tag() == tag::BATCH_ITEM && c.ty() == ItemType::STRUCTURE && c.is_well_formed())
        .filter_map(|c| c.child(tag::REQUEST_PAYLOAD))
        .map(|payload| payload.index()..payload.subtree_end())
        .collect();
    let diags = doc.diags();
    diags.len() < MAX_DIAGS
        && diags.iter().all(|diag| !matches!(diag.code, Code::TooDeep | Code::TooManyItems | Code::TooLarge))
        && diags.iter().all(|diag| diag.node().is_some_and(|node| inside.iter().any(|range| range.contains(&node))))
}
