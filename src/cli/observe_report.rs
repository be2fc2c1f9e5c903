//! How `observe` tells what it sees: a line for each kind of breach when it is first seen, a line that moves, a summary, JSON,
//! and a scenario for each conversation.

use super::dispatch::failed;
use super::fuzz_report::span;
use super::output::Stdout;
use super::welcome::Welcome;
use crate::client::Encoding;
use crate::exit::Exit;
use crate::observe::{Breach, Conversation, Results, Said, Side, Witness, judge, scenario, version_of};
use crate::profiles::catalogue::Catalogue;
use crate::profiles::client::Asked;
use crate::report::Sink;
use crate::report::json::Json;
use crate::report::message::covered;
use crate::report::observed::{FORMAT, Observed, OneBreach, OneConversation, OneTrouble, Sighting};
use crate::report::profiles::OneProfile;
use crate::report::secrets::Covered;
use crate::report::style::Paint;
use crate::report::text::{count, hex, printable};
use crate::runner::event::Fate;
use crate::runner::verdict::Verdict;
use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// Kinds of breach that are kept; more are counted with none of them.
const KINDS: usize = 1000;
/// Letters of a value in a line.
const SHOWN: usize = 80;
/// Different troubles that are told.
const TROUBLES: usize = 50;
/// Bytes of messages that are kept with breaches.
const MESSAGES: usize = 256 << 20;
/// Time between two looks of the line that moves.
const STEP: Duration = Duration::from_millis(100);

/// How lines look, and where they go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    /// Colour.
    pub(super) paint: Paint,
    /// Standard output has something else.
    pub(super) to_stderr: bool,
    /// Whether there is a line that moves.
    pub(super) moving: bool,
}

/// Sees what passes, and tells it.
pub(super) struct Teller {
    server: String,
    folder: Option<PathBuf>,
    show_secrets: bool,
    paint: Paint,
    moving: bool,
    began: Instant,
    catalogue: Catalogue,
    state: Mutex<State>,
}

struct State {
    out: Box<dyn Write + Send>,
    breaches: Vec<Kind>,
    results: Results,
    not_kept: usize,
    troubles: Vec<(String, usize)>,
    troubles_not_kept: usize,
    kept: usize,
    conversations: Vec<OneConversation>,
    asked: Asked,
    exchanges: usize,
    answered: usize,
    of_server: usize,
    unjudged: usize,
    written: usize,
    next: usize,
    broken: Option<Exit>,
    shown: Option<Instant>,
}

/// Breaches that are alike: the first of them, and what was seen of it.
struct Kind {
    first: Breach,
    seen: Sighting,
}

impl fmt::Debug for Teller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Teller").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Teller {
    /// About this server; scenarios go to a folder, and lines to standard output unless that has something else.
    pub(super) fn new(
        server: &str,
        folder: Option<&Path>,
        show_secrets: bool,
        look: Look,
        catalogue: Catalogue,
    ) -> Self {
        let Look { paint, to_stderr, moving } = look;
        let out: Box<dyn Write + Send> = if to_stderr { Box::new(io::stderr()) } else { Box::new(Stdout::new()) };
        let state = State {
            out,
            breaches: Vec::new(),
            results: Results::default(),
            not_kept: 0,
            troubles: Vec::new(),
            troubles_not_kept: 0,
            kept: 0,
            conversations: Vec::new(),
            asked: Asked::default(),
            exchanges: 0,
            answered: 0,
            of_server: 0,
            unjudged: 0,
            written: 0,
            next: 1,
            broken: None,
            shown: None,
        };
        Self {
            server: server.to_owned(),
            folder: folder.map(Path::to_owned),
            show_secrets,
            paint,
            moving,
            began: Instant::now(),
            catalogue,
            state: Mutex::new(state),
        }
    }

    /// Where clients find us, and what they need.
    pub(super) fn welcome(&self, welcome: &Welcome) {
        let server = if self.server == "bundled" { "the bundled server answers" } else { &self.server };
        let mut state = self.state();
        state.say(&format!("listening at {}, {server}; Ctrl-C ends it. A client may use", welcome.address));
        for (what, path) in welcome.files() {
            state.say(&format!("  {what:<12}{}", path.display()));
        }
    }

    /// The summary; how it ended.
    pub(super) fn finish(&self) -> Exit {
        let mut state = self.state();
        let state = &mut *state;
        state.say(&format!(
            "{}, {} in {}",
            count(state.conversations.len(), "conversation"),
            count(state.exchanges, "exchange"),
            span(self.began.elapsed())
        ));
        let mut lines = Vec::new();
        for side in [Side::Client, Side::Server] {
            let of: Vec<&Kind> = state.breaches.iter().filter(|kind| kind.first.side == side).collect();
            let fails: Vec<&&Kind> = of.iter().filter(|kind| kind.first.verdict == Verdict::Fail).collect();
            let times: usize = fails.iter().map(|kind| kind.seen.times).sum();
            let lighter = of.len() - fails.len();
            let lighter = match lighter {
                0 => String::new(),
                n => format!(", {n} less than that (see --json)"),
            };
            let told = match fails.len() {
                0 => "no breach".to_owned(),
                n => {
                    let times = if times == 1 { "once".to_owned() } else { format!("{times} times") };
                    self.paint.verdict(Verdict::Fail, &format!("{}, seen {times}", breaches(n)))
                }
            };
            lines.push(format!("  {:<8}{told}{lighter}", side.name()));
        }
        if state.not_kept > 0 {
            lines.push(format!("  {} more of further kinds had no room", state.not_kept));
        }
        if state.of_server > 0 {
            lines.push(format!("  {} of the server on a client's connection", count(state.of_server, "request")));
        }
        if state.unjudged > 0 {
            lines.push(format!(
                "  {} without a message of a published version: nothing can be said of them",
                count(state.unjudged, "exchange")
            ));
        }
        let troubles = state.troubles.iter().map(|(_, times)| times).sum::<usize>() + state.troubles_not_kept;
        if troubles > 0 {
            lines.push(format!("  {} beside that (see --json)", count(troubles, "trouble")));
        }
        if let (Some(folder), 1..) = (&self.folder, state.written) {
            let folder = folder.display();
            lines.push(format!(
                "  {} in {folder}; again: kmipspec run {} --scenarios {folder} --target …",
                count(state.written, "scenario"),
                scenario::SUITE
            ));
        }
        let profiles = state.asked.shown(&self.catalogue);
        if !profiles.is_empty() {
            lines.push("  profiles of clients, by what was sent so far".to_owned());
            lines.extend(profiles.iter().map(|one| format!("    {}", printable(&one.line(), false))));
        }
        lines.iter().for_each(|line| state.say(line));
        let mut exit = state.broken.unwrap_or(Exit::Success);
        if state.breaches.iter().any(|kind| kind.first.verdict == Verdict::Fail) {
            exit = exit.and(Exit::CheckFailed);
        }
        if state.answered == 0 {
            eprintln!("kmipspec: no request was answered: there was no conversation to judge");
            exit = exit.and(Exit::CouldNotFindOut);
        }
        exit
    }

    /// All of it for programs.
    pub(super) fn json(&self, listen: &str, began: SystemTime) -> String {
        let state = &mut *self.state();
        let trouble = |(why, times): &(String, usize)| OneTrouble { why: why.clone(), times: *times };
        let observed = Observed {
            format: FORMAT,
            kmipspec: env!("CARGO_PKG_VERSION").to_owned(),
            started: jiff::Timestamp::try_from(began).map(|t| t.to_string()).unwrap_or_default(),
            listen: listen.to_owned(),
            server: self.server.clone(),
            seconds: self.began.elapsed().as_secs_f64(),
            exchanges: state.exchanges,
            answered: state.answered,
            of_server: state.of_server,
            not_judged: state.unjudged,
            not_kept: state.not_kept,
            conversations: std::mem::take(&mut state.conversations),
            breaches: state.breaches.iter().map(|kind| OneBreach::of(&kind.first, &kind.seen)).collect(),
            troubles: state.troubles.iter().map(trouble).collect(),
            troubles_not_kept: state.troubles_not_kept,
            profiles: state.asked.judge(&self.catalogue).iter().map(OneProfile::of).collect(),
        };
        observed.text()
    }

    /// Writes what came of each operation, as a run does.
    pub(super) fn results(&self, file: Box<dyn Write>, began: SystemTime, show_secrets: bool) -> io::Result<()> {
        let (results, profiles) = {
            let mut state = self.state();
            (std::mem::take(&mut state.results), state.asked.shown(&self.catalogue))
        };
        let json: Box<dyn Sink> = Box::new(Json::new(file, began, false, show_secrets));
        let mut sink: Box<dyn Sink> = if show_secrets { json } else { Box::new(Covered::new(vec![json])) };
        let events = results.events(&self.server, self.began.elapsed(), profiles);
        events.iter().try_for_each(|event| sink.event(event))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One line about a breach.
    fn line(&self, breach: &Breach) -> String {
        let Breach { side, operations, rule, spec, path, expected, actual, .. } = breach;
        let operations = if operations.is_empty() { "?".to_owned() } else { operations.join(",") };
        let short = |text: &str| {
            let safe = printable(text, false);
            if safe.chars().count() > SHOWN { safe.chars().take(SHOWN).chain("…".chars()).collect() } else { safe }
        };
        let side = self.paint.verdict(Verdict::Fail, &format!("{:<6}", side.name()));
        let section = spec.first().map_or("", String::as_str);
        format!(
            "{side}  {:<18}  {rule:<28}  {section:<16}  {}: {}, found {}",
            short(&operations),
            short(path),
            short(expected),
            short(actual)
        )
    }

    /// Writes the scenario of a conversation; its name.
    fn write(&self, conversation: &Conversation, state: &mut State) -> Option<String> {
        let folder = self.folder.as_ref()?.join(scenario::SUITE);
        if conversation.said.is_empty() {
            return None;
        }
        // What an earlier recording left stays.
        let (file, name) = loop {
            let name = format!("conversation-{}", state.next);
            let path = folder.join(format!("{name}.yaml"));
            if !path.exists() {
                break (path, name);
            }
            state.next += 1;
        };
        let Some(text) = scenario::text(conversation, &self.server, &name, self.show_secrets) else {
            state.trouble(&format!(
                "conversation {}: no request names a published version: it is not written",
                conversation.number
            ));
            return None;
        };
        state.next += 1;
        let written = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&file, text));
        if let Err(e) = written {
            state.clear();
            state.broken.get_or_insert_with(|| failed(&format!("write {}", file.display()), &e));
            return None;
        }
        state.written += 1;
        Some(format!("{}/{name}.yaml", scenario::SUITE))
    }
}

impl State {
    fn clear(&mut self) {
        if self.shown.take().is_some() {
            eprint!("\r\u{1b}[2K");
            let _ = io::stderr().flush();
        }
    }

    fn say(&mut self, line: &str) {
        self.clear();
        // A closed pipe is no error, and anything else shows in the JSON.
        let _ = writeln!(self.out, "{line}").and_then(|()| self.out.flush());
    }

    /// Told once; the same again is counted.
    fn trouble(&mut self, why: &str) {
        let why = printable(why, false);
        if let Some((_, times)) = self.troubles.iter_mut().find(|(there, _)| *there == why) {
            *times += 1;
        } else if self.troubles.len() < TROUBLES {
            self.clear();
            eprintln!("kmipspec: {why}");
            self.troubles.push((why, 1));
        } else {
            self.troubles_not_kept += 1;
        }
    }
}

impl Witness for Teller {
    fn began(&self, _: &Conversation) {}

    fn said(&self, conversation: &Conversation, said: &Said) {
        let found = judge(said, self.show_secrets);
        let mut state = self.state();
        let state = &mut *state;
        state.exchanges += 1;
        state.answered += usize::from(said.fate == Fate::Answered);
        state.of_server += usize::from(said.asked_by == Side::Server && !said.request.is_empty());
        state.unjudged += usize::from(found.is_none());
        let wrong = found.as_deref().unwrap_or_default();
        state.results.note(said, wrong, &conversation.identity);
        // What the client did not say rightly shows nothing of what it can.
        let faulty = wrong.iter().any(|b| b.side == Side::Client && b.verdict == Verdict::Fail);
        if let (Some(version), Side::Client, false) = (version_of(said), said.asked_by, faulty) {
            let answer = (said.fate == Fate::Answered).then_some(said.answer.as_slice());
            state.asked.note(conversation.number, version, said.encoding.name(), &said.request, answer);
        }
        for breach in found.into_iter().flatten() {
            if let Some(kind) = state.breaches.iter_mut().find(|kind| kind.first.is_like(&breach)) {
                kind.seen.times += 1;
                continue;
            }
            if state.breaches.len() >= KINDS {
                state.not_kept += 1;
                continue;
            }
            if breach.verdict == Verdict::Fail {
                let line = self.line(&breach);
                state.say(&line);
            }
            let kept = state.kept.saturating_add(said.request.len()).saturating_add(said.answer.len());
            let has_room = kept <= MESSAGES;
            if has_room {
                state.kept = kept;
            }
            let shown = |bytes: &[u8]| match (has_room, self.show_secrets) {
                (false, _) => String::new(),
                (true, true) => hex(bytes),
                (true, false) => hex(&covered(bytes).0),
            };
            let seen = Sighting {
                conversation: conversation.number,
                request: shown(&said.request),
                answer: shown(&said.answer),
                times: 1,
            };
            state.breaches.push(Kind { first: breach, seen });
        }
        if self.moving && state.shown.is_none_or(|shown| shown.elapsed() > STEP) {
            let fails = state.breaches.iter().filter(|kind| kind.first.verdict == Verdict::Fail).count();
            let elapsed = span(Duration::from_secs(self.began.elapsed().as_secs()));
            let exchanges = count(state.exchanges, "exchange");
            eprint!("\r\u{1b}[2K{elapsed}  conversation {}  {exchanges}  {}", conversation.number, breaches(fails));
            let _ = io::stderr().flush();
            state.shown = Some(Instant::now());
        }
    }

    fn trouble(&self, conversation: Option<&Conversation>, why: &str) {
        let mut state = self.state();
        match conversation {
            Some(conversation) => state.trouble(&format!("conversation {}: {why}", conversation.number)),
            None => state.trouble(why),
        }
    }

    fn ended(&self, conversation: Conversation) {
        let mut state = self.state();
        let scenario = self.write(&conversation, &mut state);
        let spoken = |encoding: &Encoding| conversation.said.iter().any(|said| said.encoding == *encoding);
        let encodings = Encoding::ALL.into_iter().filter(spoken).collect::<Vec<_>>().into_iter();
        state.asked.ended(conversation.number);
        state.conversations.push(OneConversation {
            number: conversation.number,
            requests: conversation.requests(),
            from: conversation.from,
            client: conversation.client.as_deref().map(|name| printable(name, false)),
            identity: conversation.identity,
            encodings: encodings.map(|encoding| encoding.name().to_owned()).collect(),
            scenario,
        });
    }
}

/// `1 breach`, `2 breaches`.
fn breaches(n: usize) -> String {
    if n == 1 { "1 breach".to_owned() } else { format!("{n} breaches") }
}
