//! How an answer reaches the client: in pieces, or not all of it.

use super::{PLAIN, as_it_is, sections};
use crate::client_suite::answer::Answer;
use crate::client_suite::case::{Case, Delivery, Expects};
use crate::runner::verdict::Level;
use kmipspec_protocol::spec_ref::SpecRef;

const LENGTH: &[SpecRef] = &sections("9.1.1.3", "10.1.3");
const RESULT_STATUS: &[SpecRef] = &sections("6.9", "9.19");

/// The rows.
pub(super) static CASES: &[Case] = &[
    Case {
        id: "client.delivery.pieces",
        title: "An answer that comes in small pieces is read to its end",
        statement: "a message is as long as its length says, however the transport cuts it",
        spec: LENGTH,
        vary: as_it_is,
        delivery: Delivery::Pieces(5),
        field: &["H7"],
        ..PLAIN
    },
    Case {
        id: "client.delivery.joined",
        title: "Two answers that come at once are read one after the other",
        statement: "a message is as long as its length says, whatever comes behind it",
        spec: LENGTH,
        needs: "two requests on one connection, the second before the answer to the first",
        vary: as_it_is,
        delivery: Delivery::Joined,
        field: &["H7"],
        ..PLAIN
    },
    Case {
        id: "client.delivery.closed-behind",
        title: "The connection is closed behind each answer",
        statement: "no text says how long a connection is kept, nor what a client does when it ends",
        spec: RESULT_STATUS,
        level: Level::May,
        vary: as_it_is,
        delivery: Delivery::Closed,
        expects: Expects::Done,
        field: &["L4", "L11"],
        ..PLAIN
    },
    Case {
        id: "client.delivery.cut",
        title: "Half an answer is not taken for an answer",
        statement: "a message is as long as its length says",
        spec: LENGTH,
        vary: to_what_matters,
        delivery: Delivery::Cut,
        expects: Expects::NotDone,
        field: &["H7", "L5"],
        ..PLAIN
    },
    Case {
        id: "client.delivery.stalled",
        title: "An answer that does not go on behind its first eight bytes is not waited for without end",
        statement: "no text says how long a client waits",
        spec: LENGTH,
        level: Level::May,
        vary: to_what_matters,
        delivery: Delivery::Stalled,
        expects: Expects::NotDone,
        field: &["L2", "L5"],
        ..PLAIN
    },
    Case {
        id: "client.delivery.nothing",
        title: "A connection that is closed in place of an answer is not taken for success",
        statement: "Result Status says whether a request succeeded: without an answer nothing does",
        spec: RESULT_STATUS,
        vary: to_what_matters,
        delivery: Delivery::Nothing,
        expects: Expects::NotDone,
        field: &["L2", "L3", "L5"],
        ..PLAIN
    },
];

/// What a client asks about the server it may do without.
fn to_what_matters(answer: &mut Answer<'_>) -> bool {
    answer.matters()
}
