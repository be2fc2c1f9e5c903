//! One run of the client after the other, each answered as a case asks.

use super::answer::Habits;
use super::case::{Case, Delivery};
use super::judge::{Usual, judge, transcript};
use super::requests::{self, Requests};
use super::stage::{Seen, Stage};
use crate::fuzzing::as_server::{Client, End, Limits, Run, last_line, words};
use crate::runner::Stop;
use crate::runner::event::{Event, Execution, RunFinished, RunStarted, Target};
use crate::runner::expectations::{self, Expectations};
use crate::runner::reproduce;
use crate::runner::verdict::{Level, Verdict};
use crate::scenario::library::selects;
use crate::scenario::version_set::VersionSet;
use kmipspec_protocol::schema;
use kmipspec_protocol::version::Version;
use regex::Regex;
use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

/// The variable that says which version the client is to speak.
const VERSION: &str = "KMIP_VERSION";

/// How many times as long a run may take that did not end in time.
const AGAIN: u32 = 3;

/// The case that says what the client does with answers that are not changed, and its title.
pub(super) const HONEST: (&str, &str) =
    ("client.honest", "With answers that are not changed the client does its task and ends with 0");

/// A command that runs the client once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// What it is called, where there are several.
    pub name: Option<String>,
    /// What a shell is given.
    pub text: String,
}

/// As it is written on a command line.
impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name}={}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

/// Everything there is to run.
#[derive(Debug)]
pub struct Suite {
    /// The client's tasks.
    pub commands: Vec<Command>,
    /// The versions that it is told to speak; empty: it is told none.
    pub versions: Vec<Version>,
    /// Cases, by id or pattern; empty: all.
    pub patterns: Vec<String>,
    /// The variables of each run.
    pub environment: Vec<(String, String)>,
    /// What a crash says, besides what is known.
    pub crash_text: Option<Regex>,
    /// How long one run may take.
    pub patience: Duration,
    /// Known failures.
    pub expectations: Expectations,
    /// How the client is named on a command line.
    pub reproduce: Vec<String>,
    /// Ends it early.
    pub stop: Stop,
}

/// A task at a version, with what it does where nothing is changed.
struct Task<'a> {
    command: &'a Command,
    /// The version that it is told to speak.
    told: Option<Version>,
    usual: Usual,
}

impl Suite {
    /// Runs the client once for each case. The events tell the same as the result; what is wrong where it cannot be started at all.
    pub fn run(&self, stage: &Stage, tell: &mut dyn FnMut(Event)) -> Result<RunFinished, String> {
        let started = Instant::now();
        let mut requests = Requests::default();
        let mut early = Vec::new();
        let mut tasks = Vec::new();
        let told: Vec<Option<Version>> =
            if self.versions.is_empty() { vec![None] } else { self.versions.iter().copied().map(Some).collect() };
        for command in &self.commands {
            for told in &told {
                let (execution, task, seen) = self.honest(stage, command, *told)?;
                requests.look(&seen.told);
                early.push(execution);
                tasks.extend(task);
            }
        }
        let work: Vec<(&Task<'_>, &'static Case)> =
            tasks.iter().flat_map(|task| self.cases(task).map(move |case| (task, case))).collect();
        let versions: std::collections::BTreeSet<Version> = tasks.iter().map(|task| task.usual.version).collect();
        tell(Event::RunStarted(RunStarted {
            target: Target { address: self.name(), versions: versions.into_iter().collect(), ..Target::default() },
            total: work.len().saturating_add(early.len()),
            later: Vec::new(),
            run_id: String::new(),
        }));
        let mut finished = Finished { suite: self, tell, counts: BTreeMap::new(), unexpected: Vec::new() };
        for execution in early {
            finished.execution(execution);
        }
        for (task, case) in work {
            if self.stop.is_asked() {
                break;
            }
            let id = id_of(case.id, task.command);
            (finished.tell)(Event::CaseStarted { id, version: task.usual.version });
            let execution = self.case(stage, task, case, &mut requests)?;
            finished.execution(execution);
        }
        let rules = requests.executions(|id, version| self.fresh(id.to_owned(), version));
        for execution in rules.into_iter().filter(|e| self.wants(&e.id)) {
            finished.execution(execution);
        }
        Ok(finished.finish(started.elapsed()))
    }

    /// Whether there is a case or a rule about requests that is wanted.
    pub fn selects_something(&self) -> bool {
        self.known().keys().any(|id| self.wants(id))
    }

    /// Who is judged: there is no address, as it is the client that connects.
    fn name(&self) -> String {
        format!("the client `{}`", self.commands.iter().map(ToString::to_string).collect::<Vec<_>>().join("`, `"))
    }

    fn wants(&self, id: &str) -> bool {
        self.patterns.is_empty() || self.patterns.iter().any(|pattern| selects(pattern, id))
    }

    /// The cases of a task: those of its version that are wanted.
    fn cases(&self, task: &Task<'_>) -> impl Iterator<Item = &'static Case> {
        let version = task.usual.version;
        super::all().filter(move |case| case.stands_at(version) && self.wants(&id_of(case.id, task.command)))
    }

    /// Starts the client once.
    fn once(
        &self,
        stage: &Stage,
        command: &Command,
        told: Option<Version>,
        case: Option<(&'static Case, Habits)>,
        patience: Duration,
    ) -> Result<(Run, Seen), String> {
        let speaks = |told: Version| Version::ALL.into_iter().filter(move |v| v.major() == told.major() && *v <= told);
        let versions: Option<Vec<Version>> = told.map(|told| speaks(told).collect());
        let habits = case.map_or_else(Habits::default, |(_, habits)| habits);
        stage.set(case.map(|(case, _)| case), versions.as_deref(), habits)?;
        let mut environment = self.environment.clone();
        environment.extend(told.map(|version| (VERSION.to_owned(), version.to_string())));
        let client = Client::new(&command.text, environment, self.crash_text.clone());
        let limits = Limits { time: patience, memory: u64::MAX };
        let run = client.run(limits, || self.stop.is_asked()).map_err(|e| format!("the client cannot be run: {e}"))?;
        Ok((run, stage.seen()))
    }

    /// What a task does where nothing is changed: only where it is well then, something can be said of it.
    fn honest<'a>(
        &self,
        stage: &Stage,
        command: &'a Command,
        told: Option<Version>,
    ) -> Result<(Execution, Option<Task<'a>>, Seen), String> {
        let (run, seen) = self.once(stage, command, told, None, self.patience.saturating_mul(AGAIN))?;
        let usual = Usual::of(&seen);
        let version = told.or_else(|| usual.as_ref().map(|usual| usual.version)).unwrap_or(Version::V1_0);
        let said = last_line(&run.said);
        let (verdict, reason) = match (&run.end, &usual) {
            (End::Stopped, _) => (Verdict::Error, "interrupted".to_owned()),
            (_, None) => {
                let trouble = seen.trouble.as_ref().map_or_else(String::new, |trouble| format!("; {trouble}"));
                (Verdict::Error, format!("the client has asked nothing; {}{said}{trouble}", words(&run.end)))
            }
            (End::Exit(0), Some(usual)) if usual.version != version => {
                (Verdict::Skip, format!("the client was to speak {version}, and speaks {}", usual.version))
            }
            (End::Exit(0), Some(usual)) => (Verdict::Pass, format!("{} operations", usual.operations.len())),
            (end, _) => (Verdict::Error, format!("with answers that are not changed, {}{said}", words(end))),
        };
        let execution = Execution {
            title: HONEST.1.to_owned(),
            verdict,
            reason: Some(reason),
            transcript: transcript(&seen.told),
            duration: run.took,
            ..self.fresh(id_of(HONEST.0, command), version)
        };
        let task = usual.filter(|_| verdict == Verdict::Pass).map(|usual| Task { command, told, usual });
        Ok((execution, task, seen))
    }

    /// Runs one case.
    fn case(
        &self,
        stage: &Stage,
        task: &Task<'_>,
        case: &'static Case,
        requests: &mut Requests,
    ) -> Result<Execution, String> {
        let version = task.usual.version;
        let execution = Execution {
            title: case.title.to_owned(),
            level: case.level,
            spec: case.spec_at(version),
            ..self.fresh(id_of(case.id, task.command), version)
        };
        if let Some(entry) = self.expectations.disabled(&execution.id, version) {
            return Ok(Execution { verdict: Verdict::Disabled, reason: Some(entry.because.clone()), ..execution });
        }
        let by = Some((case, task.usual.habits()));
        let (mut run, mut seen) = self.once(stage, task.command, task.told, by, self.patience)?;
        let mut patience = self.patience;
        if run.end == End::Hang && case.delivery != Delivery::Stalled {
            // A machine that is busy for a moment is no fault of the client's.
            patience = patience.saturating_mul(AGAIN);
            (run, seen) = self.once(stage, task.command, task.told, by, patience)?;
        }
        requests.look(&seen.told);
        let mut outcome = judge(case, &task.usual, &run, &seen, patience);
        if outcome.verdict == Verdict::Fail {
            // Whether it was the answer, and not something else that went wrong once.
            let (again, seen_again) = self.once(stage, task.command, task.told, by, patience)?;
            requests.look(&seen_again.told);
            if again.end != End::Stopped
                && judge(case, &task.usual, &again, &seen_again, patience).verdict != Verdict::Fail
            {
                outcome = outcome.doubted();
            }
        }
        Ok(Execution {
            verdict: outcome.verdict,
            reason: outcome.reason,
            findings: outcome.finding.into_iter().collect(),
            transcript: transcript(&seen.told),
            duration: run.took,
            ..execution
        })
    }

    /// An execution of which nothing is known but what it is called.
    fn fresh(&self, id: String, version: Version) -> Execution {
        Execution {
            suite: "client".to_owned(),
            title: String::new(),
            version,
            encoding: "ttlv",
            level: Level::May,
            spec: Vec::new(),
            verdict: Verdict::Error,
            reason: None,
            findings: Vec::new(),
            transcript: Vec::new(),
            duration: Duration::ZERO,
            expected: None,
            reproduce: reproduce::client_command(&self.reproduce, version, &id),
            id,
        }
    }

    /// Every id there is, with the versions it may run at.
    fn known(&self) -> BTreeMap<String, VersionSet> {
        let all = VersionSet::all();
        let mut known: BTreeMap<String, VersionSet> =
            schema::RULES.iter().map(|rule| (rule.id.to_owned(), all)).collect();
        known.insert(requests::ALL.0.to_owned(), all);
        for command in &self.commands {
            known.insert(id_of(HONEST.0, command), all);
            let versions = |case: &Case| Version::ALL.into_iter().filter(|v| case.stands_at(*v)).collect();
            known.extend(super::all().map(|case| (id_of(case.id, command), versions(case))));
        }
        known
    }
}

/// The id of a case for a task.
fn id_of(case: &str, command: &Command) -> String {
    command.name.as_ref().map_or_else(|| case.to_owned(), |name| format!("{case}.{name}"))
}

/// What goes out, and what is counted on the way.
struct Finished<'a> {
    suite: &'a Suite,
    tell: &'a mut dyn FnMut(Event),
    counts: BTreeMap<Verdict, usize>,
    unexpected: Vec<String>,
}

impl Finished<'_> {
    fn execution(&mut self, mut execution: Execution) {
        self.suite.expectations.apply(&mut execution);
        self.unexpected.extend(expectations::contradiction(&execution));
        *self.counts.entry(execution.verdict).or_default() += 1;
        (self.tell)(Event::CaseFinished(Box::new(execution)));
    }

    fn finish(self, duration: Duration) -> RunFinished {
        let known = self.suite.known();
        let stale = self.suite.expectations.stale(known.keys().map(String::as_str), |id| known.get(id).copied());
        let count = |verdict: Verdict| (verdict, self.counts.get(&verdict).copied().unwrap_or_default());
        let finished = RunFinished {
            counts: Verdict::ALL.map(count).to_vec(),
            stale,
            unexpected: self.unexpected,
            duration,
            broken: self.suite.stop.is_asked().then(|| "interrupted".to_owned()),
        };
        (self.tell)(Event::RunFinished(finished.clone()));
        finished
    }
}
