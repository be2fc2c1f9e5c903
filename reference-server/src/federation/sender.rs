//! Sends what waits in the outbox, one object after the other, until the other server has all of it.

use super::line::{CallError, Caller};
use super::outbox::Outbox;
use crate::dispatch::Core;
use crate::identity::Identity;
use crate::store::Store;
use crate::usage;
use kmipspec_protocol::registry::{
    EncodingOption, KeyWrapType, ObjectType, Operation, ResultReason, WrappingMethod, tag,
};
use kmipspec_protocol::ttlv::{Item, Tag, Value};
use kmipspec_protocol::version::Version;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Wait after the first failure; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// The table of shares of Usage Limits that were set aside for a receiver, by link and object.
const SHARES: &str = "federation-shares";

/// What sends over one link.
pub(crate) struct Sender {
    /// Calls the other server.
    pub(crate) caller: Arc<Caller>,
    /// The server.
    pub(crate) core: Arc<Core>,
}

impl Sender {
    /// Runs until the server stops.
    pub(crate) async fn run(self, mut stopped: watch::Receiver<bool>) {
        tokio::select! {
            biased;
            _ = stopped.wait_for(|stop| *stop) => {}
            () = self.send_all() => {}
        }
    }

    /// Sends what waits, for ever.
    async fn send_all(&self) {
        let (link, store) = (&self.caller.link, self.core.store());
        let mut wait = FIRST_WAIT;
        loop {
            let Some((id, entry)) = Outbox::first(store, link) else {
                self.core.outbox().changed(link).await;
                continue;
            };
            match self.send(&id).await {
                Ok(()) => {
                    Outbox::done(store, link, &id, entry, true);
                    self.core.services().metrics.pushed.add();
                    wait = FIRST_WAIT;
                }
                Err(error @ CallError::Refused(..)) => {
                    tracing::warn!(link = link.name, object = id, %error, "another server does not take an object");
                    Outbox::done(store, link, &id, entry, false);
                    self.core.services().metrics.push_refused.add();
                }
                Err(error) => {
                    tracing::debug!(link = link.name, object = id, %error, "another server was not reached");
                    tokio::time::sleep(wait).await;
                    wait = wait.saturating_mul(2).min(LONGEST_WAIT);
                }
            }
        }
    }

    /// Sends one object as it is now. What was obliterated meanwhile is done with.
    async fn send(&self, id: &str) -> Result<(), CallError> {
        let (link, core) = (&self.caller.link, &self.core);
        let Some(object) = core.store().begin().object(id) else { return Ok(()) };
        let identity = Identity::named(core.config(), &object.owner);
        let mut payload = vec![Item::text(tag::UNIQUE_IDENTIFIER, id)];
        let secret = matches!(
            object.object_type,
            ObjectType::SYMMETRIC_KEY | ObjectType::PRIVATE_KEY | ObjectType::SECRET_DATA | ObjectType::SPLIT_KEY
        );
        let wrap = link.wrap.as_deref().filter(|_| secret && !object.is_destroyed());
        payload.extend(wrap.map(wrapping));
        let exported = core.local(&identity, None, link.version, Operation::EXPORT, payload).await?;
        let mut import = import(&exported, link.version, wrap.is_some());
        if !link.moving && usage::left(&object).is_some() {
            // Usage that both sides could count down would be used twice.
            let first = !Outbox::was_sent(core.store(), link, id);
            let granted = if first { self.allowance(&identity, id).await? } else { 0 };
            for limits in values(&mut import, tag::USAGE_LIMITS, "Usage Limits") {
                usage::set_count(limits, granted);
            }
        }
        let limits = &core.config().limits;
        match self.caller.ask(Operation::IMPORT, import.clone(), limits).await {
            Err(CallError::Refused(reason, message)) => {
                let qualifier = link.qualifier.as_deref().filter(|_| name_taken(reason));
                let qualifier = qualifier.ok_or(CallError::Refused(reason, message))?;
                qualify(&mut import, qualifier);
                self.caller.ask(Operation::IMPORT, import, limits).await
            }
            answer => answer,
        }
        .map(drop)
    }

    /// Sets the receiver's share of the Usage Limits aside, once: it waits in the store until the receiver has it.
    async fn allowance(&self, identity: &Identity, id: &str) -> Result<i64, CallError> {
        let (link, core) = (&self.caller.link, &self.core);
        let key = format!("{}/{id}", link.name);
        let earlier = share(core.store(), &key);
        let (Some(amount), None) = (link.allowance, earlier) else { return Ok(earlier.unwrap_or(0)) };
        let left = core.store().begin().object(id).and_then(|object| usage::left(&object)).unwrap_or(0);
        let amount = amount.min(left);
        let payload = vec![Item::text(tag::UNIQUE_IDENTIFIER, id), Item::long_integer(tag::USAGE_LIMITS_COUNT, amount)];
        match core.local(identity, None, link.version, Operation::GET_USAGE_ALLOCATION, payload).await {
            Ok(_) => {}
            // A key that may not protect now is sent without.
            Err(CallError::Refused(..)) => return Ok(0),
            Err(error) => return Err(error),
        }
        keep_share(core.store(), &key, amount);
        Ok(amount)
    }
}

/// The share that was set aside for a receiver.
fn share(store: &dyn Store, key: &str) -> Option<i64> {
    let bytes = store.begin().record(SHARES, key)?;
    bytes.as_ref().try_into().ok().map(i64::from_be_bytes)
}

/// Notes a share.
fn keep_share(store: &dyn Store, key: &str, amount: i64) {
    let mut transaction = store.begin();
    transaction.put_record(SHARES, key, Some(&amount.to_be_bytes()));
    let _ = transaction.commit();
}

/// Whether the receiver refuses for the sake of a Name (2.x has a reason for it, 1.4 Invalid Field).
pub(super) fn name_taken(reason: ResultReason) -> bool {
    matches!(reason, ResultReason::NON_UNIQUE_NAME_ATTRIBUTE | ResultReason::INVALID_FIELD)
}

/// Key Wrapping Specification: encrypted under a key both sides hold, in the way that its Cryptographic Parameters say.
fn wrapping(key: &str) -> Item {
    let information = vec![Item::text(tag::UNIQUE_IDENTIFIER, key)];
    Item::structure(
        tag::KEY_WRAPPING_SPECIFICATION,
        vec![
            Item::enumeration(tag::WRAPPING_METHOD, WrappingMethod::ENCRYPT.0),
            Item::structure(tag::ENCRYPTION_KEY_INFORMATION, information),
            Item::enumeration(tag::ENCODING_OPTION, EncodingOption::NO_ENCODING.0),
        ],
    )
}

/// Request Payload of Import from the Response Payload of Export.
pub(super) fn import(exported: &Item, version: Version, wrapped: bool) -> Vec<Item> {
    let mut payload: Vec<Item> = Vec::new();
    payload.extend(exported.child(tag::UNIQUE_IDENTIFIER).cloned());
    if version >= Version::V2_0 {
        payload.extend(exported.child(tag::OBJECT_TYPE).cloned());
    }
    payload.push(Item::boolean(tag::REPLACE_EXISTING, true));
    if wrapped {
        payload.push(Item::enumeration(tag::KEY_WRAP_TYPE, KeyWrapType::NOT_WRAPPED.0));
    }
    let rest = exported.items().iter().filter(|i| !matches!(i.tag, tag::UNIQUE_IDENTIFIER | tag::OBJECT_TYPE));
    payload.extend(rest.cloned());
    payload
}

/// The values of an attribute in a payload: inside Attributes at 2.x, in an Attribute of that name at 1.4.
pub(super) fn values<'a>(payload: &'a mut [Item], tag: Tag, v1_name: &str) -> Vec<&'a mut Item> {
    let mut found = Vec::new();
    for item in payload {
        if item.tag == tag::ATTRIBUTES {
            found.extend(item.items_mut().into_iter().flatten().filter(|value| value.tag == tag));
        } else if item.tag == tag::ATTRIBUTE
            && item.child(tag::ATTRIBUTE_NAME).and_then(Item::value) == Some(Value::TextString(v1_name))
        {
            found.extend(item.items_mut().into_iter().flatten().filter(|value| value.tag == tag::ATTRIBUTE_VALUE));
        }
    }
    found
}

/// Puts a text before every Name: `central/key-1`.
pub(super) fn qualify(payload: &mut [Item], qualifier: &str) {
    for name in values(payload, tag::NAME, "Name") {
        for field in name.items_mut().into_iter().flatten().filter(|field| field.tag == tag::NAME_VALUE) {
            if let Some(Value::TextString(text)) = field.value() {
                *field = Item::text(tag::NAME_VALUE, format!("{qualifier}/{text}"));
            }
        }
    }
}
