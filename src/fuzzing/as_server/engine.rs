//! Run after run of a client, each answered wrongly in another way; what shows a fault is made sure of.

use super::corpus::Corpus;
use super::process::{Client, End, Limits, Run};
use super::smaller::smaller;
use super::stage::{Plan, Stage, Told};
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
    /// Whether a run in which the client did something new is damaged further.
    pub guided: bool,
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
    /// The bytes of its damaged answers before they were made small.
    pub before: usize,
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
    /// Runs that were damaged further, the honest one among them.
    pub kept: usize,
    /// What the client has shown of itself.
    pub features: usize,
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
    let honest = stage.told();
    match &first.end {
        End::Exit(_) | End::Stopped => {}
        _ => return Err(format!("with honest answers, too, {}{}", words(&first.end), last_line(&first.said))),
    }
    if honest.is_empty() && !stopped() {
        return Err(format!("the client has asked nothing{}", last_line(&first.said)));
    }
    let memory = MEMORY.max(first.memory.saturating_mul(MEMORY_TIMES));
    let mut outcome = Outcome {
        findings: Vec::new(),
        doubtful: Vec::new(),
        runs: 0,
        answers: 0,
        kept: 0,
        features: 0,
        elapsed: Duration::ZERO,
        ended: Ended::Time,
    };
    let mut corpus = Corpus::new(options.seed, options.guided, &first, &honest);
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
        let seen = run(corpus.next(outcome.runs), memory)?;
        let (told, honest) = (stage.told(), stage.honest());
        outcome.answers += u64::try_from(told.len()).unwrap_or(0);
        corpus.learn(&seen, &told);
        if let Some(finding) = finding(&seen, &told, options.patience)
            && !outcome.findings.iter().any(|found| found.finding.is_same(&finding))
            && !outcome.doubtful.iter().any(|doubtful| doubtful.is_same(&finding))
        {
            let given = |told: &[Told]| told.iter().map(|told| told.answer.clone()).collect();
            // Not the memory that it took, nor what it said, but what it did when it was asked what.
            let again = |answers: Vec<Vec<u8>>| -> Result<Option<Run>, String> {
                let again = run(Plan::Given(answers), memory)?;
                let same = self::finding(&again, &stage.told(), options.patience).filter(|f| f.is_same(&finding));
                Ok(same.map(|_| again))
            };
            let sure = |told: &[Told]| -> Result<(usize, Option<Run>), String> {
                let mut last = None;
                for time in 0..TIMES {
                    match again(given(told))? {
                        Some(run) => last = Some(run),
                        None => return Ok((time, None)),
                    }
                }
                Ok((TIMES, last))
            };
            match sure(&told)? {
                (confirmed, Some(last)) => {
                    let before = damage(&told);
                    let mut found = Found {
                        finding: finding.clone(),
                        told,
                        said: last.said,
                        confirmed,
                        runs: outcome.runs,
                        before,
                    };
                    let small = smaller(&found.told, &honest, |answers| Ok(!stopped() && again(answers)?.is_some()))?;
                    if small != found.told
                        && let (TIMES, Some(last)) = sure(&small)?
                    {
                        (found.told, found.said) = (small, last.said);
                    }
                    observer.found(&found);
                    outcome.findings.push(found);
                }
                (_, None) if !stopped() => outcome.doubtful.push(finding),
                _ => {}
            }
        }
        observer.ran(outcome.runs, outcome.findings.len(), started.elapsed());
    };
    (outcome.kept, outcome.features) = (corpus.len(), corpus.features());
    outcome.elapsed = started.elapsed();
    Ok(outcome)
}

/// The bytes of the answers that are damaged.
fn damage(told: &[Told]) -> usize {
    told.iter().filter(|told| told.damaged).map(|told| told.answer.len()).sum()
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
