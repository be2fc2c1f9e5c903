//! What can be wrong with bytes that claim to be TTLV: a closed list, each with its offset.

use std::fmt;

/// One fault of the encoding (1.4 §9.1, 2.1 §10.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Code {
    /// The input ends before the root item does.
    Truncated,
    /// Bytes follow the root item.
    Trailing,
    /// The root item is not a Structure.
    RootNotStructure,
    /// Fewer than 8 bytes are left in a structure: no item fits.
    Leftover,
    /// An item's declared length goes past the end of its structure.
    Overrun,
    /// A tag that begins with neither 42 nor 54.
    TagPrefix,
    /// A type code that no version defines.
    UnknownType,
    /// A declared length other than the one fixed for the type.
    FixedLength,
    /// A Big Integer whose length is zero or no multiple of 8.
    BigIntegerLength,
    /// Padding bytes other than zero.
    Padding,
    /// A Boolean other than 0 and 1.
    Boolean,
    /// A text that is not UTF-8.
    Utf8,
    /// Structures nested deeper than the limit.
    TooDeep,
    /// More items than the limit.
    TooManyItems,
    /// More bytes than the limit.
    TooLarge,
}

impl Code {
    /// Every code.
    pub const ALL: [Self; 15] = [
        Self::Truncated,
        Self::Trailing,
        Self::RootNotStructure,
        Self::Leftover,
        Self::Overrun,
        Self::TagPrefix,
        Self::UnknownType,
        Self::FixedLength,
        Self::BigIntegerLength,
        Self::Padding,
        Self::Boolean,
        Self::Utf8,
        Self::TooDeep,
        Self::TooManyItems,
        Self::TooLarge,
    ];

    /// The stable name used in vectors and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Truncated => "truncated",
            Self::Trailing => "trailing",
            Self::RootNotStructure => "root-not-structure",
            Self::Leftover => "leftover",
            Self::Overrun => "overrun",
            Self::TagPrefix => "tag-prefix",
            Self::UnknownType => "unknown-type",
            Self::FixedLength => "fixed-length",
            Self::BigIntegerLength => "big-integer-length",
            Self::Padding => "padding",
            Self::Boolean => "boolean",
            Self::Utf8 => "utf-8",
            Self::TooDeep => "too-deep",
            Self::TooManyItems => "too-many-items",
            Self::TooLarge => "too-large",
        }
    }

    /// The fault in words.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Truncated => "the message ends before its first item does",
            Self::Trailing => "bytes follow the end of the message",
            Self::RootNotStructure => "the message is not a Structure",
            Self::Leftover => "fewer than 8 bytes are left in the structure, too few for an item",
            Self::Overrun => "the item's length goes past the end of its structure",
            Self::TagPrefix => "the tag begins with neither 42 nor 54",
            Self::UnknownType => "no version defines this item type",
            Self::FixedLength => "the length is not the one fixed for the item type",
            Self::BigIntegerLength => "the length of a Big Integer is not a positive multiple of 8",
            Self::Padding => "the padding is not zero",
            Self::Boolean => "the Boolean is neither 0 nor 1",
            Self::Utf8 => "the text is not UTF-8",
            Self::TooDeep => "structures are nested deeper than the limit allows",
            Self::TooManyItems => "there are more items than the limit allows",
            Self::TooLarge => "the message is larger than the limit allows",
        }
    }
}

/// A fault and where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Diag {
    at: u32,
    node: u32,
    /// What is wrong.
    pub code: Code,
}

impl Diag {
    /// `node` is `u32::MAX` where the fault belongs to no item.
    pub(super) const fn new(at: u32, node: u32, code: Code) -> Self {
        Self { at, node, code }
    }

    /// Byte offset of the fault in the input.
    pub const fn at(&self) -> usize {
        self.at as usize
    }

    /// Index of the item that has the fault, where there is one.
    pub const fn node(&self) -> Option<u32> {
        if self.node == u32::MAX { None } else { Some(self.node) }
    }
}

impl fmt::Display for Diag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "offset {}: {}", self.at, self.code.text())
    }
}

impl std::error::Error for Diag {}
