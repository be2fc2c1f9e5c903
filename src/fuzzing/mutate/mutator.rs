//! The groups of operators, and the choice among them.

use super::rng::Rng;
use super::{cross, honest, lies, message, raw, sequence, shape, tree, types, version};
use crate::fuzzing::script::Script;
use kmipspec_protocol::ttlv::Item;

/// What kind of change an operator makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Other fields and values, and a message that is as well-formed as before.
    Honest,
    /// Another item type.
    Types,
    /// Lengths and padding that are not true, bytes missing or left over.
    Lies,
    /// Depth, number, emptiness.
    Shape,
    /// What belongs to the message as a whole: batch, header, credentials.
    Message,
    /// The version, and fields of others.
    Version,
    /// Steps of a conversation.
    Sequence,
}

impl Group {
    /// Every group.
    pub const ALL: [Self; 7] =
        [Self::Honest, Self::Types, Self::Lies, Self::Shape, Self::Message, Self::Version, Self::Sequence];
}

/// How often each group of single messages has its turn: what is honest gets deepest.
const TURNS: [Group; 16] = [
    Group::Honest,
    Group::Honest,
    Group::Honest,
    Group::Honest,
    Group::Honest,
    Group::Honest,
    Group::Honest,
    Group::Types,
    Group::Types,
    Group::Lies,
    Group::Lies,
    Group::Shape,
    Group::Message,
    Group::Message,
    Group::Message,
    Group::Version,
];

/// Makes mutants.
#[derive(Clone, Debug)]
pub struct Mutator {
    /// Where its choices come from.
    rng: Rng,
}

impl Mutator {
    /// The mutator of a seed.
    pub const fn new(seed: u64) -> Self {
        Self { rng: Rng::new(seed) }
    }

    /// A mutant of a message, at most `max` bytes long.
    pub fn message(&mut self, input: &[u8], max: usize) -> Vec<u8> {
        if self.rng.one_in(16) {
            return raw::mutate(input, max, &mut self.rng);
        }
        let before = tree::read(input);
        // What is no message at all becomes one.
        let is_none = tree::places(&before, |_| true).is_empty();
        let mut items = if is_none { tree::read(&message::smallest()) } else { before };
        let rounds = 1 + self.rng.below(4) * self.rng.below(2);
        let mut changed = false;
        for _ in 0..rounds {
            let group = self.rng.choose(&TURNS, Group::Honest);
            changed |= self.apply(group, &mut items, max);
        }
        let made = tree::write(&items);
        // An operator may find nothing to change, or make too much of it.
        if !changed || made.len() > max || made == input {
            return raw::mutate(input, max, &mut self.rng);
        }
        made
    }

    /// A mutant of bytes of any kind, at most `max` of them.
    pub fn bytes(&mut self, input: &[u8], max: usize) -> Vec<u8> {
        raw::mutate(input, max, &mut self.rng)
    }

    /// One operator of a group on a message; whether there was something for it to change. Those of sequences need a script.
    pub fn apply(&mut self, group: Group, items: &mut Vec<Item>, max: usize) -> bool {
        let rng = &mut self.rng;
        match group {
            Group::Honest => honest::mutate(items, rng),
            Group::Types => types::mutate(items, rng),
            Group::Lies => lies::mutate(items, rng),
            Group::Shape => shape::mutate(items, max, rng),
            Group::Message => message::mutate(items, rng),
            Group::Version => version::mutate(items, rng),
            Group::Sequence => false,
        }
    }

    /// The first message with a part of the second in it, at most `max` bytes long.
    pub fn cross_messages(&mut self, first: &[u8], second: &[u8], max: usize) -> Vec<u8> {
        let mut items = tree::read(first);
        let crossed = cross::cross(&mut items, &tree::read(second), &mut self.rng);
        let made = tree::write(&items);
        if crossed && made.len() <= max { made } else { raw::mutate(first, max, &mut self.rng) }
    }

    /// A mutant of a script: of its steps, or of one message.
    pub fn script(&mut self, input: &[u8], max: usize) -> Vec<u8> {
        let mut script = match Script::read(input) {
            Ok(script) if !script.steps.is_empty() => script,
            _ => sequence::smallest(),
        };
        if self.rng.one_in(2) {
            sequence::mutate(&mut script, &mut self.rng);
        } else {
            let place = self.rng.below(script.steps.len());
            let others: usize =
                script.steps.iter().enumerate().filter(|(i, _)| *i != place).map(|(_, s)| s.bytes.len() + 6).sum();
            if let Some(step) = script.steps.get_mut(place) {
                step.bytes = self.message(&step.bytes, max.saturating_sub(others + 14));
            }
        }
        let made = script.write();
        if made.len() <= max { made } else { input.get(..max).unwrap_or(input).to_vec() }
    }

    /// The first script with one step more: one of the second, about an object of the first.
    pub fn borrow_step(&mut self, first: &[u8], second: &[u8], max: usize) -> Vec<u8> {
        let (Ok(mut into), Ok(from)) = (Script::read(first), Script::read(second)) else {
            return self.script(first, max);
        };
        let borrowed = sequence::borrow(&mut into, &from, &mut self.rng);
        let made = into.write();
        if borrowed && made.len() <= max { made } else { self.script(first, max) }
    }

    /// A script with a few steps more, about the object of its last one: operations from a place in the list of all of them on; and the
    /// place of those that come next, where there are any.
    pub fn explore(&mut self, input: &[u8], from: usize, max: usize) -> Option<(Vec<u8>, Option<usize>)> {
        let mut script = Script::read(input).ok()?;
        let before = script.steps.len();
        let next = sequence::explore(&mut script, from, &mut self.rng);
        let made = script.write();
        (script.steps.len() > before && made.len() <= max).then_some((made, next))
    }

    /// The first script with steps, or a part of a message, of the second.
    pub fn cross_scripts(&mut self, first: &[u8], second: &[u8], max: usize) -> Vec<u8> {
        if self.rng.one_in(2) {
            return self.borrow_step(first, second, max);
        }
        let (Ok(mut into), Ok(from)) = (Script::read(first), Script::read(second)) else {
            return self.script(first, max);
        };
        if self.rng.one_in(2) {
            sequence::cross(&mut into, &from, &mut self.rng);
        } else {
            let place = self.rng.below(into.steps.len());
            let other = self.rng.below(from.steps.len());
            if let (Some(step), Some(other)) = (into.steps.get_mut(place), from.steps.get(other)) {
                step.bytes = self.cross_messages(&step.bytes, &other.bytes, max);
            }
        }
        let made = into.write();
        if made.len() <= max { made } else { first.get(..max).unwrap_or(first).to_vec() }
    }
}
