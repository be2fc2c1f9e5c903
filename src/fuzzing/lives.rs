//! What happened to each object of a conversation: guidance that the code of a server does not give, as it runs through the same
//! lines for an object whatever became of that one before.

use super::oracles::Pair;
use kmipspec_protocol::registry::{Operation, tag};
use kmipspec_protocol::ttlv::ItemRef;
use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Objects that are followed at most.
const MOST: usize = 64;

/// The lives of the objects so far, by Unique Identifier.
#[derive(Clone, Debug, Default)]
pub struct Lives(HashMap<String, Life>);

/// What became of one object.
#[derive(Clone, Debug, Default)]
struct Life {
    /// The last two operations that were done to it, the later one last.
    done: [Option<u32>; 2],
    /// Who asked for the last one, and on which connection.
    by: Option<(Option<String>, u64)>,
}

impl Lives {
    /// Features of one more exchange on a connection, each among 64 Ki: what was asked of an object after what was done to it, by the
    /// same client or another one, and with which result.
    pub fn note(&mut self, pairs: &[Pair<'_, '_>], who: Option<&str>, connection: u64) -> BTreeSet<u16> {
        let mut seen = BTreeSet::new();
        for pair in pairs {
            let operation = pair.operation().map(assigned);
            let result = result(pair.answer);
            for id in named(pair.asked()).union(&named(pair.given())) {
                let room = self.0.len() < MOST;
                let life = match self.0.get_mut(*id) {
                    Some(life) => life,
                    None if room => self.0.entry((*id).to_owned()).or_default(),
                    None => continue,
                };
                let by = (who.map(str::to_owned), connection);
                let same = life.by.as_ref().map(|before| (before.0 == by.0, before.1 == by.1));
                let [before, last] = life.done;
                seen.insert(short(&("life", last, same, operation, result)));
                if pair.succeeded() {
                    seen.insert(short(&("longer life", before, last, operation)));
                    *life = Life { done: [last, operation], by: Some(by) };
                }
            }
        }
        seen
    }
}

/// Status and reason of a batch item.
pub(super) fn result(item: ItemRef<'_>) -> [Option<u32>; 2] {
    [tag::RESULT_STATUS, tag::RESULT_REASON].map(|tag| item.child(tag).and_then(ItemRef::as_u32))
}

/// The number of an operation; those that nobody has assigned are all the same.
pub(super) fn assigned(operation: u32) -> u32 {
    if Operation(operation).name().is_some() { operation } else { 0 }
}

/// The objects that a payload names.
fn named<'d>(payload: Option<ItemRef<'d>>) -> BTreeSet<&'d str> {
    let fields = payload.into_iter().flat_map(ItemRef::children);
    fields.filter(|field| field.tag() == tag::UNIQUE_IDENTIFIER).filter_map(ItemRef::as_text).collect()
}

/// 16 bits of anything; the same on every machine for one build.
pub(super) fn short(what: &impl Hash) -> u16 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    // What is cut off is as good as what stays.
    (hasher.finish() & 0xffff) as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzzing::oracles::pairs;
    use crate::fuzzing::oracles::test::{answer, ok, request};
    use kmipspec_protocol::ttlv::{Doc, Item, Limits};
    use kmipspec_protocol::version::Version::V1_4;

    fn note(lives: &mut Lives, asked: &[u8], given: &[u8], who: Option<&str>, connection: u64) -> BTreeSet<u16> {
        let [asked, given] = [asked, given].map(|bytes| Doc::lenient(bytes, &Limits::default()));
        lives.note(&pairs(&asked, &given), who, connection)
    }

    /// The features of operations that were done to objects, by somebody on a connection.
    fn features(steps: &[(Operation, &str, &str, u64)]) -> BTreeSet<u16> {
        let mut lives = Lives::default();
        let one = |(operation, id, who, connection): &(Operation, &str, &str, u64)| {
            let payload = || vec![Item::text(tag::UNIQUE_IDENTIFIER, *id)];
            let (asked, given) = (request(V1_4, *operation, payload()), answer(V1_4, vec![ok(*operation, payload())]));
            note(&mut lives, &asked, &given, Some(who), *connection)
        };
        steps.iter().flat_map(one).collect()
    }

    #[test]
    fn a_longer_life_is_news_and_another_object_of_the_same_life_is_not() {
        let (archive, recover) = ((Operation::ARCHIVE, "a", "alice", 1), (Operation::RECOVER, "a", "alice", 1));
        let once = features(&[archive, recover]);
        let other = [(Operation::ARCHIVE, "b", "alice", 1), (Operation::RECOVER, "b", "alice", 1)];
        assert!(features(&[archive, recover, other[0], other[1]]).is_subset(&once));
        assert!(!features(&[archive, recover, archive]).is_subset(&once));
        let by_bob = (Operation::RECOVER, "a", "bob", 1);
        assert!(!features(&[archive, by_bob]).is_subset(&once));
        let elsewhere = (Operation::RECOVER, "a", "alice", 2);
        assert!(!features(&[archive, elsewhere]).is_subset(&once));
    }

    #[test]
    fn operations_that_nobody_has_assigned_are_one() {
        let made_up = |number| features(&[(Operation(number), "a", "alice", 1)]);
        assert_eq!(made_up(0x7001), made_up(0x7002));
        assert_ne!(made_up(0x7001), features(&[(Operation::GET, "a", "alice", 1)]));
    }

    #[test]
    fn the_number_of_objects_has_a_limit() {
        let mut lives = Lives::default();
        for n in 0..1000 {
            let payload = || vec![Item::text(tag::UNIQUE_IDENTIFIER, n.to_string())];
            let (asked, given) =
                (request(V1_4, Operation::GET, payload()), answer(V1_4, vec![ok(Operation::GET, payload())]));
            note(&mut lives, &asked, &given, None, 1);
        }
        assert_eq!(lives.0.len(), MOST);
    }
}
