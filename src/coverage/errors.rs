//! The error tables of 1.x (section 11): a condition, and the Result Reason that it must come with.

use super::cell::{Cell, RowDemand, Table};
use super::evidence::{Evidence, Execution, Says};
use kmipspec_protocol::schema::{ERRORS, ErrorRow, operation_named};
use kmipspec_protocol::version::Version;

/// Rows that have a condition, at every version that has them.
pub(super) fn table(evidence: &Evidence) -> Table {
    let mut cells: Vec<Cell> = Vec::new();
    for row in rows() {
        for version in Version::ALL.into_iter().filter(|v| row.versions.contains(*v)) {
            let section = row.sections.iter().find(|(v, _)| *v == version).map_or("", |(_, s)| *s);
            let what = row.operation.unwrap_or("any message");
            let mut cell = Cell::new(row.id, version, section, format!("{what}: {}", row.condition));
            // Rows that ask for more than a reason are judged by the case that cites them, whatever it demands.
            cell.demand = (!row.reasons.is_empty()).then(|| demand(row));
            for execution in evidence.executions(version) {
                match attributed(row, version, execution) {
                    Says::Judges => cell.judged.insert(execution.id.clone()),
                    Says::Records => cell.recorded.insert(execution.id.clone()),
                    Says::Nothing => false,
                };
            }
            cells.push(cell);
        }
    }
    Table { name: "errors", title: "error tables (1.x section 11)", complete: true, cells }
}

fn rows() -> impl Iterator<Item = &'static ErrorRow> {
    ERRORS.iter().filter(|r| !r.condition.is_empty())
}

fn demand(row: &'static ErrorRow) -> RowDemand {
    let operation = row.operation.and_then(operation_named).map(|o| o.code);
    RowDemand { operation, reasons: row.reasons }
}

/// What an execution says about a row. A case speaks for the rows it cites; what it demands beyond them speaks for the row of
/// its operation with that reason, if there is only one and no row about any message has the same reason.
fn attributed(row: &'static ErrorRow, version: Version, execution: &Execution) -> Says {
    let cited = |r: &ErrorRow| execution.sources.iter().any(|s| s == r.id);
    let wanted = demand(row);
    if cited(row) {
        return execution.says((!row.reasons.is_empty()).then_some(wanted));
    }
    if row.operation.is_none() || row.reasons.is_empty() {
        return Says::Nothing;
    }
    let shares = |r: &&ErrorRow| r.versions.contains(version) && r.reasons.iter().any(|x| row.reasons.contains(x));
    let alone =
        rows().filter(|r| r.operation == row.operation || r.operation.is_none()).filter(shares).all(|r| r.id == row.id);
    if !alone {
        return Says::Nothing;
    }
    let judged = execution.demands.iter().any(|d| wanted.said_alone_by(d) == Says::Judges);
    if judged { Says::Judges } else { Says::Nothing }
}
