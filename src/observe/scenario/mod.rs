//! A conversation as a scenario: `kmipspec run` replays it on any server, and fails where that one answers otherwise.
//!
//! A request is written with the names of the standard. That it is the same request is made sure of, by reading it back; where
//! it cannot be said so, it is written as its bytes. What the server made up and the client said again is bound to names: Unique
//! Identifiers, correlation values, tickets, nonces, data that was encrypted. Names of objects get `${run}` before them. A user
//! name and password are left out, since a replay has those of its own server; other passwords are covered unless told otherwise.
//! Key material is there: without it, a key could not be registered again.

mod check;
mod expect;
mod known;
mod request;
mod yaml;

#[cfg(test)]
mod tests;

use super::conversation::{Conversation, Said};
use super::judge::{Side, version_of};
use crate::client::{ALICE, ANONYMOUS, Encoding};
use crate::report::message::operations;
use crate::report::text::{count, hex, printable};
use crate::runner::event::Fate;
use check::{Checker, with_run};
use expect::Expected;
use kmipspec_protocol::registry::{CredentialType, tag};
use kmipspec_protocol::schema::{OPERATIONS, operation_named};
use kmipspec_protocol::ttlv::{Doc, Item, Value};
use kmipspec_protocol::version::Version;
use known::{Known, LIMITS, change_leaves};
use request::{Form, Parts, Writer};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use yaml::{Yaml, quoted};

/// The first part of the id of each, and the folder that they are in.
pub const SUITE: &str = "observed";

/// What stands in place of a password.
const COVERED: &str = "(covered)";

/// What was done with secrets, for the head of the file.
#[derive(Debug, Default)]
struct Secrets {
    left_out: usize,
    covered: usize,
    kept: usize,
}

/// The text of a scenario; `name` is the last part of its id. None where no request names a published version.
pub fn text(conversation: &Conversation, server: &str, name: &str, show_secrets: bool) -> Option<String> {
    let (steps, others): (Vec<&Said>, Vec<&Said>) = conversation.said.iter().partition(|said| can_be_asked(said));
    let version = version(&steps)?;
    let named: Vec<String> = steps.iter().flat_map(|said| operations(&said.request)).collect();
    let section = named.iter().find_map(|name| operation_named(name)?.section(version));
    let section = section.or_else(|| OPERATIONS.iter().find_map(|row| row.section(version))).unwrap_or("4");
    let mut known = Known::of(&steps);
    let mut scribe = Scribe {
        checker: Checker { version, section },
        identity: &conversation.identity,
        show_secrets,
        secrets: Secrets::default(),
        raw: 0,
    };
    let written: String = steps.iter().enumerate().map(|(place, said)| scribe.step(place, said, &mut known)).collect();
    let foreign: Vec<&str> = known.foreign().collect();
    let mut out = String::new();
    let mut line = |text: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{text}");
    };
    let client =
        conversation.client.as_deref().map_or_else(String::new, |name| format!(" ({})", printable(name, false)));
    line(&format!(
        "# Recorded by `kmipspec observe`: {} from {}{client} to {}.",
        count(conversation.requests(), "request"),
        conversation.from,
        printable(server, false)
    ));
    let notes = scribe.notes(conversation.left_out, &foreign);
    for note in notes.into_iter().chain(not_asked(&others)).chain(encoded(&steps)) {
        line(&format!("# {note}"));
    }
    line(&format!("id: {SUITE}.{name}"));
    line(&format!("title: {}", quoted(&title(&named))));
    line(&format!("spec: {{{}: {}}}", quoted(version.as_str()), quoted(section)));
    line("level: SHALL");
    line("because: \"so it was answered when it was recorded; the standard need not demand it\"");
    line(&format!("versions: {}", quoted(version.as_str())));
    if scribe.raw > 0 {
        line("needs: {features: [raw]}");
    }
    line("steps:");
    Some(out + &written)
}

/// The version of most requests.
fn version(said: &[&Said]) -> Option<Version> {
    let mut counts: BTreeMap<Version, usize> = BTreeMap::new();
    for version in said.iter().filter_map(|said| version_of(said)) {
        *counts.entry(version).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(version, _)| version)
}

/// Whether a scenario can ask so: as a client, and by HTTP only with what is a message.
fn can_be_asked(said: &Said) -> bool {
    said.asked_by == Side::Client
        && !said.request.is_empty()
        && (!said.encoding.is_http() || version_of(said).is_some())
}

/// What is not among the steps.
fn not_asked(others: &[&Said]) -> Vec<String> {
    let count_of = |which: fn(&Said) -> bool| others.iter().filter(|said| which(said)).count();
    let of_server = count_of(|said| said.asked_by == Side::Server && !said.request.is_empty());
    let answers = count_of(|said| said.request.is_empty() && said.http.is_none());
    let mut notes = Vec::new();
    if of_server > 0 {
        let what = count(of_server, "request");
        notes.push(format!("{what} of the server on this connection, with the client's answers, cannot be a step."));
    }
    if answers > 0 {
        notes.push(format!("{} to nothing that was asked cannot be a step.", count(answers, "answer")));
    }
    match others.len() - of_server - answers {
        0 => {}
        n => notes.push(format!("{} by HTTP that carried no KMIP message cannot be a step.", count(n, "request"))),
    }
    notes
}

/// How it was written, where that was not TTLV straight over TLS.
fn encoded(steps: &[&Said]) -> Vec<String> {
    let all = Encoding::ALL.into_iter().filter(|e| e.is_http() && steps.iter().any(|said| said.encoding == *e));
    all.map(|e| format!("Said by {}; --encoding {e} has a replay say it so.", e.told())).collect()
}

/// What was asked for, in a line.
fn title(operations: &[String]) -> String {
    let mut first: Vec<&str> = Vec::new();
    for operation in operations {
        if !first.contains(&operation.as_str()) {
            first.push(operation);
        }
    }
    let more = if first.len() > 8 { ", ..." } else { "" };
    first.truncate(8);
    format!("A conversation is answered as it was recorded: {}{more}", first.join(", "))
}

/// Writes steps.
#[derive(Debug)]
struct Scribe<'a> {
    checker: Checker<'a>,
    identity: &'a str,
    show_secrets: bool,
    secrets: Secrets,
    raw: usize,
}

impl Scribe<'_> {
    /// One exchange; what its answer gives is known from then on.
    fn step(&mut self, place: usize, said: &Said, known: &mut Known) -> String {
        let named = operations(&said.request).join(", ");
        let label = format!("{} {}", place + 1, if named.is_empty() { "bytes" } else { &named });
        let mut head = format!("  - name: {}\n", quoted(&label));
        if !matches!(self.identity, ALICE | ANONYMOUS) {
            let _ = writeln!(head, "    as: {}", quoted(self.identity));
        }
        let (request, sent) = self.request(&head, said, known);
        let step = head + &request;
        let answer = Doc::lenient(&said.answer, &LIMITS);
        let fate = match &said.fate {
            Fate::Answered => {
                let found = expect::expected(&answer, self.checker.version, place, known);
                for Expected { mut items, binds } in found.map(|found| alternatives(found, sent)).into_iter().flatten()
                {
                    if let Some(sent) = sent {
                        items.resize(sent, Yaml::Plain("absent".to_owned()));
                    }
                    let mut whole = format!("{step}    expect:\n");
                    for item in items {
                        let _ = writeln!(whole, "      - {item}");
                    }
                    if self.checker.is_sound(&whole, known) {
                        binds.into_iter().for_each(|(thing, name)| known.learn(thing, name));
                        return whole;
                    }
                }
                "[answered]"
            }
            Fate::Closed { .. } | Fate::Alert(_) | Fate::Failed(_) => "[closed, alert]",
            Fate::TimedOut { .. } => "[silent]",
            Fate::NotTtlv(_) => "[answered, closed, alert, silent]",
        };
        format!("{step}    optional: true\n    fate: {fate}\n")
    }

    /// What is sent, and how many batch items of it an answer has to have; none where they are bytes.
    fn request(&mut self, head: &str, said: &Said, known: &Known) -> (String, Option<usize>) {
        let doc = Doc::lenient(&said.request, &LIMITS);
        let mut items = Item::from_doc(&doc);
        if let [message] = items.as_mut_slice() {
            self.cover(message);
            if doc.diags().is_empty() {
                let wanted = with_run(message, known, &self.checker.run()).encode();
                for form in [Form::Common, Form::Verbatim] {
                    let writer = Writer { version: self.checker.version, form, known };
                    let Some(parts) = writer.message(message) else { continue };
                    let (text, count) = (sent(&parts), parts.send.len());
                    if self.checker.bytes(&format!("{head}{text}"), known, said.at).as_ref() == Some(&wanted) {
                        return (text, Some(count));
                    }
                }
            }
            change_leaves(message, &mut |item| Some(format!("${}", known.name_of(item)?).into_bytes()));
        }
        self.raw += 1;
        let mut bytes = Vec::new();
        items.iter().for_each(|item| item.encode_into(&mut bytes));
        (format!("    raw: {}\n", quoted(&hex(&bytes))), None)
    }

    /// Takes passwords out of a message: a user name and password as a whole, which a replay has of its own; of others the value.
    fn cover(&mut self, message: &mut Item) {
        if self.show_secrets {
            return;
        }
        let header = message.items_mut().and_then(|items| items.iter_mut().find(|i| i.tag == tag::REQUEST_HEADER));
        if let Some(fields) = header.and_then(Item::items_mut) {
            let before = fields.len();
            fields.retain(|field| field.tag != tag::AUTHENTICATION || !is_password(field));
            self.secrets.left_out += before - fields.len();
        }
        let covered = &mut self.secrets.covered;
        let kept = &mut self.secrets.kept;
        change_leaves(message, &mut |item| match item.tag {
            tag::PASSWORD | tag::ONE_TIME_PASSWORD | tag::HASHED_PASSWORD => {
                *covered += 1;
                Some(COVERED.into())
            }
            _ => {
                *kept += usize::from(item.tag == tag::KEY_MATERIAL || item.tag == tag::KEY_VALUE);
                None
            }
        });
    }

    /// What whoever gets the file has to know.
    fn notes(&self, too_much: usize, foreign: &[&str]) -> Vec<String> {
        let Secrets { left_out, covered, kept } = self.secrets;
        let mut notes = Vec::new();
        if self.show_secrets {
            notes.push("Every secret of the requests is in this file, as it was sent (--show-secrets).".to_owned());
        }
        if left_out > 0 {
            let what = count(left_out, "request");
            notes
                .push(format!("User name and password of {what} are left out: give those of the server (--username)."));
        }
        if covered > 0 {
            let what = count(covered, "other password");
            notes.push(format!(
                "The values of {what} are covered: write in what the server knows, or record with --show-secrets."
            ));
        }
        if kept > 0 {
            notes.push(
                "KEY MATERIAL of requests is in this file: a replay could not register the keys without it.".to_owned(),
            );
        }
        if !foreign.is_empty() {
            let shown: Vec<String> = foreign.iter().take(3).map(|id| printable(id, false)).collect();
            let more = if foreign.len() > shown.len() { ", ..." } else { "" };
            notes
                .push(format!("Identifiers that no answer gave before, here as they were: {}{more}", shown.join(", ")));
        }
        if too_much > 0 {
            notes.push(format!("{} more had no room.", count(too_much, "request")));
        }
        notes
    }
}

/// What is expected: all there is, or where that is not sound what every answer has. Of more batch items than were sent, the first.
fn alternatives(found: Expected, sent: Option<usize>) -> [Expected; 2] {
    let take = sent.unwrap_or(found.items.len());
    let items: Vec<Yaml> = found.items.into_iter().take(take).collect();
    let bare = items.iter().map(|item| match item {
        Yaml::Map(entries) => {
            let kept = entries.iter().filter(|(key, _)| !matches!(key.as_str(), "payload" | "item"));
            Yaml::Map(kept.cloned().collect())
        }
        other => other.clone(),
    });
    let bare = Expected { items: bare.collect(), binds: Vec::new() };
    [Expected { items, binds: found.binds }, bare]
}

/// The lines of a step that say what is sent.
fn sent(parts: &Parts) -> String {
    let mut text = String::new();
    if !parts.header.is_empty() {
        let _ = writeln!(text, "    header: {}", Yaml::Map(parts.header.clone()));
    }
    text.push_str("    send:\n");
    for item in &parts.send {
        match item {
            Yaml::Map(entries) => {
                for (place, (key, value)) in entries.iter().enumerate() {
                    let _ = writeln!(text, "      {} {key}: {value}", if place == 0 { "-" } else { " " });
                }
            }
            other => {
                let _ = writeln!(text, "      - {other}");
            }
        }
    }
    text
}

/// Whether all credentials of an Authentication are user names with passwords.
fn is_password(authentication: &Item) -> bool {
    let is = |credential: &Item| {
        let kind = credential.child(tag::CREDENTIAL_TYPE).and_then(Item::value);
        kind == Some(Value::Enumeration(CredentialType::USERNAME_AND_PASSWORD.0))
    };
    !authentication.items().is_empty() && authentication.items().iter().all(is)
}
