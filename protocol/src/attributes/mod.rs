//! Attributes of managed objects, and THE place where the encodings of 1.x and 2.x meet.
//!
//! An [`Attribute`] is the same thing at every version: a key and a value. [`wire_v1`] writes it as
//! Attribute{Attribute Name, Attribute Index, Attribute Value}, [`wire_v2`] as an item with the attribute's own tag;
//! [`lower`] wraps a list in whatever container the version has.

mod attribute;
mod container;
mod field;
mod key;
mod list;
#[cfg(test)]
mod tests;
pub mod wire_v1;
pub mod wire_v2;

pub use attribute::{Attribute, AttributeRef, KeyRef};
pub use container::{Container, Name, Template, lower, raise};
pub use key::AttributeKey;
pub use list::Attributes;
