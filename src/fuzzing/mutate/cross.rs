//! Two messages: a part of one in the place of a part of the other.

use super::rng::Rng;
use super::tree::{at, at_mut, place, places};
use kmipspec_protocol::ttlv::Item;

/// Puts a subtree of `other` where one of the same tag stands; where none has, beside another. Whether anything was done.
pub(super) fn cross(items: &mut [Item], other: &[Item], rng: &mut Rng) -> bool {
    for _ in 0..4 {
        let Some(to) = place(items, rng, |_| true) else { return false };
        let Some(tag) = at(items, &to).map(|item| item.tag) else { return false };
        let from = places(other, |item| item.tag == tag);
        let Some(part) = rng.pick(&from).and_then(|path| at(other, path)) else { continue };
        let Some(item) = at_mut(items, &to).filter(|item| *item != part) else { continue };
        *item = part.clone();
        return true;
    }
    let part = place(other, rng, |_| true).and_then(|path| at(other, &path).cloned());
    let to = place(items, rng, |item| !item.items().is_empty());
    let inside = to.and_then(|path| at_mut(items, &path)).and_then(Item::items_mut);
    match (part, inside) {
        (Some(part), Some(inside)) => {
            inside.insert(rng.below(inside.len() + 1), part);
            true
        }
        _ => false,
    }
}
