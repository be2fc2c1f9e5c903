//! The store that forgets: a map by identifier, an index by name, and an undo log per transaction.

use super::{Savepoint, Store, Transaction};
use crate::object::StoredObject;
use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// All objects of one server.
#[derive(Debug, Default)]
pub(crate) struct MemoryStore(Mutex<Tables>);

/// What the lock guards. Operations on it take microseconds; nothing waits while holding it.
#[derive(Debug, Default)]
struct Tables {
    /// By Unique Identifier.
    objects: HashMap<String, Arc<StoredObject>>,
    /// Unique Identifier by order of creation.
    order: BTreeMap<u64, String>,
    /// Name type and value to the identifiers that carry it, destroyed objects left out.
    names: HashMap<(u32, String), Vec<String>>,
    /// The next object's place in the order.
    next: u64,
    /// By table and key.
    records: BTreeMap<(&'static str, String), Arc<[u8]>>,
}

impl Store for MemoryStore {
    fn begin(&self) -> Box<dyn Transaction + '_> {
        // A panic while holding the lock cannot leave a half-made change: its transaction rolls back on drop.
        Box::new(MemoryTransaction { tables: self.0.lock().unwrap_or_else(PoisonError::into_inner), undo: Vec::new() })
    }
}

/// One transaction: changes are made at once, and undone from the log when it is dropped uncommitted.
struct MemoryTransaction<'a> {
    /// The locked tables.
    tables: MutexGuard<'a, Tables>,
    /// What every change replaced, oldest first.
    undo: Vec<Former>,
}

/// What stood where a change was made.
enum Former {
    /// An object by identifier.
    Object(String, Option<Arc<StoredObject>>),
    /// A record by table and key.
    Record(&'static str, String, Option<Arc<[u8]>>),
}

impl Transaction for MemoryTransaction<'_> {
    fn object(&self, id: &str) -> Option<Arc<StoredObject>> {
        self.tables.objects.get(id).cloned()
    }

    fn put(&mut self, mut object: StoredObject) {
        let id = object.id.clone();
        let before = self.tables.objects.get(&id).cloned();
        object.sequence = match &before {
            Some(before) => before.sequence,
            None => {
                self.tables.next += 1;
                self.tables.next
            }
        };
        self.tables.replace(&id, Some(Arc::new(object)));
        self.undo.push(Former::Object(id, before));
    }

    fn remove(&mut self, id: &str) {
        let Some(before) = self.tables.objects.get(id).cloned() else { return };
        self.tables.replace(id, None);
        self.undo.push(Former::Object(id.to_owned(), Some(before)));
    }

    fn clear(&mut self) {
        let ids: Vec<String> = self.tables.objects.keys().cloned().collect();
        for id in ids {
            self.remove(&id);
        }
        let keys: Vec<(&'static str, String)> = self.tables.records.keys().cloned().collect();
        for (table, key) in keys {
            self.put_record(table, &key, None);
        }
    }

    fn named(&self, kind: u32, value: &str) -> Vec<String> {
        self.tables.names.get(&(kind, value.to_owned())).cloned().unwrap_or_default()
    }

    fn each(&self, visit: &mut dyn FnMut(&Arc<StoredObject>) -> ControlFlow<()>) {
        for id in self.tables.order.values() {
            let Some(object) = self.tables.objects.get(id) else { continue };
            if visit(object).is_break() {
                break;
            }
        }
    }

    fn record(&self, table: &'static str, key: &str) -> Option<Arc<[u8]>> {
        self.tables.records.get(&(table, key.to_owned())).cloned()
    }

    fn put_record(&mut self, table: &'static str, key: &str, value: Option<&[u8]>) {
        let before = self.tables.replace_record(table, key.to_owned(), value.map(Arc::from));
        self.undo.push(Former::Record(table, key.to_owned(), before));
    }

    fn records(&self, table: &'static str) -> Vec<(String, Arc<[u8]>)> {
        let from = self.tables.records.range((table, String::new())..);
        from.take_while(|((of, _), _)| *of == table).map(|((_, key), value)| (key.clone(), Arc::clone(value))).collect()
    }

    fn savepoint(&self) -> Savepoint {
        Savepoint(self.undo.len())
    }

    fn roll_back(&mut self, to: Savepoint) {
        while self.undo.len() > to.0 {
            match self.undo.pop() {
                Some(Former::Object(id, before)) => self.tables.replace(&id, before),
                Some(Former::Record(table, key, before)) => drop(self.tables.replace_record(table, key, before)),
                None => break,
            }
        }
    }

    fn commit(mut self: Box<Self>) {
        self.undo.clear();
    }
}

impl Drop for MemoryTransaction<'_> {
    fn drop(&mut self) {
        self.roll_back(Savepoint(0));
    }
}

impl Tables {
    /// Puts a record in the place of the one with this key, or takes that one away; gives the former.
    fn replace_record(&mut self, table: &'static str, key: String, value: Option<Arc<[u8]>>) -> Option<Arc<[u8]>> {
        match value {
            Some(value) => self.records.insert((table, key), value),
            None => self.records.remove(&(table, key)),
        }
    }

    /// Puts an object in the place of the one with this identifier, or takes that one away; the indexes follow.
    fn replace(&mut self, id: &str, object: Option<Arc<StoredObject>>) {
        let former = match &object {
            Some(object) => self.objects.insert(id.to_owned(), Arc::clone(object)),
            None => self.objects.remove(id),
        };
        if let Some(former) = former {
            self.order.remove(&former.sequence);
            for (kind, value) in former.names() {
                let key = (kind, value.to_owned());
                if let Some(ids) = self.names.get_mut(&key) {
                    ids.retain(|other| other != id);
                    if ids.is_empty() {
                        self.names.remove(&key);
                    }
                }
            }
        }
        if let Some(object) = object {
            self.order.insert(object.sequence, id.to_owned());
            if !object.is_destroyed() {
                for (kind, value) in object.names() {
                    self.names.entry((kind, value.to_owned())).or_default().push(id.to_owned());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attributes::AttributeKey;
    use kmipspec_protocol::registry::{ObjectType, tag};
    use kmipspec_protocol::ttlv::Item;

    fn named(id: &str, name: &str) -> StoredObject {
        let mut object = StoredObject {
            id: id.to_owned(),
            sequence: 0,
            object_type: ObjectType::SYMMETRIC_KEY,
            owner: "alice".to_owned(),
            material: None,
            attributes: Vec::new(),
            archived: false,
        };
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
        transaction.commit();
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
        transaction.commit();
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
        transaction.clear();
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
