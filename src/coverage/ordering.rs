//! Authentication and the order of errors: the rules AO-01 to AO-41, each with its strength, against the cases that name them
//! (`source: [AO-10]`) and those that `vectors/coverage/ordering.yaml` ties to them.

use super::cell::{Cell, Class, Standing, Table};
use super::evidence::{Evidence, Says};
use super::mapping::{file, give, tie};
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::fields::{Fields, word};
use crate::scenario::node::Node;
use std::collections::BTreeMap;

/// The file that has the rules.
const FILE: &str = "ordering.yaml";

/// What a rule stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Strength {
    /// A sentence that binds.
    Normative,
    /// Several of them together.
    Implied,
    /// Advice.
    Guide,
    /// Nothing.
    Undecided,
}

/// The letters of the file.
const STRENGTHS: &[(&str, Strength)] =
    &[("N", Strength::Normative), ("I", Strength::Implied), ("G", Strength::Guide), ("U", Strength::Undecided)];

/// A row for each rule at each version that has it.
pub(super) fn table(evidence: &Evidence, classes: &BTreeMap<String, Class>, errors: &mut Vec<Diagnostic>) -> Table {
    let mut table =
        Table { name: "ordering", title: "authentication and the order of errors", complete: true, cells: Vec::new() };
    let root = file(FILE, errors);
    for node in root.iter().flat_map(|root| root.list().unwrap_or_default()) {
        let cells = rule(node, evidence, classes, errors);
        if let Some(first) = cells.first().filter(|first| table.cells.iter().any(|cell| cell.row == first.row)) {
            errors.push(Diagnostic::new(&node.place, format!("{} stands here twice", first.row)));
        }
        table.cells.extend(cells);
    }
    table
}

/// One line: `{rule: AO-10, strength: I, about: "…", versions: "1.0..=2.1", cases: […], reason: profile}`.
fn rule(
    node: &Node,
    evidence: &Evidence,
    classes: &BTreeMap<String, Class>,
    errors: &mut Vec<Diagnostic>,
) -> Vec<Cell> {
    let Some(mut f) = Fields::of(node, "a rule of the ordering table", errors) else { return Vec::new() };
    let id = f.text("rule", errors).unwrap_or_default();
    let strength = f.take("strength").and_then(|n| word(n, "strength", STRENGTHS, errors));
    let about = f.text("about", errors).unwrap_or_default();
    let versions = f.versions("versions", errors).unwrap_or_default();
    let cases = f.texts("cases", errors);
    let reason = f.text("reason", errors);
    f.finish(errors);
    let mut cells: Vec<Cell> = versions.iter().map(|v| Cell::new(id.as_str(), v, "", about.as_str())).collect();
    let mut all: Vec<&mut Cell> = cells.iter_mut().collect();
    tie(&cases, &id, &mut all, evidence, &node.place, errors);
    for cell in &mut all {
        for execution in evidence.executions(cell.version).filter(|e| e.sources.contains(&cell.row)) {
            match execution.says(None) {
                Says::Judges => cell.judged.insert(execution.id.clone()),
                Says::Records => cell.recorded.insert(execution.id.clone()),
                Says::Nothing => false,
            };
        }
    }
    // A rule that is advised or undecided has a case at every version all the same.
    let class = match strength {
        Some(Strength::Guide) => Some("advised"),
        Some(Strength::Undecided) => Some("undecided"),
        _ => None,
    };
    match (&reason, class) {
        (Some(reason), _) => give(reason, &id, &mut all, classes, &node.place, errors),
        (None, Some(class)) => {
            for cell in all.iter_mut().filter(|c| c.standing() == Standing::Recorded) {
                cell.reason = Some(class.to_owned());
            }
        }
        (None, None) => {}
    }
    cells
}
