//! Interop sessions: what a connection has changed since Begin, so that Reset can undo exactly that (2.1 §11.22).

use crate::client_log;
use crate::constraints;
use crate::context::Context;
use crate::defaults;
use crate::failure::Outcome;
use crate::object::StoredObject;
use crate::seed;
use crate::store::{Around, Horizon, Transaction};
use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Connections in a session at one time; of more, the oldest is forgotten.
const MOST: usize = 256;

/// How things stood before the first change of a session; none where there was nothing.
#[derive(Debug, Default)]
pub(crate) struct Before {
    /// By Unique Identifier.
    objects: HashMap<String, Option<Arc<StoredObject>>>,
    /// By table and key.
    records: HashMap<(&'static str, String), Option<Arc<[u8]>>>,
}

/// All sessions, by the number of their connection.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<BTreeMap<u64, Before>>);

impl Sessions {
    /// The table; a panic elsewhere does not make it unusable.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Before>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A test begins: what is now is what Reset brings back.
    pub(crate) fn begin(&self, connection: u64) {
        let mut sessions = self.lock();
        sessions.insert(connection, Before::default());
        if sessions.len() > MOST {
            sessions.pop_first();
        }
    }

    /// A test is over: what it changed stays.
    pub(crate) fn end(&self, connection: u64) {
        self.lock().remove(&connection);
    }

    /// Whether the connection is in a session.
    pub(crate) fn active(&self, connection: u64) -> bool {
        self.lock().contains_key(&connection)
    }

    /// Adds how things stood before a transaction; what was noted earlier is older and stays.
    fn note(&self, connection: u64, before: &mut Before) {
        let mut sessions = self.lock();
        let Some(session) = sessions.get_mut(&connection) else { return };
        for (id, object) in before.objects.drain() {
            session.objects.entry(id).or_insert(object);
        }
        for (key, record) in before.records.drain() {
            session.records.entry(key).or_insert(record);
        }
    }
}

/// Back to the state at Begin: what this connection changed is undone, what others did stays. Without a session it is as if this
/// client had only now come to the server: see [`anew`].
pub(crate) fn reset(context: &mut Context<'_>) -> Outcome<()> {
    let changed = context.services.interop.lock().get_mut(&context.peer.connection).map(std::mem::take);
    context.services.rotation.at_latest(context.now);
    let Some(changed) = changed else {
        return anew(context);
    };
    for (id, before) in changed.objects {
        match before {
            Some(object) => context.transaction.put(StoredObject::clone(&object)),
            None => context.transaction.remove(&id),
        }
    }
    for ((table, key), before) in changed.records {
        context.transaction.put_record(table, &key, before.as_deref());
    }
    Ok(())
}

/// What the client owns goes, with its defaults, its constraints and its log, and those objects come back that it has from the
/// start of the server. Nothing of anybody else is touched, nor what keeps an authority from giving a serial number twice or a
/// password from being used twice.
fn anew(context: &mut Context<'_>) -> Outcome<()> {
    let mut owned = Vec::new();
    context.transaction.each(&mut |object| {
        if object.owner == context.client {
            owned.push(object.id.clone());
        }
        ControlFlow::Continue(())
    });
    for id in owned {
        context.erase(&id);
    }
    for table in OF_CLIENTS {
        context.transaction.put_record(table, context.client, None);
    }
    client_log::forget(context);
    seed::replant(context)
}

/// Tables whose records belong to clients, by name.
const OF_CLIENTS: [&str; 2] = [defaults::TABLE, constraints::TABLE];

/// A transaction that notes how things stood before it, for the session of a connection.
/// What is undone stays noted: to put back what is there does no harm.
pub(crate) struct Noted<'a> {
    /// The transaction itself.
    inner: Box<dyn Transaction + 'a>,
    /// All sessions.
    sessions: &'a Sessions,
    /// The connection it is noted for.
    connection: u64,
    /// What was noted so far.
    before: Before,
}

impl<'a> Noted<'a> {
    /// The transaction, noted if the connection is in a session.
    pub(crate) fn wrap(
        inner: Box<dyn Transaction + 'a>,
        sessions: &'a Sessions,
        connection: u64,
    ) -> Box<dyn Transaction + 'a> {
        if !sessions.active(connection) {
            return inner;
        }
        Box::new(Self { inner, sessions, connection, before: Before::default() })
    }

    /// Notes an object before its first change.
    fn note_object(&mut self, id: &str) {
        if !self.before.objects.contains_key(id) {
            self.before.objects.insert(id.to_owned(), self.inner.object(id));
        }
    }
}

impl Around for Noted<'_> {
    fn inner(&self) -> &(dyn Transaction + '_) {
        self.inner.as_ref()
    }

    fn inner_mut(&mut self) -> &mut (dyn Transaction + '_) {
        self.inner.as_mut()
    }

    fn put(&mut self, object: StoredObject) {
        self.note_object(&object.id);
        self.inner.put(object);
    }

    fn remove(&mut self, id: &str) {
        self.note_object(id);
        self.inner.remove(id);
    }

    fn put_record(&mut self, table: &'static str, key: &str, value: Option<&[u8]>) {
        let place = (table, key.to_owned());
        if !self.before.records.contains_key(&place) {
            self.before.records.insert(place, self.inner.record(table, key));
        }
        self.inner.put_record(table, key, value);
    }

    fn commit(mut self: Box<Self>) -> Horizon {
        self.sessions.note(self.connection, &mut self.before);
        self.inner.commit()
    }
}
