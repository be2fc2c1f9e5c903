//! A transaction that stores objects otherwise than it is told.

use crate::attributes::AttributeKey;
use crate::object::StoredObject;
use crate::store::{Horizon, Savepoint, Transaction};
use kmipspec_protocol::ttlv::Tag;
use std::ops::ControlFlow;
use std::sync::Arc;

/// What becomes of an object on its way into the store.
pub(super) enum Change {
    /// This; the object before it comes first.
    By(fn(Option<&StoredObject>, &mut StoredObject)),
    /// It has no such attribute.
    Loses(Tag),
}

/// A transaction, and what becomes of the objects put into it.
pub(super) struct Keeping<'t> {
    /// The transaction itself.
    inner: Box<dyn Transaction + 't>,
    /// What becomes of objects.
    changes: Vec<Change>,
}

impl<'t> Keeping<'t> {
    /// The transaction with these changes.
    pub(super) fn new(inner: Box<dyn Transaction + 't>, changes: Vec<Change>) -> Self {
        Self { inner, changes }
    }
}

impl Transaction for Keeping<'_> {
    fn object(&self, id: &str) -> Option<Arc<StoredObject>> {
        self.inner.object(id)
    }

    fn put(&mut self, mut object: StoredObject) {
        let before = self.inner.object(&object.id);
        for change in &self.changes {
            match change {
                Change::By(change) => change(before.as_deref(), &mut object),
                Change::Loses(tag) => object.attributes.retain(|a| a.key != AttributeKey::Standard(*tag)),
            }
        }
        self.inner.put(object);
    }

    fn remove(&mut self, id: &str) {
        self.inner.remove(id);
    }

    fn named(&self, kind: u32, value: &str) -> Vec<String> {
        self.inner.named(kind, value)
    }

    fn each(&self, visit: &mut dyn FnMut(&Arc<StoredObject>) -> ControlFlow<()>) {
        self.inner.each(visit);
    }

    fn record(&self, table: &'static str, key: &str) -> Option<Arc<[u8]>> {
        self.inner.record(table, key)
    }

    fn put_record(&mut self, table: &'static str, key: &str, value: Option<&[u8]>) {
        self.inner.put_record(table, key, value);
    }

    fn records(&self, table: &'static str) -> Vec<(String, Arc<[u8]>)> {
        self.inner.records(table)
    }

    fn savepoint(&self) -> Savepoint {
        self.inner.savepoint()
    }

    fn roll_back(&mut self, to: Savepoint) {
        self.inner.roll_back(to);
    }

    fn horizon(&self) -> Horizon {
        self.inner.horizon()
    }

    fn commit(self: Box<Self>) -> Horizon {
        self.inner.commit()
    }
}
