//! Layer 1, bytes <-> tree: types and lengths, no KMIP names.
//!
//! A [`Doc`] is the bytes of a message with an index over them; an [`ItemRef`] is one item of it; a [`Cursor`] reads
//! a structure in order. An [`Item`] is owned and can be damaged at will; a [`Writer`] is the fast way out.

mod cursor;
mod diag;
mod doc;
mod item;
mod item_type;
mod scan;
#[cfg(test)]
mod tests;
mod writer;

pub use cursor::{Cursor, FieldError};
pub use diag::{Code, Diag};
pub use doc::{Children, Doc, ItemRef, Value, frame_len};
pub use item::{Body, Item, Len, Pad};
pub use item_type::{ItemType, Tag};
pub use scan::{Limits, MAX_DIAGS};
pub use writer::Writer;
