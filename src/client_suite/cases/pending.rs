//! Operations that are done later, which a client allows by Asynchronous Indicator.

use super::{PLAIN, and, moved};
use crate::client_suite::answer::{Answer, batch_items, status_of};
use crate::client_suite::case::{Case, Defers, Expects};
use crate::runner::message::operation_of;
use kmipspec_protocol::registry::{Operation, ResultStatus};
use kmipspec_protocol::spec_ref::SpecRef;
use std::time::Duration;

const STATUS: &[SpecRef] = &moved("6.9", "6.9", "9.19", "9.19");
const POLL: &[SpecRef] = &and::<7, 14>(moved("4.26", "4.28", "6.1.36", "6.1.38"), moved("6.9", "6.9", "9.19", "9.19"));

/// How long an operation is pending that a client polls for more than once.
const LONGER: Duration = Duration::from_millis(300);

/// What a client has to ask for to be answered so.
const NEEDS: &str = "a request whose Asynchronous Indicator allows it to be done later";

/// The rows.
pub(super) static CASES: &[Case] = &[
    Case {
        id: "client.pending.polled",
        title: "The result of an operation that is pending is polled for",
        statement: "where the client allows it by Asynchronous Indicator, an operation may be pending: its result is then polled for by the Asynchronous Correlation Value",
        spec: STATUS,
        needs: NEEDS,
        vary: pending,
        expects: Expects::Polled,
        defers: Some(Defers::UntilPolled),
        ..PLAIN
    },
    Case {
        id: "client.pending.again",
        title: "An operation that is still pending is polled for again",
        statement: "a Poll of an operation that is not completed is answered by Operation Pending without a payload",
        spec: POLL,
        needs: "a request whose Asynchronous Indicator allows it to be done later, and a Poll within 300 ms",
        vary: |answer| polled(answer) && pending(answer),
        expects: Expects::Polled,
        defers: Some(Defers::For(LONGER)),
        ..PLAIN
    },
];

/// Whether something is to be done later. Nothing is changed: the server has answered so.
fn pending(answer: &mut Answer<'_>) -> bool {
    answer.items().any(|item| status_of(item) == Some(ResultStatus::OPERATION_PENDING))
}

fn polled(answer: &Answer<'_>) -> bool {
    batch_items(answer.request).any(|item| operation_of(item) == Some(Operation::POLL))
}
