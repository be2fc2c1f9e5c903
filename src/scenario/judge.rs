//! What came back against what was expected.

use super::diagnostic::Place;
use super::file::FateKind;
use super::matcher::{Matcher, Mismatch, Rule, Subject, check_fields};
use super::names;
use super::plan::{Request, Step};
use super::vars::Vars;
use crate::runner::event::{Fate, Finding};
use crate::runner::verdict::{Level, Verdict};
use kmipspec_protocol::registry::{Operation, ResultReason, ResultStatus, tag};
use kmipspec_protocol::ttlv::{Doc, ItemRef};

/// What became of a step's request.
#[derive(Clone, Copy)]
pub struct Outcome<'a> {
    /// How the exchange ended.
    pub fate: &'a Fate,
    /// The answer, when one came that can be read.
    pub response: Option<&'a Doc<'a>>,
}

impl Step {
    /// Judges one exchange: binds names, notes objects that came into being, says what was not as expected.
    ///
    /// No finding with verdict `fail`, `non-strict`, `inconclusive` or `error` means the step went as expected.
    pub fn judge(&self, outcome: &Outcome<'_>, vars: &mut Vars) -> Vec<Finding> {
        if let Some(root) = outcome.response.and_then(Doc::root) {
            self.note_objects(root, vars);
        }
        let mut out = Vec::new();
        match self.judge_fate(outcome) {
            Err(findings) => out.extend(findings),
            Ok(()) => {
                if let Some(root) = outcome.response.and_then(Doc::root) {
                    self.judge_message(root, vars, &mut out);
                }
            }
        }
        if self.optional {
            out.clear();
        }
        out
    }

    /// Whether the steps behind this one can still mean what they say: a broken precondition or an answer
    /// that did not come ends a scenario.
    pub fn ends_scenario(&self, findings: &[Finding]) -> bool {
        findings.iter().any(|f| match f.verdict {
            Verdict::Error => true,
            Verdict::Inconclusive => true,
            Verdict::Fail | Verdict::NonStrict => self.setup,
            _ => false,
        })
    }

    /// The finding when a peer asked to be alive afterwards serves no fresh connection.
    pub fn not_alive(&self, why: &str) -> Finding {
        Finding {
            expected: "a fresh connection is served afterwards".to_owned(),
            actual: why.to_owned(),
            ..self.finding(self.verdict(None, None), &self.place)
        }
    }

    fn judge_fate(&self, outcome: &Outcome<'_>) -> Result<(), Vec<Finding>> {
        let got = match outcome.fate {
            Fate::Answered => Some(FateKind::Answered),
            Fate::Closed { .. } => Some(FateKind::Closed),
            Fate::Alert(_) => Some(FateKind::Alert),
            Fate::TimedOut { .. } => Some(FateKind::Silent),
            Fate::NotTtlv(_) | Fate::Failed(_) => None,
        };
        let shown = show_fate(outcome.fate);
        if got.is_some_and(|g| self.fate.contains(&g)) {
            if self.undecided.is_some() && got != Some(FateKind::Answered) {
                return Err(vec![Finding {
                    expected: self.show_fates(),
                    actual: shown,
                    ..self.finding(Verdict::Info, &self.place)
                }]);
            }
            return if got == Some(FateKind::Answered) { Ok(()) } else { Err(Vec::new()) };
        }
        // A timeout the case does not ask about and a broken transport are not the peer's fault as far as we know.
        let verdict = match outcome.fate {
            Fate::TimedOut { .. } | Fate::Failed(_) => Verdict::Error,
            _ => self.verdict(None, None),
        };
        Err(vec![Finding { expected: self.show_fates(), actual: shown, ..self.finding(verdict, &self.place) }])
    }

    fn show_fates(&self) -> String {
        let words: Vec<_> = self
            .fate
            .iter()
            .map(|f| match f {
                FateKind::Answered => "an answer",
                FateKind::Closed => "the connection closed",
                FateKind::Alert => "a TLS alert",
                FateKind::Silent => "no answer",
            })
            .collect();
        words.join(" or ")
    }

    fn judge_message(&self, root: ItemRef<'_>, vars: &mut Vars, out: &mut Vec<Finding>) {
        let mut mismatches = Vec::new();
        if !self.header.is_empty() {
            match root.child(tag::RESPONSE_HEADER) {
                Some(h) => check_fields(&self.header, h, &names::path(h), vars, &mut mismatches),
                None => mismatches.push(absent(&self.place, "ResponseMessage/ResponseHeader", root)),
            }
        }
        let got: Vec<ItemRef<'_>> = root.children().filter(|c| c.tag() == tag::BATCH_ITEM).collect();
        let got = self.in_request_order(got);
        let unwanted = self.items.iter().flatten().find(|m| matches!(m.rule, Rule::Absent));
        let expected: Vec<&Matcher> = self.items.iter().flatten().filter(|m| !matches!(m.rule, Rule::Absent)).collect();
        for (matcher, item) in expected.iter().zip(&got) {
            self.judge_item(matcher, *item, vars, &mut mismatches, out);
        }
        // A message refused as a whole has one answer to all of its items.
        let whole = match got.as_slice() {
            [only] if refuses_message(*only) => Some(*only),
            _ => None,
        };
        let holds = |m: &Matcher| {
            whole.is_some_and(|only| {
                let mut found = Vec::new();
                m.check(&Subject::of(only), &mut vars.clone(), &mut found);
                found.is_empty()
            })
        };
        let may_lack = |m: &&Matcher| matches!(m.rule, Rule::Any) && m.level == Some(Level::May) || holds(m);
        let as_many = got.len() <= expected.len() && expected.iter().skip(got.len()).all(may_lack);
        if !as_many && !self.items.is_empty() && mismatches.is_empty() && !out.iter().any(is_inconclusive) {
            let off = expected.get(got.len()).copied().or(unwanted);
            mismatches.push(Mismatch {
                place: off.map_or_else(|| self.place.clone(), |m| m.place.clone()),
                path: "ResponseMessage/BatchItem".to_owned(),
                offset: got.get(expected.len()).map(|i| i.offset()),
                expected: format!("{} batch items", expected.len()),
                actual: format!(
                    "{} batch items: {}",
                    got.len(),
                    got.iter().map(|i| summary(*i)).collect::<Vec<_>>().join("; ")
                ),
                level: off.and_then(|m| m.level),
                undecided: None,
            });
        }
        out.extend(mismatches.into_iter().map(|m| self.finding_of(m)));
    }

    pub(super) fn judge_item(
        &self,
        matcher: &Matcher,
        item: ItemRef<'_>,
        vars: &mut Vars,
        mismatches: &mut Vec<Mismatch>,
        out: &mut Vec<Finding>,
    ) {
        let mut found = Vec::new();
        matcher.check(&Subject::of(item), vars, &mut found);
        // When the status is not the expected one, what else differs follows from it.
        let status = found.iter().position(|m| m.path.ends_with("/ResultStatus"));
        if let Some(i) = status {
            found.swap(0, i);
            found.truncate(1);
        }
        for m in &mut found {
            if m.path.ends_with("/ResultStatus") || m.path.ends_with(']') {
                m.actual = summary(item);
            }
        }
        let unexpected = status.is_some() || !found.is_empty() && admits_no_such_status(matcher, item, vars);
        if let Some(first) = found.first().filter(|_| self.proves_nothing(item, unexpected)) {
            let m = Mismatch { actual: summary(item), level: None, undecided: None, ..first.clone() };
            let verdict = if self.undecided.is_some() { Verdict::Info } else { Verdict::Inconclusive };
            out.push(Finding { verdict, ..self.finding_of(m) });
            return;
        }
        // Where the standard does not decide, what came is worth recording even when it is what we guessed.
        let reason = matcher.undecided.as_ref().or(self.undecided.as_ref());
        if let (true, Some(reason), false) = (found.is_empty(), reason, self.setup) {
            out.push(Finding {
                statement: reason.clone(),
                path: names::path(item),
                offset: Some(item.offset()),
                expected: matcher.expected(),
                actual: summary(item),
                ..self.finding(Verdict::Info, &matcher.place)
            });
        }
        mismatches.extend(found);
    }

    /// Whether a refusal says nothing about the rule: the peer lacks the operation or a feature, its policy
    /// is against it, or it may refuse this step.
    /// That an operation is named as supported and refused all the same is a standing rule of its own.
    fn proves_nothing(&self, item: ItemRef<'_>, not_the_status_expected: bool) -> bool {
        let status = item.child(tag::RESULT_STATUS).and_then(|s| s.as_u32()).map(ResultStatus);
        if status != Some(ResultStatus::OPERATION_FAILED) {
            return false;
        }
        match item.child(tag::RESULT_REASON).and_then(|r| r.as_u32()).map(ResultReason) {
            // What is sent by number has no name at this version: that it is not supported is an answer like any other.
            Some(ResultReason::OPERATION_NOT_SUPPORTED) => !self.sends_unknown_operation(),
            Some(ResultReason::FEATURE_NOT_SUPPORTED | ResultReason::PERMISSION_DENIED) => not_the_status_expected,
            _ => self.refusable && not_the_status_expected,
        }
    }

    /// Whether an operation of the request is none of the version.
    fn sends_unknown_operation(&self) -> bool {
        matches!(&self.request, Request::Message { items, .. } if items.iter().any(|item| item.row.is_none()))
    }

    /// Items of an answer in the order of the request, by their Unique Batch Item IDs where all have one.
    fn in_request_order<'d>(&self, got: Vec<ItemRef<'d>>) -> Vec<ItemRef<'d>> {
        let Request::Message { items, .. } = &self.request else { return got };
        let ids: Vec<Option<Vec<u8>>> = items.iter().map(super::plan::ItemPlan::batch_item_id).collect();
        let order = |i: &ItemRef<'d>| {
            let id = i.child(tag::UNIQUE_BATCH_ITEM_ID)?.raw();
            ids.iter().position(|known| known.as_deref() == Some(id))
        };
        if got.len() < 2 || got.iter().any(|i| order(i).is_none()) {
            return got;
        }
        let mut got = got;
        got.sort_by_key(|i| order(i));
        got
    }

    fn note_objects(&self, root: ItemRef<'_>, vars: &mut Vars) {
        for item in root.children().filter(|c| c.tag() == tag::BATCH_ITEM) {
            let status = item.child(tag::RESULT_STATUS).and_then(|s| s.as_u32());
            let operation = item.child(tag::OPERATION).and_then(|o| o.as_u32()).map(Operation);
            let (Some(0), Some(operation), Some(payload)) = (status, operation, item.child(tag::RESPONSE_PAYLOAD))
            else {
                continue;
            };
            let id = |t| payload.child(t).and_then(|i| i.as_text());
            match operation {
                Operation::CREATE
                | Operation::CREATE_KEY_PAIR
                | Operation::REGISTER
                | Operation::DERIVE_KEY
                | Operation::RE_KEY
                | Operation::RE_KEY_KEY_PAIR
                | Operation::CERTIFY
                | Operation::RE_CERTIFY
                | Operation::CREATE_SPLIT_KEY
                | Operation::JOIN_SPLIT_KEY
                | Operation::IMPORT
                | Operation::CREATE_USER
                | Operation::CREATE_GROUP
                | Operation::CREATE_CREDENTIAL => {
                    let all = payload.children().filter(|c| {
                        c.tag() == tag::UNIQUE_IDENTIFIER
                            || c.tag() == tag::PRIVATE_KEY_UNIQUE_IDENTIFIER
                            || c.tag() == tag::PUBLIC_KEY_UNIQUE_IDENTIFIER
                    });
                    all.filter_map(|c| c.as_text()).for_each(|u| vars.note_created(&self.owner, u));
                }
                Operation::DESTROY | Operation::OBLITERATE => {
                    if let Some(u) = id(tag::UNIQUE_IDENTIFIER) {
                        vars.note_destroyed(u);
                    }
                }
                _ => {}
            }
        }
    }

    fn verdict(&self, level: Option<Level>, undecided: Option<&str>) -> Verdict {
        if undecided.is_some() || self.undecided.is_some() {
            return Verdict::Info;
        }
        if self.setup { Verdict::Inconclusive } else { level.unwrap_or(self.level).not_met() }
    }

    pub(super) fn finding_of(&self, m: Mismatch) -> Finding {
        let verdict = self.verdict(m.level, m.undecided.as_deref());
        let statement = m.undecided.or_else(|| self.undecided.clone()).unwrap_or_else(|| self.statement.clone());
        Finding {
            statement,
            path: m.path,
            offset: m.offset,
            expected: m.expected,
            actual: m.actual,
            ..self.finding(verdict, &m.place)
        }
    }

    pub(super) fn finding(&self, verdict: Verdict, place: &Place) -> Finding {
        Finding {
            verdict,
            rule: self.rule.clone(),
            statement: self.statement.clone(),
            spec: self.spec.clone(),
            place: Some(place.file_line()),
            exchange: None,
            path: "ResponseMessage".to_owned(),
            offset: None,
            expected: String::new(),
            actual: String::new(),
        }
    }
}

/// Whether none of several expectations has the status that came.
fn admits_no_such_status(matcher: &Matcher, item: ItemRef<'_>, vars: &Vars) -> bool {
    let Rule::OneOf(alternatives) = &matcher.rule else { return false };
    alternatives.iter().all(|alternative| {
        let mut found = Vec::new();
        alternative.check(&Subject::of(item), &mut vars.clone(), &mut found);
        found.iter().any(|m| m.path.ends_with("/ResultStatus"))
    })
}

/// Whether a batch item says that the message failed: it has no Operation (1.4 §11.1).
fn refuses_message(item: ItemRef<'_>) -> bool {
    let status = item.child(tag::RESULT_STATUS).and_then(|s| s.as_u32()).map(ResultStatus);
    status == Some(ResultStatus::OPERATION_FAILED) && item.child(tag::OPERATION).is_none()
}

fn is_inconclusive(finding: &Finding) -> bool {
    finding.verdict == Verdict::Inconclusive
}

/// `OperationFailed (0x00000001), ItemNotFound (0x00000001), "no such object"`.
pub fn summary(item: ItemRef<'_>) -> String {
    let parts: Vec<_> = [tag::RESULT_STATUS, tag::RESULT_REASON, tag::RESULT_MESSAGE]
        .into_iter()
        .filter_map(|t| item.child(t))
        .map(names::show)
        .collect();
    if parts.is_empty() { "a batch item without Result Status".to_owned() } else { parts.join(", ") }
}

fn absent(place: &Place, path: &str, holder: ItemRef<'_>) -> Mismatch {
    Mismatch {
        place: place.clone(),
        path: path.to_owned(),
        offset: Some(holder.offset()),
        expected: "present".to_owned(),
        actual: "absent".to_owned(),
        level: None,
        undecided: None,
    }
}

pub(crate) fn show_fate(fate: &Fate) -> String {
    match fate {
        Fate::Answered => "an answer".to_owned(),
        Fate::Closed { after: 0 } => "the connection closed without an answer".to_owned(),
        Fate::Closed { after } => format!("the connection closed after {after} bytes of an answer"),
        Fate::Alert(a) => format!("TLS alert {a}"),
        Fate::TimedOut { after: 0 } => "no answer in time".to_owned(),
        Fate::TimedOut { after } => format!("{after} bytes of an answer, then nothing in time"),
        Fate::NotTtlv(why) => format!("something that is no TTLV message: {why}"),
        Fate::Failed(why) => format!("the transport failed: {why}"),
    }
}
