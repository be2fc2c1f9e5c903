//! Tags and item types: numbers on the wire. Layer 1 knows no KMIP names beyond those of the types.

use std::fmt;

/// A three-byte tag (1.4 §9.1.1.1, 2.1 §10.1.1). Any number can be held; names live in the registry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(pub u32);

impl Tag {
    /// Defined by the standard: 420001 to 42FFFF.
    pub const fn is_standard(self) -> bool {
        self.0 >> 16 == 0x42
    }

    /// Free for vendors: 540000 to 54FFFF.
    pub const fn is_extension(self) -> bool {
        self.0 >> 16 == 0x54
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:06X}", self.0)
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A one-byte item type (1.4 §9.1.1.2, 2.1 §10.1.2). Any number can be held.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemType(pub u8);

impl ItemType {
    /// Structure, 01.
    pub const STRUCTURE: Self = Self(0x01);
    /// Integer, 02: 32 bits, signed.
    pub const INTEGER: Self = Self(0x02);
    /// Long Integer, 03: 64 bits, signed.
    pub const LONG_INTEGER: Self = Self(0x03);
    /// Big Integer, 04: two's complement, a multiple of 8 bytes.
    pub const BIG_INTEGER: Self = Self(0x04);
    /// Enumeration, 05: 32 bits, unsigned.
    pub const ENUMERATION: Self = Self(0x05);
    /// Boolean, 06: 64 bits, 0 or 1.
    pub const BOOLEAN: Self = Self(0x06);
    /// Text String, 07: UTF-8.
    pub const TEXT_STRING: Self = Self(0x07);
    /// Byte String, 08.
    pub const BYTE_STRING: Self = Self(0x08);
    /// Date-Time, 09: seconds since 1970, signed.
    pub const DATE_TIME: Self = Self(0x09);
    /// Interval, 0A: seconds, unsigned.
    pub const INTERVAL: Self = Self(0x0A);
    /// Date-Time Extended, 0B (2.0): microseconds since 1970, signed.
    pub const DATE_TIME_EXTENDED: Self = Self(0x0B);
    /// Identifier, 0C (3.0, second-hand): held as text.
    pub const IDENTIFIER: Self = Self(0x0C);
    /// Reference, 0D (3.0, second-hand): held as text.
    pub const REFERENCE: Self = Self(0x0D);
    /// Name Reference, 0E (3.0, second-hand): held as text.
    pub const NAME_REFERENCE: Self = Self(0x0E);

    /// Every type with its name in the spelling of the XML encoding, in the order of their codes.
    pub const NAMES: [(Self, &'static str); 14] = [
        (Self::STRUCTURE, "Structure"),
        (Self::INTEGER, "Integer"),
        (Self::LONG_INTEGER, "LongInteger"),
        (Self::BIG_INTEGER, "BigInteger"),
        (Self::ENUMERATION, "Enumeration"),
        (Self::BOOLEAN, "Boolean"),
        (Self::TEXT_STRING, "TextString"),
        (Self::BYTE_STRING, "ByteString"),
        (Self::DATE_TIME, "DateTime"),
        (Self::INTERVAL, "Interval"),
        (Self::DATE_TIME_EXTENDED, "DateTimeExtended"),
        (Self::IDENTIFIER, "Identifier"),
        (Self::REFERENCE, "Reference"),
        (Self::NAME_REFERENCE, "NameReference"),
    ];

    /// The name in the spelling of the XML encoding, or `None` for a code no version defines.
    pub fn name(self) -> Option<&'static str> {
        Self::NAMES.iter().find(|(t, _)| *t == self).map(|(_, n)| *n)
    }

    /// The type of that name (XML spelling).
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, n)| *n == name).map(|(t, _)| *t)
    }

    /// Whether the value is UTF-8 text: Text String and the three identifier types of 3.0.
    pub const fn is_text(self) -> bool {
        matches!(self.0, 0x07 | 0x0C | 0x0D | 0x0E)
    }
}

impl fmt::Display for ItemType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(n) => f.pad(n),
            None => write!(f, "type 0x{:02X}", self.0),
        }
    }
}

impl fmt::Debug for ItemType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
