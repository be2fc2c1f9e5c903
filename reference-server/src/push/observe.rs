//! What each transaction changed: a store around the store.

use super::{Event, Push, What};
use crate::attributes::Attribute;
use crate::federation::Outbox;
use crate::key_pair::linked;
use crate::object::StoredObject;
use crate::store::{Around, Horizon, NotSaved, Store, Transaction};
use kmipspec_protocol::registry::LinkType;
use std::pin::Pin;
use std::sync::Arc;

/// A store that tells of what changes in it, as long as there is somebody to tell.
#[derive(Debug)]
pub(crate) struct ObservedStore {
    /// Where things are kept.
    inner: Box<dyn Store>,
    /// Who is told.
    push: Arc<Push>,
    /// What is sent to other servers.
    outbox: Arc<Outbox>,
}

impl ObservedStore {
    /// Around a store.
    pub(crate) fn new(inner: Box<dyn Store>, push: Arc<Push>, outbox: Arc<Outbox>) -> Self {
        Self { inner, push, outbox }
    }
}

impl Store for ObservedStore {
    fn begin(&self) -> Box<dyn Transaction + '_> {
        let inner = self.inner.begin();
        if !self.push.has_listeners() && !self.outbox.is_used() {
            return inner;
        }
        Box::new(Observed { inner, push: &self.push, outbox: &self.outbox, before: Vec::new() })
    }

    fn saved(&self, horizon: Horizon) -> Pin<Box<dyn Future<Output = Result<(), NotSaved>> + Send + '_>> {
        self.inner.saved(horizon)
    }

    fn close(&self) {
        self.inner.close();
    }
}

/// A transaction that remembers how objects were before it changed them. What was undone is seen at the commit: it is as before.
struct Observed<'a> {
    /// What does the work.
    inner: Box<dyn Transaction + 'a>,
    /// Who is told at its end.
    push: &'a Push,
    /// What is sent to other servers.
    outbox: &'a Outbox,
    /// Each object that was written, as it was first: none if it is new.
    before: Vec<(String, Option<Arc<StoredObject>>)>,
}

impl Observed<'_> {
    /// Remembers an object that is about to be written.
    fn remember(&mut self, id: &str) {
        if !self.before.iter().any(|(known, _)| known == id) {
            self.before.push((id.to_owned(), self.inner.object(id)));
        }
    }
}

impl Around for Observed<'_> {
    fn inner(&self) -> &(dyn Transaction + '_) {
        self.inner.as_ref()
    }

    fn inner_mut(&mut self) -> &mut (dyn Transaction + '_) {
        self.inner.as_mut()
    }

    fn put(&mut self, object: StoredObject) {
        self.remember(&object.id);
        self.inner.put(object);
    }

    fn commit(self: Box<Self>) -> Horizon {
        let Self { mut inner, push, outbox, before } = *self;
        let changes: Vec<(Arc<StoredObject>, What)> = before
            .into_iter()
            .filter_map(|(id, before)| {
                let object = inner.object(&id)?;
                let what = difference(before.as_deref(), &object)?;
                Some((object, what))
            })
            .collect();
        for (object, _) in &changes {
            outbox.note(inner.as_mut(), object);
        }
        let order = push.in_order();
        let horizon = inner.commit();
        outbox.wake();
        for (object, what) in changes {
            push.publish(&Event { object, what, horizon });
        }
        drop(order);
        horizon
    }
}

/// What happened to an object; nothing if it is as it was.
fn difference(before: Option<&StoredObject>, after: &StoredObject) -> Option<What> {
    let Some(before) = before else {
        return Some(What::New { replaced: linked(after, LinkType::REPLACED_OBJECT_LINK) });
    };
    let changed: Vec<Attribute> = after.attributes.iter().filter(|a| !before.attributes.contains(a)).cloned().collect();
    let still = |a: &&Attribute| !after.attributes.iter().any(|b| b.key == a.key && b.index == a.index);
    let deleted: Vec<Attribute> = before.attributes.iter().filter(still).cloned().collect();
    if changed.is_empty() && deleted.is_empty() {
        return None;
    }
    Some(What::Changed { changed, deleted })
}
