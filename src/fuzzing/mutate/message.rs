//! The message as a whole: the batch, its options, credentials, time, extensions.

use super::rng::Rng;
use super::tree::{at, at_mut, first, is_structure};
use crate::runner::message::request;
use kmipspec_protocol::registry::{CredentialType, Operation, tag};
use kmipspec_protocol::schema::{StructureRow, structure_row};
use kmipspec_protocol::ttlv::{Body, Item, ItemType, Tag};
use kmipspec_protocol::version::Version;

/// Query at 1.4: what is made of what is no message.
pub(super) fn smallest() -> Vec<u8> {
    request(Version::V1_4, None, Operation::QUERY, vec![Item::enumeration(tag::QUERY_FUNCTION, 1)])
}

/// One operator.
pub(super) fn mutate(items: &mut [Item], rng: &mut Rng) -> bool {
    match rng.below(5) {
        0 | 1 => batch(items, rng),
        2 => other_operation(items, rng),
        3 => set_header(items, header_field(rng), rng),
        _ => item_field(items, rng),
    }
}

/// One batch item more, fewer, or elsewhere, usually with a count and identifiers that are true.
fn batch(items: &mut [Item], rng: &mut Rng) -> bool {
    let Some(inside) = items.first_mut().and_then(Item::items_mut) else { return false };
    let places: Vec<usize> =
        inside.iter().enumerate().filter(|(_, item)| item.tag == tag::BATCH_ITEM).map(|(place, _)| place).collect();
    let Some(place) = rng.pick(&places).copied() else { return false };
    match rng.below(4) {
        2 if places.len() > 1 => drop(inside.remove(place)),
        3 if places.len() > 1 => inside.swap(place, rng.choose(&places, place)),
        _ => {
            let Some(copy) = inside.get(place).cloned() else { return false };
            inside.insert(place + 1, copy);
        }
    }
    if !rng.one_in(4) {
        number(items, rng);
    }
    true
}

/// Unique Batch Item IDs and a Batch Count that are true; now and then an ID twice.
fn number(items: &mut [Item], rng: &mut Rng) {
    let Some(inside) = items.first_mut().and_then(Item::items_mut) else { return };
    let count = inside.iter().filter(|item| item.tag == tag::BATCH_ITEM).count();
    for (place, item) in inside.iter_mut().filter(|item| item.tag == tag::BATCH_ITEM).enumerate() {
        let Some(fields) = item.items_mut() else { continue };
        fields.retain(|field| field.tag != tag::UNIQUE_BATCH_ITEM_ID);
        if count > 1 {
            let id = if rng.one_in(16) { 0 } else { place as u8 };
            let behind = fields.iter().position(|field| field.tag == tag::OPERATION).map_or(0, |at| at + 1);
            fields.insert(behind, Item::bytes(tag::UNIQUE_BATCH_ITEM_ID, [id]));
        }
    }
    if let Some(path) = first(items, tag::BATCH_COUNT)
        && let Some(field) = at_mut(items, &path)
        && field.ty == ItemType::INTEGER
    {
        field.body = Body::Bytes(i32::try_from(count).unwrap_or(i32::MAX).to_be_bytes().to_vec());
    }
}

/// Another operation over the same payload: most of them name an object, and that is what they have in common.
fn other_operation(items: &mut [Item], rng: &mut Rng) -> bool {
    let Some(path) = first(items, tag::OPERATION) else { return false };
    let Some(new) = rng.pick(Operation::TABLE.values).map(|value| value.code) else { return false };
    let Some(field) = at_mut(items, &path) else { return false };
    let before = std::mem::replace(&mut field.body, Body::Bytes(new.to_be_bytes().to_vec()));
    before != field.body
}

/// A header field with a value at an edge.
fn header_field(rng: &mut Rng) -> Item {
    match rng.below(11) {
        0 => Item::integer(tag::BATCH_COUNT, rng.choose(&[0, 1, 2, 3, i32::MAX, -1], 0)),
        1 => Item::boolean(tag::BATCH_ORDER_OPTION, rng.one_in(2)),
        2 => Item::enumeration(tag::BATCH_ERROR_CONTINUATION_OPTION, rng.choose(&[0, 1, 2, 3, 4], 1)),
        3 => Item::integer(tag::MAXIMUM_RESPONSE_SIZE, rng.choose(&[0, 1, 255, 300, -1, i32::MAX], 0)),
        4 => {
            let times = [0, 1_700_000_000, 1_700_000_001, 1_699_990_000, 4_000_000_000, -1, i64::MAX, i64::MIN];
            Item::date_time(tag::TIME_STAMP, rng.choose(&times, 0))
        }
        5 => Item::boolean(tag::ASYNCHRONOUS_INDICATOR, rng.one_in(2)),
        6 => Item::enumeration(tag::ASYNCHRONOUS_INDICATOR, rng.choose(&[1, 2, 3, 0], 1)),
        7 => Item::text(tag::CLIENT_CORRELATION_VALUE, "fuzz"),
        8 => Item::boolean(tag::ATTESTATION_CAPABLE_INDICATOR, rng.one_in(2)),
        _ => {
            // A credential, its value that of another type one time in three; sometimes two of them.
            let credential = |rng: &mut Rng| {
                let kind = rng.pick(CredentialType::TABLE.values).map_or(1, |value| value.code);
                let name = [Item::text(tag::USERNAME, "alice"), Item::text(tag::PASSWORD, "password of alice")];
                let value = if rng.one_in(3) { vec![Item::text(tag::DEVICE_IDENTIFIER, "1")] } else { name.to_vec() };
                let kind = if rng.one_in(3) { kind } else { CredentialType::USERNAME_AND_PASSWORD.0 };
                let fields =
                    vec![Item::enumeration(tag::CREDENTIAL_TYPE, kind), Item::structure(tag::CREDENTIAL_VALUE, value)];
                Item::structure(tag::CREDENTIAL, fields)
            };
            let mut all = vec![credential(rng)];
            if rng.one_in(3) {
                all.push(credential(rng));
            }
            Item::structure(tag::AUTHENTICATION, all)
        }
    }
}

/// Puts a field into the header where its table has it, in place of one that is there; sometimes beside it, or behind all.
fn set_header(items: &mut [Item], field: Item, rng: &mut Rng) -> bool {
    let Some(path) = first(items, tag::REQUEST_HEADER).or_else(|| first(items, tag::RESPONSE_HEADER)) else {
        return false;
    };
    let Some(header) = at(items, &path).filter(|header| is_structure(header)).map(|header| header.tag) else {
        return false;
    };
    let Some(fields) = at_mut(items, &path).and_then(Item::items_mut) else { return false };
    let twice = rng.one_in(16);
    if !twice {
        fields.retain(|there| there.tag != field.tag);
    }
    let rank = rank_of(header);
    let at = if rng.one_in(16) {
        fields.len()
    } else {
        fields.iter().take_while(|f| rank(f.tag) <= rank(field.tag)).count()
    };
    fields.insert(at, field);
    true
}

/// Where a field stands in the newest table of a structure that has it.
fn rank_of(structure: Tag) -> impl Fn(Tag) -> usize {
    let row: Option<&'static StructureRow> = structure_row(structure);
    move |tag| {
        let layouts = row.into_iter().flat_map(|row| row.layouts.iter().rev());
        let mut places = layouts.filter_map(|layout| layout.fields.iter().position(|field| field.takes(tag)));
        places.next().unwrap_or(usize::MAX)
    }
}

/// A field of a batch item: an extension that must be understood, an identifier too many, the placeholder in place of a name.
fn item_field(items: &mut [Item], rng: &mut Rng) -> bool {
    match rng.below(3) {
        0 => {
            let Some(path) = first(items, tag::BATCH_ITEM) else { return false };
            let critical = Item::boolean(tag::CRITICALITY_INDICATOR, !rng.one_in(3));
            let vendor = Item::text(tag::VENDOR_IDENTIFICATION, "fuzz");
            let extension = vec![vendor, critical, Item::structure(tag::VENDOR_EXTENSION, Vec::new())];
            let Some(fields) = at_mut(items, &path).and_then(Item::items_mut) else { return false };
            fields.push(Item::structure(tag::MESSAGE_EXTENSION, extension));
            true
        }
        1 => {
            let Some(path) = first(items, tag::OPERATION) else { return false };
            let Some((fields, at)) = super::tree::siblings(items, &path) else { return false };
            fields.insert(at + 1, Item::bytes(tag::UNIQUE_BATCH_ITEM_ID, vec![7; rng.below(9)]));
            true
        }
        _ => {
            let Some(path) = first(items, tag::UNIQUE_IDENTIFIER) else { return false };
            let Some((fields, at)) = super::tree::siblings(items, &path) else { return false };
            fields.remove(at);
            true
        }
    }
}

/// The version of a header that states one of the published ones.
pub(super) fn stated(items: &[Item]) -> Option<Version> {
    let number = |tag| match at(items, &first(items, tag)?)?.value()? {
        kmipspec_protocol::ttlv::Value::Integer(number) => Some(number),
        _ => None,
    };
    Version::from_numbers(number(tag::PROTOCOL_VERSION_MAJOR)?, number(tag::PROTOCOL_VERSION_MINOR)?)
}
