//! What is worth damaging further: the honest run, and each run in which the client did something that it had not done before.

use super::process::{End, Run};
use super::stage::{Plan, Told};
use crate::fuzzing::lives::short;
use crate::fuzzing::mutate::Rng;
use crate::fuzzing::wire::{Marks, operations, place_of_interest, template};
use std::collections::{BTreeMap, BTreeSet};

/// Runs, and what clients have shown so far.
#[derive(Debug)]
pub(super) struct Corpus {
    runs: Vec<Kept>,
    marks: Marks,
    guided: bool,
    rng: Rng,
    seed: u64,
}

/// What is known of a run.
#[derive(Clone, Debug)]
struct Kept {
    /// Damaged answers, by their place.
    damaged: BTreeMap<usize, Vec<u8>>,
    /// How often the client asked.
    asked: usize,
}

impl Corpus {
    /// Begins with the honest run. Unguided, every run damages that one.
    pub(super) fn new(seed: u64, guided: bool, honest: &Run, told: &[Told]) -> Self {
        let mut corpus = Self { runs: Vec::new(), marks: Marks::default(), guided, rng: Rng::new(seed), seed };
        corpus.marks.count(&shown(honest, told));
        corpus.runs.push(Kept { damaged: BTreeMap::new(), asked: told.len() });
        corpus
    }

    /// What the run of this number, from 1, damages: one answer of a run that was kept, the others as they were in that one.
    pub(super) fn next(&mut self, number: u64) -> Plan {
        let place = place_of_interest(&mut self.rng, 1, self.runs.len());
        let (kept, asked) = self.runs.get(place).map_or((BTreeMap::new(), 1), |run| (run.damaged.clone(), run.asked));
        Plan::Damaged { kept, at: self.rng.below(asked), seed: self.seed.wrapping_add(number) }
    }

    /// Notes what a run showed; whether it was kept for it.
    pub(super) fn learn(&mut self, run: &Run, told: &[Told]) -> bool {
        let new = self.marks.count(&shown(run, told)) > 0 && self.guided;
        if new {
            let damaged = told.iter().enumerate().filter(|(_, told)| told.damaged);
            let damaged = damaged.map(|(place, told)| (place, told.answer.clone())).collect();
            self.runs.push(Kept { damaged, asked: told.len() });
        }
        new
    }

    /// How many runs are damaged further.
    pub(super) fn len(&self) -> usize {
        self.runs.len()
    }

    /// How many features clients have shown.
    pub(super) fn features(&self) -> usize {
        self.marks.len()
    }
}

/// What a client shows of itself, each among 64 Ki: what it asks after which answer, how it ends, and what it says at its end.
fn shown(run: &Run, told: &[Told]) -> BTreeSet<u16> {
    let mut all = BTreeSet::new();
    let mut before = None;
    let asked = |told: &Told| operations(&told.request).iter().map(|operation| operation.0).collect::<Vec<_>>();
    for told in told {
        let now = asked(told);
        all.insert(short(&("asked", &before, &now)));
        before = Some((now, told.damaged));
    }
    let end = match &run.end {
        End::Exit(code) => format!("exit {code}"),
        End::Crash(how) => template(how),
        End::Hang => "hang".to_owned(),
        End::Memory(_) => "memory".to_owned(),
        // That is the user's doing.
        End::Stopped => return BTreeSet::new(),
    };
    let last = run.said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    all.insert(short(&("end", &before, &end)));
    all.insert(short(&("words", end, template(last))));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzzing::oracles::test::request;
    use kmipspec_protocol::registry::Operation;
    use kmipspec_protocol::version::Version::V1_4;
    use std::time::Duration;

    fn run(code: i32, said: &str) -> Run {
        Run { end: End::Exit(code), said: said.to_owned(), memory: 0, took: Duration::ZERO }
    }

    fn told(operation: Operation, damaged: bool) -> Told {
        Told { request: request(V1_4, operation, Vec::new()), answer: vec![u8::from(damaged)], damaged }
    }

    #[test]
    fn a_run_is_kept_for_what_the_client_has_not_done_before() {
        let honest = [told(Operation::QUERY, false), told(Operation::CREATE, false)];
        for guided in [true, false] {
            let mut corpus = Corpus::new(1, guided, &run(0, ""), &honest);
            assert!(!corpus.learn(&run(0, ""), &honest));
            let damaged = [told(Operation::QUERY, true)];
            assert_eq!(corpus.learn(&run(1, "no tag 0x42007a in key-1"), &damaged), guided);
            assert!(!corpus.learn(&run(1, "no tag 0x42001b in key-2"), &damaged), "other digits are no news");
            assert_eq!(corpus.learn(&run(1, "no room"), &damaged), guided);
            let goes_on = [told(Operation::QUERY, true), told(Operation::LOCATE, false)];
            assert_eq!(corpus.learn(&run(1, "no room"), &goes_on), guided);
            assert_eq!(corpus.len(), if guided { 4 } else { 1 });
            let plans: Vec<Plan> = (1..100).map(|number| corpus.next(number)).collect();
            let goes_on_from =
                |plan: &Plan| matches!(plan, Plan::Damaged { kept, .. } if kept.get(&0) == Some(&vec![1]));
            assert_eq!(plans.iter().any(goes_on_from), guided);
            assert!(plans.iter().any(|plan| !goes_on_from(plan)));
        }
    }
}
