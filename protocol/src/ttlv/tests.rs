//! The layer's own properties; bytes that others wrote are in `vectors/ttlv`.

use super::*;
use proptest::prelude::*;

const fn limits() -> Limits {
    Limits { max_size: 1 << 20, max_depth: 64, max_items: 1 << 16, leaf_root: false }
}

fn emit(doc: &Doc<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    for item in Item::from_doc(doc) {
        item.encode_into(&mut out);
    }
    out
}

/// Items of every type, damaged ones included.
fn any_item() -> impl Strategy<Value = Item> {
    let tag = prop_oneof![4 => 0x42_0000u32..0x42_0200, 1 => 0x54_0000u32..0x54_0003, 1 => any::<u32>().prop_map(|t| t & 0xFF_FFFF)];
    let leaf = (tag.clone(), 0u8..16, prop::collection::vec(any::<u8>(), 0..20), any::<Option<u8>>()).prop_map(
        |(tag, ty, bytes, len)| Item {
            tag: Tag(tag),
            ty: ItemType(ty),
            len: len.map_or(Len::Auto, |l| Len::Forced(u32::from(l))),
            pad: Pad::Auto,
            body: Body::Bytes(bytes),
        },
    );
    leaf.prop_recursive(5, 60, 6, move |inner| {
        (tag.clone(), prop::collection::vec(inner, 0..6), any::<Option<u8>>()).prop_map(|(tag, items, len)| {
            let mut s = Item::structure(Tag(tag), items);
            s.len = len.map_or(Len::Auto, |l| Len::Forced(u32::from(l)));
            s
        })
    })
}

proptest! {
    #[test]
    fn every_input_is_emitted_again_byte_for_byte(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let doc = Doc::lenient(&bytes, &limits());
        prop_assert_eq!(emit(&doc), bytes);
    }

    #[test]
    fn damaged_messages_are_emitted_again_byte_for_byte(item in any_item()) {
        let bytes = item.encode();
        let doc = Doc::lenient(&bytes, &limits());
        prop_assert_eq!(emit(&doc), bytes);
    }

    #[test]
    fn strict_refuses_exactly_what_lenient_notes(item in any_item()) {
        let bytes = item.encode();
        let lenient = Doc::lenient(&bytes, &limits());
        match Doc::strict(&bytes, &limits()) {
            Ok(strict) => {
                prop_assert!(lenient.diags().is_empty());
                prop_assert_eq!(strict.len(), lenient.len());
            }
            Err(first) => prop_assert_eq!(Some(&first), lenient.diags().first()),
        }
    }

    #[test]
    fn clone_and_compare_see_everything(a in any_item(), b in any_item()) {
        prop_assert_eq!(&a.clone(), &a);
        prop_assert_eq!(a == b, format!("{a:?}") == format!("{b:?}"));
    }
}

#[test]
fn a_million_nested_structures_are_built_printed_compared_and_dropped() {
    let mut item = Item::structure(Tag(0x42_0001), Vec::new());
    for _ in 0..1_000_000 {
        item = Item::structure(Tag(0x42_0001), vec![item]);
    }
    let copy = item.clone();
    assert!(copy == item);
    assert!(format!("{copy:?}").len() < 1 << 20);
    let bytes = item.encode();
    assert_eq!(bytes.len(), 8_000_008);
    let deep = Limits { max_depth: usize::MAX, max_items: usize::MAX, ..limits() };
    let doc = Doc::lenient(&bytes, &Limits { max_size: usize::MAX, ..deep });
    assert!(doc.diags().is_empty());
    assert_eq!(emit(&doc), bytes);
    let refused = Doc::lenient(&bytes, &Limits { max_size: usize::MAX, ..limits() });
    assert_eq!(refused.diags().last().map(|d| d.code), Some(Code::TooDeep));
}

#[test]
fn a_limit_leaves_a_usable_index() {
    let mut w = Writer::new();
    w.begin(Tag(0x42_0078));
    for n in 0..100 {
        w.structure(Tag(0x42_000F), |w| w.integer(Tag(0x42_000D), n));
    }
    let bytes = w.finish();
    let doc = Doc::lenient(&bytes, &Limits { max_items: 10, ..limits() });
    assert_eq!(doc.len(), 10);
    assert_eq!(doc.diags().last().map(|d| d.code), Some(Code::TooManyItems));
    assert_eq!(doc.root().map(|r| r.children().count()), Some(5));
    assert_eq!(doc.items().filter(|i| i.as_i32().is_some()).count(), 4);
}

#[test]
fn a_cursor_tells_missing_wrong_and_left_over_apart() {
    let mut w = Writer::new();
    w.begin(Tag(0x42_0077));
    w.integer(Tag(0x42_000D), 7);
    w.text(Tag(0x42_0094), "x");
    let bytes = w.finish();
    let doc = Doc::strict(&bytes, &Limits::default()).expect("written here");
    let mut c = Cursor::new(doc.root().expect("written here"));
    assert_eq!(c.req_i32(Tag(0x42_0092)), Err(FieldError::Missing { tag: Tag(0x42_0092), at: 8 }));
    assert_eq!(c.req_i32(Tag(0x42_000D)), Ok(7));
    assert_eq!(c.finish(), Err(FieldError::Unexpected { tag: Tag(0x42_0094), at: 24 }));
    assert_eq!(
        c.req_bytes(Tag(0x42_0094)),
        Err(FieldError::WrongType {
            tag: Tag(0x42_0094),
            ty: ItemType::TEXT_STRING,
            expected: ItemType::BYTE_STRING,
            at: 24
        })
    );
    assert_eq!(c.finish(), Ok(()));
    assert_eq!(c.offset(), 40);
}

#[test]
fn a_frame_is_sized_from_its_header_alone() {
    assert_eq!(frame_len(&[0x42, 0, 0x78, 1, 0, 0, 0, 16], 1 << 20), Ok(24));
    let code = |h: [u8; 8]| frame_len(&h, 1 << 20).map_err(|d| d.code);
    assert_eq!(code([0x42, 0, 0x78, 1, 0xFF, 0xFF, 0xFF, 0xF8]), Err(Code::TooLarge));
    assert_eq!(code(*b"HTTP/1.1"), Err(Code::TagPrefix));
    assert_eq!(code([0x42, 0, 0x78, 7, 0, 0, 0, 8]), Err(Code::RootNotStructure));
}

#[test]
fn writer_and_item_write_the_same_bytes() {
    let mut w = Writer::new();
    w.structure(Tag(0x42_0008), |w| {
        w.text(Tag(0x42_000A), "Name");
        w.big_integer(Tag(0x42_000B), &[0x80]);
        w.boolean(Tag(0x42_000C), true);
        w.date_time(Tag(0x42_000D), -1);
    });
    let item = Item::structure(
        Tag(0x42_0008),
        vec![
            Item::text(Tag(0x42_000A), "Name"),
            Item::big_integer(Tag(0x42_000B), [0x80]),
            Item::boolean(Tag(0x42_000C), true),
            Item::date_time(Tag(0x42_000D), -1),
        ],
    );
    assert_eq!(w.finish(), item.encode());
    assert_eq!(
        item.items().get(1).and_then(Item::value),
        Some(Value::BigInteger(&[255, 255, 255, 255, 255, 255, 255, 128]))
    );
}
