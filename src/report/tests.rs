//! Each sink, fed the same hand-made run, against its snapshot; JUnit and JSON are read back with other readers.

use super::fixture::run;
use super::json::{self, Json};
use super::junit::Junit;
use super::style::Paint;
use super::terminal::{Look, Terminal};
use super::{Sink, failure, group};
use crate::client::Encoding;
use crate::runner::event::{Event, RunFinished};
use crate::scenario::library;
use std::time::{Duration, SystemTime};

fn feed(sink: &mut dyn Sink) {
    for event in run() {
        sink.event(&event).expect("a vector takes all");
    }
}

fn terminal(color: bool, quiet: bool, show_secrets: bool) -> (String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let look = Look { paint: Paint { color }, progress: false, quiet, show_secrets, strict: false };
    feed(&mut Terminal::new(&mut out, &mut err, look));
    (String::from_utf8(out).expect("text"), String::from_utf8(err).expect("text"))
}

fn started() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

fn junit() -> String {
    let mut out = Vec::new();
    feed(&mut Junit::new(&mut out, started(), false, false));
    String::from_utf8(out).expect("text")
}

fn json() -> String {
    let mut out = Vec::new();
    feed(&mut Json::new(&mut out, started(), false, false));
    String::from_utf8(out).expect("text")
}

#[test]
fn terminal_without_colour() {
    let (out, err) = terminal(false, false, false);
    insta::assert_snapshot!("terminal", out);
    assert_eq!(err, "kmipspec: the server closed an idle connection\n");
    assert!(!out.contains('\u{1b}'), "no escape gets through");
}

#[test]
fn terminal_colour_changes_nothing_but_colour() {
    let (plain, _) = terminal(false, false, false);
    let (colored, _) = terminal(true, false, false);
    assert_ne!(plain, colored);
    let escapes = regex::Regex::new("\u{1b}\\[[0-9;]*m").expect("a pattern");
    let stripped: Vec<_> = escapes.replace_all(&colored, "").lines().map(|l| l.trim_end().to_owned()).collect();
    assert_eq!(stripped, plain.lines().map(|l| l.trim_end().to_owned()).collect::<Vec<_>>());
}

#[test]
fn what_went_over_https_says_so() {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let look =
        Look { paint: Paint { color: false }, progress: false, quiet: false, show_secrets: false, strict: false };
    let (mut terminal, mut cases) = (Terminal::new(&mut out, &mut err, look), Vec::new());
    let mut junit = Junit::new(&mut cases, started(), false, false);
    for mut event in run() {
        match &mut event {
            Event::RunStarted(run) => run.target.encoding = Encoding::Json,
            Event::CaseFinished(execution) => execution.encoding = Encoding::Json.name(),
            _ => {}
        }
        terminal.event(&event).expect("a vector takes all");
        junit.event(&event).expect("a vector takes all");
    }
    drop((terminal, junit));
    let (out, cases) = (String::from_utf8(out).expect("text"), String::from_utf8(cases).expect("text"));
    assert!(out.contains("TLS 1.3  JSON over HTTPS\n"), "{out}");
    assert!(out.contains("sent as    JSON over HTTPS; bytes are shown as TTLV\n"), "{out}");
    assert!(cases.contains("operations.known @1.4 json"), "{cases}");
}

#[test]
fn quiet_keeps_failures_and_the_total() {
    let (out, _) = terminal(false, true, false);
    assert!(out.contains("FAIL       operations.activate.already-active"), "{out}");
    assert!(out.contains("executions in 2.34 s"), "{out}");
    assert!(!out.contains("suite"), "{out}");
}

#[test]
fn a_run_that_never_began_is_one_line_and_one_error() {
    let finished = RunFinished { broken: Some("kms:5696: connection refused".to_owned()), ..RunFinished::default() };
    let event = Event::RunFinished(finished);
    let (mut out, mut err, mut xml) = (Vec::new(), Vec::new(), Vec::new());
    let look = Look { paint: Paint::PLAIN, progress: false, quiet: false, show_secrets: false, strict: false };
    Terminal::new(&mut out, &mut err, look).event(&event).expect("a vector takes all");
    assert_eq!(String::from_utf8_lossy(&out), "ERROR  kms:5696: connection refused\n");
    Junit::new(&mut xml, started(), false, false).event(&event).expect("a vector takes all");
    let xml = String::from_utf8(xml).expect("text");
    assert!(xml.contains("errors=\"1\"") && xml.contains("connection refused"), "{xml}");
}

#[test]
fn a_step_without_a_name_is_not_called_step_twice() {
    use crate::runner::verdict::Verdict;
    let mut e = super::fixture::execution("a.b", kmipspec_protocol::version::Version::V1_4, Verdict::Fail);
    for exchange in &mut e.transcript {
        exchange.step = "step 2".to_owned();
    }
    let telling = failure::Telling { paint: Paint::PLAIN, show_secrets: false, messages: true };
    let block = failure::block(group::group([&e]).first().expect("one"), telling).join("\n");
    assert!(block.contains("  in step 2\n") && block.contains(", step 2, as alice"), "{block}");
}

#[test]
fn nothing_is_drawn_of_an_answer_that_never_came() {
    use crate::runner::{event::Fate, verdict::Verdict};
    let mut e = super::fixture::execution("a.b", kmipspec_protocol::version::Version::V1_4, Verdict::Fail);
    for exchange in &mut e.transcript {
        exchange.received.clear();
        exchange.fate = Fate::TimedOut { after: 0 };
    }
    let telling = failure::Telling { paint: Paint::PLAIN, show_secrets: false, messages: true };
    let block = failure::block(group::group([&e]).first().expect("one"), telling);
    assert!(block.iter().any(|l| l.contains("  in step activate-again")), "{block:#?}");
    let at = block.iter().position(|l| l.contains("response   no bytes, nothing more within")).expect("it is said");
    assert_eq!(block.get(at + 1).map(String::as_str), Some(""), "{block:#?}");
}

#[test]
fn secrets_show_when_asked() {
    let secret = "hunter2";
    assert!(!terminal(false, false, false).0.contains(secret));
    assert!(terminal(false, false, true).0.contains(secret));
}

#[test]
fn one_fault_at_many_versions_is_one_block() {
    let executions: Vec<_> = run()
        .into_iter()
        .filter_map(|e| match e {
            Event::CaseFinished(e) => Some(*e),
            Event::RunStarted(_)
            | Event::CaseStarted { .. }
            | Event::Notice(_)
            | Event::Profiles(_)
            | Event::Tls(_)
            | Event::RunFinished(_) => None,
        })
        .collect();
    let groups = group::group(executions.iter().filter(|e| e.id.ends_with("already-active")));
    assert_eq!(groups.len(), 1);
    let telling = failure::Telling { paint: Paint::PLAIN, show_secrets: false, messages: false };
    let block = failure::block(groups.first().expect("one"), telling);
    assert!(block.first().is_some_and(|l| l.ends_with("at 1.0, 1.4, 2.1")), "{block:?}");
}

#[test]
fn junit_matches_its_snapshot() {
    insta::assert_snapshot!("junit", junit().replace("><", ">\n<"));
}

#[test]
fn junit_can_be_read_back() {
    use quick_xml::events::Event as Xml;
    let text = junit();
    let mut reader = quick_xml::Reader::from_str(&text);
    reader.config_mut().check_end_names = true;
    let mut seen = std::collections::BTreeMap::<String, usize>::new();
    let mut names = Vec::new();
    let mut told = String::new();
    loop {
        match reader.read_event().expect("well-formed XML") {
            Xml::Eof => break,
            Xml::Start(e) | Xml::Empty(e) => {
                let name = e.name().as_ref().to_owned();
                if name == "testcase" {
                    let attribute = e.try_get_attribute("name").expect("attributes").expect("a name");
                    names.push(attribute.value.into_owned());
                }
                *seen.entry(name).or_default() += 1;
            }
            Xml::CData(c) => told += &c,
            _ => {}
        }
    }
    // 8 verdicts, 3 + 1 further failures, 1 known, 1 mended; and the stale entry.
    assert_eq!(seen.get("testcase"), Some(&15));
    assert_eq!(seen.get("failure"), Some(&7), "3 + 1 + hostile + mended + stale");
    assert_eq!(seen.get("error"), Some(&1));
    assert_eq!(seen.get("skipped"), Some(&6), "non-strict, info, inconclusive, skip, disabled, known");
    assert!(names.iter().any(|n| n == "operations.activate.already-active @1.4"), "{names:?}");
    assert!(told.contains("expected   ResultStatus = OperationFailed"), "{told}");
}

#[test]
fn json_matches_its_snapshot() {
    let version = concat!("\"kmipspec\": \"", env!("CARGO_PKG_VERSION"), "\"");
    let json = json().replace(version, "\"kmipspec\": \"[version]\"").replace(library::case_set(), "[case set]");
    insta::assert_snapshot!("json", json);
}

#[test]
fn json_has_what_programs_rely_on() {
    let value: serde_json::Value = serde_json::from_str(&json()).expect("JSON");
    assert_eq!(value["target"]["address"], "kms.example:5696");
    let results = value["results"].as_array().expect("an array");
    assert_eq!(results.len(), 14);
    for result in results {
        for key in ["id", "version", "encoding", "level", "verdict", "findings", "transcript"] {
            assert!(result.get(key).is_some(), "{key} is missing in {result}");
        }
        assert!(!result["transcript"].to_string().contains("68756e74657232"), "the password is covered");
    }
}

#[test]
fn the_published_schemas_are_current() {
    for (kind, schema) in [
        ("results", json::schema()),
        ("diff", super::diff::schema()),
        ("matrix", super::matrix::schema()),
        ("measure", super::measure::schema()),
        ("observed", super::observed::schema()),
        ("manifest", crate::evidence::manifest::schema()),
    ] {
        let path = format!("{}/vectors/schema/{kind}.schema.json", env!("CARGO_MANIFEST_DIR"));
        let published = std::fs::read_to_string(path).expect("the schema is published");
        assert!(published == schema, "stale: cargo run -- schema {kind} > vectors/schema/{kind}.schema.json");
    }
}
