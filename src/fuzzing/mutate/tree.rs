//! Places in a tree of items, and what stands there.

use super::rng::Rng;
use kmipspec_protocol::ttlv::{Body, Doc, Item, Limits, Tag};

/// Bounds of what is taken apart; the rest of a longer message stays bytes.
pub(in crate::fuzzing) const LIMITS: Limits =
    Limits { max_size: 1 << 22, max_depth: 40, max_items: 1 << 13, leaf_root: true };

/// Positions from the roots down.
pub(in crate::fuzzing) type Path = Vec<usize>;

/// A message as items: the root and, as a raw item, what follows it.
pub(in crate::fuzzing) fn read(bytes: &[u8]) -> Vec<Item> {
    Item::from_doc(&Doc::lenient(bytes, &LIMITS))
}

/// The bytes of items.
pub(in crate::fuzzing) fn write(items: &[Item]) -> Vec<u8> {
    let mut out = Vec::new();
    items.iter().for_each(|item| item.encode_into(&mut out));
    out
}

/// Every place that holds an item with a header for which `fits`, in document order.
pub(in crate::fuzzing) fn places(roots: &[Item], fits: impl Fn(&Item) -> bool) -> Vec<Path> {
    let mut found = Vec::new();
    let mut todo: Vec<(&Item, Path)> = roots.iter().enumerate().rev().map(|(i, item)| (item, vec![i])).collect();
    while let Some((item, path)) = todo.pop() {
        for (i, inner) in item.items().iter().enumerate().rev() {
            let mut deeper = path.clone();
            deeper.push(i);
            todo.push((inner, deeper));
        }
        if !matches!(item.body, Body::Raw(_)) && fits(item) {
            found.push(path);
        }
    }
    found
}

/// One such place.
pub(in crate::fuzzing) fn place(roots: &[Item], rng: &mut Rng, fits: impl Fn(&Item) -> bool) -> Option<Path> {
    rng.pick(&places(roots, fits)).cloned()
}

/// The item of a place.
pub(in crate::fuzzing) fn at_mut<'t>(roots: &'t mut [Item], path: &[usize]) -> Option<&'t mut Item> {
    let (first, rest) = path.split_first()?;
    let mut item = roots.get_mut(*first)?;
    for position in rest {
        item = item.items_mut()?.get_mut(*position)?;
    }
    Some(item)
}

/// The same to look at.
pub(in crate::fuzzing) fn at<'t>(roots: &'t [Item], path: &[usize]) -> Option<&'t Item> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(roots.get(*first)?, |item, position| item.items().get(*position))
}

/// The list that a place is in, and the position there; of the root there is none.
pub(in crate::fuzzing) fn siblings<'t>(roots: &'t mut [Item], path: &[usize]) -> Option<(&'t mut Vec<Item>, usize)> {
    let (last, parent) = path.split_last()?;
    let siblings = at_mut(roots, parent)?.items_mut()?;
    (*last < siblings.len()).then_some((siblings, *last))
}

/// Whether an item is a leaf with a value.
pub(in crate::fuzzing) fn is_leaf(item: &Item) -> bool {
    matches!(item.body, Body::Bytes(_))
}

/// Whether an item holds items.
pub(in crate::fuzzing) fn is_structure(item: &Item) -> bool {
    matches!(item.body, Body::Items(_))
}

/// The first item under this tag, anywhere.
pub(in crate::fuzzing) fn first(roots: &[Item], tag: Tag) -> Option<Path> {
    places(roots, |item| item.tag == tag).into_iter().next()
}
