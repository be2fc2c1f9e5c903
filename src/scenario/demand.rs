//! What a step holds an answer against, found by asking the judge: answers are made up, one for each Result Reason, and
//! `judge.rs` says which of them would turn the case red. Nothing is read off the matchers, so nothing can be claimed of
//! a case that its verdicts do not bear out.

use super::file::FateKind;
use super::judge::Outcome;
use super::matcher::Matcher;
use super::names;
use super::plan::{Request, Step};
use super::vars::Vars;
use crate::runner::event::Fate;
use crate::runner::verdict::Verdict;
use kmipspec_protocol::registry::{self, Operation, ResultReason, tag};
use kmipspec_protocol::ttlv::{Doc, Item, Limits};
use kmipspec_protocol::version::Version;

/// A reason that no version has: what takes it takes anything.
const NO_REASON: u32 = 0x7FFF_FFFE;

/// What is demanded of the answer to one batch item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// The operation sent; `None` where the request is bytes as they are.
    pub operation: Option<u32>,
    /// The Result Reasons with which the step is content; all of them where it asks for a failure alone.
    pub accepts: Vec<u32>,
    /// Whether it is content with any reason at all.
    pub any_reason: bool,
    /// Whether another reason turns the case red.
    pub reason_fails: bool,
    /// Whether Success, with nothing in it, turns the case red.
    pub success_fails: bool,
}

impl Step {
    /// What is demanded of each batch item; nothing of a step whose findings do not count.
    pub fn demands(&self, version: Version) -> Vec<Demand> {
        if self.setup || self.optional || self.waits() {
            return Vec::new();
        }
        let mut vars = Vars::new("probe", &self.rule, version, 0);
        self.items
            .iter()
            .enumerate()
            .filter_map(|(i, m)| m.as_ref().map(|m| self.demand(m, self.operation(i), &mut vars)))
            .collect()
    }

    /// Whether some answer turns the case red because of this step, whose demands these are.
    pub fn can_fail(&self, version: Version, demands: &[Demand]) -> bool {
        if self.setup || self.optional {
            return false;
        }
        if self.waits() {
            return self.can_fail_when_told(version);
        }
        let demanded = demands.iter().any(|d| d.reason_fails || d.success_fails);
        // What is asked of the header, of the number of items or of the connection is lost with the connection.
        let whole = self.items.is_empty() || !self.header.is_empty() || self.items.iter().any(Option::is_none);
        let fate = if self.fate.contains(&FateKind::Closed) {
            Fate::NotTtlv("made up".to_owned())
        } else {
            Fate::Closed { after: 0 }
        };
        let mut vars = Vars::new("probe", &self.rule, version, 0);
        let lost = self.judge(&Outcome { fate: &fate, response: None }, &mut vars);
        demanded
            || ((whole || self.alive) && lost.iter().any(|f| f.verdict == Verdict::Fail))
            || self.expects_payload(version)
    }

    /// Whether something in an answer turns the case red beside status and reason: an empty Success, or a refusal, would do.
    fn expects_payload(&self, version: Version) -> bool {
        let mut vars = Vars::new("probe", &self.rule, version, 0);
        let failing = |m: &Matcher, i: usize, vars: &mut Vars| {
            let item = answer(self.operation(i), None);
            let refused = answer(self.operation(i), Some(ResultReason::GENERAL_FAILURE.0));
            self.verdicts(m, &item, vars, false).contains(&Verdict::Fail)
                || self.verdicts(m, &refused, vars, false).contains(&Verdict::Fail)
        };
        self.items.iter().enumerate().any(|(i, m)| m.as_ref().is_some_and(|m| failing(m, i, &mut vars)))
    }

    /// Operations that are to succeed in this step, by code: refused, the step would not go as expected.
    pub fn succeeding(&self, version: Version) -> Vec<u32> {
        let mut vars = Vars::new("probe", &self.rule, version, 0);
        let mut takes = |(i, matcher): (usize, &Option<Matcher>)| {
            let operation = self.operation(i)?;
            let item = answer(Some(operation), None);
            let refused = answer(Some(operation), Some(ResultReason::GENERAL_FAILURE.0));
            let matcher = matcher.as_ref()?;
            let content = self.verdicts(matcher, &item, &mut vars, true).is_empty();
            (content && !self.verdicts(matcher, &refused, &mut vars, true).is_empty()).then_some(operation)
        };
        self.items.iter().enumerate().filter_map(&mut takes).collect()
    }

    fn operation(&self, index: usize) -> Option<u32> {
        match &self.request {
            Request::Message { items, .. } => items.get(index).or_else(|| items.first()).map(|i| i.operation),
            Request::Raw { .. } | Request::Receive(_) => None,
        }
    }

    fn demand(&self, matcher: &Matcher, operation: Option<u32>, vars: &mut Vars) -> Demand {
        let mut ask = |reason| self.verdicts(matcher, &answer(operation, reason), vars, true);
        let success_fails = ask(None).contains(&Verdict::Fail);
        let mut demand =
            Demand { operation, accepts: Vec::new(), any_reason: false, reason_fails: false, success_fails };
        let strange = ask(Some(NO_REASON));
        demand.any_reason = strange.is_empty();
        demand.reason_fails = strange.contains(&Verdict::Fail);
        // Where Success is what is asked for, no reason will do: trying them all would tell nothing.
        let success = ask(None).is_empty() && self.asks_for_success(matcher, operation, vars);
        if success || demand.any_reason || !demand.reason_fails && !strange.contains(&Verdict::Info) {
            return demand;
        }
        let mut ask = |reason| self.verdicts(matcher, &answer(operation, reason), vars, true);
        let known = registry::enumeration_named("ResultReason").map_or(&[][..], |e| e.values);
        demand.accepts = known.iter().map(|v| v.code).filter(|r| ask(Some(*r)).is_empty()).collect();
        demand
    }

    /// Whether a failure is wrong by its Result Status alone, and not as one of several answers that would do.
    fn asks_for_success(&self, matcher: &Matcher, operation: Option<u32>, vars: &mut Vars) -> bool {
        let bytes = answer(operation, Some(ResultReason::GENERAL_FAILURE.0)).encode();
        let Ok(doc) = Doc::strict(&bytes, &Limits::default()) else { return false };
        let Some(root) = doc.root() else { return false };
        let (mut mismatches, mut out) = (Vec::new(), Vec::new());
        self.judge_item(matcher, root, vars, &mut mismatches, &mut out);
        let paths = mismatches.iter().map(|m| m.path.as_str()).chain(out.iter().map(|f| f.path.as_str()));
        paths.into_iter().any(|path| path.ends_with("/ResultStatus"))
    }

    /// The verdicts on a made-up answer, of status and reason alone where asked for.
    fn verdicts(&self, matcher: &Matcher, item: &Item, vars: &mut Vars, status_alone: bool) -> Vec<Verdict> {
        let bytes = item.clone().encode();
        let Ok(doc) = Doc::strict(&bytes, &Limits::default()) else { return Vec::new() };
        let Some(root) = doc.root() else { return Vec::new() };
        let (mut mismatches, mut out) = (Vec::new(), Vec::new());
        self.judge_item(matcher, root, vars, &mut mismatches, &mut out);
        let whole = names::path(root);
        let findings = out.into_iter().chain(mismatches.into_iter().map(|m| self.finding_of(m)));
        let about = |path: &str| path == whole || path.ends_with("/ResultStatus") || path.ends_with("/ResultReason");
        findings.filter(|f| !status_alone || about(&f.path)).map(|f| f.verdict).collect()
    }
}

/// A batch item of an answer: Success with an empty payload, or failed for a reason.
fn answer(operation: Option<u32>, reason: Option<u32>) -> Item {
    let mut fields = Vec::new();
    fields.extend(operation.map(|o| Item::enumeration(tag::OPERATION, Operation(o).0)));
    fields.push(Item::enumeration(tag::RESULT_STATUS, u32::from(reason.is_some())));
    match reason {
        Some(reason) => fields.push(Item::enumeration(tag::RESULT_REASON, reason)),
        None => fields.push(Item::structure(tag::RESPONSE_PAYLOAD, Vec::new())),
    }
    Item::structure(tag::BATCH_ITEM, fields)
}
