//! The strict decoder against the naive one: same verdict, same tree.

use super::naive::{self, Bounds, Node, NodeValue};
use kmipspec_protocol::ttlv::{Doc, ItemRef, ItemType, Limits};

/// Bounds of both; small, since the naive one calls itself for every level.
const LIMITS: Limits = Limits { max_size: 1 << 16, max_depth: 16, max_items: 4096, leaf_root: true };

/// Checks one input.
///
/// # Panics
///
/// `O7` when one takes what the other refuses, or when they see different trees.
pub fn ttlv_vs_ref(input: &[u8]) {
    if input.len() > LIMITS.max_size {
        return;
    }
    let naive = naive::decode(input, Bounds { depth: LIMITS.max_depth, items: LIMITS.max_items });
    match (Doc::strict(input, &LIMITS), naive) {
        (Ok(doc), Some(node)) => {
            let root = doc.root();
            assert!(root.is_some_and(|root| same(root, &node)), "O7: the two decoders see different trees");
        }
        (Err(_), None) => {}
        (Ok(_), None) => panic!("O7: the strict decoder takes what the naive one refuses"),
        (Err(fault), Some(_)) => panic!("O7: the naive decoder takes what the strict one refuses: {fault}"),
    }
}

/// Whether an item and a node are the same, with all below.
fn same(item: ItemRef<'_>, node: &Node) -> bool {
    let mut pairs = vec![(item, node)];
    while let Some((item, node)) = pairs.pop() {
        if item.tag().0 != node.tag || item.ty() != ItemType(node.ty) {
            return false;
        }
        match &node.value {
            NodeValue::Bytes(bytes) => {
                if item.raw() != bytes || item.value().is_none() {
                    return false;
                }
            }
            NodeValue::Items(nodes) => {
                let items: Vec<_> = item.children().collect();
                if items.len() != nodes.len() {
                    return false;
                }
                pairs.extend(items.into_iter().zip(nodes));
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn items_with_few_faults(
            items in prop::collection::vec((prop::sample::select(vec![0x42u8, 0x54, 0x41]), 1u8..16, 0u32..20, any::<[u8; 3]>()), 1..12),
        ) {
            let mut input = Vec::new();
            for (prefix, ty, len, value) in items {
                input.extend([prefix, 0, 1, ty]);
                input.extend(len.to_be_bytes());
                let mut bytes: Vec<u8> = value.iter().copied().cycle().take(len as usize).collect();
                bytes.resize(len.next_multiple_of(8) as usize, 0);
                input.extend(bytes);
                ttlv_vs_ref(&input);
                let mut whole = vec![0x42, 0, 0x78, 1];
                whole.extend(u32::try_from(input.len()).expect("small").to_be_bytes());
                whole.extend(&input);
                ttlv_vs_ref(&whole);
            }
        }
    }

    #[test]
    fn depth_is_counted_alike() {
        for levels in [1usize, 15, 16, 17, 18, 40] {
            let mut input = Vec::new();
            for _ in 0..levels {
                let mut outer = vec![0x42, 0, 1, 1];
                outer.extend(u32::try_from(input.len()).expect("small").to_be_bytes());
                outer.extend(&input);
                input = outer;
            }
            ttlv_vs_ref(&input);
        }
    }
}
