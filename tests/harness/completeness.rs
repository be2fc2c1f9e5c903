//! Walks the tables: what is served is tested and told, what a scenario cites exists, ids are unique, tables are sorted.

use kmipspec::client::Target;
use kmipspec::client::session::{Connections, Options};
use kmipspec::client::{ALICE, Pool, Session};
use kmipspec::runner::event::Event;
use kmipspec::runner::expectations::Expectations;
use kmipspec::runner::verdict::Verdict;
use kmipspec::runner::{Run, RunError, Selection, Stop, bundled, standing};
use kmipspec::scenario::file::Scenario;
use kmipspec::scenario::library::Library;
use kmipspec_protocol::operations::{OPERATIONS, Row};
use kmipspec_protocol::registry::{ENUMERATIONS, Operation, QueryFunction, ResultReason, TAGS, tag};
use kmipspec_protocol::schema::{self, ATTRIBUTES, ERRORS, RULES, STRUCTURES, section_exists};
use kmipspec_protocol::ttlv::{Doc, Item, ItemRef, Limits};
use kmipspec_protocol::version::Version;
use kmipspec_reference_server::quirks::Quirks;
use kmipspec_reference_server::{Asynchronous, Config};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// Rules without a section, and why; they say something of this program, so no server can fail by them.
const WITHOUT_SECTION: [(&str, &str); 2] = [
    ("ttlv.limit", "the limits of our own decoder"),
    ("schema.second-hand", "the tables of 3.0 have no primary text behind them"),
];

/// Rules only a request can break: `decode` holds requests against them, no run does.
const OF_REQUESTS: [&str; 3] =
    ["schema.authentication-credential", "schema.batch-item-id-required", "schema.batch-option"];

/// What is wrong, one line each; nothing is what is asked for.
fn nothing(wrong: Vec<String>, what: &str) {
    assert!(wrong.is_empty(), "{} {what}:\n{}", wrong.len(), wrong.join("\n"));
}

fn scenarios() -> Vec<Scenario> {
    let library = Library::builtin();
    assert!(library.errors.is_empty(), "{:#?}", library.errors);
    assert!(library.scenarios.len() >= 60, "{} scenarios", library.scenarios.len());
    library.scenarios
}

/// Fails unless keys rise from row to row; what rises has no key twice.
fn rises<K: Ord + Debug>(table: &str, keys: impl Iterator<Item = K>) {
    let keys: Vec<K> = keys.collect();
    assert!(!keys.is_empty(), "{table} is empty");
    for pair in keys.windows(2) {
        assert!(pair[0] < pair[1], "{table}: {:?} stands before {:?}", pair[0], pair[1]);
    }
}

/// The answer of the bundled server to one operation.
struct Told {
    reason: Option<ResultReason>,
    operations: BTreeSet<u32>,
}

async fn ask(session: &mut Session, version: Version, operation: Operation, payload: Vec<Item>) -> Told {
    let spoken = vec![
        Item::integer(tag::PROTOCOL_VERSION_MAJOR, version.major()),
        Item::integer(tag::PROTOCOL_VERSION_MINOR, version.minor()),
    ];
    let mut header = vec![Item::structure(tag::PROTOCOL_VERSION, spoken)];
    header.extend((version < Version::V3_0).then(|| Item::integer(tag::BATCH_COUNT, 1)));
    let item = vec![Item::enumeration(tag::OPERATION, operation.0), Item::structure(tag::REQUEST_PAYLOAD, payload)];
    let items = vec![Item::structure(tag::REQUEST_HEADER, header), Item::structure(tag::BATCH_ITEM, item)];
    let place =
        session.exchange_again(Options::new("ask", ALICE), Item::structure(tag::REQUEST_MESSAGE, items).encode()).await;
    let doc = Doc::strict(&session.transcript()[place].received, &Limits::default()).expect("an answer");
    let item = doc.root().and_then(|root| root.child(tag::BATCH_ITEM)).expect("a batch item");
    let payload = item.child(tag::RESPONSE_PAYLOAD);
    let operations = payload.into_iter().flat_map(ItemRef::children).filter(|i| i.tag() == tag::OPERATION);
    Told {
        reason: item.child(tag::RESULT_REASON).and_then(ItemRef::as_u32).map(ResultReason),
        operations: operations.filter_map(ItemRef::as_u32).collect(),
    }
}

/// Versions the bundled server speaks.
fn spoken() -> impl Iterator<Item = Version> {
    Version::ALL.into_iter()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_served_is_named_by_query_and_has_a_scenario_at_each_version() {
    let mut tested: BTreeMap<String, BTreeSet<Version>> = BTreeMap::new();
    for scenario in scenarios() {
        for version in scenario.versions.iter() {
            let plan = scenario.plan(version).unwrap_or_else(|e| panic!("{} at {version}: {e:#?}", scenario.id));
            for operation in plan.steps.iter().flat_map(|s| s.operations()) {
                tested.entry(operation).or_default().insert(version);
            }
        }
    }
    let (server, target) = bundled::start(Config::default()).await.expect("a server");
    let mut session = Session::new(Arc::new(target), Arc::new(Pool::default()), Connections::Shared);
    let mut wrong = Vec::new();
    let mut served_somewhere = BTreeSet::new();
    for version in spoken() {
        let function = Item::enumeration(tag::QUERY_FUNCTION, QueryFunction::QUERY_OPERATIONS.0);
        let named = ask(&mut session, version, Operation::QUERY, vec![function]).await.operations;
        for row in OPERATIONS {
            let name = row.operation.name().unwrap_or(row.name);
            // An empty payload is refused for its content where the operation is known, or changes nothing that is asked for here.
            // Re-Provision would replace the certificate in use: its payload is one that cannot be read.
            let payload = match row.operation {
                Operation::RE_PROVISION => vec![Item::integer(tag::CERTIFICATE, 1)],
                _ => Vec::new(),
            };
            let answer = ask(&mut session, version, row.operation, payload).await;
            let served = answer.reason != Some(ResultReason::OPERATION_NOT_SUPPORTED);
            if served != named.contains(&row.operation.0) {
                wrong.push(format!("{name} at {version}: served is {served}, Query says {}", !served));
            }
            if served && !row.exists_in(version) {
                wrong.push(format!("{name} at {version}: served, but the version does not have it"));
            }
            if served {
                served_somewhere.insert(row.operation.0);
                if !tested.get(name).is_some_and(|at| at.contains(&version)) {
                    wrong.push(format!("{name} at {version}: served, but no scenario sends it"));
                }
            }
        }
        let untyped = named.iter().filter(|n| !OPERATIONS.iter().any(|row| row.operation.0 == **n));
        wrong.extend(untyped.map(|n| format!("Query names {n:#x} at {version}, which has no row")));
    }
    server.shutdown().await;
    nothing(wrong, "gaps between server, Query and scenarios");
    assert!(served_somewhere.len() >= 16, "{served_somewhere:?}");
}

/// The folder of an operation's scenarios.
fn folder(name: &str) -> String {
    name.replace('_', "-")
}

/// The verdicts of an operation's own cases against a server.
async fn verdicts(target: Target, scenarios: Vec<Scenario>, version: Version) -> BTreeSet<Verdict> {
    let (sender, mut events) = tokio::sync::mpsc::unbounded_channel();
    let run = Run {
        target: Arc::new(target),
        scenarios,
        selection: Selection { versions: vec![version], ..Selection::default() },
        jobs: 4,
        case_timeout: Duration::from_secs(60),
        run_id: None,
        expectations: Expectations::default(),
        reproduce: Vec::new(),
        stop: Stop::default(),
    };
    let mut verdicts = BTreeSet::new();
    if let Err(error) = kmipspec::runner::run(run, sender).await {
        assert!(matches!(error, RunError::NothingSelected), "{error}");
        return verdicts;
    }
    while let Ok(event) = events.try_recv() {
        if let Event::CaseFinished(execution) = event {
            verdicts.extend(execution.id.starts_with("operations.").then_some(execution.verdict));
        }
    }
    verdicts
}

/// Operations a client cannot tell from a polite answer, and why.
const NOT_TO_BE_SEEN: [(&str, &str); 3] = [
    ("notify", "servers send it: tests/server/listener.rs and self-check show what cases see of it"),
    ("ping", "it does nothing but answer (2.1 §6.1.36)"),
    ("put", "servers send it: tests/server/listener.rs and self-check show what cases see of it"),
];

/// Operations of which the text says nothing stronger than should: no answer to them is a failure.
const ONLY_SHOULD: [(&str, &str); 2] = [
    (
        "discover_versions",
        "that a version is listed is a SHOULD, and no version in common is an empty list (2.1 §6.1.16)",
    ),
    ("query_asynchronous_requests", "what is reported is a SHOULD throughout (2.1 §6.1.41)"),
];

/// What is amiss when the server is only polite about one operation.
async fn amiss_with_a_polite_server(row: &'static Row, scenarios: Vec<Scenario>) -> Option<String> {
    let version = Version::ALL.into_iter().rev().find(|v| row.exists_in(*v) && *v <= Version::V2_1)?;
    let listed = |list: &[(&str, &str)]| list.iter().any(|(name, _)| *name == row.name);
    let wanted = if listed(&ONLY_SHOULD) { Verdict::NonStrict } else { Verdict::Fail };
    // Where a Poll does what is not due yet, nobody can see whether Process did.
    let asynchronous = match row.operation {
        Operation::PROCESS => {
            Asynchronous { delay: Duration::from_secs(5), poll_hastens: false, ..Asynchronous::default() }
        }
        _ => Asynchronous::default(),
    };
    let id = format!("operations.{}", folder(row.name));
    let mut found = BTreeSet::new();
    for quirks in [Quirks::only_polite(row.operation), Quirks::default()] {
        let honest = quirks.none();
        if honest && row.operation != Operation::PROCESS {
            // The whole suite against the bundled server as it is: tests/harness/loopback.rs.
            continue;
        }
        let asynchronous = asynchronous.clone();
        let config = Config { quirks, asynchronous, ..Config::default() };
        let (server, target) = bundled::start(config).await.expect("a server");
        let verdicts = verdicts(target, scenarios.clone(), version).await;
        server.shutdown().await;
        if honest && verdicts != BTreeSet::from([Verdict::Pass]) {
            return Some(format!("{id} at {version}: {verdicts:?} of a server that does it"));
        }
        found.extend(verdicts.into_iter().filter(|_| !honest));
    }
    match (found.contains(&wanted), listed(&NOT_TO_BE_SEEN)) {
        (false, false) => Some(format!("{id} at {version}: {found:?}")),
        (true, true) => Some(format!("{id} at {version} is seen, and is in the list of what is not")),
        _ if wanted != Verdict::Fail && found.contains(&Verdict::Fail) => {
            Some(format!("{id} at {version} comes to a failure, and is in the list of what does not"))
        }
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_operation_has_a_case_that_fails_when_it_only_says_success() {
    let all = scenarios();
    let mut waiting = OPERATIONS.iter();
    let mut running = JoinSet::new();
    let mut unseen = Vec::new();
    loop {
        while running.len() < 4 {
            let Some(row) = waiting.next() else { break };
            let own = format!("operations.{}.", folder(row.name));
            let own = all.iter().filter(|scenario| scenario.id.starts_with(&own)).cloned().collect();
            running.spawn(amiss_with_a_polite_server(row, own));
        }
        let Some(amiss) = running.join_next().await else { break };
        unseen.extend(amiss.expect("a run that ends"));
    }
    unseen.sort();
    nothing(unseen, "operations without a case that sees what they do");
}

/// What the attribute of a matcher counts for: custom and vendor attributes have one row for all of them.
fn attribute_looked_at(name: String, version: Version) -> String {
    match name.contains('-') {
        true if version < Version::V2_0 => "CustomAttribute".to_owned(),
        true => "Attribute".to_owned(),
        false => name,
    }
}

#[test]
fn each_attribute_has_a_case_that_looks_at_its_value_at_each_version() {
    let mut observed: BTreeMap<String, BTreeSet<Version>> = BTreeMap::new();
    for scenario in scenarios() {
        for version in scenario.versions.iter() {
            let plan = scenario.plan(version).unwrap_or_else(|e| panic!("{} at {version}: {e:#?}", scenario.id));
            for name in plan.steps.iter().flat_map(|s| s.observes()) {
                observed.entry(attribute_looked_at(name, version)).or_default().insert(version);
            }
        }
    }
    let mut unseen = Vec::new();
    for row in ATTRIBUTES {
        for version in spoken().filter(|v| row.versions.contains(*v)) {
            if !observed.get(row.xml_name).is_some_and(|at| at.contains(&version)) {
                unseen.push(format!("{} at {version}", row.name));
            }
        }
    }
    nothing(unseen, "attributes whose value no case looks at");
}

/// Object types no case gets back, and why.
const NOT_TO_BE_GOT: [(&str, &str); 6] = [
    ("User", NO_TEXT),
    ("Group", NO_TEXT),
    ("Password Credential", NO_TEXT),
    ("Device Credential", NO_TEXT),
    ("One Time Password Credential", NO_TEXT),
    ("Hashed Password Credential", NO_TEXT),
];
const NO_TEXT: &str = "3.0 alone has it, and no text of 3.0 is to be had that says what a Get of it returns";

#[test]
fn each_object_type_has_a_case_that_gets_it_back_at_each_version() {
    let mut got: BTreeMap<String, BTreeSet<Version>> = BTreeMap::new();
    for scenario in scenarios() {
        for version in scenario.versions.iter() {
            let plan = scenario.plan(version).unwrap_or_else(|e| panic!("{} at {version}: {e:#?}", scenario.id));
            for step in plan.steps.iter().filter(|s| s.operations() == ["Get"]) {
                for name in step.observes() {
                    got.entry(name).or_default().insert(version);
                }
            }
        }
    }
    let types = ENUMERATIONS.iter().find(|e| e.name == "Object Type").expect("the enumeration of object types");
    let mut missing = Vec::new();
    for value in types.values {
        let excused = NOT_TO_BE_GOT.iter().any(|(name, _)| *name == value.name);
        let at = got.get(value.xml_name);
        for version in spoken().filter(|v| value.exists(*v)) {
            if at.is_some_and(|at| at.contains(&version)) == excused {
                missing.push(format!("{} at {version}", value.name));
            }
        }
    }
    nothing(missing, "object types that no case gets back, or that stand in the list without need");
}

#[test]
fn what_a_scenario_cites_exists() {
    let mut wrong = Vec::new();
    let mut cited = 0;
    for scenario in scenarios() {
        for row in &scenario.source_rows {
            let is_error_row = ["E1-", "E2-", "EG-"].iter().any(|p| row.starts_with(p));
            if is_error_row {
                cited += 1;
                if !ERRORS.iter().any(|e| e.id == row) {
                    wrong.push(format!("{}: no error row has the id {row}", scenario.id));
                }
            }
        }
        for version in scenario.versions.iter() {
            // Documents of profiles may be cited in its place; which sections they have, reading the file has looked up.
            if scenario.spec_at(version).is_empty() {
                wrong.push(format!("{} at {version}: no section", scenario.id));
            }
            let stated = scenario.sections(version).into_iter().flat_map(|stated| &stated.sections);
            let missing = stated.filter(|s| !section_exists(version, s));
            wrong.extend(missing.map(|s| format!("{}: KMIP {version} has no section {s}", scenario.id)));
        }
    }
    nothing(wrong, "citations of nothing");
    assert!(cited > 50, "only {cited} error rows are cited");
}

#[test]
fn ids_are_unique_over_scenarios_rules_and_error_rows() {
    let mut seen = BTreeSet::new();
    let all = scenarios().into_iter().map(|s| s.id);
    let all = all.chain(standing::rules().map(|r| r.id.to_owned())).chain(ERRORS.iter().map(|e| e.id.to_owned()));
    let twice = all.filter(|id| !seen.insert(id.clone())).collect();
    nothing(twice, "ids that stand twice");
}

#[test]
fn every_rule_has_sections_that_exist() {
    let mut wrong = Vec::new();
    for rule in RULES {
        let excused = WITHOUT_SECTION.iter().any(|(id, _)| *id == rule.id) && rule.level == schema::Level::May;
        if rule.statement.is_empty() || rule.spec.is_empty() != excused {
            wrong.push(format!("{} has no section, or no statement", rule.id));
        }
        let missing = rule.spec.iter().filter(|s| s.version <= Version::V2_1 && !section_exists(s.version, s.section));
        wrong.extend(missing.map(|s| format!("{}: there is no {s}", rule.id)));
        if OF_REQUESTS.contains(&rule.id) == standing::rules().any(|r| r.id == rule.id) {
            wrong.push(format!("{} is a rule of runs and of requests, or of neither", rule.id));
        }
    }
    for rule in standing::rules().filter(|r| WITHOUT_SECTION.iter().all(|(id, _)| *id != r.id)) {
        if !Version::ALL.into_iter().any(|v| !standing::spec_at(rule.id, v).is_empty()) {
            wrong.push(format!("{} cites nothing at any version", rule.id));
        }
    }
    for row in ERRORS.iter().filter(|row| row.sections.is_empty()) {
        wrong.push(format!("{} has no section", row.id));
    }
    for row in OPERATIONS.iter().filter(|row| row.spec.is_empty()) {
        wrong.push(format!("{} has no section", row.name));
    }
    let sections = ERRORS.iter().map(|r| (r.id, r.sections));
    let sections = sections.chain(ATTRIBUTES.iter().map(|r| (r.name, r.sections)));
    let sections = sections.chain(schema::OPERATIONS.iter().map(|r| (r.name, r.sections)));
    for (row, sections) in sections {
        // Of 3.0 there is no text to compare with.
        let missing = sections.iter().filter(|(v, s)| *v <= Version::V2_1 && !section_exists(*v, s));
        wrong.extend(missing.map(|(v, s)| format!("{row}: KMIP {v} has no section {s}")));
    }
    nothing(wrong, "rules and rows without ground");
}

#[test]
fn tables_are_sorted() {
    rises("tags", TAGS.iter().map(|t| t.tag));
    rises("operations", OPERATIONS.iter().map(|o| o.operation.0));
    rises("operations of the schema", schema::OPERATIONS.iter().map(|o| (o.code, o.initiator as u8)));
    rises("attributes", ATTRIBUTES.iter().map(|a| a.tag));
    rises("structures", STRUCTURES.iter().map(|s| s.tag));
    // The standard names no Opaque Data Type.
    for enumeration in ENUMERATIONS.iter().filter(|e| e.name != "Opaque Data Type") {
        rises(enumeration.name, enumeration.values.iter().map(|v| v.code));
    }
    rises("scenarios", scenarios().iter().map(|s| s.id.clone()));
}

#[test]
fn every_typed_operation_has_a_row_in_the_schema() {
    let mut wrong = Vec::new();
    for row in OPERATIONS {
        for version in spoken().filter(|v| row.exists_in(*v)) {
            let layout = schema::operation_row(row.operation.0).and_then(|r| r.layout(version));
            if layout.is_none() {
                wrong.push(format!("{} at {version}", row.name));
            }
        }
    }
    nothing(wrong, "operations without a layout");
    let Library { scenarios, .. } = Library::builtin();
    assert!(scenarios.iter().all(|s| !s.title.is_empty() && !s.steps.is_empty()));
}
