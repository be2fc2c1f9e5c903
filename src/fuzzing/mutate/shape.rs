//! Depth, number, and structures that are empty.

use super::rng::Rng;
use super::tree::{at_mut, is_structure, place};
use kmipspec_protocol::ttlv::{Body, Item, ItemType, Tag};

/// One operator; what it makes has room in `max` bytes.
pub(super) fn mutate(items: &mut [Item], max: usize, rng: &mut Rng) -> bool {
    let room = max / 8;
    match rng.below(4) {
        0 => {
            let Some(path) = place(items, rng, |_| true) else { return false };
            let Some(item) = at_mut(items, &path) else { return false };
            let depth = rng.choose(&[2, 30, 31, 32, 33, 63, 64, 65, 1_000, 100_000], 32).min(room);
            let tag = item.tag;
            let mut inner = std::mem::replace(item, Item::raw(Vec::new()));
            for _ in 0..depth {
                inner = Item::structure(tag, vec![inner]);
            }
            *item = inner;
            depth > 0
        }
        1 => {
            let Some(path) = place(items, rng, is_structure) else { return false };
            let Some(item) = at_mut(items, &path) else { return false };
            let tag = item.items().first().map_or(Tag(0x42_0008), |first| first.tag);
            let count = rng.choose(&[2, 16, 100, 1_000, 10_000], 16).min(room / 2);
            let Some(inside) = item.items_mut() else { return false };
            inside.extend((0..count).map(|_| Item::structure(tag, Vec::new())));
            count > 0
        }
        2 => {
            // Empty where something must be.
            let Some(path) = place(items, rng, |item| !item.items().is_empty()) else { return false };
            let Some(inside) = at_mut(items, &path).and_then(Item::items_mut) else { return false };
            inside.clear();
            true
        }
        _ => {
            let Some(path) = place(items, rng, |_| true) else { return false };
            let Some(item) = at_mut(items, &path) else { return false };
            let was_empty = item.ty == ItemType::STRUCTURE && item.items().is_empty();
            item.body = Body::Items(Vec::new());
            item.ty = ItemType::STRUCTURE;
            !was_empty
        }
    }
}
