//! Rotation: what replacements are to each other, and those that the server makes by itself (2.1 §4.48 to §4.54).
//!
//! An object is rotated when its time has come and a message arrives: nobody can tell the difference, but that Initial Date and
//! Rotate Date are those of the message.

use crate::attributes::{AttributeKey, rule};
use crate::config::Config;
use crate::context::{Context, References};
use crate::failure::{Failure, Outcome};
use crate::grant::Permit;
use crate::identity::Identity;
use crate::key_pair::linked;
use crate::object::StoredObject;
use crate::operations;
use crate::peer::Peer;
use crate::prepared::{Prepared, RsaKey};
use crate::services::Services;
use crate::store::{Horizon, Store, Transaction};
use kmipspec_protocol::message::Reading;
use kmipspec_protocol::registry::{LinkType, ObjectType, Operation, tag};
use kmipspec_protocol::ttlv::Item;
use kmipspec_protocol::version::Version;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicI64, Ordering};

/// Seconds until an object that could not be rotated is tried again.
const PAUSE: i64 = 60;
/// Replacements of replacements that are followed.
const FAR: usize = 1_000;

/// When the next object is due: at the latest then everything is looked through.
#[derive(Debug)]
pub(crate) struct Schedule(AtomicI64);

impl Default for Schedule {
    /// Once at the start, since a state file may hold objects that are due.
    fn default() -> Self {
        Self(AtomicI64::new(i64::MIN))
    }
}

impl Schedule {
    /// An object as it is from now on.
    pub(crate) fn note(&self, object: &StoredObject) {
        if let Some(due) = due(object) {
            self.at_latest(due);
        }
    }

    /// Something may be due from this time on.
    pub(crate) fn at_latest(&self, time: i64) {
        self.0.fetch_min(time, Ordering::SeqCst);
    }
}

/// When the object is to be rotated: never unless Rotate Automatic is set, it has an interval and is the latest. An interval of
/// nothing is none.
fn due(object: &StoredObject) -> Option<i64> {
    let rotates = object.boolean(tag::ROTATE_AUTOMATIC) == Some(true)
        && object.boolean(tag::ROTATE_LATEST) != Some(false)
        && !object.archived
        && object.material.is_some()
        && operation(object.object_type).is_some();
    let interval = object.interval(tag::ROTATE_INTERVAL).filter(|interval| rotates && *interval > 0)?;
    Some(object.date(tag::INITIAL_DATE)?.saturating_add(i64::from(interval)))
}

/// What replaces objects of this type; none: nothing does.
fn operation(object_type: ObjectType) -> Option<Operation> {
    match object_type {
        ObjectType::SYMMETRIC_KEY => Some(Operation::RE_KEY),
        ObjectType::PRIVATE_KEY | ObjectType::PUBLIC_KEY => Some(Operation::RE_KEY_KEY_PAIR),
        ObjectType::CERTIFICATE => Some(Operation::RE_CERTIFY),
        _ => None,
    }
}

/// Rotates every object whose time has come, each in a transaction of its own; one that fails stays as it is, and is tried again.
pub(crate) fn sweep(config: &Config, services: &Services, store: &dyn Store, now: i64) -> Horizon {
    let mut horizon = Horizon::default();
    if now < services.rotation.0.load(Ordering::SeqCst) {
        return horizon;
    }
    services.rotation.0.store(i64::MAX, Ordering::SeqCst);
    let mut ready: Vec<(String, ObjectType)> = Vec::new();
    store.begin().each(&mut |object| {
        match due(object) {
            Some(due) if due <= now => ready.push((object.id.clone(), object.object_type)),
            _ => services.rotation.note(object),
        }
        ControlFlow::Continue(())
    });
    for (id, object_type) in ready {
        let mut prepared = Prepared::default();
        if operation(object_type) == Some(Operation::RE_KEY_KEY_PAIR) {
            // It ends where an RSA key is needed, if one is; nobody waits for the store while that is made.
            prepared.rsa = RsaKey::Asked;
            let _ = rotate(config, services, store.begin().as_mut(), &mut prepared, &id, now);
            prepared.rsa = prepared.rsa.make(config.random.as_ref());
        }
        let mut transaction = store.begin();
        match rotate(config, services, transaction.as_mut(), &mut prepared, &id, now) {
            Ok(()) => horizon = horizon.max(transaction.commit()),
            Err(failure) => {
                tracing::warn!(id, reason = %failure.message, "cannot be rotated");
                services.rotation.at_latest(now.saturating_add(PAUSE));
            }
        }
    }
    horizon
}

/// Rotates one object, if it still is to be: as its owner would, with its Rotate Offset.
fn rotate(
    config: &Config,
    services: &Services,
    transaction: &mut dyn Transaction,
    prepared: &mut Prepared,
    id: &str,
    now: i64,
) -> Outcome<()> {
    let Some(object) = transaction.object(id).filter(|object| due(object).is_some_and(|due| due <= now)) else {
        return Ok(());
    };
    let version = Version::V2_1;
    let Some(operation) = operation(object.object_type) else { return Ok(()) };
    let (field, means) = match object.object_type {
        ObjectType::PRIVATE_KEY => (tag::PRIVATE_KEY_UNIQUE_IDENTIFIER, object.id.clone()),
        ObjectType::PUBLIC_KEY => {
            let private = linked(&object, LinkType::PRIVATE_KEY_LINK).ok_or_else(|| Failure::not_found(version))?;
            (tag::PRIVATE_KEY_UNIQUE_IDENTIFIER, private)
        }
        _ => (tag::UNIQUE_IDENTIFIER, object.id.clone()),
    };
    let mut fields = vec![Item::text(field, means)];
    fields.extend(object.interval(tag::ROTATE_OFFSET).map(|offset| Item::interval(tag::OFFSET, offset)));
    let identity = Identity::named(config, &object.owner);
    let mut context = Context {
        config,
        reading: Reading::from(version),
        version,
        client: &identity.name,
        identity: &identity,
        permit: Permit::new(None, operation)?,
        operation,
        now,
        transaction,
        services,
        peer: &Peer::default(),
        prepared,
        instead: None,
        references: &mut References::default(),
    };
    tracing::info!(id, "rotated");
    operations::perform(&mut context, operation, fields).map(|_| ())
}

/// What a replacement and the object it replaces are to each other. `former` is the replacement that the object had before.
///
/// UNCLEAR: 2.1 §4.49 does not say which of the two Rotate Date is for, and lets nobody change it: the replacement has it from
/// the beginning, an object that never was one from when it is replaced.
pub(crate) fn replaced(
    context: &mut Context<'_>,
    existing: &str,
    replacement: &str,
    former: Option<String>,
) -> Outcome<()> {
    let (version, now) = (context.version, context.now);
    let object = |context: &Context<'_>, id: &str| {
        let found = context.transaction.object(id).map(|object| StoredObject::clone(&object));
        found.ok_or_else(|| Failure::not_found(version))
    };
    let (mut old, mut new) = (object(context, existing)?, object(context, replacement)?);
    let generation = old.integer(tag::ROTATE_GENERATION).unwrap_or(0);
    old.set(Item::integer(tag::ROTATE_GENERATION, generation));
    old.set(Item::boolean(tag::ROTATE_LATEST, false));
    if old.date(tag::ROTATE_DATE).is_none() {
        old.set(Item::date_time(tag::ROTATE_DATE, now));
    }
    new.set(Item::integer(tag::ROTATE_GENERATION, generation.saturating_add(1)));
    new.set(Item::boolean(tag::ROTATE_LATEST, true));
    new.set(Item::date_time(tag::ROTATE_DATE, now));
    inherit(&old, &mut new, version);
    context.save(old);
    context.save(new);
    // Replaced once more: what came of the first time is the latest no longer.
    let mut next = former;
    for _ in 0..FAR {
        let Some(mut passed) = next.and_then(|id| object(context, &id).ok()) else { break };
        next = linked(&passed, LinkType::REPLACEMENT_OBJECT_LINK);
        passed.set(Item::boolean(tag::ROTATE_LATEST, false));
        context.save(passed);
    }
    Ok(())
}

/// What the version of the request has no name for goes over all the same: a key stays Sensitive, and is rotated as before.
fn inherit(old: &StoredObject, new: &mut StoredObject, version: Version) {
    for attribute in &old.attributes {
        let AttributeKey::Standard(tag) = attribute.key else { continue };
        if crate::replacement::is_own(tag) || rule(tag, version).is_some() {
            continue;
        }
        let other = rule(tag, Version::V3_0).or_else(|| rule(tag, Version::V1_4));
        let Some(rule) = other.filter(|rule| rule.client_sets()) else { continue };
        if !rule.many() {
            new.set(attribute.value.clone());
        } else if !new.instances(&attribute.key).any(|there| there.value == attribute.value) {
            new.add(attribute.key.clone(), attribute.value.clone());
        }
    }
    if rule(tag::SENSITIVE, version).is_none() {
        new.set(Item::boolean(tag::ALWAYS_SENSITIVE, new.boolean(tag::SENSITIVE).unwrap_or(false)));
        new.set(Item::boolean(tag::NEVER_EXTRACTABLE, new.boolean(tag::EXTRACTABLE) == Some(false)));
    }
}
