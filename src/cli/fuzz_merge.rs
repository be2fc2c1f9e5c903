//! `kmipspec fuzz --merge`: many corpora become one small one.

use super::dispatch::failed;
use super::fuzz::{corpus_of, passed_over};
use super::fuzz_args::FuzzArgs;
use super::fuzz_peer;
use super::output::Stdout;
use crate::exit::Exit;
use crate::fuzzing::script::Script;
use crate::fuzzing::wire;
use crate::report::text::count;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// Time between two words about how it goes.
const TOLD_EVERY: Duration = Duration::from_millis(250);

/// Plays what is in the corpus and in the folders, and adds to the corpus what it lacks.
pub(super) fn run(args: &FuzzArgs, corpus: &Path, out: &mut Stdout) -> Result<Exit, Exit> {
    let before: Vec<Script> = corpus_of(corpus)?.into_iter().map(|given| given.script).collect();
    let mut others = Vec::new();
    for folder in &args.merge {
        let (given, refused) = wire::folder(folder).map_err(|e| failed(&format!("read {}", folder.display()), &e))?;
        passed_over(&refused);
        others.extend(given);
    }
    if others.is_empty() {
        eprintln!("kmipspec: there is nothing to merge");
        return Err(Exit::NothingSelected);
    }
    let all = before.len() + others.len();
    let warning = "; objects may stay behind on the server";
    let mut reached = fuzz_peer::reach(&args.peer, warning, |name, talkers, bundled| {
        let who = talkers.join(" and ");
        let _ = writeln!(out, "playing {} on {name} as {who}", count(all, "input"));
        if !bundled {
            let _ = writeln!(out, "what these identities may change on it can be changed or destroyed");
        }
        let _ = out.flush();
    })?;
    let (started, mut told_at, moving) = (Instant::now(), Instant::now(), io::stderr().is_terminal());
    let merged = wire::merge(&mut reached.peer, &before, others, &mut |played| {
        if moving && told_at.elapsed() >= TOLD_EVERY {
            told_at = Instant::now();
            eprint!("\r\u{1b}[2K{played} of {all}");
            let _ = io::stderr().flush();
        }
        let due = played as f64 / f64::from(args.rate.max(1));
        if args.rate > 0 {
            std::thread::sleep(Duration::from_secs_f64(due).saturating_sub(started.elapsed()));
        }
    });
    if moving {
        eprint!("\r\u{1b}[2K");
    }
    reached.close();
    let mut exit = Exit::Success;
    for script in &merged.kept {
        let bytes = script.write();
        let path = corpus.join(wire::file_name(&bytes));
        if let Err(e) = std::fs::write(&path, &bytes) {
            exit = exit.and(failed(&format!("write {}", path.display()), &e));
            break;
        }
    }
    for path in &merged.fatal {
        eprintln!("kmipspec: {}: the server was gone behind it; not kept (see kmipspec replay)", path.display());
    }
    if let Some(why) = &merged.cut {
        eprintln!("kmipspec: {} of {} played, then {why}", merged.played, count(all, "input"));
        exit = exit.and(Exit::CouldNotFindOut);
    }
    let [was, is] = merged.features;
    let _ = writeln!(
        out,
        "{} added to {}, which had {} with {was} features and has {} with {is}",
        count(merged.kept.len(), "input"),
        corpus.display(),
        count(before.len(), "input"),
        count(before.len() + merged.kept.len(), "input"),
    );
    Ok(exit)
}
