//! `kmipspec fuzz`: says whom it attacks, attacks, and says what came of it.

use super::args::Color;
use super::dispatch::failed;
use super::fuzz_args::{FuzzArgs, FuzzVerb};
use super::fuzz_report::{self, Files, Teller};
use super::output::{Stdout, use_color};
use super::sinks::is_dash;
use super::{fuzz_client, fuzz_export, fuzz_merge, fuzz_peer, fuzz_sarif};
use crate::exit::Exit;
use crate::fuzzing::Oracle;
use crate::fuzzing::script::Script;
use crate::fuzzing::wire::record::{self, Record};
use crate::fuzzing::wire::{self, Ended, Options};
use crate::report::style::Paint;
use crate::report::text::count;
use std::collections::BTreeSet;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// What is told where a second Ctrl-C ends it.
const WARNING: &str = "; objects may stay behind on the server";

/// Everything that can be wrong before the first byte is sent is told before it.
pub(super) fn run(args: FuzzArgs, color: Color, out: &mut Stdout) -> Exit {
    if let Some(FuzzVerb::Export(args)) = &args.verb {
        return fuzz_export::run(args, out);
    }
    if let Some(exit) = one_stdout(&args) {
        return exit;
    }
    let outcome = match args.corpus.as_deref() {
        _ if args.as_server => {
            let listen = args.listen.as_deref().unwrap_or_default();
            if dashes(&args).is_empty() {
                fuzz_client::run(&args, listen, Paint { color: use_color(color, &io::stdout()) }, out)
            } else {
                let mut err = io::stderr();
                fuzz_client::run(&args, listen, Paint { color: use_color(color, &err) }, &mut err)
            }
        }
        Some(corpus) if !args.merge.is_empty() => fuzz_merge::run(&args, corpus, out),
        _ => attack(&args, color, out),
    };
    match outcome {
        Ok(exit) | Err(exit) => exit,
    }
}

/// The reports that go to standard output.
pub(super) fn dashes(args: &FuzzArgs) -> Vec<&'static str> {
    let files = [("--junit", &args.junit), ("--json", &args.json), ("--sarif", &args.sarif)];
    let dashes = files.into_iter().filter(|(_, path)| path.as_deref().is_some_and(is_dash));
    dashes.map(|(flag, _)| flag).collect()
}

/// The end, where there is more than one of them.
fn one_stdout(args: &FuzzArgs) -> Option<Exit> {
    let dashes = dashes(args);
    (dashes.len() > 1).then(|| {
        eprintln!("kmipspec: {} cannot share standard output", dashes.join(" and "));
        Exit::Usage
    })
}

fn attack(args: &FuzzArgs, color: Color, out: &mut Stdout) -> Result<Exit, Exit> {
    let had_folder = args.findings.is_dir();
    record::writable(&args.findings).map_err(|e| failed(&format!("write to {}", args.findings.display()), &e))?;
    let tidy = Folder { path: &args.findings, ours: !had_folder };
    let files = Files::create(args)?;
    let seeds = seeds(args.corpus.as_deref())?;
    let seed = args.seed.unwrap_or_else(from_the_clock);
    let to_stderr = !dashes(args).is_empty();
    let say =
        |out: &mut Stdout, line: &str| if to_stderr { eprintln!("{line}") } else { drop(writeln!(out, "{line}")) };
    let mut reached = fuzz_peer::reach(&args.peer, WARNING, |name, talkers, bundled| {
        let rate = if args.rate == 0 {
            "as fast as it goes".to_owned()
        } else {
            format!("at most {} inputs a second", args.rate)
        };
        let who = talkers.join(" and ");
        let jobs = if args.jobs > 1 { format!(", {} jobs", args.jobs) } else { String::new() };
        let time = fuzz_report::span(args.time);
        say(out, &format!("fuzzing {name} as {who} for {time}, {rate}, seed {seed}{jobs}"));
        if !bundled {
            say(out, "what these identities may change on it can be changed or destroyed; nothing else is attacked");
        }
        let _ = out.flush();
    })?;
    let options = Options {
        oracles: chosen(&args.oracles),
        time: args.time,
        runs: args.runs,
        seed,
        rate: (args.rate > 0).then_some(args.rate),
        max_findings: usize::from(args.max_findings),
        guided: !args.unguided,
        pid: args.pid,
        jobs: usize::from(args.jobs),
    };
    let paint = if to_stderr {
        Paint { color: use_color(color, &io::stderr()) }
    } else {
        Paint { color: use_color(color, &io::stdout()) }
    };
    let mut teller = Teller::new(args, &reached, seed, paint, io::stderr().is_terminal(), to_stderr, out);
    let outcome = wire::fuzz(&options, &mut reached.peer, &seeds, &mut teller);
    teller.clear();
    let broken = teller.broken.take();
    let outcome = outcome.map_err(|why| {
        eprintln!("kmipspec: {why}");
        Exit::Usage
    })?;
    let records: Vec<Record> =
        outcome.findings.iter().map(|found| record::record(found, seed, &reached.name)).collect();
    let mut exit = broken.map_or(Exit::Success, |()| Exit::Usage);
    for line in fuzz_report::summary(&outcome, &options, &records, &args.findings) {
        say(out, &line);
    }
    if records.iter().any(|record| !record.is_difference()) {
        exit = exit.and(Exit::CheckFailed);
    }
    match &outcome.ended {
        Ended::Interrupted => {
            eprintln!("kmipspec: interrupted: this is what was known by then");
            exit = exit.and(Exit::CouldNotFindOut);
        }
        Ended::Gone(why) if records.is_empty() => {
            eprintln!("kmipspec: {} is gone: {why}", reached.name);
            exit = exit.and(Exit::CouldNotFindOut);
        }
        Ended::Gone(_) | Ended::Time | Ended::Runs | Ended::Findings => {}
    }
    if outcome.left_behind > 0 {
        eprintln!("kmipspec: {} could not be removed from the server", count(outcome.left_behind, "object"));
    }
    let (json, junit) = (fuzz_report::json(&outcome, &records, &reached, seed), fuzz_report::junit(&outcome, &records));
    let log = fuzz_sarif::log(fuzz_sarif::trouble(&outcome.ended), &records, &options.oracles, &args.findings);
    exit = exit.and(files.write(&json, &junit, &log));
    reached.close();
    drop(tidy);
    Ok(exit)
}

/// The folder of findings; one that we made and that stays empty goes again.
pub(super) struct Folder<'a> {
    pub(super) path: &'a Path,
    pub(super) ours: bool,
}

impl Drop for Folder<'_> {
    fn drop(&mut self) {
        if self.ours {
            // It is not empty where something was found.
            let _ = std::fs::remove_dir(self.path);
        }
    }
}

/// The oracles that count; where none is named all, but for O7.
pub(super) fn chosen(named: &[Oracle]) -> BTreeSet<Oracle> {
    if named.is_empty() { Oracle::SERVER.into() } else { named.iter().copied().collect() }
}

/// What it begins with.
fn seeds(corpus: Option<&Path>) -> Result<Vec<Script>, Exit> {
    let mut seeds = wire::builtin();
    seeds.extend(wire::held());
    if let Some(corpus) = corpus {
        seeds.extend(corpus_of(corpus)?.into_iter().map(|given| given.script));
    }
    Ok(seeds)
}

/// The inputs of a folder that can be written to, and is made where it is not there; files that cannot be read are told and
/// left out.
pub(super) fn corpus_of(corpus: &Path) -> Result<Vec<wire::Given>, Exit> {
    if !corpus.exists() {
        std::fs::create_dir_all(corpus).map_err(|e| failed(&format!("create {}", corpus.display()), &e))?;
    }
    record::writable(corpus).map_err(|e| failed(&format!("write to {}", corpus.display()), &e))?;
    let (given, refused) = wire::folder(corpus).map_err(|e| failed(&format!("read {}", corpus.display()), &e))?;
    passed_over(&refused);
    Ok(given)
}

/// Says which files are no inputs.
pub(super) fn passed_over(refused: &[wire::Refused]) {
    for (path, why) in refused.iter().take(10) {
        eprintln!("kmipspec: {}: {why}; passed over", path.display());
    }
    if refused.len() > 10 {
        eprintln!("kmipspec: {} more passed over", count(refused.len() - 10, "file"));
    }
}

pub(super) fn from_the_clock() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::from(since.subsec_nanos()) ^ since.as_secs().wrapping_mul(1_000_003) & 0xffff_ffff
}
