//! Optional fields of the Response Header.

use super::{PLAIN, sections};
use crate::client_suite::answer::{Answer, fail_item, insert_before};
use crate::client_suite::case::Case;
use crate::runner::verdict::Level;
use kmipspec_protocol::registry::{AttestationType, ResultReason, tag};
use kmipspec_protocol::spec_ref::{SpecRef, kmip};
use kmipspec_protocol::ttlv::{Item, Tag};
use kmipspec_protocol::version::Version::*;

const SERVER_VALUE: &[SpecRef] = &[
    kmip(V1_4, "6.19"),
    kmip(V1_4, "7.2"),
    kmip(V2_0, "9.10"),
    kmip(V2_0, "8.5"),
    kmip(V2_1, "9.10"),
    kmip(V2_1, "8.5"),
];
const CLIENT_VALUE: &[SpecRef] = &[
    kmip(V1_4, "6.18"),
    kmip(V1_4, "7.2"),
    kmip(V2_0, "9.9"),
    kmip(V2_0, "8.5"),
    kmip(V2_1, "9.9"),
    kmip(V2_1, "8.5"),
];
const ATTESTATION: &[SpecRef] =
    &[kmip(V1_2, "7.2"), kmip(V1_3, "7.2"), kmip(V1_4, "7.2"), kmip(V2_0, "8.5"), kmip(V2_1, "8.5")];
const TIME_STAMP: &[SpecRef] = &sections("6.5", "9.20");

/// The rows.
pub(super) static CASES: &[Case] = &[
    Case {
        id: "client.header.server-correlation-value",
        title: "A Server Correlation Value in the Response Header is taken",
        statement: "the Response Header has the optional field Server Correlation Value, which a server should provide",
        spec: SERVER_VALUE,
        vary: |answer| field(answer, tag::SERVER_CORRELATION_VALUE, "kmipspec-4711"),
        field: &["A1", "A2"],
        ..PLAIN
    },
    Case {
        id: "client.header.client-correlation-value",
        title: "A Client Correlation Value in the Response Header is taken",
        statement: "the Response Header has the optional field Client Correlation Value, yet the text has it in requests of clients and in responses to servers",
        spec: CLIENT_VALUE,
        level: Level::May,
        vary: |answer| field(answer, tag::CLIENT_CORRELATION_VALUE, "kmipspec"),
        field: &["A2", "A7"],
        ..PLAIN
    },
    Case {
        id: "client.header.attestation-types",
        title: "Attestation Types in the Response Header are taken",
        statement: "the Response Header has the optional field Attestation Type, which may be repeated, yet the text has it only in answers to who is capable of attestation",
        spec: ATTESTATION,
        level: Level::May,
        vary: attestation_types,
        field: &["A2"],
        ..PLAIN
    },
    Case {
        id: "client.header.time-stamp-ahead",
        title: "A Time Stamp that is an hour ahead of the client's clock is taken",
        statement: "the Time Stamp of a response is the server's time: a server may refuse a request by the difference, nothing lets a client",
        spec: TIME_STAMP,
        level: Level::May,
        vary: ahead,
        field: &["D1", "D2"],
        ..PLAIN
    },
    Case {
        id: "client.header.own-time-stamp",
        title: "The client's own Time Stamp is not ahead of the server's clock",
        statement: "a server may refuse a request whose Time Stamp is too far off its time; how far that is is the server's to say, and here nothing may be ahead",
        spec: TIME_STAMP,
        level: Level::May,
        needs: "a request with a Time Stamp, by a client whose clock is the server's",
        vary: refused_if_ahead,
        field: &["D1", "D2"],
        ..PLAIN
    },
];

/// A text in its place: a plain answer has no other correlation value.
fn field(answer: &mut Answer<'_>, tag: Tag, text: &str) -> bool {
    let Some(header) = answer.header() else { return false };
    insert_before(header, tag::BATCH_COUNT, Item::text(tag, text));
    true
}

fn attestation_types(answer: &mut Answer<'_>) -> bool {
    let Some(header) = answer.header() else { return false };
    for kind in [AttestationType::TPM_QUOTE, AttestationType::TCG_INTEGRITY_REPORT] {
        insert_before(header, tag::BATCH_COUNT, Item::enumeration(tag::ATTESTATION_TYPE, kind.0));
    }
    true
}

/// The request has a Time Stamp; it is refused if that is yet to come.
fn refused_if_ahead(answer: &mut Answer<'_>) -> bool {
    let stamp = answer.asked().and_then(|header| header.child(tag::TIME_STAMP)?.as_i64());
    let Some(stamp) = stamp else { return false };
    if stamp > crate::runner::now() {
        let why = "the Time Stamp is ahead of the server's clock";
        answer.items().for_each(|item| fail_item(item, ResultReason::PERMISSION_DENIED, Some(why)));
    }
    true
}

fn ahead(answer: &mut Answer<'_>) -> bool {
    let Some(header) = answer.header() else { return false };
    let stamp = Item::date_time(tag::TIME_STAMP, crate::runner::now().saturating_add(3600));
    let items = header.items_mut().map(|items| items.iter_mut());
    match items.into_iter().flatten().find(|item| item.tag == tag::TIME_STAMP) {
        Some(item) => {
            *item = stamp;
            true
        }
        None => false,
    }
}
