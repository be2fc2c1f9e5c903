//! Every payload of the published OASIS test cases goes through the struct of its operation and comes out
//! as the same bytes, but for the listed places where the file itself is wrong.

#[path = "support/oasis.rs"]
mod oasis;

use std::collections::BTreeMap;

use kmipspec_protocol::encoding::case_file::{CaseFile, Kind};
use kmipspec_protocol::message::{DecodeError, Reading};
use kmipspec_protocol::operations::{OPERATIONS, row};
use kmipspec_protocol::registry::{Operation, tag};
use kmipspec_protocol::ttlv::{Doc, ItemRef, Limits, Writer};
use oasis::{files, fill, stated};

/// Payloads that do not go through: the file, which side, the operation, what is wrong with it.
const EXCEPTIONS: &[(&str, Kind, Operation, &str)] = &[];

/// Through the typed layer: the operation, and what came of it.
fn rewritten(item: ItemRef<'_>, kind: Kind, reading: Reading) -> Option<(Operation, Result<bool, String>)> {
    let operation = Operation(item.child(tag::OPERATION)?.as_u32()?);
    let payload = match kind {
        Kind::Request => item.child(tag::REQUEST_PAYLOAD),
        Kind::Response => item.child(tag::RESPONSE_PAYLOAD),
    }?;
    let Some(row) = row(operation) else { return Some((operation, Err("no such operation".to_owned()))) };
    let rewrite = match kind {
        Kind::Request => row.rewrite_request,
        Kind::Response => row.rewrite_response,
    };
    let mut w = Writer::new();
    let same = rewrite(payload, reading, &mut w).map(|()| w.finish() == payload.whole());
    Some((operation, same.map_err(|error: DecodeError| error.to_string())))
}

#[test]
fn every_published_payload_comes_out_of_the_typed_layer_as_it_went_in() {
    let Some(folder) = oasis::oasis() else { return };
    let limits = Limits::default();
    let mut failed = Vec::new();
    let mut seen: BTreeMap<(Operation, bool), usize> = BTreeMap::new();
    let mut excepted = vec![0; EXCEPTIONS.len()];
    for path in files(&folder) {
        let name = path.strip_prefix(&folder).unwrap_or(&path).display().to_string();
        let text = std::fs::read_to_string(&path).expect("a file that can be read");
        let file = CaseFile::read(&text, &limits).unwrap_or_else(|e| panic!("{name}: {e}"));
        let mut version = None;
        for (i, message) in file.messages.iter().enumerate() {
            let bytes = message.item(&mut fill).unwrap_or_else(|e| panic!("{name}: {e}")).encode();
            let doc = Doc::strict(&bytes, &limits).unwrap_or_else(|e| panic!("{name}: {e}"));
            // A response is read at the version of its request.
            if message.kind == Kind::Request {
                version = stated(&doc, tag::REQUEST_HEADER);
            }
            let Some(version) = version else { continue };
            let root = doc.root().expect("a message");
            for item in root.children().filter(|item| item.tag() == tag::BATCH_ITEM) {
                let Some((operation, outcome)) = rewritten(item, message.kind, version.into()) else { continue };
                *seen.entry((operation, message.kind == Kind::Request)).or_default() += 1;
                let problem = match outcome {
                    Ok(true) => continue,
                    Ok(false) => "written otherwise".to_owned(),
                    Err(error) => error,
                };
                let known = EXCEPTIONS
                    .iter()
                    .position(|(file, kind, of, _)| name.ends_with(file) && *kind == message.kind && *of == operation);
                match known {
                    Some(known) => excepted[known] += 1,
                    None => failed.push(format!("{name} message {i}, {operation:?} at {version}: {problem}")),
                }
            }
        }
    }
    assert!(failed.is_empty(), "{} payloads:\n{}", failed.len(), failed.join("\n"));
    for (count, exception) in excepted.iter().zip(EXCEPTIONS) {
        assert!(*count > 0, "no longer an exception: {exception:?}");
    }
    let payloads: usize = seen.values().sum();
    assert!(payloads >= 5_000, "only {payloads} payloads");
    let side = |request| OPERATIONS.iter().filter(|row| seen.contains_key(&(row.operation, request))).count();
    assert!(side(true) >= 45 && side(false) >= 44, "requests of {}, responses of {}", side(true), side(false));
}
