//! Where managed objects are kept, behind transactions: one per batch item, or one per batch with savepoints when Undo is asked.

mod memory;

use crate::object::StoredObject;
use std::fmt::Debug;
use std::ops::ControlFlow;
use std::sync::Arc;

pub(crate) use memory::MemoryStore;

/// A keeper of managed objects.
pub(crate) trait Store: Send + Sync + Debug {
    /// Opens a transaction. What it changed is gone unless it is committed.
    fn begin(&self) -> Box<dyn Transaction + '_>;
}

/// A view of the store that changes all at once or not at all. Never held across an await.
pub(crate) trait Transaction {
    /// The object with this Unique Identifier.
    fn object(&self, id: &str) -> Option<Arc<StoredObject>>;

    /// Adds an object, or replaces the one with the same Unique Identifier.
    fn put(&mut self, object: StoredObject);

    /// Takes an object away altogether, as if it had never been.
    fn remove(&mut self, id: &str);

    /// Takes every object and every record away.
    fn clear(&mut self);

    /// Unique Identifiers of the objects that carry this Name and are not destroyed.
    fn named(&self, kind: u32, value: &str) -> Vec<String>;

    /// Visits every object, oldest first, until told to stop.
    fn each(&self, visit: &mut dyn FnMut(&Arc<StoredObject>) -> ControlFlow<()>);

    /// A record that is no managed object (a log entry, a default, a registration): its bytes, TTLV as a rule.
    fn record(&self, table: &'static str, key: &str) -> Option<Arc<[u8]>>;

    /// Writes a record, or takes it away.
    fn put_record(&mut self, table: &'static str, key: &str, value: Option<&[u8]>);

    /// All records of a table, by key.
    fn records(&self, table: &'static str) -> Vec<(String, Arc<[u8]>)>;

    /// A point to go back to.
    fn savepoint(&self) -> Savepoint;

    /// Undoes everything since that point.
    fn roll_back(&mut self, to: Savepoint);

    /// Makes the changes last.
    fn commit(self: Box<Self>);
}

/// Where a transaction stood.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Savepoint(usize);
