//! Names <-> numbers of tags, enumerations and masks, with the versions that have them: tables only.
//!
//! The tables are made from `protocol/data` by `cargo xtask tables`. A number that no table has is still a number: every
//! type here can hold it, `name()` then gives `None`.

#[rustfmt::skip]
mod enumerations;
mod lookup;
pub(crate) mod named;
mod normalize;
mod range;
mod row;
#[rustfmt::skip]
pub mod tag;

pub use enumerations::*;
pub use lookup::{TAGS, enumeration_for, enumeration_named, tag_name, tag_named, tag_row};
pub use normalize::normalize;
pub use range::in_version;
pub use row::{EarlierTypes, EnumValue, Enumeration, TagRow};
