//! Item types: another one over the same bytes, one that there is not, and Booleans that are none.

use super::rng::Rng;
use super::tree::{at_mut, place, write};
use kmipspec_protocol::ttlv::{Body, Item, ItemType, Len};

/// One operator.
pub(super) fn mutate(items: &mut [Item], rng: &mut Rng) -> bool {
    let Some(path) = place(items, rng, |_| true) else { return false };
    let Some(item) = at_mut(items, &path) else { return false };
    let before = item.ty;
    match rng.below(6) {
        // The bytes stay: a structure's items are written as they were.
        0 | 1 => item.ty = ItemType(1 + rng.below(14) as u8),
        2 => item.ty = ItemType(rng.choose(&[0, 0x0C, 0x0F, 0x10, 0x7F, 0x80, 0xFF], 0)),
        3 => {
            let alike = [ItemType::INTEGER, ItemType::ENUMERATION, ItemType::INTERVAL];
            item.ty = rng.choose(&alike, ItemType::INTEGER);
        }
        4 => match &item.body {
            Body::Items(inside) => {
                item.body = Body::Bytes(write(inside));
                item.ty = ItemType::BYTE_STRING;
            }
            Body::Bytes(_) => {
                item.body = Body::Items(Vec::new());
                item.ty = ItemType::STRUCTURE;
            }
            Body::Raw(_) => return false,
        },
        _ => {
            item.ty = ItemType::BOOLEAN;
            let value = rng.choose(&[2, 1 << 56, u64::MAX, 1], 2);
            let length = rng.below(9);
            item.body = Body::Bytes(value.to_be_bytes().into_iter().take(length).collect());
            item.len = Len::Auto;
            return true;
        }
    }
    item.ty != before
}
