//! Edits of whole messages, for the hooks.

use kmipspec_protocol::registry::{Operation, ResultReason, ResultStatus, tag};
use kmipspec_protocol::schema::attribute_row;
use kmipspec_protocol::ttlv::{Doc, Item, ItemRef, Limits, Tag, Value};
use kmipspec_protocol::version::Version;

/// The version a message says it has.
pub(super) fn version(message: &Item) -> Option<Version> {
    let header = message.items().first()?;
    let stated = header.child(tag::PROTOCOL_VERSION)?;
    let number = |tag| match stated.child(tag)?.value()? {
        Value::Integer(number) => Some(number),
        _ => None,
    };
    let (major, minor) = (number(tag::PROTOCOL_VERSION_MAJOR)?, number(tag::PROTOCOL_VERSION_MINOR)?);
    Version::ALL.into_iter().find(|version| version.major() == major && version.minor() == minor)
}

/// The header of a message.
pub(crate) fn header(message: &mut Item, change: impl FnOnce(&mut Vec<Item>)) {
    let wanted = [tag::REQUEST_HEADER, tag::RESPONSE_HEADER];
    let header = message.items_mut().and_then(|items| items.iter_mut().find(|item| wanted.contains(&item.tag)));
    if let Some(fields) = header.and_then(Item::items_mut) {
        change(fields);
    }
}

/// Every batch item of a message, or those of one operation.
pub(super) fn batch_items(message: &mut Item, of: Option<Operation>, mut change: impl FnMut(&mut Vec<Item>)) {
    let items = message.items_mut().into_iter().flatten().filter(|item| item.tag == tag::BATCH_ITEM);
    for item in items {
        if of.is_none_or(|of| operation(item) == Some(of))
            && let Some(fields) = item.items_mut()
        {
            change(fields);
        }
    }
}

/// Every payload of a message, or those of one operation.
pub(super) fn payloads(message: &mut Item, of: Option<Operation>, mut change: impl FnMut(&mut Item)) {
    let wanted = [tag::REQUEST_PAYLOAD, tag::RESPONSE_PAYLOAD];
    batch_items(message, of, |fields| {
        fields.iter_mut().filter(|field| wanted.contains(&field.tag)).for_each(&mut change);
    });
}

/// The operation of a batch item.
pub(super) fn operation(item: &Item) -> Option<Operation> {
    enumeration(item.child(tag::OPERATION)?).map(Operation)
}

/// The number of an enumeration.
pub(super) fn enumeration(item: &Item) -> Option<u32> {
    match item.value()? {
        Value::Enumeration(number) => Some(number),
        _ => None,
    }
}

/// Whether these are the fields of a batch item that did not succeed.
pub(super) fn failed(fields: &[Item]) -> bool {
    let status = fields.iter().find(|field| field.tag == tag::RESULT_STATUS).and_then(enumeration);
    status == Some(ResultStatus::OPERATION_FAILED.0)
}

/// Leaves a field of the header, and of all batch items, out.
pub(super) fn drop_of_message(message: &mut Item, tag: Tag) {
    header(message, |fields| fields.retain(|field| field.tag != tag));
    batch_items(message, None, |fields| fields.retain(|field| field.tag != tag));
}

/// Leaves a field of a structure out.
pub(super) fn drop_child(structure: &mut Item, tag: Tag) {
    if let Some(fields) = structure.items_mut() {
        fields.retain(|field| field.tag != tag);
    }
}

/// Every item of a message, itself included, from the outside in.
pub(super) fn each(item: &mut Item, change: &mut dyn FnMut(&mut Item)) {
    let mut open = vec![item];
    while let Some(item) = open.pop() {
        change(item);
        open.extend(item.items_mut().into_iter().flatten());
    }
}

/// Leaves an attribute out, wherever it is given: by name up to 1.4, by tag later.
pub(super) fn drop_attribute(payload: &mut Item, tag: Tag) {
    let name = attribute_row(tag).map_or("", |row| row.name);
    let is_it = |item: &Item| {
        let named = item.child(tag::ATTRIBUTE_NAME).and_then(Item::value);
        item.tag == tag || item.tag == tag::ATTRIBUTE && named == Some(Value::TextString(name))
    };
    // The payload's own fields are no attributes, but for the Attribute structures of 1.x.
    let own = payload.items_mut().into_iter().flatten();
    for item in own.filter(|item| holds_attributes(item.tag)) {
        if let Some(fields) = item.items_mut() {
            fields.retain(|field| !is_it(field));
        }
    }
    if let Some(fields) = payload.items_mut() {
        fields.retain(|field| field.tag != tag::ATTRIBUTE || !is_it(field));
    }
}

/// Whether a batch item of an answer failed.
pub(super) fn has_failed(answer: &[u8], limits: &Limits) -> bool {
    let doc = Doc::lenient(answer, limits);
    let answer = doc.root().map(Item::from_ref);
    answer.iter().flat_map(|answer| answer.items()).any(|item| failed(item.items()))
}

/// Whether an answer says Authentication Not Successful.
pub(super) fn refuses_to_know(answer: &[u8], limits: &Limits) -> bool {
    reason(answer, limits) == Some(ResultReason::AUTHENTICATION_NOT_SUCCESSFUL)
}

/// The Result Reason of the first batch item of an answer that has one.
pub(super) fn reason(answer: &[u8], limits: &Limits) -> Option<ResultReason> {
    let doc = Doc::lenient(answer, limits);
    let answer = doc.root().map(Item::from_ref)?;
    answer.items().iter().find_map(|item| enumeration(item.child(tag::RESULT_REASON)?)).map(ResultReason)
}

/// Whether a message names an attribute, by its tag or by its name.
pub(super) fn mentions(message: &[u8], tag: Tag, limits: &Limits) -> bool {
    let name = attribute_row(tag).map_or("", |row| row.name);
    let doc = Doc::lenient(message, limits);
    let is_named = |item: ItemRef<'_>| match item.tag() {
        tag::ATTRIBUTE_NAME => item.as_text() == Some(name),
        tag::ATTRIBUTE_REFERENCE => item.as_u32() == Some(tag.0),
        other => other == tag,
    };
    doc.items().any(is_named)
}

/// Structures of attributes in requests.
fn holds_attributes(tag: Tag) -> bool {
    matches!(
        tag,
        tag::ATTRIBUTES
            | tag::TEMPLATE_ATTRIBUTE
            | tag::COMMON_ATTRIBUTES
            | tag::PRIVATE_KEY_ATTRIBUTES
            | tag::PUBLIC_KEY_ATTRIBUTES
            | tag::COMMON_TEMPLATE_ATTRIBUTE
            | tag::PRIVATE_KEY_TEMPLATE_ATTRIBUTE
            | tag::PUBLIC_KEY_TEMPLATE_ATTRIBUTE
    )
}
