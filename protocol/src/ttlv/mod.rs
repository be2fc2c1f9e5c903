//! Layer 1, bytes <-> tree: types and lengths, no KMIP names.

mod item_type;

pub use item_type::{ItemType, Tag};
