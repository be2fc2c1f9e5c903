//! The published OASIS test cases, in `../shared/oasis` beside the checkout.

use std::path::PathBuf;

use kmipspec_protocol::encoding::xml::Leaf;
use kmipspec_protocol::registry::tag;
use kmipspec_protocol::ttlv::{Doc, Item, ItemType, Tag};
use kmipspec_protocol::version::{ProtocolVersion, Version};

#[path = "shared.rs"]
mod shared;

pub(crate) use shared::files;

/// What `$NOW` is.
const NOW: i64 = 1_700_000_000;

/// The folder, or nothing where it is not there; on a CI machine it has to be.
pub(crate) fn oasis() -> Option<PathBuf> {
    shared::shared("oasis")
}

/// A value of the right type for a placeholder.
pub(crate) fn fill(leaf: &Leaf<'_>) -> Option<Item> {
    let name = leaf.text.trim().strip_prefix('$')?;
    if !name.bytes().next().is_some_and(|c| c.is_ascii_uppercase()) {
        return None;
    }
    Some(match leaf.ty {
        ItemType::BYTE_STRING => Item::bytes(leaf.tag, [1, 2, 3]),
        ItemType::BIG_INTEGER => Item::big_integer(leaf.tag, [0; 8]),
        ItemType::DATE_TIME => Item::date_time(leaf.tag, NOW),
        ItemType::DATE_TIME_EXTENDED => Item::date_time_extended(leaf.tag, NOW),
        ItemType::INTEGER => Item::integer(leaf.tag, 0),
        ItemType::LONG_INTEGER => Item::long_integer(leaf.tag, 0),
        ItemType::INTERVAL => Item::interval(leaf.tag, 0),
        ty if ty.is_text() => {
            let mut item = Item::text(leaf.tag, "x");
            item.ty = ty;
            item
        }
        _ => return None,
    })
}

/// The version a message states.
pub(crate) fn stated(doc: &Doc<'_>, header: Tag) -> Option<Version> {
    let version = doc.root()?.child(header)?.child(tag::PROTOCOL_VERSION)?;
    let part = |t| version.child(t).and_then(|i| i.as_i32());
    ProtocolVersion { major: part(tag::PROTOCOL_VERSION_MAJOR)?, minor: part(tag::PROTOCOL_VERSION_MINOR)? }.known()
}
