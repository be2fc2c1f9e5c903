//! Fetches objects from another server, again and again: copies that can be used while that server cannot be reached, as far as
//! their allowance and as long as their lease goes. What changed there meanwhile shows up here with the next pass.

use super::copies::{self, Terms};
use super::line::{CallError, Caller};
use super::sender::{import, name_taken, qualify};
use crate::dispatch::Core;
use crate::identity::Identity;
use crate::usage;
use kmipspec_protocol::attributes::{Attribute, Attributes};
use kmipspec_protocol::registry::{NameType, Operation, tag};
use kmipspec_protocol::ttlv::{Doc, Item, Value, Writer};
use kmipspec_protocol::version::Version;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Wait after a failure.
const WAIT: Duration = Duration::from_millis(500);

/// What fetches over one link.
pub(crate) struct Fetcher {
    /// Calls the other server.
    pub(crate) caller: Arc<Caller>,
    /// The server.
    pub(crate) core: Arc<Core>,
}

impl Fetcher {
    /// Runs until the server stops.
    pub(crate) async fn run(self, mut stopped: watch::Receiver<bool>) {
        tokio::select! {
            biased;
            _ = stopped.wait_for(|stop| *stop) => {}
            () = self.fetch_all() => {}
        }
    }

    /// Pass after pass, for ever. A pass that was cut goes on where it was.
    async fn fetch_all(&self) {
        let link = &self.caller.link;
        let mut seen = Vec::new();
        loop {
            match self.pass(&mut seen).await {
                Ok(()) => {
                    seen.clear();
                    tokio::time::sleep(link.every).await;
                }
                Err(error @ CallError::Refused(..)) => {
                    tracing::warn!(link = link.name, %error, "another server does not tell what it has");
                    tokio::time::sleep(link.every).await;
                }
                Err(error) => {
                    tracing::debug!(link = link.name, %error, seen = seen.len(), "another server was not reached");
                    tokio::time::sleep(WAIT.min(link.every)).await;
                }
            }
        }
    }

    /// Asks the other server.
    async fn ask(&self, operation: Operation, payload: Vec<Item>) -> Result<Item, CallError> {
        self.caller.ask(operation, payload, &self.core.config().limits).await
    }

    /// Locates page after page (Offset Items), takes what is new, then looks after copies that were not located.
    /// `seen` is how far the pass has come: the objects looked at.
    async fn pass(&self, seen: &mut Vec<String>) -> Result<(), CallError> {
        let link = &self.caller.link;
        loop {
            let offset = seen.len();
            let located = self.ask(Operation::LOCATE, self.wanted(offset)).await?;
            let ids: Vec<String> = located.items().iter().filter_map(identifier).collect();
            let page = ids.len();
            for id in ids {
                if !seen.contains(&id) {
                    self.one(&id).await?;
                }
                seen.push(id);
            }
            let all = match located.child(tag::LOCATED_ITEMS).and_then(Item::value) {
                Some(Value::Integer(all)) => usize::try_from(all).unwrap_or(0),
                _ => 0,
            };
            if page == 0 || (seen.len() >= all && page < usize::try_from(link.page).unwrap_or(usize::MAX)) {
                break;
            }
        }
        let copies = copies::of_source(self.core.store().begin().as_ref(), &link.name);
        for id in copies.into_iter().filter(|id| !seen.contains(id)) {
            self.missing(&id).await?;
        }
        Ok(())
    }

    /// Request Payload of Locate.
    fn wanted(&self, offset: usize) -> Vec<Item> {
        let link = &self.caller.link;
        let mut attributes: Vec<Attribute> = Vec::new();
        let mut want = |value: Item| attributes.push(Attribute::standard(value));
        // All of them have to match at once; with several groups or names, the rest is sorted out by `one`.
        if let [group] = link.groups.as_slice() {
            want(Item::text(tag::OBJECT_GROUP, group.as_str()));
        }
        if let [name] = link.names.as_slice() {
            let kind = Item::enumeration(tag::NAME_TYPE, NameType::UNINTERPRETED_TEXT_STRING.0);
            want(Item::structure(tag::NAME, vec![Item::text(tag::NAME_VALUE, name.as_str()), kind]));
        }
        if let [kind] = link.object_types.as_slice() {
            want(Item::enumeration(tag::OBJECT_TYPE, kind.0));
        }
        let mut writer = Writer::new();
        writer.begin(tag::REQUEST_PAYLOAD);
        Attributes::from(attributes).encode(&mut writer, link.version);
        writer.end();
        let mut payload = vec![Item::integer(tag::MAXIMUM_ITEMS, link.page)];
        payload.push(Item::integer(tag::OFFSET_ITEMS, i32::try_from(offset).unwrap_or(i32::MAX)));
        let bytes = writer.finish();
        if let Ok(doc) = Doc::strict(&bytes, self.core.limits())
            && let Some(root) = doc.root()
        {
            let attributes = root.children().map(Item::from_ref);
            match link.version >= Version::V2_0 {
                true => payload.push(Item::structure(tag::ATTRIBUTES, attributes.collect())),
                false => payload.extend(attributes),
            }
        }
        payload
    }

    /// An object there: takes it if it is new here or has changed, and sees to its allowance and lease.
    async fn one(&self, id: &str) -> Result<(), CallError> {
        let (link, core) = (&self.caller.link, &self.core);
        let id_item = || Item::text(tag::UNIQUE_IDENTIFIER, id);
        let exported = match self.ask(Operation::EXPORT, vec![id_item()]).await {
            Err(error @ CallError::Refused(..)) => {
                tracing::debug!(link = link.name, object = id, %error, "another server does not give an object");
                return Ok(());
            }
            exported => exported?,
        };
        let mut import = import(&exported, link.version, false);
        let mut until = None;
        if link.lease {
            let lease = match self.ask(Operation::OBTAIN_LEASE, vec![id_item()]).await {
                Ok(lease) => match lease.child(tag::LEASE_TIME).and_then(Item::value) {
                    Some(Value::Interval(seconds)) => i64::from(seconds),
                    _ => 0,
                },
                Err(CallError::Refused(..)) => 0,
                Err(error) => return Err(error),
            };
            until = Some(core.config().clock.now().saturating_add(lease));
        }
        self.allowance(id, &import).await?;
        let terms = Terms { source: link.name.clone(), read_only: true, until, by_grant: true };
        let terms = Arc::new(terms);
        let owner = Identity::named(core.config(), link.owner.as_deref().unwrap_or(&link.name));
        let take = |payload| core.local(&owner, Some(Arc::clone(&terms)), link.version, Operation::IMPORT, payload);
        let taken = match take(import.clone()).await {
            Err(CallError::Refused(reason, _)) if name_taken(reason) => {
                qualify(&mut import, link.qualifier.as_deref().unwrap_or(&link.name));
                take(import).await
            }
            taken => taken,
        };
        if let Err(error) = taken {
            tracing::warn!(link = link.name, object = id, %error, "an object of another server cannot be taken over");
        }
        Ok(())
    }

    /// Has more of the Usage Limits set aside when less than half of the allowance is left.
    async fn allowance(&self, id: &str, there: &[Item]) -> Result<(), CallError> {
        let (link, store) = (&self.caller.link, self.core.store());
        let Some(allowance) = link.allowance else { return Ok(()) };
        let mut there = there.to_vec();
        let limits = super::sender::values(&mut there, tag::USAGE_LIMITS, "Usage Limits");
        let Some(limits) = limits.first() else { return Ok(()) };
        let available = match limits.child(tag::USAGE_LIMITS_COUNT).and_then(Item::value) {
            Some(Value::LongInteger(available)) => available,
            _ => 0,
        };
        let (left, waiting) = {
            let transaction = store.begin();
            let left = transaction.object(id).and_then(|object| usage::left(&object)).unwrap_or(0);
            (left, copies::granted(transaction.as_ref(), id))
        };
        let have = left.saturating_add(waiting);
        let amount = allowance.saturating_sub(have).min(available);
        if have > allowance / 2 || amount <= 0 {
            return Ok(());
        }
        let payload = vec![Item::text(tag::UNIQUE_IDENTIFIER, id), Item::long_integer(tag::USAGE_LIMITS_COUNT, amount)];
        match self.ask(Operation::GET_USAGE_ALLOCATION, payload).await {
            Ok(_) => {
                let mut transaction = store.begin();
                copies::grant(transaction.as_mut(), id, amount);
                let _ = transaction.commit();
                Ok(())
            }
            // A key that may not protect now has no allowance.
            Err(CallError::Refused(..)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// A copy of what is not located any more: destroyed there, or no longer for this server, which ends the lease.
    async fn missing(&self, id: &str) -> Result<(), CallError> {
        self.one(id).await?;
        let ask = self.ask(Operation::GET_ATTRIBUTE_LIST, vec![Item::text(tag::UNIQUE_IDENTIFIER, id)]).await;
        match ask {
            Err(CallError::Refused(..)) => {
                let now = self.core.config().clock.now();
                let mut transaction = self.core.store().begin();
                if let Some(terms) = Terms::of(transaction.as_ref(), id) {
                    let terms = Terms { until: Some(now.saturating_sub(1)), ..terms };
                    terms.keep(transaction.as_mut(), id);
                }
                let _ = transaction.commit();
                Ok(())
            }
            answer => answer.map(drop),
        }
    }
}

/// The text of a Unique Identifier.
fn identifier(item: &Item) -> Option<String> {
    let text = item.value()?.text()?;
    (item.tag == tag::UNIQUE_IDENTIFIER).then(|| text.to_owned())
}
