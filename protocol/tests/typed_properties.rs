//! Any message that the tables of a version allow: the checker says so, and bytes, XML, JSON and the typed layer give it back as it was.

#[path = "support/kinds.rs"]
mod kinds;
#[path = "support/typed.rs"]
mod typed;

use arbitrary::{Arbitrary, Unstructured};
use kmipspec_protocol::encoding::{json, xml};
use kmipspec_protocol::message::{RequestMessage, ResponseMessage};
use kmipspec_protocol::operations::row;
use kmipspec_protocol::registry::{Operation, tag};
use kmipspec_protocol::schema::{Context, Direction, Violation, check_request, check_response};
use kmipspec_protocol::ttlv::{Doc, Item, ItemRef, Limits, Writer};
use kmipspec_protocol::version::Version;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::collections::BTreeSet;
use typed::{Request, Response, any_of, asked, operations};

fn doc(item: &Item) -> Doc<'static> {
    Doc::strict_owned(item.encode(), &Limits::default()).expect("well-formed")
}

fn none(violations: &[Violation]) -> Result<(), TestCaseError> {
    let told: Vec<String> = violations.iter().map(|v| format!("{v:?}")).collect();
    prop_assert!(told.is_empty(), "{}", told.join("\n"));
    Ok(())
}

/// Bytes, XML and JSON hold the same message.
fn every_encoding_holds(item: &Item) -> Result<(), TestCaseError> {
    let doc = doc(item);
    let fail = |what: &str, e: &dyn std::fmt::Display| TestCaseError::fail(format!("{what}: {e}"));
    let back = doc.root().map(Item::from_ref);
    prop_assert_eq!(back.as_ref(), Some(item));
    let text = xml::write(&doc).map_err(|e| fail("XML", &e))?;
    let back = xml::read(&text, &Limits::default()).map_err(|e| fail(&text, &e))?;
    prop_assert_eq!(back.encode(), doc.bytes(), "{}", text);
    let text = json::write(&doc).map_err(|e| fail("JSON", &e))?;
    let back = json::read(&text, &Limits::default()).map_err(|e| fail(&text, &e))?;
    prop_assert_eq!(back.encode(), doc.bytes(), "{}", text);
    Ok(())
}

/// Each payload goes through its struct and comes out as it went in.
fn payloads_survive(root: ItemRef<'_>, version: Version) -> Result<(), TestCaseError> {
    for item in root.children().filter(|item| item.tag() == tag::BATCH_ITEM) {
        let code = item.child(tag::OPERATION).and_then(ItemRef::as_u32).expect("each has one");
        let row = row(Operation(code)).expect("it was chosen of these");
        for (payload, rewrite) in
            [(tag::REQUEST_PAYLOAD, row.rewrite_request), (tag::RESPONSE_PAYLOAD, row.rewrite_response)]
        {
            let Some(payload) = item.child(payload) else { continue };
            let mut w = Writer::new();
            let done = rewrite(payload, version.into(), &mut w);
            done.map_err(|e| TestCaseError::fail(format!("{} at {version}: {e}", row.name)))?;
            prop_assert_eq!(w.finish(), payload.whole(), "{} at {}", row.name, version);
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn requests_of_the_tables(request in any_of::<Request>()) {
        let doc = doc(&request.item);
        none(&check_request(&doc, request.version))?;
        every_encoding_holds(&request.item)?;
        payloads_survive(doc.root().expect("a message"), request.version)?;
        let message = RequestMessage::decode(&doc).map_err(|e| TestCaseError::fail(format!("{e:?}")))?;
        prop_assert!(message.batch_items.iter().all(Result::is_ok), "{:?}", message.batch_items);
        let mut w = Writer::new();
        message.encode(&mut w);
        prop_assert_eq!(w.finish(), doc.bytes());
    }

    #[test]
    fn responses_of_the_tables(response in any_of::<Response>()) {
        let doc = doc(&response.item);
        none(&check_response(&doc, &Context { version: response.version, request: None }))?;
        every_encoding_holds(&response.item)?;
        payloads_survive(doc.root().expect("a message"), response.version)?;
        let message = ResponseMessage::decode(&doc, response.version);
        let message = message.map_err(|e| TestCaseError::fail(e.to_string()))?;
        let mut w = Writer::new();
        message.encode(&mut w);
        prop_assert_eq!(w.finish(), doc.bytes());
    }
}

/// The strategies are worth something only if nothing is left out.
#[test]
fn every_operation_of_every_version_is_made_both_ways() {
    let mut chance = TestRunner::deterministic();
    let mut made = BTreeSet::new();
    for _ in 0..6_000 {
        let bytes = chance.rng().random::<[u8; 64]>();
        let request = Request::arbitrary(&mut Unstructured::new(&bytes)).expect("bytes of chance are enough");
        made.extend(asked(&request.item).map(|operation| (request.version, Direction::Request as u8, operation.0)));
        let response = Response::arbitrary(&mut Unstructured::new(&bytes)).expect("bytes of chance are enough");
        made.extend(asked(&response.item).map(|operation| (response.version, Direction::Response as u8, operation.0)));
    }
    for version in Version::WITH_TEXT {
        for direction in [Direction::Request, Direction::Response] {
            for (row, _) in operations(version, direction) {
                let key = (version, direction as u8, row.operation.0);
                assert!(made.contains(&key), "{} at {version}, {direction:?}", row.name);
            }
        }
    }
}
