//! The one scanner, strict and lenient: bytes -> pre-order node index. Iterative; allocates for what is there, never
//! for what a length claims.

use super::diag::{Code, Diag};
use super::item_type::{ItemType, Tag};

/// Limits on what a message may make us do. They hold for strict and lenient scans alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a whole message; capped at 4 GiB - 16 whatever is asked for, since offsets are 32 bits.
    pub max_size: usize,
    /// Structures inside structures.
    pub max_depth: usize,
    /// Items of a message.
    pub max_items: usize,
    /// Whether a root item that is not a Structure is fine: true for single items, false for messages.
    pub leaf_root: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_size: 32 << 20, max_depth: 64, max_items: 1 << 20, leaf_root: false }
    }
}

/// Faults that a lenient scan keeps; further ones are counted by nobody.
pub const MAX_DIAGS: usize = 4096;

pub(super) const NONE: u32 = u32::MAX;

/// One item: 20 bytes. The children of node `i` begin at `i + 1`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    /// Tag << 8 | type.
    pub(super) tag_type: u32,
    /// Offset of the item's first byte.
    pub(super) off: u32,
    /// Bytes of the value that are there: the declared length, less what overruns the parent. Of a tail, all its bytes.
    pub(super) len: u32,
    /// Index one past this node's subtree.
    pub(super) next: u32,
    /// Index of the parent, or [`NONE`].
    pub(super) parent: u32,
}

impl Node {
    /// Tag 0 and type 0 are given to the bytes left over at the end of a structure.
    pub(super) const TAIL: u32 = 0;

    #[inline(always)]
    pub(super) const fn tag(&self) -> Tag {
        Tag(self.tag_type >> 8)
    }

    #[inline(always)]
    pub(super) const fn ty(&self) -> ItemType {
        ItemType((self.tag_type & 0xFF) as u8)
    }
}

/// The eight bytes at `at` as a big-endian number; zero where they are not all there, which every caller has ruled out.
#[inline(always)]
fn word(bytes: &[u8], at: usize) -> u64 {
    match bytes.get(at..at + 8) {
        Some(&[a, b, c, d, e, f, g, h]) => u64::from_be_bytes([a, b, c, d, e, f, g, h]),
        _ => 0,
    }
}

/// Where and what is wrong with a leaf that lies wholly inside its parent; `v` is the offset of its value.
#[inline(always)]
fn leaf_fault(bytes: &[u8], ty: u8, v: usize, len: usize) -> Option<(usize, Code)> {
    match ty {
        0x02 | 0x05 | 0x0A => {
            if len != 4 {
                return Some((v - 4, Code::FixedLength));
            }
            if word(bytes, v) & 0xFFFF_FFFF != 0 {
                return Some((v + 4, Code::Padding));
            }
        }
        0x03 | 0x09 | 0x0B => {
            if len != 8 {
                return Some((v - 4, Code::FixedLength));
            }
        }
        0x06 => {
            if len != 8 {
                return Some((v - 4, Code::FixedLength));
            }
            if word(bytes, v) > 1 {
                return Some((v, Code::Boolean));
            }
        }
        0x04 => {
            if len == 0 || !len.is_multiple_of(8) {
                return Some((v - 4, Code::BigIntegerLength));
            }
        }
        0x07 | 0x08 | 0x0C | 0x0D | 0x0E => {
            let tail = len & 7;
            if tail != 0 && word(bytes, v + len - tail) << (tail * 8) != 0 {
                return Some((v + len, Code::Padding));
            }
            if ty != 0x08 && bytes.get(v..v + len).is_none_or(|b| std::str::from_utf8(b).is_err()) {
                return Some((v, Code::Utf8));
            }
        }
        _ => return Some((v - 5, Code::UnknownType)),
    }
    None
}

/// Whether a leaf is well formed by itself; the same rules as the scan's.
pub(super) fn leaf_is_well_formed(bytes: &[u8], ty: ItemType, value_at: usize, len: usize) -> bool {
    leaf_fault(bytes, ty.0, value_at, len).is_none()
}

/// Scans `bytes` into `nodes`. Strict (`LENIENT` false) stops at the first fault; lenient notes it in `diags` and goes
/// on, so that every byte of the input belongs to exactly one node, or follows the root. A limit ends both.
#[inline(always)]
pub(super) fn scan<const LENIENT: bool>(
    bytes: &[u8],
    limits: &Limits,
    nodes: &mut Vec<Node>,
    diags: &mut Vec<Diag>,
) -> Result<(), Diag> {
    nodes.clear();
    diags.clear();
    if bytes.len() > limits.max_size.min(u32::MAX as usize - 16) {
        return Err(Diag::new(0, NONE, Code::TooLarge));
    }
    if nodes.capacity() == 0 {
        nodes.reserve_exact((bytes.len() / 16 + 4).min(limits.max_items.saturating_add(1)));
    }
    macro_rules! fault {
        ($at:expr, $node:expr, $code:expr) => {{
            if !LENIENT {
                return Err(Diag::new($at as u32, $node, $code));
            }
            note(diags, $at, $node, $code);
        }};
    }
    let mut pos = 0usize;
    let mut end = bytes.len();
    let mut parent = NONE;
    let mut depth = 0usize;
    loop {
        let me = nodes.len() as u32;
        if nodes.len() >= limits.max_items {
            return Err(Diag::new(pos as u32, parent, Code::TooManyItems));
        }
        if end - pos < 8 {
            if parent == NONE {
                fault!(pos, NONE, Code::Truncated);
                return Ok(());
            }
            fault!(pos, me, Code::Leftover);
            nodes.push(Node { tag_type: Node::TAIL, off: pos as u32, len: (end - pos) as u32, next: me + 1, parent });
            pos = end;
        } else {
            let head = word(bytes, pos);
            let tag_type = (head >> 32) as u32;
            let ty = tag_type as u8;
            let mut len = head as u32 as usize;
            let v = pos + 8;
            if !matches!((head >> 56) as u8, 0x42 | 0x54) {
                fault!(pos, me, Code::TagPrefix);
            }
            if ty == 0x01 {
                if len > end - v {
                    fault!(pos + 4, me, if parent == NONE { Code::Truncated } else { Code::Overrun });
                    len = end - v;
                } else if parent == NONE && v + len != bytes.len() {
                    fault!(v + len, NONE, Code::Trailing);
                }
                if depth >= limits.max_depth {
                    return Err(Diag::new(pos as u32, me, Code::TooDeep));
                }
                nodes.push(Node { tag_type, off: pos as u32, len: len as u32, next: me + 1, parent });
                depth += 1;
                parent = me;
                pos = v;
                end = v + len;
            } else {
                // u32 + 7 cannot overflow usize on the 64-bit targets this is built for; saturate elsewhere.
                let padded = len.saturating_add(7) & !7;
                let off = pos;
                if padded > end - v {
                    fault!(pos + 4, me, if parent == NONE { Code::Truncated } else { Code::Overrun });
                    len = len.min(end - v);
                    pos = end;
                } else {
                    if let Some((at, code)) = leaf_fault(bytes, ty, v, len) {
                        fault!(at, me, code);
                    }
                    pos = v + padded;
                }
                nodes.push(Node { tag_type, off: off as u32, len: len as u32, next: me + 1, parent });
                if parent == NONE {
                    if !limits.leaf_root {
                        fault!(off + 3, me, Code::RootNotStructure);
                    }
                    if pos != bytes.len() {
                        fault!(pos, NONE, Code::Trailing);
                    }
                    return Ok(());
                }
            }
        }
        while pos == end {
            let here = nodes.len() as u32;
            // `parent` is an index pushed above and not NONE: the loop returns as soon as it becomes NONE.
            let Some(closed) = nodes.get_mut(parent as usize) else { return Ok(()) };
            closed.next = here;
            depth -= 1;
            parent = closed.parent;
            let Some(outer) = nodes.get(parent as usize) else { return Ok(()) };
            end = outer.off as usize + 8 + outer.len as usize;
        }
    }
}

#[cold]
#[inline(never)]
fn note(diags: &mut Vec<Diag>, at: usize, node: u32, code: Code) {
    if diags.len() < MAX_DIAGS {
        diags.push(Diag::new(at as u32, node, code));
    }
}
