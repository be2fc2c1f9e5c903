//! Every operation, against the tables of the schema and against bytes that our encoder did not write.

use super::{OPERATIONS, row};
use crate::encoding::dump;
use crate::message::{AnyItem, DecodeError, Reading, RequestMessage, ResponseMessage};
use crate::registry::{Operation, ResultReason, tag};
use crate::schema;
use crate::ttlv::{Doc, ItemRef, Limits, Writer};
use crate::version::Version;
use std::path::{Path, PathBuf};

/// A message of `vectors/ttlv/messages`; `tests/harness/ttlv_vectors.rs` compares the trees.
struct Vector {
    name: String,
    version: Version,
    bytes: Vec<u8>,
}

fn vectors() -> Vec<Vector> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/ttlv/messages");
    let files = std::fs::read_dir(folder).expect("vectors are beside the package");
    let mut paths: Vec<PathBuf> = files.map(|entry| entry.expect("readable folder").path()).collect();
    paths.sort();
    let all: Vec<Vector> = paths.iter().map(|path| vector(path)).collect();
    assert!(all.len() >= 174, "only {} vectors found", all.len());
    all
}

/// Version and bytes, which stand in lines of their own; this package has no YAML.
fn vector(path: &Path) -> Vector {
    let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
    let yaml = std::fs::read_to_string(path).expect("readable");
    let version = yaml.lines().find_map(|line| line.strip_prefix("spec: {\"")).and_then(|rest| rest.get(..3));
    let version = version.expect("one version").parse().expect("a published version");
    let (_, hex) = yaml.split_once("bytes: |\n").expect("bytes");
    let hex: String = hex.lines().map_while(|line| line.strip_prefix("  ")).collect();
    let digit = |i: usize| u8::from_str_radix(&hex[i..i + 2], 16).expect("hex");
    Vector { name, version, bytes: (0..hex.len()).step_by(2).map(digit).collect() }
}

/// Reads a whole message into typed structs, payloads too, and writes it again.
fn rewrite(v: &Vector) -> (Operations, Vec<u8>) {
    let doc = Doc::strict(&v.bytes, &Limits::default()).unwrap_or_else(|diag| panic!("{}: {diag}", v.name));
    let mut w = Writer::new();
    let mut seen =
        Operations { request: doc.root().is_some_and(|r| r.tag() == tag::REQUEST_MESSAGE), codes: Vec::new() };
    let reading = Reading::from(v.version);
    if seen.request {
        let message = RequestMessage::decode(&doc).unwrap_or_else(|error| panic!("{}: {error}", v.name));
        assert_eq!(message.reading, reading, "{}", v.name);
        w.begin(tag::REQUEST_MESSAGE);
        message.header.encode(&mut w, v.version);
        for item in &message.batch_items {
            let item = item.as_ref().unwrap_or_else(|error| panic!("{}: {error}", v.name));
            seen.codes.push(item.operation);
            let rewrite = row(item.operation).unwrap_or_else(|| panic!("{}: no row", v.name)).rewrite_request;
            let payload = item.request_payload.wire().expect("payloads of a message borrow from it");
            item.encode_with(&mut w, v.version, |w| {
                rewrite(payload, reading, w).unwrap_or_else(|error| panic!("{}: {error}", v.name));
            });
        }
    } else {
        let message = ResponseMessage::decode(&doc, v.version).unwrap_or_else(|error| panic!("{}: {error}", v.name));
        w.begin(tag::RESPONSE_MESSAGE);
        message.header.encode(&mut w, v.version);
        for item in &message.batch_items {
            let item = item.as_ref().unwrap_or_else(|error| panic!("{}: {error}", v.name));
            let (Some(operation), Some(payload)) = (item.operation, &item.response_payload) else {
                item.encode(&mut w, v.version);
                continue;
            };
            seen.codes.push(operation);
            let rewrite = row(operation).unwrap_or_else(|| panic!("{}: no row", v.name)).rewrite_response;
            let payload = payload.wire().expect("payloads of a message borrow from it");
            item.encode_with(&mut w, v.version, |w| {
                rewrite(payload, reading, w).unwrap_or_else(|error| panic!("{}: {error}", v.name));
            });
        }
    }
    (seen, w.finish())
}

/// Which payloads a message has.
struct Operations {
    request: bool,
    codes: Vec<Operation>,
}

#[test]
fn messages_of_others_come_out_of_the_typed_layer_as_they_went_in() {
    let mut witnessed = Vec::new();
    for v in &vectors() {
        let (seen, bytes) = rewrite(v);
        let show = |bytes: &[u8]| dump::tree(&Doc::lenient(bytes, &Limits::default()), &dump::Options::default());
        assert!(bytes == v.bytes, "{}:\n{}\nwritten as\n{}", v.name, show(&v.bytes), show(&bytes));
        witnessed.extend(seen.codes.into_iter().map(|code| (code, seen.request, v.version >= Version::V2_0)));
    }
    for row in OPERATIONS {
        for request in [true, false] {
            let kinds: Vec<_> = witnessed.iter().filter(|w| w.0 == row.operation && w.1 == request).collect();
            assert!(!kinds.is_empty(), "no {} of {} that our encoder did not write", kind(request), row.name);
        }
    }
}

fn kind(request: bool) -> &'static str {
    if request { "request" } else { "response" }
}

#[test]
fn rows_are_in_order_and_agree_with_the_schema() {
    assert!(OPERATIONS.is_sorted_by_key(|row| row.operation.0));
    for row in OPERATIONS {
        let schema =
            schema::operation_row(row.operation.0).unwrap_or_else(|| panic!("{}: not in the schema", row.name));
        for version in Version::ALL {
            let ours = row.spec.iter().find(|spec| spec.version == version).map(|spec| spec.section);
            assert_eq!(ours, schema.section(version), "{} at {version}", row.name);
        }
    }
}

#[test]
fn failures_are_those_of_the_error_tables() {
    for row in OPERATIONS {
        for failure in row.failures {
            let id = failure.id;
            let error =
                schema::ERRORS.iter().find(|error| error.id == id).unwrap_or_else(|| panic!("{id}: no such row"));
            assert!(
                error.reasons.is_empty() || error.reasons.contains(&failure.reason.0),
                "{id}: {:?}",
                failure.reason
            );
            assert!(error.versions.contains(failure.since) && error.versions.contains(failure.until), "{id}: versions");
        }
        let name = schema::operation_row(row.operation.0).map(|schema| schema.xml_name);
        for error in schema::ERRORS.iter().filter(|error| error.operation == name && error.id.starts_with("E1-")) {
            assert!(row.failures.iter().any(|f| f.id == error.id), "{} leaves out {}", row.name, error.id);
        }
    }
}

/// What any operation may fail with, so that lists of 2.x name it for all.
const OF_ANY_OPERATION: [ResultReason; 8] = [
    ResultReason::ATTESTATION_FAILED,
    ResultReason::ATTESTATION_REQUIRED,
    ResultReason::FEATURE_NOT_SUPPORTED,
    ResultReason::INVALID_FIELD,
    ResultReason::INVALID_MESSAGE,
    ResultReason::OPERATION_NOT_SUPPORTED,
    ResultReason::PERMISSION_DENIED,
    ResultReason::RESPONSE_TOO_LARGE,
];

#[test]
fn reasons_of_2x_have_a_condition() {
    let mut without = Vec::new();
    for row in OPERATIONS {
        let name = schema::operation_row(row.operation.0).map(|schema| schema.xml_name);
        for error in schema::ERRORS.iter().filter(|error| error.operation == name && error.id.starts_with("E2-")) {
            for reason in error.reasons.iter().map(|reason| ResultReason(*reason)) {
                let at = |version| row.failures.iter().any(|f| f.reason == reason && f.applies_to(version));
                let told = at(error.versions.since) && at(error.versions.until);
                if !told && !OF_ANY_OPERATION.contains(&reason) {
                    without.push(format!("{}: {reason:?}", error.id));
                }
            }
        }
    }
    assert!(without.is_empty(), "{without:#?}");
}

/// The fields our structs read and write, in their order, are those of the schema's payload tables: a payload made of
/// the required fields of the table is read, and no field of another version is.
#[test]
fn fields_of_later_versions_are_unknown_to_earlier_ones() {
    let mut w = Writer::new();
    w.begin(tag::REQUEST_PAYLOAD);
    w.integer(tag::MAXIMUM_ITEMS, 1);
    w.integer(tag::OFFSET_ITEMS, 2);
    let bytes = w.finish();
    let doc = Doc::strict(&bytes, &Limits { leaf_root: true, ..Limits::default() }).expect("well-formed");
    let payload = doc.root().expect("one item");
    let at = |version: Version| super::locate::Request::decode(payload, version).map(|r| r.offset_items);
    assert_eq!(at(Version::V1_2), Err(DecodeError::Unknown { tag: tag::OFFSET_ITEMS, at: 24 }));
    assert_eq!(at(Version::V1_3), Ok(Some(2)));
    assert_eq!(at(Version::V2_1), Err(DecodeError::Missing { tag: tag::ATTRIBUTES, at: 0 }));
}

#[test]
fn object_of_a_response_is_kept_byte_for_byte() {
    for v in vectors().iter().filter(|v| v.name.contains("get-") && v.name.contains("response")) {
        let doc = Doc::strict(&v.bytes, &Limits::default()).expect("well-formed");
        let message = ResponseMessage::decode(&doc, v.version).expect("readable");
        let Some(Ok(item)) = message.batch_items.first() else { panic!("{}: no batch item", v.name) };
        let Some(AnyItem::Wire(payload)) = &item.response_payload else { continue };
        if item.operation != Some(Operation::GET) {
            continue;
        }
        let payload: ItemRef<'_> = *payload;
        let get = super::get::Response::decode(payload, v.version).unwrap_or_else(|e| panic!("{}: {e}", v.name));
        let kept = get.object.to_managed_object().unwrap_or_else(|| panic!("{}: no object", v.name));
        assert_eq!(kept.object_type(), get.object_type, "{}", v.name);
        let wire = get.object.0.wire().expect("borrowed");
        assert_eq!(kept.item().encode(), wire.whole(), "{}", v.name);
        let typed = get.object.decode(v.version).expect("borrowed").unwrap_or_else(|e| panic!("{}: {e}", v.name));
        let mut w = Writer::new();
        typed.encode(&mut w, v.version);
        assert_eq!(w.finish(), wire.whole(), "{}", v.name);
    }
}
