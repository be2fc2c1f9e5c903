//! Writing a message from front to back; structure lengths are patched in when they close.

use super::doc::{ItemRef, Value};
use super::item::Item;
use super::item_type::{ItemType, Tag};

/// Appends items to a buffer. Every `begin` needs its `end`; [`Writer::finish`] closes what is open.
///
/// While a structure is open, its length field holds where the structure around it begins, so no stack is needed.
#[derive(Clone, Debug, Default)]
pub struct Writer {
    out: Vec<u8>,
    /// One past where the innermost open structure begins; 0 when none is open.
    open: u32,
}

impl Writer {
    /// An empty message.
    pub fn new() -> Self {
        Self::with_capacity(256)
    }

    /// An empty message in a buffer of this many bytes.
    pub fn with_capacity(bytes: usize) -> Self {
        Self { out: Vec::with_capacity(bytes), open: 0 }
    }

    #[inline]
    fn head(&mut self, tag: Tag, ty: ItemType, len: u32) {
        let head = u64::from(tag.0 & 0xFF_FFFF) << 40 | u64::from(ty.0) << 32 | u64::from(len);
        self.out.extend_from_slice(&head.to_be_bytes());
    }

    /// A leaf of four bytes: one store of sixteen.
    #[inline]
    fn four(&mut self, tag: Tag, ty: ItemType, value: u32) {
        let head = u128::from(tag.0 & 0xFF_FFFF) << 104 | u128::from(ty.0) << 96 | 4u128 << 64;
        self.out.extend_from_slice(&(head | u128::from(value) << 32).to_be_bytes());
    }

    /// A leaf of eight bytes: one store of sixteen.
    #[inline]
    fn eight(&mut self, tag: Tag, ty: ItemType, value: u64) {
        let head = u128::from(tag.0 & 0xFF_FFFF) << 104 | u128::from(ty.0) << 96 | 8u128 << 64;
        self.out.extend_from_slice(&(head | u128::from(value)).to_be_bytes());
    }

    #[inline]
    fn variable(&mut self, tag: Tag, ty: ItemType, value: &[u8]) {
        // A value over 4 GiB cannot be written; it would be cut, and nothing here holds one.
        self.head(tag, ty, u32::try_from(value.len()).unwrap_or(u32::MAX));
        self.out.extend_from_slice(value);
        let pad = value.len().wrapping_neg() & 7;
        self.out.resize(self.out.len() + pad, 0);
    }

    /// Opens a Structure.
    #[inline]
    pub fn begin(&mut self, tag: Tag) {
        // A message over 4 GiB cannot be written; nothing here holds one.
        let here = u32::try_from(self.out.len()).unwrap_or(u32::MAX - 1) + 1;
        self.head(tag, ItemType::STRUCTURE, self.open);
        self.open = here;
    }

    /// Closes the Structure opened last; does nothing when none is open.
    #[inline]
    pub fn end(&mut self) {
        let Some(at) = (self.open as usize).checked_sub(1) else { return };
        let total = self.out.len();
        let Some(field) = self.out.get_mut(at + 4..).and_then(|b| b.first_chunk_mut::<4>()) else { return };
        self.open = u32::from_be_bytes(*field);
        *field = u32::try_from(total - at - 8).unwrap_or(u32::MAX).to_be_bytes();
    }

    /// A Structure with what `fill` writes.
    #[inline]
    pub fn structure(&mut self, tag: Tag, fill: impl FnOnce(&mut Self)) {
        self.begin(tag);
        fill(self);
        self.end();
    }

    /// An Integer.
    #[inline]
    pub fn integer(&mut self, tag: Tag, value: i32) {
        self.four(tag, ItemType::INTEGER, value.cast_unsigned());
    }

    /// A Long Integer.
    #[inline]
    pub fn long_integer(&mut self, tag: Tag, value: i64) {
        self.eight(tag, ItemType::LONG_INTEGER, value.cast_unsigned());
    }

    /// A Big Integer from two's complement bytes, sign-extended to a multiple of 8.
    pub fn big_integer(&mut self, tag: Tag, value: &[u8]) {
        let pad = if value.is_empty() { 8 } else { value.len().wrapping_neg() & 7 };
        let sign = if value.first().is_some_and(|b| b & 0x80 != 0) { 0xFF } else { 0 };
        self.head(tag, ItemType::BIG_INTEGER, u32::try_from(value.len() + pad).unwrap_or(u32::MAX));
        self.out.resize(self.out.len() + pad, sign);
        self.out.extend_from_slice(value);
    }

    /// An Enumeration.
    #[inline]
    pub fn enumeration(&mut self, tag: Tag, value: u32) {
        self.four(tag, ItemType::ENUMERATION, value);
    }

    /// A Boolean.
    #[inline]
    pub fn boolean(&mut self, tag: Tag, value: bool) {
        self.eight(tag, ItemType::BOOLEAN, u64::from(value));
    }

    /// A Text String.
    #[inline]
    pub fn text(&mut self, tag: Tag, value: &str) {
        self.variable(tag, ItemType::TEXT_STRING, value.as_bytes());
    }

    /// Text of the type Text String, Identifier, Reference or Name Reference.
    #[inline]
    pub fn text_of(&mut self, tag: Tag, ty: ItemType, value: &str) {
        self.variable(tag, ty, value.as_bytes());
    }

    /// A Byte String.
    #[inline]
    pub fn bytes(&mut self, tag: Tag, value: &[u8]) {
        self.variable(tag, ItemType::BYTE_STRING, value);
    }

    /// A Date-Time, seconds since 1970.
    #[inline]
    pub fn date_time(&mut self, tag: Tag, value: i64) {
        self.eight(tag, ItemType::DATE_TIME, value.cast_unsigned());
    }

    /// An Interval, seconds.
    #[inline]
    pub fn interval(&mut self, tag: Tag, value: u32) {
        self.four(tag, ItemType::INTERVAL, value);
    }

    /// A Date-Time Extended, microseconds since 1970.
    #[inline]
    pub fn date_time_extended(&mut self, tag: Tag, value: i64) {
        self.eight(tag, ItemType::DATE_TIME_EXTENDED, value.cast_unsigned());
    }

    /// A leaf of any type; [`Value::Structure`] writes an empty Structure.
    pub fn leaf(&mut self, tag: Tag, value: Value<'_>) {
        match value {
            Value::Structure => self.head(tag, ItemType::STRUCTURE, 0),
            Value::Integer(v) => self.integer(tag, v),
            Value::LongInteger(v) => self.long_integer(tag, v),
            Value::BigInteger(v) => self.big_integer(tag, v),
            Value::Enumeration(v) => self.enumeration(tag, v),
            Value::Boolean(v) => self.boolean(tag, v),
            Value::TextString(v) => self.text(tag, v),
            Value::ByteString(v) => self.bytes(tag, v),
            Value::DateTime(v) => self.date_time(tag, v),
            Value::Interval(v) => self.interval(tag, v),
            Value::DateTimeExtended(v) => self.date_time_extended(tag, v),
            Value::Identifier(v) | Value::Reference(v) | Value::NameReference(v) => {
                self.variable(tag, value.ty(), v.as_bytes());
            }
        }
    }

    /// An owned item, forced lengths and padding included.
    pub fn item(&mut self, item: &Item) {
        item.encode_into(&mut self.out);
    }

    /// An item of another message, byte for byte.
    pub fn copy(&mut self, item: ItemRef<'_>) {
        self.out.extend_from_slice(item.whole());
    }

    /// A copy of an item of another message under another tag; the value is kept byte for byte.
    pub fn copy_as(&mut self, tag: Tag, item: ItemRef<'_>) {
        let at = self.out.len();
        self.copy(item);
        if let (false, Some(field)) = (item.is_tail(), self.out.get_mut(at..at + 3)) {
            field.copy_from_slice(&tag.0.to_be_bytes()[1..]);
        }
    }

    /// Bytes written so far.
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// Whether nothing has been written.
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// Closes what is open and gives the bytes.
    pub fn finish(mut self) -> Vec<u8> {
        while self.open != 0 {
            self.end();
        }
        self.out
    }
}
