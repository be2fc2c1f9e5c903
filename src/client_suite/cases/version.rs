//! Discover Versions and Query, and what a client makes of an answer that is not what it hoped for.

use super::PLAIN;
use super::failure::{REASON, fails};
use crate::client_suite::case::{Case, Expects};
use crate::runner::verdict::Level;
use kmipspec_protocol::registry::{Operation, ResultReason};
use kmipspec_protocol::spec_ref::{SpecRef, kmip};
use kmipspec_protocol::ttlv::Item;
use kmipspec_protocol::version::{ProtocolVersion, Version, Version::*};

const LOWER: &[SpecRef] = &[
    kmip(V1_1, "4.26"),
    kmip(V1_1, "6.1"),
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
/// 2.x lists the reasons of Discover Versions, and Authentication Not Successful is not among them.
const NOT_LET_IN: &[SpecRef] = &[kmip(V1_1, "6.10"), kmip(V1_2, "6.10"), kmip(V1_3, "6.10"), kmip(V1_4, "6.10")];

/// A row of a Discover Versions or Query that fails: no text says what a client does then.
const ALONE: Case = Case { level: Level::May, expects: Expects::Ends, ..PLAIN };

/// The rows.
pub(super) static CASES: &[Case] = &[
    Case {
        id: "client.discover-versions.lower-minor",
        title: "A version that Discover Versions has named is used, and no other",
        statement: "Discover Versions tells a client which versions the server supports, and clients have to support older minor versions of a major version; yet the server should name all that both support, and need not",
        spec: LOWER,
        level: Level::May,
        needs: "a Discover Versions that names a lower minor version, or none",
        vary: |answer| {
            let speaks = answer.habits.speaks.unwrap_or(answer.version);
            answer.payloads(Operation::DISCOVER_VERSIONS, |payload, _, _| only_older(payload, speaks))
        },
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
        vary: |answer| fails(answer, Operation::DISCOVER_VERSIONS, ResultReason::OPERATION_NOT_SUPPORTED),
        field: &["A8", "M2"],
        ..ALONE
    },
    Case {
        id: "client.discover-versions.authentication-not-successful",
        title: "A Discover Versions that fails since the client was not let in is understood",
        statement: "a failed operation has a Result Reason, and no payload; who was not let in is told Authentication Not Successful",
        spec: NOT_LET_IN,
        needs: "a Discover Versions",
        vary: |answer| fails(answer, Operation::DISCOVER_VERSIONS, ResultReason::AUTHENTICATION_NOT_SUCCESSFUL),
        field: &["M2"],
        ..ALONE
    },
    Case {
        id: "client.query.permission-denied",
        title: "A Query that fails is understood",
        statement: "a failed operation has a Result Reason, and no payload; a server may let nobody ask what it can do",
        spec: REASON,
        needs: "a Query",
        vary: |answer| fails(answer, Operation::QUERY, ResultReason::PERMISSION_DENIED),
        field: &["D3", "M5"],
        ..ALONE
    },
];

/// The list, which has nothing that the client did not name, has only minor versions before the one that the client speaks otherwise;
/// whichever version it asks at. Without any it would say that there is none in common.
fn only_older(payload: &mut Item, speaks: Version) -> bool {
    let Some(items) = payload.items_mut() else { return false };
    let older = |item: &Item| {
        let version = listed(item).and_then(|version| version.known());
        version.is_some_and(|version| version.major() == speaks.major() && version < speaks)
    };
    if !items.iter().any(older) {
        return false;
    }
    items.retain(older);
    true
}

/// The version that an item is.
fn listed(item: &Item) -> Option<ProtocolVersion> {
    let bytes = item.encode();
    let doc = kmipspec_protocol::ttlv::Doc::lenient(&bytes, &kmipspec_protocol::ttlv::Limits::default());
    ProtocolVersion::of(doc.root()?)
}
