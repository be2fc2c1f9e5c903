//! What is to be sent to other servers. An entry is written in the transaction that changes the object, and goes when the other
//! server has what it stands for: a link that is cut loses nothing, and an object that changed often is sent once.

use super::{ServerLink, copies};
use crate::attributes::in_group;
use crate::object::StoredObject;
use crate::store::{Horizon, Store, Transaction};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Notify;

/// What waits: a number by link and object, larger for what changed later.
const WAITING: &str = "federation-outbox";
/// What the other server has, by link and object.
const SENT: &str = "federation-sent";

/// Everything that is to be sent.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    /// Links that send, and what wakes each.
    links: Vec<(ServerLink, Notify)>,
    /// Number of the next entry.
    next: AtomicU64,
}

/// The key of a record.
fn key(link: &ServerLink, id: &str) -> String {
    format!("{}/{id}", link.name)
}

/// The number of an entry.
fn number(bytes: &[u8]) -> u64 {
    bytes.try_into().map_or(0, u64::from_be_bytes)
}

impl Outbox {
    /// For the links that send.
    pub(crate) fn new(links: &[ServerLink]) -> Self {
        let sending = links.iter().filter(|link| link.send);
        Self { links: sending.map(|link| (link.clone(), Notify::new())).collect(), next: AtomicU64::new(1) }
    }

    /// Whether anything is ever sent.
    pub(crate) fn is_used(&self) -> bool {
        !self.links.is_empty()
    }

    /// At the start: goes on with the numbers of the file, and enters what was there before its link was.
    pub(crate) fn begin(&self, store: &dyn Store) -> Horizon {
        if !self.is_used() {
            return Horizon::default();
        }
        let mut transaction = store.begin();
        let last = transaction.records(WAITING).iter().map(|(_, value)| number(value)).max().unwrap_or(0);
        self.next.store(last.saturating_add(1), Ordering::Relaxed);
        let mut all = Vec::new();
        transaction.each(&mut |object| {
            all.push(std::sync::Arc::clone(object));
            ControlFlow::Continue(())
        });
        for object in all {
            for (link, _) in &self.links {
                let known = |table| transaction.record(table, &key(link, &object.id)).is_some();
                if !known(SENT) && !known(WAITING) {
                    self.enter(link, transaction.as_mut(), &object);
                }
            }
        }
        transaction.commit()
    }

    /// An object was changed, in a transaction that will be committed.
    pub(crate) fn note(&self, transaction: &mut dyn Transaction, object: &StoredObject) {
        for (link, _) in &self.links {
            self.enter(link, transaction, object);
        }
    }

    /// Enters an object, if the link is about it.
    fn enter(&self, link: &ServerLink, transaction: &mut dyn Transaction, object: &StoredObject) {
        let sent = transaction.record(SENT, &key(link, &object.id)).is_some();
        let wanted = sent || (is_about(link, object) && !object.is_destroyed());
        // What came from elsewhere is sent on by whom it came from.
        if wanted && !copies::is_copy(transaction, &object.id) {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            transaction.put_record(WAITING, &key(link, &object.id), Some(&number.to_be_bytes()));
        }
    }

    /// What was entered is committed.
    pub(crate) fn wake(&self) {
        for (_, wake) in &self.links {
            wake.notify_one();
        }
    }

    /// Ends when something may have been entered for a link.
    pub(super) async fn changed(&self, link: &ServerLink) {
        match self.links.iter().find(|(other, _)| other.name == link.name) {
            Some((_, wake)) => wake.notified().await,
            None => std::future::pending().await,
        }
    }

    /// The object that has waited longest, and the number of its entry.
    pub(super) fn first(store: &dyn Store, link: &ServerLink) -> Option<(String, u64)> {
        let waiting = store.begin().records(WAITING).into_iter();
        let own = waiting.filter_map(|(key, value)| {
            let (of, id) = key.split_once('/')?;
            (of == link.name).then(|| (id.to_owned(), number(&value)))
        });
        own.min_by_key(|(_, number)| *number)
    }

    /// Whether the other server has the object in some form.
    pub(super) fn was_sent(store: &dyn Store, link: &ServerLink, id: &str) -> bool {
        store.begin().record(SENT, &key(link, id)).is_some()
    }

    /// The other server has it, or will not have it: the entry goes, unless the object has changed meanwhile.
    pub(super) fn done(store: &dyn Store, link: &ServerLink, id: &str, entry: u64, taken: bool) {
        let mut transaction = store.begin();
        let key = key(link, id);
        let unchanged = transaction.record(WAITING, &key).is_some_and(|value| number(&value) == entry);
        if unchanged {
            transaction.put_record(WAITING, &key, None);
        }
        if taken {
            transaction.put_record(SENT, &key, Some(&entry.to_be_bytes()));
            if link.moving && unchanged {
                transaction.remove(id);
            }
        }
        // It is sent again if this is lost.
        let _ = transaction.commit();
    }
}

/// Whether a link is about an object.
fn is_about(link: &ServerLink, object: &StoredObject) -> bool {
    let named = |wanted: &String| object.names().any(|(_, name)| name == wanted);
    // The key that others travel under was handed over by other means.
    link.wrap.as_deref() != Some(object.id.as_str())
        && link.owner.as_ref().is_none_or(|owner| *owner == object.owner)
        && (link.groups.is_empty() || link.groups.iter().any(|group| in_group(&object.attributes, group)))
        && (link.names.is_empty() || link.names.iter().any(named))
        && (link.object_types.is_empty() || link.object_types.contains(&object.object_type))
}
