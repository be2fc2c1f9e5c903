//! The whole suite against the bundled server, in process: nothing fails, and nothing is left behind.

use kmipspec::client::session::{Connections, Options};
use kmipspec::client::{ALICE, BOB, Encoding, Pool, Session, Target};
use kmipspec::runner::event::{Event, Execution, Fate, RunFinished};
use kmipspec::runner::expectations::Expectations;
use kmipspec::runner::verdict::{Level, Verdict};
use kmipspec::runner::{Run, Selection, Stop, bundled, run, standing};
use kmipspec::scenario::file::Scenario;
use kmipspec::scenario::library::{self, Library};
use kmipspec_protocol::registry::{Operation, tag};
use kmipspec_protocol::ttlv::{Doc, Item, ItemRef, Limits};
use kmipspec_protocol::version::Version;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// What a run told.
struct Told {
    finished: RunFinished,
    total: usize,
    executions: Vec<Execution>,
    notices: Vec<String>,
}

async fn run_suite(target: &Arc<Target>, selection: Selection) -> Told {
    let library = Library::builtin();
    assert!(library.errors.is_empty(), "{:#?}", library.errors);
    let (sender, mut events) = tokio::sync::mpsc::unbounded_channel();
    let suite = Run {
        target: Arc::clone(target),
        scenarios: library.scenarios,
        selection,
        jobs: 4,
        case_timeout: Duration::from_secs(30),
        run_id: None,
        expectations: Expectations::default(),
        reproduce: Vec::new(),
        stop: Stop::default(),
    };
    let finished = run(suite, sender).await.expect("the bundled server can be tested");
    let mut told = Told { finished, total: 0, executions: Vec::new(), notices: Vec::new() };
    while let Ok(event) = events.try_recv() {
        match event {
            Event::RunStarted(started) => told.total = started.total,
            Event::CaseFinished(execution) => told.executions.push(*execution),
            Event::Notice(text) => told.notices.push(text),
            Event::CaseStarted { .. } | Event::Profiles(_) | Event::Tls(_) | Event::RunFinished(_) => {}
        }
    }
    told
}

/// Every identifier Locate gives to a client.
async fn located(target: &Arc<Target>, identity: &str) -> BTreeSet<String> {
    let mut session = Session::new(Arc::clone(target), Arc::new(Pool::default()), Connections::OnePerExchange);
    let version = Item::structure(
        tag::PROTOCOL_VERSION,
        vec![
            Item::integer(tag::PROTOCOL_VERSION_MAJOR, Version::V1_4.major()),
            Item::integer(tag::PROTOCOL_VERSION_MINOR, Version::V1_4.minor()),
        ],
    );
    let header = Item::structure(tag::REQUEST_HEADER, vec![version, Item::integer(tag::BATCH_COUNT, 1)]);
    let item = Item::structure(
        tag::BATCH_ITEM,
        vec![Item::enumeration(tag::OPERATION, Operation::LOCATE.0), Item::structure(tag::REQUEST_PAYLOAD, Vec::new())],
    );
    let message = Item::structure(tag::REQUEST_MESSAGE, vec![header, item]).encode();
    let place = session.exchange(Options::new("locate", identity), message).await;
    let exchange = &session.transcript()[place];
    assert_eq!(exchange.fate, Fate::Answered);
    let doc = Doc::strict(&exchange.received, &Limits::default()).unwrap();
    let item = doc.root().unwrap().child(tag::BATCH_ITEM).unwrap();
    assert_eq!(item.child(tag::RESULT_STATUS).and_then(ItemRef::as_u32), Some(0), "Locate failed");
    let payload = item.child(tag::RESPONSE_PAYLOAD).unwrap();
    let identifiers = payload.children().filter(|i| i.tag() == tag::UNIQUE_IDENTIFIER);
    identifiers.filter_map(|i| i.as_text().map(str::to_owned)).collect()
}

/// What the standard leaves open, so that a run of the bundled server records it. Anything else that is recorded is a fault of
/// the server in a rule that may not fail a foreign one.
const RECORDED: [&str; 23] = [
    "encoding.http-chunked",
    "encoding.http-expect-continue",
    "encoding.http-get",
    "encoding.http-other-content-type",
    "encoding.http-other-path",
    "encoding.http-put",
    "encoding.padding-not-zero",
    "encoding.payload-before-operation",
    "messages.extension.not-critical",
    "messages.header.request-time-stamp-ahead",
    "messages.version.newer-minor",
    "operations.create.no-algorithm",
    "operations.destroy.active-deactivates",
    "operations.destroy.compromised",
    "operations.log.kept",
    "operations.ping.answered",
    "operations.register.length-mismatch",
    "operations.revoke.pre-active-other-reason",
    "operations.set-constraints.enforced",
    "schema.payload-on-failure",
    "schema.response-version",
    "schema.second-hand",
    "ttlv.trailing",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_suite_passes_and_leaves_nothing_behind() {
    let (server, target) = bundled::start(kmipspec_reference_server::Config::default()).await.unwrap();
    let target = Arc::new(target);
    let before = (located(&target, ALICE).await, located(&target, BOB).await);
    let told = run_suite(&target, Selection::default()).await;

    let wrong: Vec<String> = told
        .executions
        .iter()
        .filter(|e| matches!(e.verdict, Verdict::Fail | Verdict::Error | Verdict::NonStrict | Verdict::Inconclusive))
        .map(|e| {
            let first = e.findings.first().map(|f| format!("{} expected {}, got {}", f.path, f.expected, f.actual));
            format!("{} {} {}: {}", e.verdict, e.id, e.version, first.unwrap_or_default())
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), told.executions.len(), wrong.join("\n"));
    // Of the pairs of state and operation those are recorded that the text leaves open, and they say so by their level.
    let recorded = told.executions.iter().filter(|e| e.verdict == Verdict::Info);
    let recorded = recorded.filter(|e| !(e.id.starts_with("states.") && e.level == Level::May)).map(|e| e.id.as_str());
    assert_eq!(recorded.collect::<BTreeSet<_>>(), BTreeSet::from(RECORDED), "what is recorded and not judged");
    assert_eq!(told.finished.broken, None);
    assert_eq!(told.notices, Vec::<String>::new());
    // A rule without a section of the version is heard of only when it is broken: it cannot be announced.
    let unannounced = told.executions.iter().filter(|e| !standing::stands_at(&e.id, e.version)).count();
    assert_eq!(told.executions.len(), told.total + unannounced, "the total was announced wrongly");
    let counted: usize = told.finished.counts.iter().map(|(_, n)| n).sum();
    assert_eq!(counted, told.executions.len());
    assert!(told.executions.iter().all(|e| !e.reproduce.is_empty()));
    let ids: BTreeSet<(&str, Version)> = told.executions.iter().map(|e| (e.id.as_str(), e.version)).collect();
    assert_eq!(ids.len(), told.executions.len(), "an execution was reported twice");

    let after = (located(&target, ALICE).await, located(&target, BOB).await);
    assert_eq!(before, after, "objects stay behind, or others' objects are gone");
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_of_the_suite_reports_no_rule_it_did_not_put_to_the_test() {
    let (server, target) = bundled::start(kmipspec_reference_server::Config::default()).await.unwrap();
    let target = Arc::new(target);
    let one = Selection {
        patterns: vec!["operations.destroy.then-get".into()],
        versions: vec![Version::V1_4],
        ..Selection::default()
    };
    let told = run_suite(&target, one).await;
    let ids: Vec<&str> = told.executions.iter().map(|e| e.id.as_str()).collect();
    assert_eq!(ids, ["operations.destroy.then-get"]);
    assert_eq!(told.executions[0].reproduce, "kmipspec run --version 1.4 operations.destroy.then-get");
    assert!(told.executions[0].transcript.iter().all(|e| !e.sent.is_empty() && !e.received.is_empty()));

    let rule = Selection {
        patterns: vec!["schema.field-order".into()],
        versions: vec![Version::V1_0, Version::V2_1],
        ..Selection::default()
    };
    let told = run_suite(&target, rule).await;
    assert!(!told.executions.is_empty());
    assert!(told.executions.iter().all(|e| e.id == "schema.field-order" && e.suite == "schema"));
    assert!(told.executions.iter().all(|e| e.verdict == Verdict::Pass), "{:#?}", told.executions);
    server.shutdown().await;
}

/// The verdict of each case at each version.
type Verdicts = BTreeMap<(String, Version), Verdict>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_encoding_comes_to_the_same_verdicts() {
    let mut raw: Option<Verdicts> = None;
    for encoding in Encoding::ALL {
        let (server, mut target) = bundled::start(kmipspec_reference_server::Config::default()).await.unwrap();
        target.encoding = encoding;
        let smoke = Selection { suites: vec!["smoke".into()], ..Selection::default() };
        let told = run_suite(&Arc::new(target), smoke).await;
        assert_eq!(told.finished.broken, None);
        assert_eq!(told.notices, Vec::<String>::new());
        // Those speak HTTPS whatever the run speaks.
        let of_https = |e: &Execution| e.id.starts_with("encoding.http-");
        assert!(told.executions.iter().all(|e| of_https(e) || e.encoding == encoding.name()));
        let verdicts: Verdicts = told.executions.into_iter().map(|e| ((e.id, e.version), e.verdict)).collect();
        assert!(verdicts.values().filter(|v| **v == Verdict::Pass).count() > 100, "{encoding}: {verdicts:?}");
        assert_eq!(raw.get_or_insert_with(|| verdicts.clone()), &verdicts, "{encoding}");
        server.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_encoding_cannot_carry_is_skipped_with_the_reason() {
    let (server, mut target) = bundled::start(kmipspec_reference_server::Config::default()).await.unwrap();
    target.encoding = Encoding::Xml;
    let some = Selection {
        patterns: [
            "encoding.boolean-value-2",
            "encoding.cut-in-the-middle",
            "operations.set-endpoint-role.turned-round",
        ]
        .map(str::to_owned)
        .to_vec(),
        versions: vec![Version::V2_1],
        ..Selection::default()
    };
    let told = run_suite(&Arc::new(target), some).await;
    let mut reasons: Vec<(Verdict, String)> =
        told.executions.into_iter().map(|e| (e.verdict, e.reason.unwrap_or_default())).collect();
    reasons.sort_by(|a, b| a.1.cmp(&b.1));
    let expected = [
        "cut: HTTP knows no connection closed on one side",
        "damaged: XML cannot carry these bytes: no sound TTLV: offset 64: the Boolean is neither 0 nor 1",
        "it takes a raw TLS connection, and this run speaks HTTPS",
    ];
    assert_eq!(reasons, expected.map(|reason| (Verdict::Skip, reason.to_owned())));
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_only_looks_asks_for_nothing_else() {
    let (server, target) = bundled::start(kmipspec_reference_server::Config::default()).await.unwrap();
    let look = Selection { read_only: true, versions: vec![Version::V1_4, Version::V2_1], ..Selection::default() };
    let told = run_suite(&Arc::new(target), look).await;
    let looks = "Query DiscoverVersions Locate Get GetAttributes GetAttributeList Check Validate Hash Ping GetConstraints \
                 QueryAsynchronousRequests";
    let looks: BTreeSet<String> = looks.split_whitespace().map(str::to_owned).collect();
    let mut asked = BTreeSet::new();
    for exchange in told.executions.iter().flat_map(|e| &e.transcript) {
        let doc = Doc::lenient(&exchange.sent, &Limits::default());
        let items = doc.root().into_iter().flat_map(|root| root.children()).filter_map(|i| i.child(tag::OPERATION));
        asked.extend(items.filter_map(|i| i.as_u32()).map(|code| Operation(code).name().unwrap_or("?").to_owned()));
    }
    assert!(asked.len() > 4, "{asked:?}");
    assert!(asked.is_subset(&looks), "{asked:?}");
    assert!(told.executions.len() > 50 && told.executions.iter().all(|e| e.verdict != Verdict::Fail));
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shards_are_the_whole_without_overlap() {
    let (server, target) = bundled::start(kmipspec_reference_server::Config::default()).await.unwrap();
    let target = Arc::new(target);
    let cases = |told: Told| -> Vec<(String, Version)> {
        let standing = |e: &Execution| ["schema", "capability", "http"].contains(&e.suite.as_str());
        let of_scenarios = told.executions.into_iter().filter(|e| !standing(e));
        of_scenarios.map(|e| (e.id, e.version)).collect()
    };
    let some = || Selection { versions: vec![Version::V1_0, Version::V1_1], ..Selection::default() };
    let mut whole = cases(run_suite(&target, some()).await);
    let mut parts = Vec::new();
    for index in 1..=2 {
        let shard = Selection { shard: Some((index, 2)), ..some() };
        parts.extend(cases(run_suite(&target, shard).await));
    }
    whole.sort();
    parts.sort();
    assert_eq!(whole, parts);
    server.shutdown().await;
}

/// Activates a key, so that cleanup has to revoke it first, and then ends in the way the last step says.
fn ends_badly(id: &str, last: &str) -> Scenario {
    let text = format!(
        r#"
id: {id}
title: A case that ends badly
spec: {{"1.0": "4.1"}}
level: SHALL
versions: "1.4"
steps:
  - send: [{{Create: {{ObjectType: SymmetricKey, Attributes: {{CryptographicAlgorithm: AES, CryptographicLength: 128, CryptographicUsageMask: [Encrypt]}}}}}}]
    expect: [{{payload: {{UniqueIdentifier: {{bind: key}}}}}}]
  - send: [{{Activate: {{UniqueIdentifier: $key}}}}]
  - {last}
"#
    );
    library::read("bad.yaml", text.as_bytes()).unwrap_or_else(|e| panic!("{e:#?}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_is_cleaned_up_after_a_failure_and_after_its_time_is_up() {
    let (server, target) = bundled::start(kmipspec_reference_server::Config::default()).await.unwrap();
    let target = Arc::new(target);
    let (sender, mut events) = tokio::sync::mpsc::unbounded_channel();
    let bad = Run {
        target: Arc::clone(&target),
        scenarios: vec![
            ends_badly("bad.fails", "{send: [{Get: {UniqueIdentifier: $key}}], expect: [{status: OperationFailed}]}"),
            ends_badly("bad.takes-long", "{wait: 30s, send: [{Get: {UniqueIdentifier: $key}}]}"),
        ],
        selection: Selection::default(),
        jobs: 1,
        case_timeout: Duration::from_secs(2),
        run_id: None,
        expectations: Expectations::default(),
        reproduce: Vec::new(),
        stop: Stop::default(),
    };
    let finished = run(bad, sender).await.unwrap();
    assert_eq!(finished.broken, None);
    let mut verdicts = Vec::new();
    while let Ok(event) = events.try_recv() {
        match event {
            Event::CaseFinished(e) if e.suite == "bad" => {
                let operations: Vec<&str> = e.transcript.iter().map(|x| x.step.as_str()).collect();
                assert_eq!(operations.iter().filter(|s| **s == "cleanup").count(), 3, "{operations:?}");
                verdicts.push((e.id.clone(), e.verdict));
            }
            Event::Notice(text) => panic!("{text}"),
            _ => {}
        }
    }
    verdicts.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(verdicts, [("bad.fails".into(), Verdict::Fail), ("bad.takes-long".into(), Verdict::Error)]);
    assert!(located(&target, ALICE).await.is_empty(), "objects stay behind");
    server.shutdown().await;
}
