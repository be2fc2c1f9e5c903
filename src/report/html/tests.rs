//! The page read back by a tokenizer of HTML that is not ours.

use super::{Html, SCRIPT, SCRIPT_HASH, STYLE};
use crate::report::fixture::{execution, run};
use crate::report::read_back::{HOSTILE, hostile, written};
use crate::runner::event::{Event, RunFinished};
use crate::runner::verdict::Verdict;
use base64::Engine;
use html5gum::{DefaultEmitter, Token, Tokenizer};
use kmipspec_protocol::version::Version;
use sha2::Digest;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

fn page(events: &[Event]) -> String {
    page_with(events, false)
}

fn page_with(events: &[Event], show_secrets: bool) -> String {
    let started = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    written(events, |out| Box::new(Html::new(out, started, false, show_secrets)))
}

/// What a browser makes of a page, short of drawing it.
#[derive(Debug, Default)]
pub(in crate::report) struct Read {
    /// Every element with its attributes.
    pub(in crate::report) elements: Vec<(String, BTreeMap<String, String>)>,
    /// Text outside style and script.
    pub(in crate::report) text: String,
    script: String,
    pub(in crate::report) faults: Vec<String>,
}

impl Read {
    pub(in crate::report) fn of(page: &str) -> Self {
        let (mut read, mut open): (Self, Vec<String>) = (Self::default(), Vec::new());
        let mut emitter = DefaultEmitter::default();
        emitter.naively_switch_states(true);
        let plain = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
        for token in Tokenizer::new_with_emitter(page, emitter).flatten() {
            match token {
                Token::StartTag(tag) => {
                    let name = plain(&tag.name);
                    let attributes = tag.attributes.iter().map(|(k, v)| (plain(k), plain(v))).collect();
                    if !["meta", "input", "br"].contains(&name.as_str()) {
                        open.push(name.clone());
                    }
                    read.elements.push((name, attributes));
                }
                Token::EndTag(tag) => {
                    let name = plain(&tag.name);
                    match open.pop() {
                        Some(last) if last == name => {}
                        other => read.faults.push(format!("{name} ends {other:?}")),
                    }
                }
                Token::String(text) => match open.last().map(String::as_str) {
                    Some("script") => read.script += &plain(&text),
                    Some("style") => {}
                    _ => read.text += &plain(&text),
                },
                Token::Comment(_) => read.faults.push("a comment".to_owned()),
                Token::Error(error) => read.faults.push(format!("{error:?}")),
                Token::Doctype(_) => {}
            }
        }
        read.faults.extend(open);
        read
    }

    /// Kinds of element, each with the names of its attributes.
    pub(in crate::report) fn kinds(&self) -> BTreeSet<(String, Vec<String>)> {
        self.elements.iter().map(|(name, a)| (name.clone(), a.keys().cloned().collect())).collect()
    }

    pub(in crate::report) fn all<'a>(&'a self, element: &str, attribute: &str) -> Vec<&'a str> {
        let of = self.elements.iter().filter(|(name, _)| element.is_empty() || name == element);
        of.filter_map(|(_, attributes)| attributes.get(attribute)).map(String::as_str).collect()
    }

    pub(in crate::report) fn count(&self, element: &str) -> usize {
        self.elements.iter().filter(|(name, _)| name == element).count()
    }
}

#[test]
fn a_page_tells_each_case() {
    let read = Read::of(&page(&run()));
    assert_eq!(read.faults, Vec::<String>::new());
    let tiles: Vec<&str> = read.all("a", "href").into_iter().filter(|href| *href != "#k-cases").collect();
    assert_eq!(tiles.len(), 12, "one for each case");
    let places = read.all("", "id");
    for tile in &tiles {
        assert!(places.contains(&tile.trim_start_matches('#')), "{tile} leads nowhere");
    }
    assert_eq!(places.iter().collect::<BTreeSet<_>>().len(), places.len(), "{places:?}");
    for part in [
        "Activate is refused for an object that is not Pre-Active.",
        "KMIP 1.0, 1.4, 2.1 §4.19, §11.20",
        "ResultStatus = OperationFailed",
        "ResultStatus = Success (0x00000000)",
        "kmipspec run operations.activate.already-active --version 2.1 --target kms.example:5696",
        "raw TTLV, TLS 1.3; took at most 12 ms",
        "vendor ticket 1182",
        "no case has the id `operations.gone`",
        "a reason for skip",
        "secrets are covered",
    ] {
        assert!(read.text.contains(part), "{part:?} is missing in\n{}", read.text);
    }
}

#[test]
fn the_bytes_that_prove_it_are_marked() {
    let page = page(&run());
    let at = page.find("<tr class=\"hit\">").expect("a marked row");
    let row = page.get(at..).and_then(|rest| rest.split("</tr>").next()).expect("a row");
    assert!(row.contains("00000010:") && row.contains("ResultStatus"), "offset 16: {row}");
}

#[test]
fn no_text_of_the_peer_is_markup() {
    let (sound, page) = (Read::of(&page(&run())), page(&hostile()));
    let read = Read::of(&page);
    assert_eq!(read.faults, Vec::<String>::new());
    let new: Vec<_> = read.kinds().difference(&sound.kinds()).cloned().collect();
    assert_eq!(new, [], "the peer made elements or attributes");
    assert_eq!(read.count("script"), 1);
    assert_eq!(read.script, SCRIPT);
    assert!(read.elements.iter().all(|(_, a)| a.keys().all(|name| !name.starts_with("on"))));
    assert!(read.text.contains("</script><img src=x onerror=alert(1)>"), "it is told, as text");
    let first = HOSTILE.lines().next().expect("a line");
    assert!(read.text.contains(first) && !page.contains('\u{1b}'));
}

#[test]
fn nothing_is_fetched_and_no_other_script_runs() {
    let page = page(&run());
    let read = Read::of(&page);
    for name in ["src", "srcset", "data", "action", "background", "poster"] {
        assert_eq!(read.all("", name), Vec::<&str>::new(), "{name}");
    }
    assert!(read.all("", "href").iter().all(|href| href.starts_with('#')));
    assert!(!STYLE.contains("url(") && !STYLE.contains("@import") && !STYLE.contains("</"));
    assert!(!SCRIPT.contains("</") && !SCRIPT.contains("<!--"));
    let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(SCRIPT));
    assert_eq!(SCRIPT_HASH, hash, "the hash of script.js is written in mod.rs");
    let policy =
        read.all("meta", "content").into_iter().find(|c| c.starts_with("default-src 'none'")).expect("a policy");
    assert!(policy.contains(&format!("script-src 'sha256-{hash}'")), "{policy}");
}

#[test]
fn passwords_are_shown_when_asked_for_alone() {
    for secret in ["hunter2", "68756E74"] {
        assert!(!page(&run()).replace(' ', "").contains(secret), "{secret}");
        assert!(page_with(&run(), true).replace(' ', "").contains(secret), "{secret}");
    }
}

#[test]
fn a_run_that_never_began_is_a_page_all_the_same() {
    let finished = RunFinished { broken: Some("kms:5696: connection refused".to_owned()), ..RunFinished::default() };
    let read = Read::of(&page(&[Event::RunFinished(finished)]));
    assert_eq!(read.faults, Vec::<String>::new());
    assert!(read.text.contains("no server: cut short") && read.text.contains("connection refused"), "{}", read.text);
}

/// As many cases as that, of which each `one_in`-th fails.
fn many(cases: usize, one_in: usize) -> Vec<Event> {
    let finished = Event::CaseFinished;
    let cases = (0..cases).map(|n| {
        let verdict = if n % one_in == 0 { Verdict::Fail } else { Verdict::Pass };
        let mut e = execution(&format!("operations.some-operation.a-case-with-a-name-{n}"), Version::V1_4, verdict);
        let step = e.transcript.first().cloned().expect("one");
        e.transcript = vec![step; 4];
        finished(Box::new(e))
    });
    cases.chain([Event::RunFinished(RunFinished::default())]).collect()
}

#[test]
fn three_thousand_results_weigh_less_than_five_megabytes() {
    for one_in in [10, 1] {
        let page = page(&many(3000, one_in));
        assert_eq!(page.matches("<details class=\"c\"").count(), 3000);
        assert!(page.len() < 5_000_000, "one in {one_in} fails: {} bytes", page.len());
        assert!(page.contains("Not all is told here"), "what does not fit is left out, and said so");
        assert!(page.contains("<div class=\"dump\""), "what fits is there");
    }
}
