//! `kmipspec run`: settings to the parts of a run, one after the other, and their outcome to an exit code.
//!
//! The parts are scenarios, again in each form of messages that a profile asks for, published cases, and a look at TLS. What they come
//! to together is the business of `tally.rs`; who is judged, of `peer.rs`; where results go, of `sinks.rs`.

use super::args::Color;
use super::dispatch::{failed, unusable};
use super::peer::{self, Peer};
use super::profile_run::Asked;
use super::settings::{LookAtTls, RunSettings};
use super::signal::Signals;
use super::tally::Tally;
use super::{library, list, sinks, target, tls};
use crate::client::{Encoding, Target};
use crate::exit::Exit;
use crate::oasis;
use crate::runner::event::{Event, RunFinished};
use crate::runner::expectations::Expectations;
use crate::runner::tls::TlsRun;
use crate::runner::{self, Run, RunError, Selection, Stop};
use crate::scenario::file::Scenario;
use crate::tls::{AuthenticationSuite, Options};
use std::sync::Arc;
use std::time::Duration;
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
    let required = required_suites(settings).map_err(&mut note);
    let cases = Cases::read(settings).map_err(&mut note);
    let expectations = Expectations::load(&settings.expectations).map_err(|e| note(unusable(&e)));
    let (Ok(target), Ok(required), Ok(cases), Ok(expectations)) = (target, required, cases, expectations) else {
        return exit;
    };
    let sinks = match sinks::open(settings, color) {
        Ok(sinks) => sinks,
        Err(exit) => return exit,
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => return failed("start the runtime", &e),
    };
    let tally = Tally::new(sinks, settings.strict);
    let work = Work { settings, expectations, required, stop: Stop::default() };
    runtime.block_on(work.judge(target, cases, tally))
}

/// The authentication suites that have to be met.
fn required_suites(settings: &RunSettings) -> Result<Vec<&'static AuthenticationSuite>, Exit> {
    if settings.tls.look == LookAtTls::Never && !settings.tls.suites.is_empty() {
        eprintln!("kmipspec: --tls-suite asks for a look at TLS, and --tls-look never forbids it");
        return Err(Exit::Usage);
    }
    tls::asked_for(&settings.tls.suites)
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

impl Cases {
    /// Reads what there is to run: published cases in place of scenarios, or beside those that judge a profile.
    fn read(settings: &RunSettings) -> Result<Self, Exit> {
        let published = settings.oasis.as_ref().map(|folder| {
            oasis::runner::load(folder).map_err(|e| {
                eprintln!("kmipspec: {e}");
                Exit::Usage
            })
        });
        let published = published.transpose()?;
        if published.is_some() && settings.selection.profiles.is_empty() {
            return Ok(Self { scenarios: None, published, profiles: None });
        }
        let profiles = match settings.selection.profiles.as_slice() {
            [] => None,
            names => Some(Asked::resolve(names, &settings.selection.selection().versions)?),
        };
        let scenarios = library::load(&settings.selection.scenarios)?.scenarios;
        let profiles = profiles.map(|asked| Box::new(asked.among(&scenarios)));
        Ok(Self { scenarios: Some(scenarios), published, profiles })
    }

    /// The parts, in the order they run. What follows the first one is counted, for the sinks to know beforehand, and left out where it
    /// selects nothing.
    fn parts(&mut self, selection: &Selection) -> Result<Vec<Part>, RunError> {
        let mut parts = Vec::new();
        let Some(asked) = &mut self.profiles else {
            let what = if self.scenarios.is_some() { What::Scenarios(None) } else { What::Published };
            return Ok(vec![Part { what, selection: selection.clone(), count: None }]);
        };
        let of = |executions| Selection { executions: Some(executions), ..selection.clone() };
        parts.push(Part { what: What::Scenarios(None), selection: of(asked.executions()), count: None });
        for (encoding, executions) in asked.encodings() {
            let selection = of(executions);
            let count = match runner::plan(self.scenarios.as_deref().unwrap_or_default(), &selection) {
                Ok(planned) => planned.plans.len(),
                Err(RunError::NothingSelected) => 0,
                Err(error) => return Err(error),
            };
            parts.push(Part { what: What::Scenarios(Some(encoding)), selection, count: Some(count) });
        }
        if let Some((published, _)) = &self.published {
            let selection = of(asked.published(published));
            let count = Some(oasis::runner::selected(published, &selection).count());
            parts.push(Part { what: What::Published, selection, count });
        }
        parts.retain(|part| part.count != Some(0));
        Ok(parts)
    }
}

/// A part of a run.
struct Part {
    what: What,
    selection: Selection,
    /// How many executions; none of the first, which says so itself.
    count: Option<usize>,
}

/// What a part runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    /// Scenarios, in the form of messages of the run or in another.
    Scenarios(Option<Encoding>),
    /// Published cases.
    Published,
}

impl What {
    /// For people, in the plural.
    fn name(self) -> String {
        match self {
            Self::Scenarios(None) => "scenarios".to_owned(),
            Self::Scenarios(Some(encoding)) => format!("with {}", encoding.told()),
            Self::Published => "published cases".to_owned(),
        }
    }
}

/// How a part came to its end.
enum Ended {
    /// All events of it came.
    Run(RunFinished),
    /// There was none: the peer's address, and why.
    Not(String, RunError),
    /// Something failed beside it, and has been told.
    Exit(Exit),
}

/// What every part of a run is told.
struct Work<'a> {
    settings: &'a RunSettings,
    expectations: Expectations,
    /// The authentication suites that have to be met.
    required: Vec<&'static AuthenticationSuite>,
    stop: Stop,
}

impl Work<'_> {
    /// Runs every part against the target, or against the bundled server.
    async fn judge(&self, target: Option<Target>, mut cases: Cases, mut tally: Tally) -> Exit {
        match Signals::listen() {
            Ok(signals) => {
                drop(tokio::spawn(signals.end(self.stop.clone(), "; objects of the run may stay behind on the server")))
            }
            Err(e) => return failed("wait for signals", &e),
        }
        let parts = match cases.parts(&self.settings.selection.selection()) {
            Ok(parts) => parts,
            Err(error) => return list::refused(&error),
        };
        tally.profiles = cases.profiles.take();
        let asked = tally.profiles.as_ref();
        let (preset, demanded) =
            (asked.map(|a| a.preset()).unwrap_or_default(), asked.map_or_else(Vec::new, |a| a.operations()));
        let mut peer = Peer::new(self.settings, target, preset, demanded);
        let ended = self.parts(parts, cases, &mut peer, &mut tally).await;
        peer.close().await;
        match ended {
            Ok(()) => tally.finish(),
            Err(exit) => exit,
        }
    }

    /// Every part; an error is an end without a report.
    async fn parts(
        &self,
        parts: Vec<Part>,
        mut cases: Cases,
        peer: &mut Peer<'_>,
        tally: &mut Tally,
    ) -> Result<(), Exit> {
        let mut nothing = true;
        let mut rest = parts.into_iter();
        while let Some(part) = rest.next() {
            tally.later = self.later(rest.as_slice());
            let what = part.what;
            let ended = match what {
                What::Scenarios(encoding) => {
                    let again = rest.as_slice().iter().any(|p| p.what != What::Published);
                    let scenarios = if again { cases.scenarios.clone() } else { cases.scenarios.take() };
                    let target = peer.speaking(encoding).await?;
                    self.scenarios(target, encoding, scenarios.unwrap_or_default(), part.selection, tally).await
                }
                What::Published => match cases.published.take() {
                    Some(loaded) => self.published(peer, loaded, part.selection, tally).await,
                    None => continue,
                },
            };
            match ended {
                Ended::Run(finished) => {
                    nothing = false;
                    tally.add(&finished);
                }
                Ended::Exit(exit) => return Err(exit),
                Ended::Not(_, RunError::NothingSelected) => {}
                Ended::Not(_, error @ RunError::Scenarios(_)) => return Err(list::refused(&error)),
                // A server need not speak every form: what it does not speak is seen by the profile's verdict.
                Ended::Not(address, error @ RunError::Target(_)) if matches!(what, What::Scenarios(Some(_))) => {
                    eprintln!("kmipspec: {address} {}: {error}", what.name());
                }
                Ended::Not(address, error) => {
                    if matches!(error, RunError::Interrupted) {
                        eprintln!("kmipspec: {error}");
                    }
                    nothing = false;
                    tally.broken(format!("{address}: {error}"));
                }
            }
            if tally.is_broken() {
                break;
            }
        }
        if nothing {
            return Err(list::refused(&RunError::NothingSelected));
        }
        self.look_at_tls(peer, tally).await
    }

    /// What follows a part, for people, and how many executions it brings.
    fn later(&self, parts: &[Part]) -> Vec<(String, usize)> {
        let later = parts.iter().filter_map(|part| Some((part.what.name(), part.count?)));
        let suites = self.required.len();
        let name = if suites == 1 { "authentication suite" } else { "authentication suites" };
        later.chain((suites > 0).then(|| (name.to_owned(), suites))).collect()
    }

    /// Runs scenarios.
    async fn scenarios(
        &self,
        target: Arc<Target>,
        encoding: Option<Encoding>,
        scenarios: Vec<Scenario>,
        selection: Selection,
        tally: &mut Tally,
    ) -> Ended {
        let settings = self.settings;
        let (address, timeout) = (target.name.clone(), settings.timeout.unwrap_or(target.timeouts.exchange));
        let run = Run {
            target,
            scenarios,
            selection,
            jobs: settings.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)),
            case_timeout: case_timeout(timeout),
            run_id: None,
            expectations: self.expectations.clone(),
            reproduce: self.words(encoding, false),
            stop: self.stop.clone(),
        };
        let (sender, events) = tokio::sync::mpsc::unbounded_channel();
        follow(tokio::spawn(runner::run(run, sender)), events, tally, address).await
    }

    /// Runs published cases.
    async fn published(
        &self,
        peer: &Peer<'_>,
        (cases, unreadable): oasis::runner::Loaded,
        selection: Selection,
        tally: &mut Tally,
    ) -> Ended {
        let settings = self.settings;
        let target = peer.of_the_user();
        let run = oasis::runner::Run {
            cases,
            unreadable,
            encoding: target.map(|t| t.encoding).or(settings.target.encoding).unwrap_or_default(),
            peer: match target {
                Some(target) => oasis::runner::Peer::Target(Arc::clone(target)),
                None => oasis::runner::Peer::Bundled(Box::new(peer::bundled_config(settings))),
            },
            selection,
            case_timeout: settings.timeout.map_or(CASE_TIMEOUT, case_timeout),
            expectations: self.expectations.clone(),
            reproduce: self.words(None, true),
            stop: self.stop.clone(),
        };
        let address = settings.target.address.clone().unwrap_or_else(|| "bundled".to_owned());
        let (sender, events) = tokio::sync::mpsc::unbounded_channel();
        follow(tokio::spawn(oasis::runner::run(run, sender)), events, tally, address).await
    }

    /// Looks at the peer's TLS, where that is wanted: after the cases, so that a peer that is not there is found out by them, and alone,
    /// so that many short connections disturb none.
    async fn look_at_tls(&self, peer: &mut Peer<'_>, tally: &mut Tally) -> Result<(), Exit> {
        if tally.is_broken() || !self.settings.looks_at_tls() {
            // Entries of expectations files may be about its cases all the same.
            tally.add(&RunFinished { stale: runner::tls::stale(&self.expectations), ..RunFinished::default() });
            return Ok(());
        }
        let target = peer.target().await?;
        let defaults = Options::default();
        let run = TlsRun {
            options: Options {
                timeout: self.settings.timeout.unwrap_or(defaults.timeout),
                jobs: self.settings.jobs.map_or(defaults.jobs, |jobs| jobs.min(defaults.jobs)),
                ..defaults
            },
            required: self.required.clone(),
            practical: self.settings.tls.practical,
            expectations: self.expectations.clone(),
            reproduce: self.settings.target.words(),
            stop: self.stop.clone(),
            target,
        };
        let (address, (sender, events)) = (run.target.name.clone(), tokio::sync::mpsc::unbounded_channel());
        match follow(tokio::spawn(runner::tls::run(run, sender)), events, tally, address).await {
            Ended::Run(finished) => tally.add(&finished),
            Ended::Not(address, _) => tally.broken(format!("{address}: interrupted before its TLS was looked at")),
            Ended::Exit(exit) => return Err(exit),
        }
        Ok(())
    }

    /// How target and scenarios are named on a command line, for commands that run a case again.
    fn words(&self, encoding: Option<Encoding>, published: bool) -> Vec<String> {
        let mut target = self.settings.target.clone();
        target.encoding = encoding.or(target.encoding);
        let mut words = target.words();
        for folder in &self.settings.selection.scenarios {
            words.extend(["--scenarios".to_owned(), folder.display().to_string()]);
        }
        if let Some(folder) = self.settings.oasis.as_ref().filter(|_| published) {
            words.extend(["--oasis".to_owned(), folder.display().to_string()]);
        }
        words
    }
}

/// The longest a case may take where an exchange may take so long.
fn case_timeout(exchange: Duration) -> Duration {
    CASE_TIMEOUT.max(exchange.saturating_mul(6))
}

/// Passes events on until the part is over, and says how it went.
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
        Ok(Ok(finished)) => Ended::Run(finished),
        Ok(Err(error)) => Ended::Not(address, error),
        Err(e) => Ended::Exit(failed("run to the end", &e)),
    }
}
