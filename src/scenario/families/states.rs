//! Each state of a key against each operation that depends on it: what is refused, what is done, and the state afterwards.
//!
//! What the text decides stands in `vectors/families/states.yaml`; every other pair is run and recorded. The states are
//! those of the State section, and only its transitions are permitted: a refused operation leaves the key in its state.

use super::text::{Head, embedded, flow};
use crate::scenario::names::kebab;
use crate::scenario::node::Node;
use crate::scenario::version_set::VersionSet;
use kmipspec_protocol::registry::tag;
use kmipspec_protocol::schema::{attribute_row, operation_named};
use kmipspec_protocol::version::Version;
use std::fmt::Write as _;

/// Operations and what comes of them, as data.
const DATA: &str = include_str!("../../../vectors/families/states.yaml");

/// Where they stand in the repository.
const FILE: &str = "vectors/families/states.yaml";

/// A key that can do everything the operations ask for.
const KEY: &str = "Create: {ObjectType: SymmetricKey, Attributes: {CryptographicAlgorithm: AES, CryptographicLength: 128, \
                   CryptographicUsageMask: [Encrypt, Decrypt, MACGenerate, MACVerify, DeriveKey]}}";

/// The scenarios of the family.
pub(super) fn generate() -> Vec<String> {
    let Some(data) = embedded(FILE, DATA) else { return Vec::new() };
    let list = |key: &str| data.get(key).and_then(Node::map).unwrap_or_default();
    let mut out = Vec::new();
    for state in list("states") {
        for operation in list("operations") {
            out.extend(cases(&state.key, &state.value, &operation.key, &operation.value));
        }
    }
    out
}

/// What the text says comes of an operation in a state.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Says<'a> {
    /// It fails.
    Refused,
    /// It succeeds, and the key is in this state.
    Done(&'a str),
    /// Nothing.
    Open,
}

/// One case where the text decides, and one where it does not, since versions may differ.
fn cases(state: &str, way: &Node, name: &str, about: &Node) -> Vec<String> {
    let named = |list: &str| about.get(list).and_then(Node::list).unwrap_or_default();
    let says = if named("refused").iter().any(|n| n.text() == Some(state)) {
        Says::Refused
    } else {
        about.get("done").and_then(|d| d.get(state)).and_then(Node::text).map_or(Says::Open, Says::Done)
    };
    let decided = about.get("versions").and_then(|v| v.get(state)).and_then(Node::text);
    let decided = decided.map_or_else(VersionSet::all, |t| VersionSet::parse(t).unwrap_or_default());
    let Some(operation) = about.get("send").and_then(Node::map).and_then(|m| operation_named(&m.first()?.key)) else {
        return Vec::new();
    };
    let versions = |wanted: bool| -> Vec<Version> {
        let all = Version::WITH_TEXT.into_iter().filter(|v| operation.versions.contains(*v));
        all.filter(|v| (says != Says::Open && decided.contains(*v)) == wanted).collect()
    };
    let case = |versions: Vec<Version>, says: Says<'_>, ending: &str| {
        if versions.is_empty() {
            return None;
        }
        let shown = spaced(state);
        let title = match says {
            Says::Refused => format!("{} of a {shown} key is refused, and changes no state", operation.name),
            Says::Done(after) if after == state => {
                format!("{} of a {shown} key is done, and leaves it so", operation.name)
            }
            Says::Done(after) => format!("{} of a {shown} key is done, and makes it {}", operation.name, spaced(after)),
            Says::Open => format!("What {} of a {shown} key comes to is recorded", operation.name),
        };
        let section = |v: Version| {
            let state = attribute_row(tag::STATE).and_then(|row| row.section(v));
            [operation.section(v), state].into_iter().flatten().collect()
        };
        let source: Vec<&str> = about.get("source").and_then(Node::text).into_iter().collect();
        let old = versions.iter().any(|v| *v < Version::V2_0);
        let head = Head {
            id: format!("states.{}.{name}{ending}", kebab(&shown)),
            title,
            spec: versions.iter().map(|v| (*v, section(*v))).collect(),
            level: if says == Says::Open { "MAY" } else { "SHALL" },
            because: says.because(),
            versions: &versions,
            source: if old && says == Says::Refused { &source } else { &[] },
            objects: &["SymmetricKey"],
        };
        Some(head.text() + &steps(state, way, about, says))
    };
    let ending = if says == Says::Open || versions(true).is_empty() { "" } else { "-open" };
    [case(versions(true), says, ""), case(versions(false), Says::Open, ending)].into_iter().flatten().collect()
}

/// The key on its way into the state, the operation, the state afterwards.
fn steps(state: &str, way: &Node, about: &Node, says: Says<'_>) -> String {
    let mut out = format!(
        "  - {{name: key, setup: true, send: [{{{KEY}}}], expect: [{{payload: {{UniqueIdentifier: {{bind: key}}}}}}]}}\n"
    );
    for step in way.list().unwrap_or_default() {
        let text = flow(step);
        let _ = writeln!(out, "  - {{setup: true, {}", text.strip_prefix('{').unwrap_or(&text));
    }
    let read = |expected: &str| {
        format!(
            "send: [{{GetAttributes: {{UniqueIdentifier: $key, AttributeName: [State]}}}}], \
             expect: [{{payload: {{Attributes: {{State: {expected}}}}}}}]}}\n"
        )
    };
    let destroyed = |state: &str| state.starts_with("Destroyed");
    if !destroyed(state) {
        let _ = write!(out, "  - {{name: is {}, setup: true, {}", spaced(state), read(state));
    }
    let send = about.get("send").map_or_else(String::new, flow);
    let _ = write!(out, "  - name: operation\n    send: [{send}]\n");
    match says {
        Says::Refused => {
            let reasons = about.get("reasons").and_then(Node::map).unwrap_or_default();
            // What is destroyed may be forgotten as well.
            let gone = if destroyed(state) { ", ItemNotFound" } else { "" };
            let reasons: Vec<String> = reasons
                .iter()
                .map(|r| {
                    let names = flow(&r.value);
                    format!("\"{}\": {{one-of: {}{gone}]}}", r.key, names.strip_suffix(']').unwrap_or(&names))
                })
                .collect();
            let reason =
                if reasons.is_empty() { String::new() } else { format!(", reason: {{{}}}", reasons.join(", ")) };
            let _ = writeln!(
                out,
                "    expect: [{{status: OperationFailed{reason}, payload: {{absent: true, level: MAY}}}}]"
            );
            if !destroyed(state) {
                let _ = write!(out, "  - {{name: state, {}", read(state));
            }
        }
        Says::Done(after) => {
            // A server may have a policy or lack the algorithm.
            out.push_str("    refusable: true\n");
            if !destroyed(after) {
                let _ = write!(out, "  - {{name: state, {}", read(after));
            }
        }
        Says::Open => {
            let _ = writeln!(out, "    undecided: {OPEN}\n    expect: [any]");
        }
    }
    out
}

/// Why a pair is only recorded.
const OPEN: &str = "no sentence of this version says what becomes of the operation in this state";

impl Says<'_> {
    fn because(self) -> &'static str {
        match self {
            Self::Refused => "the State section forbids the use or permits no such transition",
            Self::Done(_) => {
                "the State section has the transition, or none: what it does not name leaves the state alone"
            }
            Self::Open => "",
        }
    }
}

/// `PreActive` is `Pre-Active`, `DestroyedCompromised` is `Destroyed Compromised`.
fn spaced(state: &str) -> String {
    match state {
        "PreActive" => "Pre-Active".to_owned(),
        "DestroyedCompromised" => "Destroyed Compromised".to_owned(),
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kmipspec_protocol::registry::enumeration_named;

    #[test]
    fn every_state_meets_every_operation_and_every_name_of_the_data_is_one() {
        let data = embedded(FILE, DATA).unwrap();
        let known: Vec<&str> = enumeration_named("State").unwrap().values.iter().map(|v| v.xml_name).collect();
        let states: Vec<&str> = data.get("states").unwrap().map().unwrap().iter().map(|e| e.key.as_str()).collect();
        assert_eq!(states, known);
        let texts = generate();
        for operation in data.get("operations").unwrap().map().unwrap() {
            for state in &states {
                let id = format!("id: states.{}.{}\n", kebab(&spaced(state)), operation.key);
                assert!(texts.iter().any(|t| t.starts_with(&id)), "{id}");
            }
            let done = operation.value.get("done").and_then(Node::map).unwrap_or_default();
            for named in done.iter().flat_map(|e| [Some(e.key.as_str()), e.value.text()]).flatten() {
                assert!(known.contains(&named), "{named}");
            }
            for named in operation.value.get("refused").and_then(Node::list).unwrap_or_default() {
                assert!(known.contains(&named.text().unwrap()), "{named:?}");
            }
        }
    }
}
