//! Input after input, until the time is over: what shows something new is kept, what shows a fault is made sure of.

use super::alive::Alive;
use super::confirm::{Found, TIMES, confirmed, smaller};
use super::corpus::Corpus;
use super::features::features;
use super::judge::{Seen, judge};
use super::peer::{Peer, Played};
use super::process::Process;
use crate::fuzzing::oracle::{Finding, Oracle};
use crate::fuzzing::script::Script;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

/// How to fuzz.
#[derive(Clone, Debug)]
pub struct Options {
    /// The oracles that count.
    pub oracles: BTreeSet<Oracle>,
    /// How long.
    pub time: Duration,
    /// How many inputs at most.
    pub runs: Option<u64>,
    /// Where chance begins.
    pub seed: u64,
    /// Inputs a second at most; none: as many as there can be.
    pub rate: Option<u32>,
    /// Findings after which it ends.
    pub max_findings: usize,
    /// Whether inputs that show something new are changed further.
    pub guided: bool,
    /// The server's process, where it is on this machine.
    pub pid: Option<u32>,
}

/// Why it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The time is over.
    Time,
    /// So many inputs were to be tried.
    Runs,
    /// Enough was found.
    Findings,
    /// The user wanted it.
    Interrupted,
    /// The server is gone; why.
    Gone(String),
}

/// What is known at some moment.
#[derive(Clone, Debug, Default)]
pub struct Status {
    /// Inputs tried.
    pub executions: u64,
    /// Messages sent.
    pub exchanges: u64,
    /// Since the start.
    pub elapsed: Duration,
    /// Inputs that are changed further.
    pub corpus: usize,
    /// Features seen.
    pub features: usize,
    /// Those of them that are states of the server: what was done, and what followed what.
    pub states: usize,
    /// Findings made sure of.
    pub findings: usize,
    /// Findings that did not come again.
    pub unconfirmed: usize,
    /// What an answer takes.
    pub latency: Option<Duration>,
}

/// What it came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The last status.
    pub status: Status,
    /// Every finding.
    pub findings: Vec<Found>,
    /// What was seen and did not come again.
    pub doubtful: Vec<Finding>,
    /// Inputs that showed something new, where that was looked for.
    pub kept: Vec<Vec<u8>>,
    /// Why it ended.
    pub ended: Ended,
    /// Objects that stay on the server.
    pub left_behind: usize,
}

/// Who wants to know what happens.
pub trait Observer {
    /// A moment has passed.
    fn status(&mut self, status: &Status);
    /// Something was found and made sure of.
    fn found(&mut self, found: &Found);
    /// An input is kept.
    fn kept(&mut self, input: &[u8]);
}

/// Inputs after which the server is asked whether it is there, though nothing looked like it was not.
const ASKED_EVERY: u64 = 64;

/// Objects that may lie about.
const LIE_ABOUT: usize = 32;

/// How often a finding that does not come again is looked at anew.
const PATIENCE: u32 = 3;

/// How long it is looked for which of the last inputs it was.
const SUSPECTED_FOR: Duration = Duration::from_secs(20);

/// Time between two words about how it goes.
const TOLD_EVERY: Duration = Duration::from_millis(250);

/// Fuzzes a server that is there, from these inputs on. The error is about the process of `pid`.
pub fn fuzz(
    options: &Options,
    peer: &mut Peer,
    seeds: &[Script],
    observer: &mut dyn Observer,
) -> Result<Outcome, String> {
    let process = options.pid.map(Process::of).transpose()?;
    let mut corpus = Corpus::new(options.seed, options.guided);
    seeds.iter().for_each(|seed| corpus.seed(seed.write()));
    let mut run = Run {
        options,
        peer,
        observer,
        corpus,
        process,
        seeds: seeds.len(),
        started: Instant::now(),
        told: Instant::now(),
        executions: 0,
        findings: Vec::new(),
        kept: Vec::new(),
        doubtful: BTreeMap::new(),
        recent: VecDeque::new(),
    };
    let ended = run.run();
    run.observer.status(&run.status());
    let gone = matches!(ended, Ended::Gone(_));
    let time = if gone { Duration::ZERO } else { Duration::from_secs(10) };
    let left_behind = run.peer.tidy(time);
    let doubtful = run.doubtful.values().map(|(finding, _)| finding.clone()).collect();
    Ok(Outcome { status: run.status(), findings: run.findings, doubtful, kept: run.kept, ended, left_behind })
}

/// A run under way.
struct Run<'r> {
    options: &'r Options,
    peer: &'r mut Peer,
    observer: &'r mut dyn Observer,
    corpus: Corpus,
    process: Option<Process>,
    seeds: usize,
    started: Instant,
    told: Instant,
    executions: u64,
    findings: Vec<Found>,
    kept: Vec<Vec<u8>>,
    /// Findings that did not come again, and how often they were looked at.
    doubtful: BTreeMap<(Oracle, String, String), (Finding, u32)>,
    /// The last inputs: one of them may be why the server is gone.
    recent: VecDeque<Script>,
}

impl Run<'_> {
    fn run(&mut self) -> Ended {
        loop {
            if self.peer.stop.is_asked() {
                return Ended::Interrupted;
            }
            if self.started.elapsed() >= self.options.time {
                return Ended::Time;
            }
            if self.options.runs.is_some_and(|runs| self.executions >= runs) {
                return Ended::Runs;
            }
            if self.findings.len() >= self.options.max_findings {
                return Ended::Findings;
            }
            self.pace();
            let input = self.corpus.next(self.seeds);
            let is_seed = usize::try_from(self.executions).is_ok_and(|turn| turn < self.seeds);
            self.executions += 1;
            let Ok(script) = Script::read(&input) else { continue };
            if let Err(why) = self.one(&input, script, is_seed) {
                return Ended::Gone(why);
            }
            if self.told.elapsed() >= TOLD_EVERY {
                self.told = Instant::now();
                self.look_at_process();
                self.observer.status(&self.status());
            }
        }
    }

    /// One input.
    fn one(&mut self, input: &[u8], script: Script, is_seed: bool) -> Result<(), String> {
        let played = self.peer.play(&script);
        if self.peer.stop.is_asked() {
            return Ok(());
        }
        let silent = played
            .steps
            .iter()
            .any(|step| step.honest && matches!(step.fate, crate::runner::event::Fate::TimedOut { .. }));
        let due = self.executions.is_multiple_of(ASKED_EVERY);
        let alive = match silent || due {
            true => self.peer.alive(true),
            false if played.is_suspicious() => self.peer.alive(false),
            false => Alive::Well,
        };
        let new = self.corpus.learn(input, &features(&played), is_seed);
        if new {
            self.observer.kept(input);
            self.kept.push(input.to_vec());
        }
        let seen = judge(&played, &alive);
        self.recent.push_back(script.clone());
        if self.recent.len() > usize::try_from(ASKED_EVERY).unwrap_or(64) {
            self.recent.pop_front();
        }
        self.made_sure_of(&script, &played, seen, &alive)?;
        if matches!(alive, Alive::Gone(_) | Alive::Silent(_)) {
            self.peer.revive()?;
        }
        if self.peer.traces.len() > LIE_ABOUT {
            self.peer.tidy(Duration::from_secs(10));
        }
        Ok(())
    }

    /// Makes sure of what was seen and is not known yet.
    fn made_sure_of(&mut self, script: &Script, played: &Played, seen: Vec<Seen>, alive: &Alive) -> Result<(), String> {
        for seen in seen {
            let key = seen.key();
            let known = self.findings.iter().any(|found| is(&found.finding, &seen.finding));
            let tries = self.doubtful.get(&key).map_or(0, |(_, tries)| *tries);
            let enough = self.findings.len() >= self.options.max_findings;
            if known || enough || tries >= PATIENCE || !self.options.oracles.contains(&seen.finding.oracle) {
                continue;
            }
            let down = matches!(alive, Alive::Gone(_) | Alive::Silent(_));
            if down && let Err(why) = self.peer.revive() {
                // It cannot be asked any more: what is known is told.
                self.add(Found {
                    finding: seen.finding,
                    step: seen.step,
                    script: script.clone(),
                    played: played.clone(),
                    confirmed: 0,
                    before: script.write().len(),
                    executions: self.executions,
                });
                return Err(why);
            }
            // That it is gone may have another reason than the last input.
            let suspects: Vec<Script> = match alive {
                Alive::Well => vec![script.clone()],
                _ => self.recent.iter().rev().cloned().collect(),
            };
            let until = Instant::now() + SUSPECTED_FOR;
            let mut in_time = suspects.into_iter().take_while(|_| Instant::now() < until);
            let found = in_time.find_map(|suspect| self.sure(&suspect, &seen));
            match found {
                Some(found) => self.add(found),
                None => {
                    self.doubtful.insert(key, (seen.finding, tries + 1));
                }
            }
            if self.peer.stop.is_asked() {
                break;
            }
        }
        Ok(())
    }

    /// The finding made small, where it comes again each time.
    fn sure(&mut self, script: &Script, seen: &Seen) -> Option<Found> {
        if self.peer.stop.is_asked() {
            return None;
        }
        let key =
            Seen { finding: Finding { operation: operation_of(script, seen), ..seen.finding.clone() }, ..seen.clone() };
        let (times, last) = confirmed(self.peer, script, &key);
        let (again, played) = last.filter(|_| times == TIMES)?;
        let before = script.write().len();
        let small = smaller(self.peer, script, &key);
        let mut found = Found {
            finding: again.finding,
            step: again.step,
            script: script.clone(),
            played,
            confirmed: times,
            before,
            executions: self.executions,
        };
        if small != *script
            && let (TIMES, Some((again, played))) = confirmed(self.peer, &small, &key)
        {
            (found.finding, found.step, found.script, found.played) = (again.finding, again.step, small, played);
        }
        Some(found)
    }

    fn add(&mut self, found: Found) {
        if self.findings.iter().any(|other| is(&other.finding, &found.finding)) {
            return;
        }
        self.observer.found(&found);
        self.findings.push(found);
    }

    /// Memory and files of the server.
    fn look_at_process(&mut self) {
        let Some(process) = &mut self.process else { return };
        let due = self.executions.is_multiple_of(16);
        if due {
            self.peer.forget();
        }
        let Some(finding) = process.grown(due).filter(|finding| self.options.oracles.contains(&finding.oracle)) else {
            return;
        };
        let script = self.recent.back().cloned().unwrap_or_default();
        let before = script.write().len();
        self.add(Found {
            finding,
            step: 0,
            script,
            played: Played::default(),
            confirmed: 0,
            before,
            executions: self.executions,
        });
    }

    /// No more inputs a second than are wanted.
    fn pace(&self) {
        let Some(rate) = self.options.rate.filter(|rate| *rate > 0) else { return };
        let due = Duration::from_secs_f64(self.executions as f64 / f64::from(rate));
        let ahead = due.saturating_sub(self.started.elapsed());
        if !ahead.is_zero() {
            std::thread::sleep(ahead.min(Duration::from_millis(200)));
        }
    }

    fn status(&self) -> Status {
        Status {
            executions: self.executions,
            exchanges: self.peer.exchanges,
            elapsed: self.started.elapsed(),
            corpus: self.corpus.len(),
            features: self.corpus.features(),
            states: self.corpus.states(),
            findings: self.findings.len(),
            unconfirmed: self.doubtful.len(),
            latency: self.peer.median_latency(),
        }
    }
}

/// The same oracle, operation and place.
fn is(one: &Finding, other: &Finding) -> bool {
    (one.oracle, &one.operation, &one.place) == (other.oracle, &other.operation, &other.place)
}

/// That the server is gone is about the last operation of the script that did it.
fn operation_of(script: &Script, seen: &Seen) -> String {
    if !matches!(seen.finding.place.as_str(), "server" | "other clients") {
        return seen.finding.operation.clone();
    }
    let asked = script.steps.iter().rev().find(|step| !step.bytes.is_empty());
    let asked = asked.map(|step| super::requests::operations(&step.bytes)).unwrap_or_default();
    asked.first().map(ToString::to_string).unwrap_or_default()
}
