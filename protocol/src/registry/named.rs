//! What the newtype of every enumeration and mask can do.

/// `name()`, the versions and printing for the newtype of an enumeration.
macro_rules! enumeration {
    ($ty:ident, $table:ident) => {
        impl $ty {
            /// Its table.
            pub const TABLE: &'static $crate::registry::Enumeration = &$table;

            /// The XML name of the value, if some version has it.
            pub fn name(self) -> Option<&'static str> {
                $table.value(self.0).map(|v| v.xml_name)
            }

            /// Whether the version defines the value.
            pub fn exists(self, version: $crate::version::Version) -> bool {
                $table.valid(self.0, version)
            }

            /// Whether the version defines the value, or it is a vendor's.
            pub fn is_known(self, version: $crate::version::Version) -> bool {
                self.exists(version) || $table.is_extension(self.0)
            }
        }

        impl std::fmt::Display for $ty {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::registry::named::write_value(self.name(), self.0, f)
            }
        }

        impl std::fmt::Debug for $ty {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }
    };
}

/// Set operations and printing for the newtype of a mask.
macro_rules! mask {
    ($ty:ident, $table:ident) => {
        impl $ty {
            /// Its table.
            pub const TABLE: &'static $crate::registry::Enumeration = &$table;

            /// The XML name, if exactly one bit is set and some version has it.
            pub fn name(self) -> Option<&'static str> {
                $table.value(self.0).map(|v| v.xml_name)
            }

            /// Whether every bit of `other` is set.
            pub const fn contains(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }
        }

        impl std::ops::BitOr for $ty {
            type Output = Self;
            fn bitor(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }
        }

        impl std::fmt::Display for $ty {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::registry::named::write_mask(&$table, self.0, f)
            }
        }

        impl std::fmt::Debug for $ty {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }
    };
}

pub(crate) use {enumeration, mask};

use super::Enumeration;
use std::fmt;

/// `ItemNotFound`, or `0x80000001` where no table has the number.
pub(crate) fn write_value(name: Option<&str>, code: u32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match name {
        Some(name) => f.pad(name),
        None => write!(f, "0x{code:08X}"),
    }
}

/// `Encrypt|Decrypt|0x80000000`: known bits by name, in the order of their codes, the rest as one number; `0` when none is set.
pub(crate) fn write_mask(table: &Enumeration, bits: u32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if bits == 0 {
        return f.write_str("0");
    }
    let mut rest = bits;
    let mut separator = "";
    for v in table.values.iter().filter(|v| v.code & bits == v.code) {
        write!(f, "{separator}{}", v.xml_name)?;
        rest &= !v.code;
        separator = "|";
    }
    if rest == 0 { Ok(()) } else { write!(f, "{separator}0x{rest:08X}") }
}
