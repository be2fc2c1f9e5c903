//! A transaction around another one, which does most of it.

use super::{Horizon, Savepoint, Transaction};
use crate::object::StoredObject;
use std::ops::ControlFlow;
use std::sync::Arc;

/// A transaction that looks at what is written and leaves the work to the one inside.
pub(crate) trait Around {
    /// The transaction inside.
    fn inner(&self) -> &(dyn Transaction + '_);

    /// The transaction inside, to write to.
    fn inner_mut(&mut self) -> &mut (dyn Transaction + '_);

    /// As [`Transaction::put`].
    fn put(&mut self, object: StoredObject) {
        self.inner_mut().put(object);
    }

    /// As [`Transaction::remove`].
    fn remove(&mut self, id: &str) {
        self.inner_mut().remove(id);
    }

    /// As [`Transaction::put_record`].
    fn put_record(&mut self, table: &'static str, key: &str, value: Option<&[u8]>) {
        self.inner_mut().put_record(table, key, value);
    }

    /// As [`Transaction::commit`].
    fn commit(self: Box<Self>) -> Horizon;
}

impl<T: Around> Transaction for T {
    fn object(&self, id: &str) -> Option<Arc<StoredObject>> {
        self.inner().object(id)
    }

    fn put(&mut self, object: StoredObject) {
        Around::put(self, object);
    }

    fn remove(&mut self, id: &str) {
        Around::remove(self, id);
    }

    fn named(&self, kind: u32, value: &str) -> Vec<String> {
        self.inner().named(kind, value)
    }

    fn each(&self, visit: &mut dyn FnMut(&Arc<StoredObject>) -> ControlFlow<()>) {
        self.inner().each(visit);
    }

    fn record(&self, table: &'static str, key: &str) -> Option<Arc<[u8]>> {
        self.inner().record(table, key)
    }

    fn put_record(&mut self, table: &'static str, key: &str, value: Option<&[u8]>) {
        Around::put_record(self, table, key, value);
    }

    fn records(&self, table: &'static str) -> Vec<(String, Arc<[u8]>)> {
        self.inner().records(table)
    }

    fn savepoint(&self) -> Savepoint {
        self.inner().savepoint()
    }

    fn roll_back(&mut self, to: Savepoint) {
        self.inner_mut().roll_back(to);
    }

    fn horizon(&self) -> Horizon {
        self.inner().horizon()
    }

    fn commit(self: Box<Self>) -> Horizon {
        Around::commit(self)
    }
}
