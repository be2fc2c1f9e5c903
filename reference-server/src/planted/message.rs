//! Bugs that one message shows.

use super::Ending::{Answered, Closed, Crashed, Hung};
use super::scene::{Asked, Scene, pairs, payload, succeeded};
use super::{Bug, Ending, Planted};
use kmipspec_protocol::registry::{Operation, tag};
use kmipspec_protocol::ttlv::{Item, ItemRef, ItemType};

/// One row.
const fn row(
    name: &'static str,
    does: &'static str,
    imitates: &'static str,
    after: fn(&Scene<'_>, &mut Item) -> Ending,
) -> Planted {
    Planted { name, does, imitates, steps: 1, bug: Bug::After(after) }
}

/// The rows.
#[rustfmt::skip]
pub(super) fn rows() -> Vec<Planted> {
    vec![
        row("short-boolean-crashes", "A Boolean of fewer than eight bytes ends the server", "27", |scene, _| crashes(scene.doc.items().any(|item| item.ty() == ItemType::BOOLEAN && item.declared_len() < 8))),
        row("empty-big-integer-crashes", "A Big Integer without bytes ends the server", "28", |scene, _| crashes(scene.doc.items().any(|item| item.ty() == ItemType::BIG_INTEGER && item.declared_len() == 0))),
        row("key-without-value-crashes", "A Key Block without Key Value ends the server", "29", |scene, _| crashes(of(scene, &[Operation::REGISTER, Operation::IMPORT]).any(|asked| asked.inside(tag::KEY_BLOCK).is_some_and(|block| block.child(tag::KEY_VALUE).is_none())))),
        row("deep-nesting-crashes", "Structures in structures, more than twenty of them, end the server", "36", |scene, _| crashes(scene.doc.items().any(|item| item.depth() > 20))),
        row("declared-length-is-taken", "A length near 2^31 is asked of the allocator, which ends the server", "26, 37", |scene, _| crashes(scene.doc.items().any(|item| item.declared_len() >= 0x7fff_0000))),
        row("batch-count-is-taken", "A Batch Count near 2^31, or below zero, is asked of the allocator, which ends the server", "26", |scene, _| crashes(scene.header().and_then(|header| header.child(tag::BATCH_COUNT)?.as_i32()).is_some_and(|count| !(0..0x7fff_0000).contains(&count)))),
        row("limits-without-count-crash", "Usage Limits without its count end the server", "28", |scene, _| crashes(scene.doc.items().any(|item| item.tag() == tag::USAGE_LIMITS && item.child(tag::USAGE_LIMITS_COUNT).is_none() && item.child(tag::USAGE_LIMITS_TOTAL).is_none()))),
        row("custom-attribute-closes-locate", "Locate by an attribute that a client named closes the connection", "5", |scene, _| if of(scene, &[Operation::LOCATE]).any(|asked| names_its_own(&asked)) { Closed } else { Answered }),
        row("no-room-hangs", "A Maximum Response Size of less than eight is waited for", "1", |scene, _| if scene.header().and_then(|header| header.child(tag::MAXIMUM_RESPONSE_SIZE)?.as_i32()).is_some_and(|most| most < 8) { Hung } else { Answered }),
        row("three-functions-are-out-of-order", "Query about three functions and more gives its last field first", "15", |scene, answer| edit(scene, answer, Operation::QUERY, |asked, fields| {
            let functions = asked.payload().into_iter().flat_map(ItemRef::children).filter(|field| field.tag() == tag::QUERY_FUNCTION).count();
            if functions > 2 && fields.len() > 1 { fields.rotate_right(1) }
        })),
        row("key-type-is-mistyped", "Get with a Key Format Type gives Cryptographic Length as a Long Integer", "31", |scene, answer| edit(scene, answer, Operation::GET, |asked, fields| {
            if asked.inside(tag::KEY_FORMAT_TYPE).is_some() { mistype(fields) }
        })),
        row("locate-by-name-shows-others", "Locate by Name gives an object of somebody else, too", "43", |scene, answer| edit(scene, answer, Operation::LOCATE, |asked, fields| {
            let by_name = asked.inside(tag::NAME_VALUE).is_some();
            let given = scene.config.objects.iter().map(|object| (0, object.id.as_str()));
            let made = scene.memory.all().filter(|(_, known)| known.times(Operation::DESTROY) == 0).map(|(id, known)| (known.number, id));
            // The last one made, or what was there from the start.
            let foreign = given.chain(made).filter(|(_, id)| by_name && scene.other_owner(id).is_some());
            if let Some((_, id)) = foreign.max() {
                fields.push(Item::text(tag::UNIQUE_IDENTIFIER, id));
            }
        })),
        row("failed-register-quotes-the-key", "The message of a failed Register or Import has the key in it", "58", |scene, answer| {
            for (asked, item) in pairs(scene, answer) {
                let material = asked.inside(tag::KEY_MATERIAL).and_then(ItemRef::as_bytes);
                if let (Operation::REGISTER | Operation::IMPORT, false, Some(material)) = (asked.operation, succeeded(item), material) {
                    quote(item, material);
                }
            }
            Answered
        }),
    ]
}

/// An end where it is so.
fn crashes(so: bool) -> Ending {
    if so { Crashed } else { Answered }
}

/// The batch items that ask for one of these.
fn of<'s>(scene: &Scene<'s>, operations: &'static [Operation]) -> impl Iterator<Item = Asked<'s>> + use<'s> {
    scene.asked().filter(|asked| operations.contains(&asked.operation))
}

/// Whether an attribute of a client's own making is asked about: 1.x names it so, 2.x has a vendor for it.
fn names_its_own(asked: &Asked<'_>) -> bool {
    let name = asked.inside(tag::ATTRIBUTE_NAME).and_then(ItemRef::as_text);
    let vendor = asked.inside(tag::VENDOR_IDENTIFICATION).and_then(ItemRef::as_text);
    name.is_some_and(|name| name.starts_with("x-")) || vendor.is_some_and(|vendor| vendor == "x")
}

/// Changes the payloads of an operation that was done.
pub(super) fn edit(
    scene: &Scene<'_>,
    answer: &mut Item,
    operation: Operation,
    change: impl Fn(&Asked<'_>, &mut Vec<Item>),
) -> Ending {
    for (asked, item) in pairs(scene, answer).filter(|(asked, _)| asked.operation == operation) {
        if succeeded(item)
            && let Some(fields) = payload(item)
        {
            change(&asked, fields);
        }
    }
    Answered
}

/// Cryptographic Length as an item of another type.
fn mistype(fields: &mut [Item]) {
    let mut todo: Vec<&mut Item> = fields.iter_mut().collect();
    while let Some(item) = todo.pop() {
        if item.tag == tag::CRYPTOGRAPHIC_LENGTH {
            *item = Item::long_integer(item.tag, 128);
        } else if let Some(inside) = item.items_mut() {
            todo.extend(inside);
        }
    }
}

/// Puts key material into the message of a result.
pub(super) fn quote(item: &mut Item, material: &[u8]) {
    let hex: String = material.iter().map(|byte| format!("{byte:02x}")).collect();
    let message = Item::text(tag::RESULT_MESSAGE, format!("cannot use {hex}"));
    let Some(fields) = item.items_mut() else { return };
    match fields.iter_mut().find(|field| field.tag == tag::RESULT_MESSAGE) {
        Some(there) => *there = message,
        None => fields.push(message),
    }
}
