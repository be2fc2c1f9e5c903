//! `kmipspec client`: a client is started once for each case, and judged by what it makes of the answers.

use super::answering::Answering;
use super::args::Color;
use super::client_args::ClientArgs;
use super::dispatch::unusable;
use super::sinks;
use super::tally::Tally;
use crate::client_suite::{self, Case, Stage, Suite};
use crate::exit::Exit;
use crate::runner::Stop;
use crate::runner::event::Event;
use crate::runner::expectations::Expectations;
use crate::scenario::library::selects;
use kmipspec_protocol::version::Version;
use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Arc;

/// Listens, starts the client, and judges it.
pub(super) fn run(args: &ClientArgs, color: Color, out: &mut dyn Write) -> Exit {
    judged(args, color, out).unwrap_or_else(|exit| exit)
}

fn judged(args: &ClientArgs, color: Color, out: &mut dyn Write) -> Result<Exit, Exit> {
    let usage = |why: &str| {
        eprintln!("kmipspec: {why}");
        Exit::Usage
    };
    let versions: BTreeSet<Version> = args.version.iter().flat_map(|set| set.iter()).collect();
    if args.list {
        return list(args, &versions, out);
    }
    if args.command.is_empty() {
        return Err(usage("--command is missing: the client to be judged"));
    }
    let names: BTreeSet<&Option<String>> = args.command.iter().map(|command| &command.name).collect();
    if names.len() < args.command.len() {
        return Err(usage("several commands need names of their own: --command locate=COMMAND"));
    }
    // What was published in part is not answered: nothing could be held against a client.
    let versions: Vec<Version> =
        versions.into_iter().filter(|v| *v < Version::V3_0 || args.version.is_empty()).collect();
    if versions.is_empty() && !args.version.is_empty() {
        return Err(usage("3.0 has no text yet that a client could be judged by"));
    }
    let expectations = Expectations::load(&args.expectations).map_err(|e| unusable(&e))?;
    let results = args.results();
    let mut tally = Tally::new(sinks::open(&results, color)?, results.strict);
    let (stop, stage) = (Stop::default(), Arc::new(Stage::default()));
    let answering = Answering::open(&args.listen, Arc::<Stage>::clone(&stage), &stop)?;
    let suite = Suite {
        commands: args.command.clone(),
        versions,
        patterns: args.patterns.clone(),
        environment: answering.welcome.environment(),
        crash_text: args.crash_text.clone(),
        patience: args.timeout,
        expectations,
        reproduce: args.words(),
        stop,
    };
    if !suite.selects_something() {
        eprintln!("kmipspec: nothing is selected");
        return Err(Exit::NothingSelected);
    }
    match suite.run(&stage, &mut |event: Event| tally.event(&event)) {
        Ok(finished) => tally.add(&finished),
        Err(why) => tally.broken(why),
    }
    Ok(tally.finish())
}

/// The cases, with the sections that each stands on.
fn list(args: &ClientArgs, versions: &BTreeSet<Version>, out: &mut dyn Write) -> Result<Exit, Exit> {
    let at = |case: &Case| versions.is_empty() || versions.iter().any(|v| case.stands_at(*v));
    let wanted = |case: &Case| args.patterns.is_empty() || args.patterns.iter().any(|p| selects(p, case.id));
    let cases: Vec<&Case> = client_suite::all().filter(|case| at(case) && wanted(case)).collect();
    if cases.is_empty() {
        eprintln!("kmipspec: nothing is selected");
        return Err(Exit::NothingSelected);
    }
    for case in cases {
        let spec: Vec<String> = case.spec.iter().map(ToString::to_string).collect();
        let _ = writeln!(
            out,
            "{}  {}\n  {}\n  because {} ({})",
            case.id,
            case.level,
            case.title,
            case.statement,
            spec.join(", ")
        );
    }
    Ok(Exit::Success)
}
