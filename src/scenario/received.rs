//! Steps that wait to be told: what the server's own request (Notify, Put) has to be like.

use super::build::Build;
use super::diagnostic::{Diagnostic, Place};
use super::file::StepFile;
use super::lower::Lowering;
use super::matcher::{Field, Matcher, Mismatch, Rule, check_fields};
use super::names;
use super::node::Node;
use super::plan::{Request, Step, variant_of};
use super::vars::{BuildError, Vars};
use crate::runner::event::Finding;
use crate::runner::verdict::Verdict;
use kmipspec_protocol::registry::{Operation, tag};
use kmipspec_protocol::ttlv::{Doc, Item, Limits, Value};
use kmipspec_protocol::version::Version;
use std::time::Duration;

/// What a step waits for.
#[derive(Clone, Debug)]
pub(crate) struct Awaited {
    /// Notify or Put.
    pub(crate) operation: Operation,
    /// The Unique Identifier of the object it has to be about.
    pub(super) about: Build,
    /// Where it is written.
    pub(super) place: Place,
}

/// What a step that waits says, compiled for a version.
pub(super) struct Waiting {
    pub(super) awaited: Awaited,
    pub(super) item: Matcher,
    pub(super) header: Vec<(Field, Matcher)>,
}

/// The operations by which a server tells.
const TELLING: [Operation; 2] = [Operation::NOTIFY, Operation::PUT];

impl Lowering {
    /// `receive: {Notify: {UniqueIdentifier: $key, …}}`, with what the step says of the header.
    pub(super) fn waiting(&mut self, node: &Node, step: &StepFile) -> Option<Waiting> {
        let node = self.at_version(node)?;
        let one = node.map().and_then(|entries| match entries {
            [one] => Some(one),
            _ => None,
        });
        let Some(entry) = one else {
            self.error(&node.place, "`receive` is one operation: `{Notify: {UniqueIdentifier: $key}}`");
            return None;
        };
        let row = match names::operation(&entry.key, self.version) {
            Ok(row) if TELLING.contains(&Operation(row.code)) => row,
            Ok(_) => {
                self.error(&entry.key_at, format!("a server tells by Notify or Put, not by {}", entry.key));
                return None;
            }
            Err(unknown) => {
                self.unknown(&entry.key_at, unknown);
                return None;
            }
        };
        let payload = self.at_version(&entry.value);
        let about = payload.and_then(|p| p.get("UniqueIdentifier")).and_then(|n| self.at_version(n));
        let Some(about) = about.filter(|n| n.text().is_some()) else {
            let message = format!("{} has no `UniqueIdentifier`: which object is it to be about?", entry.key);
            self.errors.push(Diagnostic::new(&entry.value.place, message));
            return None;
        };
        let place = about.place.clone();
        let about = self.value(tag::UNIQUE_IDENTIFIER, about, &[])?;
        let layout = row.layout(self.version).and_then(|l| l.request);
        let fields = self.expected_fields(&entry.value, &format!("the {} request", entry.key), layout);
        let matcher = |tag, rule| Matcher { rule, tag, place: entry.value.place.clone(), level: None, undecided: None };
        let operation = Rule::Equal(Build::Fixed(Item::enumeration(tag::OPERATION, row.code)));
        let item = Rule::Fields(vec![
            (Field::Tagged(tag::OPERATION), matcher(tag::OPERATION, operation)),
            (Field::Tagged(tag::REQUEST_PAYLOAD), matcher(tag::REQUEST_PAYLOAD, Rule::Fields(fields))),
        ]);
        let header = step.header.as_ref().map_or_else(Vec::new, |node| {
            let layout = variant_of(tag::REQUEST_HEADER, self.version, &[tag::MAXIMUM_RESPONSE_SIZE]);
            self.expected_fields(node, "the request header", layout)
        });
        let awaited = Awaited { operation: Operation(row.code), about, place };
        Some(Waiting { awaited, item: matcher(tag::BATCH_ITEM, item), header })
    }
}

impl Step {
    /// The operation and the object it waits to be told of; none for a step that sends.
    pub fn awaits(&self, vars: &Vars) -> Result<Option<(Operation, String)>, BuildError> {
        let Request::Receive(awaited) = &self.request else { return Ok(None) };
        let about = awaited.about.resolve(vars)?;
        match about.first().and_then(Item::value) {
            Some(Value::TextString(id)) => Ok(Some((awaited.operation, id.to_owned()))),
            _ => Err(BuildError::BadEdit { why: "no Unique Identifier", place: awaited.place.clone() }),
        }
    }

    /// Whether it waits to be told instead of sending.
    pub fn waits(&self) -> bool {
        matches!(self.request, Request::Receive(_))
    }

    /// Judges one batch item of a request of the server.
    pub fn judge_told(&self, message: &Doc<'_>, index: usize, vars: &mut Vars) -> Vec<Finding> {
        let Some(root) = message.root() else { return Vec::new() };
        let mut mismatches: Vec<Mismatch> = Vec::new();
        if let Some(header) = root.child(tag::REQUEST_HEADER) {
            check_fields(&self.header, header, &names::path(header), vars, &mut mismatches);
        }
        let mut out = Vec::new();
        let item = root.children().filter(|c| c.tag() == tag::BATCH_ITEM).nth(index);
        if let (Some(item), Some(Some(matcher))) = (item, self.items.first()) {
            self.judge_item(matcher, item, vars, &mut mismatches, &mut out);
        }
        out.extend(mismatches.into_iter().map(|m| self.finding_of(m)));
        if self.optional {
            out.clear();
        }
        out
    }

    /// The finding where it was not told in time, or not so that it can be judged.
    pub fn not_told(&self, version: Version, patience: Duration, why: &str) -> Vec<Finding> {
        let Request::Receive(awaited) = &self.request else { return Vec::new() };
        if self.optional {
            return Vec::new();
        }
        let operation = awaited.operation.name().unwrap_or("a request");
        vec![Finding {
            path: String::new(),
            expected: format!("{operation} of KMIP {version} at our listener within {} s", patience.as_secs_f64()),
            actual: why.to_owned(),
            ..self.finding(Verdict::Inconclusive, &self.place)
        }]
    }

    /// Whether something that a server tells turns the case red because of this step: a payload without anything would do.
    pub(super) fn can_fail_when_told(&self, version: Version) -> bool {
        let Request::Receive(awaited) = &self.request else { return false };
        let item = vec![
            Item::enumeration(tag::OPERATION, awaited.operation.0),
            Item::structure(tag::REQUEST_PAYLOAD, Vec::new()),
        ];
        let message = vec![Item::structure(tag::REQUEST_HEADER, Vec::new()), Item::structure(tag::BATCH_ITEM, item)];
        let bytes = Item::structure(tag::REQUEST_MESSAGE, message).encode();
        let doc = Doc::lenient(&bytes, &Limits::default());
        let mut vars = Vars::new("probe", &self.rule, version, 0);
        self.judge_told(&doc, 0, &mut vars).iter().any(|f| f.verdict == Verdict::Fail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::library;

    fn planned(step: &str) -> Result<String, String> {
        let text = format!(
            "id: a.b\ntitle: t\nspec: {{\"1.0\": \"5.1\"}}\nlevel: SHALL\nversions: \"1.0..=1.4\"\nsteps:\n  - send: [{{Create: {{ObjectType: SymmetricKey}}}}]\n    expect: [{{payload: {{UniqueIdentifier: {{bind: key}}}}}}]\n  - {step}\n"
        );
        let told = |errors: Vec<Diagnostic>| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        let scenario = library::read("a/b.yaml", text.as_bytes()).map_err(told)?;
        scenario.plan(Version::V1_4).map(|plan| plan.explain()).map_err(told)
    }

    #[test]
    fn a_step_that_waits_says_for_what_and_asks_for_a_listener() {
        let told = planned("{name: told, receive: {Notify: {UniqueIdentifier: $key, Attributes: {State: Active}}}, header: {BatchOrderOption: absent}}").unwrap();
        for line in [
            "told (as alice)",
            "waits to be told by Notify, at the listener",
            "expects RequestHeader/BatchOrderOption: absent",
            "expects BatchItem[0]/RequestPayload, attribute State: Active (0x00000002)",
        ] {
            assert!(told.contains(line), "{line:?} is missing in\n{told}");
        }
        assert!(!told.contains("ResultStatus: Success (0x00000000)\n\ntold"), "nothing is answered");
    }

    #[test]
    fn a_step_that_waits_and_is_wrong_says_where() {
        for (step, part) in [
            ("{receive: {Get: {UniqueIdentifier: $key}}}", "a server tells by Notify or Put, not by Get"),
            ("{receive: {Notify: {}}}", "Notify has no `UniqueIdentifier`"),
            ("{receive: {Notify: {UniqueIdentifier: {bind: x}}}}", "Notify has no `UniqueIdentifier`"),
            ("{receive: {Notify: {UniqueIdentifier: $kye}}}", "`$kye` is not bound here"),
            ("{receive: {Notify: {UniqueIdentifier: $key, PutFunction: New}}}", "has no field `PutFunction`"),
            ("{receive: Notify}", "`receive` is one operation"),
            (
                "{receive: {Notify: {UniqueIdentifier: $key}}, expect: [any]}",
                "`expect` says nothing of a step that waits",
            ),
            (
                "{receive: {Notify: {UniqueIdentifier: $key}}, send: [Query]}",
                "a step has one of `send`, `raw` and `receive`",
            ),
        ] {
            let error = planned(step).expect_err(step);
            assert!(error.contains(part), "{part:?} is missing in\n{error}");
        }
    }
}
