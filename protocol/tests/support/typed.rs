//! Messages of every operation as the tables of a version have them, of bytes of chance: for `arbitrary`, and through it for proptest.
//!
//! Of 3.0 there are no tables of structures, so that nothing of it is made. Bytes that run out leave out whatever may be left out, so that either library makes a failing message small.

use super::kinds::{holds_attributes, kind};
use arbitrary::{Arbitrary, Result, Unstructured};
use kmipspec_protocol::operations::{OPERATIONS, Row};
use kmipspec_protocol::registry::{self, Operation, ResultReason, ResultStatus, tag, tag_row};
use kmipspec_protocol::schema::{ATTRIBUTES, AttributeRow, Direction, Field, Required, operation_row, structure_row};
use kmipspec_protocol::ttlv::{Item, ItemType, Tag};
use kmipspec_protocol::version::Version;
use proptest::collection::vec;
use proptest::prelude::*;

/// Structures within each other, below which only what is required stands.
const DEEP: usize = 6;

/// Bytes of chance of one message at most.
const CHANCE: usize = 400;

/// A Request Message.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Its version.
    pub(crate) version: Version,
    /// The message.
    pub(crate) item: Item,
}

/// A Response Message.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    /// Its version.
    pub(crate) version: Version,
    /// The message.
    pub(crate) item: Item,
}

impl<'a> Arbitrary<'a> for Request {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let version = *u.choose(&Version::WITH_TEXT)?;
        Ok(Self { version, item: Maker::new(u, version, Direction::Request).message()? })
    }
}

impl<'a> Arbitrary<'a> for Response {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let version = *u.choose(&Version::WITH_TEXT)?;
        Ok(Self { version, item: Maker::new(u, version, Direction::Response).message()? })
    }
}

/// What bytes of chance make of a type, as a strategy.
pub(crate) fn any_of<T: for<'a> Arbitrary<'a> + std::fmt::Debug>() -> impl Strategy<Value = T> {
    let made = |bytes: Vec<u8>| T::arbitrary(&mut Unstructured::new(&bytes)).ok();
    vec(any::<u8>(), 0..CHANCE).prop_filter_map("bytes that make a value", made)
}

/// Operations with a table of their payload, in this version and direction.
pub(crate) fn operations(
    version: Version,
    direction: Direction,
) -> impl Iterator<Item = (&'static Row, &'static [Field])> {
    OPERATIONS.iter().filter(move |row| row.exists_in(version)).filter_map(move |row| {
        let layout = operation_row(row.operation.0)?.layout(version)?;
        let table = if direction == Direction::Request { layout.request } else { layout.response };
        Some((row, table?))
    })
}

/// One message in the making.
struct Maker<'u, 'a> {
    u: &'u mut Unstructured<'a>,
    version: Version,
    direction: Direction,
    /// Batch items.
    count: u8,
    /// The enumerations that say which of several tables the structure behind them has: the last of each.
    credential: u32,
    format: u32,
}

impl<'u, 'a> Maker<'u, 'a> {
    fn new(u: &'u mut Unstructured<'a>, version: Version, direction: Direction) -> Self {
        Self { u, version, direction, count: 1, credential: 0, format: 0 }
    }

    /// No where chance has run out.
    fn coin(&mut self) -> Result<bool> {
        Ok(self.u.arbitrary::<u8>()? & 1 == 1)
    }

    fn message(mut self) -> Result<Item> {
        self.count = if self.coin()? { self.u.int_in_range(1..=3)? } else { 1 };
        let (message, header) = match self.direction {
            Direction::Request => (tag::REQUEST_MESSAGE, tag::REQUEST_HEADER),
            Direction::Response => (tag::RESPONSE_MESSAGE, tag::RESPONSE_HEADER),
        };
        let mut items = vec![self.structure(header, 0)?];
        for number in 0..self.count {
            items.push(self.batch_item(number)?);
        }
        Ok(Item::structure(message, items))
    }

    fn batch_item(&mut self, number: u8) -> Result<Item> {
        let all: Vec<_> = operations(self.version, self.direction).collect();
        let (row, payload) = *self.u.choose(&all)?;
        let request = self.direction == Direction::Request;
        let failed = !request && self.u.ratio(1, 4)? && self.coin()?;
        let which = if request { "Request" } else { "Response" };
        let version = self.version;
        let layouts = structure_row(tag::BATCH_ITEM).into_iter().flat_map(|row| row.layouts_at(version));
        let fields = layouts.filter(|layout| layout.variant == which).flat_map(|layout| layout.fields);
        let mut items = Vec::new();
        for field in fields {
            let item = match field.tags {
                [tag::OPERATION] => Some(Item::enumeration(tag::OPERATION, row.operation.0)),
                [tag::UNIQUE_BATCH_ITEM_ID] => {
                    let there = self.count > 1 || self.coin()?;
                    there.then(|| Item::bytes(tag::UNIQUE_BATCH_ITEM_ID, [number]))
                }
                [tag::REQUEST_PAYLOAD] => Some(Item::structure(tag::REQUEST_PAYLOAD, self.fields(payload, 1)?)),
                [tag::RESPONSE_PAYLOAD] if !failed => {
                    Some(Item::structure(tag::RESPONSE_PAYLOAD, self.fields(payload, 1)?))
                }
                [tag::RESULT_STATUS] => {
                    let status = if failed { ResultStatus::OPERATION_FAILED } else { ResultStatus::SUCCESS };
                    Some(Item::enumeration(tag::RESULT_STATUS, status.0))
                }
                [tag::RESULT_REASON] if failed => {
                    Some(Item::enumeration(tag::RESULT_REASON, ResultReason::GENERAL_FAILURE.0))
                }
                [tag::RESULT_MESSAGE] if failed => Some(Item::text(tag::RESULT_MESSAGE, self.text()?)),
                [tag::RESPONSE_PAYLOAD | tag::RESULT_REASON | tag::RESULT_MESSAGE] => None,
                [tag::ASYNCHRONOUS_CORRELATION_VALUE] => None,
                _ => {
                    items.extend(self.field(field, 1)?);
                    None
                }
            };
            items.extend(item);
        }
        Ok(Item::structure(tag::BATCH_ITEM, items))
    }

    /// What stands in a structure with this table.
    fn fields(&mut self, table: &'static [Field], deep: usize) -> Result<Vec<Item>> {
        let mut items = Vec::new();
        for field in table {
            items.extend(self.field(field, deep)?);
        }
        Ok(items)
    }

    /// What stands for a field: nothing where it may be left out, one, or some more where it may be repeated.
    fn field(&mut self, field: &'static Field, deep: usize) -> Result<Vec<Item>> {
        // The value of an attribute may be left out in Notify alone.
        let needed = field.required == Required::Yes || field.tags == [tag::ATTRIBUTE_VALUE];
        if !needed && (deep >= DEEP || !self.coin()?) || self.is_barred(field) {
            return Ok(Vec::new());
        }
        let more = field.repeatable && deep < DEEP && self.coin()?;
        let times = if more { self.u.int_in_range(1..=3)? } else { 1 };
        let tags: Vec<Tag> = field
            .tags
            .iter()
            .copied()
            .filter(|tag| tag_row(*tag).is_some_and(|row| row.exists(self.version)))
            .collect();
        let mut items: Vec<Item> = Vec::new();
        for _ in 0..times {
            let item = match tags.as_slice() {
                // Any item: one of a vendor.
                [] => Item::integer(Tag(0x54_0001), 7),
                tags => {
                    let tag = *self.u.choose(tags)?;
                    self.item(tag, field.types, deep)?
                }
            };
            // Most attributes may stand once only.
            let name = |item: &Item| item.child(tag::ATTRIBUTE_NAME).cloned();
            if item.tag != tag::ATTRIBUTE || items.iter().all(|before| name(before) != name(&item)) {
                items.push(item);
            }
        }
        Ok(items)
    }

    /// What the table allows and something else forbids.
    fn is_barred(&self, field: &Field) -> bool {
        // 1.4 §6.13: only where there are several batch items.
        field.tags == [tag::BATCH_ERROR_CONTINUATION_OPTION] && self.count == 1
    }

    /// An item of a tag that has its place; the types are those of the field, if it states any.
    fn item(&mut self, tag: Tag, types: &'static [ItemType], deep: usize) -> Result<Item> {
        match tag {
            tag::PROTOCOL_VERSION if deep == 1 => return Ok(version_item(self.version)),
            tag::BATCH_COUNT => return Ok(Item::integer(tag, i32::from(self.count))),
            tag::ATTRIBUTE_NAME if self.version < Version::V2_0 => {
                let row = self.attribute_row()?;
                return Ok(Item::text(tag, row.name));
            }
            tag::ATTRIBUTE if self.version < Version::V2_0 => return self.named_attribute(deep),
            tag::KEY_MATERIAL => return self.key_material(deep),
            _ => {}
        }
        let ty = self.ty(tag, types)?;
        let item = match ty {
            ItemType::INTEGER => Item::integer(tag, self.number(tag)?),
            ItemType::LONG_INTEGER => Item::long_integer(tag, self.u.arbitrary()?),
            ItemType::BIG_INTEGER => Item::big_integer(tag, self.u.arbitrary::<i64>()?.to_be_bytes()),
            ItemType::ENUMERATION => Item::enumeration(tag, self.code(tag)?),
            ItemType::BOOLEAN => Item::boolean(tag, self.coin()?),
            ItemType::TEXT_STRING | ItemType::IDENTIFIER | ItemType::REFERENCE | ItemType::NAME_REFERENCE => {
                let text = self.text()?;
                Item::text_of(tag, ty, text)
            }
            ItemType::BYTE_STRING => {
                let length = self.u.int_in_range(0..=17)?;
                let length = length.min(self.u.len());
                Item::bytes(tag, self.u.bytes(length)?.to_vec())
            }
            ItemType::DATE_TIME => Item::date_time(tag, self.date()?),
            ItemType::DATE_TIME_EXTENDED => Item::date_time_extended(tag, self.date()?),
            ItemType::INTERVAL => Item::interval(tag, self.u.arbitrary()?),
            _ => self.structure(tag, deep)?,
        };
        Ok(item)
    }

    /// The type of an item, of those that its field or its tag may have.
    fn ty(&mut self, tag: Tag, types: &'static [ItemType]) -> Result<ItemType> {
        let of_tag = tag_row(tag).map_or(&[][..], |row| row.types_at(self.version));
        let known = if types.is_empty() { of_tag } else { types };
        // What is published of PKCS#11 is not what the tables print.
        let elsewhere = tag_row(tag).is_some_and(|row| row.xml_name.starts_with("PKCS_11"));
        if known.is_empty() || elsewhere { Ok(kind(tag, self.version)) } else { Ok(*self.u.choose(known)?) }
    }

    fn structure(&mut self, tag: Tag, deep: usize) -> Result<Item> {
        if holds_attributes(tag) {
            return self.attributes(tag, deep);
        }
        let told = match tag {
            tag::RANDOM_NUMBER_GENERATOR => tag::RNG_PARAMETERS,
            // Its Unique Identifier is as much required: "Yes", and what it is to be.
            tag::MAC_SIGNATURE_KEY_INFORMATION => tag::ENCRYPTION_KEY_INFORMATION,
            own => own,
        };
        let Some(row) = structure_row(told) else { return Ok(Item::structure(tag, Vec::new())) };
        let mut layouts: Vec<_> = row.layouts_at(self.version).collect();
        if tag == tag::CREDENTIAL_VALUE {
            let name = name_of(tag::CREDENTIAL_TYPE, self.credential);
            layouts.retain(|layout| layout.variant == name);
        }
        if layouts.is_empty() {
            return Ok(Item::structure(tag, Vec::new()));
        }
        let layout = *self.u.choose(&layouts)?;
        Ok(Item::structure(tag, self.fields(layout.fields, deep + 1)?))
    }

    /// A structure where the Key Format Type has a table, otherwise bytes.
    fn key_material(&mut self, deep: usize) -> Result<Item> {
        let name = name_of(tag::KEY_FORMAT_TYPE, self.format);
        let version = self.version;
        let mut layouts = structure_row(tag::KEY_MATERIAL).into_iter().flat_map(|row| row.layouts_at(version));
        match layouts.find(|layout| layout.variant == name) {
            Some(layout) => Ok(Item::structure(tag::KEY_MATERIAL, self.fields(layout.fields, deep + 1)?)),
            None => Ok(Item::bytes(tag::KEY_MATERIAL, self.u.arbitrary::<[u8; 16]>()?)),
        }
    }

    /// An attribute that the version has.
    fn attribute_row(&mut self) -> Result<&'static AttributeRow> {
        let rows: Vec<_> = ATTRIBUTES.iter().filter(|row| row.versions.contains(self.version)).collect();
        Ok(self.u.choose(&rows)?)
    }

    /// Attributes of 2.x, each at most once.
    fn attributes(&mut self, tag: Tag, deep: usize) -> Result<Item> {
        let single = matches!(tag, tag::NEW_ATTRIBUTE | tag::CURRENT_ATTRIBUTE);
        let times = if single || deep >= DEEP { 1 } else { self.u.int_in_range(0..=4)? };
        let mut items: Vec<Item> = Vec::new();
        for _ in 0..times {
            let row = self.attribute_row()?;
            if items.iter().all(|item| item.tag != row.tag) {
                items.push(self.item(row.tag, &[], deep + 1)?);
            }
        }
        Ok(Item::structure(tag, items))
    }

    /// An Attribute of 1.x, with its name and a value of its type.
    fn named_attribute(&mut self, deep: usize) -> Result<Item> {
        let row = self.attribute_row()?;
        let of_tag = tag_row(row.tag).map_or(&[][..], |tag| tag.types_at(self.version));
        let types = if of_tag.is_empty() { row.types } else { of_tag };
        let value = self.item(row.tag, types, deep + 1)?;
        let mut items = vec![Item::text(tag::ATTRIBUTE_NAME, row.name)];
        if self.coin()? {
            items.push(Item::integer(tag::ATTRIBUTE_INDEX, self.u.int_in_range(0..=3)?));
        }
        items.push(value.with_tag(tag::ATTRIBUTE_VALUE));
        Ok(Item::structure(tag::ATTRIBUTE, items))
    }

    /// A value of the enumeration of a tag.
    fn code(&mut self, tag: Tag) -> Result<u32> {
        let values = registry::enumeration_for(tag).map_or(&[][..], |list| list.values);
        let codes: Vec<u32> =
            values.iter().filter(|value| value.exists(self.version)).map(|value| value.code).collect();
        let code = if codes.is_empty() { 0x8000_0001 } else { *self.u.choose(&codes)? };
        match tag {
            tag::CREDENTIAL_TYPE => self.credential = code,
            tag::KEY_FORMAT_TYPE => self.format = code,
            _ => {}
        }
        Ok(code)
    }

    /// Bits of the mask of a tag, or a number.
    fn number(&mut self, tag: Tag) -> Result<i32> {
        let Some(list) = registry::enumeration_for(tag).filter(|list| list.mask) else {
            return Ok(*self.u.choose(&[0, 1, 2, 128, 256, -1, i32::MIN, i32::MAX])?);
        };
        let chance: u32 = self.u.arbitrary()?;
        let known = list.values.iter().filter(|bit| bit.exists(self.version)).fold(0, |all, bit| all | bit.code);
        Ok((chance & known).cast_signed())
    }

    fn text(&mut self) -> Result<String> {
        let texts = ["", "a", "key-1", "secret-1", "with <two> & \"blanks\"  ", "\u{e4}\u{1f511}", "12345678"];
        Ok((*self.u.choose(&texts)?).to_owned())
    }

    fn date(&mut self) -> Result<i64> {
        Ok(*self.u.choose(&[0, 1, 1_700_000_000, 1_700_000_001, -1, 253_402_300_800, i64::MIN, i64::MAX])?)
    }
}

/// The XML name of an enumeration's value, which names the table that it stands for.
fn name_of(list: Tag, code: u32) -> &'static str {
    registry::enumeration_for(list).and_then(|list| list.value(code)).map_or("none", |value| value.xml_name)
}

fn version_item(version: Version) -> Item {
    let numbers = vec![
        Item::integer(tag::PROTOCOL_VERSION_MAJOR, version.major()),
        Item::integer(tag::PROTOCOL_VERSION_MINOR, version.minor()),
    ];
    Item::structure(tag::PROTOCOL_VERSION, numbers)
}

/// The operations of a message.
pub(crate) fn asked(message: &Item) -> impl Iterator<Item = Operation> {
    let items = message.items().iter().filter(|item| item.tag == tag::BATCH_ITEM);
    items.filter_map(|item| match item.child(tag::OPERATION)?.value()? {
        kmipspec_protocol::ttlv::Value::Enumeration(code) => Some(Operation(code)),
        _ => None,
    })
}
