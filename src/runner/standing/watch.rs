//! Collects what standing rules have against the answers of a run, and makes executions of it at the end.

use super::capability::{self, Tracker};
use super::http::{self, Broken};
use super::{StandingRule, rules, schema, spec_at, stands_at, suite};
use crate::client::Encoding;
use crate::runner::capability::Capabilities;
use crate::runner::event::{Exchange, Execution, Fate, Finding};
use crate::runner::verdict::{Level, Verdict};
use crate::runner::{message, reproduce};
use kmipspec_protocol::registry::tag;
use kmipspec_protocol::schema::Violation;
use kmipspec_protocol::version::{ProtocolVersion, Version};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Different violations of one rule at one version that are shown; more are counted.
const SHOWN: usize = 20;
/// Cases named in a finding; more are counted.
const NAMED: usize = 6;

/// What has been seen so far; shared by all jobs of a run.
#[derive(Debug, Default)]
pub(in crate::runner) struct Standing {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    groups: BTreeMap<Key, Group>,
    tracker: Tracker,
    proofs: Vec<Proof>,
    answers: BTreeMap<Version, usize>,
    by_http: BTreeMap<Version, usize>,
}

/// Violations that differ only in where a list they stand, or in the value found, are one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    rule: &'static str,
    version: Version,
    path: String,
    expected: String,
}

/// The first of its kind, and where the others were.
#[derive(Debug, Default)]
struct Group {
    path: String,
    offset: Option<usize>,
    actual: String,
    proof: usize,
    answers: usize,
    cases: BTreeSet<String>,
}

/// An exchange kept for what it shows.
#[derive(Clone, Debug)]
struct Proof {
    case: String,
    exchange: Exchange,
}

/// What goes into the report.
#[derive(Clone, Copy, Debug)]
pub(in crate::runner) struct Reported<'a> {
    /// What the peer says it supports.
    pub(in crate::runner) said: &'a Capabilities,
    /// The versions of the run.
    pub(in crate::runner) versions: &'a [Version],
    /// How the target is named on a command line.
    pub(in crate::runner) target: &'a [String],
    /// How messages travelled.
    pub(in crate::runner) encoding: Encoding,
}

impl Standing {
    /// Looks at what a case exchanged.
    pub(in crate::runner) fn look(&self, case: &str, version: Version, transcript: &[Exchange]) {
        for exchange in transcript.iter().filter(|e| e.fate == Fate::Answered) {
            if exchange.asked_by_peer {
                self.look_at_request(case, version, exchange);
                continue;
            }
            let (request, response) = (message::tree(&exchange.sent), message::tree(&exchange.received));
            // The version of the request decides; where it has none that was published, nothing can be held against the answer.
            let Some(spoken) =
                ProtocolVersion::in_header(&request, tag::REQUEST_HEADER).and_then(ProtocolVersion::known)
            else {
                continue;
            };
            let violations = schema::violations(&response, &request, spoken);
            let state = &mut *self.state.lock().unwrap_or_else(PoisonError::into_inner);
            *state.answers.entry(version).or_default() += 1;
            let mut proof = None;
            let proofs = &mut state.proofs;
            let mut remember = || {
                *proof.get_or_insert_with(|| {
                    proofs.push(Proof { case: case.to_owned(), exchange: exchange.clone() });
                    proofs.len() - 1
                })
            };
            state.tracker.look(spoken, &response, &mut remember);
            let http = exchange.http.iter().inspect(|_| *state.by_http.entry(version).or_default() += 1);
            for broken in http.flat_map(http::broken) {
                let Broken { rule, field, expected, actual } = broken;
                let key = Key { rule: rule.id, version, path: field.to_owned(), expected: expected.to_owned() };
                let fresh =
                    || Group { path: field.to_owned(), offset: None, actual, proof: remember(), ..Group::default() };
                state.groups.entry(key).or_insert_with(fresh).meet(case);
            }
            for v in violations {
                violated(&mut state.groups, version, v, &mut remember).meet(case);
            }
        }
    }

    /// What the peer asks is held against the tables of requests; no rule about answers has to do with it.
    fn look_at_request(&self, case: &str, version: Version, exchange: &Exchange) {
        let request = message::tree(&exchange.received);
        let Some(spoken) = ProtocolVersion::in_header(&request, tag::REQUEST_HEADER).and_then(ProtocolVersion::known)
        else {
            return;
        };
        let violations = schema::violations_of_request(&request, spoken);
        let state = &mut *self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state.answers.entry(version).or_default() += 1;
        let (mut proof, proofs) = (None, &mut state.proofs);
        let mut remember = || {
            *proof.get_or_insert_with(|| {
                proofs.push(Proof { case: case.to_owned(), exchange: exchange.clone() });
                proofs.len() - 1
            })
        };
        for v in violations {
            violated(&mut state.groups, version, v, &mut remember).meet(case);
        }
    }

    /// One execution for each rule at each version that had an answer.
    pub(in crate::runner) fn report(&self, reported: Reported<'_>) -> Vec<Execution> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut executions = Vec::new();
        for rule in rules() {
            for &version in reported.versions {
                if state.answers.contains_key(&version) || reported.said.unsupported.contains_key(&version) {
                    executions.extend(state.execution(&rule, version, reported));
                }
            }
        }
        executions
    }
}

impl State {
    fn execution(&self, rule: &StandingRule, version: Version, reported: Reported<'_>) -> Option<Execution> {
        // Where no text was read, nothing is held against anybody.
        let unread = http::has(rule.id) && http::spec_at(version).is_empty();
        let level = if unread { Level::May } else { capability::level_at(rule, version) };
        let mut report =
            Report { rule, level, version, findings: Vec::new(), transcript: Vec::new(), cases: Vec::new() };
        let groups = self.groups.iter().filter(|(k, _)| k.rule == rule.id && k.version == version);
        for (key, group) in groups.take(SHOWN) {
            report.add(Some(group), self.proofs.get(group.proof), &group.path, &key.expected, group.told());
        }
        for c in self.tracker.contradictions(reported.said, version).into_iter().filter(|c| c.rule == rule.id) {
            let proof = c.exchange.and_then(|e| self.proofs.get(e));
            report.add(None, proof, "", &c.expected, c.actual);
        }
        let answers = if suite(rule.id) == "http" { &self.by_http } else { &self.answers };
        let seen = answers.get(&version).copied().unwrap_or_default();
        // A rule nothing was held against is a pass only where it was put to the test.
        let tested =
            seen > 0 && stands_at(rule.id, version) && (suite(rule.id) != "capability" || self.tracker.saw(version));
        if report.findings.is_empty() && !tested {
            return None;
        }
        let hidden =
            self.groups.keys().filter(|k| k.rule == rule.id && k.version == version).count().saturating_sub(SHOWN);
        Some(report.finish(seen, hidden, reported))
    }
}

/// The group of a violation; of a new one `remember` keeps the proof.
fn violated<'g>(
    groups: &'g mut BTreeMap<Key, Group>,
    version: Version,
    v: Violation,
    remember: &mut dyn FnMut() -> usize,
) -> &'g mut Group {
    let key = Key { rule: v.rule.id, version, path: without_indices(&v.path), expected: v.expected };
    groups.entry(key).or_insert_with(|| Group {
        path: v.path,
        offset: Some(v.offset),
        actual: v.actual,
        proof: remember(),
        ..Group::default()
    })
}

impl Group {
    /// One more answer of its kind.
    fn meet(&mut self, case: &str) {
        self.answers += 1;
        self.cases.insert(case.to_owned());
    }

    fn told(&self) -> String {
        let cases: Vec<&str> = self.cases.iter().take(NAMED).map(String::as_str).collect();
        let more = self.cases.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let answers = if self.answers == 1 { "1 answer".to_owned() } else { format!("{} answers", self.answers) };
        format!("{} (in {answers}: {}{more})", self.actual, cases.join(", "))
    }
}

/// An execution in the making.
struct Report<'a> {
    rule: &'a StandingRule,
    level: Level,
    version: Version,
    findings: Vec<Finding>,
    transcript: Vec<Exchange>,
    cases: Vec<String>,
}

impl Report<'_> {
    fn add(&mut self, group: Option<&Group>, proof: Option<&Proof>, path: &str, expected: &str, actual: String) {
        let exchange = proof.map(|p| {
            self.cases.push(p.case.clone());
            self.transcript.push(p.exchange.clone());
            self.transcript.len() - 1
        });
        self.findings.push(Finding {
            verdict: self.level.not_met(),
            rule: self.rule.id.to_owned(),
            statement: self.rule.statement.to_owned(),
            spec: spec_at(self.rule.id, self.version),
            place: None,
            exchange,
            path: path.to_owned(),
            offset: group.and_then(|g| g.offset),
            expected: expected.to_owned(),
            actual,
        });
    }

    fn finish(self, answers: usize, hidden: usize, reported: Reported<'_>) -> Execution {
        let verdict = if self.findings.is_empty() { Verdict::Pass } else { self.level.not_met() };
        let more =
            if hidden > 0 { format!("; {hidden} further kinds of violation are not shown") } else { String::new() };
        let again = self.cases.iter().find(|c| *c != SANITY).map_or(self.rule.id, String::as_str);
        Execution {
            id: self.rule.id.to_owned(),
            suite: suite(self.rule.id).to_owned(),
            title: self.rule.statement.to_owned(),
            version: self.version,
            encoding: reported.encoding.name(),
            level: self.level,
            spec: spec_at(self.rule.id, self.version),
            verdict,
            reason: Some(format!("{answers} answers were checked{more}")),
            reproduce: reproduce::command(reported.target, self.version, again),
            findings: self.findings,
            transcript: self.transcript,
            duration: Duration::ZERO,
            expected: None,
        }
    }
}

/// The case name of the runner's own exchanges.
pub(in crate::runner) const SANITY: &str = "sanity";

/// The published version a request names in its header.
pub(in crate::runner) fn request_version(sent: &[u8]) -> Option<Version> {
    ProtocolVersion::in_header(&message::tree(sent), tag::REQUEST_HEADER).and_then(ProtocolVersion::known)
}

/// `A/B[3]/C` as `A/B/C`.
pub(crate) fn without_indices(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut inside = false;
    for c in path.chars() {
        match c {
            '[' => inside = true,
            ']' => inside = false,
            c if !inside => out.push(c),
            _ => {}
        }
    }
    out
}
