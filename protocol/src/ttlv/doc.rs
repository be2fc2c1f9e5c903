//! A message: its bytes, the index over them, and what is wrong with them. The bytes are the truth.

use super::diag::{Code, Diag};
use super::item_type::{ItemType, Tag};
use super::scan::{Limits, NONE, Node, leaf_is_well_formed, scan};
use std::borrow::Cow;
use std::fmt;

/// Bytes with a node index over them. Never loses or changes a byte: see [`Doc::bytes`].
#[derive(Clone)]
pub struct Doc<'a> {
    src: Cow<'a, [u8]>,
    nodes: Vec<Node>,
    diags: Vec<Diag>,
}

impl<'a> Doc<'a> {
    /// Indexes a well-formed message; the error is its first fault.
    pub fn strict(bytes: &'a [u8], limits: &Limits) -> Result<Self, Diag> {
        let mut nodes = Vec::new();
        scan::<false>(bytes, limits, &mut nodes, &mut Vec::new())?;
        Ok(Self { src: Cow::Borrowed(bytes), nodes, diags: Vec::new() })
    }

    /// Indexes whatever is there; [`Doc::diags`] tells what is wrong with it. Where a limit is met, the index ends
    /// there and the last diagnostic says so.
    pub fn lenient(bytes: &'a [u8], limits: &Limits) -> Self {
        let mut doc = Self { src: Cow::Borrowed(&[]), nodes: Vec::new(), diags: Vec::new() };
        doc.rescan_lenient(bytes, limits);
        doc
    }

    /// Indexes another message into the memory of this document; for loops over many messages. After an error the
    /// document is that of the message up to the fault.
    pub fn rescan_strict(&mut self, bytes: &'a [u8], limits: &Limits) -> Result<(), Diag> {
        self.src = Cow::Borrowed(bytes);
        let scanned = scan::<false>(bytes, limits, &mut self.nodes, &mut self.diags);
        if scanned.is_err() {
            close_open_nodes(&mut self.nodes);
        }
        scanned
    }

    /// [`Doc::lenient`] into the memory of this document.
    pub fn rescan_lenient(&mut self, bytes: &'a [u8], limits: &Limits) {
        self.src = Cow::Borrowed(bytes);
        if let Err(limit) = scan::<true>(bytes, limits, &mut self.nodes, &mut self.diags) {
            self.diags.push(limit);
            close_open_nodes(&mut self.nodes);
        }
    }
}

impl Doc<'static> {
    /// [`Doc::strict`] over bytes it keeps.
    pub fn strict_owned(bytes: Vec<u8>, limits: &Limits) -> Result<Self, Diag> {
        let mut nodes = Vec::new();
        scan::<false>(&bytes, limits, &mut nodes, &mut Vec::new())?;
        Ok(Self { src: Cow::Owned(bytes), nodes, diags: Vec::new() })
    }

    /// [`Doc::lenient`] over bytes it keeps.
    pub fn lenient_owned(bytes: Vec<u8>, limits: &Limits) -> Self {
        let Doc { nodes, diags, .. } = Doc::lenient(&bytes, limits);
        Self { src: Cow::Owned(bytes), nodes, diags }
    }
}

impl Doc<'_> {
    /// The bytes this was made from, all of them.
    pub fn bytes(&self) -> &[u8] {
        &self.src
    }

    /// The bytes this was made from, given away.
    pub fn into_bytes(self) -> Vec<u8> {
        self.src.into_owned()
    }

    /// What is wrong with the encoding, in the order of the scan; empty for a strict document.
    pub fn diags(&self) -> &[Diag] {
        &self.diags
    }

    /// The first item, unless there are not even eight bytes.
    pub fn root(&self) -> Option<ItemRef<'_>> {
        self.item(0)
    }

    /// The item with this index.
    pub fn item(&self, index: u32) -> Option<ItemRef<'_>> {
        self.nodes.get(index as usize).map(|node| ItemRef { doc: self, node, index })
    }

    /// Number of items.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no item at all.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Every item, parents before their children.
    pub fn items(&self) -> impl Iterator<Item = ItemRef<'_>> {
        self.nodes.iter().zip(0u32..).map(|(node, index)| ItemRef { doc: self, node, index })
    }

    /// Bytes that belong to no item: what follows the root, or the whole input when no item fits.
    pub fn trailing(&self) -> &[u8] {
        let end = self.root().map_or(0, |r| r.end());
        self.src.get(end..).unwrap_or_default()
    }
}

impl fmt::Debug for Doc<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Doc({} bytes, {} items, {} faults)", self.src.len(), self.nodes.len(), self.diags.len())
    }
}

/// A limit ended the scan: the structures still open end where the index does.
fn close_open_nodes(nodes: &mut [Node]) {
    let end = nodes.len() as u32;
    let mut open = end.wrapping_sub(1);
    // Only the last node and its ancestors can still be open.
    while let Some(node) = nodes.get_mut(open as usize) {
        if node.ty() == ItemType::STRUCTURE {
            node.next = end;
        }
        open = node.parent;
    }
}

/// One item of a [`Doc`]: a place in its bytes.
#[derive(Clone, Copy)]
pub struct ItemRef<'d> {
    doc: &'d Doc<'d>,
    node: &'d Node,
    index: u32,
}

/// A decoded value, borrowed from the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Value<'a> {
    /// The items are its children.
    Structure,
    /// 32 bits, signed.
    Integer(i32),
    /// 64 bits, signed.
    LongInteger(i64),
    /// Two's complement, big-endian, a positive multiple of 8 bytes.
    BigInteger(&'a [u8]),
    /// 32 bits.
    Enumeration(u32),
    /// True or false.
    Boolean(bool),
    /// UTF-8.
    TextString(&'a str),
    /// Any bytes.
    ByteString(&'a [u8]),
    /// Seconds since 1970.
    DateTime(i64),
    /// Seconds.
    Interval(u32),
    /// Microseconds since 1970.
    DateTimeExtended(i64),
    /// Identifier of 3.0.
    Identifier(&'a str),
    /// Reference of 3.0.
    Reference(&'a str),
    /// Name Reference of 3.0.
    NameReference(&'a str),
}

impl<'a> Value<'a> {
    /// Decodes the value bytes of an item; `None` where length or content do not fit the type.
    pub fn decode(ty: ItemType, raw: &'a [u8]) -> Option<Self> {
        let four = || raw.try_into().ok().map(u32::from_be_bytes);
        let eight = || raw.try_into().ok().map(i64::from_be_bytes);
        let text = || std::str::from_utf8(raw).ok();
        Some(match ty {
            ItemType::STRUCTURE => Self::Structure,
            ItemType::INTEGER => Self::Integer(four()?.cast_signed()),
            ItemType::LONG_INTEGER => Self::LongInteger(eight()?),
            ItemType::BIG_INTEGER if !raw.is_empty() && raw.len().is_multiple_of(8) => Self::BigInteger(raw),
            ItemType::ENUMERATION => Self::Enumeration(four()?),
            ItemType::BOOLEAN => match eight()? {
                0 => Self::Boolean(false),
                1 => Self::Boolean(true),
                _ => return None,
            },
            ItemType::TEXT_STRING => Self::TextString(text()?),
            ItemType::BYTE_STRING => Self::ByteString(raw),
            ItemType::DATE_TIME => Self::DateTime(eight()?),
            ItemType::INTERVAL => Self::Interval(four()?),
            ItemType::DATE_TIME_EXTENDED => Self::DateTimeExtended(eight()?),
            ItemType::IDENTIFIER => Self::Identifier(text()?),
            ItemType::REFERENCE => Self::Reference(text()?),
            ItemType::NAME_REFERENCE => Self::NameReference(text()?),
            _ => return None,
        })
    }

    /// The text of a Text String, or of an Identifier, Reference or Name Reference of 3.0, which stand where earlier versions have a Text String.
    pub const fn text(&self) -> Option<&'a str> {
        match self {
            Self::TextString(v) | Self::Identifier(v) | Self::Reference(v) | Self::NameReference(v) => Some(v),
            _ => None,
        }
    }

    /// The type this value has on the wire.
    pub const fn ty(&self) -> ItemType {
        match self {
            Self::Structure => ItemType::STRUCTURE,
            Self::Integer(_) => ItemType::INTEGER,
            Self::LongInteger(_) => ItemType::LONG_INTEGER,
            Self::BigInteger(_) => ItemType::BIG_INTEGER,
            Self::Enumeration(_) => ItemType::ENUMERATION,
            Self::Boolean(_) => ItemType::BOOLEAN,
            Self::TextString(_) => ItemType::TEXT_STRING,
            Self::ByteString(_) => ItemType::BYTE_STRING,
            Self::DateTime(_) => ItemType::DATE_TIME,
            Self::Interval(_) => ItemType::INTERVAL,
            Self::DateTimeExtended(_) => ItemType::DATE_TIME_EXTENDED,
            Self::Identifier(_) => ItemType::IDENTIFIER,
            Self::Reference(_) => ItemType::REFERENCE,
            Self::NameReference(_) => ItemType::NAME_REFERENCE,
        }
    }
}

impl<'d> ItemRef<'d> {
    /// The tag; zero for a tail.
    #[inline]
    pub fn tag(self) -> Tag {
        self.node.tag()
    }

    /// The type code; zero for a tail.
    #[inline]
    pub fn ty(self) -> ItemType {
        self.node.ty()
    }

    /// Whether these are the bytes left over at the end of a structure, too few for an item.
    #[inline]
    pub fn is_tail(self) -> bool {
        // An item with a header of zeros looks alike, but has room for that header.
        self.node.tag_type == Node::TAIL
            && self.parent().is_some_and(|p| p.offset() + 8 + p.node.len as usize - self.offset() < 8)
    }

    /// Offset of the item's first byte in the message.
    #[inline]
    pub fn offset(self) -> usize {
        self.node.off as usize
    }

    /// Offset of the value's first byte.
    #[inline]
    pub fn value_offset(self) -> usize {
        if self.is_tail() { self.offset() } else { self.offset() + 8 }
    }

    /// The length the header states, whether true or not.
    pub fn declared_len(self) -> u32 {
        if self.is_tail() {
            return self.node.len;
        }
        self.doc.src.get(self.offset() + 4..).and_then(|b| b.first_chunk::<4>()).map_or(0, |b| u32::from_be_bytes(*b))
    }

    /// The value's bytes that are there, without padding; of a structure, its items.
    #[inline]
    pub fn raw(self) -> &'d [u8] {
        let at = self.value_offset();
        self.doc.src.get(at..at + self.node.len as usize).unwrap_or_default()
    }

    /// The padding bytes that are there.
    pub fn padding(self) -> &'d [u8] {
        self.doc.src.get(self.value_offset() + self.node.len as usize..self.end()).unwrap_or_default()
    }

    /// Offset one past the item, padding included, as far as it is there.
    pub fn end(self) -> usize {
        let value_end = self.value_offset() + self.node.len as usize;
        if self.is_tail() || self.ty() == ItemType::STRUCTURE {
            return value_end;
        }
        let limit = match self.parent() {
            Some(p) => p.value_offset() + p.node.len as usize,
            None => self.doc.src.len(),
        };
        let padded = value_end.saturating_add((self.node.len as usize).wrapping_neg() & 7);
        padded.min(limit)
    }

    /// Header, value and padding, as far as they are there.
    pub fn whole(self) -> &'d [u8] {
        self.doc.src.get(self.offset()..self.end()).unwrap_or_default()
    }

    /// Whether length, padding and content fit the type. Of a structure, only its own header counts.
    pub fn is_well_formed(self) -> bool {
        if self.is_tail() || self.declared_len() != self.node.len {
            return false;
        }
        self.ty() == ItemType::STRUCTURE
            || self.end() - self.value_offset() >= (self.node.len as usize).next_multiple_of(8)
                && leaf_is_well_formed(&self.doc.src, self.ty(), self.value_offset(), self.node.len as usize)
    }

    /// The decoded value; `None` where length or content do not fit the type. Padding is not looked at.
    #[inline]
    pub fn value(self) -> Option<Value<'d>> {
        Value::decode(self.ty(), self.raw())
    }

    /// The items inside, in order.
    pub fn children(self) -> Children<'d> {
        Children { doc: self.doc, at: self.index + 1, end: self.node.next }
    }

    /// The first item inside with this tag.
    pub fn child(self, tag: Tag) -> Option<Self> {
        self.children().find(|c| c.tag() == tag)
    }

    /// The structure this is in.
    pub fn parent(self) -> Option<Self> {
        let index = self.node.parent;
        if index == NONE {
            return None;
        }
        self.doc.nodes.get(index as usize).map(|node| Self { node, index, ..self })
    }

    /// This item and all below it, parents before their children.
    pub fn descendants(self) -> impl Iterator<Item = Self> {
        let below = self.doc.nodes.get(self.index as usize..self.node.next as usize).unwrap_or_default();
        below.iter().zip(self.index..).map(move |(node, index)| Self { node, index, ..self })
    }

    /// Position in the order of the message; the root is 0.
    #[inline]
    pub fn index(self) -> u32 {
        self.index
    }

    /// Index one past the last item below it.
    pub fn subtree_end(self) -> u32 {
        self.node.next
    }

    /// Number of structures around it. Costs one step each.
    pub fn depth(self) -> usize {
        std::iter::successors(self.parent(), |p| p.parent()).count()
    }

    /// The value of an Integer.
    #[inline]
    pub fn as_i32(self) -> Option<i32> {
        match self.value()? {
            Value::Integer(v) => Some(v),
            _ => None,
        }
    }

    /// The value of a Long Integer, Date-Time or Date-Time Extended.
    #[inline]
    pub fn as_i64(self) -> Option<i64> {
        match self.value()? {
            Value::LongInteger(v) | Value::DateTime(v) | Value::DateTimeExtended(v) => Some(v),
            _ => None,
        }
    }

    /// The value of an Enumeration or an Interval.
    #[inline]
    pub fn as_u32(self) -> Option<u32> {
        match self.value()? {
            Value::Enumeration(v) | Value::Interval(v) => Some(v),
            _ => None,
        }
    }

    /// The value of a Boolean.
    #[inline]
    pub fn as_bool(self) -> Option<bool> {
        match self.value()? {
            Value::Boolean(v) => Some(v),
            _ => None,
        }
    }

    /// The value of a Text String, or of one of the three identifier types of 3.0.
    #[inline]
    pub fn as_text(self) -> Option<&'d str> {
        if self.ty().is_text() { std::str::from_utf8(self.raw()).ok() } else { None }
    }

    /// The value of a Byte String or a Big Integer.
    #[inline]
    pub fn as_bytes(self) -> Option<&'d [u8]> {
        match self.value()? {
            Value::ByteString(v) | Value::BigInteger(v) => Some(v),
            _ => None,
        }
    }

    /// Whether both items have the same tags, types, values and structure, wherever they stand. Padding does not count.
    pub fn same_content(self, other: ItemRef<'_>) -> bool {
        let (mut a, mut b) = (self.descendants(), other.descendants());
        loop {
            match (a.next(), b.next()) {
                (None, None) => return true,
                (Some(x), Some(y)) => {
                    let shape = x.node.tag_type == y.node.tag_type
                        && x.node.next - x.index == y.node.next - y.index
                        && x.is_tail() == y.is_tail();
                    if !shape || x.ty() != ItemType::STRUCTURE && x.raw() != y.raw() {
                        return false;
                    }
                }
                _ => return false,
            }
        }
    }
}

impl fmt::Debug for ItemRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} at {}", self.tag(), self.ty(), self.offset())
    }
}

/// The items of one structure, in order.
#[derive(Clone, Copy, Debug)]
pub struct Children<'d> {
    doc: &'d Doc<'d>,
    at: u32,
    end: u32,
}

impl<'d> Children<'d> {
    /// The next item, without moving on.
    #[inline]
    pub fn peek(&self) -> Option<ItemRef<'d>> {
        if self.at >= self.end {
            return None;
        }
        let node = self.doc.nodes.get(self.at as usize)?;
        Some(ItemRef { doc: self.doc, node, index: self.at })
    }
}

impl<'d> Iterator for Children<'d> {
    type Item = ItemRef<'d>;

    #[inline]
    fn next(&mut self) -> Option<ItemRef<'d>> {
        let item = self.peek()?;
        self.at = item.node.next.max(self.at + 1);
        Some(item)
    }
}

/// The size of the message whose first eight bytes these are; for framing, before any of the rest is read.
///
/// The error says what the header is instead, or that the message would be larger than `max_size`.
pub fn frame_len(header: &[u8; 8], max_size: usize) -> Result<usize, Diag> {
    let head = u64::from_be_bytes(*header);
    if !matches!((head >> 56) as u8, 0x42 | 0x54) {
        return Err(Diag::new(0, 0, Code::TagPrefix));
    }
    if (head >> 32) as u8 != ItemType::STRUCTURE.0 {
        return Err(Diag::new(3, 0, Code::RootNotStructure));
    }
    let len = (head & 0xFFFF_FFFF) as usize;
    match len.checked_add(8) {
        Some(total) if total <= max_size => Ok(total),
        _ => Err(Diag::new(4, 0, Code::TooLarge)),
    }
}
