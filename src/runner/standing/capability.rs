//! Does the peer do what it says it supports, and say what it does?

use super::StandingRule;
use crate::runner::capability::Capabilities;
use crate::runner::message::{self, name_or_number};
use crate::runner::verdict::Level;
use kmipspec_protocol::registry::{Operation, ResultReason, ResultStatus, tag};
use kmipspec_protocol::schema::operation_row;
use kmipspec_protocol::ttlv::{Doc, ItemRef};
use kmipspec_protocol::version::{ProtocolVersion, Version};
use std::collections::BTreeMap;

/// Id of the rule that an operation Query names is carried out.
pub const ADVERTISED_BUT_REFUSED: &str = "capability.advertised-but-refused";
/// Id of the rule that an operation carried out is named by Query.
pub const ACCEPTED_BUT_NOT_ADVERTISED: &str = "capability.accepted-but-not-advertised";

/// Query lists all operations the server supports (1.0 §4.24, 2.1 §6.1.32). Naming one that is never carried out says
/// what is not so; leaving one out is recorded only, since servers differ in what they count as theirs.
pub(super) const RULES: [StandingRule; 2] = [
    StandingRule {
        id: ADVERTISED_BUT_REFUSED,
        level: Level::Shall,
        statement: "An operation or version the server names as supported is not refused as unsupported.",
    },
    StandingRule {
        id: ACCEPTED_BUT_NOT_ADVERTISED,
        level: Level::May,
        statement: "An operation or version the server supports is among those it names.",
    },
];

/// The section on Query.
pub(super) fn spec_at(id: &str, version: Version) -> Vec<String> {
    if RULES.iter().all(|r| r.id != id) {
        return Vec::new();
    }
    let section = operation_row(Operation::QUERY.0).and_then(|row| row.section(version));
    section.map(|s| format!("KMIP {version} §{s}")).into_iter().collect()
}

/// How strongly the rule is meant at a version. 1.0 and 1.1 (§11.1) let a server refuse with Operation Not Supported what
/// it cannot do at once, so there a refusal proves nothing.
pub(super) fn level_at(rule: &StandingRule, version: Version) -> Level {
    // Of 3.0 there is no text to hold against anybody.
    let silent = rule.id == ADVERTISED_BUT_REFUSED && version <= Version::V1_1 || version >= Version::V3_0;
    if silent { Level::May } else { rule.level }
}

/// What became of an operation at a version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Seen {
    /// Once answered with anything but Operation Not Supported.
    supported: bool,
    /// Once carried out, or refused for a reason only a server that has it can give.
    carried_out: Option<usize>,
    /// First answered with Operation Not Supported in this exchange.
    refused: Option<usize>,
}

/// What became of every operation.
#[derive(Debug, Default)]
pub(super) struct Tracker {
    seen: BTreeMap<(Version, u32), Seen>,
}

/// An operation whose fate contradicts what the peer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Contradiction {
    pub(super) rule: &'static str,
    pub(super) exchange: Option<usize>,
    pub(super) expected: String,
    pub(super) actual: String,
}

impl Tracker {
    /// Looks at one answer. `remember` is called when its bytes may be needed as proof, and gives their place.
    pub(super) fn look(&mut self, version: Version, response: &Doc<'_>, mut remember: impl FnMut() -> usize) {
        for item in message::batch_items(response) {
            let Some(operation) = message::operation_of(item) else { continue };
            let status = item.child(tag::RESULT_STATUS).and_then(ItemRef::as_u32).map(ResultStatus);
            let reason = item.child(tag::RESULT_REASON).and_then(ItemRef::as_u32).map(ResultReason);
            let seen = self.seen.entry((version, operation.0)).or_default();
            if reason == Some(ResultReason::OPERATION_NOT_SUPPORTED) {
                seen.refused.get_or_insert_with(&mut remember);
                continue;
            }
            seen.supported = true;
            let knows = [ResultReason::ITEM_NOT_FOUND, ResultReason::OBJECT_NOT_FOUND];
            if status == Some(ResultStatus::SUCCESS) || reason.is_some_and(|r| knows.contains(&r)) {
                seen.carried_out.get_or_insert_with(&mut remember);
            }
        }
    }

    /// Compares with what the peer said.
    pub(super) fn contradictions(&self, said: &Capabilities, version: Version) -> Vec<Contradiction> {
        let mut found = Vec::new();
        for ((_, code), seen) in self.seen.iter().filter(|((v, _), _)| *v == version) {
            let operation = Operation(*code);
            let name = name_or_number(operation.name(), *code);
            match (said.advertises(version, operation), seen) {
                (Some(true), Seen { supported: false, refused: Some(exchange), .. }) => found.push(Contradiction {
                    rule: ADVERTISED_BUT_REFUSED,
                    exchange: Some(*exchange),
                    expected: format!("{name} is carried out, since Query names it"),
                    actual: "every request for it was answered OperationNotSupported".to_owned(),
                }),
                (Some(false), Seen { carried_out: Some(exchange), .. }) if operation != Operation::QUERY => {
                    found.push(Contradiction {
                        rule: ACCEPTED_BUT_NOT_ADVERTISED,
                        exchange: Some(*exchange),
                        expected: format!("Query names {name}, since it is carried out"),
                        actual: "Query does not name it".to_owned(),
                    });
                }
                _ => {}
            }
        }
        found.extend(version_contradiction(said, version));
        found
    }

    /// Whether any answer was seen at a version.
    pub(super) fn saw(&self, version: Version) -> bool {
        self.seen.keys().any(|(v, _)| *v == version)
    }
}

/// Discover Versions against what Query got at that version.
fn version_contradiction(said: &Capabilities, version: Version) -> Option<Contradiction> {
    let listed = said.discovered.as_ref()?.contains(&ProtocolVersion::from(version));
    match (listed, said.unsupported.get(&version)) {
        (true, Some(why)) => Some(Contradiction {
            rule: ADVERTISED_BUT_REFUSED,
            exchange: None,
            expected: format!("KMIP {version} is spoken, since Discover Versions names it"),
            actual: why.clone(),
        }),
        (false, None) if said.versions.contains_key(&version) => Some(Contradiction {
            rule: ACCEPTED_BUT_NOT_ADVERTISED,
            exchange: None,
            expected: format!("Discover Versions names {version}, since Query succeeds at it"),
            actual: "Discover Versions does not name it".to_owned(),
        }),
        _ => None,
    }
}
