//! Two runs with known differences, written by the JSON sink and compared.

use super::Sink;
use super::diff::{Diff, compare};
use super::fixture::{execution, run};
use super::json::Json;
use super::style::Paint;
use super::written::{ReadError, Run};
use crate::exit::Exit;
use crate::runner::event::{Event, Execution, RunFinished, RunStarted};
use crate::runner::verdict::Verdict;
use kmipspec_protocol::version::Version;
use std::time::SystemTime;

/// What `run --json` would write, read back.
pub(super) fn results(name: &str, executions: Vec<Execution>, broken: Option<&str>) -> Run {
    Run::read(&results_file(name, executions, broken, false)).expect("results")
}

/// What `run --json` would write.
pub(crate) fn results_file(
    name: &str,
    executions: Vec<Execution>,
    broken: Option<&str>,
    show_secrets: bool,
) -> Vec<u8> {
    let started = run().into_iter().find_map(|event| match event {
        Event::RunStarted(started) => Some(RunStarted { run_id: name.to_owned(), ..started }),
        _ => None,
    });
    let finished = RunFinished { broken: broken.map(str::to_owned), ..RunFinished::default() };
    let events = [Event::RunStarted(started.expect("it begins"))]
        .into_iter()
        .chain(executions.into_iter().map(|e| Event::CaseFinished(Box::new(e))))
        .chain([Event::RunFinished(finished)]);
    let mut out = Vec::new();
    let mut sink = Json::new(&mut out, SystemTime::UNIX_EPOCH, false, show_secrets);
    for event in events {
        sink.event(&event).expect("a vector takes all");
    }
    drop(sink);
    out
}

fn one(id: &str, verdict: Verdict) -> Execution {
    execution(id, Version::V1_4, verdict)
}

fn recorded(id: &str, actual: &str) -> Execution {
    let mut e = one(id, Verdict::Info);
    for finding in &mut e.findings {
        finding.actual = actual.to_owned();
    }
    e
}

fn ids(changes: &[super::diff::Change]) -> Vec<&str> {
    changes.iter().map(|change| change.id.as_str()).collect()
}

fn text(diff: &Diff) -> String {
    diff.lines(Paint::PLAIN).join("\n")
}

#[test]
fn what_differs_is_told_by_kind() {
    let before = vec![
        one("a.breaks", Verdict::Pass),
        one("a.breaks-more", Verdict::Fail),
        one("a.fails-still", Verdict::Fail),
        one("a.goes", Verdict::Pass),
        one("a.is-mended", Verdict::Fail),
        one("a.is-not-found-out", Verdict::Pass),
        one("a.is-skipped", Verdict::Pass),
        one("a.same", Verdict::Pass),
        recorded("m.limit", "MaximumItems = 100"),
        recorded("m.made-up", "UniqueIdentifier = \"kmipspec-1-k\" 0x0badc0de-aaaa-4bbb 3 items"),
    ];
    let mut breaks_more = one("a.breaks-more", Verdict::Fail);
    let mut further = breaks_more.findings.first().cloned().expect("one");
    further.rule = "schema.field-order".to_owned();
    breaks_more.findings.push(further);
    let after = vec![
        one("a.breaks", Verdict::Fail),
        breaks_more,
        one("a.comes", Verdict::Pass),
        one("a.comes-and-fails", Verdict::Fail),
        one("a.fails-still", Verdict::Fail),
        one("a.is-mended", Verdict::Pass),
        one("a.is-not-found-out", Verdict::Error),
        one("a.is-skipped", Verdict::Skip),
        one("a.same", Verdict::Pass),
        recorded("m.limit", "MaximumItems = 50"),
        recorded("m.made-up", "UniqueIdentifier = \"kmipspec-2-k\" 0x12345678-cccc-4ddd 3 items"),
    ];
    let diff = compare(&results("kmipspec-1", before, None), &results("kmipspec-2", after, None));
    assert_eq!(ids(&diff.new_failures), ["a.breaks", "a.breaks-more", "a.comes-and-fails"]);
    assert_eq!(ids(&diff.new_errors), ["a.is-not-found-out"]);
    assert_eq!(ids(&diff.new_passes), ["a.is-mended"]);
    assert_eq!(ids(&diff.changed), ["a.is-skipped"]);
    assert_eq!(ids(&diff.come), ["a.comes"]);
    assert_eq!(ids(&diff.gone), ["a.goes"]);
    let measured: Vec<_> =
        diff.measurements.iter().map(|m| (m.id.as_str(), m.before.as_str(), m.after.as_str())).collect();
    assert_eq!(
        measured,
        [("m.limit", "MaximumItems = 100", "MaximumItems = 50")],
        "names and identifiers differ always"
    );
    assert_eq!((diff.same, diff.still_failing), (4, 1));
    assert_eq!(diff.exit(), Exit::CheckFailed);
    let text = text(&diff);
    for line in [
        "new failures: 3",
        "  pass → fail  a.breaks   SHALL   at 1.4",
        "  - → fail  a.comes-and-fails   SHALL   at 1.4",
        "  pass → -  a.goes   SHALL   at 1.4",
        "  m.limit @1.4  m.limit: MaximumItems = 100 → MaximumItems = 50",
        "3 fail now, 1 could not be found out now, 1 pass now, 1 differ, 1 new, 1 gone, 1 measured anew, 4 as before, of them 1 failing",
    ] {
        assert!(text.lines().any(|l| l == line), "{line:?} is missing in\n{text}");
    }
}

#[test]
fn the_exit_code_is_about_what_is_worse_now() {
    let exit = |before: Verdict, after: Verdict, broken| {
        compare(&results("a", vec![one("a.b", before)], None), &results("b", vec![one("a.b", after)], broken)).exit()
    };
    assert_eq!(exit(Verdict::Pass, Verdict::Fail, None), Exit::CheckFailed);
    assert_eq!(exit(Verdict::Error, Verdict::Fail, None), Exit::CheckFailed);
    assert_eq!(exit(Verdict::Pass, Verdict::Error, None), Exit::CouldNotFindOut);
    assert_eq!(exit(Verdict::Pass, Verdict::Pass, Some("interrupted")), Exit::CouldNotFindOut);
    assert_eq!(exit(Verdict::Pass, Verdict::Fail, Some("interrupted")), Exit::CheckFailed);
    for (before, after) in
        [(Verdict::Fail, Verdict::Fail), (Verdict::Fail, Verdict::Pass), (Verdict::Pass, Verdict::Skip)]
    {
        assert_eq!(exit(before, after, None), Exit::Success, "{before} {after}");
    }
}

#[test]
fn one_fault_at_many_versions_is_one_line() {
    let at = |verdict| [Version::V1_0, Version::V1_4, Version::V2_1].map(|v| execution("a.b", v, verdict)).to_vec();
    let diff = compare(&results("a", at(Verdict::Pass), None), &results("b", at(Verdict::Fail), None));
    assert_eq!(diff.new_failures.len(), 3);
    assert!(text(&diff).contains("  pass → fail  a.b   SHALL   at 1.0, 1.4, 2.1\n"), "{}", text(&diff));
}

#[test]
fn a_server_that_says_something_else_of_itself_is_told() {
    let (mut before, after) = (results("a", Vec::new(), None), results("b", Vec::new(), None));
    assert_eq!(compare(&before, &after).server.len(), 0);
    before.tell_vendor("Example KMS 2");
    let diff = compare(&before, &after);
    assert!(text(&diff).contains("vendor: Example KMS 2 → Example KMS 3\\u{1b}[31m"), "{}", text(&diff));
}

#[test]
fn what_are_no_results_is_refused() {
    assert!(matches!(Run::read(b"{}"), Err(ReadError::NotResults(_))));
    assert!(matches!(Run::read(b"\xff"), Err(ReadError::NotResults(_))));
    let later =
        br#"{"format": 99, "kmipspec": "9", "started": "", "run_id": "", "target": {"address": "", "vendor": null,
        "versions": [], "tls": null}, "results": []}"#;
    assert!(matches!(Run::read(later), Err(ReadError::Format(99))));
}
