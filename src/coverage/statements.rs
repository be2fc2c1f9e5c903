//! Sentences of the standard with SHALL, MUST or SHOULD, by their ids: `vectors/coverage/statements-*.yaml` has for each its
//! section, whom it is about, and the cases that judge it or the class of reasons why none does.

use super::cell::{Cell, Class, Table};
use super::evidence::Evidence;
use super::mapping::{file, give, tie};
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::fields::Fields;
use crate::scenario::node::Node;
use kmipspec_protocol::schema::section_title;
use kmipspec_protocol::version::Version;
use std::collections::{BTreeMap, BTreeSet};

/// The texts that were gone through sentence by sentence.
const FILES: [&str; 3] = ["statements-1.0.yaml", "statements-1.4.yaml", "statements-2.1.yaml"];

/// Two tables: what is said about servers, and everything else.
pub(super) fn tables(
    evidence: &Evidence,
    classes: &BTreeMap<String, Class>,
    errors: &mut Vec<Diagnostic>,
) -> Vec<Table> {
    let mut of_servers =
        Table { name: "statements", title: "normative statements about servers", complete: true, cells: Vec::new() };
    let mut others = Table {
        name: "other-statements",
        title: "normative statements about messages, objects and clients",
        complete: true,
        cells: Vec::new(),
    };
    for name in FILES {
        let Some(root) = file(name, errors) else { continue };
        let mut seen = BTreeSet::new();
        for node in root.list().unwrap_or_default() {
            let Some((cell, about_servers)) = statement(node, evidence, classes, errors) else { continue };
            if !seen.insert(cell.row.clone()) {
                errors.push(Diagnostic::new(&node.place, format!("{} stands here twice", cell.row)));
            }
            if about_servers { &mut of_servers } else { &mut others }.cells.push(cell);
        }
    }
    vec![of_servers, others]
}

/// One line: `{id: K14-0005, section: "2.1.3", of: server, cases: [operations.get.wrapped-ttlv]}`.
fn statement(
    node: &Node,
    evidence: &Evidence,
    classes: &BTreeMap<String, Class>,
    errors: &mut Vec<Diagnostic>,
) -> Option<(Cell, bool)> {
    let mut f = Fields::of(node, "a statement", errors)?;
    let id = f.text("id", errors).unwrap_or_default();
    let section = f.text("section", errors).unwrap_or_default();
    let of = f.text("of", errors).unwrap_or_default();
    let cases = f.texts("cases", errors);
    let reason = f.text("reason", errors);
    f.finish(errors);
    let Some(version) = version_of(&id) else {
        errors.push(Diagnostic::new(
            &node.place,
            format!("no statement is called `{id}`: K10-, K14- or K21- and a number"),
        ));
        return None;
    };
    let title = section_title(version, &section);
    if title.is_none() {
        errors.push(Diagnostic::new(&node.place, format!("KMIP {version} has no section {section}")));
    }
    if cases.is_empty() && reason.is_none() {
        errors.push(Diagnostic::new(&node.place, format!("{id} is neither judged nor reasoned")));
    }
    if !cases.is_empty() && reason.is_some() {
        errors.push(Diagnostic::new(&node.place, "a statement has either `cases` or a `reason`"));
    }
    let mut cell = Cell::new(id.clone(), version, section, format!("{of}: {}", title.unwrap_or("")));
    tie(&cases, &id, &mut [&mut cell], evidence, &node.place, errors);
    if let Some(reason) = reason {
        give(&reason, &id, &mut [&mut cell], classes, &node.place, errors);
    } else if cell.judged.is_empty() && !cell.recorded.is_empty() {
        // A SHOULD, or a MAY: nothing that comes back is held against a server.
        give("recorded", &id, &mut [&mut cell], classes, &node.place, errors);
    }
    Some((cell, of == "server"))
}

fn version_of(id: &str) -> Option<Version> {
    match id.split_once('-')?.0 {
        "K10" => Some(Version::V1_0),
        "K14" => Some(Version::V1_4),
        "K21" => Some(Version::V2_1),
        _ => None,
    }
}
