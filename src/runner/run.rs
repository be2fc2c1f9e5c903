//! A whole run: plan, sanity, discovery, jobs, standing rules, sanity again. Emits events; whoever listens reports.

use super::capability::{self, Capabilities, LISTENER, Needs};
use super::dispatch::{Dispatcher, Progress};
use super::event::{Event, Execution, RunFinished, RunStarted, Target as TargetEvent};
use super::execute::{Shared, not_run};
use super::expectations::{self, Expectations};
use super::inbox::Inbox;
use super::probe;
use super::sanity::{self, SanityError};
use super::select::{Labels, Selection};
use super::standing::{self, Reported, SANITY, Standing};
use super::stop::Stop;
use super::verdict::Verdict;
use crate::client::listener::Listening;
use crate::client::session::Connections;
use crate::client::{Pool, Session, Target};
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::file::Scenario;
use crate::scenario::library::selects;
use crate::scenario::plan::Plan;
use crate::scenario::version_set::VersionSet;
use kmipspec_protocol::registry::{ObjectType, Operation, enumeration_named};
use kmipspec_protocol::version::Version;
use std::collections::BTreeSet;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedSender;

/// Everything a run needs to know.
#[derive(Debug)]
pub struct Run {
    /// The peer.
    pub target: Arc<Target>,
    /// All scenarios, selected or not.
    pub scenarios: Vec<Scenario>,
    /// Which of them.
    pub selection: Selection,
    /// Cases in flight at once.
    pub jobs: usize,
    /// The longest a case may take.
    pub case_timeout: Duration,
    /// Prefix of the names of objects on the peer; `None` takes one nobody else has.
    pub run_id: Option<String>,
    /// Known failures.
    pub expectations: Expectations,
    /// How the target is named on a command line, for the commands that run a case again.
    pub reproduce: Vec<String>,
    /// Ends the run early.
    pub stop: Stop,
}

/// Why there was no run.
#[derive(Debug)]
pub enum RunError {
    /// The selection is empty.
    NothingSelected,
    /// Scenarios are wrong at a version; each error has its place.
    Scenarios(Vec<Diagnostic>),
    /// The peer cannot be tested.
    Target(SanityError),
    /// We cannot listen where the peer is to tell us of changes.
    Listener {
        /// Where.
        address: String,
        /// Why.
        error: std::io::Error,
    },
    /// The run was asked to end before its first case.
    Interrupted,
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingSelected => {
                f.write_str("nothing is selected: no case has such an id, suite, level and version")
            }
            Self::Scenarios(diagnostics) => {
                for (i, d) in diagnostics.iter().enumerate() {
                    write!(f, "{}{d}", if i == 0 { "" } else { "\n" })?;
                }
                Ok(())
            }
            Self::Target(error) => error.fmt(f),
            Self::Listener { address, error } => write!(f, "cannot listen at {address}: {error}"),
            Self::Interrupted => f.write_str("interrupted before the first case"),
        }
    }
}

impl std::error::Error for RunError {}

/// What a selection comes to.
#[derive(Debug)]
pub struct Planned {
    /// The cases to run, by id and version.
    pub plans: Vec<Plan>,
    /// Whether standing rules were asked for by name: then every case runs, and only they are reported.
    pub standing_only: bool,
}

/// Compiles what is selected. An error in any selected scenario stops everything: nothing is sent.
pub fn plan(scenarios: &[Scenario], selection: &Selection) -> Result<Planned, RunError> {
    let standing_only = asks_for_standing(selection);
    let mut plans = Vec::new();
    let mut errors = Vec::new();
    for scenario in scenarios {
        let labels = Labels { id: &scenario.id, tags: &scenario.tags, level: scenario.level };
        if !standing_only && !selection.takes(labels) {
            continue;
        }
        for version in Version::ALL.into_iter().filter(|v| scenario.versions.contains(*v)) {
            let taken = selection.takes_version(version) && selection.takes_execution(&scenario.id, version);
            if taken && selection.takes_shard(&scenario.id, version) {
                match scenario.plan(version) {
                    Ok(plan) if selection.read_only && !plan.changes_nothing() => {}
                    Ok(plan) => plans.push(plan),
                    Err(found) => errors.extend(found),
                }
            }
        }
    }
    if !errors.is_empty() {
        errors.dedup();
        return Err(RunError::Scenarios(errors));
    }
    if plans.is_empty() {
        return Err(RunError::NothingSelected);
    }
    plans.sort_by(|a, b| (&a.id, a.version).cmp(&(&b.id, b.version)));
    Ok(Planned { plans, standing_only })
}

/// Whether an id pattern or a suite means standing rules and no scenario.
fn asks_for_standing(selection: &Selection) -> bool {
    let by_id = |p: &String| !p.starts_with(['*', '?']) && standing::rules().any(|r| selects(p, r.id));
    let by_suite = |s: &String| standing::rules().any(|r| s == standing::suite(r.id));
    selection.patterns.iter().any(by_id) || selection.suites.iter().any(by_suite)
}

/// Runs. The events tell the same as the result; nothing is printed.
pub async fn run(run: Run, events: UnboundedSender<Event>) -> Result<RunFinished, RunError> {
    let started = Instant::now();
    let planned = plan(&run.scenarios, &run.selection)?;
    let versions: Vec<Version> = planned.plans.iter().map(|p| p.version).collect::<BTreeSet<_>>().into_iter().collect();
    let (inbox, _listening) = listen(&run.target, &planned, &versions).await?.unzip();
    let pool = Arc::new(Pool::default());
    let mut session = Session::new(Arc::clone(&run.target), Arc::clone(&pool), Connections::Shared);
    let run_id = run.run_id.clone().unwrap_or_else(fresh_run_id);
    let looked = async {
        let discovered = discover(&mut session, &run.target, &versions).await.map_err(RunError::Target)?;
        if !run.selection.read_only {
            probe::unlisted(&mut session, &discovered, &run_id).await;
        }
        Ok(discovered)
    };
    // Nothing is made on the peer up to here, so no answer has to be waited for.
    let discovered = tokio::select! {
        discovered = looked => discovered?,
        () = run.stop.asked() => return Err(RunError::Interrupted),
    };
    let tls = session.tls();
    session.release();
    let standing = Standing::default();
    look_at_each_version(&standing, &session.take_transcript());
    let shared = Arc::new(Shared {
        target: Arc::clone(&run.target),
        pool: Arc::clone(&pool),
        capabilities: discovered,
        standing,
        inbox,
        run_id: run_id.clone(),
        reproduce: run.reproduce.clone(),
        case_timeout: run.case_timeout,
        stop: run.stop.clone(),
    });
    let mut out =
        Reporter { run: &run, planned: &planned, events, counts: [0; Verdict::ALL.len()], unexpected: Vec::new() };
    out.started(&shared, &versions, run_id, tls);
    let jobs = out.split(&shared);
    let broken = out.run_jobs(&shared, jobs).await;
    let broken = match broken {
        Some(broken) => Some(broken),
        None if run.stop.is_asked() => Some("interrupted: what was not run to its end is skipped".to_owned()),
        None => last_sanity(&shared).await,
    };
    out.standing(&shared, &versions);
    pool.close().await;
    Ok(out.finish(broken, started.elapsed()))
}

/// Listens where the peer tells of changes, if a case asks for it.
async fn listen(
    target: &Target,
    planned: &Planned,
    versions: &[Version],
) -> Result<Option<(Arc<Inbox>, Listening)>, RunError> {
    let asks = |plan: &Plan| plan.needs.features.iter().any(|f| f == LISTENER);
    let Some(listener) = target.listener.as_ref().filter(|_| planned.plans.iter().any(asks)) else { return Ok(None) };
    let inbox = Arc::new(Inbox::new(versions));
    let listening = listener.listen(Arc::<Inbox>::clone(&inbox)).await;
    let listening = listening.map_err(|error| RunError::Listener { address: listener.address().to_owned(), error })?;
    Ok(Some((inbox, listening)))
}

/// Asks the peer, or takes the target file's word for the versions.
async fn discover(session: &mut Session, target: &Target, versions: &[Version]) -> Result<Capabilities, SanityError> {
    let Some(declared) = &target.supports.versions else { return capability::discover(session, versions).await };
    let wanted: Vec<Version> = versions.iter().copied().filter(|v| declared.contains(v)).collect();
    let ask = if wanted.is_empty() { declared.as_slice() } else { wanted.as_slice() };
    let mut found = capability::discover(session, ask).await?;
    for version in versions.iter().filter(|v| !declared.contains(v)) {
        found.unsupported.insert(*version, "the target file does not name it".to_owned());
        found.versions.remove(version);
    }
    Ok(found)
}

/// The runner's own exchanges count for the version each was sent at.
fn look_at_each_version(standing: &Standing, transcript: &[super::event::Exchange]) {
    for exchange in transcript {
        if let Some(version) = standing::request_version(&exchange.sent) {
            standing.look(SANITY, version, std::slice::from_ref(exchange));
        }
    }
}

async fn last_sanity(shared: &Shared) -> Option<String> {
    let version = *shared.capabilities.versions.keys().next_back()?;
    let mut session = Session::new(Arc::clone(&shared.target), Arc::clone(&shared.pool), Connections::OnePerExchange);
    let checked = sanity::check(&mut session, version).await;
    session.close().await;
    checked.err().map(|e| format!("the peer no longer answers after the last case: {e}"))
}

/// `ks-` and eight hexadecimal digits; the hasher's keys come from the operating system.
fn fresh_run_id() -> String {
    let number = RandomState::new().hash_one(std::process::id());
    format!("ks-{:08x}", number & 0xFFFF_FFFF)
}

/// What goes out, and what is counted on the way.
struct Reporter<'a> {
    run: &'a Run,
    planned: &'a Planned,
    events: UnboundedSender<Event>,
    counts: [usize; Verdict::ALL.len()],
    unexpected: Vec<String>,
}

impl Reporter<'_> {
    /// A listener that went away changes nothing: the result is returned as well.
    fn emit(&self, event: Event) {
        let _ = self.events.send(event);
    }

    fn started(&self, shared: &Shared, versions: &[Version], run_id: String, tls: Option<String>) {
        let said = &shared.capabilities;
        let cases = if self.planned.standing_only { 0 } else { self.planned.plans.len() };
        let rules = if self.takes_every_rule() {
            let spoken = versions.iter().filter(|v| said.versions.contains_key(v));
            spoken.map(|v| standing::rules().filter(|r| standing::stands_at(r.id, *v)).count()).sum()
        } else {
            0
        };
        self.emit(Event::RunStarted(RunStarted {
            target: TargetEvent {
                address: shared.target.name.clone(),
                vendor: said.vendor.clone(),
                versions: said.versions.keys().copied().collect(),
                tls,
                encoding: shared.target.encoding,
            },
            total: cases + rules,
            later: Vec::new(),
            run_id,
        }));
    }

    /// Says of each case that is not to be run why; the others are returned.
    fn split(&mut self, shared: &Shared) -> Vec<Plan> {
        let mut jobs = Vec::new();
        for plan in &self.planned.plans {
            let (verdict, reason) = if let Some(why) = self.disabled(plan) {
                (Verdict::Disabled, why)
            } else if let Some(why) = missing(shared, plan) {
                (Verdict::Skip, why)
            } else {
                jobs.push(plan.clone());
                continue;
            };
            self.case_finished(not_run(plan, verdict, Some(reason), shared));
        }
        jobs
    }

    fn disabled(&self, plan: &Plan) -> Option<String> {
        let by_file = self.run.expectations.disabled(&plan.id, plan.version).map(|e| e.because.clone());
        by_file.or_else(|| {
            let entry = self.run.target.disabled.iter().find(|d| selects(&d.case, &plan.id));
            entry.map(|d| d.because.clone())
        })
    }

    /// Runs the cases, so many at a time. Returns why the run had to stop, if it had to.
    async fn run_jobs(&mut self, shared: &Arc<Shared>, plans: Vec<Plan>) -> Option<String> {
        let (sender, mut done) = tokio::sync::mpsc::unbounded_channel();
        let dispatcher = Dispatcher::new(shared, self.run.jobs, sender);
        let broken = dispatcher.broken();
        let dispatched = tokio::spawn(dispatcher.run(plans));
        let mut told = false;
        loop {
            let progress = tokio::select! {
                progress = done.recv() => progress,
                () = self.run.stop.asked(), if !told => {
                    told = true;
                    let text = "interrupted: waiting for answers on their way and removing what was made; once more ends at once";
                    self.emit(Event::Notice(text.to_owned()));
                    continue;
                }
            };
            let Some(progress) = progress else { break };
            match progress {
                Progress::Started { id, version } => {
                    if !self.planned.standing_only {
                        self.emit(Event::CaseStarted { id, version });
                    }
                }
                Progress::Finished(execution) => self.case_finished(*execution),
                Progress::Notice(text) => self.emit(Event::Notice(text)),
            }
        }
        // The channel is closed, so it is at its end; a panic of it has been printed.
        let not_begun = dispatched.await.unwrap_or_default();
        let broken = broken.lock().await.clone();
        for plan in &not_begun {
            let why = if broken.is_some() { "the peer had stopped answering" } else { "the run was interrupted" };
            self.case_finished(not_run(plan, Verdict::Skip, Some(format!("not run: {why}")), shared));
        }
        broken
    }

    /// A case of a run that is only about standing rules is not reported.
    fn case_finished(&mut self, execution: Execution) {
        if !self.planned.standing_only {
            self.finished(execution);
        }
    }

    fn finished(&mut self, mut execution: Execution) {
        self.run.expectations.apply(&mut execution);
        self.unexpected.extend(expectations::contradiction(&execution));
        for (verdict, count) in Verdict::ALL.iter().zip(&mut self.counts) {
            *count += usize::from(*verdict == execution.verdict);
        }
        self.emit(Event::CaseFinished(Box::new(execution)));
    }

    /// Standing rules that were broken are always news. That one was kept says something only when every case ran.
    fn standing(&mut self, shared: &Shared, versions: &[Version]) {
        let reported = Reported {
            said: &shared.capabilities,
            versions,
            target: &shared.reproduce,
            encoding: shared.target.encoding,
        };
        for execution in shared.standing.report(reported) {
            // The suite of a checker's rule is no part of its id.
            let tags = [execution.suite.clone()];
            let labels = Labels { id: &execution.id, tags: &tags, level: execution.level };
            let taken = self.run.selection.takes(labels);
            let broken = execution.verdict != Verdict::Pass;
            if self.takes_every_rule() && taken || !self.planned.standing_only && broken {
                self.finished(execution);
            }
        }
    }

    /// Whether rules that were kept are reported, too.
    fn takes_every_rule(&self) -> bool {
        let Selection { patterns, versions: _, suites, level: _, shard, read_only, executions } = &self.run.selection;
        let whole = !self.run.stop.is_asked() && !read_only && executions.is_none();
        whole && (self.planned.standing_only || patterns.is_empty() && suites.is_empty() && shard.is_none())
    }

    fn finish(self, broken: Option<String>, duration: Duration) -> RunFinished {
        let scenarios = &self.run.scenarios;
        let known = scenarios.iter().map(|s| s.id.as_str()).chain(standing::rules().map(|r| r.id));
        let known: Vec<&str> = known.collect();
        let stale = self.run.expectations.stale(known.iter().copied(), |id| {
            let scenario = scenarios.iter().find(|s| s.id == id).map(|s| s.versions);
            scenario.or_else(|| standing::rules().any(|r| r.id == id).then(VersionSet::all))
        });
        let finished = RunFinished {
            counts: Verdict::ALL.into_iter().zip(self.counts).collect(),
            stale,
            unexpected: self.unexpected.clone(),
            duration,
            broken,
        };
        self.emit(Event::RunFinished(finished.clone()));
        finished
    }
}

/// Why a case cannot be run against this peer.
fn missing(shared: &Shared, plan: &Plan) -> Option<String> {
    let number = |of: &str, name: &String| enumeration_named(of).and_then(|e| e.named(name)).map(|v| v.code);
    let operations: Vec<Operation> =
        plan.needs.operations.iter().filter_map(|n| number("Operation", n)).map(Operation).collect();
    let objects: Vec<ObjectType> =
        plan.needs.objects.iter().filter_map(|n| number("ObjectType", n)).map(ObjectType).collect();
    let needs = Needs {
        operations: &operations,
        objects: &objects,
        identities: &plan.needs.identities,
        features: &plan.needs.features,
        passwords: &plan.needs.passwords,
    };
    shared.capabilities.missing(&shared.target, plan.version, needs)
}
