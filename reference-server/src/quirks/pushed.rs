//! Quirks of servers that tell their clients something else than they should (Notify and Put).

use super::edit::{self, drop_attribute, drop_child, header, payloads};
use super::hooks::Fault::Pushes;
use super::{Quirk, row};
use kmipspec_protocol::registry::{CryptographicAlgorithm, Operation, PutFunction, State, tag};
use kmipspec_protocol::ttlv::{Item, Value};
use kmipspec_protocol::version::Version;

/// The rows.
#[rustfmt::skip]
pub(super) fn rows() -> Vec<Quirk> {
    vec![
        row("notify-without-last-change-date", "Notify does not carry Last Change Date", "1.4 §5.1", &["operations.notify.activate", "operations.notify.delete-attribute", "operations.notify.destroy", "operations.notify.modify-attribute", "operations.notify.revoke"],
            Pushes(|_, message| payloads(message, Some(Operation::NOTIFY), |payload| drop_attribute(payload, tag::LAST_CHANGE_DATE)))),
        row("notify-lists-what-did-not-change", "Notify carries Cryptographic Algorithm whatever has changed", "1.4 §5.1", &["operations.notify.activate", "operations.notify.delete-attribute", "operations.notify.destroy", "operations.notify.modify-attribute", "operations.notify.revoke"],
            Pushes(|version, message| payloads(message, Some(Operation::NOTIFY), |payload| add(version, payload, tag::CRYPTOGRAPHIC_ALGORITHM, "Cryptographic Algorithm", Item::enumeration(tag::CRYPTOGRAPHIC_ALGORITHM, CryptographicAlgorithm::AES.0))))),
        row("notify-carries-old-state", "Notify says Pre-Active of every State", "1.4 §5.1", &["operations.notify.activate", "operations.notify.destroy", "operations.notify.revoke"],
            Pushes(|_, message| payloads(message, Some(Operation::NOTIFY), |payload| edit::each(payload, &mut say_pre_active)))),
        row("notify-keeps-value-of-deleted", "Notify carries the last value of an attribute that was deleted", "1.4 §5.1", &["operations.notify.delete-attribute"],
            Pushes(|version, message| payloads(message, Some(Operation::NOTIFY), |payload| keep_deleted(version, payload)))),
        row("notify-fields-in-reverse", "Notify gives its fields from the last to the first", "1.4 §7.1", &["schema.field-order"],
            Pushes(|_, message| payloads(message, Some(Operation::NOTIFY), |payload| if let Some(fields) = payload.items_mut() { fields.reverse() }))),
        row("push-without-time-stamp", "Notify and Put have no Time Stamp", "1.4 §6.5", &["operations.notify.header", "operations.put.header"],
            Pushes(|_, message| header(message, |fields| fields.retain(|field| field.tag != tag::TIME_STAMP)))),
        row("push-with-batch-order-option", "Up to 1.4, Notify and Put have a Batch Order Option", "1.4 §5.1, §5.2", &["operations.notify.header", "operations.put.header"],
            Pushes(|version, message| if version < Version::V2_0 { header(message, ask_for_order) })),
        row("put-always-says-new", "Put says New of replacements", "1.4 §5.2", &["operations.put.re-key"],
            Pushes(|_, message| payloads(message, Some(Operation::PUT), |payload| {
                drop_child(payload, tag::REPLACED_UNIQUE_IDENTIFIER);
                for field in payload.items_mut().into_iter().flatten().filter(|field| field.tag == tag::PUT_FUNCTION) { *field = Item::enumeration(tag::PUT_FUNCTION, PutFunction::NEW.0) }
            }))),
        row("put-names-no-replaced-object", "Put says Replace, and not what", "1.4 §5.2", &["operations.put.re-key"],
            Pushes(|_, message| payloads(message, Some(Operation::PUT), |payload| drop_child(payload, tag::REPLACED_UNIQUE_IDENTIFIER)))),
        row("put-key-is-all-zero", "Put sends a key of zeros", "1.4 §5.2", &["operations.put.register"],
            Pushes(|_, message| payloads(message, Some(Operation::PUT), |payload| edit::each(payload, &mut |item| if let (tag::KEY_MATERIAL, Some(Value::ByteString(key))) = (item.tag, item.value()) { *item = Item::bytes(tag::KEY_MATERIAL, vec![0; key.len()]) })))),
    ]
}

/// Batch Order Option, where the table has it.
fn ask_for_order(fields: &mut Vec<Item>) {
    let place = fields.iter().position(|field| field.tag == tag::TIME_STAMP).unwrap_or(fields.len());
    fields.insert(place, Item::boolean(tag::BATCH_ORDER_OPTION, true));
}

/// Adds an attribute to a payload, at the end of its attributes.
fn add(version: Version, payload: &mut Item, tag: kmipspec_protocol::ttlv::Tag, name: &str, value: Item) {
    let Some(fields) = payload.items_mut() else { return };
    if version < Version::V2_0 {
        let value = value.with_tag(tag::ATTRIBUTE_VALUE);
        return fields.push(Item::structure(tag::ATTRIBUTE, vec![Item::text(tag::ATTRIBUTE_NAME, name), value]));
    }
    let list = fields.iter_mut().find(|field| field.tag == tag::ATTRIBUTES);
    if let Some(attributes) = list.and_then(Item::items_mut) {
        attributes.retain(|attribute| attribute.tag != tag);
        attributes.push(value);
    }
}

/// State, in the form of either version, says Pre-Active.
fn say_pre_active(item: &mut Item) {
    let says = |tag| Item::enumeration(tag, State::PRE_ACTIVE.0);
    if item.tag == tag::STATE {
        *item = says(tag::STATE);
    }
    let named = item.child(tag::ATTRIBUTE_NAME).and_then(Item::value) == Some(Value::TextString("State"));
    for field in item.items_mut().into_iter().flatten().filter(|field| named && field.tag == tag::ATTRIBUTE_VALUE) {
        *field = says(tag::ATTRIBUTE_VALUE);
    }
}

/// Contact Information that was deleted has a value: up to 1.4 in its Attribute, later among the Attributes.
fn keep_deleted(version: Version, payload: &mut Item) {
    const LAST: &str = "me";
    if version >= Version::V2_0 {
        let gone = payload.items().iter().any(|field| {
            field.tag == tag::ATTRIBUTE_REFERENCE && edit::enumeration(field) == Some(tag::CONTACT_INFORMATION.0)
        });
        if gone {
            let value = Item::text(tag::CONTACT_INFORMATION, LAST);
            add(version, payload, tag::CONTACT_INFORMATION, "Contact Information", value);
        }
        return;
    }
    for attribute in payload.items_mut().into_iter().flatten().filter(|field| field.tag == tag::ATTRIBUTE) {
        let name = attribute.child(tag::ATTRIBUTE_NAME).and_then(Item::value);
        if name == Some(Value::TextString("Contact Information")) && attribute.child(tag::ATTRIBUTE_VALUE).is_none() {
            attribute.push(Item::text(tag::ATTRIBUTE_VALUE, LAST));
        }
    }
}
