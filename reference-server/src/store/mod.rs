//! Where managed objects are kept, behind transactions: one per batch item, or one per batch with savepoints when Undo is asked.
//!
//! Both stores work in memory. The one with a file hands each commit to a writer, which saves many of them at once; an answer
//! leaves the server only when every commit it rests on is saved.

mod around;
mod cipher;
mod encoding;
mod memory;
mod sqlite;
mod tables;

use crate::object::StoredObject;
use std::fmt::Debug;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::Arc;

pub(crate) use around::Around;
pub use cipher::StateKeyError;
pub(crate) use memory::MemoryStore;
pub(crate) use sqlite::SqliteStore;
pub use sqlite::StateError;

/// A keeper of managed objects.
pub(crate) trait Store: Send + Sync + Debug {
    /// Opens a transaction. What it changed is gone unless it is committed.
    fn begin(&self) -> Box<dyn Transaction + '_>;

    /// Waits until every commit up to there is saved for good.
    fn saved(&self, horizon: Horizon) -> Pin<Box<dyn Future<Output = Result<(), NotSaved>> + Send + '_>>;

    /// Saves what is under way and lets go of the file. Nothing can be saved afterwards.
    fn close(&self);
}

/// The latest commit that something rests on: what was read, or what was changed. Zero is nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[must_use = "an answer waits until this is saved"]
pub(crate) struct Horizon(u64);

/// The file can no longer be written: nothing that happens from now on would last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NotSaved;

/// Something that changed, as it is now.
#[derive(Debug)]
enum Change {
    /// An object.
    Object(Arc<StoredObject>),
    /// An object that is gone, by identifier and place in the order of creation.
    Removed(String, u64),
    /// A record by table and key; none: it is gone.
    Record(String, String, Option<Arc<[u8]>>),
}

/// A view of the store that changes all at once or not at all. Never held across an await.
pub(crate) trait Transaction {
    /// The object with this Unique Identifier.
    fn object(&self, id: &str) -> Option<Arc<StoredObject>>;

    /// Adds an object, or replaces the one with the same Unique Identifier.
    fn put(&mut self, object: StoredObject);

    /// Takes an object away altogether, as if it had never been.
    fn remove(&mut self, id: &str);

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

    /// The latest commit not saved yet that this transaction has seen something of.
    fn horizon(&self) -> Horizon;

    /// Makes the changes visible to others and sends them to be saved; an answer that tells of them waits for the horizon.
    fn commit(self: Box<Self>) -> Horizon;
}

/// Where a transaction stood.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Savepoint(usize);
