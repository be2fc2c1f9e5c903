//! `kmipspec measure`: limits of a server that the standard leaves to it.

use super::args::Color;
use super::dispatch::failed;
use super::measure_args::MeasureArgs;
use super::output::{Stdout, use_color};
use super::peer::started;
use super::signal::Signals;
use super::sinks::{self, is_dash};
use super::target;
use crate::exit::Exit;
use crate::report;
use crate::report::json::pretty;
use crate::report::style::Paint;
use crate::runner::{Stop, bundled, measure};
use indicatif::ProgressBar;
use kmipspec_reference_server::Config;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

/// What an end in the middle leaves behind.
const LEFT: &str = "; keys of the group kmipspec-measure-… may stay behind on the server";

/// Measures and prints. What could not be measured says why; only a server that does not answer at all ends it otherwise.
pub(super) fn run(args: &MeasureArgs, color: Color, out: &mut Stdout) -> Exit {
    let target = match target::resolve(&args.target_settings(), args.timeout) {
        Ok(target) => target,
        Err(e) => {
            eprintln!("kmipspec: {e}");
            return Exit::Usage;
        }
    };
    // A path that cannot be written is told before anything is sent.
    let json = match args.json.as_deref().map(sinks::create).transpose() {
        Ok(json) => json,
        Err(exit) => return exit,
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => return failed("start the runtime", &e),
    };
    let bar = ProgressBar::new_spinner();
    bar.enable_steady_tick(Duration::from_millis(100));
    let found = runtime.block_on(async {
        let stop = Stop::default();
        match Signals::listen() {
            Ok(signals) => drop(tokio::spawn(signals.end(stop.clone(), LEFT))),
            Err(e) => return Err(failed("wait for signals", &e)),
        }
        let (server, target) = match target {
            Some(target) => (None, target),
            None => {
                let (server, target) = started(bundled::start(Config::default()).await)?;
                (Some(server), target)
            }
        };
        let address = target.name.clone();
        let found = measure::measure(Arc::new(target), &args.options(), &stop, |what| bar.set_message(what)).await;
        if let Some(server) = server {
            server.shutdown().await;
        }
        let found = found.map_err(|e| {
            bar.finish_and_clear();
            eprintln!("kmipspec: {address}: {e}");
            Exit::CouldNotFindOut
        })?;
        Ok((found, stop.is_asked()))
    });
    bar.finish_and_clear();
    let (found, interrupted) = match found {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    let exit = if interrupted { Exit::CouldNotFindOut } else { Exit::Success };
    let told = match json {
        Some(mut json) => json.write_all(pretty(&found).as_bytes()).and_then(|()| json.flush()),
        None => Ok(()),
    };
    let told = told.and_then(|()| {
        let paint = Paint { color: use_color(color, &io::stdout()) };
        let lines = report::measure::lines(&found, paint);
        // What is on standard output is one thing or the other.
        let mut lines = lines.iter().filter(|_| !args.json.as_deref().is_some_and(is_dash));
        lines.try_for_each(|line| writeln!(out, "{line}"))
    });
    match told {
        Ok(()) => exit,
        Err(e) => exit.and(failed("write", &e)),
    }
}
