//! The suite as a client: hostile answers to the requests of scenarios, one message of the input for each step.

use crate::runner::event::{Fate, Finding};
use crate::scenario::judge::Outcome;
use crate::scenario::library;
use crate::scenario::plan::Plan;
use crate::scenario::vars::Vars;
use kmipspec_protocol::registry::tag;
use kmipspec_protocol::schema::{Context, check_response};
use kmipspec_protocol::ttlv::{Doc, ItemRef, Limits};
use kmipspec_protocol::version::Version;
use std::sync::LazyLock;

/// Bounds of this target.
const LIMITS: Limits = Limits { max_size: 1 << 16, max_depth: 32, max_items: 4096, leaf_root: false };

/// The clock of the cases.
const NOW: i64 = 1_700_000_000;

/// A built-in scenario.
macro_rules! scenario {
    ($path:literal) => {
        include_str!(concat!("../../vectors/scenarios/operations/", $path, ".yaml"))
    };
}

/// Scenarios with every kind of matcher among them.
const SCENARIOS: &[&str] = &[
    scenario!("activate/pre-active"),
    scenario!("create/symmetric-key"),
    scenario!("create-key-pair/names"),
    scenario!("discover-versions/all"),
    scenario!("encrypt/aes-ecb"),
    scenario!("get-attributes/all-instances"),
    scenario!("locate/nothing-found"),
    scenario!("query/random-number-generators"),
    scenario!("register/secret-data"),
];

/// The scenarios at a version of 1.x and one of 2.x.
static PLANS: LazyLock<Vec<Plan>> = LazyLock::new(|| {
    let mut plans = Vec::new();
    for text in SCENARIOS {
        let Ok(scenario) = library::read("fuzz.yaml", text.as_bytes()) else { continue };
        plans.extend([Version::V1_4, Version::V2_1].into_iter().filter_map(|version| scenario.plan(version).ok()));
    }
    plans
});

/// Checks one input: answers, one after the other.
///
/// # Panics
///
/// `P1` when the same answers have two verdicts; a harness that cannot take an answer panics by itself (`O1`).
pub fn client_response(input: &[u8]) {
    let answers = messages(input);
    let first = answers.first().and_then(Doc::root);
    let asked = first.and_then(|root| root.child(tag::BATCH_ITEM)?.child(tag::OPERATION)?.as_u32());
    let about = |plan: &Plan| asked.is_some_and(|code| plan.steps.iter().any(|step| names(step.operations(), code)));
    let fits = PLANS.iter().filter(|plan| about(plan));
    let chosen: Vec<&Plan> = fits.chain(PLANS.iter()).take(2).collect();
    for plan in chosen {
        assert_eq!(judged(plan, &answers), judged(plan, &answers), "P1: the same answers have two verdicts");
    }
}

/// Whether one of the operations is the one of this number.
fn names(operations: Vec<String>, code: u32) -> bool {
    let name = kmipspec_protocol::registry::Operation(code).name();
    operations.iter().any(|operation| Some(operation.as_str()) == name)
}

/// The messages of an input; at most eight.
fn messages(input: &[u8]) -> Vec<Doc<'_>> {
    let (mut found, mut rest) = (Vec::new(), input);
    while found.len() < 8 {
        let doc = Doc::lenient(rest, &LIMITS);
        let left = doc.trailing().len();
        let size = rest.len().saturating_sub(left);
        let Some((message, behind)) = rest.split_at_checked(size).filter(|_| size > 0) else { break };
        found.push(Doc::lenient(message, &LIMITS));
        rest = behind;
    }
    found
}

/// What a case makes of these answers, as it would be reported; the last one answers all further steps.
fn judged(plan: &Plan, answers: &[Doc<'_>]) -> Vec<String> {
    let mut vars = Vars::new("fuzz", &plan.id, plan.version, NOW);
    let mut said = Vec::new();
    for (number, step) in plan.steps.iter().enumerate() {
        let Ok(request) = step.request(&mut vars) else { break };
        let answer = answers.get(number).or(answers.last());
        let fate = if answer.is_some() { Fate::Answered } else { Fate::Closed { after: 0 } };
        let found = step.judge(&Outcome { fate: &fate, response: answer }, &mut vars);
        said.extend(found.iter().map(told));
        if let Some(answer) = answer {
            let request = Doc::lenient(&request, &LIMITS);
            let violations = check_response(answer, &Context { version: plan.version, request: Some(&request) });
            said.extend(violations.iter().map(|v| format!("{} {} {}", v.rule.id, v.path, v.actual)));
            said.push(batch(answer));
        }
        if step.ends_scenario(&found) {
            break;
        }
    }
    said
}

/// One finding.
fn told(finding: &Finding) -> String {
    format!("{} {:?} {} {} {}", finding.rule, finding.verdict, finding.path, finding.expected, finding.actual)
}

/// What the runner reads off an answer.
fn batch(answer: &Doc<'_>) -> String {
    let items = answer.root().into_iter().flat_map(ItemRef::children).filter(|item| item.tag() == tag::BATCH_ITEM);
    format!("{} items", items.count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scenarios_are_there() {
        assert!(PLANS.len() >= SCENARIOS.len(), "{} plans", PLANS.len());
    }

    #[test]
    fn an_answer_to_something_else_is_a_finding() {
        let bytes = [0x42, 0x00, 0x7B, 0x01, 0, 0, 0, 0];
        let answers = messages(&bytes);
        assert_eq!(answers.len(), 1);
        assert!(PLANS.iter().all(|plan| !judged(plan, &answers).is_empty()));
        client_response(&bytes);
        client_response(&[]);
    }
}
