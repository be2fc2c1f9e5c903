//! Messages for the tests of the oracles.

use crate::runner::message;
use kmipspec_protocol::registry::{Operation, ResultStatus, tag};
use kmipspec_protocol::ttlv::Item;
use kmipspec_protocol::version::Version;

fn header(version: Version, count: usize) -> Item {
    let numbers = vec![
        Item::integer(tag::PROTOCOL_VERSION_MAJOR, version.major()),
        Item::integer(tag::PROTOCOL_VERSION_MINOR, version.minor()),
    ];
    let fields = vec![
        Item::structure(tag::PROTOCOL_VERSION, numbers),
        Item::date_time(tag::TIME_STAMP, 1_700_000_000),
        Item::integer(tag::BATCH_COUNT, i32::try_from(count).expect("few")),
    ];
    Item::structure(tag::RESPONSE_HEADER, fields)
}

/// A request of one item.
pub(in crate::fuzzing) fn request(version: Version, operation: Operation, payload: Vec<Item>) -> Vec<u8> {
    message::request(version, None, operation, payload)
}

/// An item that was done.
pub(in crate::fuzzing) fn ok(operation: Operation, payload: Vec<Item>) -> Item {
    let parts = vec![
        Item::enumeration(tag::OPERATION, operation.0),
        Item::enumeration(tag::RESULT_STATUS, ResultStatus::SUCCESS.0),
        Item::structure(tag::RESPONSE_PAYLOAD, payload),
    ];
    Item::structure(tag::BATCH_ITEM, parts)
}

/// An answer of these items.
pub(in crate::fuzzing) fn answer(version: Version, items: Vec<Item>) -> Vec<u8> {
    let mut parts = vec![header(version, items.len())];
    parts.extend(items);
    Item::structure(tag::RESPONSE_MESSAGE, parts).encode()
}
