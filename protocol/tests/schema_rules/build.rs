//! Messages and their parts, made by hand.

use kmipspec_protocol::registry::{Operation, ResultReason, ResultStatus, tag};
use kmipspec_protocol::schema::{Context, check_request, check_response};
use kmipspec_protocol::ttlv::{Doc, Item, Limits, Tag};
use kmipspec_protocol::version::Version;

pub(crate) fn header_tag(message: Tag) -> Tag {
    if message == tag::REQUEST_MESSAGE { tag::REQUEST_HEADER } else { tag::RESPONSE_HEADER }
}

pub(crate) fn protocol_version(v: Version) -> Item {
    Item::structure(
        tag::PROTOCOL_VERSION,
        vec![
            Item::integer(tag::PROTOCOL_VERSION_MAJOR, v.major()),
            Item::integer(tag::PROTOCOL_VERSION_MINOR, v.minor()),
        ],
    )
}

pub(crate) fn header(message: Tag, v: Version, mut middle: Vec<Item>, count: i32) -> Item {
    let mut items = vec![protocol_version(v)];
    if message == tag::RESPONSE_MESSAGE {
        items.push(Item::date_time(tag::TIME_STAMP, 1_700_000_000));
    }
    items.append(&mut middle);
    items.push(Item::integer(tag::BATCH_COUNT, count));
    Item::structure(header_tag(message), items)
}

pub(crate) fn request(v: Version, items: Vec<Item>) -> Item {
    let count = i32::try_from(items.len()).expect("few");
    let mut all = vec![header(tag::REQUEST_MESSAGE, v, vec![], count)];
    all.extend(items);
    Item::structure(tag::REQUEST_MESSAGE, all)
}

pub(crate) fn response(v: Version, items: Vec<Item>) -> Item {
    let count = i32::try_from(items.len()).expect("few");
    let mut all = vec![header(tag::RESPONSE_MESSAGE, v, vec![], count)];
    all.extend(items);
    Item::structure(tag::RESPONSE_MESSAGE, all)
}

pub(crate) fn operation(code: Operation) -> Item {
    Item::enumeration(tag::OPERATION, code.0)
}

pub(crate) fn status(code: ResultStatus) -> Item {
    Item::enumeration(tag::RESULT_STATUS, code.0)
}

pub(crate) fn id(byte: u8) -> Item {
    Item::bytes(tag::UNIQUE_BATCH_ITEM_ID, [byte])
}

pub(crate) fn uid() -> Item {
    Item::text(tag::UNIQUE_IDENTIFIER, "a")
}

/// A request item without an id.
pub(crate) fn ask(code: Operation, payload: Vec<Item>) -> Item {
    Item::structure(tag::BATCH_ITEM, vec![operation(code), Item::structure(tag::REQUEST_PAYLOAD, payload)])
}

/// A successful response item without an id.
pub(crate) fn answer(code: Operation, payload: Vec<Item>) -> Item {
    Item::structure(
        tag::BATCH_ITEM,
        vec![operation(code), status(ResultStatus::SUCCESS), Item::structure(tag::RESPONSE_PAYLOAD, payload)],
    )
}

/// A failed response item.
pub(crate) fn failure(code: Operation, rest: Vec<Item>) -> Item {
    let mut items = vec![operation(code), status(ResultStatus::OPERATION_FAILED)];
    items.extend(rest);
    Item::structure(tag::BATCH_ITEM, items)
}

pub(crate) fn reason() -> Item {
    Item::enumeration(tag::RESULT_REASON, ResultReason::ITEM_NOT_FOUND.0)
}

/// An item with an id put in its place after the operation.
pub(crate) fn with_id(mut item: Item, byte: u8) -> Item {
    item.items_mut().expect("a structure").insert(1, id(byte));
    item
}

/// A 1.x attribute.
pub(crate) fn attribute(name: &str, value: Item) -> Item {
    let mut value = value;
    value.tag = tag::ATTRIBUTE_VALUE;
    Item::structure(tag::ATTRIBUTE, vec![Item::text(tag::ATTRIBUTE_NAME, name), value])
}

pub(crate) fn get_attributes(v: Version, attributes: Vec<Item>) -> Item {
    let mut payload = vec![uid()];
    payload.extend(attributes);
    response(v, vec![answer(Operation::GET_ATTRIBUTES, payload)])
}

/// A Locate response, the smallest that can hold repeated text.
pub(crate) fn located(v: Version) -> Item {
    response(v, vec![answer(Operation::LOCATE, vec![uid(), uid()])])
}

/// The item at a path of positions.
pub(crate) fn at<'a>(mut item: &'a mut Item, path: &[usize]) -> &'a mut Item {
    for i in path {
        item = item.items_mut().and_then(|items| items.get_mut(*i)).expect("a position that exists");
    }
    item
}

/// The message with a change.
pub(crate) fn damaged(mut message: Item, change: impl FnOnce(&mut Item)) -> Vec<u8> {
    change(&mut message);
    message.encode()
}

/// Position of the first batch item's payload in a response without ids.
pub(crate) const PAYLOAD: [usize; 2] = [1, 2];

pub(crate) fn found(
    version: Version,
    request: Option<&[u8]>,
    message: &[u8],
) -> Vec<kmipspec_protocol::schema::Violation> {
    let limits = Limits { max_depth: 12, ..Limits::default() };
    let doc = Doc::lenient(message, &limits);
    if doc.root().is_some_and(|r| r.tag() == tag::REQUEST_MESSAGE) && request.is_none() {
        return check_request(&doc, version);
    }
    let request = request.map(|r| Doc::lenient(r, &limits));
    check_response(&doc, &Context { version, request: request.as_ref() })
}
