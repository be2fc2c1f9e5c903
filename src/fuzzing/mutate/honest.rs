//! Fields and values: added, duplicated, dropped, moved, named otherwise, and set to what lies at the edges.

use super::rng::Rng;
use super::tree::{at, at_mut, is_leaf, is_structure, place, siblings, write};
use super::typed;
use crate::fuzzing::server::OWN;
use kmipspec_protocol::registry::{TAGS, enumeration_for, tag_row};
use kmipspec_protocol::schema::STRUCTURES;
use kmipspec_protocol::ttlv::{Body, Item, ItemType, Len, Tag};

/// One operator.
pub(super) fn mutate(items: &mut [Item], rng: &mut Rng) -> bool {
    match rng.below(10) {
        0 => {
            let before = write(items);
            rearrange(items, rng) && write(items) != before
        }
        1 => rename(items, rng),
        2 => refer(items, rng),
        3 | 4 => typed::add(items, rng),
        _ => revalue(items, rng),
    }
}

/// Duplicates, drops, moves or swaps a field.
fn rearrange(items: &mut [Item], rng: &mut Rng) -> bool {
    let Some(path) = place(items, rng, |_| true).filter(|path| path.len() > 1) else { return false };
    let (what, other) = (rng.below(4), rng.below(1 << 16));
    let Some((list, position)) = siblings(items, &path) else { return false };
    let count = list.len();
    match what {
        0 => {
            let Some(copy) = list.get(position).cloned() else { return false };
            list.insert(other % (count + 1), copy);
        }
        1 => drop(list.remove(position)),
        2 => list.swap(position, other % count),
        _ => {
            let item = list.remove(position);
            // Into another structure.
            let Some(to) = place(items, rng, is_structure) else { return true };
            if let Some(inside) = at_mut(items, &to).and_then(Item::items_mut) {
                inside.insert(other % (inside.len() + 1), item);
            }
            return true;
        }
    }
    count > 1 || what != 2
}

/// Gives a field the tag of another one: of the same parent, or of any parent with the same type.
fn rename(items: &mut [Item], rng: &mut Rng) -> bool {
    let Some(path) = place(items, rng, |_| true) else { return false };
    let parent = path.split_last().and_then(|(_, parent)| at(items, parent)).map(|parent| parent.tag);
    let Some(item) = at_mut(items, &path) else { return false };
    let of_parent: Vec<Tag> = STRUCTURES
        .iter()
        .filter(|row| Some(row.tag) == parent)
        .flat_map(|row| row.layouts.iter().flat_map(|layout| layout.fields.iter().flat_map(|field| field.tags)))
        .copied()
        .collect();
    let new = if of_parent.is_empty() || rng.one_in(2) {
        let same: Vec<Tag> = TAGS.iter().filter(|row| row.types.contains(&item.ty)).map(|row| row.tag).collect();
        rng.choose(&same, Tag(0x42_0101))
    } else {
        rng.choose(&of_parent, Tag(0x42_0101))
    };
    let old = std::mem::replace(&mut item.tag, new);
    old != new
}

/// Lets a text or handle refer to something else: what came before, what is there from the start, the placeholder.
fn refer(items: &mut [Item], rng: &mut Rng) -> bool {
    let names = |item: &Item| is_leaf(item) && tag_row(item.tag).is_some_and(|row| row.name.contains("Identifier"));
    let Some(path) = place(items, rng, names) else { return revalue(items, rng) };
    let Some(item) = at_mut(items, &path) else { return false };
    if rng.one_in(4) {
        // 2.x: the placeholder as an Enumeration, or a batch item by its number.
        (item.ty, item.body) = match rng.below(2) {
            0 => (ItemType::ENUMERATION, Body::Bytes((1 + rng.below(12) as u32).to_be_bytes().to_vec())),
            _ => (ItemType::INTEGER, Body::Bytes((rng.below(5) as i32 - 2).to_be_bytes().to_vec())),
        };
        return true;
    }
    let step = rng.below(4);
    let text = match rng.below(4) {
        0 => OWN[0].to_owned(),
        1 => OWN[1].to_owned(),
        2 => "canary".to_owned(),
        _ => format!("${step}.{}", rng.below(2)),
    };
    item.body = Body::Bytes(text.into_bytes());
    true
}

/// Sets a value to one at an edge, or to another legal one.
fn revalue(items: &mut [Item], rng: &mut Rng) -> bool {
    let Some(path) = place(items, rng, |item| is_leaf(item) && item.len == Len::Auto) else { return false };
    // The row of an Attribute Value is that of the attribute beside it.
    let named = path.split_last().and_then(|(_, parent)| at(items, parent)).and_then(attribute_of);
    let Some(item) = at_mut(items, &path) else { return false };
    let governing = named.unwrap_or(item.tag);
    let Body::Bytes(bytes) = &mut item.body else { return false };
    let before = bytes.clone();
    match item.ty {
        ItemType::ENUMERATION => *bytes = enumeration(governing, rng).to_be_bytes().to_vec(),
        ItemType::INTEGER | ItemType::INTERVAL => {
            let old = match before[..] {
                [a, b, c, d] => i32::from_be_bytes([a, b, c, d]),
                _ => 0,
            };
            *bytes = integer(governing, old, rng).to_be_bytes().to_vec();
        }
        ItemType::LONG_INTEGER | ItemType::DATE_TIME | ItemType::DATE_TIME_EXTENDED => {
            let old = match before[..] {
                [a, b, c, d, e, f, g, h] => i64::from_be_bytes([a, b, c, d, e, f, g, h]),
                _ => 0,
            };
            let edges = [0, 1, -1, i64::MIN, i64::MAX, 1 << 31, 1 << 32, 1_699_999_999, 1_700_000_001, 1_700_000_000];
            let near = [old.wrapping_add(1), old.wrapping_sub(1), old.wrapping_neg()];
            *bytes = if rng.one_in(4) { rng.choose(&near, 0) } else { rng.choose(&edges, 0) }.to_be_bytes().to_vec();
        }
        ItemType::BOOLEAN => *bytes = u64::from(rng.one_in(2)).to_be_bytes().to_vec(),
        ItemType::BIG_INTEGER => match rng.below(5) {
            0 => bytes.clear(),
            1 => *bytes = vec![0xFF; 8],
            2 => *bytes = vec![0; 8],
            3 => *bytes = vec![0x7F; 512],
            _ => bytes.truncate(bytes.len().saturating_sub(1)),
        },
        ItemType::BYTE_STRING => byte_string(bytes, rng),
        _ => text(bytes, rng),
    }
    *bytes != before
}

/// The attribute that an Attribute structure of 1.x names.
fn attribute_of(parent: &Item) -> Option<Tag> {
    let name = parent.items().iter().find(|item| item.tag == Tag(0x42_000A))?;
    let Body::Bytes(name) = &name.body else { return None };
    kmipspec_protocol::registry::tag_named(std::str::from_utf8(name).ok()?).map(|row| row.tag)
}

/// Another value of the enumeration, or one that none has.
fn enumeration(tag: Tag, rng: &mut Rng) -> u32 {
    let Some(table) = enumeration_for(tag).filter(|_| !rng.one_in(5)) else {
        return rng.choose(&[0, 1, 2, 0x8000_0000, 0x8FFF_FFFF, 0xFFFF_FFFF, 0x7FFF_FFFF], 0);
    };
    match rng.below(8) {
        0 => table.values.iter().filter(|v| v.code < 0x8000_0000).map(|v| v.code).max().unwrap_or(0).wrapping_add(1),
        _ => rng.pick(table.values).map_or(0, |value| value.code),
    }
}

/// A number at an edge, near the old one, or with other bits of its mask.
fn integer(tag: Tag, old: i32, rng: &mut Rng) -> i32 {
    if let Some(table) = enumeration_for(tag).filter(|table| table.mask && !rng.one_in(4)) {
        let bit = rng.pick(table.values).map_or(1, |value| value.code);
        return if rng.one_in(3) { bit.cast_signed() } else { old ^ bit.cast_signed() };
    }
    match rng.below(3) {
        0 => rng.choose(&[old.wrapping_add(1), old.wrapping_sub(1), old.wrapping_neg(), old.wrapping_mul(2)], 0),
        1 => rng.choose(&[0, 1, -1, i32::MIN, i32::MAX, 255, 65_536], 0),
        _ => rng.choose(&[8, 16, 56, 64, 112, 128, 168, 192, 256, 384, 521, 1024, 2048], 0),
    }
}

/// Text: empty, long, with a NUL, with padding counted in, no UTF-8.
fn text(bytes: &mut Vec<u8>, rng: &mut Rng) {
    match rng.below(8) {
        0 => bytes.clear(),
        1 => bytes.insert(bytes.len() / 2, 0),
        2 => bytes.resize(bytes.len().next_multiple_of(8).max(8), 0),
        3 => bytes.push(0xC3),
        4 if rng.one_in(8) => bytes.resize(1 << 16, b'a'),
        5 => *bytes = rng.pick(TAGS).map_or(Vec::new(), |row| row.name.as_bytes().to_vec()),
        6 => bytes.extend_from_slice("ä\u{202e}".as_bytes()),
        _ => {
            let place = rng.below(bytes.len());
            match bytes.get_mut(place) {
                Some(byte) => *byte = byte.wrapping_add(1) & 0x7F,
                None => bytes.push(b'x'),
            }
        }
    }
}

/// Bytes: one more or fewer, the length of another key, a bit flipped.
fn byte_string(bytes: &mut Vec<u8>, rng: &mut Rng) {
    match rng.below(6) {
        0 => bytes.clear(),
        1 => bytes.push(0x5A),
        2 => drop(bytes.pop()),
        3 => bytes.resize(rng.choose(&[1, 8, 12, 16, 20, 24, 32, 48, 64, 128], 16), 0xA5),
        _ => {
            let place = rng.below(bytes.len());
            match bytes.get_mut(place) {
                Some(byte) => *byte ^= 1 << rng.below(8),
                None => bytes.push(1),
            }
        }
    }
}
