//! A transaction that stores objects otherwise than it is told.

use crate::attributes::AttributeKey;
use crate::object::StoredObject;
use crate::store::{Around, Horizon, Transaction};
use kmipspec_protocol::ttlv::Tag;

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

impl Around for Keeping<'_> {
    fn inner(&self) -> &(dyn Transaction + '_) {
        self.inner.as_ref()
    }

    fn inner_mut(&mut self) -> &mut (dyn Transaction + '_) {
        self.inner.as_mut()
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

    fn commit(self: Box<Self>) -> Horizon {
        self.inner.commit()
    }
}
