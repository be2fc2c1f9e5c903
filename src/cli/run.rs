//! `kmipspec run`: settings to a run, events to sinks, outcome to exit code.

use super::args::Color;
use super::dispatch::failed;
use super::output::{Stdout, use_color};
use super::profile_run::{self, Asked};
use super::settings::RunSettings;
use super::signal::Signals;
use super::{library, list, target};
use crate::client::Target;
use crate::exit::Exit;
use crate::oasis;
use crate::report::Sink;
use crate::report::json::Json;
use crate::report::junit::Junit;
use crate::report::style::Paint;
use crate::report::terminal::{Look, Terminal};
use crate::runner::data_file::DataFileError;
use crate::runner::event::{Event, RunFinished};
use crate::runner::expectations::Expectations;
use crate::runner::verdict::Verdict;
use crate::runner::{Run, RunError, Selection, Stop, bundled};
use crate::scenario::file::Scenario;
use crate::tls;
use kmipspec_protocol::registry::Operation;
use kmipspec_reference_server::tls_preset::TlsPreset;
use kmipspec_reference_server::{Config, RunningServer};
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinHandle;

/// A case takes at most this long, unless exchanges may take long.
const CASE_TIMEOUT: Duration = Duration::from_secs(60);

/// Everything that can be wrong before the first byte is sent is told before it.
pub(super) fn run(settings: &RunSettings, color: Color) -> Exit {
    let mut exit = Exit::Success;
    let mut note = |e: Exit| exit = exit.and(e);
    let target = target::resolve(&settings.target, settings.timeout).map_err(|e| {
        eprintln!("kmipspec: {e}");
        note(Exit::Usage);
    });
    let cases = cases(settings).map_err(&mut note);
    let expectations = Expectations::load(&settings.expectations).map_err(|e| {
        eprintln!("kmipspec: {e}");
        note(match e {
            DataFileError::Unreadable { .. } => Exit::Usage,
            DataFileError::Invalid(_) => Exit::InvalidData,
        });
    });
    let (Ok(target), Ok(cases), Ok(expectations)) = (target, cases, expectations) else { return exit };
    let sinks = match sinks(settings, color) {
        Ok(sinks) => sinks,
        Err(exit) => return exit,
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => return failed("start the runtime", &e),
    };
    let tally = Tally::new(sinks, settings.strict);
    runtime.block_on(judge(settings, target, cases, expectations, tally))
}

/// What there is to run, all of it.
struct Cases {
    /// Scenarios.
    scenarios: Option<Vec<Scenario>>,
    /// Published cases, and files that are none.
    published: Option<oasis::runner::Loaded>,
    /// The profiles to be judged.
    profiles: Option<Box<Asked>>,
}

/// Reads what there is to run: published cases in place of scenarios, or beside those that judge a profile.
fn cases(settings: &RunSettings) -> Result<Cases, Exit> {
    let published = settings.oasis.as_ref().map(|folder| {
        oasis::runner::load(folder).map_err(|e| {
            eprintln!("kmipspec: {e}");
            Exit::Usage
        })
    });
    let published = published.transpose()?;
    if published.is_some() && settings.selection.profiles.is_empty() {
        return Ok(Cases { scenarios: None, published, profiles: None });
    }
    let profiles = match settings.selection.profiles.as_slice() {
        [] => None,
        names => Some(Asked::resolve(names, &settings.selection.selection().versions)?),
    };
    let scenarios = library::load(&settings.selection.scenarios)?.scenarios;
    let profiles = profiles.map(|asked| Box::new(asked.among(&scenarios)));
    Ok(Cases { scenarios: Some(scenarios), published, profiles })
}

/// Runs against the target, or against the bundled server.
async fn judge(
    settings: &RunSettings,
    target: Option<Target>,
    mut cases: Cases,
    expectations: Expectations,
    mut tally: Tally,
) -> Exit {
    let stop = Stop::default();
    match Signals::listen() {
        Ok(signals) => {
            drop(tokio::spawn(signals.end(stop.clone(), "; objects of the run may stay behind on the server")))
        }
        Err(e) => return failed("wait for signals", &e),
    }
    let mut selections = Selections::of(settings);
    let mut encodings = Vec::new();
    if let Some(asked) = &mut cases.profiles {
        selections.scenarios.executions = Some(asked.executions());
        encodings = asked.encodings();
        if let Some((published, _)) = &cases.published {
            let chosen = asked.published(published);
            tally.parts += usize::from(!chosen.is_empty());
            selections.published.executions = Some(chosen);
        }
    }
    let (plain, demanded) =
        (cases.profiles.is_none(), cases.profiles.as_ref().map_or_else(Vec::new, |a| a.operations()));
    tally.profiles = cases.profiles;
    let target = target.map(|mut target| {
        target.supports.operations.extend(&demanded);
        Arc::new(target)
    });
    let mut ended = None;
    if let Some(scenarios) = cases.scenarios {
        tally.parts += encodings.len();
        let work = |selection| Work { selection, expectations: expectations.clone(), stop: stop.clone() };
        let all = if encodings.is_empty() { Vec::new() } else { scenarios.clone() };
        let first = work(selections.scenarios.clone());
        ended = Some(judge_scenarios(settings, target.clone(), &demanded, scenarios, first, &mut tally).await);
        if matches!(ended, Some(Ended::Not(_, RunError::NothingSelected))) {
            tally.parts = tally.parts.saturating_sub(1);
        }
        for (encoding, executions) in encodings {
            if !tally.goes_on(ended.as_ref()) {
                break;
            }
            let selection = Selection { executions: Some(executions), ..selections.scenarios.clone() };
            let mut other = settings.clone();
            other.target.encoding = Some(encoding);
            // It was resolved once, with another word for the encoding.
            let Ok(peer) = target::resolve(&other.target, other.timeout) else { break };
            let peer = peer.map(Arc::new);
            if let Ended::Not(address, error) =
                judge_scenarios(&other, peer, &demanded, all.clone(), work(selection), &mut tally).await
            {
                eprintln!("kmipspec: {address} over {}: {error}", encoding.name());
                tally.parts = tally.parts.saturating_sub(1);
            }
        }
    }
    if let Some(loaded) = cases.published.filter(|_| plain || tally.goes_on(ended.as_ref())) {
        let work = Work { selection: selections.published, expectations, stop };
        let second = judge_published(settings, target, loaded, work, &mut tally).await;
        ended = Some(match (ended, second) {
            // Where only one part selects something, that is the run.
            (Some(first), Ended::Not(_, RunError::NothingSelected)) => first,
            (_, second) => second,
        });
    }
    match ended {
        Some(Ended::Run) => tally.finish(),
        Some(Ended::Not(address, error)) => tally.no_run(&address, &error),
        Some(Ended::Exit(exit)) => exit,
        None => Exit::NothingSelected,
    }
}

/// What of the scenarios and of the published cases is selected.
struct Selections {
    scenarios: Selection,
    published: Selection,
}

impl Selections {
    fn of(settings: &RunSettings) -> Self {
        Self { scenarios: settings.selection.selection(), published: settings.selection.selection() }
    }
}

/// What a run is told beside its cases and its peer.
struct Work {
    selection: Selection,
    expectations: Expectations,
    stop: Stop,
}

/// How a run came to its end.
enum Ended {
    /// All events of it came.
    Run,
    /// There was none: the peer's address, and why.
    Not(String, RunError),
    /// Something failed beside it, and has been told.
    Exit(Exit),
}

/// Runs published cases.
async fn judge_published(
    settings: &RunSettings,
    target: Option<Arc<Target>>,
    (cases, unreadable): oasis::runner::Loaded,
    work: Work,
    tally: &mut Tally,
) -> Ended {
    let encoding = target.as_ref().map(|t| t.encoding).or(settings.target.encoding).unwrap_or_default();
    let run = oasis::runner::Run {
        cases,
        unreadable,
        peer: match target {
            Some(target) => oasis::runner::Peer::Target(target),
            None => oasis::runner::Peer::Bundled(Box::new(bundled_config(settings))),
        },
        encoding,
        selection: work.selection,
        case_timeout: settings.timeout.map_or(CASE_TIMEOUT, |timeout| CASE_TIMEOUT.max(timeout.saturating_mul(6))),
        expectations: work.expectations,
        reproduce: words(settings, true),
        stop: work.stop,
    };
    let address = settings.target.address.clone().unwrap_or_else(|| "bundled".to_owned());
    let (sender, events) = tokio::sync::mpsc::unbounded_channel();
    follow(tokio::spawn(oasis::runner::run(run, sender)), events, tally, address).await
}

/// Runs scenarios.
async fn judge_scenarios(
    settings: &RunSettings,
    target: Option<Arc<Target>>,
    demanded: &[Operation],
    scenarios: Vec<Scenario>,
    work: Work,
    tally: &mut Tally,
) -> Ended {
    let preset = tally.profiles.as_ref().map(|asked| asked.preset()).unwrap_or_default();
    let (target, server) = match target {
        Some(target) => (target, None),
        None => match start_bundled(settings, preset).await {
            Ok((mut target, server)) => {
                target.supports.operations.extend(demanded);
                (Arc::new(target), Some(server))
            }
            Err(exit) => return Ended::Exit(exit),
        },
    };
    let address = target.name.clone();
    if let Some(asked) = tally.profiles.as_mut().filter(|asked| !asked.has_looked()) {
        let seen = tls::probe(&target, &tls::Options::default()).await;
        asked.look(&seen, settings.strict);
    }
    let timeout = settings.timeout.unwrap_or(target.timeouts.exchange);
    let run = Run {
        target,
        scenarios,
        selection: work.selection,
        jobs: settings.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)),
        case_timeout: CASE_TIMEOUT.max(timeout.saturating_mul(6)),
        run_id: None,
        expectations: work.expectations,
        reproduce: words(settings, false),
        stop: work.stop,
    };
    let (sender, events) = tokio::sync::mpsc::unbounded_channel();
    let ended = follow(tokio::spawn(crate::runner::run(run, sender)), events, tally, address).await;
    if let Some(server) = server {
        server.shutdown().await;
    }
    ended
}

/// Passes events on until the run is over, and says how it went.
async fn follow(
    running: JoinHandle<Result<RunFinished, RunError>>,
    mut events: UnboundedReceiver<Event>,
    tally: &mut Tally,
    address: String,
) -> Ended {
    while let Some(event) = events.recv().await {
        tally.event(&event);
    }
    match running.await {
        Ok(Ok(_)) => Ended::Run,
        Ok(Err(error)) => Ended::Not(address, error),
        Err(e) => Ended::Exit(failed("run to the end", &e)),
    }
}

/// Listens to events: passes them to the sinks, and keeps what the exit code depends on. Where a run has several parts, scenarios
/// in one form or another and published cases, the sinks see one.
struct Tally {
    sinks: Vec<Box<dyn Sink>>,
    strict: bool,
    exit: Exit,
    unwritten: Option<io::Error>,
    profiles: Option<Box<Asked>>,
    /// How many parts are still to come.
    parts: usize,
    started: bool,
    /// What the parts so far came to.
    first: Option<RunFinished>,
    /// Whether the sinks have been told the end.
    over: bool,
}

impl Tally {
    fn new(sinks: Vec<Box<dyn Sink>>, strict: bool) -> Self {
        let exit = Exit::Success;
        Self {
            sinks,
            strict,
            exit,
            unwritten: None,
            profiles: None,
            parts: 1,
            started: false,
            first: None,
            over: false,
        }
    }

    /// Whether another part follows on what became of the first.
    fn goes_on(&self, ended: Option<&Ended>) -> bool {
        match ended {
            None => true,
            Some(Ended::Run | Ended::Not(_, RunError::NothingSelected)) => self.parts > 0 && !self.over,
            Some(Ended::Not(..) | Ended::Exit(_)) => false,
        }
    }

    fn event(&mut self, event: &Event) {
        if let Some(asked) = &mut self.profiles {
            asked.event(event);
        }
        match event {
            Event::CaseFinished(e) => {
                if e.counts_as_failure(self.strict) {
                    self.exit = self.exit.and(Exit::CheckFailed);
                } else if e.verdict == Verdict::Error && !e.is_as_expected() {
                    self.exit = self.exit.and(Exit::CouldNotFindOut);
                }
            }
            Event::RunStarted(_) => {
                if std::mem::replace(&mut self.started, true) {
                    return;
                }
            }
            Event::RunFinished(run) => {
                self.parts = self.parts.saturating_sub(1);
                let run = self.first.take().map_or_else(|| run.clone(), |first| first.and(run));
                if self.parts > 0 && run.broken.is_none() {
                    self.first = Some(run);
                    return;
                }
                return self.run_finished(&run);
            }
            Event::CaseStarted { .. } | Event::Notice(_) | Event::Profiles(_) => {}
        }
        self.tell(event);
    }

    fn run_finished(&mut self, run: &RunFinished) {
        self.over = true;
        if !run.stale.is_empty() || !run.unexpected.is_empty() {
            self.exit = self.exit.and(Exit::CheckFailed);
        }
        if run.broken.is_some() {
            self.exit = self.exit.and(Exit::CouldNotFindOut);
        }
        if let Some(asked) = &self.profiles {
            let judged = asked.judge();
            self.exit = self.exit.and(profile_run::exit(&judged));
            self.tell(&Event::Profiles(judged));
        }
        self.tell(&Event::RunFinished(run.clone()));
    }

    fn tell(&mut self, event: &Event) {
        for sink in &mut self.sinks {
            if let Err(e) = sink.event(event) {
                self.unwritten.get_or_insert(e);
            }
        }
    }

    fn finish(mut self) -> Exit {
        // A second part that selected nothing, or never came.
        if let Some(first) = self.first.take() {
            self.run_finished(&first);
        }
        match self.unwritten {
            Some(e) => self.exit.and(failed("write the results", &e)),
            None => self.exit,
        }
    }

    /// There was no run. Where the peer is to blame, reports say so, too: a CI server should not show an old file.
    fn no_run(mut self, address: &str, error: &RunError) -> Exit {
        match error {
            RunError::Target(_) | RunError::Interrupted => {
                if matches!(error, RunError::Interrupted) {
                    eprintln!("kmipspec: {error}");
                }
                // Nothing was seen of which a profile could be judged.
                self.profiles = None;
                let broken = Some(format!("{address}: {error}"));
                self.event(&Event::RunFinished(RunFinished { broken, ..RunFinished::default() }));
                self.finish()
            }
            RunError::NothingSelected | RunError::Scenarios(_) => list::refused(error),
        }
    }
}

/// How target and scenarios are named on a command line, for commands that run a case again.
fn words(settings: &RunSettings, published: bool) -> Vec<String> {
    let mut words = settings.target.words();
    for folder in &settings.selection.scenarios {
        words.extend(["--scenarios".to_owned(), folder.display().to_string()]);
    }
    if let Some(folder) = settings.oasis.as_ref().filter(|_| settings.selection.profiles.is_empty() || published) {
        words.extend(["--oasis".to_owned(), folder.display().to_string()]);
    }
    words
}

/// The bundled server's settings.
fn bundled_config(settings: &RunSettings) -> Config {
    let mut config = Config::default();
    if let Some(path) = &settings.target.http_path {
        config.http_path.clone_from(path);
    }
    config
}

/// Starts the bundled server.
async fn start_bundled(settings: &RunSettings, tls: TlsPreset) -> Result<(Target, RunningServer), Exit> {
    let (server, mut target) = bundled::start(Config { tls, ..bundled_config(settings) }).await.map_err(|e| {
        eprintln!("kmipspec: {e}");
        Exit::CouldNotFindOut
    })?;
    target.encoding = settings.target.encoding.unwrap_or_default();
    if let Some(timeout) = settings.timeout {
        target.timeouts.connect = timeout;
        target.timeouts.exchange = timeout;
    }
    Ok((target, server))
}

/// One sink for people, one for each file asked for.
fn sinks(settings: &RunSettings, color: Color) -> Result<Vec<Box<dyn Sink>>, Exit> {
    let dash = |file: &Option<std::path::PathBuf>| file.as_deref().is_some_and(|f| f.as_os_str() == "-");
    let stdout_taken = dash(&settings.junit) || dash(&settings.json);
    if dash(&settings.junit) && dash(&settings.json) {
        eprintln!("kmipspec: --junit and --json cannot both go to standard output");
        return Err(Exit::Usage);
    }
    let (out, color): (Box<dyn Write>, bool) = if stdout_taken {
        (Box::new(io::stderr()), use_color(color, &io::stderr()))
    } else {
        (Box::new(Stdout::new()), use_color(color, &io::stdout()))
    };
    let look = Look {
        paint: Paint { color },
        progress: !settings.quiet && io::stderr().is_terminal(),
        quiet: settings.quiet,
        show_secrets: settings.show_secrets,
        strict: settings.strict,
    };
    let mut sinks: Vec<Box<dyn Sink>> = vec![Box::new(Terminal::new(out, io::stderr(), look))];
    let started = SystemTime::now();
    if let Some(path) = &settings.junit {
        sinks.push(Box::new(Junit::new(create(path)?, started, settings.strict, settings.show_secrets)));
    }
    if let Some(path) = &settings.json {
        sinks.push(Box::new(Json::new(create(path)?, started, settings.strict, settings.show_secrets)));
    }
    Ok(sinks)
}

/// Opens a report file before anything is sent: a path that cannot be written is told at once.
fn create(path: &Path) -> Result<Box<dyn Write>, Exit> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(Stdout::new()));
    }
    match File::create(path) {
        Ok(file) => Ok(Box::new(BufWriter::new(file))),
        Err(e) => Err(failed(&format!("create {}", path.display()), &e)),
    }
}
