//! The store that forgets.

use super::tables::{Tables, TablesTransaction};
use super::{Horizon, NotSaved, Store, Transaction};
use std::future::ready;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

/// All objects of one server, for as long as it runs.
#[derive(Debug, Default)]
pub(crate) struct MemoryStore(Mutex<Tables>);

impl Store for MemoryStore {
    fn begin(&self) -> Box<dyn Transaction + '_> {
        // A panic while holding the lock cannot leave a half-made change: its transaction rolls back on drop.
        Box::new(TablesTransaction::new(self.0.lock().unwrap_or_else(PoisonError::into_inner), None))
    }

    fn saved(&self, _: Horizon) -> Pin<Box<dyn Future<Output = Result<(), NotSaved>> + Send + '_>> {
        Box::pin(ready(Ok(())))
    }

    fn close(&self) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attributes::AttributeKey;
    use crate::object::StoredObject;
    use kmipspec_protocol::registry::{ObjectType, tag};
    use kmipspec_protocol::ttlv::Item;
    use std::ops::ControlFlow;

    fn named(id: &str, name: &str) -> StoredObject {
        let mut object = StoredObject::new(id, ObjectType::SYMMETRIC_KEY, "alice");
        let value =
            Item::structure(tag::NAME, vec![Item::text(tag::NAME_VALUE, name), Item::enumeration(tag::NAME_TYPE, 1)]);
        object.add(AttributeKey::Standard(tag::NAME), value);
        object
    }

    #[test]
    fn what_is_not_committed_is_gone_and_the_name_index_with_it() {
        let store = MemoryStore::default();
        store.begin().put(named("a", "one"));
        assert!(store.begin().object("a").is_none());
        assert!(store.begin().named(1, "one").is_empty());
        let mut transaction = store.begin();
        transaction.put(named("a", "one"));
        let point = transaction.savepoint();
        transaction.put(named("a", "two"));
        transaction.put(named("b", "three"));
        transaction.roll_back(point);
        let _ = transaction.commit();
        let transaction = store.begin();
        assert_eq!(transaction.named(1, "one"), ["a"]);
        assert!(transaction.named(1, "two").is_empty());
        assert!(transaction.object("b").is_none());
    }

    #[test]
    fn records_roll_back_like_objects() {
        let store = MemoryStore::default();
        let mut transaction = store.begin();
        transaction.put_record("log", "1", Some(b"first"));
        transaction.put_record("other", "1", Some(b"elsewhere"));
        let point = transaction.savepoint();
        transaction.put_record("log", "1", None);
        transaction.put_record("log", "2", Some(b"second"));
        assert_eq!(transaction.records("log").len(), 1);
        transaction.roll_back(point);
        let _ = transaction.commit();
        let transaction = store.begin();
        assert_eq!(transaction.record("log", "1").as_deref(), Some(b"first".as_slice()));
        assert_eq!(transaction.records("log").len(), 1);
        assert!(transaction.record("log", "2").is_none());
    }

    #[test]
    fn what_is_taken_away_comes_back_in_its_place() {
        let store = MemoryStore::default();
        let mut transaction = store.begin();
        for id in ["a", "b", "c"] {
            transaction.put(named(id, id));
        }
        transaction.put_record("log", "1", Some(b"first"));
        let point = transaction.savepoint();
        transaction.remove("b");
        assert!(transaction.object("b").is_none() && transaction.named(1, "b").is_empty());
        transaction.remove("a");
        transaction.put_record("log", "1", None);
        assert!(transaction.object("a").is_none() && transaction.records("log").is_empty());
        transaction.roll_back(point);
        let mut seen = Vec::new();
        transaction.each(&mut |object| {
            seen.push(object.id.clone());
            ControlFlow::Continue(())
        });
        assert_eq!(seen, ["a", "b", "c"]);
        assert_eq!(transaction.records("log").len(), 1);
    }

    #[test]
    fn objects_are_visited_oldest_first() {
        let store = MemoryStore::default();
        let mut transaction = store.begin();
        for id in ["c", "a", "b"] {
            transaction.put(named(id, id));
        }
        transaction.put(named("c", "again"));
        let mut seen = Vec::new();
        transaction.each(&mut |object| {
            seen.push(object.id.clone());
            ControlFlow::Continue(())
        });
        assert_eq!(seen, ["c", "a", "b"]);
    }
}
