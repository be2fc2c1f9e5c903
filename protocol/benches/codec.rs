//! How fast the codec is beside the least that can be done: `cargo bench -p kmipspec-protocol --bench codec`.
//!
//! Three messages of KMIP 1.4: a Get request of 168 bytes, a response of 1 KiB to Locate, Get and Get Attributes, and
//! one of 58 KiB to a hundred Get Attributes. `a_walker` checks a message and keeps nothing: the floor.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use kmipspec_protocol::encoding::{json, xml};
use kmipspec_protocol::message::{RequestMessage, ResponseMessage};
use kmipspec_protocol::operations::{get, get_attributes, locate};
use kmipspec_protocol::registry::{Operation, tag};
use kmipspec_protocol::ttlv::{Doc, Item, ItemRef, Limits, Tag, Value, Writer};
use kmipspec_protocol::version::Version;

#[global_allocator]
static ALLOCATOR: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    divan::main();
}

const UID: &str = "49a1ca88-6bea-4fb2-b450-7e58802c3038";

/// The three messages, by the number of their bytes.
const SIZES: [usize; 3] = [168, 1024, 58_488];

fn version(w: &mut Writer) {
    w.begin(tag::PROTOCOL_VERSION);
    w.integer(tag::PROTOCOL_VERSION_MAJOR, 1);
    w.integer(tag::PROTOCOL_VERSION_MINOR, 4);
    w.end();
}

fn response_header(w: &mut Writer, items: i32) {
    w.begin(tag::RESPONSE_HEADER);
    version(w);
    w.date_time(tag::TIME_STAMP, 1_700_000_000);
    w.integer(tag::BATCH_COUNT, items);
    w.end();
}

fn batch_item(w: &mut Writer, operation: Operation, id: u32, payload: impl FnOnce(&mut Writer)) {
    w.begin(tag::BATCH_ITEM);
    w.enumeration(tag::OPERATION, operation.0);
    w.bytes(tag::UNIQUE_BATCH_ITEM_ID, &id.to_be_bytes());
    w.enumeration(tag::RESULT_STATUS, 0);
    w.begin(tag::RESPONSE_PAYLOAD);
    payload(w);
    w.end();
    w.end();
}

fn attribute(w: &mut Writer, name: &str, value: impl FnOnce(&mut Writer, Tag)) {
    w.begin(tag::ATTRIBUTE);
    w.text(tag::ATTRIBUTE_NAME, name);
    value(w, tag::ATTRIBUTE_VALUE);
    w.end();
}

fn attributes(w: &mut Writer, number: u32) {
    w.text(tag::UNIQUE_IDENTIFIER, UID);
    attribute(w, "Name", |w, tag| {
        w.begin(tag);
        w.text(tag::NAME_VALUE, &format!("key-{number:06}"));
        w.enumeration(tag::NAME_TYPE, 1);
        w.end();
    });
    attribute(w, "Object Type", |w, tag| w.enumeration(tag, 2));
    attribute(w, "Cryptographic Algorithm", |w, tag| w.enumeration(tag, 3));
    attribute(w, "Cryptographic Length", |w, tag| w.integer(tag, 256));
    attribute(w, "Cryptographic Usage Mask", |w, tag| w.integer(tag, 12));
    attribute(w, "State", |w, tag| w.enumeration(tag, 2));
    attribute(w, "Initial Date", |w, tag| w.date_time(tag, 1_700_000_000));
    attribute(w, "Last Change Date", |w, tag| w.date_time(tag, 1_700_000_123));
    attribute(w, "x-owner", |w, tag| w.text(tag, "plugfest lab 7"));
}

fn message(size: usize) -> Vec<u8> {
    let mut w = Writer::new();
    match size {
        168 => {
            w.begin(tag::REQUEST_MESSAGE);
            w.begin(tag::REQUEST_HEADER);
            version(&mut w);
            w.integer(tag::BATCH_COUNT, 1);
            w.end();
            w.begin(tag::BATCH_ITEM);
            w.enumeration(tag::OPERATION, Operation::GET.0);
            w.begin(tag::REQUEST_PAYLOAD);
            w.text(tag::UNIQUE_IDENTIFIER, UID);
            w.enumeration(tag::KEY_FORMAT_TYPE, 1);
            w.end();
            w.end();
        }
        1024 => {
            w.begin(tag::RESPONSE_MESSAGE);
            response_header(&mut w, 3);
            batch_item(&mut w, Operation::LOCATE, 1, |w| w.text(tag::UNIQUE_IDENTIFIER, UID));
            batch_item(&mut w, Operation::GET, 2, |w| {
                w.enumeration(tag::OBJECT_TYPE, 2);
                w.text(tag::UNIQUE_IDENTIFIER, UID);
                w.begin(tag::SYMMETRIC_KEY);
                w.begin(tag::KEY_BLOCK);
                w.enumeration(tag::KEY_FORMAT_TYPE, 1);
                w.begin(tag::KEY_VALUE);
                w.bytes(tag::KEY_MATERIAL, &[0x5A; 32]);
                w.end();
                w.enumeration(tag::CRYPTOGRAPHIC_ALGORITHM, 3);
                w.integer(tag::CRYPTOGRAPHIC_LENGTH, 256);
                w.end();
                w.end();
            });
            batch_item(&mut w, Operation::GET_ATTRIBUTES, 3, |w| attributes(w, 1));
        }
        _ => {
            w.begin(tag::RESPONSE_MESSAGE);
            response_header(&mut w, 100);
            for number in 0..100 {
                batch_item(&mut w, Operation::GET_ATTRIBUTES, number, |w| attributes(w, number));
            }
        }
    }
    w.end();
    let bytes = w.finish();
    assert_eq!(bytes.len(), size, "the message is not the one of earlier measurements");
    bytes
}

/// The floor: every check of a strict scan, no memory of anything. Returns the number of items.
fn walk(b: &[u8]) -> Option<usize> {
    let word = |at: usize| b.get(at..)?.first_chunk::<8>().map(|w| u64::from_be_bytes(*w));
    let mut ends = [0usize; 64];
    let (mut depth, mut end, mut pos, mut items) = (0, b.len(), 0, 0);
    loop {
        if end - pos < 8 {
            return None;
        }
        let head = word(pos)?;
        let (ty, len, v) = ((head >> 32) as u8, head as u32 as usize, pos + 8);
        if !matches!((head >> 56) as u8, 0x42 | 0x54) {
            return None;
        }
        items += 1;
        if ty == 1 {
            if len > end - v || depth == 0 && v + len != b.len() {
                return None;
            }
            *ends.get_mut(depth)? = end;
            depth += 1;
            (end, pos) = (v + len, v);
        } else {
            let padded = (len + 7) & !7;
            if padded > end - v || depth == 0 {
                return None;
            }
            let fine = match ty {
                2 | 5 | 10 => len == 4 && word(v)? as u32 == 0,
                3 | 9 | 11 => len == 8,
                6 => len == 8 && word(v)? <= 1,
                4 => len != 0 && len.is_multiple_of(8),
                7 | 8 | 12 | 13 | 14 => {
                    let tail = len & 7;
                    (tail == 0 || word(v + len - tail)? << (tail * 8) == 0)
                        && (ty == 8 || std::str::from_utf8(b.get(v..v + len)?).is_ok())
                }
                _ => false,
            };
            if !fine {
                return None;
            }
            pos = v + padded;
        }
        while pos == end {
            depth -= 1;
            end = *ends.get(depth)?;
            if depth == 0 {
                return Some(items);
            }
        }
    }
}

#[divan::bench_group(name = "decode")]
mod decode {
    use super::{Bencher, BytesCount, Doc, Limits, SIZES, black_box, message, walk};

    #[divan::bench(args = SIZES)]
    fn a_walker(bencher: Bencher<'_, '_>, size: usize) {
        let bytes = message(size);
        bencher.counter(BytesCount::new(size)).bench_local(|| walk(black_box(&bytes)).expect("well-formed"));
    }

    #[divan::bench(args = SIZES)]
    fn strict(bencher: Bencher<'_, '_>, size: usize) {
        let bytes = message(size);
        bencher
            .counter(BytesCount::new(size))
            .bench_local(|| Doc::strict(black_box(&bytes), &Limits::default()).expect("well-formed").len());
    }

    #[divan::bench(args = SIZES)]
    fn strict_again(bencher: Bencher<'_, '_>, size: usize) {
        let bytes = message(size);
        let mut doc = Doc::strict(&bytes, &Limits::default()).expect("well-formed");
        bencher
            .counter(BytesCount::new(size))
            .bench_local(|| doc.rescan_strict(black_box(&bytes), &Limits::default()).expect("well-formed"));
    }

    #[divan::bench(args = SIZES)]
    fn lenient(bencher: Bencher<'_, '_>, size: usize) {
        let bytes = message(size);
        bencher
            .counter(BytesCount::new(size))
            .bench_local(|| Doc::lenient(black_box(&bytes), &Limits::default()).len());
    }

    #[divan::bench(args = SIZES)]
    fn typed(bencher: Bencher<'_, '_>, size: usize) {
        let bytes = message(size);
        bencher.counter(BytesCount::new(size)).bench_local(|| super::typed(black_box(&bytes)));
    }
}

/// The whole message as typed values: envelope, payloads, attributes and objects. Returns the number of batch items.
fn typed(bytes: &[u8]) -> usize {
    let doc = Doc::strict(bytes, &Limits::default()).expect("well-formed");
    if doc.root().is_some_and(|r| r.tag() == tag::REQUEST_MESSAGE) {
        let request = RequestMessage::decode(&doc).expect("a request");
        for item in request.batch_items.iter().flatten() {
            let payload = item.request_payload.wire().expect("from the wire");
            black_box(get::Request::decode(payload, request.reading).expect("a payload"));
        }
        return request.batch_items.len();
    }
    let response = ResponseMessage::decode(&doc, Version::V1_4).expect("a response");
    for item in response.batch_items.iter().flatten() {
        let payload: ItemRef<'_> = item.response_payload.as_ref().and_then(|p| p.wire()).expect("from the wire");
        match item.operation {
            Some(Operation::LOCATE) => {
                black_box(locate::Response::decode(payload, response.reading).expect("a payload"));
            }
            Some(Operation::GET) => {
                black_box(get::Response::decode(payload, response.reading).expect("a payload"));
            }
            _ => {
                black_box(get_attributes::Response::decode(payload, response.reading).expect("a payload"));
            }
        }
    }
    response.batch_items.len()
}

#[divan::bench_group(name = "encode")]
mod encode {
    use super::{Bencher, BytesCount, Doc, Item, Limits, SIZES, Tag, Value, Writer, black_box, json, message, xml};

    /// From a list of what to write, as typed code writes: every length worked out.
    #[divan::bench(args = SIZES)]
    fn writer(bencher: Bencher<'_, '_>, size: usize) {
        let bytes = message(size);
        let doc = Doc::strict(&bytes, &Limits::default()).expect("well-formed");
        let steps = steps(&doc);
        assert_eq!(write(&steps, size), bytes);
        bencher.counter(BytesCount::new(size)).bench_local(|| write(black_box(&steps), size));
    }

    enum Step<'a> {
        Begin(Tag),
        Leaf(Tag, Value<'a>),
        End,
    }

    fn steps<'a>(doc: &'a Doc<'_>) -> Vec<Step<'a>> {
        let mut steps = Vec::new();
        let mut ends: Vec<u32> = Vec::new();
        for item in doc.items() {
            while ends.pop_if(|end| *end <= item.index()).is_some() {
                steps.push(Step::End);
            }
            match item.value().expect("well-formed") {
                Value::Structure => {
                    steps.push(Step::Begin(item.tag()));
                    ends.push(item.subtree_end());
                }
                value => steps.push(Step::Leaf(item.tag(), value)),
            }
        }
        steps.extend(ends.iter().map(|_| Step::End));
        steps
    }

    fn write(steps: &[Step<'_>], size: usize) -> Vec<u8> {
        let mut w = Writer::with_capacity(size);
        for step in steps {
            match step {
                Step::Begin(tag) => w.begin(*tag),
                Step::Leaf(tag, value) => w.leaf(*tag, *value),
                Step::End => w.end(),
            }
        }
        w.finish()
    }

    #[divan::bench(args = SIZES)]
    fn owned_items(bencher: Bencher<'_, '_>, size: usize) {
        let bytes = message(size);
        let doc = Doc::strict(&bytes, &Limits::default()).expect("well-formed");
        let item = doc.root().map(Item::from_ref).expect("a root");
        let mut out = Vec::with_capacity(size);
        bencher.counter(BytesCount::new(size)).bench_local(|| {
            out.clear();
            black_box(&item).encode_into(&mut out);
        });
    }

    #[divan::bench(args = SIZES)]
    fn to_xml(bencher: Bencher<'_, '_>, size: usize) {
        let bytes = message(size);
        let doc = Doc::strict(&bytes, &Limits::default()).expect("well-formed");
        bencher.counter(BytesCount::new(size)).bench_local(|| xml::write(black_box(&doc)).expect("XML"));
    }

    #[divan::bench(args = SIZES)]
    fn from_xml(bencher: Bencher<'_, '_>, size: usize) {
        let bytes = message(size);
        let doc = Doc::strict(&bytes, &Limits::default()).expect("well-formed");
        let text = xml::write(&doc).expect("XML");
        let limits = Limits::default();
        bencher.counter(BytesCount::new(size)).bench_local(|| xml::read(black_box(&text), &limits).expect("XML"));
    }

    #[divan::bench(args = SIZES)]
    fn to_json(bencher: Bencher<'_, '_>, size: usize) {
        let bytes = message(size);
        let doc = Doc::strict(&bytes, &Limits::default()).expect("well-formed");
        bencher.counter(BytesCount::new(size)).bench_local(|| json::write(black_box(&doc)).expect("JSON"));
    }

    #[divan::bench(args = SIZES)]
    fn from_json(bencher: Bencher<'_, '_>, size: usize) {
        let bytes = message(size);
        let doc = Doc::strict(&bytes, &Limits::default()).expect("well-formed");
        let text = json::write(&doc).expect("JSON");
        let limits = Limits::default();
        bencher.counter(BytesCount::new(size)).bench_local(|| json::read(black_box(&text), &limits).expect("JSON"));
    }
}
