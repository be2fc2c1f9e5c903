//! One case of the page: what it demands, how it came out at each version, what was expected and came, and the messages.

use super::view::{class, word};
use crate::client::Encoding;
use crate::report::failure::{MessageView, fate, messages, step_name, texts_by_version};
use crate::report::group::{Group, group};
use crate::report::message;
use crate::report::text::{duration, printable, version_list};
use crate::runner::event::{Exchange, Execution, Fate, Finding};
use crate::runner::verdict::Verdict;
use std::collections::BTreeSet;

/// A case.
pub(super) struct Case {
    /// What links point to.
    pub(super) anchor: String,
    pub(super) id: String,
    pub(super) title: String,
    pub(super) level: &'static str,
    /// The worst verdict, and its class.
    pub(super) word: &'static str,
    pub(super) class: &'static str,
    /// All verdicts, rules and operations, with blanks between: what filters look at.
    pub(super) words: String,
    pub(super) rules: String,
    pub(super) operations: String,
    pub(super) versions: String,
    /// Whether it is shown unfolded, and whether its messages are.
    pub(super) open: bool,
    pub(super) unfolded: bool,
    pub(super) blocks: Vec<Block>,
}

/// Versions at which it came out the same way.
pub(super) struct Block {
    pub(super) word: &'static str,
    pub(super) class: &'static str,
    pub(super) versions: String,
    /// Labels and texts.
    pub(super) told: Vec<(&'static str, String)>,
    /// Of each finding: labels, classes and texts.
    pub(super) findings: Vec<Vec<(&'static str, &'static str, String)>>,
    /// What was sent and came, step by step.
    pub(super) steps: Vec<String>,
    pub(super) messages: Vec<MessageView>,
    /// That messages are left out, and where they are.
    pub(super) left_out: &'static str,
    pub(super) reproduce: String,
}

/// How to tell cases.
pub(super) struct Telling<'a> {
    /// TLS version and suite of the first connection.
    pub(super) tls: Option<&'a str>,
    pub(super) show_secrets: bool,
    /// Bytes that messages may still take, findings, and the steps of what passed.
    pub(super) messages: usize,
    pub(super) findings: usize,
    pub(super) steps: usize,
}

/// Said where something is left out.
const LEFT_OUT: &str = "Not all is told here, for size; --json has it.";

/// Whether there is room for something more; it takes what is in there.
fn has_room(room: &mut usize, size: usize) -> bool {
    let has = *room > 0;
    *room = room.saturating_sub(size);
    has
}

impl Case {
    /// From all executions of one case; none of nothing.
    pub(super) fn of(executions: &[&Execution], telling: &mut Telling<'_>) -> Option<Self> {
        let worst = executions.iter().max_by_key(|e| weight(e))?;
        let mut groups = group(executions.iter().copied());
        groups.sort_by_key(|group| std::cmp::Reverse(group.shown().map_or(0, weight)));
        let words: BTreeSet<&str> = executions.iter().map(|e| word(e)).collect();
        let rules: BTreeSet<&str> = executions.iter().flat_map(|e| &e.findings).map(|f| f.rule.as_str()).collect();
        let asked = executions.iter().flat_map(|e| &e.transcript).filter(|x| !x.asked_by_peer);
        let operations: BTreeSet<String> = asked.flat_map(|x| message::operations(&x.sent)).collect();
        let join = |words: Vec<&str>| printable(&words.join(" "), false);
        Some(Self {
            anchor: anchor(&worst.id),
            id: printable(&worst.id, false),
            title: printable(&worst.title, false),
            level: worst.level.as_str(),
            word: word(worst),
            class: class(worst),
            words: join(words.into_iter().collect()),
            rules: join(rules.into_iter().collect()),
            operations: join(operations.iter().map(String::as_str).collect()),
            versions: version_list(executions.iter().map(|e| e.version)),
            open: false,
            unfolded: false,
            blocks: groups.iter().filter_map(|group| Block::of(group, telling)).collect(),
        })
    }
}

impl Block {
    fn of(group: &Group<'_>, telling: &mut Telling<'_>) -> Option<Self> {
        let shown = group.shown()?;
        let mut told = Vec::new();
        if shown.findings.is_empty() {
            told.push(("section", group.spec(None)));
        }
        if let Some(expected) = &shown.expected {
            told.push(("claimed", format!("{} in {}: {}", expected.verdict, expected.place, expected.because)));
        }
        told.extend(shown.reason.as_ref().map(|reason| ("reason", reason.clone())));
        let passed = shown.verdict == Verdict::Pass;
        if !shown.transcript.is_empty() {
            told.push(("travelled", travelled(group, telling.tls.filter(|_| !passed))));
        }
        for (_, text) in &mut told {
            *text = printable(text, true);
        }
        let mut block = Self {
            word: word(shown),
            class: class(shown),
            versions: version_list(group.versions()),
            told,
            findings: shown.findings.iter().enumerate().map(|(i, f)| finding(group, shown, i, f)).collect(),
            steps: shown.transcript.iter().map(step).collect(),
            messages: Vec::new(),
            left_out: "",
            reproduce: printable(&shown.reproduce, false),
        };
        let steps: usize = block.steps.iter().map(|text| text.len().saturating_add(12)).sum();
        if passed && !has_room(&mut telling.steps, steps) {
            block.steps.clear();
            block.left_out = LEFT_OUT;
        }
        let told = block.findings.iter().flatten().map(|(_, _, text)| text.len().saturating_add(50));
        if !has_room(&mut telling.findings, told.fold(if passed { 0 } else { steps }, usize::saturating_add)) {
            block.be_brief();
        }
        if !passed && !shown.transcript.is_empty() {
            // What is not shown need not be drawn.
            block.messages = if telling.messages > 0 { messages(shown, telling.show_secrets) } else { Vec::new() };
            let size = block.messages.iter().map(MessageView::size).fold(0, usize::saturating_add);
            if !has_room(&mut telling.messages, size) {
                block.left_out = LEFT_OUT;
            }
        }
        Some(block)
    }

    /// Keeps of the findings what was expected and came, of the first.
    fn be_brief(&mut self) {
        self.findings.truncate(1);
        for finding in &mut self.findings {
            finding.retain(|(label, _, _)| ["rule", "expected", "actual"].contains(label));
            for (_, _, text) in finding {
                if let Some((end, _)) = text.char_indices().nth(200) {
                    text.truncate(end);
                    text.push_str(" …");
                }
            }
        }
        self.told.clear();
        self.steps.clear();
        self.left_out = LEFT_OUT;
    }
}

/// How bad it is, for order.
fn weight(e: &Execution) -> u8 {
    match e.verdict {
        Verdict::Fail | Verdict::Error if e.is_as_expected() => 5,
        Verdict::Fail => 8,
        Verdict::Error => 7,
        _ if e.expected.is_some() => 8,
        Verdict::NonStrict => 6,
        Verdict::Inconclusive => 4,
        Verdict::Info => 3,
        Verdict::Pass => 2,
        Verdict::Disabled => 1,
        Verdict::Skip => 0,
    }
}

/// `XML over HTTPS, TLS 1.3; took 12 ms`, the slowest of several.
fn travelled(group: &Group<'_>, tls: Option<&str>) -> String {
    let encodings: BTreeSet<&str> = group.executions().iter().map(|e| e.encoding).collect();
    let names: Vec<&str> =
        encodings.iter().map(|name| Encoding::from_name(name).map_or(*name, Encoding::told)).collect();
    let tls = tls.map(|tls| format!(", {tls}")).unwrap_or_default();
    let slowest = group.executions().iter().map(|e| e.duration).max().unwrap_or_default();
    let most = if group.executions().len() > 1 { "at most " } else { "" };
    format!("{}{tls}; took {most}{}", names.join(", "), duration(slowest))
}

/// What is known of a finding, with the texts of all versions where they differ.
fn finding(
    group: &Group<'_>,
    shown: &Execution,
    index: usize,
    finding: &Finding,
) -> Vec<(&'static str, &'static str, String)> {
    let mut out = Vec::new();
    // A rule of its own is named as the case is.
    if finding.rule != shown.id || finding.verdict != shown.verdict {
        out.push(("rule", "id", format!("{}  ({})", finding.rule, finding.verdict)));
    }
    if finding.statement != shown.title {
        out.push(("", "", finding.statement.clone()));
    }
    out.push(("section", "", group.spec(Some(index))));
    out.extend(finding.place.as_ref().map(|place| ("stated at", "", place.clone())));
    let offset = finding.offset.map(|offset| format!(", offset {offset} (0x{offset:x})")).unwrap_or_default();
    let step = finding.exchange.and_then(|i| shown.transcript.get(i));
    let step = step.map(|step| format!("  in {}", step_name(step))).unwrap_or_default();
    out.push(("item", "", format!("{}{offset}{step}", finding.path).trim().to_owned()));
    for (label, class, texts) in [
        ("expected", "exp", texts_by_version(group, index, |f| &f.expected)),
        ("actual", "act", texts_by_version(group, index, |f| &f.actual)),
    ] {
        out.push((label, class, texts.join("\n")));
    }
    out.retain(|(_, _, text)| !text.is_empty());
    for (_, _, text) in &mut out {
        *text = printable(text, true);
    }
    out
}

/// `create: Create → Success, 2 ms`; with the identity where it is not the usual one.
fn step(exchange: &Exchange) -> String {
    let (asked, told) = if exchange.asked_by_peer {
        (&exchange.received, &exchange.sent)
    } else {
        (&exchange.sent, &exchange.received)
    };
    let names = |names: Vec<String>| if names.is_empty() { "no batch item".to_owned() } else { names.join(", ") };
    let answer = if told.is_empty() { String::new() } else { format!("{}, ", names(message::results(told))) };
    let who = if exchange.asked_by_peer { "the server asks " } else { "" };
    let whose = match exchange.identity.as_str() {
        "alice" => String::new(),
        name => format!(", as {name}"),
    };
    let end = if exchange.fate == Fate::Answered { duration(exchange.duration) } else { fate(exchange) };
    let text = format!("{}{whose}: {who}{} → {answer}{end}", exchange.step, names(message::operations(asked)));
    printable(&text, false)
}

/// The id where it is plain; what is not is written by number, so that a link needs no escapes.
fn anchor(id: &str) -> String {
    let mut out = String::with_capacity(id.len());
    for c in id.chars() {
        if c.is_ascii_alphanumeric() || "._-".contains(c) {
            out.push(c);
        } else {
            out.push_str(&format!("_{:x}_", u32::from(c)));
        }
    }
    out
}
