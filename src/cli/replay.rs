//! `kmipspec replay` and `kmipspec minimize`: findings once more, on any server.

use super::dispatch::failed;
use super::fuzz::{chosen, passed_over};
use super::fuzz_args::{MinimizeArgs, ReplayArgs};
use super::fuzz_peer::{Reached, reach};
use super::input;
use super::output::Stdout;
use crate::client::ANONYMOUS;
use crate::exit::Exit;
use crate::fuzzing::Oracle;
use crate::fuzzing::script::Script;
use crate::fuzzing::wire::record::{self, Record};
use crate::fuzzing::wire::{self, Alive, Given, Played, Process, Seen, confirmed, judge, smaller};
use crate::report::text::{count, hex, printable};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Time for taking away what was made.
const TIDY: Duration = Duration::from_secs(10);

/// Sends each, and says what is to be seen.
pub(super) fn run(args: &ReplayArgs, out: &mut Stdout) -> Exit {
    match replayed(args, out) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn replayed(args: &ReplayArgs, out: &mut Stdout) -> Result<Exit, Exit> {
    let mut given = Vec::new();
    for path in &args.findings {
        given.extend(inputs(path)?);
    }
    if given.is_empty() {
        eprintln!("kmipspec: there is nothing to replay");
        return Err(Exit::NothingSelected);
    }
    let mut process = args.pid.map(Process::of).transpose().map_err(|why| {
        eprintln!("kmipspec: {why}");
        Exit::Usage
    })?;
    if process.is_none() && given.iter().any(|given| is_about_growth(&given.path)) {
        eprintln!("kmipspec: what grows is looked at with --pid alone, and shows where --times has it said often");
    }
    let mut reached = reach(&args.peer, "; objects may stay behind on the server", |name, talkers, _| {
        let _ = writeln!(out, "replaying {} on {name} as {}", count(given.len(), "input"), talkers.join(" and "));
        let _ = out.flush();
    })?;
    let oracles = wanted(&args.oracles, given.iter().map(|given| given.path.as_path()), &mut reached);
    let (mut shown, mut exit) = (0, Exit::Success);
    for Given { path, script } in &given {
        let (mut played, mut alive, mut seen) = (Played::default(), Alive::Well, Vec::new());
        for _ in 0..args.times {
            (played, alive, seen) = once(&mut reached, script);
            let grown = process.as_mut().and_then(|process| process.grown(reached.peer.connections()));
            seen.extend(grown.map(|finding| Seen { finding, step: 0 }));
            seen.retain(|seen| oracles.contains(&seen.finding.oracle));
            if !seen.is_empty() || reached.stop.is_asked() {
                break;
            }
        }
        if reached.stop.is_asked() {
            eprintln!("kmipspec: interrupted");
            exit = exit.and(Exit::CouldNotFindOut);
            break;
        }
        let mut lines = vec![format!("{}  {}", if seen.is_empty() { "none " } else { "shown" }, path.display())];
        lines.extend(
            seen.iter()
                .map(|seen| format!("       step {}: {}", seen.step, printable(&seen.finding.to_string(), false))),
        );
        if args.messages {
            lines.extend(messages(&played));
        }
        lines.iter().for_each(|line| drop(writeln!(out, "{line}")));
        if !seen.is_empty() {
            shown += 1;
            if seen.iter().any(|seen| seen.finding.oracle != Oracle::O7) {
                exit = exit.and(Exit::CheckFailed);
            }
        }
        if let Alive::Gone(why) | Alive::Silent(why) = alive
            && !matches!(reached.peer.alive(true), Alive::Well | Alive::Cut)
        {
            eprintln!("kmipspec: {} is gone: {why}", reached.name);
            exit = exit.and(Exit::CouldNotFindOut);
            break;
        }
    }
    let _ = writeln!(out, "{shown} of {} showed a finding", count(given.len(), "input"));
    reached.peer.tidy(TIDY);
    reached.close();
    Ok(exit)
}

/// The oracles that count. What found these inputs does in any case, and what it takes is seen to: times to compare with, or answers
/// of the bundled server.
fn wanted<'p>(named: &[Oracle], inputs: impl IntoIterator<Item = &'p Path>, reached: &mut Reached) -> BTreeSet<Oracle> {
    let mut oracles = chosen(named);
    let names: Vec<_> = inputs.into_iter().filter_map(Path::file_name).map(|name| name.to_string_lossy()).collect();
    let of = |oracle: Oracle| {
        let prefix = format!("{}-", oracle.id().to_lowercase());
        named.contains(&oracle) || names.iter().any(|name| name.starts_with(&prefix))
    };
    if of(Oracle::O9) {
        acquaint(reached);
    }
    if of(Oracle::O7) {
        reached.peer.compares = true;
        if named.is_empty() {
            oracles.insert(Oracle::O7);
        }
    }
    oracles
}

/// Whether it was found by what the server's process keeps.
fn is_about_growth(path: &Path) -> bool {
    path.file_name().is_some_and(|name| {
        let name = name.to_string_lossy();
        name.starts_with("o9-memory-") || name.starts_with("o14-")
    })
}

/// Says what fuzzing begins with, until it is known how long answers usually take.
fn acquaint(reached: &mut Reached) {
    for script in std::iter::repeat_n(wire::builtin(), 4).flatten() {
        reached.peer.play(&script);
    }
    reached.peer.tidy(TIDY);
}

/// On fresh connections.
fn once(reached: &mut Reached, script: &Script) -> (Played, Alive, Vec<Seen>) {
    reached.peer.forget();
    let played = reached.peer.play(script);
    let alive = if reached.stop.is_asked() { Alive::Well } else { reached.peer.alive(true) };
    let seen = judge(&played, &alive, reached.peer.compares);
    (played, alive, seen)
}

fn messages(played: &Played) -> Vec<String> {
    let of = |step: &wire::Spoken| {
        let who = step.who.as_deref().unwrap_or(ANONYMOUS);
        [
            format!("       step {} {who} sent      {}", step.step, hex(&step.request)),
            format!("       step {} {who} received  {}", step.step, hex(&step.answer)),
        ]
    };
    played.steps.iter().flat_map(of).collect()
}

/// The inputs of a path; a record stands for the file it names.
pub(super) fn inputs(path: &Path) -> Result<Vec<Given>, Exit> {
    if let Some(record) = of_record(path)? {
        let input = path.parent().unwrap_or(Path::new("")).join(&record.input);
        return inputs(&input);
    }
    let (given, refused) = wire::folder(path).map_err(|e| failed(&format!("read {}", path.display()), &e))?;
    passed_over(&refused);
    if given.is_empty() && path.is_file() {
        return Err(Exit::InvalidData);
    }
    Ok(given)
}

/// The record in a file, where it is one by its name.
pub(super) fn of_record(path: &Path) -> Result<Option<Record>, Exit> {
    if path.extension().is_none_or(|extension| extension != "json") {
        return Ok(None);
    }
    let text = std::fs::read_to_string(path).map_err(|e| failed(&format!("read {}", path.display()), &e))?;
    let record: Record = serde_json::from_str(&text).map_err(|e| {
        eprintln!("kmipspec: {}: no record of a finding: {e}", input::name(path));
        Exit::InvalidData
    })?;
    // It stands beside its record.
    if Path::new(&record.input).components().count() != 1 {
        eprintln!("kmipspec: {}: `input` names no file beside it", input::name(path));
        return Err(Exit::InvalidData);
    }
    Ok(Some(record))
}

/// Makes a finding smaller.
pub(super) fn minimize(args: &MinimizeArgs, out: &mut Stdout) -> Exit {
    match minimized(args, out) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn minimized(args: &MinimizeArgs, out: &mut Stdout) -> Result<Exit, Exit> {
    let given = inputs(&args.finding)?;
    let [Given { path, script }] = given.as_slice() else {
        eprintln!("kmipspec: {} is not one finding", args.finding.display());
        return Err(Exit::Usage);
    };
    let mut reached = reach(&args.peer, "; objects may stay behind on the server", |name, talkers, _| {
        let _ = writeln!(out, "making {} smaller on {name} as {}", path.display(), talkers.join(" and "));
        let _ = out.flush();
    })?;
    let oracles = wanted(&args.oracles, [path.as_path()], &mut reached);
    let (_, _, seen) = once(&mut reached, script);
    let Some(key) = seen.into_iter().find(|seen| oracles.contains(&seen.finding.oracle)) else {
        eprintln!("kmipspec: {} does not show it", reached.name);
        reached.close();
        return Err(Exit::CouldNotFindOut);
    };
    let small = smaller(&mut reached.peer, script, &key);
    let (times, last) = confirmed(&mut reached.peer, &small, &key);
    reached.peer.tidy(TIDY);
    let name = reached.name.clone();
    let interrupted = reached.stop.is_asked();
    reached.close();
    if interrupted {
        eprintln!("kmipspec: interrupted");
        return Err(Exit::CouldNotFindOut);
    }
    if last.is_none() || times < 3 {
        eprintln!("kmipspec: {name} shows it now and then only: {}", key.finding);
        return Err(Exit::CouldNotFindOut);
    }
    let (before, (after, extension)) = (record::bytes(script).0.len(), record::bytes(&small));
    let output = args.output.clone().unwrap_or_else(|| beside(path, extension));
    std::fs::write(&output, &after).map_err(|e| failed(&format!("write {}", output.display()), &e))?;
    let _ = writeln!(out, "{}", printable(&key.finding.to_string(), false));
    let _ = writeln!(out, "{before} to {} bytes: {}", after.len(), output.display());
    Ok(Exit::Success)
}

/// `a.kseq` as `a.min.kseq`.
fn beside(path: &Path, extension: &str) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{stem}.min.{extension}"))
}
