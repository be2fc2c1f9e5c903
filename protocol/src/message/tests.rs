//! What the envelope says about messages it can and cannot read. Row ids (EG-…) are those of 1.4 §11.1.

use super::*;
use crate::operations;
use crate::registry::{
    AttestationType, BatchErrorContinuationOption, CredentialType, Operation, ResultReason, ResultStatus, tag,
};
use crate::ttlv::{Doc, Item, ItemType, Limits, Tag, Writer};
use crate::version::{ProtocolVersion, Version};
use proptest::prelude::*;
use std::borrow::Cow;

/// A tag of no version.
const VENDOR: Tag = Tag(0x54_0001);

fn version_item(major: i32, minor: i32) -> Item {
    let numbers =
        vec![Item::integer(tag::PROTOCOL_VERSION_MAJOR, major), Item::integer(tag::PROTOCOL_VERSION_MINOR, minor)];
    Item::structure(tag::PROTOCOL_VERSION, numbers)
}

fn batch_item(operation: Operation, id: Option<u8>, payload: Vec<Item>) -> Item {
    let mut items = vec![Item::enumeration(tag::OPERATION, operation.0)];
    items.extend(id.map(|id| Item::bytes(tag::UNIQUE_BATCH_ITEM_ID, [id])));
    items.push(Item::structure(tag::REQUEST_PAYLOAD, payload));
    Item::structure(tag::BATCH_ITEM, items)
}

fn destroy(id: Option<u8>) -> Item {
    batch_item(Operation::DESTROY, id, vec![Item::text(tag::UNIQUE_IDENTIFIER, "k")])
}

/// A request with these header fields between Protocol Version and Batch Count.
fn request((major, minor): (i32, i32), header: Vec<Item>, batch: Vec<Item>) -> Vec<u8> {
    let count = i32::try_from(batch.len()).expect("a few");
    let mut fields = vec![version_item(major, minor)];
    fields.extend(header);
    fields.push(Item::integer(tag::BATCH_COUNT, count));
    let mut items = vec![Item::structure(tag::REQUEST_HEADER, fields)];
    items.extend(batch);
    Item::structure(tag::REQUEST_MESSAGE, items).encode()
}

fn scan(bytes: &[u8]) -> Doc<'_> {
    Doc::strict(bytes, &Limits::default()).expect("well-formed")
}

fn header_error(bytes: &[u8]) -> MessageError {
    RequestMessage::decode(&scan(bytes)).expect_err("the message cannot be read")
}

/// The error of the only batch item.
fn item_error(bytes: &[u8]) -> DecodeError {
    let doc = scan(bytes);
    let message = RequestMessage::decode(&doc).expect("the header can be read");
    let [Err(item)] = message.batch_items.as_slice() else { panic!("one batch item that cannot be read") };
    item.error.clone()
}

#[test]
fn eg_001_a_major_version_nobody_speaks_fails_the_message() {
    let error = header_error(&request((9, 0), vec![], vec![destroy(None)]));
    assert_eq!(error, MessageError::Version(ProtocolVersion { major: 9, minor: 0 }));
    assert_eq!(error.sent(), Some(ProtocolVersion { major: 9, minor: 0 }));
    assert_eq!(error.reason(Version::V1_4), ResultReason::INVALID_MESSAGE);
    assert_eq!(error.reason(Version::V2_1), ResultReason::UNSUPPORTED_PROTOCOL_VERSION);
}

#[test]
fn eg_002_a_broken_batch_item_leaves_the_others_alone() {
    let broken = Item::structure(
        tag::BATCH_ITEM,
        vec![Item::enumeration(tag::OPERATION, Operation::GET.0), Item::bytes(tag::UNIQUE_BATCH_ITEM_ID, [2])],
    );
    let bytes = request((1, 4), vec![], vec![destroy(Some(1)), broken, destroy(Some(3))]);
    let doc = scan(&bytes);
    let message = RequestMessage::decode(&doc).expect("the header can be read");
    let [Ok(first), Err(second), Ok(third)] = message.batch_items.as_slice() else { panic!("the second alone fails") };
    assert_eq!(first.unique_batch_item_id.as_deref(), Some([1].as_slice()));
    assert_eq!(third.unique_batch_item_id.as_deref(), Some([3].as_slice()));
    assert_eq!(second.operation, Some(Operation::GET));
    assert_eq!(second.unique_batch_item_id.as_deref(), Some([2].as_slice()));
    assert!(matches!(second.error, DecodeError::Missing { tag: tag::REQUEST_PAYLOAD, .. }));
    assert_eq!(second.reason(), ResultReason::INVALID_MESSAGE);
}

#[test]
fn eg_003_a_field_that_stands_twice_is_an_invalid_message() {
    let twice = || Item::integer(tag::MAXIMUM_RESPONSE_SIZE, 9);
    let error = header_error(&request((1, 0), vec![twice(), twice()], vec![destroy(None)]));
    let MessageError::Header { error: field, .. } = &error else { panic!("a header error, not {error:?}") };
    assert_eq!(*field, DecodeError::Repeated { tag: tag::MAXIMUM_RESPONSE_SIZE, at: 72 });
    assert_eq!(error.reason(Version::V1_0), ResultReason::INVALID_MESSAGE);

    // Apart from each other too, and in a batch item, and in a payload.
    let apart = vec![twice(), Item::boolean(tag::BATCH_ORDER_OPTION, true), twice()];
    let error = header_error(&request((1, 0), apart, vec![destroy(None)]));
    assert!(matches!(error, MessageError::Header { error: DecodeError::Repeated { .. }, .. }), "{error:?}");

    let mut item = destroy(None);
    item.push(Item::structure(tag::REQUEST_PAYLOAD, vec![]));
    assert!(matches!(item_error(&request((1, 0), vec![], vec![item])), DecodeError::Repeated { .. }));

    let id = || Item::text(tag::UNIQUE_IDENTIFIER, "k");
    let bytes = request((1, 0), vec![], vec![batch_item(Operation::DESTROY, None, vec![id(), id()])]);
    let doc = scan(&bytes);
    let message = RequestMessage::decode(&doc).expect("readable");
    let Some(Ok(item)) = message.batch_items.first() else { panic!("the item itself is fine") };
    let payload = item.request_payload.wire().expect("borrowed");
    let error = operations::destroy::Request::decode(payload, message.reading).expect_err("repeated");
    assert!(matches!(error, DecodeError::Repeated { tag: tag::UNIQUE_IDENTIFIER, .. }), "{error}");
}

#[test]
fn eg_004_unknown_fields_of_a_later_minor_version_are_skipped() {
    let new = || Item::text(VENDOR, "from the future");
    let mut item = batch_item(Operation::DESTROY, None, vec![new(), Item::text(tag::UNIQUE_IDENTIFIER, "k"), new()]);
    item.push(new());
    let bytes = request((1, 9), vec![new(), Item::boolean(tag::BATCH_ORDER_OPTION, true), new()], vec![item]);
    let doc = scan(&bytes);
    let message = RequestMessage::decode(&doc).expect("readable");
    assert!(message.is_of_later_version());
    assert_eq!(message.reading.version, Version::V1_4);
    assert_eq!(message.header.batch_order_option, Some(true));
    let Some(Ok(item)) = message.batch_items.first() else { panic!("readable") };
    let payload = item.request_payload.wire().expect("borrowed");
    let request = operations::destroy::Request::decode(payload, message.reading).expect("readable");
    assert_eq!(request.unique_identifier, Some("k".into()));
}

#[test]
fn eg_005_unknown_fields_of_the_same_version_are_invalid_fields() {
    let new = || Item::text(VENDOR, "surprise");
    let error = header_error(&request((1, 4), vec![new()], vec![destroy(None)]));
    assert_eq!(error.reason(Version::V1_4), ResultReason::INVALID_FIELD);
    let MessageError::Header { error, .. } = error else { panic!("a header error") };
    assert_eq!(error, DecodeError::Unknown { tag: VENDOR, at: 56 });

    let mut item = destroy(None);
    item.push(new());
    let error = item_error(&request((1, 4), vec![], vec![item]));
    assert!(matches!(error, DecodeError::Unknown { tag: VENDOR, .. }), "{error}");
    assert_eq!(error.reason(), ResultReason::INVALID_FIELD);
}

#[test]
fn header_fields_born_later_are_unknown_to_earlier_versions() {
    let mark = || vec![Item::text(tag::CLIENT_CORRELATION_VALUE, "c")];
    let error = header_error(&request((1, 3), mark(), vec![destroy(None)]));
    assert_eq!(error.reason(Version::V1_3), ResultReason::INVALID_FIELD, "{error}");
    let bytes = request((1, 4), mark(), vec![destroy(None)]);
    let doc = scan(&bytes);
    let message = RequestMessage::decode(&doc).expect("1.4 has it");
    assert_eq!(message.header.client_correlation_value.as_deref(), Some("c"));
}

#[test]
fn a_field_out_of_order_is_told_from_an_unknown_one() {
    let fields = vec![Item::boolean(tag::BATCH_ORDER_OPTION, true), Item::integer(tag::MAXIMUM_RESPONSE_SIZE, 9)];
    let error = header_error(&request((1, 0), fields, vec![destroy(None)]));
    assert!(
        matches!(&error, MessageError::Header { error: DecodeError::OutOfOrder { tag, .. }, .. } if *tag == tag::MAXIMUM_RESPONSE_SIZE),
        "{error:?}"
    );
    assert_eq!(error.reason(Version::V1_0), ResultReason::INVALID_MESSAGE);
}

#[test]
fn eg_011_what_is_no_request_or_states_no_version_cannot_be_answered_item_by_item() {
    let response = Item::structure(tag::RESPONSE_MESSAGE, vec![]).encode();
    assert_eq!(header_error(&response), MessageError::NotARequest);
    let headless = Item::structure(tag::REQUEST_MESSAGE, vec![destroy(None)]).encode();
    assert!(matches!(header_error(&headless), MessageError::Unversioned(DecodeError::Missing { .. })));
    let unversioned = Item::structure(tag::REQUEST_HEADER, vec![Item::integer(tag::BATCH_COUNT, 0)]);
    let unversioned = Item::structure(tag::REQUEST_MESSAGE, vec![unversioned]).encode();
    assert!(matches!(header_error(&unversioned), MessageError::Unversioned(DecodeError::Missing { .. })));
    assert_eq!(header_error(&unversioned).sent(), None);
}

#[test]
fn batch_count_has_to_be_the_number_of_batch_items() {
    for stated in [-1, 0, 2, i32::MAX] {
        let header = vec![version_item(1, 2), Item::integer(tag::BATCH_COUNT, stated)];
        let header = Item::structure(tag::REQUEST_HEADER, header);
        let bytes = Item::structure(tag::REQUEST_MESSAGE, vec![header, destroy(None)]).encode();
        let error = header_error(&bytes);
        let sent = ProtocolVersion { major: 1, minor: 2 };
        assert_eq!(error, MessageError::BatchCount { sent, stated: Some(stated), found: 1 });
    }
    let none = header_error(&request((1, 2), vec![], vec![]));
    assert!(matches!(none, MessageError::BatchCount { stated: Some(0), found: 0, .. }), "{none:?}");
}

#[test]
fn a_batch_of_several_needs_identifiers() {
    let bytes = request((2, 1), vec![], vec![destroy(Some(1)), destroy(None)]);
    let doc = scan(&bytes);
    let message = RequestMessage::decode(&doc).expect("readable");
    let [Ok(_), Err(second)] = message.batch_items.as_slice() else { panic!("the second lacks its identifier") };
    assert!(matches!(second.error, DecodeError::Missing { tag: tag::UNIQUE_BATCH_ITEM_ID, .. }));
}

#[test]
fn damage_inside_a_batch_item_fails_that_item_only() {
    let mut bytes = request((1, 2), vec![], vec![destroy(Some(1)), destroy(Some(2))]);
    let at = bytes.windows(2).rposition(|w| w == b"k\0").expect("the second identifier");
    bytes[at] = 0xFF;
    let doc = Doc::lenient(&bytes, &Limits::default());
    let message = RequestMessage::decode(&doc).expect("the header is fine");
    let [Ok(_), Err(second)] = message.batch_items.as_slice() else { panic!("the second is damaged") };
    assert_eq!(second.unique_batch_item_id.as_deref(), Some([2].as_slice()));
    assert!(matches!(second.error, DecodeError::Malformed { tag: tag::UNIQUE_IDENTIFIER, .. }), "{second}");
}

#[test]
fn credentials_are_read_as_their_version_knows_them() {
    let nonce = vec![Item::bytes(tag::NONCE_ID, [1]), Item::bytes(tag::NONCE_VALUE, [2])];
    let value = Item::structure(
        tag::CREDENTIAL_VALUE,
        vec![
            Item::structure(tag::NONCE, nonce),
            Item::enumeration(tag::ATTESTATION_TYPE, AttestationType::TPM_QUOTE.0),
        ],
    );
    let kind = Item::enumeration(tag::CREDENTIAL_TYPE, CredentialType::ATTESTATION.0);
    let credential = Item::structure(tag::CREDENTIAL, vec![kind, value]);
    let read = |minor, credentials: Vec<Item>| {
        let bytes = request((1, minor), vec![Item::structure(tag::AUTHENTICATION, credentials)], vec![destroy(None)]);
        let doc = scan(&bytes);
        RequestMessage::decode(&doc).map(|m| {
            let all = m.header.authentication.map(|a| a.credentials).unwrap_or_default();
            all.iter().map(|c| (c.credential_type(), matches!(c, Credential::Attestation(_)))).collect::<Vec<_>>()
        })
    };
    assert_eq!(read(2, vec![credential.clone()]), Ok(vec![(CredentialType::ATTESTATION, true)]));
    assert_eq!(read(1, vec![credential.clone()]), Ok(vec![(CredentialType::ATTESTATION, false)]));
    assert_eq!(read(2, vec![credential.clone(), credential.clone()]).map(|all| all.len()), Ok(2));
    let second = read(1, vec![credential.clone(), credential]).expect_err("1.1 has one Credential");
    assert!(matches!(second, MessageError::Header { error: DecodeError::Repeated { .. }, .. }), "{second:?}");
    let none = read(2, vec![]).expect_err("no Credential at all");
    assert!(matches!(none, MessageError::Header { error: DecodeError::Missing { .. }, .. }), "{none:?}");
}

#[test]
fn errors_name_the_field_and_the_offset() {
    let wrong = DecodeError::WrongType {
        tag: tag::BATCH_COUNT,
        at: 48,
        found: ItemType::LONG_INTEGER,
        expected: ItemType::INTEGER,
    };
    assert_eq!(wrong.to_string(), "offset 48: Batch Count has type LongInteger, expected Integer");
    let unknown = DecodeError::Unknown { tag: VENDOR, at: 8 };
    assert_eq!(unknown.to_string(), "offset 8: field 0x540001 is no field of this structure at this version");
}

fn any_text() -> impl Strategy<Value = Cow<'static, str>> {
    ".{0,20}".prop_map(Cow::Owned)
}

fn any_bytes() -> impl Strategy<Value = Cow<'static, [u8]>> {
    prop::collection::vec(any::<u8>(), 0..20).prop_map(Cow::Owned)
}

fn any_version() -> impl Strategy<Value = Version> {
    prop::sample::select(&Version::ALL[..7])
}

prop_compose! {
    fn any_header()(
        version in any_version(),
        size in any::<Option<i32>>(),
        order in any::<Option<bool>>(),
        stamp in any::<Option<i64>>(),
        undo in any::<Option<u32>>(),
        mark in prop::option::of(any_text()),
        login in prop::option::of((any_text(), prop::option::of(any_text()))),
    ) -> (Version, RequestHeader<'static>) {
        let mut header = RequestHeader::new(version, 1);
        header.maximum_response_size = size;
        header.batch_order_option = order;
        header.time_stamp = stamp.map(DateTime);
        header.batch_error_continuation_option = undo.map(BatchErrorContinuationOption);
        header.client_correlation_value = mark.filter(|_| version >= Version::V1_4);
        header.authentication = login.map(|(username, password)| Authentication {
            credentials: vec![Credential::UsernameAndPassword(UsernameAndPasswordCredential { username, password })],
        });
        (version, header)
    }
}

prop_compose! {
    fn any_response_item()(
        operation in any::<Option<u32>>(),
        id in prop::option::of(any_bytes()),
        status in any::<u32>(),
        reason in any::<Option<u32>>(),
        message in prop::option::of(any_text()),
        correlation in prop::option::of(any_bytes()),
        payload in any::<Option<i32>>(),
        vendor in prop::option::of((any_text(), any::<bool>())),
    ) -> ResponseBatchItem<'static> {
        ResponseBatchItem {
            operation: operation.map(Operation),
            unique_batch_item_id: id,
            result_status: ResultStatus(status),
            result_reason: reason.map(ResultReason),
            result_message: message,
            asynchronous_correlation_value: correlation,
            response_payload: payload
                .map(|n| Item::structure(tag::RESPONSE_PAYLOAD, vec![Item::integer(VENDOR, n)]).into()),
            message_extensions: vendor.into_iter().map(|(vendor_identification, criticality_indicator)| {
                let vendor_extension = Item::structure(tag::VENDOR_EXTENSION, vec![]).into();
                MessageExtension { vendor_identification, criticality_indicator, vendor_extension }
            }).collect(),
        }
    }
}

proptest! {
    #[test]
    fn request_headers_survive_encoding((version, header) in any_header()) {
        let mut w = Writer::new();
        header.encode(&mut w, version);
        let bytes = w.finish();
        let doc = scan(&bytes);
        let read = RequestHeader::decode(doc.root().expect("one item"), version).expect("our own bytes");
        prop_assert_eq!(read, header);
    }

    #[test]
    fn responses_survive_encoding(version in any_version(), items in prop::collection::vec(any_response_item(), 0..4)) {
        let count = i32::try_from(items.len()).expect("a few");
        let header = ResponseHeader::new(version, DateTime(7), count);
        let batch_items = items.into_iter().map(Ok).collect();
        let message = ResponseMessage { header, reading: version.into(), batch_items };
        let mut w = Writer::new();
        message.encode(&mut w);
        let bytes = w.finish();
        let doc = scan(&bytes);
        let read = ResponseMessage::decode(&doc, version).expect("our own bytes");
        prop_assert_eq!(&read, &message);
        let mut again = Writer::new();
        read.encode(&mut again);
        prop_assert_eq!(again.finish(), bytes.clone());
    }

    #[test]
    fn damaged_requests_end_in_an_answer(flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), cut in any::<prop::sample::Index>()) {
        let header = vec![Item::boolean(tag::BATCH_ORDER_OPTION, true), Item::date_time(tag::TIME_STAMP, 1)];
        let mut bytes = request((1, 4), header, vec![destroy(Some(1)), destroy(Some(2))]);
        for (at, byte) in &flips {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        if flips.len() > 4 {
            bytes.truncate(cut.index(bytes.len()));
        }
        let doc = Doc::lenient(&bytes, &Limits::default());
        match RequestMessage::decode(&doc) {
            Ok(message) => {
                prop_assert!(!message.batch_items.is_empty());
                for item in message.batch_items.iter().flatten() {
                    let payload = item.request_payload.wire().expect("borrowed");
                    if let Err(error) = operations::destroy::Request::decode(payload, message.reading) {
                        prop_assert!(error.at() < bytes.len());
                    }
                }
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}
