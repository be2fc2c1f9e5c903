//! An owned item that can be anything the wire can carry, valid or not: for building messages and for damaging them.

use super::doc::{Doc, ItemRef, Value};
use super::item_type::{ItemType, Tag};
use std::fmt;

/// The length field of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Len {
    /// What the body has.
    Auto,
    /// This, whatever the body has.
    Forced(u32),
}

/// The padding behind a leaf.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Pad {
    /// Zeros up to a multiple of 8; none behind a structure.
    Auto,
    /// These bytes.
    Forced(Vec<u8>),
}

/// What an item is made of.
#[derive(Debug, PartialEq, Eq, Hash)]
pub enum Body {
    /// Items, whatever the type code says.
    Items(Vec<Item>),
    /// A value.
    Bytes(Vec<u8>),
    /// Bytes without any header; tag, type, length and padding are not written.
    Raw(Vec<u8>),
}

/// One item and all below it, owned. Clone, compare, print, encode and drop are iterative.
pub struct Item {
    /// The tag; its low three bytes are written.
    pub tag: Tag,
    /// The type code.
    pub ty: ItemType,
    /// The length field.
    pub len: Len,
    /// The padding.
    pub pad: Pad,
    /// The value, or the items inside.
    pub body: Body,
}

impl Item {
    fn new(tag: Tag, ty: ItemType, body: Body) -> Self {
        Self { tag, ty, len: Len::Auto, pad: Pad::Auto, body }
    }

    fn value_of(tag: Tag, ty: ItemType, bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(tag, ty, Body::Bytes(bytes.into()))
    }

    /// A Structure of these items.
    pub fn structure(tag: Tag, items: Vec<Self>) -> Self {
        Self::new(tag, ItemType::STRUCTURE, Body::Items(items))
    }

    /// An Integer.
    pub fn integer(tag: Tag, value: i32) -> Self {
        Self::value_of(tag, ItemType::INTEGER, value.to_be_bytes())
    }

    /// A Long Integer.
    pub fn long_integer(tag: Tag, value: i64) -> Self {
        Self::value_of(tag, ItemType::LONG_INTEGER, value.to_be_bytes())
    }

    /// A Big Integer from two's complement bytes, sign-extended to a multiple of 8.
    pub fn big_integer(tag: Tag, value: impl Into<Vec<u8>>) -> Self {
        let mut bytes: Vec<u8> = value.into();
        let sign = if bytes.first().is_some_and(|b| b & 0x80 != 0) { 0xFF } else { 0 };
        let pad = if bytes.is_empty() { 8 } else { bytes.len().wrapping_neg() & 7 };
        bytes.splice(0..0, std::iter::repeat_n(sign, pad));
        Self::value_of(tag, ItemType::BIG_INTEGER, bytes)
    }

    /// An Enumeration.
    pub fn enumeration(tag: Tag, value: u32) -> Self {
        Self::value_of(tag, ItemType::ENUMERATION, value.to_be_bytes())
    }

    /// A Boolean.
    pub fn boolean(tag: Tag, value: bool) -> Self {
        Self::value_of(tag, ItemType::BOOLEAN, u64::from(value).to_be_bytes())
    }

    /// A Text String.
    pub fn text(tag: Tag, value: impl Into<String>) -> Self {
        Self::value_of(tag, ItemType::TEXT_STRING, value.into().into_bytes())
    }

    /// Text of the type Text String, Identifier, Reference or Name Reference.
    pub fn text_of(tag: Tag, ty: ItemType, value: impl Into<String>) -> Self {
        Self::value_of(tag, ty, value.into().into_bytes())
    }

    /// A Byte String.
    pub fn bytes(tag: Tag, value: impl Into<Vec<u8>>) -> Self {
        Self::value_of(tag, ItemType::BYTE_STRING, value)
    }

    /// A Date-Time, seconds since 1970.
    pub fn date_time(tag: Tag, value: i64) -> Self {
        Self::value_of(tag, ItemType::DATE_TIME, value.to_be_bytes())
    }

    /// An Interval, seconds.
    pub fn interval(tag: Tag, value: u32) -> Self {
        Self::value_of(tag, ItemType::INTERVAL, value.to_be_bytes())
    }

    /// A Date-Time Extended, microseconds since 1970.
    pub fn date_time_extended(tag: Tag, value: i64) -> Self {
        Self::value_of(tag, ItemType::DATE_TIME_EXTENDED, value.to_be_bytes())
    }

    /// An item of any type; [`Value::Structure`] gives an empty Structure.
    pub fn leaf(tag: Tag, value: Value<'_>) -> Self {
        match value {
            Value::Structure => Self::structure(tag, Vec::new()),
            Value::Integer(v) => Self::integer(tag, v),
            Value::LongInteger(v) => Self::long_integer(tag, v),
            Value::BigInteger(v) => Self::big_integer(tag, v),
            Value::Enumeration(v) => Self::enumeration(tag, v),
            Value::Boolean(v) => Self::boolean(tag, v),
            Value::TextString(v) => Self::text(tag, v),
            Value::ByteString(v) => Self::bytes(tag, v),
            Value::DateTime(v) => Self::date_time(tag, v),
            Value::Interval(v) => Self::interval(tag, v),
            Value::DateTimeExtended(v) => Self::date_time_extended(tag, v),
            Value::Identifier(v) | Value::Reference(v) | Value::NameReference(v) => {
                Self::value_of(tag, value.ty(), v.as_bytes())
            }
        }
    }

    /// Bytes that are written as they are, without a header.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(Tag(0), ItemType(0), Body::Raw(bytes.into()))
    }

    /// A copy of an item of a message, malformed parts included: it encodes to the very same bytes. Where a limit has cut
    /// the index short, what is behind the cut comes as raw items.
    pub fn from_ref(item: ItemRef<'_>) -> Self {
        let mut open: Vec<Open<'_>> = Vec::new();
        for node in item.descendants() {
            close_finished(&mut open, node.index());
            let copy = Self::shallow(node);
            if node.ty() == ItemType::STRUCTURE && !node.is_tail() {
                open.push(Open { item: copy, node, covered: 0 });
            } else if let Some(parent) = open.last_mut() {
                parent.add(copy, node);
            } else {
                return copy;
            }
        }
        close_finished(&mut open, u32::MAX);
        open.pop().map_or_else(|| Self::raw(Vec::new()), Open::finish)
    }

    /// The root item and, as a raw item, the bytes behind it; encoded one after the other they are the message.
    pub fn from_doc(doc: &Doc<'_>) -> Vec<Self> {
        let mut all: Vec<Self> = doc.root().map(Self::from_ref).into_iter().collect();
        if !doc.trailing().is_empty() {
            all.push(Self::raw(doc.trailing()));
        }
        all
    }

    /// Everything of an item but the items inside it.
    fn shallow(node: ItemRef<'_>) -> Self {
        if node.is_tail() {
            return Self::raw(node.raw());
        }
        let body =
            if node.ty() == ItemType::STRUCTURE { Body::Items(Vec::new()) } else { Body::Bytes(node.raw().to_vec()) };
        let present = u32::try_from(node.raw().len()).unwrap_or(u32::MAX);
        let len = if node.declared_len() == present { Len::Auto } else { Len::Forced(node.declared_len()) };
        let zeros = if node.ty() == ItemType::STRUCTURE { 0 } else { node.raw().len().wrapping_neg() & 7 };
        let pad = node.padding();
        let pad = if pad.len() == zeros && pad.iter().all(|b| *b == 0) { Pad::Auto } else { Pad::Forced(pad.to_vec()) };
        Self { tag: node.tag(), ty: node.ty(), len, pad, body }
    }

    /// The items inside; none for a leaf.
    pub fn items(&self) -> &[Self] {
        match &self.body {
            Body::Items(items) => items,
            Body::Bytes(_) | Body::Raw(_) => &[],
        }
    }

    /// The items inside, to be changed; `None` for a leaf.
    pub fn items_mut(&mut self) -> Option<&mut Vec<Self>> {
        match &mut self.body {
            Body::Items(items) => Some(items),
            Body::Bytes(_) | Body::Raw(_) => None,
        }
    }

    /// Adds an item inside; does nothing to a leaf.
    pub fn push(&mut self, item: Self) {
        if let Body::Items(items) = &mut self.body {
            items.push(item);
        }
    }

    /// The first item inside with this tag.
    pub fn child(&self, tag: Tag) -> Option<&Self> {
        self.items().iter().find(|i| i.tag == tag)
    }

    /// The decoded value; `None` where the bytes do not fit the type.
    pub fn value(&self) -> Option<Value<'_>> {
        match &self.body {
            Body::Items(_) => (self.ty == ItemType::STRUCTURE).then_some(Value::Structure),
            Body::Bytes(bytes) => Value::decode(self.ty, bytes),
            Body::Raw(_) => None,
        }
    }

    /// The same item under another tag.
    pub fn with_tag(mut self, tag: Tag) -> Self {
        self.tag = tag;
        self
    }

    /// The bytes of the item, header and padding included.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode_into(&mut out);
        out
    }

    /// Appends the bytes of the item.
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        // Structures being written: where each begins, and the items still to come.
        let mut open: Vec<(&Self, usize, std::slice::Iter<'_, Self>)> = Vec::new();
        let mut next = Some(self);
        loop {
            if let Some(item) = next {
                let at = out.len();
                match &item.body {
                    Body::Raw(bytes) => out.extend_from_slice(bytes),
                    Body::Bytes(bytes) => item.leaf_into(bytes, out),
                    Body::Items(items) => {
                        out.extend_from_slice(&item.header(0).to_be_bytes());
                        open.push((item, at, items.iter()));
                    }
                }
            }
            let Some((item, at, rest)) = open.last_mut() else { return };
            next = rest.next();
            if next.is_none() {
                if let (Len::Auto, Some(field)) = (item.len, out.len().checked_sub(*at + 8)) {
                    let len = u32::try_from(field).unwrap_or(u32::MAX);
                    if let Some(field) = out.get_mut(*at + 4..*at + 8) {
                        field.copy_from_slice(&len.to_be_bytes());
                    }
                }
                if let Pad::Forced(bytes) = &item.pad {
                    out.extend_from_slice(bytes);
                }
                open.pop();
            }
        }
    }

    #[inline]
    fn header(&self, actual: usize) -> u64 {
        let len = match self.len {
            Len::Auto => u32::try_from(actual).unwrap_or(u32::MAX),
            Len::Forced(len) => len,
        };
        u64::from(self.tag.0 & 0xFF_FFFF) << 40 | u64::from(self.ty.0) << 32 | u64::from(len)
    }

    #[inline]
    fn leaf_into(&self, bytes: &[u8], out: &mut Vec<u8>) {
        let head = self.header(bytes.len());
        match (&self.pad, bytes) {
            // The two sizes that nearly every leaf has: one store of sixteen.
            (Pad::Auto, &[a, b, c, d]) => {
                let value = u128::from(u32::from_be_bytes([a, b, c, d])) << 32;
                out.extend_from_slice(&(u128::from(head) << 64 | value).to_be_bytes());
            }
            (Pad::Auto, &[a, b, c, d, e, f, g, h]) => {
                let value = u128::from(u64::from_be_bytes([a, b, c, d, e, f, g, h]));
                out.extend_from_slice(&(u128::from(head) << 64 | value).to_be_bytes());
            }
            (pad, bytes) => {
                out.extend_from_slice(&head.to_be_bytes());
                out.extend_from_slice(bytes);
                match pad {
                    Pad::Auto => out.extend_from_slice(&[0; 8][..bytes.len().wrapping_neg() & 7]),
                    Pad::Forced(bytes) => out.extend_from_slice(bytes),
                }
            }
        }
    }

    /// Whether everything but the items inside is equal.
    fn same_shell(&self, other: &Self) -> bool {
        let same_body = match (&self.body, &other.body) {
            (Body::Items(a), Body::Items(b)) => a.len() == b.len(),
            (Body::Bytes(a), Body::Bytes(b)) | (Body::Raw(a), Body::Raw(b)) => a == b,
            _ => false,
        };
        same_body && self.tag == other.tag && self.ty == other.ty && self.len == other.len && self.pad == other.pad
    }
}

/// A structure whose items are still being copied.
struct Open<'d> {
    item: Item,
    node: ItemRef<'d>,
    /// Bytes of the value that the items copied so far make up.
    covered: usize,
}

impl Open<'_> {
    fn add(&mut self, item: Item, node: ItemRef<'_>) {
        self.covered += node.whole().len();
        self.item.push(item);
    }

    /// The structure, with the bytes that the index has no items for.
    fn finish(mut self) -> Item {
        if let Some(rest) = self.node.raw().get(self.covered..).filter(|rest| !rest.is_empty()) {
            self.item.push(Item::raw(rest));
        }
        self.item
    }
}

/// Moves structures that end before `index` into their parents.
fn close_finished(open: &mut Vec<Open<'_>>, index: u32) {
    while open.len() > 1 && open.last().is_some_and(|o| o.node.subtree_end() <= index) {
        if let (Some(done), Some(parent)) = (open.pop(), open.last_mut()) {
            let node = done.node;
            parent.add(done.finish(), node);
        }
    }
}

impl Drop for Item {
    fn drop(&mut self) {
        let Body::Items(items) = &mut self.body else { return };
        if items.iter().all(|i| i.items().is_empty()) {
            return;
        }
        let mut queue = std::mem::take(items);
        while let Some(mut item) = queue.pop() {
            if let Body::Items(inner) = &mut item.body {
                queue.append(inner);
            }
        }
    }
}

impl Clone for Item {
    fn clone(&self) -> Self {
        let shell = |item: &Self| {
            let body = match &item.body {
                Body::Items(items) => Body::Items(Vec::with_capacity(items.len())),
                Body::Bytes(bytes) => Body::Bytes(bytes.clone()),
                Body::Raw(bytes) => Body::Raw(bytes.clone()),
            };
            Self { tag: item.tag, ty: item.ty, len: item.len, pad: item.pad.clone(), body }
        };
        let mut open = vec![(shell(self), self.items().iter())];
        loop {
            let next = open.last_mut().and_then(|(_, rest)| rest.next());
            if let Some(item) = next {
                open.push((shell(item), item.items().iter()));
            } else if let Some((done, _)) = open.pop() {
                match open.last_mut() {
                    Some((parent, _)) => parent.push(done),
                    None => return done,
                }
            }
        }
    }
}

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        let mut pairs = vec![(self, other)];
        while let Some((a, b)) = pairs.pop() {
            if !a.same_shell(b) {
                return false;
            }
            pairs.extend(a.items().iter().zip(b.items()));
        }
        true
    }
}

impl Eq for Item {}

impl std::hash::Hash for Item {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.encode().hash(state);
    }
}

impl fmt::Debug for Item {
    /// One line, `420078{42000D:Integer=00000001}`, cut after 64 KiB.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        enum Next<'a> {
            Open(&'a Item),
            Close,
        }
        let mut todo = vec![Next::Open(self)];
        let mut written = 0usize;
        while let Some(next) = todo.pop() {
            let Next::Open(item) = next else {
                f.write_str("}")?;
                continue;
            };
            if written > 64 << 10 {
                return f.write_str("...");
            }
            if let Body::Raw(bytes) = &item.body {
                write!(f, "raw({bytes:02X?})")?;
                written += bytes.len() * 4;
                continue;
            }
            write!(f, "{:06X}", item.tag.0)?;
            if item.len != Len::Auto || item.pad != Pad::Auto {
                write!(f, "({:?}, {:?})", item.len, item.pad)?;
            }
            written += 8;
            match &item.body {
                Body::Items(items) => {
                    f.write_str("{")?;
                    todo.push(Next::Close);
                    todo.extend(items.iter().rev().map(Next::Open));
                }
                Body::Bytes(bytes) => {
                    write!(f, ":{}=", item.ty)?;
                    for b in bytes {
                        write!(f, "{b:02X}")?;
                    }
                    f.write_str(" ")?;
                    written += bytes.len() * 2;
                }
                Body::Raw(_) => {}
            }
        }
        Ok(())
    }
}
