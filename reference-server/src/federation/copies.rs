//! Objects that came from another server: whose they are here, what may be done with them, how much of their use is ours.

use crate::config::Config;
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::identity::Identity;
use crate::object::StoredObject;
use crate::peer::Peer;
use crate::store::Transaction;
use crate::usage;
use kmipspec_protocol::registry::{Operation, ResultReason, tag};
use kmipspec_protocol::ttlv::{Doc, Item, ItemRef, Limits, Tag};
use std::sync::Arc;

/// The table of the store that says of which objects this server has copies, by identifier.
const COPIES: &str = "federation-copies";
/// The table with what was set aside at the other server and does not stand in the copy yet.
const GRANTS: &str = "federation-grants";
/// One copy.
const COPY: Tag = Tag(0x54_4B20);
/// Whether clients here may not change it.
const READ_ONLY: Tag = Tag(0x54_4B21);
/// Last second of its lease.
const UNTIL: Tag = Tag(0x54_4B22);

/// On what terms an object is taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Terms {
    /// The link or the server it came by.
    pub(crate) source: String,
    /// Clients here may not change it.
    pub(crate) read_only: bool,
    /// Last second in which it can be used; none: no end.
    pub(crate) until: Option<i64>,
    /// What may be used of it is what was granted, whatever its Usage Limits say.
    pub(crate) by_grant: bool,
}

impl Terms {
    /// The record of a copy.
    pub(super) fn of(transaction: &dyn Transaction, id: &str) -> Option<Self> {
        let bytes = transaction.record(COPIES, id)?;
        let doc = Doc::strict_owned(bytes.to_vec(), &Limits::default()).ok()?;
        let root = doc.root().filter(|root| root.tag() == COPY)?;
        Some(Self {
            source: root.child(tag::SERVER_NAME)?.as_text()?.to_owned(),
            read_only: root.child(READ_ONLY)?.as_bool()?,
            until: root.child(UNTIL).and_then(ItemRef::as_i64),
            by_grant: false,
        })
    }

    /// Writes the record.
    pub(super) fn keep(&self, transaction: &mut dyn Transaction, id: &str) {
        let mut items =
            vec![Item::text(tag::SERVER_NAME, self.source.as_str()), Item::boolean(READ_ONLY, self.read_only)];
        items.extend(self.until.map(|until| Item::long_integer(UNTIL, until)));
        transaction.put_record(COPIES, id, Some(&Item::structure(COPY, items).encode()));
    }
}

/// Identifiers of all copies that came by a link.
pub(super) fn of_source(transaction: &dyn Transaction, source: &str) -> Vec<String> {
    let all = transaction.records(COPIES).into_iter().map(|(id, _)| id);
    all.filter(|id| Terms::of(transaction, id).is_some_and(|terms| terms.source == source)).collect()
}

/// Whether the object is a copy.
pub(super) fn is_copy(transaction: &dyn Transaction, id: &str) -> bool {
    transaction.record(COPIES, id).is_some()
}

/// What was set aside for a copy and does not stand in it yet.
pub(super) fn granted(transaction: &dyn Transaction, id: &str) -> i64 {
    transaction.record(GRANTS, id).and_then(|bytes| bytes.as_ref().try_into().ok()).map_or(0, i64::from_be_bytes)
}

/// Notes what was set aside, so that it is not lost before it stands in the copy.
pub(super) fn grant(transaction: &mut dyn Transaction, id: &str, amount: i64) {
    let all = granted(transaction, id).saturating_add(amount);
    transaction.put_record(GRANTS, id, Some(&all.to_be_bytes()));
}

/// An Import from another server: for whom it is done, and on what terms.
pub(crate) struct Taking {
    /// Who will own the object.
    pub(crate) identity: Identity,
    /// The terms.
    terms: Arc<Terms>,
}

/// What to do when another server imports an object: by its own connection, or by a link of ours.
pub(crate) fn receiving(config: &Config, peer: &Peer, identity: &Identity, operation: Operation) -> Option<Taking> {
    if operation != Operation::IMPORT {
        return None;
    }
    if let Some(terms) = &peer.terms {
        return Some(Taking { identity: identity.clone(), terms: Arc::clone(terms) });
    }
    let sender = config.receive.iter().find(|sender| sender.name == identity.name)?;
    let terms = Terms { source: sender.name.clone(), read_only: !sender.writable, until: None, by_grant: false };
    let owner = sender.owner.as_deref().map(|name| Identity::named(config, name));
    Some(Taking { identity: owner.unwrap_or_else(|| identity.clone()), terms: Arc::new(terms) })
}

impl Taking {
    /// Before the Import: an object with this identifier must be a copy from there. Gives what is left of its allowance.
    pub(crate) fn begin(&self, transaction: &dyn Transaction, payload: ItemRef<'_>) -> Outcome<Option<i64>> {
        let id = payload.child(tag::UNIQUE_IDENTIFIER).and_then(ItemRef::as_text).unwrap_or_default();
        let Some(there) = transaction.object(id) else { return Ok(None) };
        match Terms::of(transaction, id) {
            Some(terms) if terms.source == self.terms.source => Ok(usage::left(&there)),
            _ => Err(Failure::new(
                ResultReason::OBJECT_ALREADY_EXISTS,
                "an object of this server, or one that came from elsewhere, has this Unique Identifier",
            )),
        }
    }

    /// After the Import: the object is a copy. Its allowance goes on, with what was granted since.
    pub(crate) fn finish(&self, transaction: &mut dyn Transaction, payload: ItemRef<'_>, before: Option<i64>) {
        let id = payload.child(tag::UNIQUE_IDENTIFIER).and_then(ItemRef::as_text).unwrap_or_default();
        self.terms.keep(transaction, id);
        let grant = granted(transaction, id);
        transaction.put_record(GRANTS, id, None);
        let Some(object) = transaction.object(id) else { return };
        let Some(mut limits) = object.attribute(tag::USAGE_LIMITS).map(|limits| limits.value.clone()) else { return };
        let now = match (self.terms.by_grant, before) {
            (true, before) => before.unwrap_or(0).saturating_add(grant),
            (false, Some(before)) => before,
            (false, None) => return,
        };
        usage::set_count(&mut limits, now);
        let mut object = StoredObject::clone(&object);
        object.set(limits);
        transaction.put(object);
    }
}

/// What may be done with a read-only copy.
const READING: [Operation; 8] = [
    Operation::LOCATE,
    Operation::CHECK,
    Operation::GET_ATTRIBUTES,
    Operation::GET_ATTRIBUTE_LIST,
    Operation::OBTAIN_LEASE,
    Operation::GET_USAGE_ALLOCATION,
    Operation::QUERY,
    Operation::VALIDATE,
];

/// What may be done besides, as long as the lease lasts.
const USING: [Operation; 10] = [
    Operation::GET,
    Operation::EXPORT,
    Operation::ENCRYPT,
    Operation::DECRYPT,
    Operation::SIGN,
    Operation::SIGNATURE_VERIFY,
    Operation::MAC,
    Operation::MAC_VERIFY,
    Operation::DERIVE_KEY,
    Operation::JOIN_SPLIT_KEY,
];

/// Whether the operation may be done with the object, if that is a copy. Nobody asks where no copies come from.
pub(crate) fn check(context: &Context<'_>, id: &str) -> Outcome<()> {
    let config = context.config;
    if config.receive.is_empty() && !config.links.iter().any(|link| link.fetch) {
        return Ok(());
    }
    let Some(terms) = Terms::of(context.transaction, id) else { return Ok(()) };
    let operation = context.operation;
    let using = USING.contains(&operation);
    if using && terms.until.is_some_and(|until| until < context.now) {
        return Err(Failure::new(ResultReason::PERMISSION_DENIED, "the lease on this copy is over"));
    }
    if terms.read_only && !using && !READING.contains(&operation) {
        return Err(Failure::new(
            ResultReason::PERMISSION_DENIED,
            "this is a read-only copy; changes are made at the server it came from",
        ));
    }
    Ok(())
}
