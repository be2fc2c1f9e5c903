//! What is to be seen of a server's insides in its answers: numbers that are the same for the same behaviour.
//!
//! Values that change each time (identifiers, dates, key bytes) are left out, or every execution would be news.

use super::peer::{Played, Spoken};
use super::requests::LIMITS;
use crate::fuzzing::lives::{Lives, assigned, result, short};
use crate::fuzzing::oracles::pairs;
use crate::runner::event::Fate;
use kmipspec_protocol::registry::tag;
use kmipspec_protocol::ttlv::{Doc, ItemRef};
use std::collections::BTreeSet;

/// How deep paths of an answer are looked at.
const DEPTH: usize = 4;

/// What was to be seen, each among 64 Ki.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Features {
    /// What was done, and what followed what: where the server has got to.
    pub states: BTreeSet<u16>,
    /// What its answers are made of.
    pub words: BTreeSet<u16>,
}

impl Features {
    /// Whether all of these are among others.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.states.is_subset(&other.states) && self.words.is_subset(&other.words)
    }
}

/// The features of a script that was played.
pub fn features(played: &Played) -> Features {
    let mut all = Features::default();
    let (mut before, mut whose) = (None, None);
    let mut lives = Lives::default();
    for step in &played.steps {
        let (operation, done) = of_step(step, &mut lives, &mut all);
        let other = whose.is_some_and(|whose| whose != &step.who);
        all.states.insert(short(&("after", before, other, operation, done)));
        if done {
            (before, whose) = (operation, Some(&step.who));
        }
    }
    all
}

/// Those of one exchange; and its first operation, and whether it was done.
fn of_step(step: &Spoken, lives: &mut Lives, all: &mut Features) -> (Option<u32>, bool) {
    let fate = match &step.fate {
        Fate::Answered => "answered",
        Fate::Closed { after: 0 } => "closed",
        Fate::Closed { .. } => "short",
        Fate::Alert(alert) => alert.as_str(),
        Fate::TimedOut { .. } => "silent",
        Fate::NotTtlv(_) => "strange",
        Fate::Failed(_) => "failed",
    };
    let (request, answer) = (Doc::lenient(&step.request, &LIMITS), Doc::lenient(&step.answer, &LIMITS));
    let asked = request.items().find(|item| item.tag() == tag::OPERATION).and_then(ItemRef::as_u32).map(assigned);
    all.states.insert(short(&("fate", asked, fate)));
    let mut done = false;
    for item in answer.items().filter(|item| item.tag() == tag::BATCH_ITEM) {
        let result = result(item);
        done |= result[0] == Some(0);
        all.states.insert(short(&("result", asked, result)));
    }
    let pairs = pairs(&request, &answer);
    // A script has one connection for each identity here.
    all.states.extend(lives.note(&pairs, step.who.as_deref(), 1));
    for pair in pairs {
        let paths: BTreeSet<Vec<u32>> = pair.answer.descendants().filter_map(path).collect();
        all.words.insert(short(&("paths", pair.operation().map(assigned), paths)));
    }
    for item in answer.items() {
        all.words.insert(short(&("item", item.tag().0, item.ty().0, bucket(item.raw().len()))));
        if item.tag() == tag::STATE {
            all.states.insert(short(&("state", asked, item.as_u32())));
        }
        if item.tag() == tag::RESULT_MESSAGE {
            all.words.insert(short(&("message", template(item.as_text().unwrap_or_default()))));
        }
    }
    let items = |doc: &Doc<'_>| doc.items().filter(|item| item.tag() == tag::BATCH_ITEM).count().min(8);
    all.states.insert(short(&("count", items(&answer), items(&request))));
    let version = |doc: &Doc<'_>| -> Vec<i32> {
        let numbers = [tag::PROTOCOL_VERSION_MAJOR, tag::PROTOCOL_VERSION_MINOR];
        doc.items().filter(|item| numbers.contains(&item.tag())).filter_map(ItemRef::as_i32).take(2).collect()
    };
    all.states.insert(short(&("version", version(&answer))));
    (asked, done)
}

/// The tags above an item and its own; none where they are too many.
fn path(item: ItemRef<'_>) -> Option<Vec<u32>> {
    let mut path = Vec::new();
    let mut next = Some(item);
    while let Some(item) = next.filter(|item| item.tag() != tag::BATCH_ITEM) {
        path.push(item.tag().0);
        next = item.parent();
    }
    (path.len() <= DEPTH).then_some(path)
}

/// Lengths that differ in kind.
const fn bucket(length: usize) -> u8 {
    match length {
        0 => 0,
        1..8 => 1,
        8 => 2,
        9..64 => 3,
        64..4096 => 4,
        _ => 5,
    }
}

/// A message without what changes in it: digits, what is in quotes, what looks hexadecimal.
pub(in crate::fuzzing) fn template(text: &str) -> String {
    let mut out = String::new();
    let mut quoted = false;
    for c in text.chars().take(512) {
        match c {
            '"' | '\'' | '`' => quoted = !quoted,
            _ if quoted || c.is_ascii_hexdigit() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzzing::oracles::test::{answer, ok, request};
    use kmipspec_protocol::registry::Operation;
    use kmipspec_protocol::ttlv::Item;
    use kmipspec_protocol::version::Version::V1_4;
    use std::time::Duration;

    fn played(id: &str, material: &[u8], message: Option<&str>) -> Played {
        let id = Item::text(tag::UNIQUE_IDENTIFIER, id);
        let mut item = ok(Operation::GET, vec![id.clone(), Item::bytes(tag::KEY_MATERIAL, material)]);
        if let Some(message) = message {
            item.push(Item::text(tag::RESULT_MESSAGE, message));
        }
        let request = request(V1_4, Operation::GET, vec![id]);
        let answer = answer(V1_4, vec![item]);
        let step = Spoken {
            step: 0,
            who: None,
            request,
            answer,
            fate: Fate::Answered,
            honest: true,
            took: Duration::ZERO,
            usual: None,
        };
        Played { steps: vec![step], ..Played::default() }
    }

    #[test]
    fn what_changes_each_time_is_no_news() {
        let first = features(&played("b3a8d9c0-0001", &[1; 16], Some("no object \"abc\" at 17:03")));
        for n in 0..1000_u32 {
            let id = format!("b3a8d9c0-{n:04}");
            let again = played(&id, &[n.to_le_bytes(); 4].concat(), Some(&format!("no object \"{n}\" at 1{n}:0{n}")));
            assert!(features(&again).is_subset(&first), "{n}");
        }
    }

    #[test]
    fn another_behaviour_is_news() {
        let first = features(&played("1", &[1; 16], None));
        assert!(!features(&played("1", &[1; 16], Some("why"))).is_subset(&first));
        let mut closed = played("1", &[1; 16], None);
        closed.steps[0].answer.clear();
        closed.steps[0].fate = Fate::Closed { after: 0 };
        assert!(!features(&closed).is_subset(&first));
        let mut twice = played("1", &[1; 16], None);
        twice.steps.push(twice.steps[0].clone());
        assert!(!features(&twice).is_subset(&first), "what follows what");
    }
}
