//! Bytes of every sort: the scanner agrees with an independent walker, strict with lenient, and nothing is ever lost.

#[path = "support/items.rs"]
mod items;
#[path = "support/mutate.rs"]
mod mutate;

use kmipspec_protocol::ttlv::{Code, Doc, Item, Limits, Tag};
use proptest::prelude::*;
use std::time::Instant;

proptest! {
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        mutate::check(&bytes, &Limits::default()).map_err(TestCaseError::fail)?;
    }

    /// Bytes that look like TTLV at first sight.
    #[test]
    fn any_words(words in prop::collection::vec(prop_oneof![
        (0u8..16, 0u32..40).prop_map(|(ty, len)| u64::from(0x42_0008u32) << 40 | u64::from(ty) << 32 | u64::from(len)),
        Just(0u64), any::<u64>(), 0u64..3,
    ], 0..24), cut in 0usize..8) {
        let mut bytes: Vec<u8> = words.iter().flat_map(|w| w.to_be_bytes()).collect();
        bytes.truncate(bytes.len().saturating_sub(cut));
        mutate::check(&bytes, &Limits::default()).map_err(TestCaseError::fail)?;
        let whole = Item::structure(Tag(0x42_0008), vec![Item::raw(bytes)]).encode();
        mutate::check(&whole, &Limits::default()).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn well_formed_messages(item in items::message()) {
        let bytes = item.encode();
        prop_assert_eq!(mutate::check(&bytes, &Limits::default()), Ok(true));
        let doc = Doc::strict(&bytes, &Limits::default()).expect("well-formed");
        prop_assert_eq!(doc.root().map(Item::from_ref), Some(item));
    }

    /// Low limits, met in the middle of whatever it is.
    #[test]
    fn limits(item in items::message(), max_items in 0usize..20, max_depth in 0usize..4, max_size in 0usize..300) {
        let bytes = item.encode();
        let limits = Limits { max_items, max_depth, max_size, ..Limits::default() };
        let (strict, lenient) = (Doc::strict(&bytes, &limits), Doc::lenient(&bytes, &limits));
        prop_assert_eq!(strict.as_ref().err(), lenient.diags().first());
        prop_assert!(lenient.len() <= max_items);
        prop_assert_eq!(lenient.bytes(), &bytes[..]);
        if bytes.len() > max_size {
            prop_assert_eq!(strict.map_err(|d| d.code).err(), Some(Code::TooLarge));
        }
    }
}

/// As many as a debug build does in a few seconds; `cargo run --release -p kmipspec-protocol --example mutants` does 2,000,000.
#[test]
fn mutants() {
    let seeds = mutate::seeds();
    let mut random = mutate::Random::new(1);
    let (mut bytes, mut sound) = (Vec::new(), 0);
    for n in 0..100_000 {
        mutate::mutant(&seeds, &mut random, &mut bytes);
        match mutate::check(&bytes, &Limits::default()) {
            Ok(well_formed) => sound += usize::from(well_formed),
            Err(e) => panic!("mutant {n}: {e}\n{bytes:02X?}"),
        }
    }
    assert!((1_000..50_000).contains(&sound), "{sound} of 100000 well-formed: the mutators are not worth much");
}

/// Structures inside each other, each with the right length.
fn nested(levels: u32) -> Vec<u8> {
    (0..levels).rev().flat_map(|left| [[0x42, 0x00, 0x08, 0x01], (left * 8).to_be_bytes()].concat()).collect()
}

#[test]
fn a_million_levels() {
    let bytes = nested(1_000_000);
    let at_default = Doc::strict(&bytes, &Limits::default()).expect_err("too deep");
    assert_eq!((at_default.code, at_default.at()), (Code::TooDeep, 64 * 8));
    let limits = Limits { max_depth: usize::MAX, ..Limits::default() };
    let started = Instant::now();
    let doc = Doc::lenient(&bytes, &limits);
    assert_eq!((doc.len(), doc.diags().len()), (1_000_000, 0));
    let item = doc.root().map(Item::from_ref).expect("a root");
    assert_eq!(item.encode(), bytes);
    let copy = item.clone();
    assert!(copy == item && doc.root().is_some_and(|r| r.same_content(r)));
    drop((item, copy));
    // A debug build takes some seconds, quadratic work would take hours.
    assert!(started.elapsed().as_secs() < 60);
}

#[test]
fn a_million_empty_structures() {
    let mut bytes = [[0x42, 0x00, 0x08, 0x01], 8_000_000u32.to_be_bytes()].concat();
    bytes.extend((0..1_000_000).flat_map(|_| [0x42, 0x00, 0x08, 0x01, 0, 0, 0, 0]));
    let doc = Doc::strict(&bytes, &Limits { max_items: 1_000_001, ..Limits::default() }).expect("well-formed");
    assert_eq!(doc.root().map(|r| r.children().count()), Some(1_000_000));
    assert_eq!(doc.root().map(Item::from_ref).map(|i| i.encode()), Some(bytes.clone()));
    let cut = Doc::lenient(&bytes, &Limits { max_items: 1000, ..Limits::default() });
    assert_eq!(cut.diags().iter().map(|d| d.code).collect::<Vec<_>>(), [Code::TooManyItems]);
    assert_eq!(cut.len(), 1000);
}

/// Lengths and depths that are only claimed cost nothing.
#[test]
fn claims_without_bytes() {
    let claims: Vec<u8> = (0..100_000).flat_map(|_| [0x42, 0x00, 0x08, 0x01, 0xFF, 0xFF, 0xFF, 0xFF]).collect();
    let limits = Limits { max_depth: usize::MAX, ..Limits::default() };
    assert_eq!(mutate::check(&claims, &limits), Ok(false));
    let doc = Doc::lenient(&claims, &limits);
    assert_eq!(doc.len(), 100_000);
    assert!(doc.diags().len() <= kmipspec_protocol::ttlv::MAX_DIAGS);
}

/// Where a limit cuts the index short, the bytes behind the cut are still written back.
#[test]
fn a_limit_loses_no_bytes() {
    let bytes = nested(100);
    let doc = Doc::lenient(&bytes, &Limits::default());
    assert_eq!(doc.diags().iter().map(|d| d.code).collect::<Vec<_>>(), [Code::TooDeep]);
    assert_eq!(doc.bytes(), bytes);
    let again: Vec<u8> = Item::from_doc(&doc).iter().flat_map(Item::encode).collect();
    assert_eq!(again, bytes);
}
