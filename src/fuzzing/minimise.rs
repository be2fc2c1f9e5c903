//! Small inputs out of large ones: whole parts are taken away as long as the finding stays.
//!
//! Greedy, and in the terms of the tree: a step or item deleted, an item put in the place of the structure around it, a value
//! halved. What shrinks bytes one by one breaks every length around them, and gets nowhere.

use super::mutate::sequence::remove;
use super::mutate::tree::{at, at_mut, places, read, siblings, write};
use super::script::Script;
use kmipspec_protocol::ttlv::{Body, Item};

/// What became of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Minimised {
    /// The smallest input found that still has the finding.
    pub bytes: Vec<u8>,
    /// How often it was tried.
    pub tries: usize,
}

/// Makes a message smaller while `still` holds of it, with at most `most` tries. `still` must hold of the input.
pub fn message(input: &[u8], most: usize, mut still: impl FnMut(&[u8]) -> bool) -> Minimised {
    let mut best = read(input);
    let mut tries = 0;
    'again: loop {
        for change in changes(&best) {
            let mut smaller = best.clone();
            if !change.apply(&mut smaller) {
                continue;
            }
            let bytes = write(&smaller);
            if bytes.len() >= write(&best).len() {
                continue;
            }
            if tries == most {
                break 'again;
            }
            tries += 1;
            if still(&bytes) {
                best = smaller;
                continue 'again;
            }
        }
        break;
    }
    Minimised { bytes: write(&best), tries }
}

/// Makes a script smaller: first fewer steps, then each message. Bytes that are no script are treated as a message.
pub fn script(input: &[u8], most: usize, mut still: impl FnMut(&[u8]) -> bool) -> Minimised {
    let Ok(mut best) = Script::read(input) else { return message(input, most, still) };
    let mut tries = 0;
    for place in (0..best.steps.len()).rev().take(most) {
        let mut smaller = best.clone();
        remove(&mut smaller.steps, place);
        tries += 1;
        if still(&smaller.write()) {
            best = smaller;
        }
    }
    for place in 0..best.steps.len() {
        let Some(bytes) = best.steps.get(place).map(|step| step.bytes.clone()) else { continue };
        let with = |bytes: &[u8]| {
            let mut script = best.clone();
            if let Some(step) = script.steps.get_mut(place) {
                step.bytes = bytes.to_vec();
            }
            script
        };
        let found = message(&bytes, most.saturating_sub(tries), |bytes| still(&with(bytes).write()));
        tries += found.tries;
        best = with(&found.bytes);
    }
    Minimised { bytes: best.write(), tries }
}

/// One way to make a tree smaller.
enum Change {
    /// The item goes.
    Delete(Vec<usize>),
    /// Its first item takes its place.
    Hoist(Vec<usize>, usize),
    /// Half of its value goes.
    Halve(Vec<usize>),
}

/// Every change, those that may take most first.
fn changes(items: &[Item]) -> Vec<Change> {
    let all = places(items, |_| true);
    let mut changes: Vec<Change> = all.iter().cloned().map(Change::Delete).collect();
    for path in &all {
        let Some(item) = at(items, path) else { continue };
        changes.extend((0..item.items().len().min(8)).map(|inner| Change::Hoist(path.clone(), inner)));
        if matches!(&item.body, Body::Bytes(bytes) if bytes.len() > 8) {
            changes.push(Change::Halve(path.clone()));
        }
    }
    changes
}

impl Change {
    /// Whether there was something to change.
    fn apply(self, items: &mut [Item]) -> bool {
        match self {
            Self::Delete(path) => siblings(items, &path).map(|(list, place)| list.remove(place)).is_some(),
            Self::Hoist(path, inner) => replace(items, &path, |item| item.items().get(inner).cloned()),
            Self::Halve(path) => replace(items, &path, |item| {
                let Body::Bytes(bytes) = &item.body else { return None };
                let mut half = item.clone();
                half.body = Body::Bytes(bytes.get(..bytes.len() / 2)?.to_vec());
                Some(half)
            }),
        }
    }
}

/// Puts what `new` makes of an item in its place.
fn replace(items: &mut [Item], path: &[usize], new: impl Fn(&Item) -> Option<Item>) -> bool {
    let Some(item) = at_mut(items, path) else { return false };
    let Some(new) = new(item) else { return false };
    *item = new;
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzzing::script::{HELD, Step};
    use kmipspec_protocol::registry::tag;
    use kmipspec_protocol::ttlv::{Doc, Limits};

    fn long() -> Vec<u8> {
        let deep = Item::structure(tag::NAME, vec![Item::text(tag::NAME_VALUE, "the one that matters, and more")]);
        let inside = vec![
            Item::integer(tag::BATCH_COUNT, 1),
            Item::structure(tag::ATTRIBUTES, vec![Item::bytes(tag::DATA, [1; 90]), deep]),
            Item::text(tag::UNIQUE_IDENTIFIER, "another"),
        ];
        Item::structure(tag::REQUEST_MESSAGE, inside).encode()
    }

    /// Whether a message is well-formed and has a Name Value that begins so.
    fn matters(bytes: &[u8]) -> bool {
        let doc = Doc::lenient(bytes, &Limits { leaf_root: true, ..Limits::default() });
        let named = |text: &str| text.starts_with("the");
        doc.diags().is_empty() && doc.items().any(|i| i.tag() == tag::NAME_VALUE && i.as_text().is_some_and(named))
    }

    #[test]
    fn only_what_matters_stays() {
        let found = message(&long(), 1000, matters);
        assert_eq!(found.bytes, Item::text(tag::NAME_VALUE, "the one").encode());
        assert!(found.tries < 60, "{} tries", found.tries);
        assert!(message(&long(), 3, matters).tries == 3);
    }

    #[test]
    fn a_script_loses_steps_and_its_messages_shrink() {
        let step = |bytes| Step { connection: 0, identity: 0, bytes };
        let script_of = |steps| Script { steps }.write();
        let input = script_of(vec![step(long()), step(long()), step(vec![7; 100])]);
        let any = |bytes: &[u8]| Script::read(bytes).is_ok_and(|s| s.steps.iter().any(|s| matters(&s.bytes)));
        let found = script(&input, 1000, any);
        let small = Item::text(tag::NAME_VALUE, "the one").encode();
        assert_eq!(found.bytes, script_of(vec![step(small)]));
    }

    #[test]
    fn references_go_along_with_the_steps_that_stay() {
        let step = |text: &str| {
            let bytes = Item::structure(tag::REQUEST_MESSAGE, vec![Item::text(tag::UNIQUE_IDENTIFIER, text)]).encode();
            Step { connection: 0, identity: 0, bytes }
        };
        // A connection that is left alone is a step without bytes.
        let idle = Step { connection: HELD, identity: 0, bytes: Vec::new() };
        let script_of = |steps: &[&Step]| Script { steps: steps.iter().copied().cloned().collect() }.write();
        let (made, used) = (step("made"), step("$2.0"));
        let input = script_of(&[&idle, &step("other"), &made, &idle, &used]);
        let about_what_was_made = |bytes: &[u8]| {
            Script::read(bytes).is_ok_and(|script| {
                let place = script.steps.iter().position(|step| *step == made);
                place.is_some_and(|place| script.steps.contains(&step(&format!("${place}.0"))))
            })
        };
        let found = super::script(&input, 1000, about_what_was_made);
        assert_eq!(found.bytes, script_of(&[&made, &step("$0.0")]));
    }

    #[test]
    fn what_cannot_shrink_stays() {
        assert_eq!(message(&long(), 1000, |_| false).bytes, long());
        assert_eq!(message(b"", 10, |_| true), Minimised { bytes: Vec::new(), tries: 0 });
    }
}
