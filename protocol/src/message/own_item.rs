//! Typed structures as items of our own: the value of an attribute that a server keeps.

use super::{DecodeError, FieldValue, Reading};
use crate::ttlv::{Doc, Item, ItemRef, Limits, Tag, Writer};
use crate::version::Version;

/// Reads an item of our own as if it stood in a message; `T` borrows nothing from it.
///
/// ```
/// use kmipspec_protocol::attributes::UsageLimits;
/// use kmipspec_protocol::message::{from_item, to_item};
/// use kmipspec_protocol::registry::{UsageLimitsUnit, tag};
/// use kmipspec_protocol::version::Version;
///
/// let limits = UsageLimits {
///     usage_limits_total: 100,
///     usage_limits_count: Some(40),
///     usage_limits_unit: UsageLimitsUnit::BYTE,
/// };
/// let item = to_item(&limits, tag::USAGE_LIMITS, Version::V2_1);
/// assert_eq!(from_item::<UsageLimits>(&item, Version::V2_1), Ok(limits));
/// ```
pub fn from_item<T: for<'d> FieldValue<'d>>(item: &Item, reading: impl Into<Reading>) -> Result<T, DecodeError> {
    let reading = reading.into();
    with_item(item, |item| T::read(item, reading))
}

/// Lets `read` read an item of our own as if it stood in a message.
pub fn with_item<T>(item: &Item, read: impl FnOnce(ItemRef<'_>) -> Result<T, DecodeError>) -> Result<T, DecodeError> {
    let bytes = item.encode();
    let limits = Limits { leaf_root: true, ..Limits::default() };
    let doc = Doc::strict(&bytes, &limits).map_err(|diag| DecodeError::Malformed { tag: item.tag, at: diag.at() })?;
    doc.root().map_or(Err(DecodeError::Missing { tag: item.tag, at: 0 }), read)
}

/// The item of a typed value.
pub fn to_item<'d>(value: &impl FieldValue<'d>, tag: Tag, version: Version) -> Item {
    let mut w = Writer::new();
    value.write(&mut w, tag, version);
    let doc = Doc::lenient_owned(w.finish(), &Limits { leaf_root: true, ..Limits::default() });
    let mut items = Item::from_doc(&doc);
    // A value writes exactly one item.
    if items.is_empty() { Item::structure(tag, items) } else { items.swap_remove(0) }
}
