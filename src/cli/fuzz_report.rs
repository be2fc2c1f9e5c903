//! How a fuzzing run is told: a line that moves, a line for each finding, a summary, JSON and JUnit.

use super::dispatch::failed;
use super::fuzz_args::FuzzArgs;
use super::fuzz_peer::Reached;
use super::output::Stdout;
use super::sinks::create;
use crate::exit::Exit;
use crate::fuzzing::wire::record::{self, Record};
use crate::fuzzing::wire::{Ended, Found, Observer, Options, Outcome, Status, file_name};
use crate::report::json::pretty;
use crate::report::junit;
use crate::report::sarif::Log;
use crate::report::style::Paint;
use crate::report::text::{count, duration, printable};
use crate::runner::verdict::Verdict;
use serde::Serialize;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Tells what happens while it happens, and writes findings at once: what ends the program leaves them.
pub(super) struct Teller<'a> {
    findings: PathBuf,
    corpus: Option<PathBuf>,
    target: String,
    talkers: Vec<String>,
    seed: u64,
    paint: Paint,
    moving: bool,
    to_stderr: bool,
    shown: bool,
    out: &'a mut Stdout,
    /// Whether something could not be written; it was told.
    pub(super) broken: Option<()>,
}

impl<'a> Teller<'a> {
    pub(super) fn new(
        args: &FuzzArgs,
        reached: &Reached,
        seed: u64,
        paint: Paint,
        moving: bool,
        to_stderr: bool,
        out: &'a mut Stdout,
    ) -> Self {
        Self {
            findings: args.findings.clone(),
            corpus: args.corpus.clone(),
            target: reached.name.clone(),
            talkers: reached.talkers.clone(),
            seed,
            paint,
            moving,
            to_stderr,
            shown: false,
            out,
            broken: None,
        }
    }

    /// Takes the moving line away.
    pub(super) fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            eprint!("\r\u{1b}[2K");
            let _ = io::stderr().flush();
        }
    }

    fn say(&mut self, line: &str) {
        self.clear();
        if self.to_stderr {
            eprintln!("{line}");
        } else {
            // A closed pipe is no error, and anything else shows at the end.
            let _ = writeln!(self.out, "{line}").and_then(|()| self.out.flush());
        }
    }

    fn failed(&mut self, what: &str, error: &io::Error) {
        self.clear();
        if self.broken.replace(()).is_none() {
            let _ = failed(what, error);
        }
    }
}

impl Observer for Teller<'_> {
    fn status(&mut self, status: &Status) {
        if self.moving {
            eprint!("\r\u{1b}[2K{}", line(status));
            let _ = io::stderr().flush();
            self.shown = true;
        }
    }

    fn found(&mut self, found: &Found) {
        let record = record::record(found, self.seed, &self.target);
        let told = told(&record, self.paint);
        self.say(&told);
        if let Err(e) = record::write(&self.findings, found, &record, &self.talkers) {
            let folder = self.findings.display().to_string();
            self.failed(&format!("write to {folder}"), &e);
        }
    }

    fn kept(&mut self, input: &[u8]) {
        let Some(folder) = self.corpus.clone() else { return };
        if let Err(e) = std::fs::write(folder.join(file_name(input)), input) {
            self.failed(&format!("write to {}", folder.display()), &e);
        }
    }
}

/// A finding in two lines.
pub(super) fn told(record: &Record, paint: Paint) -> String {
    let about = [record.operation.as_str(), record.place.as_str()].into_iter().filter(|part| !part.is_empty());
    let about = printable(&about.collect::<Vec<_>>().join("  "), false);
    let sure = match (record.confirmed >= 3, record.grade.as_str()) {
        (true, "fault") => String::new(),
        (true, grade) => format!("  (a {grade})"),
        (false, _) => "  (not made sure of)".to_owned(),
    };
    let label = paint.verdict(Verdict::Fail, &format!("{:<4}", record.oracle));
    let detail: String = record.detail.chars().take(160).collect();
    format!("{label} {about}{sure}\n     {}", paint.dim(&detail))
}

/// The line that moves.
fn line(status: &Status) -> String {
    format!(
        "{}  {:.0}/s  {} inputs  corpus {}  features {}  findings {}  median {}",
        span(status.elapsed),
        per_second(status),
        status.executions,
        status.corpus,
        status.features,
        status.findings,
        status.latency.map_or_else(|| "-".to_owned(), duration),
    )
}

fn per_second(status: &Status) -> f64 {
    let seconds = status.elapsed.as_secs_f64();
    // Inputs are far fewer than what a float can count.
    if seconds > 0.0 { status.executions as f64 / seconds } else { 0.0 }
}

/// The part of the workers' time between sending messages and having their answers; handshakes are not in it.
fn waiting(status: &Status, options: &Options) -> f64 {
    // Workers are few.
    let seconds = status.elapsed.as_secs_f64() * options.jobs.max(1) as f64;
    if seconds > 0.0 { status.waited.as_secs_f64() / seconds } else { 0.0 }
}

/// `90s` as `1m 30s`.
pub(super) fn span(time: Duration) -> String {
    match (time.as_secs() / 60, time.as_secs() % 60) {
        (0, 0) => duration(time),
        (0, seconds) => format!("{seconds}s"),
        (minutes, 0) => format!("{minutes}m"),
        (minutes, seconds) => format!("{minutes}m {seconds}s"),
    }
}

/// What it came to.
pub(super) fn summary(outcome: &Outcome, options: &Options, records: &[Record], folder: &Path) -> Vec<String> {
    let status = &outcome.status;
    let mut lines = vec![String::new()];
    let doubt = match outcome.doubtful.as_slice() {
        [] => String::new(),
        doubtful => {
            let what: Vec<String> = doubtful.iter().map(|f| format!("{:?} {}", f.oracle, f.operation)).collect();
            format!(", {} more seen that did not come again ({})", doubtful.len(), printable(&what.join(", "), false))
        }
    };
    lines.push(format!(
        "{}{doubt}; {} inputs, {} messages in {} ({:.0} inputs a second, median answer {}, \
         {:.0} % of the time waiting for answers), corpus {}, features {}",
        count(records.len(), "finding"),
        status.executions,
        status.exchanges,
        span(status.elapsed),
        per_second(status),
        status.latency.map_or_else(|| "-".to_owned(), duration),
        100.0 * waiting(status, options),
        status.corpus,
        status.features,
    ));
    let ended = match &outcome.ended {
        Ended::Time | Ended::Runs => None,
        Ended::Findings => Some(format!("ended after {} (--max-findings)", count(options.max_findings, "finding"))),
        Ended::Interrupted => Some("ended early".to_owned()),
        Ended::Gone(why) => {
            Some(format!("ended because the server is gone and does not come back: {}", printable(why, false)))
        }
    };
    lines.extend(ended);
    let written: Vec<PathBuf> =
        records.iter().map(|record| folder.join(&record.input)).filter(|path| path.is_file()).collect();
    lines.extend(written.iter().map(|path| format!("  {}", path.display())));
    if !written.is_empty() {
        let folder = folder.display();
        lines.push(format!("again: kmipspec replay {folder}; as scenarios: kmipspec run fuzz --scenarios {folder}"));
    }
    lines
}

/// The file that `--json` writes.
#[derive(Serialize)]
struct Document<'a> {
    target: &'a str,
    identities: &'a [String],
    seed: u64,
    executions: u64,
    messages: u64,
    seconds: f64,
    /// Of all jobs together, between sending messages and having their answers.
    waited: f64,
    corpus: usize,
    features: usize,
    states: usize,
    unconfirmed: Vec<String>,
    ended: String,
    findings: &'a [Record],
}

/// The outcome as JSON.
pub(super) fn json(outcome: &Outcome, records: &[Record], reached: &Reached, seed: u64) -> String {
    let status = &outcome.status;
    let document = Document {
        target: &reached.name,
        identities: &reached.talkers,
        seed,
        executions: status.executions,
        messages: status.exchanges,
        seconds: status.elapsed.as_secs_f64(),
        waited: status.waited.as_secs_f64(),
        corpus: status.corpus,
        features: status.features,
        states: status.states,
        unconfirmed: outcome.doubtful.iter().map(|finding| printable(&finding.to_string(), false)).collect(),
        ended: match &outcome.ended {
            Ended::Time => "time".to_owned(),
            Ended::Runs => "runs".to_owned(),
            Ended::Findings => "findings".to_owned(),
            Ended::Interrupted => "interrupted".to_owned(),
            Ended::Gone(why) => format!("gone: {why}"),
        },
        findings: records,
    };
    pretty(&document)
}

/// The outcome as JUnit: a failure for each finding, and a success for there being none.
pub(super) fn junit(outcome: &Outcome, records: &[Record]) -> String {
    let failures: Vec<(String, String)> = records
        .iter()
        .filter(|record| !record.is_difference())
        .map(|record| {
            (record.id.clone(), format!("{} {} {}: {}", record.oracle, record.operation, record.place, record.detail))
        })
        .collect();
    junit::plain("fuzz", "no findings", &failures, outcome.status.elapsed)
}

/// Where the outcome goes, opened before anything is sent: a path that cannot be written is told at once.
pub(super) struct Files {
    json: Option<Box<dyn Write>>,
    junit: Option<Box<dyn Write>>,
    sarif: Option<Box<dyn Write>>,
}

impl Files {
    /// Those that are asked for.
    pub(super) fn create(args: &FuzzArgs) -> Result<Self, Exit> {
        let open = |path: &Option<PathBuf>| path.as_deref().map(create).transpose();
        Ok(Self { json: open(&args.json)?, junit: open(&args.junit)?, sarif: open(&args.sarif)? })
    }

    /// Writes all of them; one that cannot be written is told, and keeps no other from it.
    pub(super) fn write(self, json: &str, junit: &str, sarif: &Log) -> Exit {
        let text = |file: Option<Box<dyn Write>>, text: &str| {
            file.map(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.flush()))
        };
        let written =
            [text(self.json, json), text(self.junit, junit), self.sarif.map(|mut file| sarif.write(&mut file))];
        let broken = written.into_iter().flatten().filter_map(Result::err);
        broken.fold(Exit::Success, |exit, e| exit.and(failed("write the outcome", &e)))
    }
}
