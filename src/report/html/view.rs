//! From a recorded run to what the template shows.

use super::case::{Case, Telling};
use super::{SCRIPT, SCRIPT_HASH, STYLE};
use crate::report::record::Record;
use crate::report::table::{Table, is_known_failure, not_run};
use crate::report::text::{count, duration, printable, version_list};
use crate::report::tls_summary;
use crate::runner::event::Execution;
use crate::runner::verdict::Verdict;
use askama::Template;
use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

/// Bytes that all messages together may take, all findings, and the steps of all that passed; what comes later is left to the JSON report,
/// and that is said. With what each case takes in any case, 3,000 of them stay below five megabytes.
const MESSAGES: usize = 900_000;
const FINDINGS: usize = 600_000;
const STEPS: usize = 600_000;

/// Up to so many failed cases are shown unfolded, and of even fewer the messages.
const OPEN: usize = 20;
const UNFOLDED: usize = 3;

/// The page.
#[derive(Template)]
#[template(path = "page.html")]
pub(super) struct Page {
    version: &'static str,
    style: &'static str,
    script: &'static str,
    script_hash: &'static str,
    title: String,
    facts: Vec<(&'static str, String)>,
    counts: Vec<Count>,
    /// What a reader has to know first: a run cut short, claims that are not true.
    alarms: Vec<String>,
    suites: Vec<Suite>,
    tables: Vec<Table>,
    profiles: Vec<String>,
    tls: Vec<String>,
    not_run: Vec<(&'static str, String, usize)>,
    operations: Vec<String>,
    cases: Vec<Case>,
}

/// How many executions there are of a verdict.
struct Count {
    word: &'static str,
    class: &'static str,
    n: usize,
}

/// A row of the matrix.
struct Suite {
    name: String,
    tiles: Vec<Tile>,
}

/// A case in the matrix.
struct Tile {
    anchor: String,
    id: String,
    word: &'static str,
    class: &'static str,
}

/// Makes the page.
pub(super) fn page(record: &Record, started: SystemTime, strict: bool, show_secrets: bool) -> Page {
    let executions = &record.executions;
    let target = record.started.as_ref().map(|run| &run.target);
    let mut by_case: BTreeMap<(&str, &str), Vec<&Execution>> = BTreeMap::new();
    for e in executions {
        by_case.entry((&e.suite, &e.id)).or_default().push(e);
    }
    let tls = target.and_then(|t| t.tls.as_deref());
    let mut telling = Telling { tls, show_secrets, messages: MESSAGES, findings: FINDINGS, steps: STEPS };
    let (mut suites, mut cases): (Vec<Suite>, Vec<Case>) = (Vec::new(), Vec::new());
    for ((suite, _), executions) in by_case {
        let Some(case) = Case::of(&executions, &mut telling) else { continue };
        let name = printable(suite, false);
        if suites.last().is_none_or(|last| last.name != name) {
            suites.push(Suite { name, tiles: Vec::new() });
        }
        let tile = Tile { anchor: case.anchor.clone(), id: case.id.clone(), word: case.word, class: case.class };
        if let Some(suite) = suites.last_mut() {
            suite.tiles.push(tile);
        }
        cases.push(case);
    }
    let failed = cases.iter().filter(|case| is_bad(case)).count();
    for case in cases.iter_mut().filter(|case| is_bad(case)) {
        case.open = failed <= OPEN;
        case.unfolded = failed <= UNFOLDED;
    }
    let operations: BTreeSet<&str> = cases.iter().flat_map(|case| case.operations.split_whitespace()).collect();
    let run = &record.finished;
    let alarms = run.broken.iter().chain(&run.stale).chain(&run.unexpected);
    Page {
        version: env!("CARGO_PKG_VERSION"),
        style: STYLE,
        script: SCRIPT,
        script_hash: SCRIPT_HASH,
        title: title(record, strict),
        facts: facts(record, started),
        counts: counts(executions),
        alarms: alarms.map(|line| printable(line, false)).collect(),
        operations: operations.into_iter().map(str::to_owned).collect(),
        tables: vec![
            Table::of(executions, "suite", |e| &e.suite),
            Table::of(executions, "version", |e| e.version.as_str()),
            Table::of(executions, "encoding", |e| e.encoding),
        ],
        profiles: record.profiles.iter().map(|judged| printable(&judged.line(), false)).collect(),
        tls: record.tls.iter().flat_map(|look| tls_summary::lines(look)).map(|(_, line)| line).collect(),
        not_run: not_run(executions).into_iter().map(|(v, why, n)| (v.as_str(), printable(why, false), n)).collect(),
        suites,
        cases,
    }
}

fn is_bad(case: &Case) -> bool {
    matches!(case.word, "fail" | "error")
}

/// Who was judged, and how it went.
fn title(record: &Record, strict: bool) -> String {
    let failed = record.executions.iter().filter(|e| e.counts_as_failure(strict)).count();
    let whom = record.started.as_ref().map_or("no server", |run| run.target.address.as_str());
    let how = match (failed, record.finished.broken.is_some()) {
        (0, false) => "no failure".to_owned(),
        (0, true) => "cut short".to_owned(),
        (n, false) => count(n, "failure"),
        (n, true) => format!("{}, cut short", count(n, "failure")),
    };
    printable(&format!("{whom}: {how}"), false)
}

/// What is known of the run and the peer.
fn facts(record: &Record, started: SystemTime) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if let Some(run) = &record.started {
        let target = &run.target;
        facts.push(("server", target.address.clone()));
        facts.extend(target.vendor.clone().map(|vendor| ("vendor", vendor)));
        facts.push(("KMIP", version_list(target.versions.iter().copied())));
        facts.push(("messages", target.encoding.told().to_owned()));
        facts.extend(target.tls.clone().map(|tls| ("TLS", tls)));
        facts.push(("names begin with", run.run_id.clone()));
    }
    let at = jiff::Timestamp::try_from(started).ok().and_then(|t| jiff::Timestamp::from_second(t.as_second()).ok());
    let cases: BTreeSet<&str> = record.executions.iter().map(|e| e.id.as_str()).collect();
    facts.extend(at.map(|at| ("began", at.to_string())));
    facts.push(("took", duration(record.finished.duration)));
    facts.push(("ran", format!("{}, {}", count(cases.len(), "case"), count(record.executions.len(), "execution"))));
    facts.push(("kmipspec", env!("CARGO_PKG_VERSION").to_owned()));
    facts.into_iter().map(|(label, text)| (label, printable(&text, false))).filter(|(_, t)| !t.is_empty()).collect()
}

/// Executions of each verdict that occurs; known failures by themselves.
fn counts(executions: &[Execution]) -> Vec<Count> {
    let mut counts: Vec<Count> = Vec::new();
    let verdicts = Verdict::ALL.map(Verdict::as_str);
    for name in verdicts.iter().chain(&["known"]) {
        let mut of = executions.iter().filter(|e| word(e) == *name).peekable();
        if let Some(class) = of.peek().map(|e| class(e)) {
            counts.push(Count { word: name, class, n: of.count() });
        }
    }
    counts
}

/// The verdict, or that it is a failure that an expectations file names.
pub(super) fn word(e: &Execution) -> &'static str {
    if is_known_failure(e) { "known" } else { e.verdict.as_str() }
}

/// How it looks.
pub(super) fn class(e: &Execution) -> &'static str {
    class_of(word(e))
}

/// How a word looks.
pub(super) fn class_of(word: &'static str) -> &'static str {
    match word {
        "skip" => "skipped",
        word => word,
    }
}
