//! Objects and records in memory, with an index by name and an undo log per transaction: what both stores work on.

use super::sqlite::Writer;
use super::{Change, Horizon, Savepoint, Transaction};
use crate::object::StoredObject;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;
use std::sync::{Arc, MutexGuard};

/// Changes on their way to the disk that are remembered one by one, before those that have arrived are weeded out.
const PENDING: usize = 4_096;

/// Everything a server holds, behind one lock. Operations on it take microseconds; nothing waits for a disk while holding it.
#[derive(Debug, Default)]
pub(super) struct Tables {
    /// By Unique Identifier.
    objects: HashMap<String, Arc<StoredObject>>,
    /// Unique Identifier by order of creation.
    order: BTreeMap<u64, String>,
    /// Name type and value to the identifiers that carry it, destroyed objects left out.
    names: HashMap<(u32, String), Vec<String>>,
    /// The next object's place in the order.
    next: u64,
    /// By table and key.
    records: BTreeMap<(String, String), Arc<[u8]>>,
    /// Objects whose latest change may not have reached the disk, with the number of its commit.
    pending: HashMap<String, u64>,
    /// Number of the latest commit that changed something.
    commits: u64,
}

/// One transaction: changes are made at once, and undone from the log when it is dropped uncommitted.
pub(super) struct TablesTransaction<'a> {
    /// The locked tables.
    tables: MutexGuard<'a, Tables>,
    /// What every change replaced, oldest first.
    undo: Vec<Former>,
    /// Where committed changes go, if anywhere.
    writer: Option<&'a Writer>,
    /// The latest commit on its way to the disk that this transaction has seen something of.
    seen: Cell<Horizon>,
}

impl<'a> TablesTransaction<'a> {
    /// Begins; with a writer, what others have changed and not saved yet is noted when it is looked at.
    pub(super) fn new(mut tables: MutexGuard<'a, Tables>, writer: Option<&'a Writer>) -> Self {
        if let Some(writer) = writer
            && !tables.pending.is_empty()
        {
            let saved = writer.saved();
            if saved >= tables.commits {
                tables.pending.clear();
            } else if tables.pending.len() > PENDING {
                tables.pending.retain(|_, commit| *commit > saved);
            }
        }
        Self { tables, undo: Vec::new(), writer, seen: Cell::default() }
    }

    /// Notes that something was seen that any commit so far may have changed.
    fn saw_all(&self) {
        if !self.tables.pending.is_empty() {
            self.seen.set(Horizon(self.tables.commits));
        }
    }

    /// The last state of everything that was changed, each thing once.
    fn changes(&mut self) -> Vec<Change> {
        let mut objects = BTreeMap::new();
        let mut records = BTreeSet::new();
        for former in self.undo.drain(..) {
            match former {
                // What counts is what stood there before the first change.
                Former::Object(id, before) => drop(objects.entry(id).or_insert(before.map(|object| object.sequence))),
                Former::Record(table, key, _) => drop(records.insert((table, key))),
            }
        }
        let mut changes = Vec::with_capacity(objects.len().saturating_add(records.len()));
        for (id, former) in objects {
            let now = self.tables.objects.get(&id);
            if let Some(former) = former.filter(|former| now.is_none_or(|now| now.sequence != *former)) {
                changes.push(Change::Removed(id, former));
            }
            changes.extend(now.cloned().map(Change::Object));
        }
        // In their order of creation, so that the file grows at its end.
        changes.sort_by_key(|change| if let Change::Object(object) = change { object.sequence } else { 0 });
        changes.extend(records.into_iter().map(|key| {
            let value = self.tables.records.get(&key).cloned();
            Change::Record(key.0, key.1, value)
        }));
        changes
    }
}

/// What stood where a change was made.
enum Former {
    /// An object by identifier.
    Object(String, Option<Arc<StoredObject>>),
    /// A record by table and key.
    Record(String, String, Option<Arc<[u8]>>),
}

impl Transaction for TablesTransaction<'_> {
    fn object(&self, id: &str) -> Option<Arc<StoredObject>> {
        if let Some(commit) = self.tables.pending.get(id) {
            self.seen.set(self.seen.get().max(Horizon(*commit)));
        }
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

    fn named(&self, kind: u32, value: &str) -> Vec<String> {
        self.saw_all();
        self.tables.names.get(&(kind, value.to_owned())).cloned().unwrap_or_default()
    }

    fn each(&self, visit: &mut dyn FnMut(&Arc<StoredObject>) -> ControlFlow<()>) {
        self.saw_all();
        for id in self.tables.order.values() {
            let Some(object) = self.tables.objects.get(id) else { continue };
            if visit(object).is_break() {
                break;
            }
        }
    }

    fn record(&self, table: &'static str, key: &str) -> Option<Arc<[u8]>> {
        self.saw_all();
        self.tables.records.get(&(table.to_owned(), key.to_owned())).cloned()
    }

    fn put_record(&mut self, table: &'static str, key: &str, value: Option<&[u8]>) {
        let before = self.tables.replace_record(table.to_owned(), key.to_owned(), value.map(Arc::from));
        self.undo.push(Former::Record(table.to_owned(), key.to_owned(), before));
    }

    fn records(&self, table: &'static str) -> Vec<(String, Arc<[u8]>)> {
        self.saw_all();
        let from = self.tables.records.range((table.to_owned(), String::new())..);
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

    fn horizon(&self) -> Horizon {
        self.seen.get()
    }

    fn commit(mut self: Box<Self>) -> Horizon {
        let Some(writer) = self.writer.filter(|_| !self.undo.is_empty()) else {
            self.undo.clear();
            return self.horizon();
        };
        let changes = self.changes();
        let commit = self.tables.commits.saturating_add(1);
        self.tables.commits = commit;
        for change in &changes {
            let key = match change {
                Change::Object(object) => object.id.clone(),
                Change::Removed(id, _) => id.clone(),
                // No object has this identifier: it only says that something is under way.
                Change::Record(..) => String::new(),
            };
            self.tables.pending.insert(key, commit);
        }
        // Under the lock: commits reach the disk in their order.
        writer.write(commit, changes);
        Horizon(commit)
    }
}

impl Drop for TablesTransaction<'_> {
    fn drop(&mut self) {
        self.roll_back(Savepoint(0));
    }
}

impl Tables {
    /// Takes up an object read from the disk, in its place of the order.
    pub(super) fn load(&mut self, object: StoredObject) {
        self.next = self.next.max(object.sequence);
        let id = object.id.clone();
        self.replace(&id, Some(Arc::new(object)));
    }

    /// Takes up a record read from the disk.
    pub(super) fn load_record(&mut self, table: String, key: String, value: Vec<u8>) {
        self.replace_record(table, key, Some(Arc::from(value)));
    }

    /// Puts a record in the place of the one with this key, or takes that one away; gives the former.
    fn replace_record(&mut self, table: String, key: String, value: Option<Arc<[u8]>>) -> Option<Arc<[u8]>> {
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
