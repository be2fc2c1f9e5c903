//! What the store holds: one managed object with its attributes.

use crate::attributes::{Attribute, AttributeKey};
use kmipspec_protocol::objects::ManagedObject;
use kmipspec_protocol::registry::{ObjectType, State, tag};
use kmipspec_protocol::ttlv::{Item, Tag, Value};

/// One managed object. Cheap to read behind an `Arc`, cloned only to be changed.
#[derive(Clone, Debug)]
pub(crate) struct StoredObject {
    /// Unique Identifier, for good.
    pub(crate) id: String,
    /// Order of creation in this store; set by the store.
    pub(crate) sequence: u64,
    /// Object Type, for good.
    pub(crate) object_type: ObjectType,
    /// Who created it: the identity that authentication gave.
    pub(crate) owner: String,
    /// The object as Get returns it; gone once destroyed.
    pub(crate) material: Option<ManagedObject>,
    /// Attributes that the server or a client has set, in the order they came.
    pub(crate) attributes: Vec<Attribute>,
    /// Off-line: only Recover, Obliterate and Locate with the archival bit reach it.
    pub(crate) archived: bool,
}

impl StoredObject {
    /// An object of which nothing is known yet but what it is and whose.
    pub(crate) fn new(id: impl Into<String>, object_type: ObjectType, owner: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            sequence: 0,
            object_type,
            owner: owner.into(),
            material: None,
            attributes: Vec::new(),
            archived: false,
        }
    }

    /// State; none for templates, which have none (see [`crate::lifecycle::has_state`]).
    pub(crate) fn state(&self) -> Option<State> {
        match self.value(tag::STATE)? {
            Value::Enumeration(state) => Some(State(state)),
            _ => None,
        }
    }

    /// Whether Destroy has been here.
    pub(crate) fn is_destroyed(&self) -> bool {
        matches!(self.state(), Some(State::DESTROYED | State::DESTROYED_COMPROMISED))
            || self.date(tag::DESTROY_DATE).is_some()
    }

    /// The first instance of a standard attribute.
    pub(crate) fn attribute(&self, wanted: Tag) -> Option<&Attribute> {
        self.attributes.iter().find(|a| a.key == AttributeKey::Standard(wanted))
    }

    /// All instances of an attribute.
    pub(crate) fn instances<'a>(&'a self, key: &'a AttributeKey) -> impl Iterator<Item = &'a Attribute> {
        self.attributes.iter().filter(move |a| a.is_of(key))
    }

    /// The value of a standard attribute with one instance.
    pub(crate) fn value(&self, wanted: Tag) -> Option<Value<'_>> {
        self.attribute(wanted)?.value.value()
    }

    /// A Date-Time attribute.
    pub(crate) fn date(&self, wanted: Tag) -> Option<i64> {
        match self.value(wanted)? {
            Value::DateTime(date) => Some(date),
            _ => None,
        }
    }

    /// An Interval attribute.
    pub(crate) fn interval(&self, wanted: Tag) -> Option<u32> {
        match self.value(wanted)? {
            Value::Interval(seconds) => Some(seconds),
            _ => None,
        }
    }

    /// An Integer attribute.
    pub(crate) fn integer(&self, wanted: Tag) -> Option<i32> {
        match self.value(wanted)? {
            Value::Integer(value) => Some(value),
            _ => None,
        }
    }

    /// A Boolean attribute.
    pub(crate) fn boolean(&self, wanted: Tag) -> Option<bool> {
        match self.value(wanted)? {
            Value::Boolean(value) => Some(value),
            _ => None,
        }
    }

    /// Sets a standard attribute with one instance, in place of the one that is there.
    pub(crate) fn set(&mut self, value: Item) {
        let key = AttributeKey::Standard(value.tag);
        match self.attributes.iter_mut().find(|a| a.key == key) {
            Some(there) => there.value = value,
            None => self.attributes.push(Attribute { key, index: None, value }),
        }
    }

    /// Adds one more instance; its index is one more than the highest there (indexes of other instances never change, 1.x §2.1.1).
    pub(crate) fn add(&mut self, key: AttributeKey, value: Item) -> i32 {
        let index = self.instances(&key).map(|a| a.index.unwrap_or(0)).max().map_or(0, |last| last.saturating_add(1));
        self.attributes.push(Attribute { key, index: Some(index), value });
        index
    }

    /// Type and value of each Name: what the store's index is made of.
    pub(crate) fn names(&self) -> impl Iterator<Item = (u32, &str)> {
        self.attributes
            .iter()
            .filter(|a| a.key == AttributeKey::Standard(tag::NAME))
            .filter_map(|a| name_parts(&a.value))
    }
}

/// Type and value of a Name structure.
pub(crate) fn name_parts(name: &Item) -> Option<(u32, &str)> {
    let value = name.child(tag::NAME_VALUE)?.value()?.text()?;
    match name.child(tag::NAME_TYPE)?.value()? {
        Value::Enumeration(kind) => Some((kind, value)),
        _ => None,
    }
}

/// Whether an attribute's value is a link to an object: a Link (2.x) or a Reference (3.0).
pub(crate) fn links_to(value: &Item, id: &str) -> bool {
    let linked = if value.tag == tag::LINK { value.child(tag::LINKED_OBJECT_IDENTIFIER) } else { Some(value) };
    match linked.and_then(Item::value) {
        Some(Value::Reference(to)) => to == id,
        Some(Value::TextString(to)) => value.tag == tag::LINK && to == id,
        _ => false,
    }
}
