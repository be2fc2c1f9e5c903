//! The published OASIS test cases, in `../shared/oasis` beside the checkout.

use std::path::{Path, PathBuf};

use kmipspec_protocol::encoding::xml::Leaf;
use kmipspec_protocol::registry::tag;
use kmipspec_protocol::ttlv::{Doc, Item, ItemType, Tag};
use kmipspec_protocol::version::{ProtocolVersion, Version};

/// What `$NOW` is.
const NOW: i64 = 1_700_000_000;

/// The folder, or nothing where it is not there; on a CI machine it has to be.
pub(crate) fn oasis() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/oasis");
    if path.exists() {
        return Some(path);
    }
    assert!(std::env::var_os("CI").is_none(), "{} is missing", path.display());
    eprintln!("skipped: {} is missing", path.display());
    None
}

/// Every XML file below the folder, in order of name.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder that can be listed") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "xml") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
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
