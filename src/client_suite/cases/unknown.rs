//! What no table of the version has: the text says what a server makes of it, and nothing of clients.

use super::{PLAIN, sections};
use crate::client_suite::answer::{Answer, child_mut, operation_of, status_of};
use crate::client_suite::case::{Case, Expects};
use crate::runner::verdict::Level;
use kmipspec_protocol::registry::{Operation, ResultStatus, tag};
use kmipspec_protocol::spec_ref::{SpecRef, kmip};
use kmipspec_protocol::ttlv::{Item, ItemType, Tag};
use kmipspec_protocol::version::Version::*;

/// At 1.3 and later no field is newer that both Query and Locate have.
const NEWER: &[SpecRef] = &[kmip(V1_0, "11.1"), kmip(V1_1, "11.1"), kmip(V1_2, "11.1")];
const TAG: &[SpecRef] = &sections("9.1.1.1", "10.1.1");
const LENGTH: &[SpecRef] = &sections("9.1.1.3", "10.1.3");

/// A tag of the range for extensions.
const VENDOR_TAG: Tag = Tag(0x54_0010);

/// The rows.
pub(super) static CASES: &[Case] = &[
    Case {
        id: "client.payload.newer-field",
        title: "A field of a later minor version in a Response Payload is passed over",
        statement: "between minor versions, fields that are not known are ignored: the row is about messages that a server receives",
        spec: NEWER,
        level: Level::May,
        needs: "a Locate, or a Query",
        vary: newer_field,
        field: &["A3", "A9"],
        ..PLAIN
    },
    Case {
        id: "client.payload.vendor-fields",
        title: "Fields of a vendor in a Response Payload are passed over, of any length",
        statement: "tags from 540000 on are for extensions; where such an item may stand is not said",
        spec: TAG,
        level: Level::May,
        needs: "an operation that succeeds",
        vary: vendor_fields,
        field: &["G10", "M7"],
        ..PLAIN
    },
    Case {
        id: "client.header.integer-length",
        title: "A Batch Count of two bytes is not taken for a number",
        statement: "an Integer has four bytes; what a client makes of another length is not said",
        spec: LENGTH,
        level: Level::May,
        vary: short_count,
        expects: Expects::Refused,
        field: &["H1", "H7"],
        ..PLAIN
    },
];

/// The payloads of what succeeded, with their operations.
fn payloads<'a>(answer: &'a mut Answer<'_>) -> impl Iterator<Item = (Option<Operation>, &'a mut Item)> {
    answer.items().filter(|item| status_of(item) == Some(ResultStatus::SUCCESS)).filter_map(|item| {
        let operation = operation_of(item);
        Some((operation, child_mut(item, tag::RESPONSE_PAYLOAD)?))
    })
}

/// What Locate and Query tell since 1.3.
fn newer_field(answer: &mut Answer<'_>) -> bool {
    let mut changed = false;
    for (operation, payload) in payloads(answer) {
        let Some(fields) = payload.items_mut() else { continue };
        let found = fields.iter().filter(|field| field.tag == tag::UNIQUE_IDENTIFIER).count();
        match operation {
            Some(Operation::LOCATE) => {
                fields.insert(0, Item::integer(tag::LOCATED_ITEMS, i32::try_from(found).unwrap_or(i32::MAX)));
            }
            Some(Operation::QUERY) => {
                let can = Item::boolean(tag::STREAMING_CAPABILITY, false);
                fields.push(Item::structure(tag::CAPABILITY_INFORMATION, vec![can]));
            }
            _ => continue,
        }
        changed = true;
    }
    changed
}

/// Before all others, so that who does not find the end of one loses those.
fn vendor_fields(answer: &mut Answer<'_>) -> bool {
    if !answer.matters() {
        return false;
    }
    let mut changed = false;
    for (_, payload) in payloads(answer) {
        let Some(fields) = payload.items_mut() else { continue };
        for length in [9_u8, 8, 7, 1] {
            fields.insert(0, Item::bytes(VENDOR_TAG, vec![length; usize::from(length)]));
        }
        changed = true;
    }
    changed
}

/// Only in what matters: who reads no more than it needs may do without the header of a Query.
fn short_count(answer: &mut Answer<'_>) -> bool {
    if !answer.matters() {
        return false;
    }
    let count = answer.header().and_then(|header| child_mut(header, tag::BATCH_COUNT));
    let Some(count) = count else { return false };
    *count = Item::bytes(tag::BATCH_COUNT, [0, 1]);
    count.ty = ItemType::INTEGER;
    true
}
