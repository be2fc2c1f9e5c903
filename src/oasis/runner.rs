//! Runs published cases one after the other and emits the events of a run.

use super::case::{Case, CaseError, Step, operations};
use super::compare::{Comparison, Judged};
use super::memory::Memory;
use super::variation::{self, Used, Variation};
use crate::client::session::{Connections, Options};
use crate::client::{Encoding, Pool, Session, Target};
use crate::runner::event::{Event, Execution, Fate, Finding, RunFinished, RunStarted, Target as TargetEvent};
use crate::runner::expectations::{self, Expectations};
use crate::runner::select::{Labels, Selection};
use crate::runner::verdict::{Level, Verdict};
use crate::runner::{BundledError, RunError, Stop, bundled, capability};
use crate::scenario::judge::show_fate;
use kmipspec_protocol::registry::Operation;
use kmipspec_protocol::ttlv::{Doc, Limits};
use kmipspec_protocol::version::Version;
use kmipspec_reference_server::{Config, RunningServer};
use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedSender;

/// What the cases are run against.
#[derive(Debug)]
pub enum Peer {
    /// The bundled server, started anew for each case: the published answers assume an empty server.
    Bundled(Box<Config>),
    /// One server for all cases; objects of one case are there when the next one runs.
    Target(Arc<Target>),
}

/// Everything a run of published cases needs to know.
#[derive(Debug)]
pub struct Run {
    /// All cases, selected or not.
    pub cases: Vec<Case>,
    /// Files that are no cases, and why.
    pub unreadable: Vec<(PathBuf, CaseError)>,
    /// The peer.
    pub peer: Peer,
    /// How messages travel, but for cases that are about an encoding.
    pub encoding: Encoding,
    /// Which of them; a case is called `oasis.` and its file's name.
    pub selection: Selection,
    /// The longest a case may take.
    pub case_timeout: Duration,
    /// Known failures.
    pub expectations: Expectations,
    /// How the target is named on a command line, for the commands that run a case again.
    pub reproduce: Vec<String>,
    /// Ends the run early.
    pub stop: Stop,
}

/// Why published cases cannot be read.
#[derive(Debug)]
pub struct Unreadable {
    /// The folder or file.
    pub path: PathBuf,
    /// Why.
    pub why: io::Error,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "read the published cases in {}: {}", self.path.display(), self.why)
    }
}

impl std::error::Error for Unreadable {}

/// Cases, and files that are none.
pub type Loaded = (Vec<Case>, Vec<(PathBuf, CaseError)>);

/// Cases of a folder and what is below it, by version and name, and the files that are none.
pub fn load(folder: &Path) -> Result<Loaded, Unreadable> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(path) = folders.pop() {
        let failed = |why| Unreadable { path: path.clone(), why };
        if path.is_file() {
            files.push(path);
            continue;
        }
        for entry in std::fs::read_dir(&path).map_err(failed)? {
            let found = entry.map_err(failed)?.path();
            if found.is_dir() {
                folders.push(found);
            } else if found.extension().is_some_and(|e| e == "xml") {
                files.push(found);
            }
        }
    }
    files.sort();
    let (mut cases, mut unreadable) = (Vec::new(), Vec::new());
    for path in files {
        match Case::read(&path) {
            Ok(case) => cases.push(case),
            Err(why) => unreadable.push((path, why)),
        }
    }
    cases.sort_by(|a, b| (a.version, &a.name).cmp(&(b.version, &b.name)));
    Ok((cases, unreadable))
}

/// How the place of a published case begins in results; its version, a colon and its identifier follow.
pub const TEST_CASES: &str = "KMIP Test Cases";

/// The written id of a case.
pub fn id_of(case: &Case) -> String {
    format!("oasis.{}", case.name.to_lowercase())
}

/// The encoding a case is about.
fn own_encoding(name: &str) -> Option<Encoding> {
    let about = name.strip_prefix("MSGENC-")?;
    let own = [("HTTPS-", Encoding::Https), ("XML-", Encoding::Xml), ("JSON-", Encoding::Json)];
    own.into_iter().find(|(kind, _)| about.starts_with(kind)).map(|(_, encoding)| encoding)
}

/// Runs. The events tell the same as the result; nothing is printed.
pub async fn run(run: Run, events: UnboundedSender<Event>) -> Result<RunFinished, RunError> {
    let started = Instant::now();
    let selected: Vec<&Case> = selected(&run.cases, &run.selection).collect();
    if selected.is_empty() {
        return Err(RunError::NothingSelected);
    }
    let mut out = Reporter { run: &run, events, counts: [0; Verdict::ALL.len()], unexpected: Vec::new() };
    let versions: BTreeSet<Version> = selected.iter().map(|case| case.version).collect();
    let target = run.about(&versions.into_iter().collect::<Vec<_>>()).await;
    let started_run = RunStarted { target, total: selected.len(), later: Vec::new(), run_id: "oasis".to_owned() };
    out.emit(Event::RunStarted(started_run));
    for (path, why) in &run.unreadable {
        out.emit(Event::Notice(format!("{}: {why}; not run", path.display())));
    }
    let mut broken = None;
    for case in selected {
        let id = id_of(case);
        out.emit(Event::CaseStarted { id, version: case.version });
        let execution = match skipped(case) {
            Some(why) => Execution { reason: Some(why), ..run.execution(case, Verdict::Skip) },
            None if run.stop.is_asked() || broken.is_some() => {
                let why = if broken.is_some() { "the peer had stopped answering" } else { "the run was interrupted" };
                Execution { reason: Some(format!("not run: {why}")), ..run.execution(case, Verdict::Skip) }
            }
            None => match run.case(case).await {
                Ok(execution) => execution,
                Err(error) => {
                    broken = Some(error.to_string());
                    Execution { reason: broken.clone(), ..run.execution(case, Verdict::Error) }
                }
            },
        };
        out.finished(execution);
    }
    if broken.is_none() && run.stop.is_asked() {
        broken = Some("interrupted: what was not run to its end is skipped".to_owned());
    }
    Ok(out.finish(broken, started.elapsed()))
}

/// The cases that are selected.
pub fn selected<'c>(cases: &'c [Case], selection: &Selection) -> impl Iterator<Item = &'c Case> {
    cases.iter().filter(|case| {
        let id = id_of(case);
        let tags = [format!("oasis-{}", case.version)];
        let labels = Labels { id: &id, tags: &tags, level: Level::Shall };
        selection.takes(labels)
            && selection.takes_version(case.version)
            && selection.takes_execution(&id, case.version)
            && selection.takes_shard(&id, case.version)
    })
}

/// Why a case is not one of a client's requests.
fn skipped(case: &Case) -> Option<String> {
    case.from_server.then(|| "the server sends requests in it: not a matter of what this client asks".to_owned())
}

impl Run {
    /// The peer, as far as it tells at these versions. Where it tells nothing, the cases show why.
    async fn about(&self, versions: &[Version]) -> TargetEvent {
        let (server, target) = match &self.peer {
            Peer::Target(target) => (None, Arc::clone(target)),
            Peer::Bundled(config) => match bundled::start_as_configured((**config).clone()).await {
                Ok((server, target)) => (Some(server), Arc::new(target)),
                Err(_) => {
                    let address = "bundled".to_owned();
                    return TargetEvent { address, encoding: self.encoding, ..TargetEvent::default() };
                }
            },
        };
        let address = target.name.clone();
        let pool = Arc::new(Pool::default());
        let mut session = Session::new(target, Arc::clone(&pool), Connections::Shared).speaking(self.encoding);
        let told = capability::discover(&mut session, versions).await.unwrap_or_default();
        let tls = session.tls();
        session.close().await;
        pool.close().await;
        if let Some(server) = server {
            server.shutdown().await;
        }
        let versions = told.versions.into_keys().collect();
        TargetEvent { address, vendor: told.vendor, versions, tls, encoding: self.encoding }
    }

    /// The case that made what this one goes on with.
    fn before<'a>(&'a self, case: &Case) -> impl Iterator<Item = &'a Case> {
        let (follows, digits) = (case.follows(), case.number().1.to_owned());
        self.cases.iter().filter(move |c| follows.contains(&c.number().0) && c.number().1 == digits)
    }

    /// How the messages of a case travel: those about an encoding, by their names, in no other (Profiles 2.1 §5.3 to §5.5).
    fn encoding_of(&self, case: &Case) -> Encoding {
        own_encoding(&case.name).unwrap_or(self.encoding)
    }

    /// An execution without findings.
    fn execution(&self, case: &Case, verdict: Verdict) -> Execution {
        let id = id_of(case);
        Execution {
            suite: "oasis".to_owned(),
            title: format!("answers the published case {} as published, but for permitted variations", case.name),
            version: case.version,
            encoding: self.encoding_of(case).name(),
            level: Level::Shall,
            spec: vec![format!("{TEST_CASES} {}: {}", case.version, case.name)],
            verdict,
            reason: None,
            findings: Vec::new(),
            transcript: Vec::new(),
            duration: Duration::ZERO,
            expected: None,
            reproduce: crate::runner::reproduce::command(&self.reproduce, case.version, &id),
            id,
        }
    }

    /// Runs a case, after those it goes on with.
    async fn case(&self, case: &Case) -> Result<Execution, BundledError> {
        let (target, server) = self.connect().await?;
        let shared_server = server.is_none();
        let pool = Arc::new(Pool::default());
        for before in self.before(case) {
            let mut session = Session::new(Arc::clone(&target), Arc::clone(&pool), Connections::Shared)
                .speaking(self.encoding_of(before));
            // Its own execution judges it; here it only makes objects.
            let _ =
                tokio::time::timeout(self.case_timeout, Attempt::new(before, shared_server).steps(&mut session)).await;
            session.release();
        }
        let started = Instant::now();
        let mut session = Session::new(target, Arc::clone(&pool), Connections::Shared).speaking(self.encoding_of(case));
        let mut attempt = Attempt::new(case, shared_server);
        let outcome = tokio::time::timeout(self.case_timeout, attempt.steps(&mut session)).await;
        let outcome = outcome.unwrap_or_else(|_| Outcome::NotFoundOut {
            exchange: session.transcript().len().checked_sub(1),
            why: format!("the case was still running after {:?}", self.case_timeout),
        });
        let mut execution = self.execution(case, Verdict::Pass);
        execution.transcript = session.take_transcript();
        execution.duration = started.elapsed();
        self.conclude(outcome, &attempt.used, &mut execution);
        session.close().await;
        pool.close().await;
        if let Some(server) = server {
            server.shutdown().await;
        }
        Ok(execution)
    }

    /// The peer of one case.
    async fn connect(&self) -> Result<(Arc<Target>, Option<RunningServer>), BundledError> {
        match &self.peer {
            Peer::Target(target) => Ok((Arc::clone(target), None)),
            Peer::Bundled(config) => {
                let (server, target) = bundled::start_as_configured(Config::clone(config)).await?;
                Ok((Arc::new(target), Some(server)))
            }
        }
    }

    /// Writes an outcome and the variations used into the execution.
    fn conclude(&self, outcome: Outcome, used: &Used, execution: &mut Execution) {
        let spec = execution.spec.clone();
        let finding = |verdict, exchange: Option<usize>| Finding {
            verdict,
            rule: execution.id.clone(),
            statement: "the answer is the published one, but for permitted variations".to_owned(),
            spec: spec.clone(),
            place: None,
            exchange,
            path: String::new(),
            offset: None,
            expected: String::new(),
            actual: String::new(),
        };
        let mut findings = Vec::new();
        match outcome {
            Outcome::Equal => {}
            Outcome::Different { exchange, difference } => {
                execution.verdict = Verdict::Fail;
                findings.push(Finding {
                    path: difference.path,
                    offset: Some(difference.offset),
                    expected: difference.expected,
                    actual: difference.actual,
                    ..finding(Verdict::Fail, Some(exchange))
                });
            }
            Outcome::Synchronous => {
                execution.verdict = Verdict::Skip;
                execution.reason =
                    Some("the server answered at once, as it may; the rest polls for an answer".to_owned());
            }
            Outcome::NotFoundOut { exchange, why } => {
                execution.verdict = Verdict::Error;
                execution.reason = Some(why.clone());
                findings.push(Finding {
                    expected: "an answer".to_owned(),
                    actual: why,
                    ..finding(Verdict::Error, exchange)
                });
            }
            Outcome::Unsayable { why } => {
                execution.verdict = Verdict::Skip;
                execution.reason = Some(why);
            }
            Outcome::Unusable { why } => {
                execution.verdict = Verdict::Inconclusive;
                execution.reason = Some(why);
            }
        }
        findings.extend(used.iter().map(|variation| note(*variation, finding(Verdict::Info, None))));
        execution.findings = findings;
    }
}

/// The note that a variation was used.
fn note(variation: Variation, finding: Finding) -> Finding {
    Finding {
        rule: variation::RULE.to_owned(),
        statement: format!("{}{}", variation::USED, variation.statement()),
        spec: vec![variation.clause().to_owned()],
        ..finding
    }
}

/// What became of a case.
#[derive(Debug)]
enum Outcome {
    /// Every answer was as published.
    Equal,
    /// One was not.
    Different {
        /// Its place in the transcript.
        exchange: usize,
        /// Where and how.
        difference: super::compare::Difference,
    },
    /// An answer came at once, where the case goes on with polling.
    Synchronous,
    /// No answer, or none that is TTLV.
    NotFoundOut {
        /// Its place in the transcript.
        exchange: Option<usize>,
        /// Why.
        why: String,
    },
    /// The encoding has no form for a request.
    Unsayable {
        /// Why.
        why: String,
    },
    /// The file cannot be gone on with.
    Unusable {
        /// Why.
        why: String,
    },
}

/// A case on its way.
struct Attempt<'a> {
    case: &'a Case,
    shared_server: bool,
    memory: Memory,
    used: Used,
}

impl<'a> Attempt<'a> {
    fn new(case: &'a Case, shared_server: bool) -> Self {
        Self { case, shared_server, memory: Memory::default(), used: Used::new() }
    }

    /// All steps. After one that went wrong, only those that remove objects are sent.
    async fn steps(&mut self, session: &mut Session) -> Outcome {
        let mut outcome = Outcome::Equal;
        for (place, step) in self.case.steps.iter().enumerate() {
            let over = !matches!(outcome, Outcome::Equal);
            if over && !removes(step) {
                continue;
            }
            let came = self.step(session, place, step).await;
            if !over {
                outcome = came;
            }
        }
        outcome
    }

    /// One exchange.
    async fn step(&mut self, session: &mut Session, place: usize, step: &Step) -> Outcome {
        let name = format!("step {} of {}", place.saturating_add(1), self.case.steps.len());
        self.memory.now = crate::runner::now();
        self.memory.last_id = None;
        let mut unbound = None;
        let memory = &mut self.memory;
        let request = match step.request.item(&mut |leaf| memory.fill(leaf, &mut unbound)) {
            Ok(request) => request.encode(),
            Err(error) => return Outcome::Unusable { why: format!("{name}: {error}") },
        };
        if let Some(unbound) = unbound {
            return Outcome::Unusable { why: format!("{name}: {}", unbound.0) };
        }
        if let Err(unsayable) = session.encoding().body(&request) {
            return Outcome::Unsayable { why: format!("{name}: {unsayable}") };
        }
        let identity = session.target().default_identity().to_owned();
        let exchange = session.exchange_again(Options::new(&name, &identity), request).await;
        let Some(done) = session.transcript().get(exchange) else {
            return Outcome::NotFoundOut { exchange: None, why: format!("{name}: no exchange") };
        };
        if done.fate != Fate::Answered {
            return Outcome::NotFoundOut {
                exchange: Some(exchange),
                why: format!("{name}: {}", show_fate(&done.fate)),
            };
        }
        let limits = Limits::default();
        let (sent, received) = (Doc::lenient(&done.sent, &limits), Doc::strict(&done.received, &limits));
        let received = match &received {
            Ok(received) => received,
            Err(diag) => return Outcome::NotFoundOut { exchange: Some(exchange), why: format!("{name}: {diag}") },
        };
        let (Some(sent), Some(received)) = (sent.root(), received.root()) else {
            return Outcome::NotFoundOut { exchange: Some(exchange), why: format!("{name}: an empty message") };
        };
        let mut comparison = Comparison::new(self.case, self.memory.clone(), self.shared_server);
        let judged = comparison.message(&step.expected, sent, received);
        let (memory, used) = comparison.finish();
        self.memory = memory;
        self.used.extend(used);
        match judged {
            Judged::Equal => Outcome::Equal,
            Judged::Different(difference) => Outcome::Different { exchange, difference },
            Judged::Synchronous => Outcome::Synchronous,
        }
    }
}

/// Whether a step does nothing but remove what the case made.
fn removes(step: &Step) -> bool {
    let mut any = false;
    let all = operations(&step.expected).all(|operation| {
        any = true;
        matches!(operation, Operation::REVOKE | Operation::DESTROY | Operation::LOGOUT | Operation::DEACTIVATE)
    });
    any && all
}

/// What goes out, and what is counted on the way.
struct Reporter<'a> {
    run: &'a Run,
    events: UnboundedSender<Event>,
    counts: [usize; Verdict::ALL.len()],
    unexpected: Vec<String>,
}

impl Reporter<'_> {
    /// A listener that went away changes nothing: the result is returned as well.
    fn emit(&self, event: Event) {
        let _ = self.events.send(event);
    }

    fn finished(&mut self, mut execution: Execution) {
        self.run.expectations.apply(&mut execution);
        self.unexpected.extend(expectations::contradiction(&execution));
        for (verdict, count) in Verdict::ALL.iter().zip(&mut self.counts) {
            *count += usize::from(*verdict == execution.verdict);
        }
        self.emit(Event::CaseFinished(Box::new(execution)));
    }

    fn finish(self, broken: Option<String>, duration: Duration) -> RunFinished {
        let ids: Vec<String> = self.run.cases.iter().map(id_of).collect();
        let stale = self.run.expectations.stale(ids.iter().map(String::as_str), |id| {
            let case = self.run.cases.iter().find(|c| id_of(c) == id)?;
            crate::scenario::version_set::VersionSet::parse(case.version.as_str()).ok()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_about_an_encoding_are_told_by_their_names() {
        assert_eq!(own_encoding("MSGENC-HTTPS-M-1-21"), Some(Encoding::Https));
        assert_eq!(own_encoding("MSGENC-XML-M-1-14"), Some(Encoding::Xml));
        assert_eq!(own_encoding("MSGENC-JSON-M-1-13"), Some(Encoding::Json));
        assert_eq!(own_encoding("SKFF-M-1-14"), None);
    }

    #[tokio::test]
    async fn the_head_of_a_run_says_who_answers_and_at_which_versions() {
        let run = Run {
            cases: Vec::new(),
            unreadable: Vec::new(),
            peer: Peer::Bundled(Box::new(Config { versions: vec![Version::V1_4, Version::V2_1], ..Config::default() })),
            encoding: Encoding::Json,
            selection: Selection::default(),
            case_timeout: Duration::from_secs(60),
            expectations: Expectations::default(),
            reproduce: Vec::new(),
            stop: Stop::default(),
        };
        let told = run.about(&[Version::V1_0, Version::V2_1]).await;
        assert_eq!((told.address.as_str(), told.encoding), ("bundled", Encoding::Json));
        assert_eq!(told.versions, [Version::V2_1], "1.0 is not spoken, and 1.4 is in no case");
        assert!(told.vendor.is_some_and(|vendor| vendor.contains("kmipspec")));
        assert!(told.tls.is_some_and(|tls| tls.starts_with("TLSv1")));
    }
}
