//! Which batch items are done later, and doing them then (1.4 §6.7, 2.1 §8, §9.2 and §11.3).
//!
//! After one item of a batch that is done later, all that can be are: they may rest on what it makes. They are done together, in
//! their order, with the rules of their batch, so that Stop and Undo mean what they mean without delay.

use crate::batch::{Batch, Item, Step};
use crate::config::Config;
use crate::dispatch;
use crate::failure::Failure;
use crate::jobs::{Group, Submission};
use crate::operations;
use crate::prepared::aside;
use crate::respond::{ItemResult, ResponseItem};
use crate::services::Services;
use crate::store::{Horizon, Store};
use kmipspec_protocol::message::{AsynchronousIndicator, RequestMessage};
use kmipspec_protocol::registry::{self, BatchErrorContinuationOption, Operation, ResultReason, tag};
use kmipspec_protocol::ttlv::{Doc, ItemRef};

impl Batch<'_> {
    /// What happens to each item: done now, or later under a value that is made here.
    pub(crate) fn steps(&self, items: &[Item<'_>]) -> Vec<Step> {
        let now = || items.iter().map(|_| Step::Now).collect();
        let must = match self.header.asynchronous_indicator {
            Some(AsynchronousIndicator::Boolean(true)) => false,
            Some(AsynchronousIndicator::Enumeration(registry::AsynchronousIndicator::OPTIONAL)) => false,
            Some(AsynchronousIndicator::Enumeration(registry::AsynchronousIndicator::MANDATORY)) => true,
            _ => return now(),
        };
        let Some(identity) = self.admitted.as_ref().ok().filter(|identity| !identity.name.is_empty()) else {
            return now();
        };
        let named = self.config.asynchronous.operations.as_ref();
        let can = |item: &Item<'_>| item.as_ref().is_ok_and(|item| self.can_wait(item.operation, must));
        let chosen = |item: &Item<'_>| {
            can(item) && (must || item.as_ref().is_ok_and(|item| named.is_none_or(|all| all.contains(&item.operation))))
        };
        // What is undone as a whole is done as a whole.
        if self.undo() && !must && !items.iter().all(can) {
            return now();
        }
        let first = if self.undo() { items.iter().any(chosen).then_some(0) } else { items.iter().position(chosen) };
        let Some(first) = first else { return now() };
        let later = |(place, item): (usize, &Item<'_>)| place >= first && can(item);
        let count = items.iter().enumerate().filter(|one| later(*one)).count();
        let room = self.services.jobs.has_room(self.config, &identity.name, count);
        if !room && !must {
            return now();
        }
        let step = |one| match self.correlation_value().filter(|_| room) {
            _ if !later(one) => Step::Now,
            Some(value) => Step::Later(value),
            None => Step::Refused,
        };
        items.iter().enumerate().map(step).collect()
    }

    /// Whether an operation can be done later. Poll and Cancel cannot (1.4 §4.27 and §4.28), nor those about them; what a client
    /// waits for before it does anything else only is when it has to be (2.1 §11.3: Mandatory).
    fn can_wait(&self, operation: Operation, must: bool) -> bool {
        let never = matches!(
            operation,
            Operation::POLL | Operation::CANCEL | Operation::PROCESS | Operation::QUERY_ASYNCHRONOUS_REQUESTS
        );
        let rather_not = matches!(
            operation,
            Operation::QUERY
                | Operation::DISCOVER_VERSIONS
                | Operation::LOGIN
                | Operation::LOGOUT
                | Operation::DELEGATED_LOGIN
                | Operation::INTEROP
                | Operation::PING
                | Operation::SET_ENDPOINT_ROLE
        );
        operations::row(operation, self.reading.version).is_some() && !never && (must || !rather_not)
    }

    /// Whether the batch is undone as a whole.
    pub(crate) fn undo(&self) -> bool {
        self.header.batch_error_continuation() == BatchErrorContinuationOption::UNDO
    }

    /// A new Asynchronous Correlation Value.
    fn correlation_value(&self) -> Option<Vec<u8>> {
        let mut value = vec![0; 16];
        self.config.random.fill(&mut value).then_some(value)
    }

    /// Puts off what was answered with Pending; gives the number of the group.
    pub(crate) fn put_off(
        &self,
        done: &[(usize, ResponseItem<'_>)],
        references: crate::context::References,
    ) -> Option<u64> {
        let identity = self.admitted.as_ref().ok()?.clone();
        let pending = |(place, answer): &(usize, ResponseItem<'_>)| match (&answer.result, answer.operation) {
            // A Poll of something else may be answered so, too.
            (ItemResult::Pending(value), Some(operation)) if operation != Operation::POLL => {
                Some((*place, operation, value.clone()))
            }
            _ => None,
        };
        let items: Vec<_> = done.iter().filter_map(pending).collect();
        if items.is_empty() {
            return None;
        }
        let submission = Submission {
            message: self.message.to_vec(),
            items,
            references,
            identity,
            attested: self.attested,
            peer: self.peer.clone(),
            undo: self.undo(),
            version: self.reading.version,
        };
        Some(self.services.jobs.submit(self.config, submission))
    }

    /// Before Poll, Cancel, Process or Query Asynchronous Requests: what is due is done, and what this item hastens. Whether it did.
    pub(crate) fn hasten(&self, operation: Operation, payload: ItemRef<'_>, client: &str) -> bool {
        let (config, jobs) = (self.config, &self.services.jobs);
        let value = payload.child(tag::ASYNCHRONOUS_CORRELATION_VALUE).and_then(ItemRef::as_bytes);
        aside(|| {
            do_due(config, self.store, self.services);
            let hastens = match operation {
                Operation::PROCESS => !config.quirks.is_polite(operation),
                _ => operation == Operation::POLL && config.asynchronous.poll_hastens,
            };
            let Some(value) = value.filter(|_| hastens) else { return false };
            let begun = jobs.begin(client, value);
            if let Some(group) = &begun {
                do_group(config, self.store, self.services, group);
            }
            // Somebody else may have begun it.
            jobs.wait(client, value) || begun.is_some()
        })
    }
}

/// Does what is due.
pub(crate) fn do_due(config: &Config, store: &dyn Store, services: &Services) {
    for group in services.jobs.begin_due(config) {
        do_group(config, store, services, &group);
    }
}

/// Does the operations of a group as if they were asked for now.
fn do_group(config: &Config, store: &dyn Store, services: &Services, group: &Group) {
    let wanted = services.jobs.wanted(group);
    let doc = Doc::lenient(&group.message, &dispatch::limits(config));
    let mut horizon = Horizon::default();
    let mut results = Vec::with_capacity(wanted.len());
    if let Ok(request) = RequestMessage::decode_for(&doc, &config.versions) {
        let batch = Batch {
            config,
            store,
            services,
            peer: &group.peer,
            message: &group.message,
            reading: request.reading,
            now: config.clock.now(),
            header: &request.header,
            overhead: 0,
            // Each Poll has a limit of its own.
            largest: usize::MAX,
            admitted: Ok(group.identity.clone()),
            attested: group.attested,
        };
        let step = |place| match group.items.iter().any(|(item, _)| *item == place) {
            true if wanted.contains(&place) => Step::Now,
            true => Step::Canceled,
            false => Step::Before,
        };
        let steps: Vec<Step> = (0..request.batch_items.len()).map(step).collect();
        let (done, saved) = batch.walk(&request.batch_items, &steps, &mut group.references.clone());
        horizon = saved;
        results.extend(done.into_iter().map(|(place, answer)| (place, answer.result)));
    }
    for place in wanted {
        if !results.iter().any(|(done, _)| *done == place) {
            // UNCLEAR: no text says what a Poll of an item is answered with that Stop or Undo left undone.
            let failure =
                Failure::new(ResultReason::GENERAL_FAILURE, "not done: an item before it in its batch failed");
            results.push((place, ItemResult::Failed(failure)));
        }
    }
    services.jobs.finish(config, group, results, horizon);
}
