//! What was seen of a client and a server, as a run has its results: each operation at each version is a case. So cells of a
//! desk, one for each client and server, go into one matrix.

use super::conversation::Said;
use super::judge::{Breach, Side, version_of};
use crate::profiles::Judged;
use crate::report::message::operations;
use crate::runner::event::{Event, Exchange, Execution, Fate, Finding, RunFinished, RunStarted, Target};
use crate::runner::verdict::{Level, Verdict};
use kmipspec_protocol::version::Version;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

/// The part of the suite that these cases are.
const SUITE: &str = "observed";
/// Findings of a case that are kept, each with its messages.
const FINDINGS: usize = 20;
/// Cases that are kept: a client can name any operations together.
const CASES: usize = 1000;

/// Cases so far, by operations and version.
#[derive(Debug, Default)]
pub struct Results(BTreeMap<(String, Version, &'static str), Execution>);

impl Results {
    /// One more exchange, and what both sides did wrong in it.
    pub fn note(&mut self, said: &Said, breaches: &[Breach], identity: &str) {
        let Some(version) = version_of(said) else { return };
        let named = operations(&said.request).join("+");
        let named = if named.is_empty() { "unknown".to_owned() } else { named };
        let id = format!("{SUITE}.{named}");
        let key = (id, version, said.encoding.name());
        if self.0.len() >= CASES && !self.0.contains_key(&key) {
            return;
        }
        let case = self.0.entry(key).or_insert_with_key(|(id, _, encoding)| new(id, version, encoding, &named));
        let mut place = None;
        for breach in breaches {
            raise(case, breach.verdict);
            let there = |f: &Finding| (f.rule.as_str(), f.path.as_str()) == (breach.rule, breach.path.as_str());
            if case.findings.len() >= FINDINGS || case.findings.iter().any(there) {
                continue;
            }
            let exchange = *place.get_or_insert_with(|| keep(case, said, identity));
            for section in breach.spec.iter().filter(|section| !case.spec.contains(section)).collect::<Vec<_>>() {
                case.spec.push(section.clone());
            }
            case.findings.push(finding(breach, exchange));
        }
        if said.fate != Fate::Answered && case.reason.is_none() {
            case.reason = Some(said.fate.told());
            raise(case, Verdict::Error);
        }
        if case.transcript.is_empty() {
            keep(case, said, identity);
        }
    }

    /// All of them, and what is said of profiles, as a run tells them.
    pub fn events(self, server: &str, took: Duration, profiles: Vec<Judged>) -> Vec<Event> {
        let versions: BTreeSet<Version> = self.0.keys().map(|(_, version, _)| *version).collect();
        let target =
            Target { address: server.to_owned(), versions: versions.into_iter().collect(), ..Target::default() };
        let started = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let run_id = format!("observed-{:08x}", started.as_secs());
        let mut counts: BTreeMap<Verdict, usize> = BTreeMap::new();
        for case in self.0.values() {
            *counts.entry(case.verdict).or_default() += 1;
        }
        let finished = RunFinished {
            counts: Verdict::ALL.map(|v| (v, counts.get(&v).copied().unwrap_or(0))).to_vec(),
            duration: took,
            ..RunFinished::default()
        };
        let began = Event::RunStarted(RunStarted { target, total: self.0.len(), later: Vec::new(), run_id });
        let cases = self.0.into_values().map(|case| Event::CaseFinished(Box::new(case)));
        [began].into_iter().chain(cases).chain([Event::Profiles(profiles), Event::RunFinished(finished)]).collect()
    }
}

/// A case of which nothing was seen yet.
fn new(id: &str, version: Version, encoding: &'static str, operations: &str) -> Execution {
    Execution {
        id: id.to_owned(),
        suite: SUITE.to_owned(),
        title: format!("{operations} is asked and answered as the tables of the version have it"),
        version,
        encoding,
        level: Level::Shall,
        spec: Vec::new(),
        verdict: Verdict::Pass,
        reason: None,
        findings: Vec::new(),
        transcript: Vec::new(),
        duration: Duration::ZERO,
        expected: None,
        reproduce: "kmipspec observe, with the same client and server".to_owned(),
    }
}

/// What weighs more stays, in whichever order it comes.
fn raise(case: &mut Execution, verdict: Verdict) {
    let weight = |verdict| match verdict {
        Verdict::Fail => 4,
        Verdict::Error => 3,
        Verdict::NonStrict => 2,
        Verdict::Info => 1,
        Verdict::Pass | Verdict::Inconclusive | Verdict::Skip | Verdict::Disabled => 0,
    };
    if weight(verdict) > weight(case.verdict) {
        case.verdict = verdict;
    }
}

/// Keeps the messages of an exchange; their place.
fn keep(case: &mut Execution, said: &Said, identity: &str) -> usize {
    let place = case.transcript.len();
    let (request, answer) = (said.request.clone(), said.answer.clone());
    let asked_by_peer = said.asked_by == Side::Server;
    let (sent, received) = if asked_by_peer { (answer, request) } else { (request, answer) };
    case.transcript.push(Exchange {
        step: format!("step {}", place.saturating_add(1)),
        identity: identity.to_owned(),
        sent,
        received,
        fate: said.fate.clone(),
        duration: Duration::ZERO,
        http: said.http.as_ref().and_then(|http| http.response.clone()),
        asked_by_peer,
    });
    place
}

/// A breach, with whose it is.
fn finding(breach: &Breach, exchange: usize) -> Finding {
    Finding {
        verdict: breach.verdict,
        rule: breach.rule.to_owned(),
        statement: format!("{}: {}", breach.side.name(), breach.statement),
        spec: breach.spec.clone(),
        place: None,
        exchange: Some(exchange),
        path: breach.path.clone(),
        offset: (breach.side == Side::Server).then_some(breach.offset),
        expected: breach.expected.clone(),
        actual: format!("{}, of the {}", breach.actual, breach.side.name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::message::request;
    use kmipspec_protocol::registry::Operation;

    #[test]
    fn what_weighs_most_is_the_verdict_in_any_order_and_beyond_what_is_kept() {
        let query = request(Version::V1_4, None, Operation::QUERY, Vec::new());
        let said = Said::by_client(query, Vec::new(), 0);
        let breach = |place: usize, verdict| Breach {
            side: Side::Server,
            operations: vec!["Query".to_owned()],
            version: Version::V1_4,
            rule: "schema.field-order",
            statement: "",
            verdict,
            spec: Vec::new(),
            path: format!("[{place}]"),
            offset: 0,
            expected: String::new(),
            actual: String::new(),
        };
        let mut results = Results::default();
        let mut all: Vec<Breach> = (0..FINDINGS).map(|place| breach(place, Verdict::NonStrict)).collect();
        all.push(breach(FINDINGS, Verdict::Fail));
        results.note(&said, &all, "alice");
        results.note(&said, &[breach(99, Verdict::Info)], "alice");
        let silent = Said { fate: Fate::Closed { after: 0 }, ..said };
        results.note(&silent, &[], "alice");
        let case = results.0.into_values().next().expect("a case");
        assert_eq!((case.verdict, case.findings.len()), (Verdict::Fail, FINDINGS));
        let mut results = Results::default();
        results.note(&silent, &[breach(0, Verdict::Info)], "alice");
        assert_eq!(results.0.into_values().next().map(|case| case.verdict), Some(Verdict::Error));
    }
}
