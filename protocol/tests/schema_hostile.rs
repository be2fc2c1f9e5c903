//! The checker on messages made to break it: it never panics, keeps a bounded number of violations, and takes time in
//! proportion to the size of the message.

use std::time::{Duration, Instant};

use kmipspec_protocol::registry::{TAGS, tag};
use kmipspec_protocol::schema::{Context, MAX_VIOLATIONS, check_request, check_response};
use kmipspec_protocol::ttlv::{Doc, Item, ItemType, Limits, Tag};
use kmipspec_protocol::version::Version;
use proptest::prelude::*;

/// Checks bytes in every way; the largest number of violations found.
fn check_all(bytes: &[u8], request: &[u8]) -> usize {
    let limits = Limits::default();
    let (doc, request) = (Doc::lenient(bytes, &limits), Doc::lenient(request, &limits));
    let mut most = 0;
    for version in Version::ALL {
        let a = check_request(&doc, version);
        let b = check_response(&doc, &Context { version, request: Some(&request) });
        for v in a.iter().chain(&b) {
            assert!(v.offset <= bytes.len(), "{v:?}");
        }
        most = most.max(a.len()).max(b.len());
    }
    assert!(most <= MAX_VIOLATIONS, "{most} violations");
    most
}

/// Any item: a standard tag or any other, any type, nested.
fn any_item() -> impl Strategy<Value = Item> {
    let tags = prop_oneof![
        6 => (0..TAGS.len()).prop_map(|i| TAGS.get(i).map_or(Tag(0), |r| r.tag)),
        1 => (0u32..0x1_0000).prop_map(|n| Tag(0x54_0000 + n)),
        1 => any::<u32>().prop_map(|n| Tag(n & 0xFF_FFFF)),
    ];
    let leaf = (tags.clone(), 0u8..0x10, prop::collection::vec(any::<u8>(), 0..17)).prop_map(|(tag, ty, bytes)| {
        let mut item = Item::bytes(tag, bytes);
        item.ty = ItemType(ty);
        item
    });
    leaf.prop_recursive(6, 60, 8, move |inner| {
        (tags.clone(), prop::collection::vec(inner, 0..8)).prop_map(|(tag, items)| Item::structure(tag, items))
    })
}

/// A message with header and batch items in which anything stands.
fn any_message() -> impl Strategy<Value = Vec<u8>> {
    let items = || prop::collection::vec(any_item(), 0..6);
    (any::<bool>(), items(), prop::collection::vec(items(), 0..4)).prop_map(|(is_request, header, batch)| {
        let (message, head) = match is_request {
            true => (tag::REQUEST_MESSAGE, tag::REQUEST_HEADER),
            false => (tag::RESPONSE_MESSAGE, tag::RESPONSE_HEADER),
        };
        let mut all = vec![Item::structure(head, header)];
        all.extend(batch.into_iter().map(|items| {
            let mut inner = vec![Item::enumeration(tag::OPERATION, 1), Item::enumeration(tag::RESULT_STATUS, 0)];
            inner.push(Item::structure(tag::RESPONSE_PAYLOAD, items));
            Item::structure(tag::BATCH_ITEM, inner)
        }));
        Item::structure(message, all).encode()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300), request in prop::collection::vec(any::<u8>(), 0..100)) {
        check_all(&bytes, &request);
    }

    #[test]
    fn any_items(message in any_message(), request in any_message()) {
        check_all(&message, &request);
    }

    #[test]
    fn any_damage(message in any_message(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = message.clone();
        let i = at.index(bytes.len());
        if let Some(b) = bytes.get_mut(i) {
            *b = byte;
        }
        check_all(&bytes, &message);
        check_all(message.get(..i).unwrap_or_default(), &bytes);
    }
}

/// Messages of `n` items that would take quadratic time if anything looked at all siblings of every item.
fn wide(n: usize) -> Vec<Vec<u8>> {
    let message = |items: Vec<Item>| Item::structure(tag::RESPONSE_MESSAGE, items).encode();
    let batch = |items: Vec<Item>| message(vec![Item::structure(tag::BATCH_ITEM, items)]);
    let many = |item: Item| vec![item; n];
    vec![
        message(many(Item::structure(tag::BATCH_ITEM, vec![]))),
        batch(many(Item::structure(tag::RESPONSE_PAYLOAD, vec![]))),
        batch(vec![
            Item::enumeration(tag::OPERATION, 8),
            Item::enumeration(tag::RESULT_STATUS, 0),
            Item::structure(tag::RESPONSE_PAYLOAD, many(Item::integer(tag::UNIQUE_IDENTIFIER, 1))),
        ]),
        message(many(Item::integer(Tag(0x42_FFF0), 1))),
        message(vec![Item::structure(tag::RESPONSE_HEADER, many(Item::structure(tag::CREDENTIAL, vec![])))]),
        message(many(Item::structure(
            tag::BATCH_ITEM,
            vec![Item::bytes(tag::UNIQUE_BATCH_ITEM_ID, [1]), Item::structure(tag::RESPONSE_PAYLOAD, vec![])],
        ))),
        batch(vec![
            Item::enumeration(tag::OPERATION, 10),
            Item::enumeration(tag::RESULT_STATUS, 0),
            Item::structure(
                tag::RESPONSE_PAYLOAD,
                vec![Item::structure(
                    tag::PRIVATE_KEY,
                    vec![Item::structure(
                        tag::KEY_BLOCK,
                        vec![Item::structure(tag::KEY_VALUE, many(Item::structure(tag::KEY_MATERIAL, vec![])))],
                    )],
                )],
            ),
        ]),
    ]
}

#[test]
fn ten_times_the_items_take_about_ten_times_as_long() {
    let time = |bytes: &[u8]| {
        let start = Instant::now();
        check_all(bytes, bytes);
        start.elapsed()
    };
    for (small, large) in wide(2_000).iter().zip(wide(20_000)) {
        let (small, large) = (time(small), time(&large));
        // Quadratic time would be a factor of a hundred; the machine may be busy.
        assert!(large < small * 40 + Duration::from_millis(200), "{small:?} for a tenth, {large:?} for all");
    }
}

#[test]
fn depth_is_no_danger() {
    let mut item = Item::structure(tag::ATTRIBUTES, vec![]);
    for _ in 0..10_000 {
        item = Item::structure(tag::ATTRIBUTES, vec![item]);
    }
    let bytes = Item::structure(tag::RESPONSE_MESSAGE, vec![item]).encode();
    let limits = Limits { max_depth: usize::MAX, ..Limits::default() };
    let doc = Doc::lenient(&bytes, &limits);
    let found = check_response(&doc, &Context { version: Version::V2_1, request: None });
    assert!(!found.is_empty());
}
