//! Results as TAP 14 (Test Anything Protocol): a test point for each execution, with a YAML block where there is something to tell.

use super::outcome::{Outcome, headline, name};
use super::record::{Record, Report};
use super::text::printable;
use crate::profiles::Standing;
use crate::runner::event::Execution;
use crate::runner::verdict::Verdict;
use serde_json::json;
use std::io::{self, Write};

/// The report.
#[derive(Debug)]
pub struct Tap<W> {
    out: W,
    strict: bool,
}

/// A test point.
struct Point {
    ok: bool,
    name: String,
    /// `SKIP` or `TODO`, and why.
    directive: Option<(&'static str, String)>,
    /// Keys and values of its YAML block.
    told: Vec<(&'static str, serde_json::Value)>,
}

impl<W: Write> Tap<W> {
    /// Writes to `out`; with `strict`, a SHOULD that is not met is a failure.
    pub fn new(out: W, strict: bool) -> Self {
        Self { out, strict }
    }

    fn points(&self, record: &Record) -> Vec<Point> {
        let cases = record.executions.iter().map(|e| point(e, self.strict));
        let profiles = record.profiles.iter().map(|judged| {
            let aside = matches!(judged.standing, Standing::NotDecided | Standing::Indicative);
            Point {
                ok: judged.standing != Standing::NotMet,
                name: format!("profiles {}", judged.id),
                directive: aside.then(|| ("SKIP", judged.standing.as_str().to_owned())),
                told: vec![("message", json!(judged.line()))],
            }
        });
        let stale = record.finished.stale.iter().map(|line| Point {
            ok: false,
            name: "expectations".to_owned(),
            directive: None,
            told: vec![("message", json!(printable(line, false)))],
        });
        cases.chain(profiles).chain(stale).collect()
    }
}

/// TAP has two answers and two ways to take one back: what is known to fail, or only should not, is `TODO`; what says nothing, `SKIP`.
fn point(e: &Execution, strict: bool) -> Point {
    let outcome = Outcome::of(e, strict);
    let why = printable(&headline(e), false);
    let directive = match outcome {
        Outcome::Passed | Outcome::Failed | Outcome::Errored => None,
        Outcome::Known => Some(("TODO", why.clone())),
        Outcome::Aside if e.verdict == Verdict::NonStrict => Some(("TODO", format!("{}: {why}", e.verdict))),
        Outcome::Aside => Some(("SKIP", format!("{}: {why}", e.verdict))),
    };
    let ok = outcome == Outcome::Passed || directive.as_ref().is_some_and(|(word, _)| *word == "SKIP");
    let mut told = Vec::new();
    if !ok {
        told = vec![
            ("message", json!(why)),
            ("severity", json!(e.verdict.as_str())),
            ("level", json!(e.level.as_str())),
            ("section", json!(e.spec)),
            ("demands", json!(printable(&e.title, false))),
        ];
        if let Some(finding) = e.findings.first() {
            told.extend([
                ("rule", json!(printable(&finding.rule, false))),
                ("item", json!(printable(&finding.path, false))),
                ("expected", json!(printable(&finding.expected, false))),
                ("actual", json!(printable(&finding.actual, false))),
            ]);
            told.extend(finding.place.as_ref().map(|place| ("at", json!(printable(place, false)))));
        }
        told.push(("reproduce", json!(printable(&e.reproduce, false))));
    }
    told.push(("duration_ms", json!(e.duration.as_millis())));
    Point { ok, name: printable(&name(e), false), directive, told }
}

/// Safe in a description: `#` would begin a directive.
fn described(text: &str) -> String {
    text.replace('\\', "\\\\").replace('#', "\\#")
}

impl<W: Write> Report for Tap<W> {
    fn write(&mut self, record: &Record) -> io::Result<()> {
        let points = self.points(record);
        writeln!(self.out, "TAP version 14\n1..{}", points.len())?;
        for (i, point) in points.iter().enumerate() {
            let ok = if point.ok { "ok" } else { "not ok" };
            write!(self.out, "{ok} {} - {}", i.saturating_add(1), described(&point.name))?;
            if let Some((word, why)) = &point.directive {
                write!(self.out, " # {word} {}", described(why))?;
            }
            writeln!(self.out, "\n  ---")?;
            for (key, value) in &point.told {
                // JSON is YAML.
                writeln!(self.out, "  {key}: {value}")?;
            }
            writeln!(self.out, "  ...")?;
        }
        if let Some(broken) = &record.finished.broken {
            writeln!(self.out, "Bail out! {}", printable(broken, false))?;
        }
        self.out.flush()
    }
}
