//! A run: how it is to be, who works on it, and what it came to. A worker (`worker.rs`) takes input after input until the time is
//! over; what workers share is in `shared.rs`.

use super::confirm::Found;
use super::corpus::Corpus;
use super::peer::Peer;
use super::process::Process;
use super::shared::{Shared, Sum};
use super::worker::Worker;
use crate::fuzzing::oracle::{Finding, Oracle};
use crate::fuzzing::script::Script;
use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

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
    /// How many work side by side; 0 counts as 1.
    pub jobs: usize,
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
    /// Time between sending them and having their answers, of all workers together.
    pub waited: Duration,
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
    /// What was seen and did not come again; measurements are left out.
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

/// Fuzzes a server that is there, from these inputs on. The error is about the process of `pid`, or our own means.
pub fn fuzz(
    options: &Options,
    peer: &mut Peer,
    seeds: &[Script],
    observer: &mut (dyn Observer + Send),
) -> Result<Outcome, String> {
    peer.compares = options.oracles.contains(&Oracle::O7);
    let process = options.pid.map(Process::of).transpose()?;
    let mut corpus = Corpus::new(options.seed, options.guided);
    seeds.iter().for_each(|seed| corpus.seed(seed.write()));
    let colleagues: io::Result<Vec<Peer>> = (1..options.jobs).map(|place| peer.colleague(place)).collect();
    let mut colleagues = colleagues.map_err(|e| format!("failed to start {} jobs: {e}", options.jobs))?;
    let shared = Shared::new(options, corpus, seeds.len(), process, observer);
    std::thread::scope(|scope| {
        for (place, colleague) in colleagues.iter_mut().enumerate() {
            let worker = Worker::new(place + 1, &shared, colleague);
            scope.spawn(move || worker.run());
        }
        Worker::new(0, &shared, peer).run();
    });
    let Sum { status, findings, doubtful, kept, ended } = shared.sum();
    let time = if matches!(ended, Ended::Gone(_)) { Duration::ZERO } else { Duration::from_secs(10) };
    let left_behind = std::iter::once(peer).chain(&mut colleagues).map(|peer| peer.tidy(time)).sum();
    Ok(Outcome { status, findings, doubtful, kept, ended, left_behind })
}
