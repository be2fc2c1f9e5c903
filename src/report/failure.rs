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
    for (label, texts) in [
        ("expected", texts_by_version(group, index, |f| &f.expected)),
        ("actual", texts_by_version(group, index, |f| &f.actual)),
    ] {
        for (i, text) in texts.iter().enumerate() {
            out.field(if i == 0 { label } else { "" }, text);
        }
    }
}

/// What finding `index` says at each version where it differs. Identifiers the peer made up differ from version to version; three are
/// enough to see that.
pub fn texts_by_version<'a>(group: &Group<'a>, index: usize, what: impl Fn(&'a Finding) -> &'a str) -> Vec<String> {
    let texts = group.texts(index, what);
    if let [(text, _)] = texts.as_slice() {
        return vec![(*text).to_owned()];
    }
    let shown = texts.iter().take(3);
    let told = shown.map(|(text, versions)| format!("{text}   (at {})", version_list(versions.iter().copied())));
    let more = texts.len().saturating_sub(3);
    told.chain((more > 0).then(|| format!("and {more} more, one at each further version"))).collect()
}

/// The exchanges the findings point to, each once; the last one where they point to none.
fn tell_messages(out: &mut Lines, shown: &Execution, how: Telling) {
    for pair in messages_of(shown).chunk_by(|a, b| a.exchange == b.exchange) {
        out.empty();
        for message in pair {
            tell_message(out, message, shown.version, how.show_secrets);
        }
        out.empty();
    }
}

/// A message worth showing.
struct Message<'a> {
    /// Index of its exchange.
    exchange: usize,
    /// `request` or `response`.
    label: &'static str,
    bytes: &'a [u8],
    about: String,
    /// Offsets of what findings are about.
    marked: Vec<usize>,
}

/// Those messages of an execution that its findings are about, request and response; those of the last exchange where they name none.
fn messages_of(shown: &Execution) -> Vec<Message<'_>> {
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
    let mut messages = Vec::new();
    for index in wanted {
        let Some(exchange) = shown.transcript.get(index) else { continue };
        let of_this = |f: &&Finding| f.exchange == Some(index);
        let marked: Vec<usize> = shown.findings.iter().filter(of_this).filter_map(|f| f.offset).collect();
        let about = format!("{}, as {}", step_name(exchange), exchange.identity);
        let (request, response) = if exchange.asked_by_peer {
            let about = format!("{about}: what the server told at our listener");
            ((&exchange.received, about, marked), (&exchange.sent, "our answer".to_owned(), Vec::new()))
        } else {
            ((&exchange.sent, about, Vec::new()), (&exchange.received, fate(exchange), marked))
        };
        for (label, (bytes, about, marked)) in [("request", request), ("response", response)] {
            messages.push(Message { exchange: index, label, bytes, about, marked });
        }
    }
    messages
}

/// A message for other ways to show it than lines of text.
#[derive(Debug)]
pub struct MessageView {
    /// `response, 120 bytes, answered after 2 ms`.
    pub title: String,
    /// Its lines.
    pub rows: Vec<message::Row>,
}

impl MessageView {
    /// Bytes of text it takes, or little more.
    pub fn size(&self) -> usize {
        self.rows.iter().map(|row| row.bytes.len().saturating_add(row.words.len()).saturating_add(45)).sum()
    }
}

/// The messages that the findings of an execution are about.
pub fn messages(shown: &Execution, show_secrets: bool) -> Vec<MessageView> {
    let view = |message: Message<'_>| {
        let (bytes, title) = message.uncovered(show_secrets);
        let mut rows = message::rows(&bytes, shown.version, &message.marked, show_secrets);
        for row in &mut rows {
            row.words = printable(&row.words, false);
        }
        MessageView { title: printable(&format!("{}: {title}", message.label), false), rows }
    };
    messages_of(shown).into_iter().map(view).collect()
}

impl Message<'_> {
    /// Its bytes, with secrets or without, and a line about them.
    fn uncovered(&self, show_secrets: bool) -> (Vec<u8>, String) {
        let (bytes, hidden) = if show_secrets { (self.bytes.to_vec(), false) } else { message::covered(self.bytes) };
        let note = if hidden { "; secrets are covered, --show-secrets shows them" } else { "" };
        let size = if bytes.is_empty() { "no bytes".to_owned() } else { format!("{} bytes", bytes.len()) };
        let about = format!("{size}, {}{note}", self.about);
        (bytes, about)
    }
}

fn tell_message(out: &mut Lines, told: &Message<'_>, version: Version, show_secrets: bool) {
    let (bytes, about) = told.uncovered(show_secrets);
    out.field(told.label, &about);
    // That nothing came has been said.
    if bytes.is_empty() {
        return;
    }
    for line in message::lines(&bytes, version, &told.marked, show_secrets) {
        out.lines.push(printable(&line, false).trim_end().to_owned());
    }
}

/// `step read`; a step without a name has its number for one: `step 2`.
pub fn step_name(exchange: &Exchange) -> String {
    if exchange.step.starts_with("step ") { exchange.step.clone() } else { format!("step {}", exchange.step) }
}

/// How the exchange ended, for people.
pub fn fate(exchange: &Exchange) -> String {
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
