//! Who is to be told, and what waits for each.

use super::PushClient;
use crate::attributes::{Attribute, in_group};
use crate::metrics::Metrics;
use crate::object::StoredObject;
use crate::store::Horizon;
use kmipspec_protocol::registry::{EndpointRole, ObjectType};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use tokio::sync::Notify;

/// Everybody who is told of changes, and the connections that ask to be turned round.
#[derive(Debug, Default)]
pub(crate) struct Push {
    /// Listeners of now.
    listeners: RwLock<Vec<Arc<Listener>>>,
    /// Held from a commit until its events are in the queues, so that they stand in the order of the commits.
    order: Mutex<()>,
    /// Roles asked for by connection, until the answer is out: the role, and who asked.
    wishes: Mutex<BTreeMap<u64, (EndpointRole, String)>>,
}

/// Something a client may want to hear of.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// The object as it is after the change.
    pub(crate) object: Arc<StoredObject>,
    /// What happened to it.
    pub(crate) what: What,
    /// Nobody is told before the change is saved.
    pub(crate) horizon: Horizon,
}

/// What happened to an object.
#[derive(Clone, Debug)]
pub(crate) enum What {
    /// It is new, maybe in place of another.
    New {
        /// The object it replaces (Link of type Replaced Object).
        replaced: Option<String>,
    },
    /// Attributes are different.
    Changed {
        /// New or with another value.
        changed: Vec<Attribute>,
        /// No longer there, with their last values.
        deleted: Vec<Attribute>,
    },
}

/// One client that is told of changes.
#[derive(Debug)]
pub(crate) struct Listener {
    /// Who, for the log.
    pub(crate) name: String,
    /// Whose objects; none: everybody's.
    owner: Option<String>,
    /// Of these types; empty: of all.
    object_types: Vec<ObjectType>,
    /// In these groups; empty: in any or none.
    groups: Vec<String>,
    /// Gets Notify.
    notify: bool,
    /// Gets Put.
    put: bool,
    /// What waits.
    queue: Mutex<VecDeque<Event>>,
    /// How much may wait.
    limit: usize,
    /// Wakes who sends.
    wake: Notify,
    /// Where losses are counted.
    metrics: Arc<Metrics>,
}

impl Push {
    /// Whether anybody is to be told of anything.
    pub(crate) fn has_listeners(&self) -> bool {
        !self.listeners.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Adds a listener; it hears of what is committed from now on.
    pub(crate) fn register(&self, listener: &Arc<Listener>) {
        self.listeners.write().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(listener));
    }

    /// Takes a listener away.
    pub(crate) fn deregister(&self, listener: &Arc<Listener>) {
        self.listeners.write().unwrap_or_else(PoisonError::into_inner).retain(|other| !Arc::ptr_eq(other, listener));
    }

    /// Held over a commit and the publishing of what it changed.
    pub(super) fn in_order(&self) -> MutexGuard<'_, ()> {
        self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives an event to all who want it.
    pub(super) fn publish(&self, event: &Event) {
        for listener in self.listeners.read().unwrap_or_else(PoisonError::into_inner).iter() {
            if listener.wants(event) {
                listener.push(event.clone());
            }
        }
    }

    /// Notes the role that the server is to play on a connection from the answer on.
    pub(crate) fn wish(&self, connection: u64, role: EndpointRole, client: &str) {
        self.wishes.lock().unwrap_or_else(PoisonError::into_inner).insert(connection, (role, client.to_owned()));
    }

    /// The role asked for by the message that was just answered, and who asked.
    pub(crate) fn take_wish(&self, connection: u64) -> Option<(EndpointRole, String)> {
        self.wishes.lock().unwrap_or_else(PoisonError::into_inner).remove(&connection)
    }
}

impl Listener {
    /// For a registered client.
    pub(crate) fn of_client(client: &PushClient, metrics: &Arc<Metrics>) -> Arc<Self> {
        Arc::new(Self {
            name: client.name.clone(),
            owner: (!client.all_objects).then(|| client.name.clone()),
            object_types: client.object_types.clone(),
            groups: client.groups.clone(),
            notify: client.notify,
            put: client.put,
            queue: Mutex::default(),
            limit: client.queue,
            wake: Notify::new(),
            metrics: Arc::clone(metrics),
        })
    }

    /// For a connection that was turned round: everything about the objects of who is behind it.
    pub(crate) fn of_connection(client: &str, metrics: &Arc<Metrics>) -> Arc<Self> {
        Self::of_client(&PushClient::new(client, ""), metrics)
    }

    /// Whether the event is for this client.
    fn wants(&self, event: &Event) -> bool {
        let object = &event.object;
        let kind = match event.what {
            What::New { .. } => self.put,
            What::Changed { .. } => self.notify,
        };
        kind && self.owner.as_ref().is_none_or(|owner| *owner == object.owner)
            && (self.object_types.is_empty() || self.object_types.contains(&object.object_type))
            && (self.groups.is_empty() || self.groups.iter().any(|group| in_group(&object.attributes, group)))
    }

    /// Puts an event at the end of the queue; the oldest goes when there is one too many.
    fn push(&self, event: Event) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.len() >= self.limit {
            queue.pop_front();
            self.metrics.push_dropped.add();
            tracing::warn!(
                client = self.name,
                limit = self.limit,
                "too much waits for a client; the oldest is dropped"
            );
        }
        queue.push_back(event);
        drop(queue);
        self.wake.notify_one();
    }

    /// The next event, as soon as there is one. Nothing is lost when this is given up half way.
    pub(crate) async fn next(&self) -> Event {
        loop {
            if let Some(event) = self.queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front() {
                return event;
            }
            self.wake.notified().await;
        }
    }

    /// How much waits.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}
