//! A summary in Markdown that fits a GitHub step summary: tables, and each failure to be unfolded.

use super::failure::{Telling, block};
use super::group::{Group, group};
use super::outcome::{Outcome, headline};
use super::record::{Record, Report};
use super::style::Paint;
use super::table::{Table, is_known_failure, not_run};
use super::text::{count, duration, printable, version_list};
use super::tls_summary;
use crate::runner::event::Execution;
use crate::runner::verdict::Verdict;
use std::fmt::Write as _;
use std::io::{self, Write};

/// Bytes that failures may take, and as many again the remarks: a step summary holds a mebibyte.
const MAX_PART: usize = 400 * 1024;

/// The report.
#[derive(Debug)]
pub struct Markdown<W> {
    out: W,
    strict: bool,
    show_secrets: bool,
}

impl<W: Write> Markdown<W> {
    /// Writes to `out`.
    pub fn new(out: W, strict: bool, show_secrets: bool) -> Self {
        Self { out, strict, show_secrets }
    }

    /// Each failure and error: one line, and all that is known of it but its messages when it is unfolded.
    fn failures(&self, executions: &[Execution], out: &mut String) {
        let is_news = |e: &&Execution| matches!(Outcome::of(e, self.strict), Outcome::Failed | Outcome::Errored);
        let groups = group(executions.iter().filter(is_news));
        if groups.is_empty() {
            return;
        }
        let _ = writeln!(out, "\n### Failures and errors\n");
        let telling = Telling { paint: Paint::PLAIN, show_secrets: self.show_secrets, messages: false };
        let until = out.len().saturating_add(MAX_PART);
        for (i, group) in groups.iter().enumerate() {
            if out.len() >= until {
                let _ = writeln!(out, "And {} more; the other reports have all.", count(groups.len() - i, "block"));
                return;
            }
            let Some(e) = group.shown() else { continue };
            let title = format!("{} <code>{}</code> at {}", e.verdict, html(&e.id), version_list(group.versions()));
            let _ = writeln!(out, "<details><summary>{title}: <code>{}</code></summary>\n", html(&short(&headline(e))));
            out.push_str(&fenced(&block(group, telling)));
            let _ = writeln!(out, "\n</details>\n");
        }
    }
}

/// A heading that says it all, who was judged, and the numbers.
fn head(record: &Record, strict: bool, out: &mut String) {
    let executions = &record.executions;
    let n = |outcome| executions.iter().filter(|e| Outcome::of(e, strict) == outcome).count();
    let (failed, errors) = (n(Outcome::Failed), n(Outcome::Errored));
    let mut result = vec![format!("{} passed", n(Outcome::Passed))];
    result.extend((failed > 0).then(|| format!("{failed} failed")));
    result.extend((errors > 0).then(|| count(errors, "error")));
    result.extend(record.finished.broken.is_some().then(|| "cut short".to_owned()));
    let mark = if failed + errors > 0 || record.finished.broken.is_some() { "❌" } else { "✅" };
    let _ = writeln!(out, "## {mark} kmipspec: {}\n", result.join(", "));
    if let Some(run) = &record.started {
        let target = &run.target;
        let mut about = vec![format!("**{}**", escaped(&target.address))];
        about.extend(target.vendor.as_deref().map(escaped));
        about.extend(target.tls.as_deref().map(escaped));
        about.push(target.encoding.told().to_owned());
        about.push(format!("{} in {}", count(executions.len(), "execution"), duration(record.finished.duration)));
        let _ = writeln!(out, "{}\n", about.join(" · "));
    }
    for line in record.finished.broken.iter().chain(&record.finished.stale).chain(&record.finished.unexpected) {
        let _ = writeln!(out, "- {}", escaped(line));
    }
}

/// Names to the left, numbers to the right.
fn table(table: &Table, out: &mut String) {
    let row = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| escaped(cell)).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let _ = write!(out, "\n{}|:--|{}\n", row(&table.heading), "--:|".repeat(table.heading.len().saturating_sub(1)));
    for cells in &table.rows {
        out.push_str(&row(cells));
    }
}

/// What is worth a line, but does not count; folded.
fn remarks(executions: &[Execution], strict: bool, out: &mut String) {
    let told = |e: &&Execution| {
        Outcome::of(e, strict) == Outcome::Aside && !matches!(e.verdict, Verdict::Skip | Verdict::Disabled)
            || is_known_failure(e)
    };
    let groups: Vec<Group<'_>> = group(executions.iter().filter(told));
    if !groups.is_empty() {
        let _ = writeln!(out, "\n<details><summary>{}</summary>\n", count(groups.len(), "remark"));
        let _ = writeln!(out, "| | case | at | |\n|:--|:--|:--|:--|");
        let until = out.len().saturating_add(MAX_PART);
        for (i, group) in groups.iter().enumerate() {
            if out.len() >= until {
                let _ = writeln!(out, "| | {} more | | |", groups.len() - i);
                break;
            }
            let Some(e) = group.shown() else { continue };
            let (versions, why) = (version_list(group.versions()), escaped(&short(&headline(e))));
            let _ = writeln!(out, "| {} | {} | {versions} | {why} |", e.verdict, escaped(&e.id));
        }
        let _ = writeln!(out, "\n</details>");
    }
    let reasons = not_run(executions);
    if !reasons.is_empty() {
        let _ = writeln!(out, "\n<details><summary>Not run</summary>\n\n| | runs | why |\n|:--|--:|:--|");
        for (verdict, reason, n) in reasons.iter().take(200) {
            let _ = writeln!(out, "| {verdict} | {n} | {} |", escaped(&short(reason)));
        }
        let _ = writeln!(out, "\n</details>");
    }
}

/// The first 300 characters.
fn short(text: &str) -> String {
    match text.char_indices().nth(300) {
        Some((end, _)) => format!("{} …", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Safe in HTML.
fn html(text: &str) -> String {
    printable(text, false).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Safe in a line of Markdown and in a cell of a table: no markup, no HTML, no links that make themselves, no mentions.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in printable(text, false).chars() {
        if "\\`*_[]<>|~&#@$!:".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    // `www.` makes a link without a colon.
    out.replace("www.", "www\\.").replace("WWW.", "WWW\\.")
}

/// Lines as they are, in a fence longer than any among them.
fn fenced(lines: &[String]) -> String {
    let text = lines.join("\n");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.saturating_add(1).max(3));
    format!("{fence}text\n{}\n{fence}\n", printable(&text, true))
}

impl<W: Write> Report for Markdown<W> {
    fn write(&mut self, record: &Record) -> io::Result<()> {
        let mut out = String::new();
        head(record, self.strict, &mut out);
        if !record.executions.is_empty() {
            table(&Table::of(&record.executions, "suite", |e| &e.suite), &mut out);
            table(&Table::of(&record.executions, "version", |e| e.version.as_str()), &mut out);
        }
        if !record.profiles.is_empty() {
            let _ = writeln!(out, "\n### Profiles\n");
            for judged in &record.profiles {
                let _ = writeln!(out, "- {}", escaped(&judged.line()));
            }
        }
        self.failures(&record.executions, &mut out);
        remarks(&record.executions, self.strict, &mut out);
        if let Some(look) = &record.tls {
            let _ = writeln!(out, "\n### TLS\n");
            for (_, line) in tls_summary::lines(look) {
                let _ = writeln!(out, "- {}", escaped(&line));
            }
        }
        self.out.write_all(out.as_bytes())?;
        self.out.flush()
    }
}
