//! All that a client sent, held against the tables of requests: one execution for each rule that it broke.

use super::judge::{spoken, transcript};
use crate::fuzzing::as_server::Told;
use crate::runner::event::{Execution, Finding};
use crate::runner::message::tree;
use crate::runner::standing;
use crate::runner::verdict::{Level, Verdict};
use kmipspec_protocol::schema::{self, Rule, check_request};
use kmipspec_protocol::version::Version;
use std::collections::{BTreeMap, BTreeSet};

/// The case that says that requests were looked at, and its title.
pub(super) const ALL: (&str, &str) = ("client.requests", "What the client sends is as the tables of requests ask");

/// Different violations of one rule that are shown; more are counted.
const SHOWN: usize = 20;

/// What was sent at a version, and what is wrong with it.
#[derive(Debug, Default)]
pub(super) struct Requests(BTreeMap<Version, AtVersion>);

#[derive(Debug, Default)]
struct AtVersion {
    looked: usize,
    broken: BTreeMap<&'static str, Broken>,
}

/// A rule, and where it was broken.
#[derive(Debug)]
struct Broken {
    rule: &'static Rule,
    findings: Vec<Finding>,
    told: Vec<Told>,
    known: BTreeSet<(String, String)>,
}

impl Requests {
    /// Looks at the requests of a run.
    pub(super) fn look(&mut self, told: &[Told]) {
        for told in told {
            let Some(version) = spoken(&told.request).and_then(|v| v.known()) else { continue };
            let at = self.0.entry(version).or_default();
            at.looked = at.looked.saturating_add(1);
            for v in check_request(&tree(&told.request), version) {
                let fresh = || Broken { rule: v.rule, findings: Vec::new(), told: Vec::new(), known: BTreeSet::new() };
                let broken = at.broken.entry(v.rule.id).or_insert_with(fresh);
                if !broken.known.insert((v.path.clone(), v.expected.clone())) || broken.findings.len() >= SHOWN {
                    continue;
                }
                broken.findings.push(Finding {
                    verdict: level(v.rule).not_met(),
                    rule: v.rule.id.to_owned(),
                    statement: v.rule.statement.to_owned(),
                    spec: standing::spec_at(v.rule.id, version),
                    place: None,
                    exchange: Some(broken.told.len()),
                    path: v.path,
                    offset: Some(v.offset),
                    expected: v.expected,
                    actual: v.actual,
                });
                broken.told.push(told.clone());
            }
        }
    }

    /// What it comes to: a rule each that was broken, and that all others were kept.
    pub(super) fn executions(self, fresh: impl Fn(&str, Version) -> Execution) -> Vec<Execution> {
        let mut all = Vec::new();
        for (version, at) in self.0 {
            let broken = at.broken.len();
            all.push(Execution {
                title: ALL.1.to_owned(),
                level: Level::Shall,
                spec: vec![format!("KMIP {version}")],
                verdict: Verdict::Pass,
                reason: Some(match broken {
                    0 => format!("{} requests were held against {} rules", at.looked, schema::RULES.len()),
                    n => format!(
                        "{} requests were held against {} rules; the {n} that were broken are cases of their own",
                        at.looked,
                        schema::RULES.len()
                    ),
                }),
                ..fresh(ALL.0, version)
            });
            all.extend(at.broken.into_values().map(|broken| Execution {
                suite: "schema".to_owned(),
                title: broken.rule.statement.to_owned(),
                level: level(broken.rule),
                spec: standing::spec_at(broken.rule.id, version),
                verdict: level(broken.rule).not_met(),
                reason: Some(format!("{} requests were checked", at.looked)),
                findings: broken.findings,
                transcript: transcript(&broken.told),
                ..fresh(broken.rule.id, version)
            }));
        }
        all
    }
}

fn level(rule: &Rule) -> Level {
    standing::level(rule.level)
}
