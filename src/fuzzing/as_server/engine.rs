//! Run after run of a client, each answered wrongly in another way; what shows a fault is made sure of.

use super::process::{Client, End, Limits, Run};
use super::stage::{Plan, Stage, Told};
use crate::fuzzing::mutate::Rng;
use crate::fuzzing::oracle::{Finding, Oracle};
use crate::fuzzing::wire::{Ended, operations};
use std::time::{Duration, Instant};

/// How often a finding has to come again.
const TIMES: usize = 3;

/// Memory that a client may take, whatever it takes with honest answers.
const MEMORY: u64 = 512 << 20;

/// And so many times what it takes with those.
const MEMORY_TIMES: u64 = 4;

/// How to fuzz a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// How long.
    pub time: Duration,
    /// Runs of the client at most, those that make sure of a finding left out.
    pub runs: Option<u64>,
    /// Where chance begins.
    pub seed: u64,
    /// How long one run may take.
    pub patience: Duration,
    /// Findings after which it ends.
    pub max_findings: usize,
}

/// A finding, with the answers that show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What is wrong.
    pub finding: Finding,
    /// What was said, in order.
    pub told: Vec<Told>,
    /// The last of what the client wrote to standard error.
    pub said: String,
    /// How often it came again when the same was answered.
    pub confirmed: usize,
    /// Runs up to it.
    pub runs: u64,
}

/// What it came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Every finding that was made sure of.
    pub findings: Vec<Found>,
    /// What was seen and did not come again.
    pub doubtful: Vec<Finding>,
    /// Runs with damaged answers.
    pub runs: u64,
    /// Answers given in them.
    pub answers: u64,
    /// Since the start.
    pub elapsed: Duration,
    /// Why it ended; no server can be gone here.
    pub ended: Ended,
}

/// Who wants to know what happens.
pub trait Observer {
    /// A run is over; how many there were, and how many findings.
    fn ran(&mut self, runs: u64, findings: usize, elapsed: Duration);
    /// Something was found and made sure of.
    fn found(&mut self, found: &Found);
}

/// Fuzzes a client that talks to this stage. What is wrong where it cannot be run, or is not well with honest answers.
pub fn fuzz(
    options: &Options,
    client: &Client,
    stage: &Stage,
    stopped: &dyn Fn() -> bool,
    observer: &mut dyn Observer,
) -> Result<Outcome, String> {
    let started = Instant::now();
    let run = |plan, memory| once(client, stage, plan, Limits { time: options.patience, memory }, stopped);
    let first = run(Plan::Honest, u64::MAX)?;
    let answers = stage.told().len();
    match &first.end {
        End::Exit(_) | End::Stopped => {}
        _ => return Err(format!("with honest answers, too, {}{}", words(&first.end), last_line(&first.said))),
    }
    if answers == 0 && !stopped() {
        return Err(format!("the client has asked nothing{}", last_line(&first.said)));
    }
    let memory = MEMORY.max(first.memory.saturating_mul(MEMORY_TIMES));
    let mut outcome = Outcome {
        findings: Vec::new(),
        doubtful: Vec::new(),
        runs: 0,
        answers: 0,
        elapsed: Duration::ZERO,
        ended: Ended::Time,
    };
    let mut rng = Rng::new(options.seed);
    outcome.ended = loop {
        if stopped() {
            break Ended::Interrupted;
        } else if started.elapsed() >= options.time {
            break Ended::Time;
        } else if options.runs.is_some_and(|runs| outcome.runs >= runs) {
            break Ended::Runs;
        } else if outcome.findings.len() >= options.max_findings {
            break Ended::Findings;
        }
        outcome.runs += 1;
        let plan = Plan::Damaged { first: rng.below(answers), seed: options.seed.wrapping_add(outcome.runs) };
        let seen = run(plan, memory)?;
        let told = stage.told();
        outcome.answers += u64::try_from(told.len()).unwrap_or(0);
        if let Some(finding) = finding(&seen, &told, options.patience)
            && !outcome.findings.iter().any(|found| found.finding.is_same(&finding))
            && !outcome.doubtful.iter().any(|doubtful| doubtful.is_same(&finding))
        {
            let given: Vec<Vec<u8>> = told.iter().map(|told| told.answer.clone()).collect();
            let mut confirmed = 0;
            let mut said = seen.said;
            while confirmed < TIMES {
                let again = run(Plan::Given(given.clone()), memory)?;
                if again.end != seen.end {
                    break;
                }
                confirmed += 1;
                said = again.said;
            }
            let found = Found { finding, told, said, confirmed, runs: outcome.runs };
            if confirmed == TIMES {
                observer.found(&found);
                outcome.findings.push(found);
            } else if !stopped() {
                outcome.doubtful.push(found.finding);
            }
        }
        observer.ran(outcome.runs, outcome.findings.len(), started.elapsed());
    };
    outcome.elapsed = started.elapsed();
    Ok(outcome)
}

/// Runs the client once, and gives these answers.
pub fn replay(
    client: &Client,
    stage: &Stage,
    answers: Vec<Vec<u8>>,
    patience: Duration,
    stopped: &dyn Fn() -> bool,
) -> Result<Run, String> {
    once(client, stage, Plan::Given(answers), Limits { time: patience, memory: MEMORY }, stopped)
}

/// One run of the client.
fn once(client: &Client, stage: &Stage, plan: Plan, limits: Limits, stopped: &dyn Fn() -> bool) -> Result<Run, String> {
    stage.set(plan)?;
    client.run(limits, stopped).map_err(|e| format!("the client cannot be run: {e}"))
}

/// What the end of a run says against the client.
fn finding(run: &Run, told: &[Told], patience: Duration) -> Option<Finding> {
    let (oracle, place) = match &run.end {
        End::Exit(_) | End::Stopped => return None,
        End::Crash(how) => (Oracle::O1, how.clone()),
        End::Hang => (Oracle::O8, "hang".to_owned()),
        End::Memory(_) => (Oracle::O9, "memory".to_owned()),
    };
    // The last answer before the end is the one that it did not bear.
    let asked = told.last().and_then(|told| operations(&told.request).first().copied());
    let operation = asked.map(|operation| operation.to_string()).unwrap_or_default();
    let detail = match &run.end {
        End::Hang => format!("it does not end within {} s{}", patience.as_secs_f64(), last_line(&run.said)),
        end => format!("{}{}", words(end), last_line(&run.said)),
    };
    Some(Finding { oracle, operation, place, detail })
}

/// How it ended, in words.
pub fn words(end: &End) -> String {
    match end {
        End::Exit(code) => format!("the client ends with exit code {code}"),
        End::Crash(how) => format!("the client crashes: {how}"),
        End::Hang => "the client does not end in time".to_owned(),
        End::Memory(bytes) => format!("the client takes {} MiB of memory", bytes >> 20),
        End::Stopped => "the client was ended".to_owned(),
    }
}

/// The last line of what it said, where it said something.
pub fn last_line(said: &str) -> String {
    said.lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .map_or_else(String::new, |line| format!("; it says: {line}"))
}
