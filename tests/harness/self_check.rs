//! The suite against servers with a known fault: it is found, under the rules that name it and no others.

use kmipspec::runner::Stop;
use kmipspec::runner::self_check::{Matrix, SelfCheck, run};
use kmipspec::runner::standing;
use kmipspec::scenario::file::Scenario;
use kmipspec::scenario::library::{Library, selects};
use kmipspec_reference_server::quirks::{self, Quirk};
use std::time::Duration;

/// The cases whose ids begin so.
fn scenarios(beginnings: &[&str]) -> Vec<Scenario> {
    let mut all = Library::builtin().scenarios;
    all.retain(|scenario| beginnings.iter().any(|beginning| selects(beginning, &scenario.id)));
    assert!(!all.is_empty(), "no case begins with {beginnings:?}");
    all
}

/// The matrix of these faults over these cases, at all versions.
async fn matrix(names: &[&str], beginnings: &[&str]) -> Matrix {
    let quirks: Vec<&'static Quirk> =
        names.iter().map(|name| quirks::named(name).unwrap_or_else(|| panic!("no quirk {name}"))).collect();
    let check = SelfCheck {
        quirks,
        scenarios: scenarios(beginnings),
        versions: Vec::new(),
        quick: None,
        jobs: 2,
        case_timeout: Duration::from_secs(60),
        stop: Stop::default(),
    };
    let (rows, _) = tokio::sync::mpsc::unbounded_channel();
    run(check, rows).await.expect("a server to check with")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_is_reported_under_its_own_rules_and_no_others() {
    let names = [
        "answer-without-item-id",
        "batch-ignores-continuation",
        "destroy-takes-active",
        "header-ignores-maximum-response-size",
        "revoke-takes-any-reason",
    ];
    let matrix = matrix(&names, &["messages", "operations.destroy", "operations.revoke"]).await;
    assert!(matrix.false_alarms.is_empty(), "{:?}", matrix.false_alarms);
    assert_eq!(matrix.rows.len(), names.len());
    for row in &matrix.rows {
        assert!(row.is_caught() && row.unnamed.is_empty() && row.broken.is_none(), "{row:#?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_that_no_case_meets_is_missed() {
    let matrix = matrix(&["destroy-takes-active"], &["operations.query", "messages.header"]).await;
    assert!(matrix.false_alarms.is_empty(), "{:?}", matrix.false_alarms);
    assert!(!matrix.is_good() && matrix.rows.iter().all(|row| !row.is_caught() && row.reported.is_empty()));
}

#[test]
fn every_rule_that_a_quirk_names_exists() {
    let scenarios = Library::builtin().scenarios;
    let ids: Vec<&str> = scenarios.iter().map(|s| s.id.as_str()).chain(standing::rules().map(|r| r.id)).collect();
    let mut wrong = Vec::new();
    for quirk in quirks::all() {
        let unknown = quirk.rules.iter().filter(|rule| !ids.iter().any(|id| selects(rule, id)));
        wrong.extend(unknown.map(|rule| format!("{}: {rule}", quirk.name)));
    }
    assert!(wrong.is_empty(), "rules that do not exist:\n{}", wrong.join("\n"));
    assert!(quirks::all().len() >= 100, "{} quirks", quirks::all().len());
}
