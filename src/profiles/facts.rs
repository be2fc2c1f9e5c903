//! What a run showed, read from the messages of its cases: who did what, with which values, and what went wrong.

use crate::oasis::variation;
use crate::runner::event::{Event, Exchange, Execution, Fate, Finding};
use crate::runner::verdict::Verdict;
use kmipspec_protocol::attributes::AttributeKey;
use kmipspec_protocol::registry::{Operation, ResultReason, ResultStatus, tag};
use kmipspec_protocol::ttlv::{Doc, ItemRef, ItemType, Limits, Tag};
use kmipspec_protocol::version::Version;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The cases that show a thing.
pub type Proof = BTreeSet<Arc<str>>;

/// Everything seen, by version.
#[derive(Debug, Default)]
pub struct Facts {
    /// What was seen at each version.
    pub versions: BTreeMap<Version, Seen>,
    /// TLS version and suite of the first connection.
    pub tls: Option<String>,
}

/// What was seen at one version.
#[derive(Debug, Default)]
pub struct Seen {
    /// Operations carried out.
    pub operations: BTreeMap<u32, Proof>,
    /// Operations refused as not supported.
    pub unsupported: BTreeMap<u32, Proof>,
    /// Operations that Query names; `None` before an answer named any.
    pub listed: Option<BTreeSet<u32>>,
    /// Tags in exchanges that went well.
    pub tags: BTreeMap<u32, Proof>,
    /// Attributes in answers.
    pub attributes: BTreeMap<u32, Proof>,
    /// Values of enumerations in requests that were carried out and in their answers.
    pub values: BTreeMap<(u32, u32), Proof>,
    /// Algorithm and length of keys, said together.
    pub lengths: BTreeMap<(u32, i32), Proof>,
    /// Custom attributes that were taken or given, by type.
    pub custom: BTreeMap<u8, Proof>,
    /// The longest value of one, how many an object had, the longest name.
    pub custom_most: [Most; 3],
    /// Items of the longest batch that was carried out as a whole.
    pub batch: Most,
    /// Batches carried out with Batch Order Option true.
    pub ordered: Proof,
    /// How messages travelled.
    pub encodings: BTreeMap<&'static str, Proof>,
    /// What was not as a sentence of the standard has it.
    pub broken: Vec<Broken>,
    /// What became of each case.
    pub outcomes: BTreeMap<Arc<str>, (Verdict, Option<String>)>,
    /// Published cases: verdict, why, and the permitted variations used.
    pub published: BTreeMap<String, Published>,
}

/// The most of something, and a case that shows it.
#[derive(Debug, Default)]
pub struct Most {
    /// How much.
    pub n: usize,
    /// The case.
    pub case: Option<Arc<str>>,
}

/// What became of a published case.
#[derive(Debug)]
pub struct Published {
    /// The verdict.
    pub verdict: Verdict,
    /// Why, where it says so.
    pub why: Option<String>,
    /// Permitted variations used.
    pub variations: BTreeSet<String>,
}

/// A failed check.
#[derive(Debug)]
pub struct Broken {
    /// The case, or the standing rule.
    pub case: Arc<str>,
    /// Whether it is a rule about all answers.
    pub standing: bool,
    /// The operation whose answer it was.
    pub operation: Option<u32>,
    /// Whether the operation failed, or did not, against what was asked.
    pub status: bool,
    /// Path of the item of the answer that is wrong.
    pub path: String,
    /// Tags of the request.
    pub tags: BTreeSet<u32>,
    /// Values of enumerations in the request.
    pub values: BTreeSet<(u32, u32)>,
    /// What should have come and what came.
    pub told: String,
}

impl Most {
    fn note(&mut self, n: usize, case: &Arc<str>) {
        if n > self.n {
            (self.n, self.case) = (n, Some(Arc::clone(case)));
        }
    }
}

/// The group of a published case and its number: `SKLC`, `M-1`; `SASED_M_1_10_storage_array_config` is of the early files.
pub fn published_case(id: &str) -> Option<(String, String)> {
    let name = id.strip_prefix("oasis.")?.to_uppercase();
    let dashed = name.replace("SUITEB_", "SUITEB-").replace('_', "-");
    let at = dashed.find("-M-")?;
    let (group, rest) = dashed.split_at(at);
    let group = group.replace("SUITEB-", "SUITEB_");
    let mut parts: Vec<&str> = rest.trim_start_matches('-').split('-').collect();
    // The digits of the version stand behind the number; what follows them in early files is a name.
    let version = |p: &&str| p.len() == 2 && p.starts_with(['1', '2', '3']) && p.bytes().all(|b| b.is_ascii_digit());
    if let Some(at) = parts.iter().enumerate().skip(2).filter(|(_, p)| version(p)).map(|(i, _)| i).next_back() {
        parts.truncate(at);
    }
    Some((group, parts.join("-")))
}

impl Facts {
    /// Takes note of an event.
    pub fn event(&mut self, event: &Event) {
        match event {
            Event::RunStarted(run) => self.tls = self.tls.take().or_else(|| run.target.tls.clone()),
            Event::CaseFinished(execution) => self.versions.entry(execution.version).or_default().execution(execution),
            Event::CaseStarted { .. }
            | Event::Notice(_)
            | Event::Profiles(_)
            | Event::Tls(_)
            | Event::RunFinished(_) => {}
        }
    }
}

impl Seen {
    fn execution(&mut self, execution: &Execution) {
        let id: Arc<str> = execution.id.as_str().into();
        self.outcomes.insert(Arc::clone(&id), (execution.verdict, execution.reason.clone()));
        let published = execution.suite == "oasis";
        if published {
            self.publish(execution);
        }
        // What is said of all answers comes with an answer some case got; that case has told it already.
        let standing = crate::runner::standing::rules().any(|rule| rule.id == execution.id);
        if standing || execution.verdict == Verdict::Fail && !published {
            for finding in execution.findings.iter().filter(|f| f.verdict == Verdict::Fail) {
                self.broken.push(Broken::of(&id, standing, finding, &execution.transcript));
            }
        }
        if standing {
            return;
        }
        let faulty: BTreeSet<usize> =
            execution.findings.iter().filter(|f| f.verdict != Verdict::Info).filter_map(|f| f.exchange).collect();
        for (index, exchange) in execution.transcript.iter().enumerate() {
            if exchange.fate == Fate::Answered && !matches!(exchange.step.as_str(), "cleanup" | "sanity") {
                self.exchange(&id, exchange, !faulty.contains(&index));
            }
        }
        if execution.verdict == Verdict::Pass {
            self.encodings.entry(execution.encoding).or_default().insert(id);
        }
    }

    fn publish(&mut self, execution: &Execution) {
        let used = execution.findings.iter().filter(|f| f.rule == variation::RULE);
        let failed = execution.findings.iter().find(|f| f.verdict == Verdict::Fail);
        let told = failed.map(|f| format!("{}: expected {}, got {}", f.path, f.expected, f.actual));
        let published = Published {
            verdict: execution.verdict,
            why: told.or_else(|| execution.reason.clone()),
            variations: used.map(|f| f.statement.clone()).collect(),
        };
        self.published.insert(execution.id.clone(), published);
    }

    /// One exchange; what went wrong in it shows nothing but refusals.
    fn exchange(&mut self, id: &Arc<str>, exchange: &Exchange, sound: bool) {
        let limits = Limits::default();
        let (sent, received) = (Doc::lenient(&exchange.sent, &limits), Doc::lenient(&exchange.received, &limits));
        let (Some(request), Some(response)) = (sent.root(), received.root()) else { return };
        // What the peer asked stands the other way round: it shows no operation that was carried out for us.
        if request.tag() != tag::REQUEST_MESSAGE || response.tag() != tag::RESPONSE_MESSAGE {
            return;
        }
        let asked: Vec<ItemRef<'_>> = items(request).collect();
        let answered: Vec<ItemRef<'_>> = items(response).collect();
        let mut carried_out = 0;
        for (position, answer) in answered.iter().enumerate() {
            let Some(item) = asked.get(position) else { break };
            let Some(operation) = item.child(tag::OPERATION).and_then(ItemRef::as_u32) else { continue };
            let status = answer.child(tag::RESULT_STATUS).and_then(ItemRef::as_u32).map(ResultStatus);
            let reason = answer.child(tag::RESULT_REASON).and_then(ItemRef::as_u32).map(ResultReason);
            if status == Some(ResultStatus::OPERATION_FAILED) && reason == Some(ResultReason::OPERATION_NOT_SUPPORTED) {
                self.unsupported.entry(operation).or_default().insert(Arc::clone(id));
            }
            if status == Some(ResultStatus::SUCCESS) && sound {
                carried_out += 1;
                self.operations.entry(operation).or_default().insert(Arc::clone(id));
                self.carried_out(id, Operation(operation), *item, *answer);
            }
        }
        if !sound {
            return;
        }
        // What the server sends it has; what is sent to it is shown by its being carried out.
        self.note_tags(id, response);
        if carried_out == asked.len() && carried_out == answered.len() {
            self.note_tags(id, request);
            self.batch.note(carried_out, id);
            let header = request.child(tag::REQUEST_HEADER);
            let ordered = header.and_then(|h| h.child(tag::BATCH_ORDER_OPTION)).and_then(ItemRef::as_bool);
            if carried_out > 1 && ordered == Some(true) {
                self.ordered.insert(Arc::clone(id));
            }
        }
    }

    fn note_tags(&mut self, id: &Arc<str>, message: ItemRef<'_>) {
        for item in message.descendants() {
            self.tags.entry(item.tag().0).or_default().insert(Arc::clone(id));
        }
    }

    /// An item that was carried out: its payload, and that of its answer. What Query lists and what Locate looks for
    /// need not be there.
    fn carried_out(&mut self, id: &Arc<str>, operation: Operation, item: ItemRef<'_>, answer: ItemRef<'_>) {
        let (asked, told) = (item.child(tag::REQUEST_PAYLOAD), answer.child(tag::RESPONSE_PAYLOAD));
        if operation == Operation::QUERY {
            return told.into_iter().for_each(|payload| self.note_listed(payload));
        }
        let asked = asked.filter(|_| operation != Operation::LOCATE);
        for (payload, told) in asked.map(|p| (p, false)).into_iter().chain(told.map(|p| (p, true))) {
            for structure in std::iter::once(payload).chain(payload.descendants()) {
                self.structure(id, structure, told);
            }
        }
    }

    /// The operations that an answer to Query names.
    fn note_listed(&mut self, payload: ItemRef<'_>) {
        let named: BTreeSet<u32> =
            payload.children().filter(|i| i.tag() == tag::OPERATION).filter_map(ItemRef::as_u32).collect();
        if !named.is_empty() {
            self.listed.get_or_insert_default().extend(named);
        }
    }

    /// What stands side by side in one structure: values, attributes in either form, algorithm and length.
    fn structure(&mut self, id: &Arc<str>, structure: ItemRef<'_>, told: bool) {
        let (mut algorithm, mut length) = (None, None);
        let (mut custom, mut longest) = (0, (0, 0));
        for child in structure.children() {
            let (mut of, mut value) = (child.tag(), child);
            if child.tag() == tag::ATTRIBUTE {
                let Some((key, inner)) = attribute(child) else { continue };
                match key {
                    AttributeKey::Standard(tag) => (of, value) = (tag, inner),
                    AttributeKey::Custom { vendor, name } => {
                        // 1.x has one name with the vendor's letter in it.
                        let length = if child.child(tag::VENDOR_IDENTIFICATION).is_some() {
                            name.len()
                        } else {
                            vendor.len() + 1 + name.len()
                        };
                        custom += 1;
                        longest = (longest.0.max(inner.raw().len()), longest.1.max(length));
                        self.custom.entry(inner.ty().0).or_default().insert(Arc::clone(id));
                        continue;
                    }
                }
            }
            if let Some(code) = value.as_u32().filter(|_| value.ty() == ItemType::ENUMERATION) {
                self.values.entry((of.0, code)).or_default().insert(Arc::clone(id));
            }
            if of == tag::CRYPTOGRAPHIC_ALGORITHM {
                algorithm = value.as_u32();
            }
            if of == tag::CRYPTOGRAPHIC_LENGTH {
                length = value.as_i32();
            }
            if told && shows_attribute(structure, child) {
                self.attributes.entry(of.0).or_default().insert(Arc::clone(id));
            }
            if told && child.tag() == tag::ATTRIBUTE {
                self.inner(id, value);
            }
        }
        if let (Some(algorithm), Some(length)) = (algorithm, length) {
            self.lengths.entry((algorithm, length)).or_default().insert(Arc::clone(id));
        }
        let [value, count, name] = &mut self.custom_most;
        value.note(longest.0, id);
        count.note(custom, id);
        name.note(longest.1, id);
    }

    /// What is inside a 1.x attribute value has the tag of no attribute, but values all the same.
    fn inner(&mut self, id: &Arc<str>, value: ItemRef<'_>) {
        for item in value.descendants() {
            if let Some(code) = item.as_u32().filter(|_| item.ty() == ItemType::ENUMERATION) {
                self.values.entry((item.tag().0, code)).or_default().insert(Arc::clone(id));
            }
        }
    }
}

/// Whether an item of an answer is an attribute: in a list of attributes, or one that payloads have as a field.
fn shows_attribute(structure: ItemRef<'_>, item: ItemRef<'_>) -> bool {
    let list = matches!(structure.tag(), tag::ATTRIBUTES | tag::NEW_ATTRIBUTE | tag::CURRENT_ATTRIBUTE);
    let field = structure.tag() == tag::RESPONSE_PAYLOAD
        && matches!(item.tag(), tag::UNIQUE_IDENTIFIER | tag::OBJECT_TYPE | tag::LEASE_TIME);
    list || field || item.tag() == tag::ATTRIBUTE
}

/// Name and value of an attribute in the form of 1.x, or of a vendor's attribute of 2.x.
pub(super) fn attribute(item: ItemRef<'_>) -> Option<(AttributeKey, ItemRef<'_>)> {
    let name = item.child(tag::ATTRIBUTE_NAME)?.as_text()?;
    let value = item.child(tag::ATTRIBUTE_VALUE)?;
    let vendor = item.child(tag::VENDOR_IDENTIFICATION).and_then(ItemRef::as_text);
    let key = match vendor {
        Some(vendor) => AttributeKey::Custom { vendor: vendor.to_owned(), name: name.to_owned() },
        None => AttributeKey::from_v1_name(name),
    };
    Some((key, value))
}

/// The batch items of a message.
fn items(message: ItemRef<'_>) -> impl Iterator<Item = ItemRef<'_>> {
    message.children().filter(|i| i.tag() == tag::BATCH_ITEM)
}

impl Broken {
    fn of(case: &Arc<str>, standing: bool, finding: &Finding, transcript: &[Exchange]) -> Self {
        let mut broken = Self {
            case: Arc::clone(case),
            standing,
            operation: None,
            status: finding.path.ends_with("/ResultStatus"),
            path: finding.path.clone(),
            tags: BTreeSet::new(),
            values: BTreeSet::new(),
            told: format!("expected {}, got {}", finding.expected, finding.actual),
        };
        let Some(exchange) = finding.exchange.and_then(|i| transcript.get(i)) else { return broken };
        let doc = Doc::lenient(&exchange.sent, &Limits::default());
        let Some(request) = doc.root() else { return broken };
        let position = finding.path.split_once("BatchItem[").and_then(|(_, rest)| rest.split(']').next()?.parse().ok());
        let item = items(request).nth(position.unwrap_or(0));
        broken.operation = item.and_then(|i| i.child(tag::OPERATION)).and_then(ItemRef::as_u32);
        for item in item.into_iter().flat_map(ItemRef::descendants) {
            broken.tags.insert(item.tag().0);
            if let Some(code) = item.as_u32().filter(|_| item.ty() == ItemType::ENUMERATION) {
                broken.values.insert((item.tag().0, code));
            }
            if item.tag() == tag::ATTRIBUTE
                && let Some((AttributeKey::Standard(Tag(of)), value)) = attribute(item)
            {
                broken.tags.insert(of);
                broken
                    .values
                    .extend(value.as_u32().filter(|_| value.ty() == ItemType::ENUMERATION).map(|code| (of, code)));
            }
        }
        broken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_cases_are_told_by_their_names() {
        let of = |id: &str| published_case(id).map(|(g, n)| format!("{g} {n}"));
        assert_eq!(of("oasis.sklc-m-1-10").as_deref(), Some("SKLC M-1"));
        assert_eq!(of("oasis.skff-m-10-10").as_deref(), Some("SKFF M-10"));
        assert_eq!(of("oasis.skff-m-12-14").as_deref(), Some("SKFF M-12"));
        assert_eq!(of("oasis.cs-bc-m-chacha20-1-21").as_deref(), Some("CS-BC M-CHACHA20-1"));
        assert_eq!(of("oasis.cs-bc-m-4-12-3des-13").as_deref(), Some("CS-BC M-4-12-3DES"));
        assert_eq!(of("oasis.suiteb_128-m-1-13").as_deref(), Some("SUITEB_128 M-1"));
        assert_eq!(of("oasis.sased_m_1_10_storage_array_config").as_deref(), Some("SASED M-1"));
        assert_eq!(of("oasis.msgenc-https-m-1-21").as_deref(), Some("MSGENC-HTTPS M-1"));
        assert_eq!(of("oasis.sklc-o-1-10"), None);
        assert_eq!(of("oasis.tc-opaque-1-14"), None);
    }
}
