//! What every case demands at every version: the ground that rows are judged on.

use super::cell::{Cell, RowDemand};
use crate::runner::standing;
use crate::runner::verdict::Level;
use crate::scenario::demand::Demand;
use crate::scenario::library::{Library, selects};
use kmipspec_protocol::version::Version;
use std::collections::{BTreeMap, BTreeSet};

/// One case at one version, which [`Evidence`] knows.
#[derive(Debug)]
pub struct Execution {
    /// The case.
    pub id: String,
    /// Error rows and the like that it names as its source.
    pub sources: Vec<String>,
    /// Its sections, ready to print.
    pub spec: Vec<String>,
    /// What its steps demand of batch items.
    pub demands: Vec<Demand>,
    /// Operations that it needs to succeed, by code.
    pub answered: BTreeSet<u32>,
    /// Attributes whose value it holds against something, by XML name.
    pub observes: BTreeSet<String>,
    /// Whether some answer turns it red.
    pub can_fail: bool,
}

/// All of them, by version and case.
#[derive(Debug, Default)]
pub struct Evidence {
    versions: BTreeMap<Version, BTreeMap<String, Vec<Execution>>>,
}

/// What a case says about a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Says {
    /// Nothing.
    Nothing,
    /// It records what comes back.
    Records,
    /// A wrong answer turns it red.
    Judges,
}

impl Evidence {
    /// Asks every case of a library.
    pub fn of(library: &Library) -> Self {
        let mut versions: BTreeMap<Version, BTreeMap<String, Vec<Execution>>> = BTreeMap::new();
        for scenario in &library.scenarios {
            for version in scenario.versions.iter() {
                // What cannot be planned is an error of `lint`, not of this.
                let Ok(plan) = scenario.plan(version) else { continue };
                let steps = &plan.steps;
                let demands: Vec<Vec<Demand>> = steps.iter().map(|s| s.demands(version)).collect();
                let can_fail = steps.iter().zip(&demands).any(|(step, demands)| step.can_fail(version, demands));
                versions.entry(version).or_default().entry(scenario.id.clone()).or_default().push(Execution {
                    id: plan.id.clone(),
                    sources: scenario.source_rows.clone(),
                    spec: plan.spec.clone(),
                    can_fail: plan.counts && can_fail,
                    demands: demands.into_iter().flatten().collect(),
                    answered: steps.iter().flat_map(|s| s.succeeding(version)).collect(),
                    observes: steps.iter().filter(|s| !s.setup && !s.optional).flat_map(|s| s.observes()).collect(),
                });
            }
        }
        Self { versions }
    }

    /// Every execution at a version.
    pub fn executions(&self, version: Version) -> impl Iterator<Item = &Execution> {
        self.versions.get(&version).into_iter().flat_map(BTreeMap::values).flatten()
    }

    /// Whether a pattern names a case, or a standing rule.
    pub fn knows(&self, pattern: &str) -> bool {
        let cases = |cases: &BTreeMap<String, Vec<Execution>>| {
            cases.contains_key(pattern) || pattern.contains(['*', '?']) && cases.keys().any(|id| selects(pattern, id))
        };
        self.versions.values().any(cases) || standing::rules().any(|r| r.id == pattern)
    }

    /// What the cases of a pattern say at a version about what is demanded; the strongest comes with the ids that say it.
    pub fn says(&self, pattern: &str, version: Version, demand: Option<RowDemand>) -> (Says, Vec<String>) {
        let mut found = (Says::Nothing, Vec::new());
        let mut add = |says: Says, id: &str| match says.cmp(&found.0) {
            std::cmp::Ordering::Greater => found = (says, vec![id.to_owned()]),
            std::cmp::Ordering::Equal if says != Says::Nothing => found.1.push(id.to_owned()),
            _ => {}
        };
        let exact = !pattern.contains(['*', '?']);
        let cases = self.versions.get(&version);
        let named = cases.filter(|_| exact).and_then(|cases| cases.get(pattern)).into_iter().flatten();
        let all = cases.filter(|_| !exact).into_iter().flatten();
        let matching = all.filter(|(id, _)| selects(pattern, id)).flat_map(|(_, executions)| executions);
        for execution in named.chain(matching) {
            add(execution.says(demand), &execution.id);
        }
        for rule in standing::rules().filter(|r| r.id == pattern && standing::stands_at(r.id, version)) {
            add(if rule.level == Level::Shall { Says::Judges } else { Says::Records }, rule.id);
        }
        found
    }

    /// Writes into a row what the cases of a pattern say about it.
    pub fn tell(&self, pattern: &str, cell: &mut Cell) -> Says {
        let (says, ids) = self.says(pattern, cell.version, cell.demand);
        match says {
            Says::Judges => cell.judged.extend(ids),
            Says::Records => cell.recorded.extend(ids),
            Says::Nothing => {}
        }
        says
    }
}

impl Execution {
    /// What it says about what is demanded of a row.
    pub fn says(&self, demand: Option<RowDemand>) -> Says {
        match demand {
            None if self.can_fail => Says::Judges,
            None => Says::Records,
            Some(row) => self.demands.iter().map(|d| row.said_by(d)).max().unwrap_or(Says::Nothing),
        }
    }
}

impl RowDemand {
    /// What a demand on one batch item says about the row: a reason of another row may do as well, any reason may not.
    pub fn said_by(&self, demand: &Demand) -> Says {
        if self.operation.is_some() && self.operation != demand.operation {
            return Says::Nothing;
        }
        if self.reasons.is_empty() {
            return if demand.success_fails { Says::Judges } else { Says::Records };
        }
        let takes = |r: &u32| demand.accepts.contains(r);
        if !self.reasons.iter().any(takes) {
            return if demand.any_reason && demand.success_fails { Says::Records } else { Says::Nothing };
        }
        if demand.reason_fails { Says::Judges } else { Says::Records }
    }

    /// The same, where no reason but these will do.
    pub fn said_alone_by(&self, demand: &Demand) -> Says {
        let only = demand.accepts.iter().all(|r| self.reasons.contains(r));
        self.said_by(demand).min(if only { Says::Judges } else { Says::Records })
    }
}
