//! What an execution is for a CI server, which knows fewer words than there are verdicts: JUnit, TAP, annotations.

use crate::client::Encoding;
use crate::runner::event::Execution;
use crate::runner::expectations::contradiction;
use crate::runner::verdict::Verdict;
use std::fmt;

/// How an execution counts there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The peer did what is asked.
    Passed,
    /// Counts against the run.
    Failed,
    /// We could not find out.
    Errored,
    /// A failure or error that an expectations file names: it must not turn a build red.
    Known,
    /// Was not run, or says nothing for or against the peer: the verdict tells which.
    Aside,
}

impl Outcome {
    /// With `strict`, a SHOULD that is not met counts.
    pub fn of(e: &Execution, strict: bool) -> Self {
        if e.counts_as_failure(strict) {
            return Self::Failed;
        }
        match e.verdict {
            Verdict::Fail | Verdict::Error if e.expected.is_some() => Self::Known,
            Verdict::Error => Self::Errored,
            Verdict::Pass => Self::Passed,
            Verdict::NonStrict
            | Verdict::Fail
            | Verdict::Info
            | Verdict::Inconclusive
            | Verdict::Skip
            | Verdict::Disabled => Self::Aside,
        }
    }
}

/// `operations.create.then-get @1.4 json`.
pub fn name(e: &Execution) -> String {
    format!("{} @{}", e.id, at(e.version, e.encoding))
}

/// `1.4 json`; raw TTLV goes without saying.
pub fn at(version: impl fmt::Display, encoding: &str) -> String {
    if encoding == Encoding::Ttlv.name() { version.to_string() } else { format!("{version} {encoding}") }
}

/// What went wrong, in a sentence; not escaped.
pub fn headline(e: &Execution) -> String {
    let because = e.expected.as_ref().map(|x| contradiction(e).unwrap_or_else(|| format!("known: {}", x.because)));
    let finding = e.findings.first().map(|f| format!("{}: expected {}, got {}", f.rule, f.expected, f.actual));
    because.or_else(|| e.reason.clone()).or(finding).unwrap_or_else(|| e.title.clone())
}

/// File and line of the expectation that was not met, of the first finding that has one.
pub fn place(e: &Execution) -> Option<(&str, Option<u32>)> {
    e.findings.iter().find_map(|f| f.place.as_deref()).map(place_of)
}

/// `file:line` in its two parts.
pub fn place_of(place: &str) -> (&str, Option<u32>) {
    match place.rsplit_once(':') {
        Some((file, line)) => line.parse().map_or((place, None), |line| (file, Some(line))),
        None => (place, None),
    }
}
