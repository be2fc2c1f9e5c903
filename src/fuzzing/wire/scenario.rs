//! A finding as an ordinary scenario: `kmipspec run` replays it on any server, and fails where the fault is.

use super::cleanup::version_of;
use super::confirm::Found;
use super::judge::CLOSED;
use super::requests::{LIMITS, is_honest};
use crate::client::ANONYMOUS;
use crate::fuzzing::oracle::Oracle;
use crate::fuzzing::script::{HELD, Script, Step};
use crate::report::text::hex;
use kmipspec_protocol::registry::{Operation, ResultStatus, tag, tag_row};
use kmipspec_protocol::schema::{OPERATIONS, operation_row};
use kmipspec_protocol::ttlv::{Body, Doc, Item, ItemRef, ItemType, Len, Tag};
use kmipspec_protocol::version::Version;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Where answers have what later steps name, in the order that references count.
const IDENTIFIERS: [Tag; 3] =
    [tag::UNIQUE_IDENTIFIER, tag::PRIVATE_KEY_UNIQUE_IDENTIFIER, tag::PUBLIC_KEY_UNIQUE_IDENTIFIER];
const HANDLES: [Tag; 4] =
    [tag::ASYNCHRONOUS_CORRELATION_VALUE, tag::CORRELATION_VALUE, tag::TICKET_VALUE, tag::NONCE_VALUE];

/// What an answer is asked for: a field of the payload of a batch item, under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Binding {
    item: usize,
    field: &'static str,
    name: String,
}

/// Whether a scenario can say it: a connection that is left alone it cannot.
pub(super) fn can_say(script: &Script) -> bool {
    script.steps.iter().all(|step| step.connection != HELD)
}

/// The text of a scenario; `name` is the last part of its id.
pub(super) fn text(found: &Found, name: &str, talkers: &[String]) -> String {
    let judged = found.played.steps.iter().find(|step| step.step == found.step);
    let version = judged.and_then(|step| version_of(&Doc::lenient(&step.request, &LIMITS))).unwrap_or(Version::V1_2);
    let operation = judged.and_then(|step| super::requests::operations(&step.request).first().copied());
    let section = operation.and_then(|o| operation_row(o.0)).and_then(|row| row.section(version));
    let section = section.or_else(|| OPERATIONS.iter().find_map(|row| row.section(version))).unwrap_or("4");
    let finding = &found.finding;
    let about = format!("{}: {} {}", finding.oracle.id(), finding.operation, finding.place);
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(out, "# Found by `kmipspec fuzz`. {}", one_line(&finding.detail));
    let _ = writeln!(out, "id: fuzz.{name}");
    let _ = writeln!(out, "title: {}", quoted(&title(finding.oracle, &finding.operation, &finding.place)));
    let _ = writeln!(out, "spec: {{{}: {}}}", quoted(version.as_str()), quoted(section));
    let _ = writeln!(out, "level: SHALL");
    let _ = writeln!(out, "because: {}", quoted(&about));
    let _ = writeln!(out, "versions: {}", quoted(version.as_str()));
    let _ = writeln!(out, "needs: {{features: [raw]}}");
    let _ = writeln!(out, "steps:");
    let mut bindings: BTreeMap<usize, Vec<Binding>> = BTreeMap::new();
    let mut bodies = Vec::new();
    for (place, step) in found.script.steps.iter().enumerate() {
        if !step.bytes.is_empty() {
            bodies.push((place, step, with_names(step, found, &mut bindings)));
        }
    }
    for (place, step, bytes) in bodies {
        let who = match step.identity {
            0 | 1 => talkers.get(usize::from(step.identity)).or(talkers.first()).map_or(ANONYMOUS, String::as_str),
            _ => ANONYMOUS,
        };
        let _ = writeln!(out, "  - name: step {place}");
        let _ = writeln!(out, "    as: {}", quoted(who));
        if step.connection != 0 {
            let _ = writeln!(out, "    connection: c{}", step.connection);
        }
        let _ = writeln!(out, "    raw: {}", quoted(&hex(&bytes)));
        if !is_honest(&bytes) {
            let _ = writeln!(out, "    close-write: true");
        }
        let bound = bindings.get(&place).map_or(&[][..], Vec::as_slice);
        if place == found.step {
            out.push_str(&expected(found, place));
        } else if bound.is_empty() {
            let _ = writeln!(out, "    optional: true");
            let _ = writeln!(out, "    fate: [answered, closed, alert]");
        } else {
            let _ = writeln!(out, "    setup: true");
            let _ = writeln!(out, "    expect: [{}]", binding(bound));
        }
    }
    out
}

/// What is demanded, in a sentence.
fn title(oracle: Oracle, operation: &str, place: &str) -> String {
    let mut about = String::new();
    for part in [operation, place].into_iter().filter(|part| !part.is_empty()) {
        let _ = write!(about, "{}{part}", if about.is_empty() { "" } else { ", " });
    }
    format!("{} ({about})", oracle.demand())
}

/// What the step that shows the finding has to come to; nothing where the standing rules, which see every answer, say it.
fn expected(found: &Found, place: usize) -> String {
    match found.finding.oracle {
        // An answer is what a step is for, where it says nothing else.
        Oracle::O8 if found.finding.place == CLOSED => String::new(),
        Oracle::O1 | Oracle::O8 => "    fate: [answered, closed, alert]\n    alive: true\n".to_owned(),
        Oracle::O5 | Oracle::O6 => refused(found, place),
        Oracle::O11 if found.finding.place != "transition" => refused(found, place),
        _ => String::new(),
    }
}

/// What succeeded must fail.
fn refused(found: &Found, place: usize) -> String {
    let Some(step) = found.played.steps.iter().find(|step| step.step == place) else { return String::new() };
    let answer = Doc::lenient(&step.answer, &LIMITS);
    let about = |item: ItemRef<'_>| {
        let operation = item.child(tag::OPERATION).and_then(ItemRef::as_u32).map(|code| Operation(code).to_string());
        let done = item.child(tag::RESULT_STATUS).and_then(ItemRef::as_u32) == Some(ResultStatus::SUCCESS.0);
        done && operation.as_deref() == Some(found.finding.operation.as_str())
    };
    let items = answer.root().into_iter().flat_map(ItemRef::children).filter(|item| item.tag() == tag::BATCH_ITEM);
    let wanted: Vec<&str> = items.map(|item| if about(item) { "{status: OperationFailed}" } else { "any" }).collect();
    let fate = "    fate: [answered, closed, alert]\n";
    format!("    expect: [{}]\n{fate}", wanted.join(", "))
}

/// A message whose references name variables; where an answer cannot be asked for them, they are what was sent when it was found.
fn with_names(step: &Step, found: &Found, bindings: &mut BTreeMap<usize, Vec<Binding>>) -> Vec<u8> {
    let doc = Doc::lenient(&step.bytes, &LIMITS);
    let mut items = Item::from_doc(&doc);
    let mut todo: Vec<&mut Item> = items.iter_mut().collect();
    while let Some(item) = todo.pop() {
        let is_text = item.ty.is_text();
        match &mut item.body {
            Body::Items(inside) => todo.extend(inside),
            Body::Bytes(value) if item.len == Len::Auto && (is_text || item.ty == ItemType::BYTE_STRING) => {
                let Some((from, place)) = reference(value) else { continue };
                let Some(binding) = source(found, from, place, is_text) else { continue };
                *value = format!("${}", binding.name).into_bytes();
                let all = bindings.entry(from).or_default();
                if !all.contains(&binding) {
                    all.push(binding);
                }
            }
            Body::Bytes(_) | Body::Raw(_) => {}
        }
    }
    let mut out = Vec::new();
    items.iter().for_each(|item| item.encode_into(&mut out));
    out
}

/// `$n.m`.
fn reference(value: &[u8]) -> Option<(usize, usize)> {
    let (step, place) = std::str::from_utf8(value).ok()?.strip_prefix('$')?.split_once('.')?;
    Some((step.parse().ok()?, place.parse().ok()?))
}

/// Where an answer has what a reference stands for: directly in a payload, and the first of its kind there.
fn source(found: &Found, from: usize, place: usize, is_text: bool) -> Option<Binding> {
    let answer = &found.played.steps.iter().find(|step| step.step == from)?.answer;
    let doc = Doc::lenient(answer, &LIMITS);
    let tags = if is_text { IDENTIFIERS.as_slice() } else { &HANDLES };
    let mut fits = doc.items().filter(|item| tags.contains(&item.tag()));
    let item = fits.nth(place)?;
    let payload = item.parent().filter(|parent| parent.tag() == tag::RESPONSE_PAYLOAD)?;
    let batch = payload.parent()?;
    let first = payload.child(item.tag())?.offset() == item.offset();
    let batches = doc.root()?.children().filter(|child| child.tag() == tag::BATCH_ITEM);
    let number = batches.take_while(|other| other.offset() < batch.offset()).count();
    let kind = if is_text { "id" } else { "handle" };
    let name = format!("{kind}-{from}-{place}");
    first.then_some(Binding { item: number, field: tag_row(item.tag())?.xml_name, name })
}

/// The list that binds.
fn binding(bound: &[Binding]) -> String {
    let most = bound.iter().map(|binding| binding.item).max().unwrap_or(0);
    let entry = |place: usize| {
        let fields: Vec<String> = bound
            .iter()
            .filter(|binding| binding.item == place)
            .map(|binding| format!("{}: {{bind: {}}}", binding.field, binding.name))
            .collect();
        if fields.is_empty() { "any".to_owned() } else { format!("{{payload: {{{}}}}}", fields.join(", ")) }
    };
    (0..=most).map(entry).collect::<Vec<_>>().join(", ")
}

/// A scalar in double quotes: JSON is YAML.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Without line breaks, and not too long.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect()
}
