//! The cases, a row each, by what of an answer they change.

mod batch_item;
mod delivery;
mod failure;
mod header;
mod identifier;
mod key;
mod payload;
mod pending;
mod unknown;
mod version;

use super::answer::Answer;
use super::case::{Case, Delivery, Expects};
use crate::runner::verdict::Level;
use kmipspec_protocol::spec_ref::{SpecRef, kmip};
use kmipspec_protocol::version::Version::*;

/// Every case, those that change least first.
pub fn all() -> impl Iterator<Item = &'static Case> {
    let groups = [
        header::CASES,
        batch_item::CASES,
        payload::CASES,
        key::CASES,
        unknown::CASES,
        identifier::CASES,
        delivery::CASES,
        pending::CASES,
        failure::CASES,
        version::CASES,
    ];
    groups.into_iter().flatten()
}

/// A row begins with this: the client is to do what it does otherwise.
const PLAIN: Case = Case {
    id: "",
    title: "",
    statement: "",
    spec: &[],
    level: Level::Shall,
    needs: "a request",
    vary: |_| false,
    ask: None,
    defers: None,
    delivery: Delivery::Whole,
    expects: Expects::Done,
    field: &[],
};

/// The same section of 1.0 to 1.4, and those of 2.0 and 2.1.
const fn sections(one: &'static str, two: &'static str) -> [SpecRef; 7] {
    moved(one, one, two, two)
}

/// A section of 1.0, that of 1.1 to 1.4, those of 2.0 and of 2.1.
const fn moved(first: &'static str, one: &'static str, two_0: &'static str, two_1: &'static str) -> [SpecRef; 7] {
    [
        kmip(V1_0, first),
        kmip(V1_1, one),
        kmip(V1_2, one),
        kmip(V1_3, one),
        kmip(V1_4, one),
        kmip(V2_0, two_0),
        kmip(V2_1, two_1),
    ]
}

/// A section of 1.1 to 1.4, and that of 2.0 and 2.1: what 1.0 does not have yet.
const fn since_1_1(one: &'static str, two: &'static str) -> [SpecRef; 6] {
    [kmip(V1_1, one), kmip(V1_2, one), kmip(V1_3, one), kmip(V1_4, one), kmip(V2_0, two), kmip(V2_1, two)]
}

/// A section of 1.0, and that of 1.1 to 1.4: what 2.0 has no more.
const fn until_1_4(first: &'static str, one: &'static str) -> [SpecRef; 5] {
    [kmip(V1_0, first), kmip(V1_1, one), kmip(V1_2, one), kmip(V1_3, one), kmip(V1_4, one)]
}

/// Sections of two kinds, version by version.
const fn and<const N: usize, const M: usize>(first: [SpecRef; N], second: [SpecRef; N]) -> [SpecRef; M] {
    assert!(M == 2 * N);
    let mut both = [first[0]; M];
    let mut place = 0;
    while place < N {
        both[place] = first[place];
        both[N + place] = second[place];
        place += 1;
    }
    both
}

/// Nothing is changed but how the answer reaches the client.
fn as_it_is(_: &mut Answer<'_>) -> bool {
    true
}
