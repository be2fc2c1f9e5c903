//! What the peer has told so far in a case: values of placeholders, and its own values for published literals.

use super::case::{Kin, Node, after_now, placeholder};
use kmipspec_protocol::encoding::xml::Leaf;
use kmipspec_protocol::registry::{TAGS, tag};
use kmipspec_protocol::ttlv::{Item, ItemRef, ItemType, Tag, Value};
use std::collections::{HashMap, HashSet};

/// Everything learned in one case.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    /// Values of placeholders.
    bound: HashMap<String, Item>,
    /// The peer's value for a published literal.
    learned: HashMap<(Kin, String), Item>,
    /// The newest text or bytes of each field of a response payload.
    latest: HashMap<Tag, Item>,
    /// Objects by identifier.
    pub(super) objects: HashMap<String, Known>,
    /// Outputs of cryptographic operations.
    pub(super) produced: HashSet<Vec<u8>>,
    /// Time of the exchange at hand, seconds since 1970.
    pub(super) now: i64,
    /// The identifier told last.
    pub(super) last_id: Option<String>,
}

/// What is known of an object.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// Whether the server made its material.
    pub(super) generated: bool,
    /// Object Type.
    pub(super) object_type: Option<u32>,
    /// Cryptographic Algorithm of the request that made it.
    pub(super) algorithm: Option<u32>,
    /// Padding Method among its Cryptographic Parameters.
    pub(super) padding: Option<u32>,
    /// Random IV among its Cryptographic Parameters.
    pub(super) random_iv: bool,
}

/// A request cannot be sent: it uses what no answer has told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unbound(pub(super) String);

impl Memory {
    /// The item to send for a leaf of a request; `None` leaves it as written. A name nobody told goes to `unbound`.
    pub(super) fn fill(&mut self, leaf: &Leaf<'_>, unbound: &mut Option<Unbound>) -> Option<Item> {
        if matches!(leaf.ty, ItemType::DATE_TIME | ItemType::DATE_TIME_EXTENDED)
            && let Some(shift) = after_now(leaf.text)
        {
            let time = self.now.saturating_add(shift);
            return Some(match leaf.ty {
                ItemType::DATE_TIME => Item::date_time(leaf.tag, time),
                _ => Item::date_time_extended(leaf.tag, time),
            });
        }
        let Some(name) = placeholder(leaf.text) else {
            let key = (Kin::of(leaf.ty), leaf.text.to_ascii_lowercase());
            let learned = matches!(key.0, Kin::Text | Kin::Bytes).then(|| self.learned.get(&key)).flatten();
            return learned.map(|item| cast(item, leaf.tag, leaf.ty));
        };
        if !self.bound.contains_key(name) {
            let value = self.made_up(name, leaf).or_else(|| self.newest(name));
            let Some(value) = value else {
                unbound.get_or_insert_with(|| Unbound(format!("${name} is used before any answer has told it")));
                return Some(Item::boolean(leaf.tag, false));
            };
            self.bound.insert(name.to_owned(), value);
        }
        self.bound.get(name).map(|item| cast(item, leaf.tag, leaf.ty))
    }

    /// A value for a name that asks for any: `$..._RANDOM_...`.
    fn made_up(&self, name: &str, leaf: &Leaf<'_>) -> Option<Item> {
        use std::hash::BuildHasher;
        if !name.contains("RANDOM") {
            return None;
        }
        let half = || std::hash::RandomState::new().hash_one(name);
        let number = format!("{:016x}{:016x}", half(), half());
        Some(if leaf.ty.is_text() { Item::text(leaf.tag, number) } else { Item::bytes(leaf.tag, number.into_bytes()) })
    }

    /// For a name that no answer sets: the newest value of the field it is named after (`$MAC_DATA`, `$DATA_0`).
    fn newest(&self, name: &str) -> Option<Item> {
        let field = match name.rsplit_once('_') {
            Some((field, digits)) if digits.bytes().all(|c| c.is_ascii_digit()) => field,
            _ => name,
        };
        let field: String = field.split('_').collect();
        let row = TAGS.iter().find(|row| row.xml_name.eq_ignore_ascii_case(&field))?;
        self.latest.get(&row.tag).cloned()
    }

    /// The value of a placeholder.
    pub(super) fn bound(&self, name: &str) -> Option<&Item> {
        self.bound.get(name)
    }

    /// Gives a placeholder its value.
    pub(super) fn bind(&mut self, name: &str, actual: ItemRef<'_>) {
        self.bound.insert(name.to_owned(), Item::from_ref(actual));
    }

    /// The peer's value for a published literal.
    pub(super) fn learned(&self, node: &Node) -> Option<&Item> {
        self.learned.get(&node.literal())
    }

    /// Notes the peer's value for a published literal.
    pub(super) fn learn(&mut self, node: &Node, actual: ItemRef<'_>) {
        if matches!(Kin::of(node.ty), Kin::Text | Kin::Bytes) {
            self.learned.insert(node.literal(), Item::from_ref(actual));
        }
    }

    /// Notes the fields of a successful answer.
    pub(super) fn keep(&mut self, payload: ItemRef<'_>) {
        let mut first_id = None;
        for field in payload.children() {
            match field.value() {
                Some(Value::ByteString(bytes)) => {
                    if matches!(field.tag(), tag::DATA | tag::SIGNATURE_DATA | tag::MAC_DATA) {
                        self.produced.insert(bytes.to_owned());
                    }
                }
                Some(value) if value.text().is_some() => {
                    if is_identifier(field.tag()) {
                        first_id = first_id.or_else(|| value.text().map(str::to_owned));
                    }
                }
                _ => continue,
            }
            self.latest.insert(field.tag(), Item::from_ref(field));
        }
        self.last_id = first_id.or(self.last_id.take());
    }
}

/// Whether a field of a payload names an object.
pub(super) fn is_identifier(of: Tag) -> bool {
    matches!(of, tag::UNIQUE_IDENTIFIER | tag::PRIVATE_KEY_UNIQUE_IDENTIFIER | tag::PUBLIC_KEY_UNIQUE_IDENTIFIER)
}

/// The same bytes under another tag and, between texts and byte strings, of another type.
fn cast(item: &Item, tag: Tag, ty: ItemType) -> Item {
    let bytes = match item.value() {
        Some(Value::ByteString(b) | Value::BigInteger(b)) => b,
        Some(value) => match value.text() {
            Some(text) => text.as_bytes(),
            None => return item.clone().with_tag(tag),
        },
        None => return item.clone().with_tag(tag),
    };
    match ty {
        ItemType::BYTE_STRING => Item::bytes(tag, bytes),
        ItemType::BIG_INTEGER => Item::big_integer(tag, bytes),
        ty if ty.is_text() => {
            let mut item = Item::text(tag, String::from_utf8_lossy(bytes));
            item.ty = ty;
            item
        }
        _ => item.clone().with_tag(tag),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kmipspec_protocol::ttlv::{Doc, Limits};

    fn leaf(text: &str, ty: ItemType) -> Leaf<'_> {
        Leaf { tag: tag::UNIQUE_IDENTIFIER, ty, text, governing: tag::UNIQUE_IDENTIFIER }
    }

    #[test]
    fn what_was_told_is_sent_and_what_was_not_is_named() {
        let mut memory = Memory { now: 1_000, ..Memory::default() };
        let bytes = Item::text(tag::UNIQUE_IDENTIFIER, "7f").encode();
        let doc = Doc::strict(&bytes, &Limits { leaf_root: true, ..Limits::default() }).expect("a leaf");
        memory.bind("UNIQUE_IDENTIFIER_0", doc.root().expect("the leaf"));
        let mut unbound = None;
        let filled = memory.fill(&leaf("$UNIQUE_IDENTIFIER_0", ItemType::BYTE_STRING), &mut unbound);
        assert_eq!(filled, Some(Item::bytes(tag::UNIQUE_IDENTIFIER, b"7f".as_slice())));
        assert_eq!(memory.fill(&leaf("as written", ItemType::TEXT_STRING), &mut unbound), None);
        let time = memory.fill(&leaf("$NOW-10", ItemType::DATE_TIME), &mut unbound);
        assert_eq!((time, &unbound), (Some(Item::date_time(tag::UNIQUE_IDENTIFIER, 990)), &None));
        memory.fill(&leaf("$UNIQUE_IDENTIFIER_1", ItemType::TEXT_STRING), &mut unbound);
        assert!(unbound.expect("not told").0.starts_with("$UNIQUE_IDENTIFIER_1"));
    }
}
