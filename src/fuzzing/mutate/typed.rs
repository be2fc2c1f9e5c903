//! Well-formed requests by the tables: fields in their order, of their types, with values that often make sense beside each other.

use super::message::stated;
use super::rng::Rng;
use super::tree::{at, at_mut, is_structure, place};
use crate::fuzzing::server::OWN;
use kmipspec_protocol::registry::{
    BlockCipherMode, CryptographicAlgorithm, HashingAlgorithm, KeyFormatType, NameType, ObjectType, enumeration_for,
    tag, tag_row,
};
use kmipspec_protocol::schema::{
    ATTRIBUTES, AttributeRow, Field, Initiator, OPERATIONS, OperationRow, Required, attribute_row, operation_row,
    structure_row,
};
use kmipspec_protocol::ttlv::{Item, ItemType, Tag, Value};
use kmipspec_protocol::version::Version;

/// Structures in structures at most.
const DEEPEST: usize = 6;

/// Enumerations of which most values do not go with the rest of a request, and those that do.
const USUAL: [(Tag, &[u32]); 6] = [
    (tag::CRYPTOGRAPHIC_ALGORITHM, &[CryptographicAlgorithm::AES.0]),
    (tag::OBJECT_TYPE, &[ObjectType::SYMMETRIC_KEY.0]),
    (tag::KEY_FORMAT_TYPE, &[KeyFormatType::RAW.0]),
    (tag::NAME_TYPE, &[NameType::UNINTERPRETED_TEXT_STRING.0]),
    (tag::BLOCK_CIPHER_MODE, &[BlockCipherMode::CBC.0, BlockCipherMode::ECB.0]),
    (tag::HASHING_ALGORITHM, &[HashingAlgorithm::SHA_256.0]),
];

/// Attributes without which no key is made.
const OF_KEYS: [Tag; 3] = [tag::CRYPTOGRAPHIC_ALGORITHM, tag::CRYPTOGRAPHIC_LENGTH, tag::CRYPTOGRAPHIC_USAGE_MASK];

/// Makes what a client of one version says about one object.
pub(super) struct Maker<'r> {
    /// Where its choices come from.
    pub(super) rng: &'r mut Rng,
    /// The version.
    pub(super) version: Version,
    /// The object: an identifier, or a reference to one.
    pub(super) about: &'r str,
    /// Whether it may be, now and then, the next object that the same answer gave.
    pub(super) strays: bool,
    /// Names of attributes that were said before, in either spelling.
    pub(super) said: &'r [String],
}

impl Maker<'_> {
    /// An operation of clients; two times in three one about an object.
    pub(super) fn operation(&mut self) -> &'static OperationRow {
        let from = if self.rng.one_in(3) { of_clients(self.version).collect() } else { about_one(self.version) };
        self.rng.choose(&from, &OPERATIONS[0])
    }

    /// What stands in its Request Payload.
    pub(super) fn payload(&mut self, row: &OperationRow) -> Vec<Item> {
        let fields = row.layout(self.version).and_then(|layout| layout.request).unwrap_or_default();
        self.fields(fields, 0)
    }

    /// What stands in a structure: all that must, and a part of what may.
    fn fields(&mut self, fields: &[Field], depth: usize) -> Vec<Item> {
        let mut made = Vec::new();
        for field in fields {
            let often = match field.required {
                Required::Yes => 1,
                Required::Conditional | Required::Unspecified => 2,
                Required::No if field.takes(tag::UNIQUE_IDENTIFIER) || field.takes(tag::DATA) => 1,
                Required::No => 3,
            };
            let times = if field.repeatable { 1 + self.rng.below(4) } else { 1 };
            if self.rng.one_in(often) {
                (0..times).for_each(|_| made.extend(self.field(field, depth)));
            }
        }
        made
    }

    /// One field; none where the tables do not say what it is.
    fn field(&mut self, field: &Field, depth: usize) -> Option<Item> {
        // Of a choice of objects the key, as the Object Type says.
        let key = field.tags.contains(&tag::SYMMETRIC_KEY) && !self.rng.one_in(4);
        let tag = match field.tags {
            [] => return self.attribute(depth),
            _ if key => tag::SYMMETRIC_KEY,
            tags => self.rng.choose(tags, tag::UNIQUE_IDENTIFIER),
        };
        let types = tag_row(tag).map_or(&[][..], |row| row.types_at(self.version));
        self.item(tag, if field.types.is_empty() { types } else { field.types }, depth)
    }

    /// An item of a tag, of one of these types.
    fn item(&mut self, tag: Tag, types: &[ItemType], depth: usize) -> Option<Item> {
        if types.contains(&ItemType::STRUCTURE) && tag != tag::KEY_MATERIAL {
            return (depth < DEEPEST).then(|| Item::structure(tag, self.structure(tag, depth + 1)));
        }
        // An identifier is a text, and key material bytes; elsewhere any of the types.
        let first = types.iter().find(|ty| ty.is_text() || **ty == ItemType::BYTE_STRING);
        let ty = first.copied().or_else(|| self.rng.pick(types).copied())?;
        let value = match ty {
            ItemType::ENUMERATION => Value::Enumeration(self.enumeration(tag)),
            ItemType::INTEGER => Value::Integer(self.integer(tag)),
            ItemType::LONG_INTEGER => Value::LongInteger(self.rng.choose(&[0, 1, 2, 100], 1)),
            ItemType::BIG_INTEGER => Value::BigInteger(&[0, 0, 0, 0, 0, 1, 0, 1]),
            ItemType::BOOLEAN => Value::Boolean(self.rng.one_in(2)),
            ItemType::DATE_TIME => {
                Value::DateTime(self.rng.choose(&[0, 1_699_999_999, 1_700_000_000, 4_000_000_000], 0))
            }
            ItemType::DATE_TIME_EXTENDED => Value::DateTimeExtended(1_700_000_000_000_000),
            ItemType::INTERVAL => Value::Interval(self.rng.choose(&[0, 1, 3600], 0)),
            ItemType::BYTE_STRING => return Some(Item::bytes(tag, [0xA5; 16])),
            _ => return Some(Item::text_of(tag, ty, self.text(tag))),
        };
        Some(Item::leaf(tag, value))
    }

    /// What stands in a structure of this tag.
    fn structure(&mut self, tag: Tag, depth: usize) -> Vec<Item> {
        let Some(row) = structure_row(tag) else { return self.attributes(depth) };
        let layouts: Vec<_> = row.layouts_at(self.version).collect();
        // What 3.0 has is known only as far as 2.1 had it.
        let layout = self.rng.pick(&layouts).copied().or(row.layouts.last());
        let fields = layout.map_or(&[][..], |layout| layout.fields);
        match fields {
            [] => self.attributes(depth),
            _ if tag == tag::ATTRIBUTE && self.version < Version::V2_0 => self.named_attribute(depth),
            _ if fields.iter().any(|field| field.takes(tag::ATTRIBUTE) && field.repeatable) => self.attributes(depth),
            _ => self.fields(fields, depth),
        }
    }

    /// Attributes as this version has them: now and then those of a key before others.
    fn attributes(&mut self, depth: usize) -> Vec<Item> {
        let mut all = Vec::new();
        if self.rng.one_in(2) {
            let rows = ATTRIBUTES.iter().filter(|row| OF_KEYS.contains(&row.tag));
            rows.for_each(|row| all.extend(self.standard(row, depth)));
        }
        for _ in 0..self.rng.below(3) + usize::from(all.is_empty()) {
            all.extend(self.attribute(depth));
        }
        all
    }

    /// One attribute: of the table, or of the client's own making.
    fn attribute(&mut self, depth: usize) -> Option<Item> {
        if self.version < Version::V2_0 {
            return Some(Item::structure(tag::ATTRIBUTE, self.named_attribute(depth)));
        }
        if self.rng.one_in(4) {
            let vendor = Item::text(tag::VENDOR_IDENTIFICATION, "x");
            let name = Item::text(tag::ATTRIBUTE_NAME, "fuzz");
            let value = Item::text(tag::ATTRIBUTE_VALUE, "one");
            return Some(Item::structure(tag::ATTRIBUTE, vec![vendor, name, value]));
        }
        let row = self.row()?;
        self.standard(row, depth)
    }

    /// Name and value of an attribute of 1.x.
    fn named_attribute(&mut self, depth: usize) -> Vec<Item> {
        let row = if self.rng.one_in(4) { None } else { self.row() };
        let given = row.and_then(|row| Some((row.name, self.value(row, depth)?)));
        let (name, value) = given.unwrap_or_else(|| ("x-fuzz", Item::text(tag::ATTRIBUTE_VALUE, "one")));
        named(name, value)
    }

    /// An attribute of the table, in either form.
    fn standard(&mut self, row: &AttributeRow, depth: usize) -> Option<Item> {
        let value = self.value(row, depth)?;
        if self.version >= Version::V2_0 {
            return Some(value);
        }
        Some(Item::structure(tag::ATTRIBUTE, named(row.name, value)))
    }

    /// Its value under its own tag.
    fn value(&mut self, row: &AttributeRow, depth: usize) -> Option<Item> {
        self.item(row.tag, row.types, depth)
    }

    /// An attribute of this version.
    fn row(&mut self) -> Option<&'static AttributeRow> {
        let rows: Vec<&AttributeRow> = ATTRIBUTES.iter().filter(|row| row.versions.contains(self.version)).collect();
        self.rng.pick(&rows).copied()
    }

    /// A value of an enumeration that this version has.
    fn enumeration(&mut self, tag: Tag) -> u32 {
        let usual = USUAL.iter().find(|(of, _)| *of == tag).filter(|_| !self.rng.one_in(8));
        if let Some((_, values)) = usual {
            return self.rng.choose(values, 1);
        }
        let values = enumeration_for(tag).map_or(&[][..], |table| table.values);
        let here: Vec<u32> = values.iter().filter(|v| v.exists(self.version)).map(|v| v.code).collect();
        self.rng.choose(&here, 1)
    }

    /// A length, a mask, or a small number.
    fn integer(&mut self, tag: Tag) -> i32 {
        if tag == tag::CRYPTOGRAPHIC_LENGTH {
            return self.rng.choose(&[128, 128, 256], 128);
        }
        let Some(table) = enumeration_for(tag).filter(|table| table.mask) else {
            return self.rng.choose(&[0, 1, 2, 3, 16], 1);
        };
        let few = self.rng.one_in(2);
        let bits = table.values.iter().filter(|bit| bit.exists(self.version));
        bits.filter(|_| !few || self.rng.one_in(4)).fold(0, |mask, bit| mask | bit.code).cast_signed()
    }

    /// An identifier, the name of an attribute, or a word.
    fn text(&mut self, tag: Tag) -> String {
        match tag {
            tag::UNIQUE_IDENTIFIER => self.identifier(),
            tag::ATTRIBUTE_NAME if self.rng.one_in(6) => "x-fuzz".to_owned(),
            tag::ATTRIBUTE_NAME if !self.said.is_empty() && self.rng.one_in(2) => {
                self.rng.pick(self.said).cloned().unwrap_or_default()
            }
            tag::ATTRIBUTE_NAME => self.row().map_or("Name", |row| row.name).to_owned(),
            // As names of seeds are: over the wire they are others each time.
            _ => self.rng.choose(&["fuzz-00000001", "fuzz-00000002"], "fuzz-00000001").to_owned(),
        }
    }

    /// The object, or the next one that the same answer gave.
    fn identifier(&mut self) -> String {
        match self.about.strip_suffix('0') {
            Some(step) if self.strays && step.ends_with('.') && self.rng.one_in(3) => {
                format!("{step}{}", 1 + self.rng.below(2))
            }
            _ => self.about.to_owned(),
        }
    }
}

/// What stands in an attribute of 1.x.
fn named(name: &str, value: Item) -> Vec<Item> {
    vec![Item::text(tag::ATTRIBUTE_NAME, name), value.with_tag(tag::ATTRIBUTE_VALUE)]
}

/// The operations that clients of a version ask for.
fn of_clients(version: Version) -> impl Iterator<Item = &'static OperationRow> {
    OPERATIONS.iter().filter(move |row| row.initiator == Initiator::Client && row.versions.contains(version))
}

/// Those of them that name an object.
pub(super) fn about_one(version: Version) -> Vec<&'static OperationRow> {
    let names_one = |row: &&OperationRow| {
        let request = row.layout(version).and_then(|layout| layout.request);
        request.is_some_and(|fields| fields.iter().any(|field| field.takes(tag::UNIQUE_IDENTIFIER)))
    };
    of_clients(version).filter(names_one).collect()
}

/// The attributes that a message names, or has as items.
pub(super) fn attribute_names(items: &[Item]) -> Vec<String> {
    let mut names = Vec::new();
    let mut todo: Vec<&Item> = items.iter().collect();
    while let Some(item) = todo.pop() {
        todo.extend(item.items());
        if item.tag == tag::ATTRIBUTE_NAME {
            names.extend(item.value().and_then(|value| value.text().map(str::to_owned)));
        } else {
            names.extend(attribute_row(item.tag).map(|row| row.name.to_owned()));
        }
    }
    names
}

/// One field more, where the table has it: one that is not there, or may be there more often.
pub(super) fn add(items: &mut [Item], rng: &mut Rng) -> bool {
    let Some(path) = place(items, rng, is_structure) else { return false };
    let version = stated(items).unwrap_or(Version::V1_4);
    let Some(structure) = at(items, &path) else { return false };
    let beside =
        path.split_last().and_then(|(_, parent)| at(items, parent)).and_then(|item| item.child(tag::OPERATION));
    let operation = beside.and_then(Item::value).and_then(|value| match value {
        Value::Enumeration(code) => operation_row(code)?.layout(version),
        _ => None,
    });
    let fields = match structure.tag {
        tag::REQUEST_PAYLOAD => operation.and_then(|layout| layout.request),
        tag::RESPONSE_PAYLOAD => operation.and_then(|layout| layout.response),
        tag => structure_row(tag).and_then(|row| row.layouts_at(version).next()).map(|layout| layout.fields),
    };
    let fields = fields.unwrap_or_default();
    let has = |field: &Field| structure.items().iter().any(|item| field.takes(item.tag));
    let missing: Vec<usize> = (0..fields.len())
        .filter(|place| fields.get(*place).is_some_and(|field| field.repeatable || !has(field)))
        .collect();
    let Some(place) = rng.pick(&missing).copied() else { return false };
    let about = rng.choose(&["$0.0", "$0.0", OWN[0]], OWN[0]);
    let said = &attribute_names(items);
    let made = fields.get(place).and_then(|field| Maker { rng, version, about, strays: true, said }.field(field, 0));
    let (Some(made), Some(inside)) = (made, at_mut(items, &path).and_then(Item::items_mut)) else { return false };
    let rank = |tag: Tag| fields.iter().position(|field| field.takes(tag)).unwrap_or(usize::MAX);
    let before = inside.iter().take_while(|item| rank(item.tag) <= place).count();
    inside.insert(before, made);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::message::request;
    use kmipspec_protocol::registry::Operation;
    use kmipspec_protocol::schema::check_request;
    use kmipspec_protocol::ttlv::{Doc, Limits};
    use std::collections::BTreeSet;

    /// Requests of a version about `key-1`, with their operations.
    fn requests(version: Version) -> Vec<(Operation, Vec<u8>)> {
        let mut rng = Rng::new(1);
        let mut maker = Maker { rng: &mut rng, version, about: OWN[0], strays: true, said: &[] };
        let one = |_| {
            let row = maker.operation();
            let operation = Operation(row.code);
            (operation, request(version, None, operation, maker.payload(row)))
        };
        (0..2000).map(one).collect()
    }

    #[test]
    fn every_operation_of_clients_is_asked_for_as_its_table_says() {
        for version in Version::ALL {
            let made = requests(version);
            let asked: BTreeSet<u32> = made.iter().map(|(operation, _)| operation.0).collect();
            let there =
                OPERATIONS.iter().filter(|row| row.initiator == Initiator::Client && row.versions.contains(version));
            assert_eq!(asked, there.map(|row| row.code).collect(), "{version}");
            if !Version::WITH_TEXT.contains(&version) {
                continue;
            }
            let sound = made
                .iter()
                .filter(|(_, bytes)| check_request(&Doc::lenient(bytes, &Limits::default()), version).is_empty());
            let share = sound.count() * 100 / made.len();
            assert!(share >= 90, "{version}: {share} % of them are as the tables say");
        }
    }

    #[test]
    fn the_server_does_most_operations_when_asked_so() {
        use crate::fuzzing::oracles::pairs;
        use crate::fuzzing::server::World;
        let mut done = BTreeSet::new();
        for version in [Version::V1_2, Version::V2_1] {
            for (operation, bytes) in requests(version) {
                let spoken = World::default().say(0, 0, bytes);
                let [asked, given] =
                    [&spoken.request, &spoken.answer].map(|bytes| Doc::lenient(bytes, &Limits::default()));
                if pairs(&asked, &given).iter().any(|pair| pair.succeeded()) {
                    done.insert(operation.name().unwrap_or_default());
                }
            }
        }
        assert!(done.len() > 30, "{done:?}");
    }

    #[test]
    fn what_is_added_stands_where_the_table_has_it() {
        let get = request(Version::V1_2, None, Operation::GET, Vec::new());
        let mut tags = BTreeSet::new();
        for seed in 0..200 {
            let mut items = crate::fuzzing::mutate::tree::read(&get);
            if add(&mut items, &mut Rng::new(seed)) {
                let bytes = crate::fuzzing::mutate::tree::write(&items);
                let doc = Doc::lenient(&bytes, &Limits::default());
                let payload = doc.items().find(|item| item.tag() == tag::REQUEST_PAYLOAD).expect("there is one");
                tags.extend(payload.children().map(|item| item.tag()));
            }
        }
        for tag in [tag::UNIQUE_IDENTIFIER, tag::KEY_FORMAT_TYPE, tag::KEY_WRAPPING_SPECIFICATION] {
            assert!(tags.contains(&tag), "{tag:?} among {tags:?}");
        }
    }
}
