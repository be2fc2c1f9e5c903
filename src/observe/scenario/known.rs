//! What the server has made up so far, under the names that the scenario gives it; and the Names that the client gives.

use super::super::conversation::Said;
use kmipspec_protocol::registry::{Operation, tag, tag_row};
use kmipspec_protocol::ttlv::{Body, Doc, Item, ItemRef, ItemType, Limits, Tag, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Bounds of what is taken apart. A message beyond them is written as its bytes.
pub(super) const LIMITS: Limits = Limits { max_size: 16 << 20, max_depth: 32, max_items: 1 << 16, leaf_root: false };

/// Shorter byte strings come again by chance.
const TELLING: usize = 4;

/// A value that may come again: text of an identifier, or bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Thing {
    /// A Unique Identifier.
    Identifier(String),
    /// A correlation value, a ticket, a nonce, data, an IV.
    Bytes(Vec<u8>),
}

impl Thing {
    /// What an item holds, if it may come again.
    pub(super) fn of(tag: Tag, value: Value<'_>) -> Option<Self> {
        match value {
            Value::TextString(text) | Value::Identifier(text) | Value::Reference(text) => {
                (is_identifier(tag) && !text.is_empty()).then(|| Self::Identifier(text.to_owned()))
            }
            Value::ByteString(bytes) => (bytes.len() >= TELLING).then(|| Self::Bytes(bytes.to_vec())),
            _ => None,
        }
    }

    /// The item that a variable is bound to.
    fn item(&self) -> Item {
        match self {
            Self::Identifier(text) => Item::text(tag::UNIQUE_IDENTIFIER, text.clone()),
            Self::Bytes(bytes) => Item::bytes(tag::DATA, bytes.clone()),
        }
    }
}

/// Whether items of this tag name objects.
pub(super) fn is_identifier(tag: Tag) -> bool {
    let named = tag_row(tag).map_or("", |row| row.xml_name);
    named.ends_with("UniqueIdentifier") || named == "LinkedObjectIdentifier"
}

/// Names of values, and which Names the client gives.
#[derive(Debug, Default)]
pub(super) struct Known {
    named: BTreeMap<Thing, String>,
    counts: BTreeMap<String, usize>,
    given: BTreeSet<String>,
    /// The last request that has a value, by its place in the conversation.
    used: BTreeMap<Thing, usize>,
    /// The first request that has it.
    first: BTreeMap<Thing, usize>,
}

impl Known {
    /// What the requests of a conversation say again, and what Names they give to objects.
    pub(super) fn of(said: &[&Said]) -> Self {
        let mut known = Self::default();
        for (place, said) in said.iter().enumerate() {
            let request = Doc::lenient(&said.request, &LIMITS);
            let things = request.items().filter_map(|item| Thing::of(item.tag(), item.value()?));
            for thing in things {
                known.first.entry(thing.clone()).or_insert(place);
                known.used.insert(thing, place);
            }
            let batch = request.root().into_iter().flat_map(ItemRef::children).filter(|i| i.tag() == tag::BATCH_ITEM);
            for item in batch {
                let operation = item.child(tag::OPERATION).and_then(ItemRef::as_u32).map(Operation);
                if operation != Some(Operation::LOCATE) {
                    let names = item.descendants().filter(|i| i.tag() == tag::NAME_VALUE).filter_map(ItemRef::as_text);
                    known.given.extend(names.map(str::to_owned));
                }
            }
        }
        known
    }

    /// The name of what an item holds.
    pub(super) fn name_of(&self, item: &Item) -> Option<&str> {
        self.named.get(&Thing::of(item.tag, item.value()?)?).map(String::as_str)
    }

    /// The name of a value.
    pub(super) fn name(&self, thing: &Thing) -> Option<&str> {
        self.named.get(thing).map(String::as_str)
    }

    /// Whether a request behind this one has the value, and none up to it: then the server has made it up.
    pub(super) fn comes_back(&self, thing: &Thing, place: usize) -> bool {
        self.is_new(thing, place) && self.used.get(thing).is_some_and(|last| *last > place)
    }

    /// Whether no request up to this one has it, and no answer before.
    pub(super) fn is_new(&self, thing: &Thing, place: usize) -> bool {
        !self.named.contains_key(thing) && self.first.get(thing).is_none_or(|first| *first > place)
    }

    /// Whether objects of this conversation are called so: with `${run}` before it, each replay has its own.
    pub(super) fn is_given(&self, item: &Item) -> bool {
        item.tag == tag::NAME_VALUE
            && matches!(item.value(), Some(Value::TextString(text)) if self.given.contains(text))
    }

    /// A name for a value that nothing else has.
    pub(super) fn fresh(&mut self, tag: Tag) -> String {
        let kind = match tag {
            tag::UNIQUE_IDENTIFIER => "id".to_owned(),
            tag => tag_row(tag).map_or_else(|| "value".to_owned(), |row| crate::scenario::names::kebab(row.name)),
        };
        let kind = if kind.starts_with(|c: char| c.is_ascii_lowercase()) { kind } else { format!("value-{kind}") };
        let count = self.counts.entry(kind.clone()).or_default();
        *count += 1;
        format!("{kind}-{count}")
    }

    /// From here on the value is written as `$name`.
    pub(super) fn learn(&mut self, thing: Thing, name: String) {
        self.named.insert(thing, name);
    }

    /// Every name with its value.
    pub(super) fn bound(&self) -> impl Iterator<Item = (&str, Item)> {
        self.named.iter().map(|(thing, name)| (name.as_str(), thing.item()))
    }

    /// Identifiers of requests that no answer before them gave: objects that were there already.
    pub(super) fn foreign(&self) -> impl Iterator<Item = &str> {
        self.used.keys().filter_map(|thing| match thing {
            Thing::Identifier(text) if !self.named.contains_key(thing) => Some(text.as_str()),
            _ => None,
        })
    }
}

/// Changes every leaf of a message; the item is given, and what comes back takes the place of its value.
pub(super) fn change_leaves(message: &mut Item, change: &mut dyn FnMut(&Item) -> Option<Vec<u8>>) {
    let mut todo = vec![message];
    while let Some(item) = todo.pop() {
        if let Some(value) = if item.ty == ItemType::STRUCTURE { None } else { change(item) } {
            item.body = Body::Bytes(value);
        } else if let Body::Items(inside) = &mut item.body {
            todo.extend(inside);
        }
    }
}
