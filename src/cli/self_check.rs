//! `kmipspec self-check`: does the suite find the faults it is meant to find?

use super::args::SelfCheckArgs;
use super::dispatch::failed;
use super::output::Stdout;
use super::signal::Signals;
use super::{library, list};
use crate::exit::Exit;
use crate::report::self_check as report;
use crate::runner::Stop;
use crate::runner::self_check::{Matrix, Row, SelfCheck, SelfCheckError, run as check};
use kmipspec_reference_server::planted;
use kmipspec_reference_server::quirks::{self, Quirk};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::time::Duration;

/// A case takes at most this long.
const CASE_TIMEOUT: Duration = Duration::from_secs(60);

/// Runs the suite once for each fault, and says what it found.
pub(super) fn run(args: &SelfCheckArgs, out: &mut Stdout) -> Exit {
    let chosen = match chosen(args) {
        Ok(chosen) => chosen,
        Err(exit) => return exit,
    };
    let library = match library::load(&args.scenarios) {
        Ok(library) => library,
        Err(exit) => return exit,
    };
    let file = match args.json.as_deref().map(File::create).transpose() {
        Ok(file) => file,
        Err(e) => return failed("create the JSON file", &e),
    };
    let jobs = args.jobs.map_or(4, usize::from);
    // Compiling the scenarios of one run must not keep the servers of the others from answering.
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(jobs + 2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => return failed("start the runtime", &e),
    };
    let work = SelfCheck {
        quirks: chosen,
        scenarios: library.scenarios,
        versions: args.version.iter().flat_map(|set| set.iter()).collect(),
        quick: args.quick.then_some(args.turn),
        jobs,
        case_timeout: CASE_TIMEOUT,
        stop: Stop::default(),
    };
    let matrix = match runtime.block_on(follow(work)) {
        Ok(matrix) => matrix,
        Err(SelfCheckError::Run(error)) => return list::refused(&error),
        Err(error @ (SelfCheckError::Bundled(_) | SelfCheckError::Signals(_))) => {
            eprintln!("kmipspec: {error}");
            return Exit::CouldNotFindOut;
        }
    };
    let written = report::print(&matrix, out).and_then(|()| match file {
        Some(file) => {
            let mut file = BufWriter::new(file);
            report::json(&matrix, &mut file).and_then(|()| file.flush())
        }
        None => Ok(()),
    });
    if let Err(e) = written {
        return failed("write the results", &e);
    }
    if matrix.has_fault() {
        Exit::CheckFailed
    } else if matrix.is_good() {
        Exit::Success
    } else {
        Exit::CouldNotFindOut
    }
}

/// Checks, and tells on standard error how far it has come.
async fn follow(work: SelfCheck) -> Result<Matrix, SelfCheckError> {
    match Signals::listen() {
        Ok(signals) => drop(tokio::spawn(signals.end(work.stop.clone(), ""))),
        Err(error) => return Err(SelfCheckError::Signals(error)),
    }
    let total = work.quirks.len();
    let (sender, mut rows) = tokio::sync::mpsc::unbounded_channel::<Row>();
    let told = async {
        let mut done = 0;
        while let Some(row) = rows.recv().await {
            done += 1;
            eprintln!("{done} of {total}: {}", row.quirk.name);
        }
    };
    tokio::join!(check(work, sender), told).0
}

/// The faults asked for, in the part asked for.
fn chosen(args: &SelfCheckArgs) -> Result<Vec<&'static Quirk>, Exit> {
    let chosen = match args.quirk.as_slice() {
        [] => quirks::all().iter().collect(),
        names => named(names)?,
    };
    let Some(shard) = args.shard else { return Ok(chosen) };
    let (index, of) = (shard.index, shard.of);
    let part: Vec<_> = chosen.into_iter().enumerate().filter(|(place, _)| place % of + 1 == index).collect();
    Ok(part.into_iter().map(|(_, quirk)| quirk).collect())
}

/// The quirks of these names, or patterns with `*`; what there is not is told.
pub(super) fn named(names: &[String]) -> Result<Vec<&'static Quirk>, Exit> {
    let mut found = Vec::new();
    for name in names {
        let before = found.len();
        found.extend(quirks::all().iter().filter(|quirk| crate::scenario::library::selects(name, quirk.name)));
        if found.len() == before {
            eprintln!("kmipspec: there is no quirk {name}; `kmipspec serve --list-quirks` shows all");
            return Err(Exit::Usage);
        }
    }
    Ok(found)
}

/// Prints every quirk, then every planted bug: its name, what it does, what it imitates.
pub(super) fn list_quirks(out: &mut Stdout) -> std::io::Result<()> {
    let quirks = quirks::all().iter().map(|quirk| [quirk.name, quirk.does, quirk.imitates]);
    table(out, &quirks.collect::<Vec<_>>())?;
    writeln!(out, "\nFor fuzzers (--planted):")?;
    let planted = planted::all().iter().map(|bug| [bug.name, bug.does, bug.imitates]);
    table(out, &planted.collect::<Vec<_>>())
}

/// Rows of three columns.
fn table(out: &mut Stdout, rows: &[[&str; 3]]) -> std::io::Result<()> {
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|text| text.chars().count()).max().unwrap_or(0)
    };
    let (name, does) = (width(0), width(1));
    rows.iter().try_for_each(|[a, b, c]| writeln!(out, "{a:<name$}  {b:<does$}  {c}"))
}
