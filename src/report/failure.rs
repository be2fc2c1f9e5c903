//! A failure, told so that nothing has to be looked up: rule, place, expectation, observation, bytes, how to see it again.

use super::group::Group;
use super::message;
use super::style::Paint;
use super::text::{duration, printable, version_list};
use crate::client::Encoding;
use crate::runner::event::{Exchange, Execution, Fate, Finding};
use crate::runner::verdict::Verdict;
use kmipspec_protocol::version::Version;

/// How to tell it.
#[derive(Clone, Copy, Debug)]
pub struct Telling {
    /// Colours.
    pub paint: Paint,
    /// Passwords and key material as they are.
    pub show_secrets: bool,
    /// Messages as tree and hex.
    pub messages: bool,
}

/// Width of the column of labels.
const LABEL: usize = 11;

/// Lines being made.
struct Lines {
    paint: Paint,
    lines: Vec<String>,
}

impl Lines {
    /// `  label     text`, further lines of the text below it.
    fn field(&mut self, label: &str, text: &str) {
        let mut label = label;
        for line in printable(text, true).lines() {
            let head = self.paint.dim(&format!("  {label:<LABEL$}"));
            self.lines.push(format!("{head}{line}").trim_end().to_owned());
            label = "";
        }
    }

    fn empty(&mut self) {
        self.lines.push(String::new());
    }
}

/// The block of one group, without an empty line around it.
pub fn block(group: &Group<'_>, how: Telling) -> Vec<String> {
    let Some(shown) = group.shown() else { return Vec::new() };
    let mut out = Lines { paint: how.paint, lines: Vec::new() };
    let word = how.paint.verdict(shown.verdict, &format!("{:<9}", word(shown)));
    let id = how.paint.bold(&printable(&shown.id, false));
    out.lines.push(format!("{word}  {id}   {}   at {}", shown.level, version_list(group.versions())));
    out.field("", &shown.title);
    if shown.findings.is_empty() {
        out.field("section", &group.spec(None));
    }
    if let Some(expected) = &shown.expected
        && !shown.is_as_expected()
    {
        out.field("claimed", &format!("{} in {}: {}", expected.verdict, expected.place, expected.because));
    }
    if let Some(reason) = &shown.reason {
        out.field("reason", reason);
    }
    // Bytes below, and offsets in them, are those of the TTLV that was written so, or read from it.
    if let Some(encoding) = Encoding::from_name(shown.encoding).filter(|e| e.is_http()) {
        out.field("sent as", &format!("{}; bytes are shown as TTLV", encoding.told()));
    }
    for (index, finding) in shown.findings.iter().enumerate() {
        if index > 0 {
            out.empty();
        }
        tell_finding(&mut out, group, shown, index, finding);
    }
    if how.messages && shown.verdict != Verdict::Pass {
        tell_messages(&mut out, shown, how);
    }
    if !shown.reproduce.is_empty() {
        out.field("reproduce", &shown.reproduce);
    }
    out.lines
}

/// First word of a block.
fn word(e: &Execution) -> String {
    match &e.expected {
        Some(_) if e.verdict == Verdict::Pass => "PASSES".to_owned(),
        _ => e.verdict.as_str().to_uppercase(),
    }
}

fn tell_finding(out: &mut Lines, group: &Group<'_>, shown: &Execution, index: usize, finding: &Finding) {
    let mut rule = finding.rule.clone();
    if finding.verdict != shown.verdict {
        rule = format!("{rule}  ({})", finding.verdict);
    }
    out.field("rule", &rule);
    if finding.statement != shown.title {
        out.field("", &finding.statement);
    }
    out.field("section", &group.spec(Some(index)));
    if let Some(place) = &finding.place {
        out.field("stated at", place);
    }
    let mut item = finding.path.clone();
    if let Some(offset) = finding.offset {
        item = format!("{item}, offset {offset} (0x{offset:x})");
    }
    if let Some(step) = finding.exchange.and_then(|i| shown.transcript.get(i)) {
        item = format!("{item}  in {}", step_name(step));
    }
    out.field("item", item.trim());
    for (label, texts) in
        [("expected", group.texts(index, |f| &f.expected)), ("actual", group.texts(index, |f| &f.actual))]
    {
        // Identifiers the peer made up differ from version to version; three are enough to see that.
        let one = texts.len() == 1;
        for (i, (text, versions)) in texts.iter().enumerate().take(3) {
            let label = if i == 0 { label } else { "" };
            if one {
                out.field(label, text);
            } else {
                out.field(label, &format!("{text}   (at {})", version_list(versions.iter().copied())));
            }
        }
        if texts.len() > 3 {
            out.field("", &format!("and {} more, one at each further version", texts.len() - 3));
        }
    }
}

/// The exchanges the findings point to, each once; the last one where they point to none.
fn tell_messages(out: &mut Lines, shown: &Execution, how: Telling) {
    let mut wanted: Vec<usize> = Vec::new();
    for exchange in shown.findings.iter().filter_map(|f| f.exchange) {
        if !wanted.contains(&exchange) {
            wanted.push(exchange);
        }
    }
    if wanted.is_empty()
        && let Some(last) = shown.transcript.len().checked_sub(1)
    {
        wanted.push(last);
    }
    for index in wanted {
        let Some(exchange) = shown.transcript.get(index) else { continue };
        let of_this = |f: &&Finding| f.exchange == Some(index);
        let marked: Vec<usize> = shown.findings.iter().filter(of_this).filter_map(|f| f.offset).collect();
        out.empty();
        let about = format!("{}, as {}", step_name(exchange), exchange.identity);
        let told = Told { version: shown.version, show_secrets: how.show_secrets };
        if exchange.asked_by_peer {
            let about = format!("{about}: what the server told at our listener");
            tell_message(out, "request", &exchange.received, &about, &marked, told);
            tell_message(out, "response", &exchange.sent, "our answer", &[], told);
        } else {
            tell_message(out, "request", &exchange.sent, &about, &[], told);
            tell_message(out, "response", &exchange.received, &fate(exchange), &marked, told);
        }
        out.empty();
    }
}

/// What a message is shown with.
#[derive(Clone, Copy)]
struct Told {
    version: Version,
    show_secrets: bool,
}

fn tell_message(out: &mut Lines, label: &str, bytes: &[u8], about: &str, marked: &[usize], told: Told) {
    let (bytes, hidden) = if told.show_secrets { (bytes.to_vec(), false) } else { message::covered(bytes) };
    let note = if hidden { "; secrets are covered, --show-secrets shows them" } else { "" };
    let size = if bytes.is_empty() { "no bytes".to_owned() } else { format!("{} bytes", bytes.len()) };
    out.field(label, &format!("{size}, {about}{note}"));
    // That nothing came has been said.
    if bytes.is_empty() {
        return;
    }
    for line in message::lines(&bytes, told.version, marked, told.show_secrets) {
        out.lines.push(printable(&line, false).trim_end().to_owned());
    }
}

/// `step read`; a step without a name has its number for one: `step 2`.
fn step_name(exchange: &Exchange) -> String {
    if exchange.step.starts_with("step ") { exchange.step.clone() } else { format!("step {}", exchange.step) }
}

/// How the exchange ended, for people.
fn fate(exchange: &Exchange) -> String {
    let after = duration(exchange.duration);
    match &exchange.fate {
        Fate::Answered => format!("answered after {after}"),
        Fate::Closed { after: bytes } => format!("the peer closed the connection after {bytes} bytes of an answer"),
        Fate::Alert(alert) => format!("the peer sent a TLS alert: {alert}"),
        Fate::TimedOut { after: bytes } => format!("nothing more within {after}, after {bytes} bytes of an answer"),
        Fate::NotTtlv(why) => format!("not a TTLV message: {why}"),
        Fate::Failed(why) => format!("the connection failed: {why}"),
    }
}
