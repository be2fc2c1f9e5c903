//! What every case demands at every version: the ground that rows are judged on.

use super::cell::RowDemand;
use crate::runner::standing;
use crate::runner::verdict::Level;
use crate::scenario::demand::Demand;
use crate::scenario::library::{Library, selects};
use kmipspec_protocol::version::Version;
use std::collections::{BTreeMap, BTreeSet};

/// One case at one version.
#[derive(Debug)]
pub struct Execution {
    /// The case.
    pub id: String,
    /// The version.
    pub version: Version,
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

/// All of them, by case.
#[derive(Debug, Default)]
pub struct Evidence {
    cases: BTreeMap<String, Vec<Execution>>,
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
        let mut cases: BTreeMap<String, Vec<Execution>> = BTreeMap::new();
        for scenario in &library.scenarios {
            for version in scenario.versions.iter() {
                // What cannot be planned is an error of `lint`, not of this.
                let Ok(plan) = scenario.plan(version) else { continue };
                let steps = &plan.steps;
                cases.entry(scenario.id.clone()).or_default().push(Execution {
                    id: plan.id.clone(),
                    version,
                    sources: scenario.source_rows.clone(),
                    spec: plan.spec.clone(),
                    demands: steps.iter().flat_map(|s| s.demands(version)).collect(),
                    answered: steps.iter().flat_map(|s| s.succeeding(version)).collect(),
                    observes: steps.iter().filter(|s| !s.setup && !s.optional).flat_map(|s| s.observes()).collect(),
                    can_fail: plan.counts && steps.iter().any(|s| s.can_fail(version)),
                });
            }
        }
        Self { cases }
    }

    /// Every execution.
    pub fn executions(&self) -> impl Iterator<Item = &Execution> {
        self.cases.values().flatten()
    }

    /// Whether a pattern names a case, or a standing rule.
    pub fn knows(&self, pattern: &str) -> bool {
        self.cases.contains_key(pattern)
            || pattern.contains(['*', '?']) && self.cases.keys().any(|id| selects(pattern, id))
            || standing::rules().any(|r| r.id == pattern)
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
        let named = exact.then(|| self.cases.get(pattern)).flatten().into_iter().flatten();
        let matching = self.cases.iter().filter(|(id, _)| !exact && selects(pattern, id)).flat_map(|(_, all)| all);
        for execution in named.chain(matching).filter(|e| e.version == version) {
            add(execution.says(demand), &execution.id);
        }
        for rule in standing::rules().filter(|r| r.id == pattern && standing::stands_at(r.id, version)) {
            add(if rule.level == Level::Shall { Says::Judges } else { Says::Records }, rule.id);
        }
        found
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
