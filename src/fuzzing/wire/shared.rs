//! What workers share: inputs, budget, findings, and the right to be alone with the server.

use super::confirm::Found;
use super::corpus::Corpus;
use super::engine::{Ended, Observer, Options, Status};
use super::features::Features;
use super::judge::Seen;
use super::process::Process;
use crate::fuzzing::oracle::{Finding, Oracle};
use crate::fuzzing::script::Script;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

/// Inputs after which the server is asked whether it is there, though nothing looked like it was not.
pub(super) const ASKED_EVERY: u64 = 64;

/// How often a finding that does not come again is looked at anew. What an answer shows is looked at quickly, and what others left on
/// a connection may have any input show it, before one does by itself; what is about time, or about who is still there, takes long.
const fn patience(oracle: Oracle) -> u32 {
    match oracle {
        Oracle::O1 | Oracle::O8 | Oracle::O9 | Oracle::O14 => 3,
        _ => 200,
    }
}

/// Time between two words about how it goes.
const TOLD_EVERY: Duration = Duration::from_millis(250);

/// Longest sleep before the end is looked for again.
const NAP: Duration = Duration::from_millis(200);

/// An input that somebody is about to play.
pub(super) struct Turn {
    pub(super) input: Vec<u8>,
    pub(super) script: Script,
    /// Whether it is one of the first, which are known.
    pub(super) is_seed: bool,
    /// Which it is, from 1.
    pub(super) number: u64,
}

/// What all workers of a run share.
pub(super) struct Shared<'r> {
    options: &'r Options,
    seeds: usize,
    started: Instant,
    state: Mutex<State<'r>>,
    /// Held by everybody who sends something; alone by who makes sure of a finding, since what others send could be taken for
    /// what an input does. How often somebody was alone.
    room: RwLock<u64>,
}

/// What is behind the lock.
struct State<'r> {
    corpus: Corpus,
    process: Option<Process>,
    observer: &'r mut (dyn Observer + Send),
    told: Instant,
    executions: u64,
    workers: Vec<Own>,
    ended: Option<Ended>,
    findings: Vec<Found>,
    kept: Vec<Vec<u8>>,
    /// Findings that did not come again, and how often they were looked at.
    doubtful: BTreeMap<(Oracle, String, String), (Finding, u32)>,
    /// The last inputs: one of them may be why the server is gone.
    recent: VecDeque<Script>,
}

/// What one worker tells of itself.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Own {
    /// Messages sent.
    pub(super) exchanges: u64,
    /// Time until their answers were there.
    pub(super) waited: Duration,
    /// Connections open.
    pub(super) open: usize,
    /// What an answer takes.
    pub(super) latency: Option<Duration>,
}

/// What is left when all workers are done.
pub(super) struct Sum {
    pub(super) status: Status,
    pub(super) findings: Vec<Found>,
    pub(super) doubtful: Vec<Finding>,
    pub(super) kept: Vec<Vec<u8>>,
    pub(super) ended: Ended,
}

impl<'r> Shared<'r> {
    /// Nothing done yet. The first `seeds` inputs of the corpus are played as they are.
    pub(super) fn new(
        options: &'r Options,
        corpus: Corpus,
        seeds: usize,
        process: Option<Process>,
        observer: &'r mut (dyn Observer + Send),
    ) -> Self {
        let state = State {
            corpus,
            process,
            observer,
            told: Instant::now(),
            executions: 0,
            workers: vec![Own::default(); options.jobs.max(1)],
            ended: None,
            findings: Vec::new(),
            kept: Vec::new(),
            doubtful: BTreeMap::new(),
            recent: VecDeque::new(),
        };
        Self { options, seeds, started: Instant::now(), state: Mutex::new(state), room: RwLock::new(0) }
    }

    /// A worker that panicked leaves nothing half done here: its panic is told when all have ended.
    fn state(&self) -> MutexGuard<'_, State<'r>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Among others that send something.
    pub(super) fn among_others(&self) -> RwLockReadGuard<'_, u64> {
        self.room.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nobody else sends anything.
    pub(super) fn alone(&self) -> RwLockWriteGuard<'_, u64> {
        self.room.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next input, when it is time for it; none where the run is over. `interrupted` is asked now and then.
    pub(super) fn next(&self, interrupted: impl Fn() -> bool) -> Option<Turn> {
        loop {
            let mut state = self.state();
            if let Some(ended) = self.end(&state, &interrupted) {
                state.ended.get_or_insert(ended);
            }
            if state.ended.is_some() {
                return None;
            }
            let ahead = self.ahead(state.executions);
            if !ahead.is_zero() {
                drop(state);
                std::thread::sleep(ahead.min(NAP));
                continue;
            }
            let is_seed = usize::try_from(state.executions).is_ok_and(|turn| turn < self.seeds);
            let input = state.corpus.next(self.seeds);
            state.executions += 1;
            let Ok(script) = Script::read(&input) else { continue };
            // Before it is played: who finds the server gone meanwhile has to suspect it.
            state.recent.push_back(script.clone());
            if state.recent.len() > usize::try_from(ASKED_EVERY).unwrap_or(64) {
                state.recent.pop_front();
            }
            return Some(Turn { input, script, is_seed, number: state.executions });
        }
    }

    /// Why it is over, if it is.
    fn end(&self, state: &State<'r>, interrupted: impl Fn() -> bool) -> Option<Ended> {
        if interrupted() {
            Some(Ended::Interrupted)
        } else if self.started.elapsed() >= self.options.time {
            Some(Ended::Time)
        } else if self.options.runs.is_some_and(|runs| state.executions >= runs) {
            Some(Ended::Runs)
        } else if state.findings.len() >= self.options.max_findings {
            Some(Ended::Findings)
        } else {
            None
        }
    }

    /// How much too early the next input would be.
    fn ahead(&self, executions: u64) -> Duration {
        let Some(rate) = self.options.rate.filter(|rate| *rate > 0) else { return Duration::ZERO };
        Duration::from_secs_f64(executions as f64 / f64::from(rate)).saturating_sub(self.started.elapsed())
    }

    /// Whether the run is over.
    pub(super) fn is_over(&self) -> bool {
        self.state().ended.is_some()
    }

    /// The run is over.
    pub(super) fn over(&self, ended: Ended) {
        self.state().ended.get_or_insert(ended);
    }

    /// Notes what an input showed, and keeps it where that is new.
    pub(super) fn learn(&self, turn: &Turn, features: &Features) {
        let mut state = self.state();
        if state.corpus.learn(&turn.input, features, turn.is_seed) {
            state.observer.kept(&turn.input);
            state.kept.push(turn.input.clone());
        }
    }

    /// Those of what was seen that nobody has made sure of yet.
    pub(super) fn unknown(&self, mut seen: Vec<Seen>) -> Vec<Seen> {
        let state = self.state();
        let enough = state.findings.len() >= self.options.max_findings;
        seen.retain(|seen| {
            let known = state.findings.iter().any(|found| found.finding.is_same(&seen.finding));
            let tries = state.doubtful.get(&seen.key()).map_or(0, |(_, tries)| *tries);
            let oracle = seen.finding.oracle;
            !known && !enough && tries < patience(oracle) && self.options.oracles.contains(&oracle)
        });
        seen
    }

    /// It did not come again.
    pub(super) fn doubt(&self, seen: Seen) {
        let mut state = self.state();
        state.doubtful.entry(seen.key()).or_insert((seen.finding, 0)).1 += 1;
    }

    /// A finding, told where it is not known.
    pub(super) fn add(&self, found: Found) {
        self.state().add(found);
    }

    /// Which inputs it may have been: this one, then the last ones, the latest first.
    pub(super) fn suspects(&self, script: &Script) -> Vec<Script> {
        let state = self.state();
        let others = state.recent.iter().rev().filter(|other| *other != script);
        std::iter::once(script).chain(others).cloned().collect()
    }

    /// Inputs so far.
    pub(super) fn executions(&self) -> u64 {
        self.state().executions
    }

    /// What a worker tells of itself; now and then that is shown, and the server's process looked at.
    pub(super) fn report(&self, worker: usize, own: impl FnOnce() -> Own, last: bool) {
        let mut state = self.state();
        if !last && state.told.elapsed() < TOLD_EVERY {
            return;
        }
        state.told = Instant::now();
        if let Some(slot) = state.workers.get_mut(worker) {
            *slot = own();
        }
        let open = state.workers.iter().map(|own| own.open).sum();
        if let Some(finding) = state.process.as_mut().and_then(|process| process.grown(open))
            && self.options.oracles.contains(&finding.oracle)
        {
            let script = state.recent.back().cloned().unwrap_or_default();
            let executions = state.executions;
            state.add(Found::unsure(finding, 0, script, executions));
        }
        let status = self.status(&state);
        state.observer.status(&status);
    }

    fn status(&self, state: &State<'r>) -> Status {
        let mut latencies: Vec<Duration> = state.workers.iter().filter_map(|own| own.latency).collect();
        latencies.sort_unstable();
        Status {
            executions: state.executions,
            exchanges: state.workers.iter().map(|own| own.exchanges).sum(),
            waited: state.workers.iter().map(|own| own.waited).sum(),
            elapsed: self.started.elapsed(),
            corpus: state.corpus.len(),
            features: state.corpus.features(),
            states: state.corpus.states(),
            findings: state.findings.len(),
            latency: latencies.get(latencies.len() / 2).copied(),
        }
    }

    /// All there is, when the workers are done.
    pub(super) fn sum(self) -> Sum {
        let status = self.status(&self.state());
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let doubtful = state.doubts().cloned().collect();
        Sum { status, findings: state.findings, doubtful, kept: state.kept, ended: state.ended.unwrap_or(Ended::Time) }
    }
}

impl State<'_> {
    /// What was seen and did not come again, nor another time. A measurement that does not is none.
    fn doubts(&self) -> impl Iterator<Item = &Finding> {
        let known = |finding: &Finding| self.findings.iter().any(|found| found.finding.is_same(finding));
        let doubtful = self.doubtful.values().map(|(finding, _)| finding);
        doubtful.filter(move |finding| finding.oracle.grade() != "measurement" && !known(finding))
    }

    fn add(&mut self, found: Found) {
        if !self.findings.iter().any(|other| other.finding.is_same(&found.finding)) {
            self.observer.found(&found);
            self.findings.push(found);
        }
    }
}
