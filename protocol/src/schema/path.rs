//! Where an item stands, by names.

use crate::registry::{tag, tag_name};
use crate::ttlv::ItemRef;

/// Names from the root to an item: `"ResponseMessage/BatchItem[0]/ResultStatus"`.
///
/// A position is given for batch items, and for items with a namesake in the same structure.
pub fn path_of(item: ItemRef<'_>) -> String {
    let chain: Vec<ItemRef<'_>> = std::iter::successors(Some(item), |i| i.parent()).collect();
    let mut path = String::new();
    for item in chain.into_iter().rev() {
        if !path.is_empty() {
            path.push('/');
        }
        path.push_str(&name_of(item));
        if let Some(parent) = item.parent() {
            let mut namesakes = parent.children().filter(|c| c.tag() == item.tag());
            let before = namesakes.by_ref().take_while(|c| c.index() != item.index()).count();
            if before > 0 || item.tag() == tag::BATCH_ITEM || namesakes.next().is_some() {
                path.push_str(&format!("[{before}]"));
            }
        }
    }
    path
}

/// The item's name, or its tag where it has none.
pub(super) fn name_of(item: ItemRef<'_>) -> String {
    if item.is_tail() {
        return "(left over)".to_owned();
    }
    tag_name(item.tag()).map_or_else(|| item.tag().to_string(), str::to_owned)
}
