//! A second decoder, written from the text of 2.1 §10.1 (1.4 §9.1) alone, slow and plain: each item by itself, nothing shared
//! with the codec but the numbers of types.

/// An item: tag, type and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Three bytes.
    pub tag: u32,
    /// One byte.
    pub ty: u8,
    /// Inside.
    pub value: NodeValue,
}

/// What an item holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeValue {
    /// A Structure.
    Items(Vec<Node>),
    /// Anything else: the bytes of the value, without padding.
    Bytes(Vec<u8>),
}

/// Bounds: depth of structures in structures, and items in all.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Structures inside structures.
    pub depth: usize,
    /// Items of a message.
    pub items: usize,
}

/// Decodes bytes that are one item and nothing else; nothing where they are not, or are beyond the bounds.
pub fn decode(bytes: &[u8], bounds: Bounds) -> Option<Node> {
    let mut left = bounds.items;
    let (node, rest) = item(bytes, bounds.depth, &mut left)?;
    rest.is_empty().then_some(node)
}

/// One item, and what follows it.
fn item<'b>(bytes: &'b [u8], depth: usize, left: &mut usize) -> Option<(Node, &'b [u8])> {
    *left = left.checked_sub(1)?;
    let (head, rest) = bytes.split_at_checked(8)?;
    let [t0, t1, t2, ty, l0, l1, l2, l3] = *head else { return None };
    if t0 != 0x42 && t0 != 0x54 {
        return None;
    }
    let tag = (u32::from(t0) * 256 + u32::from(t1)) * 256 + u32::from(t2);
    let length = usize::try_from(((u64::from(l0) * 256 + u64::from(l1)) * 256 + u64::from(l2)) * 256 + u64::from(l3));
    let (value, rest) = rest.split_at_checked(length.ok()?)?;
    if ty == 1 {
        let inside = items(value, depth, left)?;
        return Some((Node { tag, ty, value: NodeValue::Items(inside) }, rest));
    }
    let fits = match ty {
        2 | 5 | 10 => value.len() == 4,
        3 | 9 | 11 => value.len() == 8,
        4 => !value.is_empty() && value.len().is_multiple_of(8),
        6 => value == [0; 8] || value == [0, 0, 0, 0, 0, 0, 0, 1],
        7 | 12 | 13 | 14 => String::from_utf8(value.to_vec()).is_ok(),
        8 => true,
        _ => false,
    };
    if !fits {
        return None;
    }
    let mut padding = 0;
    while !(value.len() + padding).is_multiple_of(8) {
        padding += 1;
    }
    let (zeros, rest) = rest.split_at_checked(padding)?;
    if zeros.iter().any(|byte| *byte != 0) {
        return None;
    }
    Some((Node { tag, ty, value: NodeValue::Bytes(value.to_vec()) }, rest))
}

/// The items of a structure.
fn items(mut bytes: &[u8], depth: usize, left: &mut usize) -> Option<Vec<Node>> {
    let deeper = depth.checked_sub(1)?;
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let (node, rest) = item(bytes, deeper, left)?;
        found.push(node);
        bytes = rest;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { depth: 4, items: 10 };

    #[test]
    fn reads_what_the_standard_prints() {
        // The example of 1.4 §9.1.2 for a Structure with an Enumeration and an Integer.
        let bytes = [
            0x42, 0x00, 0x20, 0x01, 0, 0, 0, 0x20, 0x42, 0x00, 0x04, 0x05, 0, 0, 0, 4, 0, 0, 0, 0xFE, 0, 0, 0, 0, 0x42,
            0x00, 0x05, 0x02, 0, 0, 0, 4, 0, 0, 0, 0xFF, 0, 0, 0, 0,
        ];
        let leaf = |tag, ty, last| Node { tag, ty, value: NodeValue::Bytes(vec![0, 0, 0, last]) };
        let inside = vec![leaf(0x42_0004, 5, 0xFE), leaf(0x42_0005, 2, 0xFF)];
        let whole = Node { tag: 0x42_0020, ty: 1, value: NodeValue::Items(inside) };
        assert_eq!(decode(&bytes, BOUNDS), Some(whole));
        for cut in 0..bytes.len() {
            assert_eq!(decode(&bytes[..cut], BOUNDS), None, "cut at {cut}");
        }
    }

    #[test]
    fn knows_its_bounds() {
        let empty = [0x42, 0, 1, 1, 0, 0, 0, 0];
        assert!(decode(&empty, BOUNDS).is_some());
        assert!(decode(&empty, Bounds { depth: 0, ..BOUNDS }).is_none());
        assert!(decode(&empty, Bounds { items: 0, ..BOUNDS }).is_none());
    }
}
