//! Failed operations: a client must not take them for done, and each optional field may be missing.

use super::{PLAIN, and, sections, until_1_4};
use crate::client_suite::answer::{self, Answer, batch_items, fail_item, failed, is_probe, status_of};
use crate::client_suite::case::{Case, Expects};
use crate::runner::message::operation_of;
use crate::runner::verdict::Level;
use kmipspec_protocol::registry::{BatchErrorContinuationOption, Operation, ResultReason, ResultStatus, tag};
use kmipspec_protocol::spec_ref::SpecRef;
use kmipspec_protocol::ttlv::{Item, Value};

const STATUS: &[SpecRef] = &sections("6.9", "9.19");
/// 2.x lists the reasons of each operation: neither General Failure nor Authentication Not Successful is among them.
const STATUS_1_X: &[SpecRef] = &until_1_4("6.9", "6.9");
/// And that a failed item has no payload.
pub(super) const REASON: &[SpecRef] = &and::<7, 14>(sections("6.10", "9.18"), sections("7.2", "8.6"));
const MESSAGE: &[SpecRef] = &and::<7, 14>(sections("6.11", "9.17"), sections("6.9", "9.19"));
const GENERAL: &[SpecRef] = &and::<5, 10>(until_1_4("11.1", "11.1"), until_1_4("6.9", "6.9"));
const TEXT: &[SpecRef] = &and::<7, 14>(sections("9.1.1.4", "10.1.2"), sections("6.9", "9.19"));

/// A row of a failure.
const FAILED: Case = Case {
    title: "A failed operation is not taken for done",
    statement: "Result Status says whether a request succeeded, and Operation Failed that it did not",
    spec: STATUS,
    expects: Expects::Refused,
    ..PLAIN
};

/// A row of an operation that fails alone: a client may do without what it wanted to know, and no text says how it ends.
const ALONE: Case = Case {
    level: Level::May,
    statement: "a failed operation has a Result Reason, and no payload",
    spec: REASON,
    expects: Expects::Bears,
    field: &["D3"],
    ..PLAIN
};

/// The rows.
pub(super) static CASES: &[Case] = &[
    Case {
        id: "client.failure.general-failure",
        spec: STATUS_1_X,
        vary: |answer| fail(answer, ResultReason::GENERAL_FAILURE, Some("something went wrong")),
        field: &["D3"],
        ..FAILED
    },
    Case {
        id: "client.failure.item-not-found",
        title: "An object that is not there is not taken for done",
        spec: STATUS_1_X,
        needs: "a Get",
        vary: |answer| gets(answer) && fail(answer, ResultReason::ITEM_NOT_FOUND, Some("no such object")),
        field: &["D3"],
        ..FAILED
    },
    Case {
        id: "client.failure.locate",
        title: "A Locate that fails is understood",
        needs: "a Locate",
        vary: |answer| fails(answer, Operation::LOCATE, ResultReason::PERMISSION_DENIED),
        ..ALONE
    },
    Case {
        id: "client.failure.get-attributes",
        title: "A Get Attributes that fails is understood",
        needs: "a Get Attributes",
        vary: |answer| fails(answer, Operation::GET_ATTRIBUTES, ResultReason::PERMISSION_DENIED),
        ..ALONE
    },
    Case {
        id: "client.failure.destroy",
        title: "A Destroy that fails is understood",
        needs: "a Destroy",
        vary: |answer| fails(answer, Operation::DESTROY, ResultReason::PERMISSION_DENIED),
        ..ALONE
    },
    Case {
        id: "client.failure.permission-denied",
        title: "A denied operation is not taken for done",
        vary: |answer| fail(answer, ResultReason::PERMISSION_DENIED, Some("denied")),
        field: &["M5"],
        ..FAILED
    },
    Case {
        id: "client.failure.authentication-not-successful",
        title: "A client that was not let in says so",
        spec: STATUS_1_X,
        vary: |answer| fail(answer, ResultReason::AUTHENTICATION_NOT_SUCCESSFUL, Some("who are you?")),
        field: &["M2", "M4"],
        ..FAILED
    },
    Case {
        id: "client.failure.without-message",
        title: "A failure without Result Message is understood",
        statement: "Result Message may be returned, or not",
        spec: MESSAGE,
        vary: |answer| fail(answer, ResultReason::PERMISSION_DENIED, None),
        field: &["D3"],
        ..FAILED
    },
    Case {
        id: "client.failure.message-in-any-language",
        title: "A Result Message with letters beyond ASCII is understood",
        statement: "a Text String is UTF-8",
        spec: TEXT,
        vary: |answer| fail(answer, ResultReason::PERMISSION_DENIED, Some("Schlüssel nicht verfügbar: 鍵がない 🔑")),
        field: &["D3"],
        ..FAILED
    },
    Case {
        id: "client.failure.vendor-reason",
        title: "A Result Reason of a vendor is a failure like others",
        statement: "enumerations may have values of the range 8XXXXXXX, yet Result Reason is to be one of those that are listed for the error",
        spec: TEXT,
        level: Level::May,
        vary: |answer| fail(answer, ResultReason(0x8000_0001), Some("a reason of our own")),
        field: &["H9", "M7"],
        ..FAILED
    },
    Case {
        id: "client.failure.without-operation",
        title: "A failed Batch Item without Operation is understood",
        statement: "a message that cannot be parsed is answered by a Batch Item without Operation, with Operation Failed and Invalid Message",
        spec: GENERAL,
        vary: unparsable,
        field: &["F2"],
        ..FAILED
    },
];

/// Whether objects are fetched, and nothing else: who destroys or revokes what is not there may call that done, and who wants to know
/// of it may do without.
fn gets(answer: &Answer<'_>) -> bool {
    batch_items(answer.request).all(|item| operation_of(item) == Some(Operation::GET))
}

/// Whether something that has been done is about more than who the server is: a client may do without that, and what has failed may
/// be what a task wants to see.
fn was_done(answer: &mut Answer<'_>) -> bool {
    batch_items(answer.request).any(|item| !is_probe(item))
        && answer.items().all(|item| status_of(item) == Some(ResultStatus::SUCCESS))
}

/// Fails what was asked for: every item, or, where the batch ends with the first failure, only that.
fn fail(answer: &mut Answer<'_>, reason: ResultReason, message: Option<&str>) -> bool {
    if !was_done(answer) {
        return false;
    }
    for item in answer.items() {
        fail_item(item, reason, message);
    }
    if !goes_on(answer) {
        only_the_first(answer);
    }
    true
}

/// Fails every item of this operation, with neither payload nor message.
pub(super) fn fails(answer: &mut Answer<'_>, operation: Operation, reason: ResultReason) -> bool {
    let mut changed = false;
    for item in answer.items().filter(|item| answer::operation_of(item) == Some(operation)) {
        fail_item(item, reason, None);
        changed = true;
    }
    changed
}

/// The whole message is refused: there is one item, and it knows of nothing.
fn unparsable(answer: &mut Answer<'_>) -> bool {
    if !was_done(answer) {
        return false;
    }
    only_the_first(answer);
    for item in answer.items() {
        let Some(fields) = item.items_mut() else { return false };
        fields.clear();
        fields.extend(failed(ResultReason::INVALID_MESSAGE, None));
    }
    true
}

/// Whether the batch goes on behind a failure.
fn goes_on(answer: &Answer<'_>) -> bool {
    let option = answer.asked().and_then(|header| header.child(tag::BATCH_ERROR_CONTINUATION_OPTION)?.as_u32());
    option == Some(BatchErrorContinuationOption::CONTINUE.0)
}

fn only_the_first(answer: &mut Answer<'_>) {
    let mut seen = false;
    if let Some(parts) = answer.message.items_mut() {
        parts.retain(|part| part.tag != tag::BATCH_ITEM || !std::mem::replace(&mut seen, true));
    }
    let count = answer.header().and_then(|header| header.items_mut()).into_iter().flatten();
    for count in count.filter(|field| field.tag == tag::BATCH_COUNT && field.value() != Some(Value::Integer(1))) {
        *count = Item::integer(tag::BATCH_COUNT, 1);
    }
}
