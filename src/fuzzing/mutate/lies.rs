//! Lengths and padding that are not true, at a leaf, in the middle or at the root; bytes missing or left over.

use super::rng::Rng;
use super::tree::{at_mut, is_leaf, place, write};
use kmipspec_protocol::ttlv::{Body, Item, Len, Pad};

/// One operator.
pub(super) fn mutate(items: &mut Vec<Item>, rng: &mut Rng) -> bool {
    match rng.below(6) {
        0 => {
            // Cut anywhere.
            let mut bytes = write(items);
            bytes.truncate(rng.below(bytes.len()));
            *items = vec![Item::raw(bytes)];
            true
        }
        1 => {
            let rest: Vec<u8> = (0..1 + rng.below(16)).map(|n| if rng.one_in(2) { 0 } else { n as u8 }).collect();
            items.push(Item::raw(rest));
            true
        }
        2 => {
            let Some(path) = place(items, rng, is_leaf) else { return false };
            let Some(item) = at_mut(items, &path) else { return false };
            let Body::Bytes(bytes) = &item.body else { return false };
            let honest = bytes.len().wrapping_neg() & 7;
            let pad = match rng.below(4) {
                0 => Vec::new(),
                1 => vec![0xFF; honest],
                2 => vec![0; honest + 8],
                _ => vec![0; rng.below(8)],
            };
            let lie = pad != vec![0; honest];
            item.pad = Pad::Forced(pad);
            lie
        }
        _ => {
            let Some(path) = place(items, rng, |_| true) else { return false };
            let Some(item) = at_mut(items, &path) else { return false };
            let length = match item.len {
                Len::Forced(length) => length,
                Len::Auto => {
                    let size = match &item.body {
                        Body::Bytes(bytes) => bytes.len(),
                        body => {
                            if let Body::Items(inside) = body {
                                write(inside).len()
                            } else {
                                0
                            }
                        }
                    };
                    u32::try_from(size).unwrap_or(u32::MAX)
                }
            };
            let near = [1, 8, 4, 16].map(|by: u32| [length.wrapping_add(by), length.wrapping_sub(by)]).concat();
            let lie = if rng.one_in(3) {
                rng.choose(&[0, 0x7FFF_FFFF, 0xFFFF_FFFF, 0x8000_0000, 0xFFFF_FFF8], 0)
            } else {
                rng.choose(&near, 0)
            };
            item.len = Len::Forced(lie);
            true
        }
    }
}
