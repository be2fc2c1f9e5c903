//! The lists of 2.x (sections 6.x.y.1): which Result Reasons belong to an operation, without conditions and by their own
//! word not complete. A case that demands one strictly judges it; most can do no more than record.

use super::cell::{Cell, RowDemand, Table};
use super::evidence::{Evidence, Says};
use kmipspec_protocol::registry::ResultReason;
use kmipspec_protocol::schema::{ERRORS, operation_named};
use kmipspec_protocol::version::Version;

/// The class of reasons the table itself has for what no case judges.
const NO_CONDITION: &str = "no-condition";

/// A row for each reason of each operation, at each version.
pub(super) fn table(evidence: &Evidence) -> Table {
    let mut cells: Vec<Cell> = Vec::new();
    for row in ERRORS.iter().filter(|r| r.condition.is_empty()) {
        let Some(operation) = row.operation else { continue };
        for version in Version::ALL.into_iter().filter(|v| row.versions.contains(*v)) {
            let section = row.sections.iter().find(|(v, _)| *v == version).map_or("", |(_, s)| *s);
            for reason in row.reasons {
                let name = ResultReason(*reason).name().unwrap_or("?");
                let id = format!("{}.{name}", row.id);
                let mut cell = Cell::new(id, version, section, format!("{operation} may fail for {name}"));
                let demand = RowDemand {
                    operation: operation_named(operation).map(|o| o.code),
                    reasons: std::slice::from_ref(reason),
                };
                cell.demand = Some(demand);
                for execution in evidence.executions(version) {
                    let said =
                        execution.demands.iter().filter(|d| !d.any_reason).map(|d| demand.said_alone_by(d)).max();
                    match said {
                        Some(Says::Judges) => cell.judged.insert(execution.id.clone()),
                        Some(Says::Records) => cell.recorded.insert(execution.id.clone()),
                        _ => false,
                    };
                }
                cell.reason = cell.judged.is_empty().then(|| NO_CONDITION.to_owned());
                cells.push(cell);
            }
        }
    }
    Table { name: "reasons", title: "lists of reasons (2.x section 6)", complete: true, cells }
}
