//! `kmipspec tls`: what a host's TLS takes and shows, and what the authentication suites of the Profiles say of that.

use super::args::TlsArgs;
use super::dispatch::failed;
use super::output::{Stdout, use_color};
use super::peer::started;
use super::{args, target};
use crate::client::Target;
use crate::exit::Exit;
use crate::report;
use crate::report::style::Paint;
use crate::runner::bundled;
use crate::scenario::diagnostic::did_you_mean;
use crate::tls::observation::Host;
use crate::tls::{AuthenticationSuite, Judgement, Observation, Options, authentication_suites, judge, probe};
use kmipspec_reference_server::Config;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// Looks, prints, and says whether the suites that were asked for are met.
pub(super) fn run(args: TlsArgs, color: args::Color, out: &mut Stdout) -> Exit {
    let asked = match asked_for(&args.suite) {
        Ok(asked) => asked,
        Err(exit) => return exit,
    };
    let options = Options {
        mode: args.mode.into(),
        timeout: args.timeout,
        jobs: usize::from(args.jobs),
        limit: usize::try_from(args.max_connections).unwrap_or(usize::MAX),
    };
    let (practical, json) = (args.practical, args.json.clone());
    let settings = args.target_settings();
    let target = match target::resolve_to_look_at(&settings) {
        Ok(target) => target,
        Err(e) => {
            eprintln!("kmipspec: {e}");
            return Exit::Usage;
        }
    };
    // A path that cannot be written is told before anything is sent.
    let to_stdout = json.as_deref().is_some_and(|path| path == Path::new("-"));
    let file = match json.filter(|_| !to_stdout).map(|path| (File::create(&path), path)) {
        Some((Err(e), path)) => return failed(&format!("create {}", path.display()), &e),
        Some((Ok(file), _)) => Some(file),
        None => None,
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => return failed("start the runtime", &e),
    };
    let seen = match runtime.block_on(look(target, &options)) {
        Ok(seen) => seen,
        Err(exit) => return exit,
    };
    let verdicts: Vec<_> = authentication_suites().iter().map(|suite| judge(&seen, suite)).collect();
    let shown: Vec<_> = if asked.is_empty() {
        verdicts
    } else {
        verdicts.into_iter().filter(|v| asked.iter().any(|a| a.id == v.suite)).collect()
    };
    let mut exit = Exit::Success;
    if seen.host != Host::Tls {
        exit = Exit::CouldNotFindOut;
    } else if !asked.is_empty() {
        for verdict in &shown {
            exit = exit.and(match if practical { verdict.practical } else { verdict.strict } {
                Judgement::Met | Judgement::IndicativeMet => Exit::Success,
                Judgement::NotMet => Exit::CheckFailed,
                // Only what was read in the text can fail a server.
                Judgement::IndicativeNotMet | Judgement::Undecided => Exit::CouldNotFindOut,
            });
        }
    }
    let paint = Paint { color: use_color(color, &io::stdout()) };
    let text = || report::tls::document(seen.clone(), shown.clone());
    let written = match file {
        Some(mut file) => file.write_all(text().as_bytes()),
        None if to_stdout => out.write_all(text().as_bytes()),
        None => Ok(()),
    };
    if let Err(e) = written {
        exit = exit.and(failed("write the JSON file", &e));
    }
    if to_stdout {
        if seen.host != Host::Tls {
            eprintln!("kmipspec: {}: {}", seen.address, report::tls::host(&seen.host));
        }
        return exit;
    }
    match report::tls::print(&seen, &shown, paint, out) {
        Ok(()) => exit,
        Err(e) => exit.and(failed("write", &e)),
    }
}

/// The suites named on the command line.
pub(super) fn asked_for(names: &[String]) -> Result<Vec<&'static AuthenticationSuite>, Exit> {
    let known = authentication_suites();
    let mut asked = Vec::new();
    for name in names {
        match known.iter().find(|suite| suite.id == *name) {
            Some(suite) => asked.push(suite),
            None => {
                let ids = known.iter().map(|suite| suite.id.as_str());
                let help = did_you_mean(name, ids.clone())
                    .unwrap_or_else(|| format!("there are {}", ids.collect::<Vec<_>>().join(", ")));
                eprintln!("kmipspec: there is no authentication suite `{name}`; {help}");
                return Err(Exit::Usage);
            }
        }
    }
    Ok(asked)
}

/// Looks at the target, or at the bundled server.
async fn look(target: Option<Target>, options: &Options) -> Result<Observation, Exit> {
    match target {
        Some(target) => Ok(probe(&target, options).await),
        None => {
            let (server, target) = started(bundled::start(Config::default()).await)?;
            let seen = probe(&target, options).await;
            server.shutdown().await;
            Ok(seen)
        }
    }
}
