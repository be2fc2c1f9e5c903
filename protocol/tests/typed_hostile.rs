//! Payloads of every operation, damaged one item at a time, at every version: the typed layer never panics, what it takes
//! it writes as it came, and what it takes with unknown fields left out it takes again.

#[path = "support/mutate.rs"]
#[expect(dead_code, reason = "the walker is for the codec")]
mod mutate;

use std::path::Path;

use kmipspec_protocol::message::{DecodeError, Fields, Reading, UnknownFields};
use kmipspec_protocol::operations::{Row, row};
use kmipspec_protocol::registry::{Operation, tag};
use kmipspec_protocol::ttlv::{Doc, Item, ItemRef, ItemType, Limits, Tag, Writer};
use kmipspec_protocol::version::Version;

/// A payload of `vectors/ttlv/messages`.
struct Payload {
    row: &'static Row,
    request: bool,
    item: Item,
}

/// The bytes of a vector; this package has no YAML.
fn bytes(yaml: &str) -> Vec<u8> {
    let (_, hex) = yaml.split_once("bytes: |\n").expect("bytes");
    let hex: String = hex.lines().map_while(|line| line.strip_prefix("  ")).collect();
    let digit = |i: usize| u8::from_str_radix(&hex[i..i + 2], 16).expect("hex");
    (0..hex.len()).step_by(2).map(digit).collect()
}

fn messages() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/ttlv/messages");
    let files = std::fs::read_dir(folder).expect("vectors are beside the package");
    let mut paths: Vec<_> = files.map(|entry| entry.expect("readable folder").path()).collect();
    paths.sort();
    paths.iter().map(|path| bytes(&std::fs::read_to_string(path).expect("readable"))).collect()
}

fn payloads() -> Vec<Payload> {
    let mut all = Vec::new();
    for bytes in messages() {
        let doc = Doc::strict(&bytes, &Limits::default()).expect("well-formed");
        for batch_item in doc.root().expect("a message").children().filter(|item| item.tag() == tag::BATCH_ITEM) {
            let operation = batch_item.child(tag::OPERATION).and_then(|item| item.as_u32()).map(Operation);
            let Some(row) = operation.and_then(row) else { continue };
            let request = batch_item.child(tag::REQUEST_PAYLOAD);
            let Some(payload) = request.or_else(|| batch_item.child(tag::RESPONSE_PAYLOAD)) else { continue };
            all.push(Payload { row, request: request.is_some(), item: Item::from_ref(payload) });
        }
    }
    all
}

/// Reads and writes; `None` if it is refused.
fn rewrite(row: &Row, request: bool, item: ItemRef<'_>, reading: Reading) -> Option<Vec<u8>> {
    let rewrite = if request { row.rewrite_request } else { row.rewrite_response };
    let mut w = Writer::new();
    rewrite(item, reading, &mut w).ok().map(|()| w.finish())
}

/// Ways to damage the item at a place, the message staying well-formed.
fn damage(siblings: &mut Vec<Item>, at: usize, way: usize) -> bool {
    let tag = siblings[at].tag;
    let other = match way {
        0 => {
            siblings.remove(at);
            return true;
        }
        1 => {
            siblings.insert(at, siblings[at].clone());
            return true;
        }
        2 if at + 1 < siblings.len() => {
            siblings.swap(at, at + 1);
            return true;
        }
        3 => {
            siblings.insert(at, Item::integer(Tag(0x42_FFF0), 1));
            return true;
        }
        4 => {
            siblings[at].tag = Tag(0x54_0001);
            return true;
        }
        5 => Item::structure(tag, Vec::new()),
        6 => Item::integer(tag, -1),
        7 => Item::enumeration(tag, u32::MAX),
        8 => Item::text(tag, ""),
        9 => Item::bytes(tag, Vec::new()),
        10 => Item::long_integer(tag, i64::MIN),
        11 => Item::interval(tag, u32::MAX),
        12 => Item::boolean(tag, true),
        13 => Item::date_time(tag, i64::MAX),
        14 => Item::big_integer(tag, vec![0xFF; 8]),
        15 => Item::structure(tag, vec![Item::text(tag::ATTRIBUTE_NAME, "x-")]),
        16 => Item::integer(tag, 0).with_tag(tag::ATTRIBUTE),
        _ => return false,
    };
    siblings[at] = other;
    true
}

/// Applies the damage to the item number `n` below `item`, in pre-order; `None` when there are fewer.
fn damaged(item: &Item, n: usize, way: usize) -> Option<Option<Item>> {
    fn walk(items: &mut Vec<Item>, left: &mut usize, way: usize) -> Option<bool> {
        for at in 0..items.len() {
            if *left == 0 {
                return Some(damage(items, at, way));
            }
            *left -= 1;
            if items[at].ty == ItemType::STRUCTURE
                && let Some(inner) = items[at].items_mut()
                && let Some(done) = walk(inner, left, way)
            {
                return Some(done);
            }
        }
        None
    }
    let mut copy = item.clone();
    let mut left = n;
    let done = walk(copy.items_mut()?, &mut left, way)?;
    Some(done.then_some(copy))
}

#[test]
fn what_is_taken_is_written_as_it_came() {
    let limits = Limits::default();
    let (mut tried, mut taken) = (0, 0);
    for Payload { row, request, item } in &payloads() {
        for way in 0..17 {
            for n in 0.. {
                let Some(copy) = damaged(item, n, way) else { break };
                let Some(copy) = copy else { continue };
                let bytes = copy.encode();
                let doc = Doc::strict(&bytes, &limits).expect("still well-formed");
                let root = doc.root().expect("a payload");
                for version in Version::ALL {
                    tried += 1;
                    if let Some(written) = rewrite(row, *request, root, version.into()) {
                        taken += 1;
                        assert!(written == bytes, "{} at {version}: {copy:?}", row.name);
                    }
                    let lax = Reading { version, unknown: UnknownFields::Ignore };
                    if let Some(written) = rewrite(row, *request, root, lax) {
                        let doc = Doc::strict(&written, &limits).expect("what we write is well-formed");
                        let again = rewrite(row, *request, doc.root().expect("a payload"), version.into());
                        assert!(again.as_ref() == Some(&written), "{} at {version}: {copy:?}", row.name);
                    }
                }
            }
        }
    }
    assert!(tried > 100_000 && taken > 10_000 && taken < tried / 2, "{taken} of {tried} taken");
}

#[test]
fn damaged_bytes_do_no_harm() {
    let seeds = messages();
    let mut random = mutate::Random::new(3);
    let mut bytes = Vec::new();
    let mut found = 0;
    for _ in 0..20_000 {
        mutate::mutant(&seeds, &mut random, &mut bytes);
        let doc = Doc::lenient(&bytes, &Limits::default());
        for batch_item in doc.items().filter(|item| item.tag() == tag::BATCH_ITEM) {
            let operation = batch_item.child(tag::OPERATION).and_then(|item| item.as_u32()).map(Operation);
            let Some(row) = operation.and_then(row) else { continue };
            for (request, payload) in [(true, tag::REQUEST_PAYLOAD), (false, tag::RESPONSE_PAYLOAD)] {
                let Some(payload) = batch_item.child(payload) else { continue };
                found += 1;
                for version in [Version::V1_0, Version::V1_4, Version::V2_1] {
                    let unknown = UnknownFields::Ignore;
                    let written = rewrite(row, request, payload, Reading { version, unknown });
                    assert!(written.is_none_or(|written| written.len() <= 4 * bytes.len() + 1_000), "{}", row.name);
                }
            }
        }
    }
    assert!(found > 5_000, "only {found} payloads found");
}

#[test]
fn of_a_later_version_only_what_is_not_known_is_left_out() {
    let format = || Item::enumeration(tag::KEY_FORMAT_TYPE, 1);
    let of_later = || Item::integer(Tag(0x42_FFF0), 1);
    let read = |fields: Vec<Item>, unknown| {
        let bytes = Item::structure(tag::KEY_BLOCK, fields).encode();
        let doc = Doc::strict(&bytes, &Limits::default()).expect("well-formed");
        let mut fields = Fields::new(doc.root().expect("a root"), Reading { version: Version::V1_4, unknown })?;
        fields.req(tag::KEY_FORMAT_TYPE)?;
        fields.finish()
    };
    let later = vec![format(), of_later()];
    assert_eq!(read(later.clone(), UnknownFields::Ignore), Ok(()));
    assert!(matches!(read(later, UnknownFields::Refuse), Err(DecodeError::Unknown { .. })));
    for unknown in [UnknownFields::Ignore, UnknownFields::Refuse] {
        let apart = vec![format(), of_later(), format()];
        assert!(read(apart, unknown).is_err(), "{unknown:?}");
    }
    let apart = vec![format(), of_later(), format()];
    assert!(matches!(read(apart, UnknownFields::Ignore), Err(DecodeError::Repeated { .. })));
}
