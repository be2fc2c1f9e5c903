//! The codec on any bytes: strict and lenient agree, and nothing is lost on the way through a tree.

use kmipspec_protocol::ttlv::{Code, Doc, Item, ItemRef, Limits};

/// Limits of this target: small enough that an input can go past each of them.
const LIMITS: Limits = Limits { max_size: 1 << 16, max_depth: 32, max_items: 4096, leaf_root: true };

/// Checks one input: it is refused for something in it, or sound in every way.
///
/// Most of what bytes become is refused, which takes less than a microsecond; what [`ttlv_tree`] changes is mostly sound.
///
/// # Panics
///
/// Where the fault is outside the input, and as [`ttlv_tree`].
pub fn ttlv_decode(input: &[u8]) {
    match Doc::strict(input, &LIMITS) {
        Ok(_) => ttlv_tree(input),
        Err(fault) => assert!(fault.at() <= input.len(), "a fault that is not in the input: {fault}"),
    }
}

/// Checks one input in every way.
///
/// # Panics
///
/// When strict and lenient disagree, when the tree does not give the input back byte for byte, when a second scan of
/// what was written finds other faults, or when the index is out of order.
pub fn ttlv_tree(input: &[u8]) {
    let doc = Doc::lenient(input, &LIMITS);
    match Doc::strict(input, &LIMITS) {
        Ok(strict) => {
            assert_eq!(doc.diags(), [], "strict took what lenient notes as faulty");
            assert_eq!(strict.len(), doc.len(), "strict and lenient see different items");
            if let Some(first) = doc.items().find(|item| !item.is_well_formed()) {
                panic!("strict took an item without a value at offset {}", first.offset());
            }
        }
        Err(fault) => assert!(doc.diags().contains(&fault), "strict refuses for what lenient does not note: {fault}"),
    }
    in_order(&doc);
    assert!(doc.bytes() == input, "the bytes are not those given");
    if doc.diags().iter().any(|d| matches!(d.code, Code::TooDeep | Code::TooManyItems | Code::TooLarge)) {
        // The index ends where a limit stopped the scan: the bytes are all there, the tree is not.
        return;
    }
    let copies = Item::from_doc(&doc);
    let mut written = Vec::with_capacity(input.len());
    for item in &copies {
        item.encode_into(&mut written);
    }
    assert!(written == input, "the tree of {} bytes gives {} others", input.len(), written.len());
    assert!(copies.clone() == copies, "a copy is not equal to what it was copied from");

    let again = Doc::lenient(&written, &LIMITS);
    assert_eq!(again.diags(), doc.diags(), "what was written has other faults");
    assert_eq!(again.len(), doc.len(), "what was written has other items");
}

/// Pre-order index: offsets never go back, every item lies inside its parent, the root's text is the whole of it.
fn in_order(doc: &Doc<'_>) {
    let mut last = 0;
    for (position, item) in doc.items().enumerate() {
        assert_eq!(usize::try_from(item.index()).ok(), Some(position), "an index that is not the position");
        assert!(item.offset() >= last, "offset {} stands after {last}", item.offset());
        last = item.offset();
        if let Some(parent) = item.parent() {
            assert!(parent.offset() < item.offset() && item.end() <= parent.end(), "an item outside its parent");
            assert_eq!(item.depth(), parent.depth() + 1);
        }
        read_every_way(item);
    }
}

/// Calls every reader of an item: none may panic, and at most one kind of value may come out.
fn read_every_way(item: ItemRef<'_>) {
    let values = [
        item.as_i32().is_some(),
        item.as_i64().is_some(),
        item.as_u32().is_some(),
        item.as_bool().is_some(),
        item.as_text().is_some(),
        item.as_bytes().is_some(),
    ];
    let kinds = values.iter().filter(|v| **v).count();
    assert!(kinds <= 1, "one item reads as {kinds} kinds of value at offset {}", item.offset());
    assert!(kinds == 0 || item.value().is_some(), "a value of a malformed item at offset {}", item.offset());
    assert!(item.same_content(item), "an item that is not equal to itself at offset {}", item.offset());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes(input in prop::collection::vec(any::<u8>(), 0..300)) {
            ttlv_decode(&input);
            ttlv_tree(&input);
        }

        #[test]
        fn bytes_that_look_like_items(items in prop::collection::vec((0u8..3, 0u8..16, 0u32..40, any::<u64>()), 0..40)) {
            let mut input = Vec::new();
            for (tag, ty, len, value) in items {
                input.extend([0x42, 0x00, tag, ty]);
                input.extend(len.to_be_bytes());
                input.extend(value.to_be_bytes());
            }
            ttlv_tree(&input);
        }
    }

    #[test]
    fn nesting_past_the_limit() {
        let mut input = Vec::new();
        for depth in 0..200u32 {
            input.extend([0x42, 0x00, 0x01, 0x01]);
            input.extend(((199 - depth) * 8).to_be_bytes());
        }
        ttlv_tree(&input);
    }
}
