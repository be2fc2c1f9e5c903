//! The comparison, fed with the published answers themselves: whole they are accepted, with one value changed they are not.

use super::*;
use crate::oasis::case::Step;
use crate::oasis::runner::load;
use kmipspec_protocol::encoding::xml::Leaf;
use kmipspec_protocol::ttlv::{Body, Doc, Item, Limits};
use std::path::{Path, PathBuf};

/// The folder of published cases beside the checkout; CI must have it.
fn published() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/oasis");
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "CI needs {}", folder.display());
    eprintln!("skipped: {} is not there", folder.display());
    None
}

/// The published answer as a server could send it: what it may choose is chosen.
fn answer(node: &Node, memory: &mut Memory) -> Item {
    if node.ty == ItemType::STRUCTURE {
        return Item::structure(node.tag, node.children.iter().map(|c| answer(c, memory)).collect());
    }
    let leaf = Leaf { tag: node.tag, ty: node.ty, text: &node.text, governing: node.governing };
    let mut unbound = None;
    match memory.fill(&leaf, &mut unbound) {
        Some(item) if unbound.is_none() => item,
        None => node.understand().expect("a value"),
        Some(_) => {
            let name = node.placeholder().expect("only placeholders are unbound");
            let item = match node.ty {
                ItemType::BYTE_STRING => Item::bytes(node.tag, name.as_bytes()),
                ItemType::INTEGER => Item::integer(node.tag, 1),
                _ => {
                    let mut item = Item::text(node.tag, format!("made up for {name}"));
                    item.ty = node.ty;
                    item
                }
            };
            let bytes = item.encode();
            let doc = Doc::strict(&bytes, &Limits { leaf_root: true, ..Limits::default() }).expect("a leaf");
            memory.bind(name, doc.root().expect("the leaf"));
            item
        }
    }
}

/// What the comparison says of an answer, and what it learned.
fn judge(case: &Case, step: &Step, request: &[u8], answer: &[u8], memory: &Memory) -> (Judged, Memory) {
    let limits = Limits::default();
    let (request, answer) = (Doc::lenient(request, &limits), Doc::lenient(answer, &limits));
    let mut comparison = Comparison::new(case, memory.clone(), false);
    let judged =
        comparison.message(&step.expected, request.root().expect("a request"), answer.root().expect("an answer"));
    (judged, comparison.finish().0)
}

/// Every leaf of a message, changed; one at a time.
fn changed(message: &Item) -> Vec<(Tag, Vec<u8>)> {
    let count = leaves(&mut message.clone()).len();
    let mut out = Vec::new();
    for place in 0..count {
        let mut copy = message.clone();
        let mut all = leaves(&mut copy);
        let leaf = &mut all[place];
        let tag = leaf.tag;
        let Body::Bytes(bytes) = &mut leaf.body else { continue };
        match leaf.ty {
            ItemType::DATE_TIME => bytes[4] ^= 0x40,
            ty if ty.is_text() => bytes.push(b'Z'),
            ItemType::BYTE_STRING if bytes.is_empty() => bytes.push(1),
            _ => {
                let last = bytes.len() - 1;
                bytes[last] ^= 1;
            }
        }
        out.push((tag, copy.encode()));
    }
    out
}

/// The leaves of an item.
fn leaves(item: &mut Item) -> Vec<&mut Item> {
    if item.ty != ItemType::STRUCTURE {
        return vec![item];
    }
    item.items_mut().map(|items| items.iter_mut().flat_map(leaves).collect()).unwrap_or_default()
}

#[test]
fn published_answers_are_accepted_and_changed_ones_are_not() {
    let Some(folder) = published() else { return };
    let (cases, unreadable) = load(&folder).expect("a folder");
    assert!(unreadable.is_empty(), "{unreadable:#?}");
    assert!(cases.len() >= 490, "{} cases", cases.len());
    let (mut wrong, mut accepted, mut refused) = (Vec::new(), 0_usize, 0_usize);
    for (number, case) in cases.iter().enumerate().filter(|(_, c)| !c.from_server) {
        let mut memory = Memory::default();
        memory.now = 1_700_000_000;
        for (place, step) in case.steps.iter().enumerate() {
            memory.last_id = None;
            let mut unbound = None;
            let request = step.request.item(&mut |leaf| memory.fill(leaf, &mut unbound)).expect("a request").encode();
            if unbound.is_some() {
                break;
            }
            let item = answer(&step.expected, &mut memory.clone());
            let (judged, learned) = judge(case, step, &request, &item.encode(), &memory);
            if judged != Judged::Equal {
                wrong.push(format!("{} step {}: {judged:?}", case.name, place + 1));
                break;
            }
            // Changing all leaves of all cases takes a minute in a debug build; every fifteenth case is a fair sample.
            if number % 15 == 0 && operations(step).all(|o| o != Operation::QUERY) {
                for (tag, bytes) in changed(&item) {
                    match judge(case, step, &request, &bytes, &memory).0 {
                        Judged::Different(_) => refused += 1,
                        _ if FREE.contains(&tag) => {}
                        _ => accepted += 1,
                    }
                }
            }
            memory = learned;
        }
    }
    assert!(wrong.is_empty(), "{} published answers are refused:\n{}", wrong.len(), wrong.join("\n"));
    eprintln!("changed answers: {refused} refused, {accepted} accepted");
    assert!(refused > 20 * accepted, "of the changed answers {refused} were refused and {accepted} accepted");
}

/// Fields whose value a server chooses wherever they stand.
const FREE: [Tag; 3] = [tag::TIME_STAMP, tag::UNIQUE_IDENTIFIER, tag::RESULT_MESSAGE];

fn operations(step: &Step) -> impl Iterator<Item = Operation> {
    crate::oasis::case::operations(&step.expected)
}

#[test]
fn big_integers_compare_by_number() {
    assert!(same(Value::BigInteger(&[0, 0, 0, 0, 0, 0, 0, 5]), Value::BigInteger(&[5])));
    assert!(!same(Value::BigInteger(&[0x80]), Value::BigInteger(&[0, 0x80])));
}
