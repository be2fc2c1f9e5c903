//! What the bugs remember: the objects clients made and what was done with them, and what was said on each connection.

use super::scene::{Scene, succeeded, told_identifier};
use kmipspec_protocol::registry::{Operation, tag};
use kmipspec_protocol::ttlv::Item;
use kmipspec_protocol::version::Version;
use std::collections::BTreeMap;

/// Objects and connections remembered at most: a server that is fuzzed for hours must not grow by it.
const MOST: usize = 1 << 14;

/// Operations remembered of one object at most.
const LONGEST: usize = 32;

/// The exchanges so far.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// By Unique Identifier.
    objects: BTreeMap<String, Known>,
    /// How many were made.
    made: u64,
    /// By number.
    connections: BTreeMap<u64, Line>,
    /// Who sent the last two messages, the last one first.
    pub(super) callers: [Option<String>; 2],
}

/// What is known of an object.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// Which of all objects it is, from 1.
    pub(super) number: u64,
    /// Who made it.
    pub(super) owner: Option<String>,
    /// What was done with it, and on which connection.
    pub(super) history: Vec<(Operation, u64)>,
    /// Key Material that it was registered with.
    pub(super) material: Vec<u8>,
    /// The last payload of each operation.
    pub(super) payloads: BTreeMap<u32, Item>,
}

/// What is known of a connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    /// The version of its last message.
    pub(super) version: Option<Version>,
    /// The newest version of all.
    pub(super) newest: Option<Version>,
    /// How often Register was done.
    pub(super) registered: usize,
}

/// Something that was done with an object.
struct Deed {
    id: String,
    operation: Operation,
    /// Whether the object is new.
    makes: bool,
    material: Vec<u8>,
    payload: Option<Item>,
}

/// An exchange, as far as it is remembered.
pub(super) struct Noted {
    connection: u64,
    who: Option<String>,
    version: Option<Version>,
    deeds: Vec<Deed>,
}

/// Operations whose answer names an object that was not there.
const MAKING: [Operation; 8] = [
    Operation::CREATE,
    Operation::REGISTER,
    Operation::IMPORT,
    Operation::CREATE_KEY_PAIR,
    Operation::RE_KEY,
    Operation::DERIVE_KEY,
    Operation::CREATE_SPLIT_KEY,
    Operation::JOIN_SPLIT_KEY,
];

/// What is to be remembered of an exchange with this answer.
pub(super) fn exchange(scene: &Scene<'_>, answer: &Item) -> Noted {
    let mut deeds = Vec::new();
    for (asked, item) in scene.asked().zip(answer.items().iter().filter(|item| item.tag == tag::BATCH_ITEM)) {
        if !succeeded(item) {
            continue;
        }
        let payload = item.child(tag::RESPONSE_PAYLOAD);
        let told = payload.and_then(told_identifier);
        let makes = MAKING.contains(&asked.operation);
        let material = asked.inside(tag::KEY_MATERIAL).and_then(|material| material.as_bytes()).unwrap_or_default();
        if let Some(id) = told.clone() {
            let (material, payload) = (material.to_vec(), payload.cloned());
            deeds.push(Deed { id, operation: asked.operation, makes, material, payload });
        }
        // What was asked for by another name than the answer has.
        for id in asked.identifiers().filter(|id| told.as_deref() != Some(*id)) {
            let id = id.to_owned();
            deeds.push(Deed { id, operation: asked.operation, makes: false, material: Vec::new(), payload: None });
        }
    }
    Noted { connection: scene.peer.connection, who: scene.peer.name.clone(), version: scene.version(), deeds }
}

impl Memory {
    /// What is known of an object.
    pub(super) fn object(&self, id: &str) -> Option<&Known> {
        self.objects.get(id)
    }

    /// What is known of a connection.
    pub(super) fn line(&self, connection: u64) -> Option<&Line> {
        self.connections.get(&connection)
    }

    /// Every object known, by identifier.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &Known)> {
        self.objects.iter().map(|(id, known)| (id.as_str(), known))
    }

    /// Remembers an exchange.
    pub(super) fn note(&mut self, noted: Noted) {
        if self.objects.len() > MOST || self.connections.len() > MOST {
            *self = Self::default();
        }
        let line = self.connections.entry(noted.connection).or_default();
        line.newest = line.newest.max(noted.version);
        line.version = noted.version;
        for deed in noted.deeds {
            if deed.operation == Operation::REGISTER {
                line.registered = line.registered.saturating_add(1);
            }
            let known = self.objects.entry(deed.id).or_default();
            if deed.makes {
                self.made = self.made.saturating_add(1);
                *known =
                    Known { number: self.made, owner: noted.who.clone(), material: deed.material, ..Known::default() };
            }
            if known.history.len() < LONGEST {
                known.history.push((deed.operation, noted.connection));
            }
            if let Some(payload) = deed.payload {
                known.payloads.insert(deed.operation.0, payload);
            }
        }
        let [last, _] = std::mem::take(&mut self.callers);
        self.callers = [noted.who, last];
    }
}

impl Known {
    /// Whether these were done with it, in this order, whatever was done in between.
    pub(super) fn went_through(&self, operations: &[Operation]) -> bool {
        let mut left = operations.iter();
        let mut next = left.next();
        for (done, _) in &self.history {
            if next == Some(done) {
                next = left.next();
            }
        }
        next.is_none()
    }

    /// How often this was done with it.
    pub(super) fn times(&self, operation: Operation) -> usize {
        self.history.iter().filter(|(done, _)| *done == operation).count()
    }
}
