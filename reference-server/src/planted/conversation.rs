//! Bugs that it takes several messages to show.

use super::Ending::{Answered, Closed, Crashed, Hung};
use super::message::{edit, quote};
use super::scene::{Asked, Scene, pairs, succeeded};
use super::{Bug, Ending, Planted};
use crate::quirks::edit::header;
use kmipspec_protocol::registry::{Operation, ResultStatus, State, tag};
use kmipspec_protocol::ttlv::{Body, Item, ItemRef, Len};
use kmipspec_protocol::version::Version;

/// One row.
const fn row(name: &'static str, does: &'static str, imitates: &'static str, steps: u8, bug: Bug) -> Planted {
    Planted { name, does, imitates, steps, bug }
}

/// The rows.
#[rustfmt::skip]
pub(super) fn rows() -> Vec<Planted> {
    vec![
        // Two messages.
        row("import-replaces-others", "Import with Replace Existing takes another client's object over", "40", 2, Bug::As(|scene| {
            let replaces = scene.asked().any(|asked| asked.inside(tag::REPLACE_EXISTING).and_then(ItemRef::as_bool) == Some(true));
            scene.owner_of_the_only(&[Operation::IMPORT]).filter(|_| replaces)
        })),
        row("second-register-tells-type", "From the second Register of a connection on, the answer has Object Type", "25", 2, Bug::After(|scene, answer| edit(scene, answer, Operation::REGISTER, |_, fields| {
            if scene.memory.line(scene.peer.connection).is_some_and(|line| line.registered > 0) { fields.insert(0, Item::enumeration(tag::OBJECT_TYPE, 2)) }
        }))),
        row("correlation-for-old-version", "Server Correlation Value goes to a client of before 1.4 that said something newer before", "24", 2, Bug::After(|scene, answer| {
            let newest = scene.memory.line(scene.peer.connection).and_then(|line| line.newest);
            if scene.version().is_some_and(|version| version < Version::V1_4) && newest >= Some(Version::V1_4) {
                header(answer, |fields| { let place = fields.len().saturating_sub(1); fields.insert(place, Item::text(tag::SERVER_CORRELATION_VALUE, "1")) });
            }
            Answered
        })),
        row("version-of-the-message-before", "The answer has the version of the message before", "24", 2, Bug::After(|scene, answer| {
            if let Some(version) = scene.memory.line(scene.peer.connection).and_then(|line| line.version) {
                header(answer, |fields| set_version(fields, version));
            }
            Answered
        })),
        row("fresh-for-old-version", "After Get, Get Attributes and Get Attribute List name Fresh to clients of 1.x", "44", 2, Bug::After(|scene, answer| {
            let listed = |asked: &Asked<'_>, fields: &mut Vec<Item>| {
                if scene.version() < Some(Version::V2_0) && scene.known(asked).is_some_and(|known| known.times(Operation::GET) > 0) { fields.push(Item::text(tag::ATTRIBUTE_NAME, "Fresh")) }
            };
            edit(scene, answer, Operation::GET_ATTRIBUTE_LIST, listed);
            edit(scene, answer, Operation::GET_ATTRIBUTES, |asked, fields| {
                if scene.version() < Some(Version::V2_0) && scene.known(asked).is_some_and(|known| known.times(Operation::GET) > 0) {
                    fields.push(Item::structure(tag::ATTRIBUTE, vec![Item::text(tag::ATTRIBUTE_NAME, "Fresh"), Item::boolean(tag::ATTRIBUTE_VALUE, true)]));
                }
            })
        })),
        // Three and more.
        row("re-key-of-others", "Re-key makes a new key of another client's", "38", 3, Bug::As(|scene| scene.owner_of_the_only(&[Operation::RE_KEY]))),
        row("activate-of-others", "Who has made an object may activate any", "39", 3, Bug::As(|scene| {
            let mut made = scene.memory.all().filter(|(_, known)| known.owner.is_some() && known.owner == scene.peer.name);
            scene.owner_of_the_only(&[Operation::ACTIVATE]).filter(|_| made.next().is_some())
        })),
        row("caller-of-before-counts", "Who speaks twice after another client is taken for that client", "57", 3, Bug::As(|scene| {
            let [last, before] = &scene.memory.callers;
            let owner = scene.owner_of_the_only(&[])?;
            (*last == scene.peer.name && before.as_ref() == Some(&owner)).then_some(owner)
        })),
        row("re-key-of-destroyed-is-broken", "The answer to a Re-key of what was destroyed has an Operation of eight bytes", "35", 3, Bug::After(|scene, answer| {
            for (asked, item) in pairs(scene, answer).filter(|(asked, _)| asked.operation == Operation::RE_KEY) {
                if scene.known(&asked).is_some_and(|known| known.times(Operation::DESTROY) > 0)
                    && let Some(operation) = item.items_mut().and_then(|fields| fields.iter_mut().find(|field| field.tag == tag::OPERATION))
                {
                    operation.len = Len::Forced(8);
                }
            }
            Answered
        })),
        row("delete-after-reading-tells-nothing", "Once the attributes of an object were read, Delete Attribute does not give the attribute back", "47", 3, Bug::After(|scene, answer| edit(scene, answer, Operation::DELETE_ATTRIBUTE, |asked, fields| {
            if scene.known(asked).is_some_and(|known| known.times(Operation::GET_ATTRIBUTES) > 0) { fields.retain(|field| field.tag != tag::ATTRIBUTE) }
        }))),
        row("second-delete-crashes", "Deleting an attribute of an object that has lost one already ends the server", "8", 3, Bug::After(|scene, _| seen(scene, Operation::DELETE_ATTRIBUTE, Crashed, |known| known.times(Operation::DELETE_ATTRIBUTE) > 0))),
        row("two-connections-crash", "An object that one connection has used twice ends the server on another", "10, 42", 3, Bug::After(|scene, _| {
            let other = |asked: Asked<'_>| scene.known(&asked).is_some_and(|known| known.history.len() > 1 && known.history.iter().all(|(_, connection)| *connection != scene.peer.connection));
            if scene.peer.name.is_some() && scene.asked().any(other) { Crashed } else { Answered }
        })),
        row("text-is-padded", "After Set Attribute, texts that Get Attributes gives are padded to eight bytes", "49", 3, Bug::After(|scene, answer| edit(scene, answer, Operation::GET_ATTRIBUTES, |asked, fields| {
            if scene.known(asked).is_some_and(|known| known.times(Operation::SET_ATTRIBUTE) > 0) { pad(fields) }
        }))),
        row("get-after-destroy", "What was fetched once can be fetched after Destroy", "41", 4, Bug::After(|scene, answer| replay(scene, answer, &[Operation::GET], Operation::DESTROY))),
        row("use-after-revoke", "What protected once protects after Revoke", "41", 4, Bug::After(|scene, answer| replay(scene, answer, &[Operation::ENCRYPT, Operation::SIGN, Operation::MAC], Operation::REVOKE))),
        row("revoked-is-pre-active", "An object that was activated and revoked says it is Pre-Active", "42", 4, Bug::After(|scene, answer| edit(scene, answer, Operation::GET_ATTRIBUTES, |asked, fields| {
            if scene.known(asked).is_some_and(|known| known.went_through(&[Operation::ACTIVATE, Operation::REVOKE])) { set_state(fields) }
        }))),
        row("refused-use-quotes-the-key", "The message of a cryptographic operation that was refused after Revoke has the key in it", "58", 4, Bug::After(|scene, answer| {
            for (asked, item) in pairs(scene, answer) {
                let known = scene.known(&asked).filter(|known| known.times(Operation::REVOKE) > 0 && !known.material.is_empty());
                if let (Operation::ENCRYPT | Operation::DECRYPT | Operation::SIGN | Operation::MAC | Operation::MAC_VERIFY | Operation::SIGNATURE_VERIFY, false, Some(known)) = (asked.operation, succeeded(item), known) {
                    quote(item, &known.material);
                }
            }
            Answered
        })),
        row("third-verify-closes", "Signature Verify and MAC Verify close the connection when a key has verified before and fails now", "48", 4, Bug::After(|scene, answer| {
            let again = |(asked, item): (Asked<'_>, &mut Item)| [Operation::SIGNATURE_VERIFY, Operation::MAC_VERIFY].contains(&asked.operation) && !succeeded(item) && scene.known(&asked).is_some_and(|known| known.times(asked.operation) > 0);
            if pairs(scene, answer).any(again) { Closed } else { Answered }
        })),
        row("check-after-allocation-hangs", "Check of an object of which usage was allocated twice is never answered", "2", 4, Bug::After(|scene, _| seen(scene, Operation::CHECK, Hung, |known| known.times(Operation::GET_USAGE_ALLOCATION) > 1))),
        row("second-archive-crashes", "Archiving what was archived and recovered ends the server", "42", 4, Bug::After(|scene, _| seen(scene, Operation::ARCHIVE, Crashed, |known| known.went_through(&[Operation::ARCHIVE, Operation::RECOVER])))),
        row("join-of-destroyed-crashes", "Joining a part that was destroyed ends the server", "42", 4, Bug::After(|scene, _| {
            let gone = |id: &str| scene.memory.object(id).is_some_and(|known| known.times(Operation::CREATE_SPLIT_KEY) > 0 && known.times(Operation::DESTROY) > 0);
            let joins = |asked: Asked<'_>| asked.operation == Operation::JOIN_SPLIT_KEY && asked.identifiers().any(gone);
            if scene.asked().any(joins) { Crashed } else { Answered }
        })),
    ]
}

/// This end, where an operation is asked of an object about which that is so.
fn seen(scene: &Scene<'_>, operation: Operation, end: Ending, so: fn(&super::memory::Known) -> bool) -> Ending {
    let meets = |asked: Asked<'_>| asked.operation == operation && scene.known(&asked).is_some_and(so);
    if scene.asked().any(meets) { end } else { Answered }
}

/// Answers as before, where it was answered before, one of these is refused, and that was done in between.
fn replay(scene: &Scene<'_>, answer: &mut Item, operations: &[Operation], gone: Operation) -> Ending {
    for (asked, item) in pairs(scene, answer).filter(|(asked, _)| operations.contains(&asked.operation)) {
        let known = scene.known(&asked).filter(|known| known.went_through(&[asked.operation, gone]));
        let before = known.and_then(|known| known.payloads.get(&asked.operation.0));
        let (Some(before), false) = (before, succeeded(item)) else { continue };
        let Some(fields) = item.items_mut() else { continue };
        fields.retain(|field| ![tag::RESULT_REASON, tag::RESULT_MESSAGE, tag::RESPONSE_PAYLOAD].contains(&field.tag));
        if let Some(status) = fields.iter_mut().find(|field| field.tag == tag::RESULT_STATUS) {
            *status = Item::enumeration(tag::RESULT_STATUS, ResultStatus::SUCCESS.0);
        }
        fields.push(before.clone());
    }
    Answered
}

/// Puts a version into a header.
fn set_version(header: &mut [Item], version: Version) {
    let numbers = vec![
        Item::integer(tag::PROTOCOL_VERSION_MAJOR, version.major()),
        Item::integer(tag::PROTOCOL_VERSION_MINOR, version.minor()),
    ];
    if let Some(field) = header.iter_mut().find(|field| field.tag == tag::PROTOCOL_VERSION) {
        *field = Item::structure(tag::PROTOCOL_VERSION, numbers);
    }
}

/// Every text right in the list of attributes, with its padding as a part of it.
fn pad(fields: &mut [Item]) {
    let attributes = fields.iter_mut().filter(|field| field.tag == tag::ATTRIBUTES).filter_map(Item::items_mut);
    for attribute in attributes.flatten() {
        if let (true, Body::Bytes(text)) = (attribute.ty.is_text(), &mut attribute.body) {
            text.resize(text.len().next_multiple_of(8), 0);
        }
    }
}

/// State as Pre-Active, in either form of attributes.
fn set_state(fields: &mut [Item]) {
    for field in fields {
        let named =
            field.child(tag::ATTRIBUTE_NAME).and_then(Item::value).is_some_and(|name| name.text() == Some("State"));
        let wanted = if named { tag::ATTRIBUTE_VALUE } else { tag::STATE };
        let inside = field.items_mut().into_iter().flatten();
        inside.filter(|item| item.tag == wanted).for_each(|item| {
            *item = Item::enumeration(wanted, State::PRE_ACTIVE.0);
        });
    }
}
