//! Every case of the suite as a conversation with the bundled server, written and played again to another one.

use super::super::conversation::{Conversation, Said};
use super::{SUITE, text};
use crate::client::https::Shape;
use crate::runner::event::Fate;
use crate::runner::verdict::Verdict;
use crate::scenario::judge::Outcome;
use crate::scenario::library::{self, Library};
use crate::scenario::lint;
use crate::scenario::plan::{Plan, Request, Step};
use crate::scenario::vars::Vars;
use kmipspec_protocol::registry::{CredentialType, Operation, tag};
use kmipspec_protocol::ttlv::{Doc, Item, Limits, Pad};
use kmipspec_protocol::version::Version;
use kmipspec_reference_server::Config;
use kmipspec_reference_server::clock::MovableClock;
use kmipspec_reference_server::in_process::{Caller, InProcess};
use kmipspec_reference_server::random::SameRsaKeys;
use std::sync::Arc;

/// When it is.
const NOW: i64 = 1_700_000_000;

/// A server that makes up other things than one with another seed.
fn server(seed: u64) -> InProcess {
    let config = Config {
        random: Arc::new(SameRsaKeys::seeded(seed)),
        clock: Arc::new(MovableClock::frozen_at(NOW)),
        ..Config::default()
    };
    InProcess::new(config).expect("a server")
}

/// What alice is told, on one connection.
fn ask(server: &InProcess, request: &[u8]) -> Option<Vec<u8>> {
    server.answer(request, Caller { connection: 1, name: Some("alice") }).map(|replied| replied.bytes)
}

/// Whether a conversation of one client on one connection can hold it.
fn is_plain(step: &Step) -> bool {
    !matches!(step.request, Request::Receive(_))
        && step.identity == "alice"
        && step.repeat == 1
        && step.wait.is_zero()
        && !step.close_write
        && step.connection == crate::scenario::file::Connection::Default
        && step.http == Shape::default()
}

/// Plays a case: what was said, and every step with what is to be said against it.
fn play(plan: &Plan, server: &InProcess) -> Option<(Vec<Said>, Vec<String>)> {
    let mut vars = Vars::new("run", &plan.id, plan.version, NOW);
    let (mut all, mut wrong) = (Vec::new(), Vec::new());
    for step in &plan.steps {
        let request = step.request(&mut vars).ok()?;
        let answer = ask(server, &request)?;
        let doc = Doc::lenient(&answer, &Limits::default());
        let found = step.judge(&Outcome { fate: &Fate::Answered, response: Some(&doc) }, &mut vars);
        let bad = found.iter().filter(|f| !matches!(f.verdict, Verdict::Pass | Verdict::Info));
        wrong.extend(bad.map(|f| format!("{}: {} {}, found {}", step.name, f.path, f.expected, f.actual)));
        all.push(Said::by_client(request, answer, NOW));
    }
    Some((all, wrong))
}

fn conversation(said: Vec<Said>) -> Conversation {
    let mut conversation = Conversation::new(1, "here:1".to_owned(), None, "alice".to_owned());
    said.into_iter().for_each(|said| conversation.keep(said));
    conversation
}

/// The plan of a written conversation, which has to be sound.
fn read(written: &str) -> Plan {
    let scenario = library::read("observed/c.yaml", written.as_bytes()).unwrap_or_else(|e| panic!("{e:?}\n{written}"));
    assert_eq!(scenario.id, format!("{SUITE}.c"));
    let errors: Vec<String> = lint::scenario(&scenario).iter().map(ToString::to_string).collect();
    assert!(errors.is_empty(), "{}\n{written}", errors.join("\n"));
    let version = scenario.versions.iter().next().expect("one");
    scenario.plan(version).expect("it was checked")
}

#[test]
fn a_conversation_is_played_again_to_a_server_that_makes_up_other_things() {
    let library = Library::builtin();
    let (mut played, mut requests, mut raw, mut bad) = (0, 0, 0, Vec::new());
    for scenario in library.scenarios.iter().step_by(9) {
        let Some(version) = scenario.versions.iter().filter(|v| *v <= Version::V2_1).nth(scenario.id.len() % 3) else {
            continue;
        };
        let Ok(plan) = scenario.plan(version) else { continue };
        if !plan.steps.iter().all(is_plain) {
            continue;
        }
        let Some((said, wrong)) = play(&plan, &server(1)) else { continue };
        // What needs a server of another kind is no conversation.
        if !wrong.is_empty() {
            continue;
        }
        let whole = scenario.steps.iter().filter(|step| step.wire.is_empty()).count() == scenario.steps.len();
        requests += said.len();
        // What names no version at all cannot be a scenario of one.
        let Some(written) = text(&conversation(said), "here", "c", true) else { continue };
        raw += if whole { written.matches("    raw: ").count() } else { 0 };
        let again = read(&written);
        match play(&again, &server(2)) {
            Some((_, wrong)) if wrong.is_empty() => played += 1,
            Some((_, wrong)) => bad.push(format!("{} at {version}: {wrong:?}\n{written}", plan.id)),
            None => bad.push(format!("{} at {version} is not answered\n{written}", plan.id)),
        }
    }
    println!("{played} played, {requests} requests, {raw} written as bytes, {} bad", bad.len());
    assert!(bad.is_empty(), "{} of {}:\n{}", bad.len(), played + bad.len(), bad.join("\n"));
    assert!(played > 100, "{played}");
    assert!(raw * 20 < requests, "{raw} of {requests} sound requests are written as bytes");
}

fn message(authentication: Option<Item>, operation: Operation, payload: Vec<Item>) -> Vec<u8> {
    crate::runner::message::request(Version::V1_2, authentication.as_ref(), operation, payload)
}

fn answered(server: &InProcess, request: Vec<u8>) -> Said {
    let answer = ask(server, &request).expect("an answer");
    Said::by_client(request, answer, NOW)
}

#[test]
fn passwords_stay_out_of_the_file_unless_they_are_wanted() {
    let password = |kind: u32, value: Item| {
        let credential = vec![Item::enumeration(tag::CREDENTIAL_TYPE, kind), value.with_tag(tag::CREDENTIAL_VALUE)];
        Item::structure(tag::AUTHENTICATION, vec![Item::structure(tag::CREDENTIAL, credential)])
    };
    let secret = Item::structure(
        tag::CREDENTIAL_VALUE,
        vec![Item::text(tag::USERNAME, "carol"), Item::text(tag::PASSWORD, "open sesame")],
    );
    let server = server(1);
    let query = vec![Item::enumeration(tag::QUERY_FUNCTION, 1)];
    for kind in [CredentialType::USERNAME_AND_PASSWORD, CredentialType::DEVICE] {
        let request = message(Some(password(kind.0, secret.clone())), Operation::QUERY, query.clone());
        let talk = conversation(vec![answered(&server, request)]);
        let covered = text(&talk, "here", "c", false).expect("a version");
        let hidden = crate::report::text::hex(b"open sesame");
        assert!(!covered.contains("open sesame") && !covered.contains(&hidden), "{covered}");
        assert!(covered.contains("# User name and password") || covered.contains("# The values of 1 other password"));
        let shown = text(&talk, "here", "c", true).expect("a version");
        assert!(shown.contains("open sesame") && shown.contains("# Every secret"), "{shown}");
        read(&covered);
        read(&shown);
    }
}

#[test]
fn what_is_no_sound_message_is_written_as_its_bytes_with_its_identifiers_bound() {
    let first = server(1);
    let name = |value: &str| {
        let name = vec![Item::text(tag::NAME_VALUE, value), Item::enumeration(tag::NAME_TYPE, 1)];
        let attribute = vec![Item::text(tag::ATTRIBUTE_NAME, "Name"), Item::structure(tag::ATTRIBUTE_VALUE, name)];
        Item::structure(tag::ATTRIBUTE, attribute)
    };
    let number = |name: &str, value: Item| {
        let attribute = vec![Item::text(tag::ATTRIBUTE_NAME, name), value.with_tag(tag::ATTRIBUTE_VALUE)];
        Item::structure(tag::ATTRIBUTE, attribute)
    };
    let attributes = vec![
        name("a $key: \"of mine\""),
        number("Cryptographic Algorithm", Item::enumeration(tag::ATTRIBUTE_VALUE, 3)),
        number("Cryptographic Length", Item::integer(tag::ATTRIBUTE_VALUE, 128)),
        number("Cryptographic Usage Mask", Item::integer(tag::ATTRIBUTE_VALUE, 12)),
    ];
    let create = vec![Item::enumeration(tag::OBJECT_TYPE, 2), Item::structure(tag::TEMPLATE_ATTRIBUTE, attributes)];
    let created = answered(&first, message(None, Operation::CREATE, create));
    let doc = Doc::lenient(&created.answer, &Limits::default());
    let id = doc.items().find(|item| item.tag() == tag::UNIQUE_IDENTIFIER).and_then(|item| item.as_text());
    let mut id = Item::text(tag::UNIQUE_IDENTIFIER, id.expect("it was made"));
    id.pad = Pad::Forced(vec![1; 4]);
    let get = answered(&first, message(None, Operation::GET, vec![id]));
    let written = text(&conversation(vec![created, get]), "here", "c", false).expect("a version");
    assert!(written.contains("Name: \"${run}-a $$key: \\\"of mine\\\"\""), "{written}");
    assert!(written.contains("UniqueIdentifier: {bind: id-1}"), "{written}");
    assert!(written.contains(&format!("raw: \"{}", "42007801")), "{written}");
    assert!(written.contains(&crate::report::text::hex(b"$id-1")), "{written}");
    assert!(written.contains("needs: {features: [raw]}"), "{written}");
    let (_, wrong) = play(&read(&written), &server(2)).expect("answered");
    assert_eq!(wrong, Vec::<String>::new(), "{written}");
}

#[test]
fn a_conversation_without_a_version_is_none() {
    let said = Said::by_client(vec![0x42, 0, 0x78, 1, 0, 0, 0, 0], Vec::new(), 0);
    assert_eq!(text(&conversation(vec![said]), "here", "c", false), None);
}
