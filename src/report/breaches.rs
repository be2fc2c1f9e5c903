//! Failures of a run as SARIF: a result for each finding, one for all versions that show it.

use super::group::group;
use super::outcome::{Outcome, place_of};
use super::record::{Record, Report};
use super::sarif::{Breach, Level, Log, Place, Rule};
use super::text::{printable, version_list};
use crate::runner::event::{Execution, Finding};
use crate::runner::verdict::Verdict;
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// The report.
#[derive(Debug)]
pub struct Breaches<W> {
    out: W,
    strict: bool,
}

impl<W: Write> Breaches<W> {
    /// Writes to `out`; with `strict`, a SHOULD that is not met is an error.
    pub fn new(out: W, strict: bool) -> Self {
        Self { out, strict }
    }

    /// How much an execution counts; nothing where nothing is held against the peer.
    fn level(&self, e: &Execution) -> Option<Level> {
        match (Outcome::of(e, self.strict), e.verdict) {
            (Outcome::Failed, _) => Some(Level::Error),
            (Outcome::Known, Verdict::Fail) => Some(Level::Note),
            (Outcome::Aside, Verdict::NonStrict) => Some(Level::Warning),
            (Outcome::Known | Outcome::Aside | Outcome::Errored | Outcome::Passed, _) => None,
        }
    }
}

impl<W: Write> Report for Breaches<W> {
    fn write(&mut self, record: &Record) -> io::Result<()> {
        let mut log = Log::default();
        let mut rules: BTreeMap<&str, &str> = BTreeMap::new();
        for group in group(record.executions.iter().filter(|e| self.level(e).is_some())) {
            let Some((e, level)) = group.shown().and_then(|e| Some((e, self.level(e)?))) else { continue };
            let versions = version_list(group.versions());
            for finding in e.findings.iter().filter(|f| matches!(f.verdict, Verdict::Fail | Verdict::NonStrict)) {
                rules.entry(&finding.rule).or_insert(&finding.statement);
                log.breaches.push(breach(e, finding, level, &versions));
            }
            if let Some(claim) = e.expected.as_ref().filter(|_| e.verdict == Verdict::Pass) {
                rules.entry("expectations").or_insert("What an expectations file claims is true.");
                log.breaches.push(Breach {
                    rule: "expectations".to_owned(),
                    level,
                    message: format!("{} passes at {versions}: {}", e.id, claim.because),
                    place: place(Some(&claim.place), &e.id),
                    mark: format!("expectations {}", e.id),
                    properties: BTreeMap::new(),
                });
            }
        }
        log.rules =
            rules.into_iter().map(|(id, text)| Rule { id: id.to_owned(), text: text.to_owned(), help: None }).collect();
        let errors = record.executions.iter().filter(|e| Outcome::of(e, self.strict) == Outcome::Errored);
        log.trouble.extend(record.finished.broken.clone());
        log.trouble.extend(
            errors.map(|e| format!("{}: {}", super::outcome::name(e), printable(&super::outcome::headline(e), true))),
        );
        log.write(&mut self.out)
    }
}

fn breach(e: &Execution, finding: &Finding, level: Level, versions: &str) -> Breach {
    let properties = [
        ("case", json!(e.id)),
        ("demands", json!(e.title)),
        ("encoding", json!(e.encoding)),
        ("expected", json!(printable(&finding.expected, true))),
        ("actual", json!(printable(&finding.actual, true))),
        ("level", json!(e.level.as_str())),
        ("reproduce", json!(e.reproduce)),
        ("section", json!(finding.spec)),
        ("versions", json!(versions)),
    ];
    Breach {
        rule: finding.rule.clone(),
        level,
        message: format!(
            "{} (at {versions}): expected {}, got {}",
            finding.statement,
            printable(&finding.expected, true),
            printable(&finding.actual, true)
        ),
        place: place(finding.place.as_deref(), &format!("{} {}", e.id, finding.path)),
        mark: format!("{} {} {}", finding.rule, e.id, printable(&finding.path, false)),
        properties: properties.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
    }
}

/// `file:line`, and what it is in.
fn place(stated: Option<&str>, name: &str) -> Place {
    let (file, line) = stated.map(place_of).map_or((None, None), |(file, line)| (Some(file.into()), line));
    Place { file, line, name: Some(name.to_owned()) }
}
