//! Walks the tables: what is served is tested and told, what a scenario cites exists, ids are unique, tables are sorted.

use kmipspec::client::session::{Connections, Options};
use kmipspec::client::{ALICE, Pool, Session};
use kmipspec::runner::{bundled, standing};
use kmipspec::scenario::file::Scenario;
use kmipspec::scenario::library::Library;
use kmipspec_protocol::operations::OPERATIONS;
use kmipspec_protocol::registry::{ENUMERATIONS, Operation, QueryFunction, ResultReason, TAGS, tag};
use kmipspec_protocol::schema::{self, ATTRIBUTES, ERRORS, RULES, STRUCTURES, section_exists};
use kmipspec_protocol::ttlv::{Doc, Item, ItemRef, Limits};
use kmipspec_protocol::version::Version;
use kmipspec_reference_server::Config;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::Arc;

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
            let Some(stated) = scenario.sections(version) else {
                wrong.push(format!("{} at {version}: no section", scenario.id));
                continue;
            };
            let missing = stated.sections.iter().filter(|s| !section_exists(version, s));
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
