//! Discover Versions, and what a client makes of its answer.

use super::PLAIN;
use crate::client_suite::answer::{Answer, operation_of};
use crate::client_suite::case::{Case, Expects};
use kmipspec_protocol::registry::{Operation, ResultReason, ResultStatus, tag};
use kmipspec_protocol::spec_ref::{SpecRef, kmip};
use kmipspec_protocol::ttlv::{Item, ItemRef};
use kmipspec_protocol::version::{ProtocolVersion, Version, Version::*};

const LOWER: &[SpecRef] = &[
    kmip(V1_2, "4.26"),
    kmip(V1_2, "6.1"),
    kmip(V1_3, "4.26"),
    kmip(V1_3, "6.1"),
    kmip(V1_4, "4.26"),
    kmip(V1_4, "6.1"),
    kmip(V2_1, "6.1.16"),
    kmip(V2_1, "9.16"),
];
const UNSUPPORTED: &[SpecRef] = &[kmip(V1_1, "11.1"), kmip(V1_2, "11.1"), kmip(V1_3, "11.1"), kmip(V1_4, "11.1")];

/// The rows.
pub(super) static CASES: &[Case] = &[
    Case {
        id: "client.discover-versions.lower-minor",
        title: "A version that Discover Versions has named is used, and no other",
        statement: "Discover Versions tells a client which versions the server supports, and clients have to support older minor versions of a major version",
        spec: LOWER,
        needs: "a Discover Versions that names a lower minor version, or none",
        vary: |answer| answer.payloads(Operation::DISCOVER_VERSIONS, only_the_one_before),
        expects: Expects::Agreed,
        field: &["A7", "A8"],
        ..PLAIN
    },
    Case {
        id: "client.discover-versions.not-supported",
        title: "A server without Discover Versions is borne",
        statement: "a server that does not support an operation fails it with Operation Not Supported",
        spec: UNSUPPORTED,
        needs: "a Discover Versions",
        vary: not_supported,
        expects: Expects::Ends,
        field: &["A8", "M2"],
        ..PLAIN
    },
];

/// The minor version before.
fn before(version: Version) -> Option<Version> {
    Version::from_numbers(version.major(), version.minor().checked_sub(1)?)
}

/// The list has nothing but the minor version before the one that was spoken.
fn only_the_one_before(payload: &mut Item, asked: ItemRef<'_>, spoken: Version) -> bool {
    let Some(older) = before(spoken) else { return false };
    let common = |item: &Item| listed(item) == Some(ProtocolVersion::from(older));
    // What the client did not name is not common to both.
    let named = asked.children().filter_map(ProtocolVersion::of).any(|v| v == ProtocolVersion::from(older));
    if asked.children().next().is_some() && !named {
        return false;
    }
    let Some(items) = payload.items_mut() else { return false };
    items.retain(common);
    !items.is_empty()
}

/// The version that an item is.
fn listed(item: &Item) -> Option<ProtocolVersion> {
    let bytes = item.encode();
    let doc = kmipspec_protocol::ttlv::Doc::lenient(&bytes, &kmipspec_protocol::ttlv::Limits::default());
    ProtocolVersion::of(doc.root()?)
}

fn not_supported(answer: &mut Answer<'_>) -> bool {
    let mut changed = false;
    for item in answer.items().filter(|item| operation_of(item) == Some(Operation::DISCOVER_VERSIONS)) {
        let Some(fields) = item.items_mut() else { continue };
        fields.retain(|field| [tag::OPERATION, tag::UNIQUE_BATCH_ITEM_ID].contains(&field.tag));
        fields.push(Item::enumeration(tag::RESULT_STATUS, ResultStatus::OPERATION_FAILED.0));
        fields.push(Item::enumeration(tag::RESULT_REASON, ResultReason::OPERATION_NOT_SUPPORTED.0));
        changed = true;
    }
    changed
}
