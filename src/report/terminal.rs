//! What a person reads: a progress bar while it runs; then failures, remarks, a table and one line with the total.

use super::Sink;
use super::failure::{Telling, block};
use super::group::{Group, group};
use super::profiles;
use super::style::Paint;
use super::table::{self, is_known_failure};
use super::text::{count, duration, printable, version_list};
use super::tls_summary;
use crate::profiles::Judged;
use crate::runner::event::{Event, Execution, RunFinished, RunStarted, TlsLook};
use crate::runner::verdict::Verdict;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::time::Duration;

/// How to print.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Colours.
    pub paint: Paint,
    /// A progress bar on stderr; only where stderr is a terminal.
    pub progress: bool,
    /// Failures and the total only.
    pub quiet: bool,
    /// Passwords and key material as they are.
    pub show_secrets: bool,
    /// A SHOULD that is not met counts.
    pub strict: bool,
}

/// The sink for people.
#[derive(Debug)]
pub struct Terminal<W, E> {
    out: W,
    err: E,
    look: Look,
    bar: ProgressBar,
    failed: usize,
    executions: Vec<Execution>,
    profiles: Vec<Judged>,
    tls: Option<Box<TlsLook>>,
}

impl<W: Write, E: Write> Terminal<W, E> {
    /// Results go to `out`, the rest to `err`.
    pub fn new(out: W, err: E, look: Look) -> Self {
        let bar = ProgressBar::hidden();
        Self { out, err, look, bar, failed: 0, executions: Vec::new(), profiles: Vec::new(), tls: None }
    }

    fn started(&mut self, run: &RunStarted) -> io::Result<()> {
        if self.look.progress {
            self.bar = ProgressBar::with_draw_target(Some(run.total as u64), ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len}  {elapsed}  {wide_msg}") {
                self.bar.set_style(style.progress_chars("=> "));
            }
            self.bar.enable_steady_tick(Duration::from_millis(200));
        }
        if self.look.quiet {
            return Ok(());
        }
        let target = &run.target;
        let mut about = printable(&target.address, false);
        if let Some(vendor) = &target.vendor {
            about = format!("{about}  ({})", printable(vendor, false));
        }
        if let Some(tls) = &target.tls {
            about = format!("{about}  {}", printable(tls, false));
        }
        if target.encoding.is_http() {
            about = format!("{about}  {}", target.encoding.told());
        }
        self.heading("target", &about)?;
        if !target.versions.is_empty() {
            self.heading("versions", &version_list(target.versions.iter().copied()))?;
        }
        let later: Vec<String> = run.later.iter().map(|(what, n)| format!("{n} {what}")).collect();
        let later = if later.is_empty() { String::new() } else { format!(" (of them {})", later.join(", ")) };
        let total = count(run.total, "execution");
        // A client under test makes objects by its own names.
        let names = match run.run_id.as_str() {
            "" => String::new(),
            prefix => format!(", names on the server begin with {prefix}"),
        };
        self.heading("run", &format!("{total}{later}{names}"))?;
        self.out.flush()
    }

    fn heading(&mut self, label: &str, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}{text}", self.look.paint.dim(&format!("{label:<10}")))
    }

    fn execution(&mut self, execution: &Execution) {
        self.bar.inc(1);
        if execution.counts_as_failure(self.look.strict) {
            self.failed += 1;
            self.bar.set_message(count(self.failed, "failure"));
        }
        self.executions.push(execution.clone());
    }

    fn notice(&mut self, text: &str) -> io::Result<()> {
        let err = &mut self.err;
        self.bar.suspend(|| writeln!(err, "kmipspec: {}", printable(text, true)))
    }

    fn finished(&mut self, run: &RunFinished) -> io::Result<()> {
        self.bar.finish_and_clear();
        let executions = std::mem::take(&mut self.executions);
        let is_news = |e: &&Execution| {
            e.counts_as_failure(self.look.strict) || e.verdict == Verdict::Error && !is_known_failure(e)
        };
        let telling = Telling { paint: self.look.paint, show_secrets: self.look.show_secrets, messages: true };
        for group in group(executions.iter().filter(is_news)) {
            writeln!(self.out)?;
            for line in block(&group, telling) {
                writeln!(self.out, "{line}")?;
            }
        }
        if !self.look.quiet {
            let remarks = group(executions.iter().filter(|e| !is_news(e) && !is_known_failure(e) && is_remark(e)));
            self.remarks(&remarks)?;
            self.skips(&executions)?;
            if !executions.is_empty() {
                writeln!(self.out)?;
                for line in table::lines(&executions, self.look.paint) {
                    writeln!(self.out, "{line}")?;
                }
            }
        }
        if let Some(look) = self.tls.take().filter(|_| !self.look.quiet) {
            writeln!(self.out)?;
            for (label, line) in tls_summary::lines(&look) {
                self.heading(label, &line)?;
            }
        }
        if !executions.is_empty() {
            writeln!(self.out)?;
        }
        self.claims(run)?;
        if !executions.is_empty() {
            self.total(&executions, run)?;
        }
        for line in profiles::lines(&std::mem::take(&mut self.profiles), self.look.paint, self.look.quiet) {
            writeln!(self.out, "{line}")?;
        }
        self.out.flush()
    }

    /// What is worth a line, but does not count: a SHOULD not met, things recorded, cases that could not be decided.
    fn remarks(&mut self, groups: &[Group<'_>]) -> io::Result<()> {
        if !groups.is_empty() {
            writeln!(self.out)?;
        }
        for group in groups {
            let Some(e) = group.shown() else { continue };
            let word = self.look.paint.verdict(e.verdict, &format!("{:<12}", e.verdict.as_str()));
            writeln!(self.out, "{word}  {}   at {}", printable(&e.id, false), version_list(group.versions()))?;
            let indent = " ".repeat(14);
            if let Some(reason) = &e.reason {
                writeln!(self.out, "{indent}{}", printable(reason, false))?;
            }
            // The reason of a case that could not be decided is what its finding says.
            let told = e.verdict == Verdict::Inconclusive && e.reason.is_some();
            for (index, finding) in e.findings.iter().enumerate().filter(|_| !told) {
                let spec = group.spec(Some(index));
                writeln!(self.out, "{indent}{}   {spec}", printable(&finding.statement, false))?;
                let expected = printable(&finding.expected, false);
                writeln!(self.out, "{indent}expected {expected}; got {}", printable(&finding.actual, false))?;
            }
        }
        Ok(())
    }

    /// Each reason for not running once, with its count.
    fn skips(&mut self, executions: &[Execution]) -> io::Result<()> {
        let reasons = table::not_run(executions);
        if !reasons.is_empty() {
            writeln!(self.out)?;
        }
        for (verdict, reason, n) in reasons {
            let word = self.look.paint.verdict(verdict, &format!("{:<12}", verdict.as_str()));
            writeln!(self.out, "{word}  {n:>4} x  {}", printable(reason, false))?;
        }
        Ok(())
    }

    /// Entries of expectations files that are not true.
    fn claims(&mut self, run: &RunFinished) -> io::Result<()> {
        for line in run.stale.iter().chain(&run.unexpected) {
            let word = self.look.paint.verdict(Verdict::Fail, "EXPECTATION");
            writeln!(self.out, "{word}  {}", printable(line, false))?;
        }
        if let Some(broken) = &run.broken {
            writeln!(self.out, "{}  {}", self.look.paint.verdict(Verdict::Error, "ERROR"), printable(broken, false))?;
        }
        Ok(())
    }

    /// The last line.
    fn total(&mut self, executions: &[Execution], run: &RunFinished) -> io::Result<()> {
        let cases: BTreeSet<&str> = executions.iter().map(|e| e.id.as_str()).collect();
        let versions: BTreeSet<_> = executions.iter().map(|e| e.version).collect();
        let known = executions.iter().filter(|e| is_known_failure(e)).count();
        let mut parts = Vec::new();
        for verdict in Verdict::ALL {
            let n = executions.iter().filter(|e| e.verdict == verdict && !is_known_failure(e)).count();
            if n > 0 || matches!(verdict, Verdict::Pass | Verdict::Fail) {
                let text = format!("{n} {verdict}");
                parts.push(if n > 0 { self.look.paint.verdict(verdict, &text) } else { text });
            }
        }
        if known > 0 {
            parts.push(format!("{known} known, as expected"));
        }
        writeln!(
            self.out,
            "{} x {} = {} in {}: {}",
            count(cases.len(), "case"),
            count(versions.len(), "version"),
            self.look.paint.bold(&count(executions.len(), "execution")),
            duration(run.duration),
            parts.join(", ")
        )
    }
}

/// Verdicts that get a line, not a block.
fn is_remark(e: &Execution) -> bool {
    matches!(e.verdict, Verdict::NonStrict | Verdict::Info | Verdict::Inconclusive)
}

impl<W: Write, E: Write> Sink for Terminal<W, E> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::RunStarted(run) => self.started(run),
            Event::CaseStarted { id, version } => {
                if self.failed == 0 {
                    self.bar.set_message(format!("{id} @{version}"));
                }
                Ok(())
            }
            Event::CaseFinished(execution) => {
                self.execution(execution);
                Ok(())
            }
            Event::Notice(text) => self.notice(text),
            Event::Profiles(judged) => {
                self.profiles.clone_from(judged);
                Ok(())
            }
            Event::Tls(look) => {
                self.tls = Some(look.clone());
                Ok(())
            }
            Event::RunFinished(run) => self.finished(run),
        }
    }
}
