//! Each group makes what it says, and no mutant of anything is too long or takes the mutator down.

use super::{Group, Mutator, message, tree};
use crate::fuzzing::script::{MAX_STEPS, Script, Step};
use crate::runner::message::request;
use kmipspec_protocol::registry::{Operation, tag};
use kmipspec_protocol::ttlv::{Code, Doc, Item, ItemType};
use kmipspec_protocol::version::Version;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// A Create of 1.4, with one of every common item type.
fn create() -> Vec<u8> {
    let value =
        |name: &str, value: Item| Item::structure(tag::ATTRIBUTE, vec![Item::text(tag::ATTRIBUTE_NAME, name), value]);
    let attributes = vec![
        value("Cryptographic Algorithm", Item::enumeration(tag::ATTRIBUTE_VALUE, 3)),
        value("Cryptographic Length", Item::integer(tag::ATTRIBUTE_VALUE, 128)),
        value("Cryptographic Usage Mask", Item::integer(tag::ATTRIBUTE_VALUE, 12)),
        value("Activation Date", Item::date_time(tag::ATTRIBUTE_VALUE, 5)),
    ];
    let payload = vec![Item::enumeration(tag::OBJECT_TYPE, 2), Item::structure(tag::TEMPLATE_ATTRIBUTE, attributes)];
    request(Version::V1_4, None, Operation::CREATE, payload)
}

/// Mutants that 400 seeds of one group make of it, as bytes.
fn mutants(group: Group) -> Vec<Vec<u8>> {
    let mut made = Vec::new();
    for seed in 0..400 {
        let mut items = tree::read(&create());
        if Mutator::new(seed).apply(group, &mut items, 1 << 14) {
            made.push(tree::write(&items));
        }
    }
    assert!(made.len() > 300, "{group:?} finds something to change");
    let before = create();
    assert!(made.iter().filter(|bytes| **bytes == before).count() < 8, "{group:?} says it changed what it did not");
    made
}

fn doc(bytes: &[u8]) -> Doc<'_> {
    Doc::lenient(bytes, &tree::LIMITS)
}

/// Part of the mutants for which something holds, in percent.
fn share(made: &[Vec<u8>], holds: impl Fn(&Doc<'_>) -> bool) -> usize {
    made.iter().filter(|bytes| holds(&doc(bytes))).count() * 100 / made.len()
}

/// Faults of lengths and limits, not of values.
fn lies(d: &Doc<'_>) -> bool {
    d.diags().iter().any(|diag| !matches!(diag.code, Code::Utf8 | Code::BigIntegerLength))
}

#[test]
fn honest_mutants_are_well_formed() {
    let made = mutants(Group::Honest);
    assert!(share(&made, |d| !lies(d)) >= 98);
    let distinct: BTreeSet<_> = made.iter().collect();
    assert!(distinct.len() > 100, "{} different ones", distinct.len());
}

#[test]
fn another_type_is_another_type() {
    let made = mutants(Group::Types);
    let types = |d: &Doc<'_>| d.items().map(|item| item.ty()).collect::<Vec<_>>();
    let before = create();
    let before = types(&doc(&before));
    assert!(share(&made, |d| types(d) != before) >= 90);
    let unknown =
        made.iter().filter(|bytes| doc(bytes).items().any(|item| item.ty().name().is_none() && !item.is_tail()));
    assert!(unknown.count() > 10, "types that there are not");
    let boolean = |d: &Doc<'_>| d.items().any(|item| item.ty() == ItemType::BOOLEAN && !item.is_well_formed());
    assert!(share(&made, boolean) > 3, "Booleans that are none");
}

#[test]
fn lies_are_lies() {
    let made = mutants(Group::Lies);
    assert!(share(&made, |d| !d.diags().is_empty()) >= 90);
    for code in [Code::Truncated, Code::Trailing, Code::Padding, Code::Overrun] {
        assert!(share(&made, |d| d.diags().iter().any(|diag| diag.code == code)) > 0, "{code:?}");
    }
}

#[test]
fn shapes_are_deep_wide_or_empty() {
    let made = mutants(Group::Shape);
    let deep =
        |d: &Doc<'_>| d.items().any(|item| item.depth() >= 32) || d.diags().iter().any(|x| x.code == Code::TooDeep);
    let empty = |d: &Doc<'_>| d.items().any(|item| item.ty() == ItemType::STRUCTURE && item.raw().is_empty());
    assert!(share(&made, deep) > 5);
    assert!(share(&made, |d| d.len() > 110) > 5);
    assert!(share(&made, empty) > 20);
}

#[test]
fn message_mutants_change_batch_and_header() {
    let made = mutants(Group::Message);
    let counts = |d: &Doc<'_>, tag| d.items().filter(|item| item.tag() == tag).count();
    assert!(share(&made, |d| counts(d, tag::BATCH_ITEM) == 2) > 5, "another batch item");
    assert!(share(&made, |d| counts(d, tag::AUTHENTICATION) > 0) > 0, "a credential");
    assert!(share(&made, |d| counts(d, tag::MESSAGE_EXTENSION) > 0) > 2, "an extension");
    let operation = |d: &Doc<'_>| d.items().find(|item| item.tag() == tag::OPERATION).and_then(|item| item.as_u32());
    assert!(share(&made, |d| operation(d) != Some(1)) > 10, "another operation");
    // A batch of two usually has a count and identifiers that are true.
    let true_batch = |d: &Doc<'_>| {
        let count = d.items().find(|item| item.tag() == tag::BATCH_COUNT).and_then(|item| item.as_i32());
        counts(d, tag::UNIQUE_BATCH_ITEM_ID) == 2 && count == Some(2)
    };
    assert!(share(&made, true_batch) > 3);
}

#[test]
fn version_mutants_are_of_another_version() {
    let made = mutants(Group::Version);
    let read = |d: &Doc<'_>| message::stated(&Item::from_doc(d));
    let versions: BTreeSet<_> = made.iter().map(|bytes| read(&doc(bytes))).collect();
    assert!(versions.len() >= 8, "{versions:?}");
    let attributes = |d: &Doc<'_>| d.items().any(|item| item.tag() == tag::ATTRIBUTES && item.children().count() == 4);
    assert!(share(&made, attributes) > 10, "attributes in the form of 2.x");
}

fn script() -> Script {
    let get = |id: &str| {
        let named = vec![Item::text(tag::UNIQUE_IDENTIFIER, id)];
        Step { connection: 0, identity: 0, bytes: request(Version::V1_4, None, Operation::GET, named) }
    };
    Script { steps: vec![Step { bytes: create(), ..get("") }, get("$0.0")] }
}

#[test]
fn sequences_grow_end_early_and_change_hands() {
    let before = script();
    let (mut other, mut longer, mut destroyed) = (0, 0, 0);
    for seed in 0..800 {
        let mut made = before.clone();
        super::sequence::mutate(&mut made, &mut super::Rng::new(seed));
        assert!(made.steps.len() <= MAX_STEPS);
        other += usize::from(made.steps.iter().any(|step| step.identity == 1));
        longer += usize::from(made.steps.len() > before.steps.len());
        let operation = |step: &Step| {
            let doc = Doc::lenient(&step.bytes, &tree::LIMITS);
            doc.items().find(|item| item.tag() == tag::OPERATION).and_then(|item| item.as_u32())
        };
        if let [_, ended, get] = made.steps.as_slice()
            && operation(ended) == Some(20)
        {
            destroyed += 1;
            // Both name what the first step made.
            for step in [ended, get] {
                assert!(step.bytes.windows(4).any(|window| window == b"$0.0"), "seed {seed}");
            }
        }
    }
    assert!(other > 40 && longer > 100 && destroyed > 3, "{other} {longer} {destroyed}");
}

#[test]
fn crossed_scripts_keep_their_references() {
    let mut into = script();
    super::sequence::cross(&mut into, &script(), &mut super::Rng::new(5));
    let last = into.steps.last().expect("steps");
    let wanted = format!("${}.0", into.steps.len() - 2);
    assert!(last.bytes.windows(4).any(|window| window == wanted.as_bytes()), "{wanted}");
}

#[test]
fn what_is_explored_is_every_operation_about_the_object_of_the_last_step() {
    let (mut mutator, mut asked, mut from) = (Mutator::new(1), BTreeSet::new(), Some(0));
    let before = script();
    while let Some(place) = from {
        let (made, next) = mutator.explore(&before.write(), place, 1 << 16).expect("operations are left");
        assert!(next.is_none_or(|next| next > place));
        let made = Script::read(&made).expect("a script");
        assert_eq!(made.steps.get(..2), Some(before.steps.as_slice()));
        let ends = |step: &Step| super::super::wire::operations(&step.bytes) == [Operation::DESTROY];
        assert!(made.steps.iter().rev().skip(1).all(|step| !ends(step)), "nothing is asked behind the end");
        for step in &made.steps[2..] {
            let doc = Doc::lenient(&step.bytes, &tree::LIMITS);
            asked.extend(doc.items().find(|item| item.tag() == tag::OPERATION).and_then(|item| item.as_u32()));
            assert!(step.bytes.windows(4).any(|window| window == b"$0.0"));
        }
        from = next;
    }
    let named: BTreeSet<u32> = super::typed::about_one(Version::V1_4).iter().map(|row| row.code).collect();
    assert!(named.len() > 20);
    assert_eq!(asked, named);
    let mut full = before;
    full.steps.resize(MAX_STEPS, full.steps[1].clone());
    assert_eq!(mutator.explore(&full.write(), 0, 1 << 16), None, "there is no room");
}

#[test]
fn one_in_sixteen_is_raw() {
    let input = create();
    let broken = (0..1600).filter(|seed| {
        let made = Mutator::new(*seed).message(&input, 1 << 12);
        !doc(&made).diags().is_empty()
    });
    let broken = broken.count();
    assert!((200..900).contains(&broken), "{broken} of 1600 are not well-formed");
}

proptest! {
    #[test]
    fn mutants_are_bounded_and_repeatable(seed in any::<u64>(), input in prop::collection::vec(any::<u8>(), 0..200), max in 0usize..600) {
        for input in [input, create(), script().write()] {
            for make in [Mutator::message, Mutator::script] {
                let made = make(&mut Mutator::new(seed), &input, max);
                prop_assert!(made.len() <= max, "{} of {}", made.len(), max);
                prop_assert_eq!(made, make(&mut Mutator::new(seed), &input, max));
            }
            for cross in [Mutator::cross_messages, Mutator::cross_scripts] {
                let other = create();
                prop_assert!(cross(&mut Mutator::new(seed), &input, &other, max).len() <= max);
                prop_assert!(cross(&mut Mutator::new(seed), &input, &script().write(), max).len() <= max);
            }
        }
    }

    #[test]
    fn mutants_of_mutants_do_not_panic(seed in any::<u64>()) {
        let (mut mutator, mut message, mut script) = (Mutator::new(seed), create(), script().write());
        for _ in 0..30 {
            message = mutator.message(&message, 2048);
            script = mutator.script(&script, 4096);
        }
    }
}
