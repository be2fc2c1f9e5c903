//! A server without sockets whose clock is moved by hand, and a client of it.

use kmipspec_protocol::registry::{Operation, ResultReason, ResultStatus, tag};
use kmipspec_protocol::schema::{Context, check_response};
use kmipspec_protocol::ttlv::{Doc, Item, ItemRef, Limits};
use kmipspec_protocol::version::Version;
use kmipspec_reference_server::Config;
use kmipspec_reference_server::clock::MovableClock;
use kmipspec_reference_server::in_process::{Caller, InProcess};
use kmipspec_reference_server::quirks::{self, Quirks};
use kmipspec_reference_server::random::SameRsaKeys;
use proptest::strategy::Strategy;
use proptest::test_runner::{Config as Runs, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use std::sync::Arc;

/// When the clock stands at first.
pub(crate) const START: i64 = 1_700_000_000;

/// A server, and when it is.
pub(crate) struct World {
    server: InProcess,
    clock: Arc<MovableClock>,
    /// Seconds since 1970.
    pub(crate) now: i64,
    /// Of every request.
    pub(crate) version: Version,
}

impl World {
    /// A server without objects, which has this quirk.
    pub(crate) fn new(version: Version, quirk: Option<&str>) -> Self {
        let clock = Arc::new(MovableClock::frozen_at(START));
        let quirks = quirk.map(|name| quirks::named(name).expect("there is one of this name"));
        let config = Config {
            clock: Arc::<MovableClock>::clone(&clock),
            random: Arc::new(SameRsaKeys::seeded(1)),
            quirks: Quirks::of(quirks),
            ..Config::default()
        };
        Self { server: InProcess::new(config).expect("a server in memory"), clock, now: START, version }
    }

    /// Lets time pass.
    pub(crate) fn wait(&mut self, seconds: i64) {
        self.clock.advance(seconds);
        self.now += seconds;
    }

    /// What is answered to a message, whatever it is; it keeps to the tables.
    pub(crate) fn say(&self, message: &[u8], who: &str) -> Vec<u8> {
        let replied = self.server.answer(message, Caller { connection: 1, name: Some(who) });
        let answer = replied.expect("an answer at once").bytes;
        let limits = Limits::default();
        let doc = Doc::strict(&answer, &limits).unwrap_or_else(|e| panic!("the answer is not well-formed: {e}"));
        let request = Doc::strict(message, &limits).expect("well-formed");
        let found = check_response(&doc, &Context { version: self.version, request: Some(&request) });
        assert!(found.is_empty(), "{found:#?}");
        answer
    }

    /// One operation of alice's; the Response Payload, or why not.
    pub(crate) fn ask(&self, operation: Operation, payload: Vec<Item>) -> Result<Item, ResultReason> {
        self.ask_as("alice", operation, payload)
    }

    /// The same of anybody's.
    pub(crate) fn ask_as(&self, who: &str, operation: Operation, payload: Vec<Item>) -> Result<Item, ResultReason> {
        let version = vec![
            Item::integer(tag::PROTOCOL_VERSION_MAJOR, self.version.major()),
            Item::integer(tag::PROTOCOL_VERSION_MINOR, self.version.minor()),
        ];
        let header = vec![Item::structure(tag::PROTOCOL_VERSION, version), Item::integer(tag::BATCH_COUNT, 1)];
        let item = vec![Item::enumeration(tag::OPERATION, operation.0), Item::structure(tag::REQUEST_PAYLOAD, payload)];
        let message = vec![Item::structure(tag::REQUEST_HEADER, header), Item::structure(tag::BATCH_ITEM, item)];
        let answer = self.say(&Item::structure(tag::REQUEST_MESSAGE, message).encode(), who);
        let doc = Doc::strict(&answer, &Limits::default()).expect("it was looked at before");
        let item = doc.root().and_then(|root| root.child(tag::BATCH_ITEM)).expect("there is one");
        if item.child(tag::RESULT_STATUS).and_then(ItemRef::as_u32) == Some(ResultStatus::SUCCESS.0) {
            return Ok(item.child(tag::RESPONSE_PAYLOAD).map(Item::from_ref).expect("of every operation here"));
        }
        let reason = item.child(tag::RESULT_REASON).and_then(ItemRef::as_u32);
        Err(ResultReason(reason.expect("what fails has a reason")))
    }
}

/// A property of a server that has a quirk must fail: one that does not see it is worth nothing.
pub(crate) fn sees<S: Strategy>(quirk: &str, any: &S, property: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let runs = Runs { failure_persistence: None, max_shrink_iters: 0, ..Runs::default() };
    let chance = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    assert!(TestRunner::new_with_rng(runs, chance).run(any, property).is_err(), "{quirk} is not seen");
}
