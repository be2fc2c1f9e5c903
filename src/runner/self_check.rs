//! The suite against servers that are known to be wrong: is each fault found, and under the rules that name it and no others?

use super::bundled::{self, BundledError};
use super::event::{Event, Execution};
use super::expectations::Expectations;
use super::message;
use super::run::{Run, RunError};
use super::select::Selection;
use super::standing;
use super::stop::Stop;
use super::verdict::Verdict;
use crate::scenario::file::Scenario;
use crate::scenario::library::selects;
use crate::scenario::version_set::VersionSet;
use kmipspec_protocol::ttlv::Limits;
use kmipspec_protocol::version::Version;
use kmipspec_reference_server::Config;
use kmipspec_reference_server::quirks::{Quirk, Quirks};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinSet;

/// What there is to check.
#[derive(Debug)]
pub struct SelfCheck {
    /// The faults, one server each.
    pub quirks: Vec<&'static Quirk>,
    /// All scenarios.
    pub scenarios: Vec<Scenario>,
    /// Only at these versions; empty means all.
    pub versions: Vec<Version>,
    /// For each fault only the cases that name its rules, and a part of the others, which this number chooses.
    pub quick: Option<usize>,
    /// Servers at once.
    pub jobs: usize,
    /// The longest a case may take.
    pub case_timeout: Duration,
    /// Ends the check early: with the rows that are known by then.
    pub stop: Stop,
}

/// How a fault fared.
#[derive(Clone, Debug)]
pub struct Row {
    /// The fault.
    pub quirk: &'static Quirk,
    /// Rules and cases that report it.
    pub reported: BTreeSet<String>,
    /// Of the rules it names, those that say nothing. Not known when only a part was run.
    pub silent: Vec<&'static str>,
    /// Rules that report it and that it does not name.
    pub unnamed: Vec<String>,
    /// Cases that could not find out.
    pub errors: BTreeSet<String>,
    /// Why there was no run.
    pub broken: Option<String>,
    /// Wall time.
    pub duration: Duration,
}

impl Row {
    /// Whether anything reports it that it names.
    pub fn is_caught(&self) -> bool {
        self.reported.iter().any(|id| self.quirk.rules.iter().any(|rule| selects(rule, id)))
    }

    /// Whether it is reported under exactly the rules that it names.
    pub fn is_exact(&self) -> bool {
        self.is_caught() && self.silent.is_empty() && self.unnamed.is_empty() && self.broken.is_none()
    }
}

/// Every fault, and the server without any.
#[derive(Clone, Debug, Default)]
pub struct Matrix {
    /// What the suite has against the server without faults: each is a false alarm.
    pub false_alarms: BTreeSet<String>,
    /// One row for each fault, by name.
    pub rows: Vec<Row>,
    /// Whether each fault met a part of the cases only.
    pub quick: bool,
    /// Faults without a row, because the check was ended early or their run was.
    pub missing: usize,
    /// Wall time.
    pub duration: Duration,
}

impl Matrix {
    /// Whether the suite can be relied on; of a quick check, whether it finds every fault.
    pub fn is_good(&self) -> bool {
        self.missing == 0 && !self.has_fault()
    }

    /// Whether what is known already shows that the suite cannot be relied on.
    pub fn has_fault(&self) -> bool {
        let found = |row: &Row| if self.quick { row.is_caught() && row.broken.is_none() } else { row.is_exact() };
        !self.false_alarms.is_empty() || !self.rows.iter().all(found)
    }
}

/// Why the suite could not be checked at all.
#[derive(Debug)]
pub enum SelfCheckError {
    /// The bundled server cannot be used.
    Bundled(BundledError),
    /// There was no run against the server without faults.
    Run(RunError),
    /// Signals cannot be waited for.
    Signals(std::io::Error),
}

impl fmt::Display for SelfCheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bundled(error) => error.fmt(f),
            Self::Run(error) => error.fmt(f),
            Self::Signals(error) => write!(f, "cannot wait for signals: {error}"),
        }
    }
}

impl std::error::Error for SelfCheckError {}

/// Checks. Each row is sent as soon as it is known, and is part of the result.
pub async fn run(check: SelfCheck, rows: UnboundedSender<Row>) -> Result<Matrix, SelfCheckError> {
    let started = Instant::now();
    let check = Arc::new(check);
    let clean = Arc::new(observe(&check, Quirks::default(), check.scenarios.clone()).await?);
    // Of a server that was not looked at to the end, nothing is an alarm.
    let false_alarms = if check.stop.is_asked() { BTreeSet::new() } else { clean.amiss() };
    let mut matrix = Matrix { false_alarms, quick: check.quick.is_some(), ..Matrix::default() };
    let mut waiting = check.quirks.clone().into_iter();
    let mut running = JoinSet::new();
    loop {
        while running.len() < check.jobs.max(1) {
            let Some(quirk) = waiting.next() else { break };
            running.spawn(row(Arc::clone(&check), quirk, Arc::clone(&clean)));
        }
        let done = tokio::select! {
            done = running.join_next() => done,
            () = check.stop.asked() => None,
        };
        let Some(done) = done else { break };
        // A panic in there is ours and has been printed; its row is counted as missing.
        let Ok(row) = done else { continue };
        let _ = rows.send(row.clone());
        matrix.rows.push(row);
    }
    running.shutdown().await;
    matrix.missing = check.quirks.len() - matrix.rows.len();
    matrix.rows.sort_by_key(|row| row.quirk.name);
    matrix.duration = started.elapsed();
    Ok(matrix)
}

/// One fault.
async fn row(check: Arc<SelfCheck>, quirk: &'static Quirk, clean: Arc<Observed>) -> Row {
    let started = Instant::now();
    let mut extra = if check.of_answers(quirk) { EXTRA } else { 0 };
    let meets = |scenario| {
        let met = check.meets(quirk, scenario, &clean.seen)?;
        let takes = check.takes(quirk, scenario);
        if !takes {
            extra = extra.checked_sub(1)?;
        }
        Some(met)
    };
    let scenarios: Vec<Scenario> = check.scenarios.iter().filter_map(meets).collect();
    let (observed, broken) = match observe(&check, Quirks::of([quirk]), scenarios).await {
        Ok(observed) => (observed, None),
        // No case has anything to do with it.
        Err(SelfCheckError::Run(RunError::NothingSelected)) => (Observed::default(), None),
        Err(error) => (Observed::default(), Some(error.to_string())),
    };
    let Observed { mut reported, .. } = observed;
    reported.retain(|id, _| !clean.reported.contains_key(id));
    let part = check.quick.is_some() || !check.versions.is_empty();
    let silent = quirk.rules.iter().copied().filter(|rule| !part && !reported.keys().any(|id| selects(rule, id)));
    let unnamed = reported.iter().filter(|(id, sent)| {
        let named = quirk.rules.iter().chain(&ACROSS).any(|rule| selects(rule, id));
        !named && !quirk.through.iter().any(|operation| sent.contains(&operation.0))
    });
    let unnamed = unnamed.map(|(id, _)| id.clone());
    Row {
        quirk,
        silent: silent.collect(),
        unnamed: unnamed.collect(),
        reported: reported.into_keys().collect(),
        errors: observed.errors,
        broken: broken.or(observed.broken),
        duration: started.elapsed(),
    }
}

/// Conversations of clients, and cases made from the tables, where each row is held against whatever a server can do wrong with it:
/// they may report what a rule of its own reports.
const ACROSS: [&str; 6] = ["attribute-rules", "locate-model", "payload", "personas", "states", "use-cases"];

/// In a quick check a fault that rules about every answer name meets so many cases more, of those that it changes something for.
const EXTRA: usize = 8;

/// In a quick check each fault meets one part of so many of the cases that have nothing to do with it.
const PARTS: usize = 48;

impl SelfCheck {
    /// A case, at the versions at which a fault may show: as a case sends and receives the same as ever for as long as the fault
    /// changes neither, it cannot report one that has nothing to do with its exchanges. None at all, if none is left.
    fn meets(&self, quirk: &Quirk, scenario: &Scenario, seen: &Seen) -> Option<Scenario> {
        let limits = Limits::default();
        let concerned = |version: &Version| {
            let exchanges = seen.get(&(scenario.id.clone(), *version));
            exchanges.is_some_and(|all| all.iter().any(|(sent, received)| quirk.concerns(sent, received, &limits)))
        };
        let versions: VersionSet = scenario.versions.iter().filter(concerned).collect();
        (!versions.is_empty()).then(|| Scenario { versions, ..scenario.clone() })
    }

    /// Whether a fault is shown to a case.
    fn takes(&self, quirk: &Quirk, scenario: &Scenario) -> bool {
        let named = || quirk.rules.iter().any(|rule| selects(rule, &scenario.id));
        let Some(turn) = self.quick else { return true };
        let part = || {
            let turn = quirk.name.bytes().map(usize::from).fold(turn, usize::wrapping_add) % PARTS + 1;
            let part = Selection { shard: Some((turn, PARTS)), ..Selection::default() };
            part.takes_shard(&scenario.id, Version::V1_0)
        };
        let smoke = || self.of_answers(quirk) && scenario.tags.iter().any(|tag| tag == "smoke");
        named() || smoke() || part()
    }

    /// Whether a rule about every answer is among those that name a fault: it needs answers, whosever they are.
    fn of_answers(&self, quirk: &Quirk) -> bool {
        self.quick.is_some() && quirk.rules.iter().any(|rule| standing::rules().any(|r| selects(rule, r.id)))
    }
}

/// Rules and cases by id, with the operations that they sent.
type Reported = BTreeMap<String, BTreeSet<u32>>;

/// What was sent and received by each case at each version.
type Seen = HashMap<(String, Version), Vec<(Vec<u8>, Vec<u8>)>>;

/// What a run came to.
#[derive(Debug, Default)]
struct Observed {
    /// Rules and cases that something is not as they ask.
    reported: Reported,
    /// Cases that came to no verdict on this server.
    inconclusive: BTreeSet<String>,
    /// Cases that could not find out.
    errors: BTreeSet<String>,
    /// Why the run was cut short.
    broken: Option<String>,
    /// The exchanges of the cases.
    seen: Seen,
}

impl Observed {
    /// Notes the verdict of a case.
    fn note(&mut self, execution: Execution) {
        let Execution { id, version, verdict, transcript, .. } = execution;
        match verdict {
            Verdict::Fail | Verdict::NonStrict => {
                let sent = transcript.iter().filter(|exchange| exchange.step != "cleanup");
                self.reported
                    .entry(id.clone())
                    .or_default()
                    .extend(sent.flat_map(|exchange| message::operations(&exchange.sent)));
            }
            Verdict::Inconclusive => drop(self.inconclusive.insert(id.clone())),
            Verdict::Error => drop(self.errors.insert(id.clone())),
            Verdict::Pass | Verdict::Info | Verdict::Skip | Verdict::Disabled => {}
        }
        let exchanges = transcript.into_iter().map(|exchange| (exchange.sent, exchange.received));
        self.seen.entry((id, version)).or_default().extend(exchanges);
    }

    /// Everything that may not be said of a server without faults.
    fn amiss(&self) -> BTreeSet<String> {
        self.reported.keys().chain(&self.inconclusive).chain(&self.errors).chain(&self.broken).cloned().collect()
    }
}

/// Runs scenarios against a server of their own.
async fn observe(check: &SelfCheck, quirks: Quirks, scenarios: Vec<Scenario>) -> Result<Observed, SelfCheckError> {
    let config = Config { quirks, ..Config::default() };
    let (server, target) = bundled::start(config).await.map_err(SelfCheckError::Bundled)?;
    let (sender, mut events) = tokio::sync::mpsc::unbounded_channel();
    let run = Run {
        target: Arc::new(target),
        scenarios,
        selection: Selection { versions: check.versions.clone(), ..Selection::default() },
        jobs: std::thread::available_parallelism().map_or(1, usize::from),
        case_timeout: check.case_timeout,
        run_id: None,
        expectations: Expectations::default(),
        reproduce: Vec::new(),
        stop: check.stop.clone(),
    };
    let mut observed = Observed::default();
    let listened = async {
        while let Some(event) = events.recv().await {
            if let Event::CaseFinished(execution) = event {
                observed.note(*execution);
            }
        }
    };
    let (finished, ()) = tokio::join!(super::run::run(run, sender), listened);
    server.shutdown().await;
    observed.broken = finished.map_err(SelfCheckError::Run)?.broken;
    Ok(observed)
}
