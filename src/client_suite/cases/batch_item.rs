//! Optional fields of a Batch Item of the response, and the order of batch items.

use super::{PLAIN, and, sections};
use crate::client_suite::answer::{Answer, batch_items, status_of};
use crate::client_suite::case::Case;
use crate::runner::verdict::Level;
use kmipspec_protocol::registry::{ResultStatus, tag};
use kmipspec_protocol::spec_ref::SpecRef;
use kmipspec_protocol::ttlv::{Item, Tag};
use kmipspec_protocol::version::Version;

const EXTENSION: &[SpecRef] = &sections("6.16", "9.13");
/// Before 2.0 §6.12 has what is assumed, from then on §9.8.
const ORDER: &[SpecRef] = &and::<7, 14>(sections("6.4", "9.21"), sections("6.12", "9.8"));

/// A tag and two more of the range for extensions.
const VENDOR_TAGS: [Tag; 3] = [Tag(0x54_0001), Tag(0x54_0002), Tag(0x54_0003)];

/// The rows.
pub(super) static CASES: &[Case] = &[
    Case {
        id: "client.batch-item.message-extension",
        title: "A Message Extension that is not critical is passed over",
        statement: "a Message Extension may be appended to any Batch Item; a receiver that does not understand one that is not critical may process the rest as if it were not there",
        spec: EXTENSION,
        level: Level::May,
        vary: extended,
        field: &["F6", "M7"],
        ..PLAIN
    },
    Case {
        id: "client.batch-item.order",
        title: "Answers of a batch are told apart by Unique Batch Item ID where the server did them in another order",
        statement: "where Batch Order Option is false, which it is in 1.x if it is not there, the server may execute the items in any order, and Unique Batch Item ID is what responses are correlated by",
        spec: ORDER,
        needs: "a batch whose Batch Order Option is false (in 1.x: or not there), all of whose items have a Unique Batch Item ID",
        vary: reversed,
        field: &["F3"],
        ..PLAIN
    },
];

fn extended(answer: &mut Answer<'_>) -> bool {
    let mut changed = false;
    for item in answer.items() {
        item.push(Item::structure(
            tag::MESSAGE_EXTENSION,
            vec![
                Item::text(tag::VENDOR_IDENTIFICATION, "org.example"),
                Item::boolean(tag::CRITICALITY_INDICATOR, false),
                Item::structure(tag::VENDOR_EXTENSION, vendor_content()),
            ],
        ));
        changed = true;
    }
    changed
}

/// What only a vendor understands: a text, bytes with and without padding, and a structure.
pub(super) fn vendor_content() -> Vec<Item> {
    let [text, bytes, nested] = VENDOR_TAGS;
    let of_length = |length: u8| Item::bytes(bytes, (1..=length).collect::<Vec<u8>>());
    vec![
        Item::text(text, "blue"),
        of_length(1),
        of_length(7),
        of_length(8),
        of_length(9),
        Item::structure(nested, vec![Item::text(text, ""), Item::long_integer(bytes, -1)]),
    ]
}

/// Only where all have succeeded: what follows a failure depends on the order.
fn reversed(answer: &mut Answer<'_>) -> bool {
    let ordered = answer.asked().and_then(|header| header.child(tag::BATCH_ORDER_OPTION)?.as_bool());
    let ordered = ordered.unwrap_or(answer.version >= Version::V2_0);
    let asked: Vec<_> = batch_items(answer.request).map(|item| item.child(tag::UNIQUE_BATCH_ITEM_ID)).collect();
    let told_apart = asked.iter().enumerate().all(|(place, id)| {
        let others = asked.iter().skip(place.saturating_add(1)).flatten();
        id.is_some_and(|id| others.clone().all(|other| other.as_bytes() != id.as_bytes()))
    });
    if ordered || asked.len() < 2 || !told_apart {
        return false;
    }
    if answer.items().any(|item| status_of(item) != Some(ResultStatus::SUCCESS))
        || answer.items().count() != asked.len()
    {
        return false;
    }
    let Some(parts) = answer.message.items_mut() else { return false };
    let header = parts.iter().take_while(|item| item.tag != tag::BATCH_ITEM).count();
    if let Some((_, items)) = parts.split_at_mut_checked(header) {
        items.reverse();
    }
    true
}
