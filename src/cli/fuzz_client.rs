//! `kmipspec fuzz --as-server`: a client is started again and again, and answered wrongly.

use super::answering::Answering;
use super::dispatch::failed;
use super::fuzz::{Folder, from_the_clock};
use super::fuzz_args::FuzzArgs;
use super::fuzz_report::{Files, span, told};
use super::fuzz_sarif;
use super::replay::of_record;
use crate::exit::Exit;
use crate::fuzzing::Oracle;
use crate::fuzzing::as_server::{Client, Found, Observer, Options, Plan, Stage, fuzz, replay, words};
use crate::fuzzing::wire::Ended;
use crate::fuzzing::wire::record::{self, Record};
use crate::report::json::pretty;
use crate::report::junit;
use crate::report::style::Paint;
use crate::report::text::{count, printable};
use crate::runner::Stop;
use kmipspec_protocol::encoding::lexical::unhex;
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Longest run of a client where nothing else is said.
const PATIENCE: Duration = Duration::from_secs(10);

/// Time between two words about how it goes.
const TOLD_EVERY: u64 = 10;

/// Listens, starts the client, and says what becomes of it.
pub(super) fn run(args: &FuzzArgs, listen: &str, paint: Paint, out: &mut dyn Write) -> Result<Exit, Exit> {
    let target = args.peer.target_settings();
    if target.address.is_some() || target.file.is_some() {
        eprintln!("kmipspec: --as-server fuzzes a client: there is no server to attack, leave --target away");
        return Err(Exit::Usage);
    }
    let had_folder = args.findings.is_dir();
    record::writable(&args.findings).map_err(|e| failed(&format!("write to {}", args.findings.display()), &e))?;
    let _tidy = Folder { path: &args.findings, ours: !had_folder };
    let files = Files::create(args)?;
    let given = args.answers.as_deref().map(answers_of).transpose()?;
    let seed = args.seed.unwrap_or_else(from_the_clock);
    let (stop, stage) = (Stop::default(), Arc::new(Stage::default()));
    let answering = Answering::open(listen, Arc::<Stage>::clone(&stage), &stop)?;
    let address = answering.welcome.address;
    let _ = writeln!(out, "answering wrongly at {address}, seed {seed}; the client is to use");
    for (what, path) in answering.welcome.files() {
        let _ = writeln!(out, "  {what:<12}{}", path.display());
    }
    let _ = out.flush();
    let Some(command) = &args.command else {
        return watch(args, given, seed, &stage, &stop, out);
    };
    let client = Client::new(command, answering.welcome.environment(), args.crash_text.clone());
    let patience = args.peer.timeout.unwrap_or(PATIENCE);
    let stopped = || stop.is_asked();
    let cannot = |why: String| {
        eprintln!("kmipspec: {why}");
        Exit::CouldNotFindOut
    };
    if let Some(given) = given {
        let run = replay(&client, &stage, given, patience, &stopped).map_err(cannot)?;
        let _ = writeln!(out, "{}", printable(&words(&run.end), false));
        let _ = write!(out, "{}", printable(&run.said, true));
        return Ok(if run.end.is_fault() { Exit::CheckFailed } else { Exit::Success });
    }
    let options = Options {
        time: args.time,
        runs: args.runs,
        seed,
        patience,
        max_findings: usize::from(args.max_findings),
        guided: !args.unguided,
    };
    let moving = io::stderr().is_terminal();
    let mut teller = Teller { args, command, seed, paint, moving, records: Vec::new(), broken: false, out };
    let outcome = fuzz(&options, &client, &stage, &stopped, &mut teller).map_err(cannot)?;
    teller.clear();
    let Teller { records, broken, .. } = teller;
    let doubt = match outcome.doubtful.len() {
        0 => String::new(),
        n => format!(", {n} more seen that did not come again"),
    };
    let (runs, answers) = (outcome.runs, outcome.answers);
    let _ = writeln!(
        out,
        "{}{doubt}; {runs} runs of the client, {answers} answers in {}; {} damaged further, {} features",
        count(records.len(), "finding"),
        span(outcome.elapsed),
        count(outcome.kept, "run"),
        outcome.features
    );
    for record in &records {
        let file = args.findings.join(format!("{}.json", record.id));
        let _ = writeln!(out, "  again: kmipspec fuzz --as-server --listen … --command … --answers {}", file.display());
    }
    let mut exit = if broken { Exit::Usage } else { Exit::Success };
    if !records.is_empty() {
        exit = exit.and(Exit::CheckFailed);
    }
    if outcome.ended == Ended::Interrupted {
        eprintln!("kmipspec: interrupted: this is what was known by then");
        exit = exit.and(Exit::CouldNotFindOut);
    }
    let document = json!({
        "command": command,
        "seed": seed,
        "runs": runs,
        "answers": answers,
        "corpus": outcome.kept,
        "features": outcome.features,
        "seconds": outcome.elapsed.as_secs_f64(),
        "unconfirmed": outcome.doubtful.iter().map(|f| printable(&f.to_string(), false)).collect::<Vec<_>>(),
        "ended": format!("{:?}", outcome.ended).to_lowercase(),
        "findings": records,
    });
    let oracles = [Oracle::O1, Oracle::O8, Oracle::O9].into();
    let log = fuzz_sarif::log(fuzz_sarif::trouble(&outcome.ended), &records, &oracles, &args.findings);
    let failures: Vec<(String, String)> =
        records.iter().map(|r| (r.id.clone(), format!("{} {} {}", r.oracle, r.operation, r.detail))).collect();
    let json = pretty(&document);
    let junit = junit::plain("fuzz", "no findings", &failures, outcome.elapsed);
    exit = exit.and(files.write(&json, &junit, &log));
    Ok(exit)
}

/// Answers whoever comes, until the time is over; what was said is written, since nobody here sees what becomes of them.
fn watch(
    args: &FuzzArgs,
    given: Option<Vec<Vec<u8>>>,
    seed: u64,
    stage: &Stage,
    stop: &Stop,
    out: &mut dyn Write,
) -> Result<Exit, Exit> {
    let plan = given.map_or(Plan::Damaged { kept: BTreeMap::new(), at: 0, seed }, Plan::Given);
    stage.set(plan).map_err(|why| {
        eprintln!("kmipspec: {why}");
        Exit::CouldNotFindOut
    })?;
    let until = std::time::Instant::now() + args.time;
    while std::time::Instant::now() < until && !stop.is_asked() {
        std::thread::sleep(Duration::from_millis(100));
    }
    let told = stage.told();
    let _ = writeln!(out, "{} given", count(told.len(), "answer"));
    if told.is_empty() {
        return Ok(Exit::Success);
    }
    let record = Record::of_answers(format!("answers-{seed}"), None, &told, seed, "");
    let path = record.write_answers(&args.findings, &told);
    let path = path.map_err(|e| failed(&format!("write to {}", args.findings.display()), &e))?;
    let _ = writeln!(out, "  again: kmipspec fuzz --as-server --listen … --answers {}", path.display());
    Ok(Exit::Success)
}

/// The answers in a record.
fn answers_of(path: &Path) -> Result<Vec<Vec<u8>>, Exit> {
    let wrong = |why: &str| {
        eprintln!("kmipspec: {}: {why}", path.display());
        Exit::InvalidData
    };
    let record = of_record(path)?.ok_or_else(|| wrong("the record of a finding ends with .json"))?;
    let bytes = record.messages.iter().map(|message| unhex(&message.sent));
    let all: Option<Vec<Vec<u8>>> = bytes.collect();
    all.filter(|all| !all.is_empty()).ok_or_else(|| wrong("there are no answers in it"))
}

/// Tells what happens while it happens, and writes findings at once.
struct Teller<'a> {
    args: &'a FuzzArgs,
    command: &'a str,
    seed: u64,
    paint: Paint,
    moving: bool,
    records: Vec<Record>,
    broken: bool,
    out: &'a mut dyn Write,
}

impl Teller<'_> {
    fn clear(&self) {
        if self.moving {
            eprint!("\r\u{1b}[2K");
        }
    }
}

impl Observer for Teller<'_> {
    fn ran(&mut self, runs: u64, findings: usize, elapsed: Duration) {
        if self.moving && runs.is_multiple_of(TOLD_EVERY) {
            eprint!("\r\u{1b}[2K{}  {runs} runs  findings {findings}", span(elapsed));
            let _ = io::stderr().flush();
        }
    }

    fn found(&mut self, found: &Found) {
        let id = format!("client-{}", record::name(&found.finding));
        let record = Record::of_answers(id, Some(found), &found.told, self.seed, self.command);
        self.clear();
        let _ = writeln!(self.out, "{}", told(&record, self.paint)).and_then(|()| self.out.flush());
        let written: io::Result<PathBuf> = record.write_answers(&self.args.findings, &found.told);
        if let Err(e) = written {
            self.broken = true;
            let _ = failed(&format!("write to {}", self.args.findings.display()), &e);
        }
        self.records.push(record);
    }
}
