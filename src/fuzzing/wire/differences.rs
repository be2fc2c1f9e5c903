//! O7: the same conversation with the bundled server, in this process, and where it answers otherwise.
//!
//! That two servers differ is no fault of either: much is left to them. So nobody is told of it who does not ask for it, only sound
//! requests are looked at, and of a conversation only the first difference: what follows may follow from it.

use super::judge::Seen;
use super::peer::Played;
use super::requests::{LIMITS, sound_at};
use crate::fuzzing::lives::result;
use crate::fuzzing::oracle::{Finding, Oracle};
use crate::fuzzing::oracles::{Pair, name_of, pairs};
use crate::fuzzing::script::{capture, refer, resolve};
use crate::fuzzing::server::World;
use crate::runner::event::Fate;
use crate::scenario::names::tag_name;
use kmipspec_protocol::registry::{Operation, ResultReason, ResultStatus};
use kmipspec_protocol::ttlv::{Doc, ItemRef, Tag};
use std::collections::BTreeSet;

/// What a server does not have: whoever has it answers otherwise.
const NOT_HAD: [ResultReason; 4] = [
    ResultReason::OPERATION_NOT_SUPPORTED,
    ResultReason::FEATURE_NOT_SUPPORTED,
    ResultReason::UNSUPPORTED_PROTOCOL_VERSION,
    ResultReason::INVALID_MESSAGE,
];

/// What tells of the server itself, or of all that it holds, or is its own choice each time.
const OWN: [Operation; 8] = [
    Operation::QUERY,
    Operation::DISCOVER_VERSIONS,
    Operation::LOCATE,
    Operation::LOGIN,
    Operation::LOGOUT,
    Operation::DELEGATED_LOGIN,
    Operation::PKCS_11,
    Operation::INTEROP,
];

/// The first difference, if there is one.
pub(super) fn difference(played: &Played) -> Option<Seen> {
    let world = World::alone();
    let (mut theirs, mut ours) = (Vec::new(), Vec::new());
    let mut names: Vec<&str> = Vec::new();
    for step in &played.steps {
        let identity = step.who.as_deref().map_or(2, |who| place_of(&mut names, who));
        // A conversation with what only one of both has seen goes other ways from there on.
        let asked = Doc::lenient(&step.request, &LIMITS);
        if step.fate != Fate::Answered || !step.honest || sound_at(&asked).is_none() {
            return None;
        }
        let request = resolve(&refer(&step.request, &theirs), &ours, 0);
        let answer = world.reply(0, identity, &request)?;
        theirs.push(capture(&step.answer));
        ours.push(capture(&answer));
        let [told, asked_here, told_here] = [&step.answer, &request, &answer].map(|bytes| Doc::lenient(bytes, &LIMITS));
        let (there, here) = (pairs(&asked, &told), pairs(&asked_here, &told_here));
        if there.len() != here.len() {
            return None;
        }
        for (there, here) in there.iter().zip(&here) {
            let results = [result(there.answer), result(here.answer)];
            if results.iter().any(|[_, why]| why.is_some_and(|why| NOT_HAD.contains(&ResultReason(why)))) {
                return None;
            }
            let operation = there.operation();
            if operation.is_none_or(|code| OWN.contains(&Operation(code))) {
                continue;
            }
            if let Some((place, detail)) = differs(there, here, results) {
                let finding = Finding { oracle: Oracle::O7, operation: name_of(operation), place, detail };
                return Some(Seen { finding, step: step.step });
            }
        }
    }
    None
}

/// The number of an identity: 0 for who spoke first, 1 for the next.
fn place_of<'n>(names: &mut Vec<&'n str>, who: &'n str) -> u8 {
    let place = names.iter().position(|name| *name == who).unwrap_or_else(|| {
        names.push(who);
        names.len() - 1
    });
    u8::try_from(place).unwrap_or(2)
}

/// Where two answers to the same differ, and how.
fn differs(there: &Pair<'_, '_>, here: &Pair<'_, '_>, results: [[Option<u32>; 2]; 2]) -> Option<(String, String)> {
    let [result, result_here] = results;
    if result != result_here {
        let place = format!("{}, not {}", in_words(result), in_words(result_here));
        return Some((place, "the bundled server answers so, in the same conversation".to_owned()));
    }
    let [fields, fields_here] = [there, here].map(|pair| tags(pair.given()));
    if fields == fields_here {
        return None;
    }
    let named = |tag: &Tag| tag_name(*tag);
    let missing = fields_here.difference(&fields).map(|tag| format!("no {}", named(tag)));
    let more = fields.difference(&fields_here).map(named);
    let place: Vec<String> = missing.chain(more).collect();
    Some((
        format!("fields: {}", place.join(", ")),
        "compared with the bundled server, in the same conversation".to_owned(),
    ))
}

/// Result Status and Result Reason.
fn in_words([status, reason]: [Option<u32>; 2]) -> String {
    let status = status.map_or_else(|| "no status".to_owned(), |status| ResultStatus(status).to_string());
    status + &reason.map(|reason| format!(", {}", ResultReason(reason))).unwrap_or_default()
}

/// The fields of a payload.
fn tags(payload: Option<ItemRef<'_>>) -> BTreeSet<Tag> {
    payload.into_iter().flat_map(ItemRef::children).map(|field| field.tag()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzzing::oracles::test;
    use crate::fuzzing::wire::peer::Spoken;
    use kmipspec_protocol::registry::tag;
    use kmipspec_protocol::ttlv::Item;
    use kmipspec_protocol::version::Version::V1_4;
    use std::time::Duration;

    fn spoken(place: usize, request: Vec<u8>, answer: Vec<u8>) -> Spoken {
        let (fate, took) = (Fate::Answered, Duration::ZERO);
        Spoken { step: place, who: Some("anybody".to_owned()), request, answer, fate, honest: true, took, usual: None }
    }

    /// A Create that another server answered, and what it then said to a Get of it.
    fn told(get: Item) -> Option<(String, usize)> {
        let attribute = |name: &str, value: Item| {
            Item::structure(tag::ATTRIBUTE, vec![Item::text(tag::ATTRIBUTE_NAME, name), value])
        };
        let template = vec![
            attribute("Cryptographic Algorithm", Item::enumeration(tag::ATTRIBUTE_VALUE, 3)),
            attribute("Cryptographic Length", Item::integer(tag::ATTRIBUTE_VALUE, 128)),
            attribute("Cryptographic Usage Mask", Item::integer(tag::ATTRIBUTE_VALUE, 12)),
        ];
        let kind = || Item::enumeration(tag::OBJECT_TYPE, 2);
        let id = || Item::text(tag::UNIQUE_IDENTIFIER, "theirs");
        let create =
            test::request(V1_4, Operation::CREATE, vec![kind(), Item::structure(tag::TEMPLATE_ATTRIBUTE, template)]);
        let made = test::answer(V1_4, vec![test::ok(Operation::CREATE, vec![kind(), id()])]);
        let asked = test::request(V1_4, Operation::GET, vec![id()]);
        let steps = vec![spoken(0, create, made), spoken(1, asked, test::answer(V1_4, vec![get]))];
        let seen = difference(&Played { steps, ..Played::default() })?;
        assert_eq!((seen.finding.oracle, seen.finding.operation.as_str()), (Oracle::O7, "Get"));
        Some((seen.finding.place, seen.step))
    }

    #[test]
    fn what_the_bundled_server_does_otherwise_is_told_once() {
        let fields = || {
            vec![
                Item::enumeration(tag::OBJECT_TYPE, 2),
                Item::text(tag::UNIQUE_IDENTIFIER, "theirs"),
                Item::structure(tag::SYMMETRIC_KEY, Vec::new()),
            ]
        };
        assert_eq!(told(test::ok(Operation::GET, fields())), None);
        let without = told(test::ok(Operation::GET, fields().into_iter().take(2).collect()));
        assert_eq!(without, Some(("fields: no SymmetricKey".to_owned(), 1)));
        let failed = |reason: ResultReason| {
            Item::structure(
                tag::BATCH_ITEM,
                vec![
                    Item::enumeration(tag::OPERATION, Operation::GET.0),
                    Item::enumeration(tag::RESULT_STATUS, ResultStatus::OPERATION_FAILED.0),
                    Item::enumeration(tag::RESULT_REASON, reason.0),
                ],
            )
        };
        let refused = told(failed(ResultReason::ITEM_NOT_FOUND));
        assert_eq!(refused, Some(("OperationFailed, ItemNotFound, not Success".to_owned(), 1)));
        assert_eq!(told(failed(ResultReason::OPERATION_NOT_SUPPORTED)), None);
    }
}
