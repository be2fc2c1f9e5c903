//! Reports read back by readers that know nothing of what wrote them, also where the peer's texts are made to break them.

use super::Sink;
use super::breaches::Breaches;
use super::fixture::run;
use super::github::Annotations;
use super::markdown::Markdown;
use super::record::{Recorder, Report};
use super::style::Paint;
use super::tap::Tap;
use super::terminal::{Look, Terminal};
use crate::runner::event::{Event, RunFinished};
use pulldown_cmark::{Event as Mark, Options, Parser, Tag};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::rc::Rc;

/// What a server could answer to say something in our name.
pub(crate) const HOSTILE: &str = "x\n::error::forged\n##[error]forged\n1..2\nok 99 - forged\n  ...\nBail out! forged\n# forged\n\
    | a | b |\n```\n~~~\n</script><img src=x onerror=alert(1)></code></summary></details><b>\"' & &lt; `c` *b* _i_ ~~s~~\
    [l](http://evil.example) ![i](http://evil.example/i) <http://evil.example> www.evil.example @someone #1 \\# SKIP\u{1b}[2J";

/// The hand-made run, each text of the peer as above.
pub(crate) fn hostile() -> Vec<Event> {
    let mut events = run();
    for event in &mut events {
        match event {
            Event::RunStarted(run) => run.target.vendor = Some(HOSTILE.to_owned()),
            Event::CaseFinished(e) => {
                for finding in &mut e.findings {
                    finding.actual = HOSTILE.to_owned();
                    finding.path = HOSTILE.to_owned();
                }
                if e.reason.is_some() {
                    e.reason = Some(HOSTILE.to_owned());
                }
            }
            Event::Notice(text) => *text = HOSTILE.to_owned(),
            Event::RunFinished(run) => run.unexpected = vec![HOSTILE.to_owned()],
            Event::CaseStarted { .. } | Event::Profiles(_) | Event::Tls(_) => {}
        }
    }
    events
}

/// A place to write that can be looked into while others hold it.
#[derive(Clone, Default)]
pub(crate) struct Shared(Rc<RefCell<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shared {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.borrow().clone()).expect("text")
    }
}

/// What a report comes to for these events.
pub(crate) fn written(events: &[Event], report: impl FnOnce(Shared) -> Box<dyn Report>) -> String {
    let out = Shared::default();
    let mut recorder = Recorder::new(vec![report(out.clone())]);
    for event in events {
        recorder.event(event).expect("a vector takes all");
    }
    out.text()
}

fn tap(events: &[Event]) -> String {
    written(events, |out| Box::new(Tap::new(out, false)))
}

fn markdown(events: &[Event]) -> String {
    written(events, |out| Box::new(Markdown::new(out, false, false)))
}

/// A test point as a reader of TAP 14 sees it.
#[derive(Debug)]
struct Point {
    ok: bool,
    description: String,
    directive: Option<String>,
    told: BTreeMap<String, serde_json::Value>,
}

/// Reads TAP 14 by its grammar: version, plan, points with a YAML block each, perhaps the end of it all; nothing else is a line.
fn read_tap(text: &str) -> (Vec<Point>, Option<String>) {
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("TAP version 14"));
    let plan =
        lines.next().and_then(|line| line.strip_prefix("1..")).expect("a plan").parse::<usize>().expect("a number");
    let (mut points, mut bail): (Vec<Point>, _) = (Vec::new(), None);
    while let Some(line) = lines.next() {
        if let Some(why) = line.strip_prefix("Bail out!") {
            bail = Some(why.trim().to_owned());
            continue;
        }
        if line == "  ---" {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "  ...").collect();
            let point = points.last_mut().expect("a block follows its point");
            point.told = serde_saphyr::from_str(&block.join("\n")).expect("a block is YAML");
            continue;
        }
        let (ok, rest) = match line.strip_prefix("not ok ") {
            Some(rest) => (false, rest),
            None => (true, line.strip_prefix("ok ").unwrap_or_else(|| panic!("no line of TAP: {line:?}"))),
        };
        let (number, rest) = rest.split_once(" - ").expect("a description");
        assert_eq!(number.parse(), Ok(points.len() + 1), "numbers follow each other");
        let (mut description, mut directive, mut escape, mut in_directive) =
            (String::new(), String::new(), false, false);
        for c in rest.chars() {
            let part = if in_directive { &mut directive } else { &mut description };
            match c {
                '\\' if !escape => escape = true,
                '#' if !escape && !in_directive => in_directive = true,
                c => {
                    part.push(c);
                    escape = false;
                }
            }
        }
        let directive = in_directive.then(|| directive.trim().to_owned());
        points.push(Point { ok, description: description.trim().to_owned(), directive, told: BTreeMap::new() });
    }
    assert_eq!(points.len(), plan);
    (points, bail)
}

#[test]
fn tap_can_be_read_back() {
    let (points, bail) = read_tap(&tap(&run()));
    assert_eq!((points.len(), bail), (15, None), "14 executions and a stale entry");
    let n = |what: &dyn Fn(&Point) -> bool| points.iter().filter(|p| what(p)).count();
    let begins = |p: &Point, word: &str| p.directive.as_ref().is_some_and(|d| d.starts_with(word));
    assert_eq!(n(&|p| p.ok && p.directive.is_none()), 1, "one passed");
    assert_eq!(n(&|p| !p.ok && p.directive.is_none()), 8, "as JUnit: 7 failures and an error");
    assert_eq!(n(&|p| p.ok && begins(p, "SKIP ")), 4, "info, inconclusive, skip, disabled");
    assert_eq!(n(&|p| !p.ok && begins(p, "TODO ")), 2, "known, and a SHOULD");
    let failed =
        points.iter().find(|p| p.description == "operations.activate.already-active @1.4").expect("it is there");
    assert_eq!(failed.told["expected"], "ResultStatus = OperationFailed");
    assert_eq!(failed.told["at"], "vectors/scenarios/operations/activate/already-active.yaml:23");
    assert_eq!(failed.told["section"], serde_json::json!(["KMIP 1.4 §4.19"]));
}

#[test]
fn no_text_of_the_peer_is_a_line_of_tap() {
    let (points, bail) = read_tap(&tap(&hostile()));
    assert_eq!((points.len(), bail), (15, None));
    assert!(points.iter().all(|p| !p.description.contains("forged")), "{points:#?}");
    let skipped = points.iter().find(|p| p.description == "operations.verdict.skip @1.4").expect("it is there");
    assert!(skipped.ok && skipped.directive.as_ref().is_some_and(|d| d.contains("\\# SKIP")), "{skipped:?}");
}

#[test]
fn a_run_that_never_began_bails_out() {
    let finished = RunFinished { broken: Some("kms:5696: connection refused".to_owned()), ..RunFinished::default() };
    let events = [Event::RunFinished(finished)];
    let (points, bail) = read_tap(&tap(&events));
    assert_eq!((points.len(), bail.as_deref()), (0, Some("kms:5696: connection refused")));
    let text = markdown(&events);
    assert!(text.starts_with("## ❌ kmipspec: 0 passed, cut short\n") && text.contains("connection refused"), "{text}");
}

/// What a reader of GitHub's Markdown makes of a text.
#[derive(Debug, Default)]
struct Read {
    headings: usize,
    tables: usize,
    code: String,
    plain: String,
    tags: Vec<String>,
    links: usize,
    /// Whether a text holds what GitHub makes a link of: escapes end a text.
    by_itself: bool,
}

fn read_markdown(text: &str) -> Read {
    let mut read = Read::default();
    let (mut html, mut in_code) = (String::new(), false);
    for mark in
        Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_FOOTNOTES)
    {
        match mark {
            Mark::Start(Tag::Heading { .. }) => read.headings += 1,
            Mark::Start(Tag::Table(_)) => read.tables += 1,
            Mark::Start(Tag::CodeBlock(_)) => in_code = true,
            Mark::End(pulldown_cmark::TagEnd::CodeBlock) => in_code = false,
            Mark::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::Strikethrough | Tag::Emphasis) => read.links += 1,
            Mark::Html(part) | Mark::InlineHtml(part) => html += &part,
            Mark::Text(part) if in_code => read.code += &part,
            Mark::Text(part) | Mark::Code(part) => {
                read.by_itself |= part.contains("http://") || part.contains("www.");
                read.plain += &part;
            }
            _ => {}
        }
    }
    let tag = regex::Regex::new("<[^>]*>").expect("a pattern");
    read.tags = tag.find_iter(&html).map(|m| m.as_str().to_owned()).collect();
    read
}

#[test]
fn markdown_can_be_read_back() {
    let text = markdown(&run());
    let read = read_markdown(&text);
    assert!(text.starts_with("## ❌ kmipspec: 1 passed, 6 failed, 1 error\n"), "{text}");
    assert_eq!((read.headings, read.tables, read.links), (3, 4, 0), "{text}");
    assert!(read.code.contains("expected   ResultStatus = OperationFailed"), "{}", read.code);
    assert!(read.plain.contains("a reason for skip") && read.plain.contains("operations.verdict.non-strict"), "{text}");
    assert_eq!(
        read.tags.iter().filter(|t| *t == "<summary>").count(),
        7,
        "those but the last, remarks, not run: {text}"
    );
}

#[test]
fn no_text_of_the_peer_is_markup_of_the_summary() {
    let (kind, text) = (read_markdown(&markdown(&run())), markdown(&hostile()));
    let read = read_markdown(&text);
    assert_eq!((read.headings, read.tables, read.links), (kind.headings, kind.tables, 0), "{text}");
    let ours = ["<details>", "</details>", "<summary>", "</summary>", "<code>", "</code>"];
    assert!(read.tags.iter().all(|tag| ours.contains(&tag.as_str())), "{:?}", read.tags);
    assert!(!read.plain.contains("\u{1b}") && read.plain.contains("<img src=x"), "it is told, as text: {text}");
    assert!(!read.by_itself, "a link makes itself: {text}");
}

#[test]
fn a_summary_fits_into_a_step_of_github() {
    let mut events = run();
    let mut many = Vec::new();
    for event in &events {
        if let Event::CaseFinished(e) = event {
            for n in 0..150 {
                let mut e = e.clone();
                e.id = format!("{}-{n}", e.id);
                many.push(Event::CaseFinished(e));
            }
        }
    }
    let end = events.pop().expect("the end");
    events.extend(many);
    events.push(end);
    let text = markdown(&events);
    assert!(text.len() < 1 << 20, "{}", text.len());
    assert!(text.contains(" blocks more; the other reports have all."), "what is left out is said");
}

/// SARIF as a collector reads it: ids, levels and marks of its results, and what went wrong beside them. Each result has to name a rule.
fn read_sarif(text: &str) -> (Vec<(String, String, String)>, Vec<String>) {
    let all: serde_json::Value = serde_json::from_str(text).expect("JSON");
    assert_eq!(all["version"], "2.1.0");
    let run = &all["runs"][0];
    let texts = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    let list = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();
    let listed = list(&run["results"]);
    let results = listed.iter().map(|result| {
        let index = result["ruleIndex"].as_u64().and_then(|n| usize::try_from(n).ok()).expect("a number");
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
        assert!(result["message"]["text"].as_str().is_some_and(|text| !text.is_empty()));
        let mark = texts(&result["partialFingerprints"]["kmipspec/v1"]);
        (texts(&result["ruleId"]), texts(&result["level"]), mark)
    });
    let results = results.collect();
    let trouble = list(&run["invocations"][0]["toolExecutionNotifications"]);
    assert_eq!(run["invocations"][0]["executionSuccessful"], trouble.is_empty());
    (results, trouble.iter().map(|t| texts(&t["message"]["text"])).collect())
}

#[test]
fn sarif_can_be_read_back() {
    let text = written(&run(), |out| Box::new(Breaches::new(out, false)));
    let (results, trouble) = read_sarif(&text);
    let n = |level: &str| results.iter().filter(|(_, l, _)| l == level).count();
    assert_eq!((n("error"), n("warning"), n("note")), (4, 1, 1), "one for all versions, the mended one: {results:#?}");
    assert_eq!(trouble, ["operations.verdict.error @1.4: a reason for error"]);
    let mut marks: Vec<_> = results.iter().map(|(_, _, mark)| mark).collect();
    marks.sort();
    marks.dedup();
    assert_eq!(marks.len(), results.len(), "each is another breach: {results:#?}");
    let all: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let results = all["runs"][0]["results"].as_array().expect("results");
    let one = results.iter().find(|r| r["ruleId"] == "operations.activate.already-active").expect("it is there");
    let place = &one["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "vectors/scenarios/operations/activate/already-active.yaml");
    assert_eq!((&place["region"]["startLine"], &one["properties"]["versions"]), (&23.into(), &"1.0, 1.4, 2.1".into()));
    let strict = written(&run(), |out| Box::new(Breaches::new(out, true)));
    assert_eq!(read_sarif(&strict).0.iter().filter(|(_, level, _)| level == "error").count(), 5, "a SHOULD counts");
}

#[test]
fn texts_of_the_peer_stay_texts_in_sarif() {
    let text = written(&hostile(), |out| Box::new(Breaches::new(out, false)));
    let (results, trouble) = read_sarif(&text);
    assert_eq!((results.len(), trouble.len()), (6, 1));
    assert!(!text.contains('\u{1b}') && !text.contains("u001b"), "{text}");
}

/// Lines that a runner takes for commands: those it would act on, given the ones that stop it.
fn commands(text: &str) -> Vec<String> {
    let (mut acted, mut stopped) = (Vec::new(), None::<String>);
    for line in text.lines().map(str::trim_start) {
        let is_command = line.starts_with("::") || line.contains("##[");
        match &stopped {
            Some(token) if line == format!("::{token}::") => stopped = None,
            Some(_) => {}
            None if is_command => match line.strip_prefix("::stop-commands::") {
                Some(token) => stopped = Some(token.to_owned()),
                None => acted.push(line.to_owned()),
            },
            None => {}
        }
    }
    assert_eq!(stopped, None, "commands are taken up again");
    acted
}

fn annotated(events: &[Event]) -> String {
    let out = Shared::default();
    let look = Look { paint: Paint::PLAIN, progress: false, quiet: false, show_secrets: false, strict: false };
    let mut sink = Annotations::new(Terminal::new(out.clone(), out.clone(), look), out.clone(), false);
    for event in events {
        sink.event(event).expect("a vector takes all");
    }
    out.text()
}

#[test]
fn failures_are_annotations_where_github_reads_along() {
    let acted = commands(&annotated(&run()));
    assert_eq!(
        acted.len(),
        6,
        "one fault at three versions, two more, an error, what was mended, what is stale: {acted:#?}"
    );
    let first = acted.iter().find(|line| line.contains("already-active.yaml")).expect("it is there");
    let file = "::error file=vectors/scenarios/operations/activate/already-active.yaml,line=23,title=";
    assert!(first.starts_with(file), "{first}");
    assert!(
        acted.iter().any(|l| l.contains("title=operations.activate.already-active at 1.0%2C 1.4%2C 2.1::")),
        "{acted:#?}"
    );
}

#[test]
fn no_text_of_the_peer_commands_github() {
    let acted = commands(&annotated(&hostile()));
    assert_eq!(acted.len(), commands(&annotated(&run())).len(), "{acted:#?}");
    assert!(acted.iter().all(|line| line.starts_with("::error ")), "{acted:#?}");
    let again = commands(&annotated(&hostile()));
    assert_eq!(again, acted, "tokens differ, what is told does not");
}
