//! Operations that are done later, with a clock that the test moves.

use crate::peer::{Client, NOW, server_with};
use crate::wire::{Answer, boolean, bytes, create, enumeration, item, name, operation, request, text};
use kmipspec_reference_server::clock::MovableClock;
use kmipspec_reference_server::{Asynchronous, Config, RunningServer};
use std::sync::Arc;
use std::time::Duration;

const CANCEL: u32 = 0x19;
const POLL: u32 = 0x1a;
const LOCATE: u32 = 0x08;
const PROCESS: u32 = 0x3a;

/// A server on which operations stay Pending for a minute of a clock that stands still.
async fn slow() -> (RunningServer, Arc<MovableClock>) {
    let clock = Arc::new(MovableClock::frozen_at(NOW));
    let asynchronous = Asynchronous { delay: Duration::from_secs(60), poll_hastens: false, ..Asynchronous::default() };
    (server_with(Config { clock: clock.clone(), asynchronous, ..Config::default() }).await, clock)
}

/// The header field that lets operations be done later, at 1.x.
fn later() -> Vec<u8> {
    boolean(0x420007, true)
}

/// The value to ask with, of a Pending item.
fn value(answer: &Answer, place: usize) -> Vec<u8> {
    answer.items()[place].at(0x420006).value.clone()
}

/// An operation about a value.
fn about(code: u32, value: &[u8]) -> Vec<u8> {
    request((1, 2), &[], &[operation(code, None, &[bytes(0x420006, value)])])
}

/// How many objects have the name.
async fn named(client: &mut Client, wanted: &str) -> usize {
    let attributes = vec![name(wanted)];
    let answer = client.ask(&request((1, 2), &[], &[operation(LOCATE, None, &attributes)])).await;
    answer.items()[0].at(0x42007c).items.iter().filter(|i| i.tag == 0x420094).count()
}

/// Cancellation Result.
fn cancellation(answer: &Answer) -> u32 {
    answer.items()[0].at(0x42007c).at(0x420012).number()
}

#[tokio::test]
async fn an_operation_is_pending_until_it_is_due_and_its_result_is_told_once() {
    let (server, clock) = slow().await;
    let mut alice = Client::connect(&server, "alice").await;
    let mut bob = Client::connect(&server, "bob").await;
    let pending = alice.ask(&request((1, 2), &[later()], &[create(None, &[name("later")])])).await;
    assert_eq!(pending.results(), [(2, 0)]);
    assert!(pending.items()[0].get(0x42007c).is_none(), "no payload while Pending");
    let value = value(&pending, 0);
    clock.advance(59);
    let again = alice.ask(&about(POLL, &value)).await;
    assert_eq!(again.results(), [(2, 0)]);
    assert_eq!(again.items()[0].at(0x420006).value, value);
    assert_eq!(named(&mut alice, "later").await, 0, "not done before it is due");
    clock.advance(1);
    assert_eq!(bob.ask(&about(POLL, &value)).await.results(), [(1, 1)], "it is alice's");
    let done = alice.ask(&about(POLL, &value)).await;
    assert_eq!(done.results(), [(0, 0)]);
    assert_eq!(done.items()[0].at(0x42005c).number(), 1, "answered as Create would have been");
    assert!(!done.id(0).is_empty());
    assert_eq!(named(&mut alice, "later").await, 1);
    assert_eq!(alice.ask(&about(POLL, &value)).await.results(), [(1, 1)], "told once");
}

#[tokio::test]
async fn a_result_is_told_at_the_version_it_was_asked_for() {
    let (server, clock) = slow().await;
    let mut alice = Client::connect(&server, "alice").await;
    let pending = alice.ask(&request((1, 2), &[later()], &[create(None, &[name("later")])])).await;
    let value = value(&pending, 0);
    clock.advance(60);
    let newer = request((1, 4), &[], &[operation(POLL, None, &[bytes(0x420006, &value)])]);
    assert_eq!(alice.ask(&newer).await.results(), [(1, 0x100)], "written for 1.2");
    assert_eq!(alice.ask(&about(POLL, &value)).await.results(), [(0, 0)], "and still there");
}

#[tokio::test]
async fn what_is_outstanding_is_told_as_far_as_the_version_has_a_name_for_it() {
    let (server, _clock) = slow().await;
    let mut alice = Client::connect(&server, "alice").await;
    // Deactivate came with 3.0; an identifier of 3.0 is of a type of its own.
    let deactivate = operation(0x40, None, &[item(0x420094, 0x0c, b"anything")]);
    let pending = alice.ask(&request((3, 0), &[enumeration(0x420007, 1)], &[deactivate])).await;
    assert_eq!(pending.results(), [(2, 0)]);
    for (version, outstanding) in [((2, 1), 0), ((3, 0), 1)] {
        let answer = alice.ask(&request(version, &[], &[operation(0x39, None, &[])])).await;
        assert_eq!(answer.items()[0].at(0x42007c).items.len(), outstanding, "{version:?}");
    }
}

#[tokio::test]
async fn cancel_wins_before_and_loses_after() {
    let (server, clock) = slow().await;
    let mut alice = Client::connect(&server, "alice").await;
    let mut bob = Client::connect(&server, "bob").await;
    let items = [create(Some(1), &[name("first")]), operation(0x0a, Some(2), &[text(0x420094, "no such object")])];
    let one = alice.ask(&request((1, 2), &[later()], &[create(None, &[name("canceled")])])).await;
    let proceed = enumeration(0x42000e, 1);
    let two = alice.ask(&request((1, 2), &[later(), proceed], &items)).await;
    assert_eq!(two.results(), [(2, 0), (2, 0)]);
    assert_eq!(cancellation(&bob.ask(&about(CANCEL, &value(&one, 0))).await), 5, "Unavailable to others");
    assert_eq!(cancellation(&alice.ask(&about(CANCEL, &value(&one, 0))).await), 1, "Canceled");
    clock.advance(60);
    assert_eq!(cancellation(&alice.ask(&about(CANCEL, &value(&two, 0))).await), 3, "Completed");
    assert_eq!(cancellation(&alice.ask(&about(CANCEL, &value(&two, 1))).await), 4, "Failed");
    assert_eq!(named(&mut alice, "canceled").await, 0);
    assert_eq!(named(&mut alice, "first").await, 1);
    let canceled = alice.ask(&about(POLL, &value(&one, 0))).await;
    assert_eq!(canceled.results(), [(1, 9)], "Operation Canceled By Requester");
}

#[tokio::test]
async fn a_batch_that_is_done_later_keeps_order_placeholder_stop_and_undo() {
    let (server, clock) = slow().await;
    let mut alice = Client::connect(&server, "alice").await;
    let ordered = boolean(0x420010, true);
    let items = [
        create(Some(1), &[name("stop")]),
        operation(0x12, Some(2), &[]),
        operation(0x0a, Some(3), &[text(0x420094, "no such object")]),
        create(Some(4), &[name("never")]),
    ];
    let stop = alice.ask(&request((1, 2), &[later(), ordered.clone()], &items)).await;
    assert_eq!(stop.results(), [(2, 0); 4]);
    let undo = [later(), enumeration(0x42000e, 3), ordered];
    let undone = alice.ask(&request((1, 2), &undo, &[create(Some(1), &[name("undone")]), items[2].clone()])).await;
    assert_eq!(undone.results(), [(2, 0); 2]);
    assert_eq!(cancellation(&alice.ask(&about(CANCEL, &value(&undone, 0))).await), 2, "one part of a whole");
    clock.advance(60);
    let mut ends = Vec::new();
    for (answer, count) in [(&stop, 4), (&undone, 2)] {
        for place in 0..count {
            ends.extend(alice.ask(&about(POLL, &value(answer, place))).await.results());
        }
    }
    assert_eq!(ends, [(0, 0), (0, 0), (1, 1), (1, 0x100), (3, 0), (1, 1)]);
    assert_eq!(named(&mut alice, "stop").await, 1);
    assert_eq!(named(&mut alice, "never").await, 0);
    assert_eq!(named(&mut alice, "undone").await, 0);
}

#[tokio::test]
async fn a_canceled_item_leaves_no_placeholder_to_those_after_it() {
    let (server, clock) = slow().await;
    let mut alice = Client::connect(&server, "alice").await;
    let options = [later(), enumeration(0x42000e, 1), boolean(0x420010, true)];
    let items = [create(Some(1), &[name("kept")]), create(Some(2), &[name("canceled")]), operation(0x14, Some(3), &[])];
    let batch = alice.ask(&request((1, 2), &options, &items)).await;
    assert_eq!(cancellation(&alice.ask(&about(CANCEL, &value(&batch, 1))).await), 1);
    clock.advance(60);
    assert_eq!(alice.ask(&about(POLL, &value(&batch, 2))).await.results(), [(1, 1)], "nothing to destroy");
    assert_eq!(named(&mut alice, "kept").await, 1);
}

#[tokio::test]
async fn process_ends_waiting_and_mandatory_begins_it() {
    let (server, _) = slow().await;
    let mut alice = Client::connect(&server, "alice").await;
    let mandatory = enumeration(0x420007, 1);
    let query = operation(0x18, None, &[enumeration(0x420074, 1)]);
    let pending = alice.ask(&request((2, 1), &[mandatory], &[query])).await;
    assert_eq!(pending.results(), [(2, 0)]);
    let value = value(&pending, 0);
    let about = |code| request((2, 1), &[], &[operation(code, None, &[bytes(0x420006, &value)])]);
    assert_eq!(alice.ask(&about(POLL)).await.results(), [(2, 0)]);
    assert_eq!(alice.ask(&about(PROCESS)).await.results(), [(0, 0)]);
    assert_eq!(alice.ask(&about(PROCESS)).await.results(), [(1, 0x4c)], "Duplicate Process Request");
    let done = alice.ask(&about(POLL)).await;
    assert_eq!(done.results(), [(0, 0)]);
    assert!(done.items()[0].at(0x42007c).items.iter().any(|i| i.tag == 0x42005c), "what Query answers");
    assert_eq!(alice.ask(&about(POLL)).await.results(), [(1, 0x2b)]);
    assert_eq!(alice.ask(&about(PROCESS)).await.results(), [(1, 0x2b)]);
}

#[tokio::test]
async fn what_nobody_polls_for_is_done_all_the_same() {
    let asynchronous = Asynchronous { delay: Duration::from_millis(50), ..Asynchronous::default() };
    let server = server_with(Config { asynchronous, ..Config::default() }).await;
    let mut alice = Client::connect(&server, "alice").await;
    let pending = alice.ask(&request((1, 2), &[later()], &[create(None, &[name("alone")])])).await;
    assert_eq!(pending.results(), [(2, 0)]);
    for _ in 0..100 {
        if named(&mut alice, "alone").await == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("not done after five seconds");
}

#[tokio::test]
async fn the_answer_of_a_poll_has_the_polls_own_limit_and_waits_for_a_larger_one() {
    let (server, clock) = slow().await;
    let mut alice = Client::connect(&server, "alice").await;
    let query = operation(0x18, None, &[enumeration(0x420074, 1)]);
    let mandatory = enumeration(0x420007, 1);
    let pending = alice.ask(&request((2, 1), &[mandatory], &[query])).await;
    let value = value(&pending, 0);
    clock.advance(60);
    let small = crate::wire::integer(0x420050, 256);
    let poll = |options: &[Vec<u8>]| request((2, 1), options, &[operation(POLL, None, &[bytes(0x420006, &value)])]);
    assert_eq!(alice.ask(&poll(&[small])).await.results(), [(1, 2)], "Response Too Large");
    assert_eq!(alice.ask(&poll(&[])).await.results(), [(0, 0)]);
}
