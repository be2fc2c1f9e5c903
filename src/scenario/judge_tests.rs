//! Answers held against expectations: what matches, and the exact words when something does not.

use super::judge::Outcome;
use super::library;
use super::plan::Plan;
use super::vars::Vars;
use crate::runner::event::{Fate, Finding};
use crate::runner::verdict::Verdict;
use kmipspec_protocol::registry::tag;
use kmipspec_protocol::ttlv::{Doc, Item, Limits};
use kmipspec_protocol::version::Version;

const NOW: i64 = 1_700_000_000;

fn plan(send: &str, rest: &str) -> Plan {
    let text = format!(
        "id: a.b\ntitle: the rule\nspec: {{\"1.4\": \"4.11\"}}\nlevel: SHALL\nversions: \"1.4\"\nsteps:\n  - send: [{send}]\n{rest}"
    );
    let s = library::read("a/b.yaml", text.as_bytes()).unwrap();
    s.plan(Version::V1_4).unwrap_or_else(|e| panic!("{}", e[0]))
}

fn item(operation: u32, status: u32, reason: Option<u32>, payload: Option<Vec<Item>>) -> Item {
    let mut fields = vec![Item::enumeration(tag::OPERATION, operation), Item::enumeration(tag::RESULT_STATUS, status)];
    fields.extend(reason.map(|r| Item::enumeration(tag::RESULT_REASON, r)));
    fields.extend(payload.map(|p| Item::structure(tag::RESPONSE_PAYLOAD, p)));
    Item::structure(tag::BATCH_ITEM, fields)
}

fn message(items: Vec<Item>) -> Vec<u8> {
    let mut all = vec![Item::structure(tag::RESPONSE_HEADER, vec![Item::integer(tag::BATCH_COUNT, 1)])];
    all.extend(items);
    Item::structure(tag::RESPONSE_MESSAGE, all).encode()
}

fn vars() -> Vars {
    Vars::new("t", "a.b", Version::V1_4, NOW)
}

fn judge(plan: &Plan, vars: &mut Vars, bytes: &[u8]) -> Vec<Finding> {
    let doc = Doc::lenient(bytes, &Limits::default());
    plan.steps[0].judge(&Outcome { fate: &Fate::Answered, response: Some(&doc) }, vars)
}

fn id(text: &str) -> Item {
    Item::text(tag::UNIQUE_IDENTIFIER, text)
}

#[test]
fn a_wrong_status_is_one_finding_with_everything_that_helps() {
    let p = plan("{Get: {UniqueIdentifier: x}}", "    expect: [{payload: {UniqueIdentifier: x}}]\n");
    let found = judge(&p, &mut vars(), &message(vec![item(10, 1, Some(1), None)]));
    let [f] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(f.verdict, Verdict::Fail);
    assert_eq!(f.rule, "a.b");
    assert_eq!(f.spec, ["KMIP 1.4 §4.11"]);
    assert_eq!(f.place.as_deref(), Some("a/b.yaml:8"));
    assert_eq!(f.path, "ResponseMessage/BatchItem[0]/ResultStatus");
    assert_eq!(f.expected, "Success (0x00000000)");
    assert_eq!(f.actual, "OperationFailed (0x00000001), ItemNotFound (0x00000001)");
    assert!(f.offset.is_some());
}

#[test]
fn names_are_bound_and_created_objects_noted() {
    let p = plan(
        "{Create: {ObjectType: SymmetricKey, Attributes: {}}}",
        "    expect: [{payload: {UniqueIdentifier: {bind: key, regex: \"^k\"}}}]\n",
    );
    let mut v = vars();
    assert_eq!(judge(&p, &mut v, &message(vec![item(1, 0, None, Some(vec![id("k1")]))])).len(), 0);
    assert_eq!(v.get("key"), Some(&id("k1")));
    assert_eq!(v.created().map(|c| c.unique_identifier.as_str()).collect::<Vec<_>>(), ["k1"]);
}

#[test]
fn levels_preconditions_and_what_is_undecided() {
    let answer = message(vec![item(10, 0, None, Some(vec![id("y")]))]);
    let verdicts = |rest: &str| -> Vec<Verdict> {
        let p = plan("{Get: {UniqueIdentifier: x}}", rest);
        judge(&p, &mut vars(), &answer).into_iter().map(|f| f.verdict).collect()
    };
    assert_eq!(verdicts("    expect: [{payload: {UniqueIdentifier: x}}]\n"), [Verdict::Fail]);
    assert_eq!(verdicts("    expect: [{payload: {UniqueIdentifier: {is: x, level: SHOULD}}}]\n"), [Verdict::NonStrict]);
    assert_eq!(verdicts("    expect: [{payload: {UniqueIdentifier: x}, level: MAY}]\n"), [Verdict::Info]);
    assert_eq!(verdicts("    setup: true\n    expect: [{payload: {UniqueIdentifier: x}}]\n"), [Verdict::Inconclusive]);
    assert_eq!(verdicts("    undecided: nobody says\n    expect: [any]\n"), [Verdict::Info]);
    assert_eq!(verdicts("    optional: true\n    expect: [{payload: {UniqueIdentifier: x}}]\n"), []);
}

#[test]
fn several_items_of_one_name() {
    let answer = message(vec![item(8, 0, None, Some(vec![id("a"), id("b"), id("c")]))]);
    let count = |m: &str| {
        let p = plan("{Locate: {}}", &format!("    expect: [{{payload: {{UniqueIdentifier: {m}}}}}]\n"));
        judge(&p, &mut vars(), &answer).len()
    };
    for holds in ["[a, b, c]", "{unordered: [c, a, b]}", "{contains: b}", "{count: 3}", "{count: {max: 3}}", "present"]
    {
        assert_eq!(count(holds), 0, "{holds}");
    }
    for fails in
        ["[a, c, b]", "{unordered: [a, b]}", "{contains: d}", "{contains-none: [a]}", "{count: 2}", "absent", "a"]
    {
        assert!(count(fails) > 0, "{fails}");
    }
}

#[test]
fn attributes_are_read_the_way_of_1_x() {
    let attribute =
        |name: &str, value: Item| Item::structure(tag::ATTRIBUTE, vec![Item::text(tag::ATTRIBUTE_NAME, name), value]);
    let answer = message(vec![item(
        11,
        0,
        None,
        Some(vec![
            id("x"),
            attribute("State", Item::enumeration(tag::ATTRIBUTE_VALUE, 2)),
            attribute("Initial Date", Item::date_time(tag::ATTRIBUTE_VALUE, NOW - 10)),
            attribute("x-Foo", Item::integer(tag::ATTRIBUTE_VALUE, 3)),
        ]),
    )]);
    let found = |m: &str| {
        let p = plan(
            "{GetAttributes: {UniqueIdentifier: x}}",
            &format!("    expect: [{{payload: {{Attributes: {{{m}}}}}}}]\n"),
        );
        judge(&p, &mut vars(), &answer)
    };
    assert_eq!(found("State: Active, InitialDate: {near-now: 60}, x-Foo: {Integer: 3}, Name: absent").len(), 0);
    let wrong = found("State: PreActive");
    assert_eq!(wrong.len(), 1);
    assert_eq!(wrong[0].expected, "PreActive (0x00000001)");
    assert_eq!(wrong[0].actual, "Active (0x00000002)");
    assert_eq!(wrong[0].path, "ResponseMessage/BatchItem[0]/ResponsePayload/Attribute[0]/AttributeValue");
    assert_eq!(found("x-Foo: {LongInteger: 3}").len(), 1);
    assert_eq!(found("InitialDate: {near-now: 5}").len(), 1);
}

#[test]
fn items_not_answered_and_items_too_many() {
    let send = "{Get: {UniqueIdentifier: x}}, {Get: {UniqueIdentifier: y}}";
    let one = message(vec![item(10, 1, Some(1), None)]);
    let p = plan(send, "    expect: [{status: OperationFailed}, absent]\n");
    assert_eq!(judge(&p, &mut vars(), &one).len(), 0);
    let p = plan(send, "    expect: [{status: OperationFailed}, {status: OperationFailed}]\n");
    let found = judge(&p, &mut vars(), &one);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].expected, "2 batch items");
    // Without Operation it is the message that was refused, and so each of its items.
    let refused = Item::structure(
        tag::BATCH_ITEM,
        vec![Item::enumeration(tag::RESULT_STATUS, 1), Item::enumeration(tag::RESULT_REASON, 4)],
    );
    let refused = message(vec![refused]);
    assert_eq!(judge(&p, &mut vars(), &refused).len(), 0);
    let p = plan(send, "    expect: [{status: OperationFailed}, {status: Success}]\n");
    assert_eq!(judge(&p, &mut vars(), &refused).len(), 1);
}

#[test]
fn an_operation_without_a_name_that_is_not_supported_is_an_answer() {
    let p = plan("{0x000000FE: {}}", "    expect: [{reason: InvalidMessage}]\n");
    let found = judge(&p, &mut vars(), &message(vec![item(0xFE, 1, Some(5), None)]));
    assert_eq!(found.iter().map(|f| f.verdict).collect::<Vec<_>>(), [Verdict::Fail]);
}

#[test]
fn a_connection_that_ends_without_an_answer() {
    let p = plan("{Get: {UniqueIdentifier: x}}", "");
    let at = |fate: &Fate, p: &Plan| -> Vec<Verdict> {
        let out = p.steps[0].judge(&Outcome { fate, response: None }, &mut vars());
        out.into_iter().map(|f| f.verdict).collect()
    };
    assert_eq!(at(&Fate::Closed { after: 0 }, &p), [Verdict::Fail]);
    assert_eq!(at(&Fate::TimedOut { after: 0 }, &p), [Verdict::Error]);
    let p = plan("{Get: {UniqueIdentifier: x}}", "    fate: [answered, closed]\n");
    assert_eq!(at(&Fate::Closed { after: 0 }, &p), []);
}

#[test]
fn damage_is_done_as_written() {
    let sent = |wire: &str| {
        let p = plan("{Get: {UniqueIdentifier: abc}}", &format!("    wire: {wire}\n    expect: [any]\n"));
        p.steps[0].request(&mut vars()).unwrap()
    };
    let whole = sent("[]");
    let text = whole.windows(3).position(|w| w == b"abc").unwrap();
    assert_eq!(sent("{truncate: 60}"), whole[..60]);
    assert_eq!(sent("{drop: 1}"), whole[..whole.len() - 1]);
    let at = "at: BatchItem/RequestPayload/UniqueIdentifier";
    assert_eq!(sent(&format!("{{{at}, length: 9}}"))[text - 1], 9);
    assert_eq!(sent(&format!("{{{at}, length: +2}}"))[text - 1], 5);
    assert_eq!(sent(&format!("{{{at}, type: 0x7F}}"))[text - 5], 0x7F);
    assert_eq!(sent(&format!("{{{at}, padding: \"0102\"}}"))[text + 3..][..2], [1, 2]);
    assert_eq!(sent(&format!("{{{at}, delete: true}}")).len(), whole.len() - 16);
    assert_eq!(sent(&format!("{{{at}, duplicate: 2}}")).len(), whole.len() + 32);
    assert_eq!(sent("{at: BatchItem/RequestPayload, nest: 3}").len(), whole.len() + 24);
    let doc = sent("{at: BatchItem/RequestPayload, move: first}");
    let doc = Doc::strict(&doc, &Limits::default()).unwrap();
    let batch = doc.root().unwrap().child(tag::BATCH_ITEM).unwrap();
    assert_eq!(batch.children().next().map(|c| c.tag()), Some(tag::REQUEST_PAYLOAD));
    let p = plan(
        "{Get: {}}",
        "    wire: {at: BatchItem/RequestPayload/UniqueIdentifier, delete: true}\n    expect: [any]\n",
    );
    assert!(p.steps[0].request(&mut vars()).is_err());
}

#[test]
fn a_refusal_that_no_sentence_forbids_proves_nothing() {
    let judged = |rest: &str, reason: u32| -> Vec<(Verdict, bool)> {
        let p = plan("{Get: {UniqueIdentifier: x}}", rest);
        let found = judge(&p, &mut vars(), &message(vec![item(10, 1, Some(reason), None)]));
        let ends = p.steps[0].ends_scenario(&found);
        found.into_iter().map(|f| (f.verdict, ends)).collect()
    };
    let success = "    expect: [{payload: {UniqueIdentifier: x}}]\n";
    let refusable = "    refusable: true\n    expect: [{payload: {UniqueIdentifier: x}}]\n";
    let not_found = "    expect: [{status: OperationFailed, reason: ItemNotFound}]\n";
    let (invalid_field, not_supported, feature, denied) = (7, 5, 8, 12);
    assert_eq!(judged(success, invalid_field), [(Verdict::Fail, false)]);
    assert_eq!(judged(refusable, invalid_field), [(Verdict::Inconclusive, true)]);
    assert_eq!(judged(success, not_supported), [(Verdict::Inconclusive, true)]);
    assert_eq!(judged(success, feature), [(Verdict::Inconclusive, true)]);
    assert_eq!(judged(success, denied), [(Verdict::Inconclusive, true)]);
    assert_eq!(judged(not_found, not_supported), [(Verdict::Inconclusive, true)]);
    assert_eq!(judged(not_found, feature), [(Verdict::Fail, false)]);
    assert_eq!(judged(not_found, denied), [(Verdict::Fail, false)]);
}

#[test]
fn a_refusal_proves_nothing_where_each_of_several_answers_is_a_success() {
    let judged = |alternatives: &str, reason: u32| {
        let rest = format!("    refusable: true\n    expect: [{{any-of: [{alternatives}]}}]\n");
        let p = plan("{Get: {UniqueIdentifier: x}}", &rest);
        let found = judge(&p, &mut vars(), &message(vec![item(10, 1, Some(reason), None)]));
        found.iter().map(|f| f.verdict).collect::<Vec<_>>()
    };
    let successes = "{payload: {UniqueIdentifier: x}}, {payload: {UniqueIdentifier: z}}";
    let (invalid_field, feature_not_supported) = (7, 8);
    assert_eq!(judged(successes, invalid_field), [Verdict::Inconclusive]);
    assert_eq!(judged(successes, feature_not_supported), [Verdict::Inconclusive]);
    let either = "{payload: {UniqueIdentifier: x}}, {reason: ItemNotFound}";
    assert_eq!(judged(either, invalid_field), [Verdict::Fail], "a refusal is expected, for another reason");
    assert_eq!(judged(either, 1), []);
}

#[test]
fn a_step_that_may_be_refused_may_not_be_answered_wrongly() {
    let p =
        plan("{Get: {UniqueIdentifier: x}}", "    refusable: true\n    expect: [{payload: {UniqueIdentifier: x}}]\n");
    let found = judge(&p, &mut vars(), &message(vec![item(10, 0, None, Some(vec![id("y")]))]));
    assert_eq!(found.iter().map(|f| f.verdict).collect::<Vec<_>>(), [Verdict::Fail]);
}

#[test]
fn items_that_may_be_missing_or_should_be() {
    let verdicts = |last: &str, answers: usize| -> Vec<Verdict> {
        let get = "{Get: {UniqueIdentifier: x}}";
        let p = plan(&format!("{get}, {get}"), &format!("    expect: [{{status: OperationFailed}}, {last}]\n"));
        let all = (0..answers).map(|_| item(10, 1, Some(1), None)).collect();
        judge(&p, &mut vars(), &message(all)).into_iter().map(|f| f.verdict).collect()
    };
    assert_eq!(verdicts("absent", 1), []);
    assert_eq!(verdicts("absent", 2), [Verdict::Fail]);
    assert_eq!(verdicts("{absent: true, level: SHOULD}", 1), []);
    assert_eq!(verdicts("{absent: true, level: SHOULD}", 2), [Verdict::NonStrict]);
    assert_eq!(verdicts("maybe", 1), []);
    assert_eq!(verdicts("maybe", 2), []);
    assert_eq!(verdicts("maybe", 3), [Verdict::Fail]);
    assert_eq!(verdicts("any", 1), [Verdict::Fail]);
}

#[test]
fn an_alternative_wrong_only_where_it_weighs_less_is_noted() {
    let expect = "[{any-of: [{payload: {UniqueIdentifier: x}}, {status: OperationFailed, reason: {is: ItemNotFound, level: MAY}}]}]";
    let p = plan("{Get: {UniqueIdentifier: x}}", &format!("    expect: {expect}\n"));
    let verdicts = |item: Item| -> Vec<Verdict> {
        judge(&p, &mut vars(), &message(vec![item])).iter().map(|f| f.verdict).collect()
    };
    assert_eq!(verdicts(item(10, 0, None, Some(vec![id("x")]))), []);
    assert_eq!(verdicts(item(10, 1, Some(1), None)), []);
    assert_eq!(verdicts(item(10, 1, Some(7), None)), [Verdict::Info], "another reason is only noted");
    assert_eq!(verdicts(item(10, 0, None, Some(vec![id("y")]))), [Verdict::Fail], "a wrong value stays wrong");
}
