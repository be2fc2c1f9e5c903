//! The checker against the published OASIS test cases, read from `../shared/oasis` beside the checkout: what OASIS
//! published breaks no SHALL, but for the listed places where the file itself is wrong. And the same messages with one
//! item damaged: every unknown, too new, wrongly typed or superfluous item is seen, wherever it stands.

#[path = "support/oasis.rs"]
mod oasis;

use std::collections::BTreeMap;
use std::path::Path;

use kmipspec_protocol::encoding::case_file::{CaseFile, Kind};
use kmipspec_protocol::registry::{Operation, tag};
use kmipspec_protocol::schema::{Context, Level, Violation, check_request, check_response, path_of};
use kmipspec_protocol::ttlv::{Doc, Item, ItemRef, ItemType, Limits};
use kmipspec_protocol::version::Version;
use oasis::{files, fill, stated};

/// One finding of a run over all files.
struct Finding {
    place: String,
    violation: Violation,
}

/// Checks every message of every file.
fn findings(folder: &Path) -> (usize, usize, Vec<Finding>) {
    let limits = Limits::default();
    let (mut requests, mut responses, mut found) = (0, 0, Vec::new());
    for path in files(folder) {
        let name = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
        let text = std::fs::read_to_string(&path).expect("a file that can be read");
        let file = CaseFile::read(&text, &limits).unwrap_or_else(|e| panic!("{name}: {e}"));
        let mut last: Option<Vec<u8>> = None;
        for (i, message) in file.messages.iter().enumerate() {
            let bytes = message.item(&mut fill).unwrap_or_else(|e| panic!("{name}: {e}")).encode();
            let doc = Doc::lenient(&bytes, &limits);
            let place = format!("{name} message {i}");
            let violations = match message.kind {
                Kind::Request => {
                    requests += 1;
                    let version = stated(&doc, tag::REQUEST_HEADER).unwrap_or_else(|| panic!("{place}: version"));
                    let violations = check_request(&doc, version);
                    last = Some(bytes.clone());
                    violations
                }
                Kind::Response => {
                    responses += 1;
                    let asked = last.take().unwrap_or_else(|| panic!("{place}: a response without a request"));
                    let request = Doc::lenient(&asked, &limits);
                    let version = stated(&request, tag::REQUEST_HEADER).unwrap_or_else(|| panic!("{place}: version"));
                    check_response(&doc, &Context { version, request: Some(&request) })
                }
            };
            found.extend(violations.into_iter().map(|violation| Finding { place: place.clone(), violation }));
        }
    }
    (requests, responses, found)
}

/// Places where a published file is wrong: file, message, rule, why. Each must still be found.
const WRONG_IN_THE_FILE: &[(&str, usize, &str, &str)] = &[
    (
        "v1.2/testcases/TC_NP_2_12_Notify_Put.xml",
        2,
        "schema.field-unexpected",
        "a 1.2 case whose Put states version 1.0, with a Key Format Type in Digest, which came with 1.1",
    ),
    (
        "v1.2/testcases/TC_NP_2_12_Notify_Put.xml",
        2,
        "schema.attribute-version",
        "the same message: Fresh came with 1.1",
    ),
];

#[test]
fn published_messages_break_no_rule() {
    let Some(folder) = oasis::oasis() else { return };
    let (requests, responses, found) = findings(&folder);
    let mut summary: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    let mut expected: Vec<_> =
        WRONG_IN_THE_FILE.iter().map(|(file, i, rule, _)| (format!("{file} message {i}"), *rule)).collect();
    for Finding { place, violation: v } in &found {
        *summary.entry(v.rule.id).or_default() += 1;
        if let Some(i) = expected.iter().position(|(p, rule)| p == place && *rule == v.rule.id) {
            expected.swap_remove(i);
        // The second-hand tables of 3.0 are held to the published cases too.
        } else if v.rule.level != Level::May || v.rule.id == "schema.second-hand" {
            wrong.push(format!("{place}: {} at {}: expected {}, found {}", v.rule.id, v.path, v.expected, v.actual));
        }
    }
    println!("{requests} requests, {responses} responses: {summary:#?}");
    assert!(wrong.is_empty(), "{} findings:\n{}", wrong.len(), wrong.join("\n"));
    assert!(expected.is_empty(), "listed, but not found: {expected:#?}");
    assert!(requests >= 3000 && responses >= 3000, "{requests} requests, {responses} responses");
}

/// The item at a position in pre-order, where the document has it; the path is that of the document's item.
fn item_at<'a>(root: &'a mut Item, place: ItemRef<'_>) -> &'a mut Item {
    let chain: Vec<_> = std::iter::successors(Some(place), |i| i.parent()).collect();
    let mut item = root;
    for pair in chain.windows(2).rev() {
        let position = pair[1].children().position(|c| c.index() == pair[0].index()).expect("a child of its parent");
        item = item.items_mut().and_then(|items| items.get_mut(position)).expect("the same shape");
    }
    item
}

/// One way to damage an item.
type Damage = fn(&mut Item);

/// Damage that is a violation wherever it stands.
const DAMAGE: &[(&str, Damage)] = &[
    ("a tag of no version", |item| item.tag = kmipspec_protocol::ttlv::Tag(0x42_FFF0)),
    ("a tag of 3.0", |item| item.tag = tag::OBJECT_CLASS_MASK),
    ("another type", |item| {
        *item = match item.ty {
            ItemType::LONG_INTEGER => Item::integer(item.tag, 1),
            _ => Item::long_integer(item.tag, 1),
        }
    }),
    ("an unlisted value", |item| {
        if item.ty == ItemType::ENUMERATION {
            *item = Item::enumeration(item.tag, 0x7777);
        }
    }),
    ("a field of another structure", |item| {
        if item.ty == ItemType::STRUCTURE {
            item.push(Item::integer(tag::MAXIMUM_RESPONSE_SIZE, 1));
        }
    }),
];

/// Places where anything may stand: the value of a vendor's attribute, and the answer to Notify and Put, which has no table.
fn is_free(item: ItemRef<'_>) -> bool {
    let beside = |t| item.parent().and_then(|p| p.child(t));
    let name = beside(tag::ATTRIBUTE_NAME).and_then(|n| n.as_text()).unwrap_or_default();
    let vendors = name.starts_with("x-") || name.starts_with("y-") || beside(tag::VENDOR_IDENTIFICATION).is_some();
    let operation = beside(tag::OPERATION).and_then(|o| o.as_u32()).map(Operation);
    item.tag() == tag::ATTRIBUTE_VALUE && vendors
        || item.tag() == tag::RESPONSE_PAYLOAD && matches!(operation, Some(Operation::NOTIFY | Operation::PUT))
}

#[test]
fn damage_to_published_responses_is_seen() {
    let Some(folder) = oasis::oasis() else { return };
    let limits = Limits::default();
    let (mut tried, mut missed) = (0, Vec::new());
    // Every seventeenth file keeps the time below that of the other tests.
    for path in files(&folder).into_iter().step_by(17) {
        let text = std::fs::read_to_string(&path).expect("a file that can be read");
        let file = CaseFile::read(&text, &limits).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        for message in file.messages.iter().filter(|m| m.kind == Kind::Response) {
            let whole = message.item(&mut fill).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            let bytes = whole.encode();
            let doc = Doc::lenient(&bytes, &limits);
            let Some(version) = stated(&doc, tag::RESPONSE_HEADER).filter(|v| *v < Version::V3_0) else { continue };
            for place in doc.items().skip(1).filter(|i| !is_free(*i)) {
                for (what, damage) in DAMAGE {
                    let mut copy = whole.clone();
                    damage(item_at(&mut copy, place));
                    let damaged = copy.encode();
                    if damaged == bytes {
                        continue;
                    }
                    tried += 1;
                    let found = check_response(&Doc::lenient(&damaged, &limits), &Context { version, request: None });
                    if !found.iter().any(|v| v.rule.level == Level::Shall) {
                        missed.push(format!("{}: {what} at {}", path.display(), path_of(place)));
                    }
                }
            }
        }
    }
    assert!(missed.is_empty(), "{} of {tried} not seen:\n{}", missed.len(), missed.join("\n"));
    assert!(tried > 5_000, "{tried} tried");
}
