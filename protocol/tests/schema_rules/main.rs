//! Each rule of the checker is broken once by a message made by hand, and by nothing else in that message; the same
//! message undamaged breaks none.

mod build;
mod cases;

use std::collections::BTreeSet;

use build::*;
use cases::*;
use kmipspec_protocol::registry::{Operation, ResultReason, ResultStatus, tag};
use kmipspec_protocol::schema::{Level, RULES, path_of, section_exists};
use kmipspec_protocol::ttlv::{Doc, Item, Len, Limits, Pad, Tag};
use kmipspec_protocol::version::Version::*;

#[test]
fn each_rule_is_broken_once_and_alone() {
    let mut seen = BTreeSet::new();
    for case in encoding_cases().into_iter().chain(content_cases()).chain(exchange_cases()) {
        let violations = found(case.version, case.request.as_deref(), &case.message);
        let ids: Vec<&str> = violations.iter().map(|v| v.rule.id).collect();
        assert_eq!(ids, [case.rule], "{violations:#?}");
        let path = violations.first().map(|v| v.path.clone()).unwrap_or_default();
        let name = path.rsplit('/').next().unwrap_or_default();
        assert!(case.at.is_empty() || name == case.at || name == format!("{}[0]", case.at), "{}: at {path}", case.rule);
        seen.insert(case.rule);
    }
    let all: BTreeSet<&str> = RULES.iter().map(|r| r.id).collect();
    assert_eq!(all.difference(&seen).collect::<Vec<_>>(), Vec::<&&str>::new(), "rules no case breaks");
    assert_eq!(all.len(), RULES.len(), "an id stands twice");
}

#[test]
fn the_messages_that_the_cases_damage_break_no_rule() {
    for v in [V1_0, V1_1, V1_2, V1_3, V1_4, V2_0, V2_1] {
        let ask = request(v, vec![ask(Operation::DESTROY, vec![uid()])]).encode();
        for item in [
            answer(Operation::DESTROY, vec![uid()]),
            failure(Operation::DESTROY, vec![reason()]),
            failure(Operation::DESTROY, vec![reason(), Item::text(tag::RESULT_MESSAGE, "no such object")]),
        ] {
            assert_eq!(found(v, Some(&ask), &response(v, vec![item]).encode()), []);
        }
        assert_eq!(found(v, None, &ask), []);
        assert_eq!(found(v, None, &located(v).encode()), []);
    }
}

#[test]
fn a_constraint_may_name_several_values_of_an_attribute() {
    let values = [3, 2].map(|algorithm| Item::enumeration(tag::CRYPTOGRAPHIC_ALGORITHM, algorithm));
    let constraint = Item::structure(tag::CONSTRAINT, vec![Item::structure(tag::ATTRIBUTES, values.to_vec())]);
    let constraints = Item::structure(tag::CONSTRAINTS, vec![constraint]);
    let message = response(V2_1, vec![answer(Operation::GET_CONSTRAINTS, vec![constraints])]).encode();
    assert_eq!(found(V2_1, None, &message), []);
}

#[test]
fn what_vendors_may_add_breaks_no_rule() {
    let extension = |n: u32| {
        Item::structure(Tag(0x54_0000 + n), vec![Item::integer(Tag(0x42_FFFF), 1), Item::text(Tag(0x54_0009), "x")])
    };
    let message_extension = Item::structure(
        tag::MESSAGE_EXTENSION,
        vec![
            Item::text(tag::VENDOR_IDENTIFICATION, "v"),
            Item::boolean(tag::CRITICALITY_INDICATOR, false),
            Item::structure(tag::VENDOR_EXTENSION, vec![Item::integer(tag::BATCH_COUNT, 9), extension(1)]),
        ],
    );
    for v in [V1_0, V1_2, V1_4] {
        let custom =
            attribute("y-vendor", Item::structure(tag::ATTRIBUTE_VALUE, vec![Item::long_integer(tag::BATCH_COUNT, 9)]));
        let enumeration = attribute("Cryptographic Algorithm", Item::enumeration(tag::ATTRIBUTE_VALUE, 0x8000_0001));
        let mask = attribute("Cryptographic Usage Mask", Item::integer(tag::ATTRIBUTE_VALUE, 0x4000_0001));
        let mut message = get_attributes(v, vec![enumeration, mask, custom, extension(2)]);
        at(&mut message, &[1]).push(message_extension.clone());
        at(&mut message, &[0]).push(extension(3));
        assert_eq!(found(v, None, &message.encode()), []);
    }
    let vendor = Item::structure(
        tag::ATTRIBUTE,
        vec![
            Item::text(tag::VENDOR_IDENTIFICATION, "x"),
            Item::text(tag::ATTRIBUTE_NAME, "whatever"),
            Item::structure(tag::ATTRIBUTE_VALUE, vec![Item::structure(tag::NAME, vec![])]),
        ],
    );
    let attributes =
        Item::structure(tag::ATTRIBUTES, vec![Item::enumeration(tag::STATE, 0x8000_0001), vendor, extension(4)]);
    let message = response(V2_1, vec![answer(Operation::GET_ATTRIBUTES, vec![uid(), attributes])]);
    assert_eq!(found(V2_1, None, &message.encode()), []);
    // A Key Format Type of the vendor's own: Key Material may be any structure (1.4 §2.1.4); so may a Credential Value (1.4 §2.1.2).
    let material = Item::structure(tag::KEY_MATERIAL, vec![Item::integer(tag::BATCH_COUNT, 1)]);
    let block = vec![
        Item::enumeration(tag::KEY_FORMAT_TYPE, 0x8000_0001),
        Item::structure(tag::KEY_VALUE, vec![material]),
        Item::enumeration(tag::CRYPTOGRAPHIC_ALGORITHM, 3),
        Item::integer(tag::CRYPTOGRAPHIC_LENGTH, 128),
    ];
    let key = Item::structure(tag::SYMMETRIC_KEY, vec![Item::structure(tag::KEY_BLOCK, block)]);
    let payload = vec![Item::enumeration(tag::OBJECT_TYPE, 2), uid(), key];
    for v in [V1_0, V1_2, V1_4, V2_1] {
        let message = response(v, vec![answer(Operation::GET, payload.clone())]);
        assert_eq!(found(v, None, &message.encode()), []);
    }
    let credential = vec![
        Item::enumeration(tag::CREDENTIAL_TYPE, 0x8000_0001),
        Item::structure(tag::CREDENTIAL_VALUE, vec![Item::integer(tag::BATCH_COUNT, 1)]),
    ];
    let authentication = Item::structure(tag::AUTHENTICATION, vec![Item::structure(tag::CREDENTIAL, credential)]);
    let mut message = request(V1_4, vec![ask(Operation::DESTROY, vec![uid()])]);
    at(&mut message, &[0]).items_mut().expect("a header").insert(1, authentication);
    assert_eq!(found(V1_4, None, &message.encode()), []);
    // An operation of the vendor's own: its payload is its own.
    let own = Operation(0x8000_0001);
    let ask = request(V1_4, vec![ask(own, vec![Item::integer(tag::BATCH_COUNT, 1)])]);
    let message = response(V1_4, vec![answer(own, vec![Item::integer(tag::BATCH_COUNT, 1)])]);
    assert_eq!(found(V1_4, Some(&ask.encode()), &message.encode()), []);
}

#[test]
fn a_refused_message_needs_no_operation() {
    let ask = request(V1_4, vec![ask(Operation::DESTROY, vec![uid()])]).encode();
    for reason in [
        ResultReason::INVALID_MESSAGE,
        ResultReason::FEATURE_NOT_SUPPORTED,
        ResultReason::RESPONSE_TOO_LARGE,
        ResultReason::AUTHENTICATION_NOT_SUCCESSFUL,
    ] {
        let reason = Item::enumeration(tag::RESULT_REASON, reason.0);
        let refused = Item::structure(tag::BATCH_ITEM, vec![status(ResultStatus::OPERATION_FAILED), reason]);
        assert_eq!(found(V1_4, Some(&ask), &response(V1_4, vec![refused]).encode()), []);
    }
}

#[test]
fn the_echo_of_an_operation_of_another_version_is_no_fault() {
    let asked = request(V1_0, vec![ask(Operation::DISCOVER_VERSIONS, vec![])]).encode();
    let refused = response(V1_0, vec![failure(Operation::DISCOVER_VERSIONS, vec![reason()])]).encode();
    assert!(found(V1_0, Some(&asked), &refused).is_empty(), "{:?}", found(V1_0, Some(&asked), &refused));
    // Nobody asked for this one.
    let query = request(V1_0, vec![ask(Operation::QUERY, vec![])]).encode();
    assert!(found(V1_0, Some(&query), &refused).iter().any(|v| v.rule.id == "schema.enumeration-version"));
}

#[test]
fn notify_and_put_are_answered_without_a_payload() {
    for operation_code in [Operation::NOTIFY, Operation::PUT] {
        let answer = Item::structure(tag::BATCH_ITEM, vec![operation(operation_code), status(ResultStatus::SUCCESS)]);
        for v in [V1_0, V1_4, V2_1] {
            assert_eq!(found(v, None, &response(v, vec![answer.clone()]).encode()), []);
        }
    }
}

#[test]
fn a_damaged_request_is_not_compared_with() {
    let mut ask = request(V1_4, vec![with_id(ask(Operation::DESTROY, vec![uid()]), 1)]);
    at(&mut ask, &[1, 0]).pad = Pad::Forced(vec![1, 1, 1, 1]);
    let answer = response(V1_4, vec![answer(Operation::ACTIVATE, vec![uid()])]);
    assert_eq!(found(V1_4, Some(&ask.encode()), &answer.encode()), []);
}

#[test]
fn stop_leaves_later_items_unanswered() {
    let ask = request(
        V1_4,
        vec![with_id(ask(Operation::DESTROY, vec![uid()]), 1), with_id(ask(Operation::DESTROY, vec![uid()]), 2)],
    );
    let message = response(V1_4, vec![with_id(failure(Operation::DESTROY, vec![reason()]), 1)]);
    assert_eq!(found(V1_4, Some(&ask.encode()), &message.encode()), []);
}

#[test]
fn a_newer_minor_version_in_the_answer_hides_nothing() {
    let mut message = located(V1_4);
    at(&mut message, &[0]).items_mut().expect("items").insert(2, Item::text(tag::SERVER_CORRELATION_VALUE, "x"));
    let bytes = message.encode();
    let ids = |v| found(v, None, &bytes).iter().map(|x| x.rule.id).collect::<Vec<_>>();
    assert_eq!(ids(V1_4), Vec::<&str>::new());
    assert_eq!(ids(V1_0), ["schema.response-version", "schema.tag-version"]);
    // Another major version: its own tables.
    assert_eq!(ids(V2_1), ["schema.response-version"]);
}

#[test]
fn one_fault_of_length_is_one_report() {
    let mut message =
        response(V1_4, vec![answer(Operation::LOCATE, vec![uid()]), answer(Operation::DESTROY, vec![uid()])]);
    at(&mut message, &[1, 2, 0]).len = Len::Forced(40);
    let ids: Vec<&str> = found(V1_4, None, &message.encode()).iter().map(|v| v.rule.id).collect();
    assert_eq!(ids, ["ttlv.structure-length"]);
}

#[test]
fn every_rule_stands_on_sections_that_exist() {
    for rule in RULES {
        for spec in rule.spec {
            assert!(section_exists(spec.version, spec.section), "{}: {spec}", rule.id);
        }
        assert!(!rule.spec.is_empty() || rule.level == Level::May, "{} has no section", rule.id);
        assert!(rule.id.starts_with("ttlv.") || rule.id.starts_with("schema."), "{}", rule.id);
    }
}

#[test]
fn paths_name_the_place() {
    let bytes = located(V1_4).encode();
    let doc = Doc::lenient(&bytes, &Limits::default());
    let last = doc.items().last().expect("items");
    assert_eq!(path_of(last), "ResponseMessage/BatchItem[0]/ResponsePayload/UniqueIdentifier[1]");
    assert_eq!(path_of(doc.root().expect("a root")), "ResponseMessage");
}
