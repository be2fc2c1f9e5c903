//! What may stand in the payloads of single operations.

use super::batch_item::vendor_content;
use super::{PLAIN, and, moved, sections, until_1_4};
use crate::client_suite::answer::{Answer, child_mut, insert_behind};
use crate::client_suite::case::{Case, Expects};
use crate::runner::verdict::Level;
use kmipspec_protocol::registry::{Operation, QueryFunction, tag};
use kmipspec_protocol::spec_ref::{SpecRef, kmip};
use kmipspec_protocol::ttlv::{Item, ItemRef, Tag};
use kmipspec_protocol::version::Version::{self, *};

const LOCATE: &[SpecRef] = &moved("4.8", "4.9", "6.1.27", "6.1.28");
const LOCATED_ITEMS: &[SpecRef] = &[kmip(V1_3, "4.9"), kmip(V1_4, "4.9"), kmip(V2_0, "6.1.27"), kmip(V2_1, "6.1.28")];
const GET_ATTRIBUTES: &[SpecRef] = &moved("4.11", "4.12", "6.1.20", "6.1.20");
const VENDOR_ATTRIBUTE: &[SpecRef] =
    &and::<7, 14>(moved("3.33", "3.39", "4.53", "4.60"), moved("4.11", "4.12", "6.1.20", "6.1.20"));
/// Maximum Response Size, and attributes that a server makes.
const LARGE: &[SpecRef] = &and::<7, 14>(sections("6.3", "9.12"), moved("3.33", "3.39", "4.53", "4.60"));
const ATTRIBUTE_INDEX: &[SpecRef] =
    &[kmip(V1_1, "2.1.1"), kmip(V1_2, "2.1.1"), kmip(V1_3, "2.1.1"), kmip(V1_4, "2.1.1")];
const CREATE: &[SpecRef] = &until_1_4("4.1", "4.1");
const QUERY: &[SpecRef] = &moved("4.24", "4.25", "6.1.37", "6.1.40");
const EXTENSIONS: &[SpecRef] = &moved("9.1.1.4", "9.1.1.4", "10.1.2", "10.1.2");

/// An enumeration value of the range for extensions.
const VENDOR_VALUE: u32 = 0x8000_0001;

/// Attributes that make an answer of some hundred kilobytes.
const MANY: usize = 400;

/// And those that make one of more than a mebibyte.
const VERY_MANY: usize = 2_000;

/// The rows.
pub(super) static CASES: &[Case] = &[
    Case {
        id: "client.locate.no-match",
        title: "An empty Response Payload of Locate is understood: nothing matches",
        statement: "if no objects match, then an empty response payload is returned",
        spec: LOCATE,
        needs: "a Locate",
        vary: |answer| answer.payloads(Operation::LOCATE, |payload, _, _| none_located(payload, None)),
        expects: Expects::Ends,
        field: &["E3", "E4"],
        ..PLAIN
    },
    Case {
        id: "client.locate.no-match-counted",
        title: "Located Items of 0 is understood: nothing matches",
        statement: "Located Items may be returned whether or not Offset Items was asked for",
        spec: LOCATED_ITEMS,
        needs: "a Locate",
        vary: |answer| answer.payloads(Operation::LOCATE, |payload, _, _| none_located(payload, Some(0))),
        expects: Expects::Ends,
        field: &["E4"],
        ..PLAIN
    },
    Case {
        id: "client.locate.located-items",
        title: "Located Items before the Unique Identifiers is taken",
        statement: "Located Items may be returned whether or not Offset Items was asked for",
        spec: LOCATED_ITEMS,
        needs: "a Locate that finds something, without Maximum Items and Offset Items",
        vary: |answer| answer.payloads(Operation::LOCATE, |payload, asked, _| located(payload, asked)),
        field: &["A3", "E4"],
        ..PLAIN
    },
    Case {
        id: "client.get-attributes.order",
        title: "Attributes are found by their names, whatever order they come in",
        statement: "the payload has the attributes that were asked for, and no order of them is stated",
        spec: GET_ATTRIBUTES,
        needs: "a Get Attributes that has more than one attribute to tell",
        vary: |answer| answer.payloads(Operation::GET_ATTRIBUTES, |payload, _, version| reversed(payload, version)),
        field: &["G6"],
        ..PLAIN
    },
    Case {
        id: "client.get-attributes.vendor-attribute",
        title: "An attribute that the server made is passed over by who does not know it",
        statement: "a server may make attributes of its own (a name with y-, from 2.0 on a Vendor Identification), and without names all attributes match the request",
        spec: VENDOR_ATTRIBUTE,
        needs: "a Get Attributes that names no attribute",
        vary: |answer| {
            answer.payloads(Operation::GET_ATTRIBUTES, |p, asked, version| vendor_attributes(p, asked, version, 1))
        },
        field: &["A5", "M7"],
        ..PLAIN
    },
    Case {
        id: "client.get-attributes.many",
        title: "A large answer is read to its end",
        statement: "a server may make attributes of its own, many of them; only Maximum Response Size limits an answer, yet how much a client has to take that gives none is not said",
        spec: LARGE,
        level: Level::May,
        needs: "a Get Attributes that names no attribute, and no Maximum Response Size",
        vary: |answer| many(answer, MANY),
        field: &["L10"],
        ..PLAIN
    },
    Case {
        id: "client.get-attributes.mebibyte",
        title: "An answer of more than a mebibyte is read to its end",
        statement: "only Maximum Response Size limits an answer, yet how much a client has to take that gives none is not said",
        spec: LARGE,
        level: Level::May,
        needs: "a Get Attributes that names no attribute, and no Maximum Response Size",
        vary: |answer| many(answer, VERY_MANY),
        field: &["L10"],
        ..PLAIN
    },
    Case {
        id: "client.get-attributes.index-zero",
        title: "An Attribute Index of 0 is taken where there is one instance",
        statement: "an attribute with one instance has the Attribute Index 0, which may be specified or not",
        spec: ATTRIBUTE_INDEX,
        needs: "a Get Attributes",
        vary: |answer| answer.payloads(Operation::GET_ATTRIBUTES, |payload, _, _| indexed(payload)),
        field: &["C16"],
        ..PLAIN
    },
    Case {
        id: "client.create.template-attribute",
        title: "A Template-Attribute in the response of Create is taken",
        statement: "the response may have a Template-Attribute with attributes that the server set implicitly",
        spec: CREATE,
        needs: "a Create",
        vary: |answer| answer.payloads(Operation::CREATE, |payload, _, _| implicitly_set(payload)),
        field: &["G1", "G7"],
        ..PLAIN
    },
    Case {
        id: "client.query.vendor-operations",
        title: "Operations and objects of a vendor in the answer to Query are passed over",
        statement: "Query lists all that the server supports, and enumerations may have values of the range 8XXXXXXX",
        spec: EXTENSIONS,
        needs: "a Query for operations or objects",
        vary: |answer| answer.payloads(Operation::QUERY, |payload, _, _| vendor_lists(payload)),
        field: &["A10", "M7"],
        ..PLAIN
    },
    Case {
        id: "client.query.server-information",
        title: "Server Information of a vendor is passed over",
        statement: "Server Information is a structure with fields and structures of the vendor, of any length",
        spec: QUERY,
        needs: "a Query for Server Information",
        vary: |answer| answer.payloads(Operation::QUERY, |payload, asked, _| server_information(payload, asked)),
        field: &["G2", "G3", "G10", "M7"],
        ..PLAIN
    },
];

/// Nothing, or the number of what was found.
fn none_located(payload: &mut Item, counted: Option<i32>) -> bool {
    let Some(items) = payload.items_mut() else { return false };
    items.clear();
    items.extend(counted.map(|count| Item::integer(tag::LOCATED_ITEMS, count)));
    true
}

/// Only where the answer has all there is: of others the number is not known here.
fn located(payload: &mut Item, asked: ItemRef<'_>) -> bool {
    let found = payload.items().iter().filter(|item| item.tag == tag::UNIQUE_IDENTIFIER).count();
    if found == 0 || asked.child(tag::MAXIMUM_ITEMS).is_some() || asked.child(tag::OFFSET_ITEMS).is_some() {
        return false;
    }
    let Some(items) = payload.items_mut() else { return false };
    items.insert(0, Item::integer(tag::LOCATED_ITEMS, i32::try_from(found).unwrap_or(i32::MAX)));
    true
}

/// Where the attributes are: 2.0 has a structure for them.
fn attributes(payload: &mut Item, version: Version) -> Option<&mut Vec<Item>> {
    if version < V2_0 { payload.items_mut() } else { child_mut(payload, tag::ATTRIBUTES)?.items_mut() }
}

fn reversed(payload: &mut Item, version: Version) -> bool {
    let Some(items) = attributes(payload, version) else { return false };
    let first = items.iter().take_while(|item| item.tag == tag::UNIQUE_IDENTIFIER && version < V2_0).count();
    match items.split_at_mut_checked(first) {
        Some((_, attributes)) if attributes.len() > 1 => {
            attributes.reverse();
            true
        }
        _ => false,
    }
}

fn vendor_attributes(payload: &mut Item, asked: ItemRef<'_>, version: Version, count: usize) -> bool {
    let named = [tag::ATTRIBUTE_NAME, tag::ATTRIBUTE_REFERENCE];
    if asked.children().any(|item| named.contains(&item.tag())) {
        return false;
    }
    let Some(items) = attributes(payload, version) else { return false };
    for number in 0..count {
        let (name, value) =
            (format!("kmipspec-{number}"), "a note of the server ".repeat(if count > 1 { 30 } else { 1 }));
        let (by, name) = if version < V2_0 { (None, format!("y-{name}")) } else { (Some("org.example"), name) };
        let by = by.map(|by| Item::text(tag::VENDOR_IDENTIFICATION, by));
        let rest = [Item::text(tag::ATTRIBUTE_NAME, name), Item::text(tag::ATTRIBUTE_VALUE, value)];
        items.push(Item::structure(tag::ATTRIBUTE, by.into_iter().chain(rest).collect()));
    }
    true
}

fn many(answer: &mut Answer<'_>, count: usize) -> bool {
    if answer.asked().is_none_or(|header| header.child(tag::MAXIMUM_RESPONSE_SIZE).is_some()) {
        return false;
    }
    answer.payloads(Operation::GET_ATTRIBUTES, |payload, asked, version| {
        vendor_attributes(payload, asked, version, count)
    })
}

fn indexed(payload: &mut Item) -> bool {
    let mut changed = false;
    for attribute in payload.items_mut().into_iter().flatten().filter(|item| item.tag == tag::ATTRIBUTE) {
        if attribute.child(tag::ATTRIBUTE_INDEX).is_none() {
            insert_behind(attribute, tag::ATTRIBUTE_NAME, Item::integer(tag::ATTRIBUTE_INDEX, 0));
            changed = true;
        }
    }
    changed
}

fn implicitly_set(payload: &mut Item) -> bool {
    payload.push(Item::structure(tag::TEMPLATE_ATTRIBUTE, vec![initial_date()]));
    true
}

/// An attribute as 1.x has it.
pub(super) fn initial_date() -> Item {
    let when = Item::date_time(tag::ATTRIBUTE_VALUE, crate::runner::now());
    Item::structure(tag::ATTRIBUTE, vec![Item::text(tag::ATTRIBUTE_NAME, "Initial Date"), when])
}

fn vendor_lists(payload: &mut Item) -> bool {
    let lists: Vec<Tag> =
        [tag::OPERATION, tag::OBJECT_TYPE].into_iter().filter(|list| payload.child(*list).is_some()).collect();
    for list in &lists {
        insert_behind(payload, *list, Item::enumeration(*list, VENDOR_VALUE));
    }
    !lists.is_empty()
}

fn server_information(payload: &mut Item, asked: ItemRef<'_>) -> bool {
    let wanted = QueryFunction::QUERY_SERVER_INFORMATION.0;
    if !asked.children().any(|function| function.as_u32() == Some(wanted)) {
        return false;
    }
    if let Some(items) = payload.items_mut() {
        items.retain(|item| item.tag != tag::SERVER_INFORMATION);
    }
    insert_behind(payload, tag::VENDOR_IDENTIFICATION, Item::structure(tag::SERVER_INFORMATION, vendor_content()));
    true
}
