//! Attributes of managed objects, and THE place where the encodings of 1.x and 2.x meet.
//!
//! An [`Attribute`] is the same thing at every version: a key and a value. [`wire_v1`] writes it as
//! Attribute{Attribute Name, Attribute Index, Attribute Value}, [`wire_v2`] as an item with the attribute's own tag, and
//! [`wire_v3`] gives some of them other tags and types;
//! [`lower`] wraps a list in whatever container the version has.

mod attribute;
mod container;
mod cryptographic_parameters;
mod digest;
mod field;
mod key;
mod link;
mod list;
#[cfg(test)]
mod tests;
mod usage_limits;
pub mod wire_v1;
pub mod wire_v2;
pub mod wire_v3;

pub use attribute::{Attribute, AttributeRef, KeyRef};
pub use container::{Container, Name, Template, lower, raise};
pub use cryptographic_parameters::CryptographicParameters;
pub use digest::Digest;
pub use key::AttributeKey;
pub use link::Link;
pub use list::Attributes;
pub use usage_limits::UsageLimits;
