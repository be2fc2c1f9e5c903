//! The authorisation matrix: every operation on an object of another client, by its identifier and by the ID Placeholder.
//!
//! What has to come of it: up to 1.2 the default operation policy lets the owner alone do what its tables name. From 1.3 on the
//! policy is the server's own and what comes back is recorded, but for Revoke, Destroy, Archive, Recover and Export, which
//! only the owner or a security officer should be allowed. The requests are those of `vectors/families/requests.yaml`.
//! Routes that are no operation's own (a wrapping key, a second base, Locate) are files below `access/`.

use super::payload_rows::setup;
use super::requests::{Requests, requests};
use super::text::{Head, flow};
use crate::scenario::names::kebab;
use crate::scenario::node::{Kind, Node};
use kmipspec_protocol::registry::Operation;
use kmipspec_protocol::schema::{OperationRow, Required};
use kmipspec_protocol::version::Version;
use std::fmt::Write as _;

/// What the default policy has for secret objects: the owner only (1.0 Table 62, 1.2 Table 81).
const OWNER_ONLY: [Operation; 17] = [
    Operation::RE_KEY,
    Operation::RE_KEY_KEY_PAIR,
    Operation::DERIVE_KEY,
    Operation::CHECK,
    Operation::GET,
    Operation::GET_ATTRIBUTES,
    Operation::GET_ATTRIBUTE_LIST,
    Operation::ADD_ATTRIBUTE,
    Operation::MODIFY_ATTRIBUTE,
    Operation::DELETE_ATTRIBUTE,
    Operation::OBTAIN_LEASE,
    Operation::GET_USAGE_ALLOCATION,
    Operation::ACTIVATE,
    Operation::REVOKE,
    Operation::DESTROY,
    Operation::ARCHIVE,
    Operation::RECOVER,
];

/// Where the operation's own section, or the Usage Guide (2.1 §3.2), has owner and security officer alone.
const ADVISED: [Operation; 5] =
    [Operation::REVOKE, Operation::DESTROY, Operation::ARCHIVE, Operation::RECOVER, Operation::EXPORT];

/// Changes of a public key, which everybody may read.
const PUBLIC: [Operation; 5] =
    [Operation::ADD_ATTRIBUTE, Operation::ACTIVATE, Operation::REVOKE, Operation::DESTROY, Operation::ARCHIVE];

/// What is a file of its own by identifier, with more about what is left afterwards: `access/other-client/`.
const WRITTEN: [Operation; 10] = [
    Operation::ACTIVATE,
    Operation::ADD_ATTRIBUTE,
    Operation::CHECK,
    Operation::DELETE_ATTRIBUTE,
    Operation::DESTROY,
    Operation::GET,
    Operation::GET_ATTRIBUTE_LIST,
    Operation::GET_ATTRIBUTES,
    Operation::MODIFY_ATTRIBUTE,
    Operation::REVOKE,
];

/// No cells: a ticket is good for whoever holds it, Cancel succeeds whatever comes of it, and a certificate is everybody's to read.
const NOBODYS: [Operation; 3] = [Operation::LOGOUT, Operation::CANCEL, Operation::VALIDATE];

/// What the default policy lets everybody find is found by the search that has to find nothing.
const FOUND: [Operation; 3] = [Operation::CERTIFY, Operation::RE_CERTIFY, Operation::SIGNATURE_VERIFY];

/// How the other client comes to the object.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Route {
    /// It knows the identifier.
    Identifier,
    /// The same of a public key.
    PublicKey,
    /// It searches, finds nothing, and names nothing.
    Placeholder,
}

/// The scenarios of the family.
pub(super) fn generate() -> Vec<String> {
    let Some(Requests { prepare, recipes }) = requests() else { return Vec::new() };
    let mut out = Vec::new();
    for (row, recipe) in recipes {
        let prepared = recipe.get("prepare").and_then(Node::list).unwrap_or_default();
        let (Some(request), false) = (recipe.get("request"), prepared.is_empty()) else { continue };
        if NOBODYS.contains(&Operation(row.code)) {
            continue;
        }
        let prepared: Vec<&Node> =
            prepared.iter().filter_map(|name| prepare.get(name.text()?)?.list()).flatten().collect();
        let cell = Cell { row, prepared, request, prepare };
        out.extend([Route::Identifier, Route::PublicKey, Route::Placeholder].into_iter().filter_map(|r| cell.case(r)));
    }
    out
}

/// An operation, and a valid request for it.
struct Cell<'a> {
    row: &'static OperationRow,
    prepared: Vec<&'a Node>,
    request: &'a Node,
    prepare: &'a Node,
}

impl Cell<'_> {
    /// The versions at which a route is one.
    fn versions(&self, route: Route) -> Vec<Version> {
        let all = Version::WITH_TEXT.into_iter().filter(|v| self.row.versions.contains(*v));
        all.filter(|v| route != Route::Placeholder || self.can_name_nothing(*v)).collect()
    }

    /// Whether the identifier may be left out at a version.
    fn can_name_nothing(&self, version: Version) -> bool {
        let layout = self.row.layout(version).and_then(|l| l.request).unwrap_or_default();
        layout.iter().any(|f| Some(f.name) == self.identifier() && f.required == Required::No)
    }

    /// The field of the request that names the object.
    fn identifier(&self) -> Option<&str> {
        let named = self.request.map()?.first()?;
        (named.key.ends_with("UniqueIdentifier") && named.value.text().is_some()).then_some(named.key.as_str())
    }

    /// One case.
    fn case(&self, route: Route) -> Option<String> {
        let operation = Operation(self.row.code);
        let versions = self.versions(route);
        let elsewhere = match route {
            Route::Identifier => WRITTEN.contains(&operation),
            Route::PublicKey => !PUBLIC.contains(&operation),
            Route::Placeholder => FOUND.contains(&operation),
        };
        if versions.is_empty() || elsewhere {
            return None;
        }
        let judged = OWNER_ONLY.contains(&operation);
        let advised = ADVISED.contains(&operation);
        let name = self.row.name;
        let (word, title) = match route {
            Route::Identifier => ("by-identifier", format!("{name} of another client's object")),
            Route::PublicKey => ("public-key", format!("{name} of another client's public key")),
            Route::Placeholder => {
                ("by-placeholder", format!("{name} behind a search that finds nothing of another client's"))
            }
        };
        let head = Head {
            id: format!("access.matrix.{}.{word}", kebab(name)),
            title: if judged || advised {
                format!("{title} is refused")
            } else {
                format!("What {title} comes to is recorded")
            },
            spec: versions.iter().map(|v| (*v, self.sections(*v, route))).collect(),
            level: match (judged, advised) {
                (true, _) => "SHALL",
                (false, true) => "SHOULD",
                (false, false) => "MAY",
            },
            because: match (judged, advised) {
                (true, true) => BOTH,
                (true, false) => POLICY,
                (false, true) => ADVICE,
                (false, false) => NOTHING,
            },
            versions: &versions,
            source: match (judged, advised) {
                (true, true) | (false, true) => &["AO-14", "AO-41", "field K8"],
                _ => &["AO-14", "field K8"],
            },
            objects: &[],
        };
        Some(head.text() + &self.steps(route, judged, advised))
    }

    /// The owner makes it, the other tries, the owner does it.
    fn steps(&self, route: Route, judged: bool, advised: bool) -> String {
        let mut out = String::new();
        let level = match (judged, advised) {
            (true, true) => ", level: {\"1.3..\": SHOULD}",
            (true, false) => ", level: {\"1.3..\": MAY}",
            (false, true) => ", level: {\"2.0..\": MAY}",
            (false, false) => "",
        };
        let refused = format!("{{status: OperationFailed{level}}}");
        let public = self.prepare.get("verifier").and_then(Node::list).and_then(|steps| steps.first());
        let prepared = match (route, public) {
            (Route::PublicKey, Some(step)) => vec![step],
            _ => self.prepared.clone(),
        };
        for step in prepared {
            let _ = writeln!(out, "  - {}", setup(step));
        }
        let mut request = flow(self.request);
        if route == Route::PublicKey {
            // A key that was never active can be revoked for its compromise alone.
            request = request.replace("$key", "$public").replace("CessationOfOperation", "KeyCompromise");
        }
        let name = self.row.xml_name;
        if route == Route::Placeholder {
            out += &self.search(name, &refused);
        } else {
            let _ = writeln!(
                out,
                "  - {{name: other client, as: bob, send: [{{{name}: {request}}}], expect: [{refused}]}}"
            );
        }
        let _ = writeln!(out, "  - {{name: owner, refusable: true, send: [{{{name}: {request}}}]}}");
        out
    }

    /// The other client searches for the object and means what it found. That it finds nothing is tried before: otherwise it
    /// would be an object of its own that it changes.
    fn search(&self, name: &str, refused: &str) -> String {
        let id = self.request.map().and_then(|fields| fields.first()?.value.text()).unwrap_or("$key");
        let locate = format!("{{Locate: {{MaximumItems: 1, Attributes: {{UniqueIdentifier: {id}}}}}}}");
        let rest = self.request.map().unwrap_or_default().iter().skip(1).cloned().collect();
        let rest = flow(&Node { place: self.request.place.clone(), kind: Kind::Map(rest) });
        let header = "header: {BatchErrorContinuationOption: Continue, BatchOrderOption: true}";
        format!(
            "  - {{name: supported, as: bob, setup: true, {header}, send: [{{Query: {{QueryFunction: QueryOperations}}}}, \
             {{Query: {{QueryFunction: QueryOperations}}}}]}}\n  - {{name: search, as: bob, setup: true, send: [{locate}], \
             expect: [{{any-of: [{{status: OperationFailed}}, {{payload: {{UniqueIdentifier: absent}}}}]}}]}}\n  \
             - {{name: other client, as: bob, {header}, send: [{locate}, {{{name}: {rest}}}], expect: [any, {refused}]}}\n"
        )
    }

    /// Policy and operation.
    fn sections(&self, version: Version, route: Route) -> Vec<&'static str> {
        let policy = match (version, route) {
            (Version::V1_0, Route::PublicKey) => Some("3.13.2.2"),
            (Version::V1_0, _) => Some("3.13.2.1"),
            (v, Route::PublicKey) if v < Version::V2_0 => Some("3.18.2.2"),
            (v, _) if v < Version::V2_0 => Some("3.18.2.1"),
            _ => None,
        };
        policy.into_iter().chain(self.row.section(version)).collect()
    }
}

const POLICY: &str = "by the default policy of 1.0 to 1.2 only the owner may; later the policy is the server's own";
const BOTH: &str = "by the default policy of 1.0 to 1.2 only the owner may; later only the owner or a security officer should be \
                    allowed to, by the operation's own section or the Usage Guide (2.1 §3.2)";
const ADVICE: &str = "only the owner or a security officer should be allowed to (1.4 §4.41); 2.x has no such sentence";
const NOTHING: &str = "no table of the default policy names the operation";

#[cfg(test)]
mod tests {
    use super::*;
    use kmipspec_protocol::schema::OPERATIONS;

    #[test]
    fn every_operation_on_an_object_has_its_cells() {
        let texts = generate();
        let has = |id: &str| texts.iter().any(|t| t.starts_with(&format!("id: access.matrix.{id}\n")));
        for operation in OWNER_ONLY.into_iter().chain(ADVISED) {
            let row = OPERATIONS.iter().find(|row| Operation(row.code) == operation).unwrap();
            let written = WRITTEN.contains(&operation);
            assert_eq!(has(&format!("{}.by-identifier", kebab(row.name))), !written, "{}", row.name);
        }
        for id in
            ["destroy.by-placeholder", "destroy.public-key", "encrypt.by-identifier", "re-key-key-pair.by-placeholder"]
        {
            assert!(has(id), "{id}");
        }
    }
}
