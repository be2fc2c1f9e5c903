//! `kmipspec client` against a client that shares no code with it: `small_client.py`, by hand from the standard, with bugs to choose
//! from. It needs a Python, of any version that is maintained, and nothing else.

use crate::peer::{SCRATCH, not_run, printed, run};
use crate::program::program;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// The client.
const CLIENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/client_suite/small_client.py");

/// The case that does not stand at the version at which the others are tried.
const NEWER_FIELD: &str = "client.payload.newer-field";

/// What only the task `more` asks for.
const MORE: [&str; 3] = ["client.pending", "client.delivery.joined", "client.get.encoding-option"];

/// Each bug, the task that has it, the case that is there for it, and what that comes to.
const BUGS: &[(&str, &str, &str, &str)] = &[
    ("header-is-fixed", "life", "client.header.server-correlation-value", "fail"),
    ("header-is-fixed", "life", "client.header.client-correlation-value", "info"),
    ("header-is-fixed", "life", "client.header.attestation-types", "info"),
    ("extensions-are-refused", "life", "client.batch-item.message-extension", "info"),
    ("batch-in-order", "batch", "client.batch-item.order", "fail"),
    ("locate-finds", "life", "client.locate.no-match", "fail"),
    ("located-items-are-unknown", "life", "client.locate.no-match-counted", "fail"),
    ("located-items-are-unknown", "life", "client.locate.located-items", "fail"),
    ("attributes-are-sorted", "life", "client.get-attributes.order", "fail"),
    ("attributes-are-known", "life", "client.get-attributes.vendor-attribute", "fail"),
    ("small-buffer", "life", "client.get-attributes.many", "info"),
    ("index-is-unknown", "life", "client.get-attributes.index-zero", "fail"),
    ("create-has-two-fields", "life", "client.create.template-attribute", "fail"),
    ("key-value-is-material", "life", "client.get.key-attributes", "fail"),
    ("operations-are-known", "life", "client.query.vendor-operations", "fail"),
    ("information-is-empty", "life", "client.query.server-information", "fail"),
    ("identifiers-are-uuids", "life", "client.unique-identifier.any-text", "fail"),
    ("identifiers-are-ascii", "life", "client.unique-identifier.utf-8", "fail"),
    ("one-read", "life", "client.delivery.pieces", "fail"),
    ("no-second-connection", "life", "client.delivery.closed-behind", "info"),
    ("half-is-enough", "life", "client.delivery.cut", "fail"),
    ("closed-is-done", "life", "client.delivery.nothing", "fail"),
    ("close-is-waited-out", "life", "client.delivery.nothing", "info"),
    ("status-is-ignored", "life", "client.failure.general-failure", "fail"),
    ("status-is-ignored", "life", "client.failure.item-not-found", "fail"),
    ("status-is-ignored", "life", "client.failure.permission-denied", "fail"),
    ("status-is-ignored", "life", "client.failure.authentication-not-successful", "fail"),
    ("status-is-ignored", "life", "client.failure.without-operation", "fail"),
    ("status-is-ignored", "life", "client.failure.without-message", "fail"),
    ("status-is-ignored", "life", "client.failure.message-in-any-language", "fail"),
    ("operation-is-expected", "life", "client.failure.without-operation", "info"),
    ("message-is-expected", "life", "client.failure.without-message", "info"),
    ("messages-are-ascii", "life", "client.failure.message-in-any-language", "info"),
    ("reasons-are-known", "life", "client.failure.vendor-reason", "info"),
    ("version-is-kept", "life", "client.discover-versions.lower-minor", "info"),
    ("discover-is-expected", "life", "client.discover-versions.not-supported", "info"),
    ("discover-has-a-payload", "life", "client.discover-versions.authentication-not-successful", "info"),
    ("payload-is-expected", "life", "client.failure.locate", "info"),
    ("payload-is-expected", "life", "client.failure.get-attributes", "info"),
    ("payload-is-expected", "life", "client.failure.destroy", "info"),
    ("query-is-expected", "life", "client.query.permission-denied", "info"),
    ("skip-is-short", "life", "client.query.server-information", "fail"),
    ("skip-is-short", "life", "client.payload.vendor-fields", "info"),
    ("fields-are-known", "life", "client.payload.vendor-fields", "info"),
    ("fields-are-known", "life", NEWER_FIELD, "info"),
    ("lengths-are-ignored", "life", "client.header.integer-length", "info"),
    ("clock-is-rounded-up", "life", "client.header.own-time-stamp", "info"),
    ("wrapped-is-structure", "life", "client.get.wrapped-ttlv-encoding", "info"),
    ("wrapped-is-structure", "life", "client.get.wrapped-no-encoding", "info"),
    ("material-is-bytes", "life", "client.get.transparent", "info"),
    ("option-is-unknown", "more", "client.get.encoding-option", "fail"),
    ("pending-is-done", "more", "client.pending.polled", "fail"),
    ("polled-is-done", "more", "client.pending.again", "fail"),
    ("polled-once", "more", "client.pending.again", "info"),
    ("one-answer-at-a-time", "more", "client.delivery.joined", "fail"),
    ("mebibyte", "life", "client.get-attributes.mebibyte", "info"),
    ("stall-is-waited-out", "life", "client.delivery.stalled", "info"),
    ("time-is-the-client-s", "life", "client.header.time-stamp-ahead", "info"),
    ("padding-is-left-out", "life", "ttlv.structure-length", "fail"),
    ("size-is-long", "life", "schema.item-type", "fail"),
    ("name-is-squeezed", "life", "schema.attribute-name", "fail"),
    ("count-is-wrong", "batch", "schema.batch-count", "fail"),
    ("ids-are-left-out", "batch", "schema.batch-item-id-required", "fail"),
];

/// How Python is called here; `None` with a line on stderr where there is none, a failure in CI.
fn python() -> Option<&'static str> {
    let works = |name: &&str| run(Command::new(name).args(["-c", "import ssl, struct"])).is_ok();
    let found = ["python3", "python"].into_iter().find(works);
    if found.is_none() {
        not_run("Python", "no Python");
    }
    found
}

/// Judges the client by these arguments; the exit code, the verdicts by id and version, and all that was printed.
fn judge(name: &str, arguments: &[&str]) -> (Option<i32>, Vec<(String, String, String)>, String) {
    let json = Path::new(SCRATCH).join(format!("client-suite-{name}.json"));
    let output = program().arg("client").args(arguments).arg("--json").arg(&json).output().expect("started");
    let text = printed(&output);
    let report = std::fs::read(&json).unwrap_or_else(|e| panic!("{e}: {text}"));
    let report: Value = serde_json::from_slice(&report).expect("JSON");
    let field = |e: &Value, name: &str| e[name].as_str().expect("a text").to_owned();
    let executions = report["results"].as_array().expect("results");
    let verdicts = executions.iter().map(|e| (field(e, "id"), field(e, "version"), field(e, "verdict"))).collect();
    (output.status.code(), verdicts, text)
}

fn command(python: &str, task: &str, bug: &str) -> String {
    let bug = if bug.is_empty() { String::new() } else { format!(" --bug {bug}") };
    format!("{python} '{CLIENT}' {task}{bug}")
}

#[test]
fn a_client_without_a_bug_passes_every_case() {
    let Some(python) = python() else { return };
    let life = command(python, "life", "");
    // Versions have rows of their own: the oldest, and the last of each major version.
    let versions = ["--version", "1.0", "--version", "1.4", "--version", "2.1"];
    let arguments = [&["--timeout", "60s", "--command", &life][..], &versions].concat();
    let (code, mut verdicts, mut text) = judge("clean", &arguments);
    assert_eq!(code, Some(0), "{text}");
    // Other tasks ask for what this one does not.
    for (task, cases) in [("batch", &["client.batch-item", "client.failure"][..]), ("more", &MORE)] {
        let command = format!("{task}={}", command(python, task, ""));
        let arguments = [cases, &["--timeout", "60s", "--command", &command], &versions].concat();
        let (code, of_task, text_of_task) = judge(&format!("clean-{task}"), &arguments);
        assert_eq!(code, Some(0), "{text_of_task}");
        verdicts.extend(of_task);
        text += &text_of_task;
    }
    let counts = |(_, _, verdict): &&(String, String, String)| verdict != "pass" && verdict != "skip";
    assert_eq!(verdicts.iter().filter(counts).collect::<Vec<_>>(), Vec::<&(String, String, String)>::new(), "{text}");
    for (_, _, case, _) in BUGS.iter().filter(|(.., case, _)| case.starts_with("client.")) {
        let passed = |(id, _, verdict): &(String, String, String)| {
            let of_task = |task| id.strip_suffix(task) == Some(case);
            verdict == "pass" && (id == case || of_task(".batch") || of_task(".more"))
        };
        assert!(verdicts.iter().any(passed), "{case} is nowhere put to the test: {text}");
    }
}

#[test]
fn each_bug_is_found_by_the_case_that_is_there_for_it() {
    let Some(python) = python() else { return };
    for (bug, task, case, verdict) in BUGS {
        let command = command(python, task, bug);
        let version = if *case == NEWER_FIELD { "1.2" } else { "1.4" };
        // What hangs is waited for twice, the second time for longer.
        let timeout = if bug.ends_with("-is-waited-out") { "3s" } else { "60s" };
        let (code, verdicts, text) =
            judge(&format!("{bug}-{case}"), &[case, "--version", version, "--timeout", timeout, "--command", &command]);
        let found = verdicts.iter().find(|(id, _, _)| id == case);
        assert_eq!(found.map(|(_, _, v)| v.as_str()), Some(*verdict), "{bug} by {case}: {text}");
        assert_eq!(code, Some(if *verdict == "fail" { 4 } else { 0 }), "{bug} by {case}: {text}");
        assert!(*verdict != "fail" || text.contains(case), "{bug}: {text}");
    }
}

#[test]
fn every_bug_of_the_client_and_every_case_are_in_the_table() {
    let Some(python) = python() else { return };
    let listed = run(Command::new(python).args([CLIENT, "bugs"])).unwrap_or_else(|why| panic!("{why}"));
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    for bug in listed.lines() {
        assert!(BUGS.iter().any(|(known, ..)| *known == bug), "{bug}");
    }
    assert!(listed.lines().count() >= 10, "{listed}");
    let cases = program().args(["client", "--list"]).output().expect("started");
    let cases = printed(&cases);
    let ids = cases.lines().filter(|line| line.starts_with("client.")).filter_map(|line| line.split(' ').next());
    for id in ids {
        assert!(BUGS.iter().any(|(_, _, case, _)| *case == id), "{id} finds nothing");
    }
}
