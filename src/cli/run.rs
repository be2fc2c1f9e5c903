//! `kmipspec run`: settings to a run, events to sinks, outcome to exit code.

use super::args::Color;
use super::dispatch::failed;
use super::output::{Stdout, use_color};
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
use crate::runner::{Run, RunError, Stop, bundled};
use crate::scenario::file::Scenario;
use kmipspec_reference_server::{Config, RunningServer};
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
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
    let tally = Tally { sinks, strict: settings.strict, exit: Exit::Success, unwritten: None };
    runtime.block_on(judge(settings, target, cases, expectations, tally))
}

/// What there is to run.
enum Cases {
    /// Scenarios, all of them.
    Scenarios(Vec<Scenario>),
    /// Published cases, and files that are none.
    Published(Vec<oasis::case::Case>, Vec<(PathBuf, oasis::case::CaseError)>),
}

/// Reads what there is to run.
fn cases(settings: &RunSettings) -> Result<Cases, Exit> {
    let Some(folder) = &settings.oasis else {
        return library::load(&settings.selection.scenarios).map(|library| Cases::Scenarios(library.scenarios));
    };
    match oasis::runner::load(folder) {
        Ok((cases, unreadable)) => Ok(Cases::Published(cases, unreadable)),
        Err(e) => {
            eprintln!("kmipspec: {e}");
            Err(Exit::Usage)
        }
    }
}

/// Runs against the target, or against the bundled server.
async fn judge(
    settings: &RunSettings,
    target: Option<Target>,
    cases: Cases,
    expectations: Expectations,
    tally: Tally,
) -> Exit {
    let stop = Stop::default();
    match Signals::listen() {
        Ok(signals) => drop(tokio::spawn(end_on_signal(signals, stop.clone()))),
        Err(e) => return failed("wait for signals", &e),
    }
    let encoding = target.as_ref().map(|t| t.encoding).or(settings.target.encoding).unwrap_or_default();
    match cases {
        Cases::Scenarios(scenarios) => judge_scenarios(settings, target, scenarios, expectations, stop, tally).await,
        Cases::Published(cases, unreadable) => {
            let run = oasis::runner::Run {
                cases,
                unreadable,
                peer: match target {
                    Some(target) => oasis::runner::Peer::Target(Arc::new(target)),
                    None => oasis::runner::Peer::Bundled(Box::new(bundled_config(settings))),
                },
                encoding,
                selection: settings.selection.selection(),
                case_timeout: settings
                    .timeout
                    .map_or(CASE_TIMEOUT, |timeout| CASE_TIMEOUT.max(timeout.saturating_mul(6))),
                expectations,
                reproduce: words(settings),
                stop,
            };
            let address = settings.target.address.clone().unwrap_or_else(|| "bundled".to_owned());
            let (sender, events) = tokio::sync::mpsc::unbounded_channel();
            follow(tokio::spawn(oasis::runner::run(run, sender)), events, tally, &address).await
        }
    }
}

/// Runs scenarios.
async fn judge_scenarios(
    settings: &RunSettings,
    target: Option<Target>,
    scenarios: Vec<Scenario>,
    expectations: Expectations,
    stop: Stop,
    tally: Tally,
) -> Exit {
    let (target, server) = match target {
        Some(target) => (target, None),
        None => match start_bundled(settings).await {
            Ok((target, server)) => (target, Some(server)),
            Err(exit) => return exit,
        },
    };
    let address = target.name.clone();
    let timeout = settings.timeout.unwrap_or(target.timeouts.exchange);
    let run = Run {
        target: Arc::new(target),
        scenarios,
        selection: settings.selection.selection(),
        jobs: settings.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)),
        case_timeout: CASE_TIMEOUT.max(timeout.saturating_mul(6)),
        run_id: None,
        expectations,
        reproduce: words(settings),
        stop,
    };
    let (sender, events) = tokio::sync::mpsc::unbounded_channel();
    let exit = follow(tokio::spawn(crate::runner::run(run, sender)), events, tally, &address).await;
    if let Some(server) = server {
        server.shutdown().await;
    }
    exit
}

/// Passes events on until the run is over, and says how it went.
async fn follow(
    running: JoinHandle<Result<RunFinished, RunError>>,
    mut events: UnboundedReceiver<Event>,
    mut tally: Tally,
    address: &str,
) -> Exit {
    while let Some(event) = events.recv().await {
        tally.event(&event);
    }
    match running.await {
        Ok(Ok(_)) => tally.finish(),
        Ok(Err(error)) => tally.no_run(address, &error),
        Err(e) => failed("run to the end", &e),
    }
}

/// The first signal ends the run in order, the second one at once.
async fn end_on_signal(mut signals: Signals, stop: Stop) {
    signals.next().await;
    stop.ask();
    signals.next().await;
    eprintln!("kmipspec: ended at once; objects of the run may stay behind on the server");
    std::process::exit(Exit::CouldNotFindOut.code().into());
}

/// Listens to events: passes them to the sinks, and keeps what the exit code depends on.
struct Tally {
    sinks: Vec<Box<dyn Sink>>,
    strict: bool,
    exit: Exit,
    unwritten: Option<io::Error>,
}

impl Tally {
    fn event(&mut self, event: &Event) {
        match event {
            Event::CaseFinished(e) => {
                if e.counts_as_failure(self.strict) {
                    self.exit = self.exit.and(Exit::CheckFailed);
                } else if e.verdict == Verdict::Error && !e.is_as_expected() {
                    self.exit = self.exit.and(Exit::CouldNotFindOut);
                }
            }
            Event::RunFinished(run) => {
                if !run.stale.is_empty() || !run.unexpected.is_empty() {
                    self.exit = self.exit.and(Exit::CheckFailed);
                }
                if run.broken.is_some() {
                    self.exit = self.exit.and(Exit::CouldNotFindOut);
                }
            }
            Event::RunStarted(_) | Event::CaseStarted { .. } | Event::Notice(_) => {}
        }
        for sink in &mut self.sinks {
            if let Err(e) = sink.event(event) {
                self.unwritten.get_or_insert(e);
            }
        }
    }

    fn finish(self) -> Exit {
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
                let broken = Some(format!("{address}: {error}"));
                self.event(&Event::RunFinished(RunFinished { broken, ..RunFinished::default() }));
                self.finish()
            }
            RunError::NothingSelected | RunError::Scenarios(_) => list::refused(error),
        }
    }
}

/// How target and scenarios are named on a command line, for commands that run a case again.
fn words(settings: &RunSettings) -> Vec<String> {
    let mut words = settings.target.words();
    for folder in &settings.selection.scenarios {
        words.extend(["--scenarios".to_owned(), folder.display().to_string()]);
    }
    if let Some(folder) = &settings.oasis {
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
async fn start_bundled(settings: &RunSettings) -> Result<(Target, RunningServer), Exit> {
    let (server, mut target) = bundled::start(bundled_config(settings)).await.map_err(|e| {
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
