//! The state machine: each of the six states against what is done to an object in it. Where no sentence decides, a case records.

use super::cell::{Cell, Table};
use super::evidence::{Evidence, Says};
use crate::scenario::names::kebab;
use kmipspec_protocol::schema::{OperationRow, operation_named};
use kmipspec_protocol::version::Version;

/// The states, by the names of the enumeration.
const STATES: [&str; 6] = ["Pre-Active", "Active", "Deactivated", "Compromised", "Destroyed", "Destroyed Compromised"];

/// What is done to an object in them: words of the cases `states.*`, and the operation (1.4 §3.22, 2.1 §4.57).
const ACTIONS: [(&str, &str); 17] = [
    ("activate", "Activate"),
    ("revoke", "Revoke"),
    ("compromise", "Revoke"),
    ("destroy", "Destroy"),
    ("get", "Get"),
    ("get-attributes", "Get Attributes"),
    ("get-attribute-list", "Get Attribute List"),
    ("encrypt", "Encrypt"),
    ("decrypt", "Decrypt"),
    ("mac", "MAC"),
    ("derive-key", "Derive Key"),
    ("re-key", "Re-key"),
    ("archive", "Archive"),
    ("modify-activation-date", "Modify Attribute"),
    ("modify-deactivation-date", "Modify Attribute"),
    ("obtain-lease", "Obtain Lease"),
    ("check", "Check"),
];

/// The class of pairs that no sentence decides.
const UNDECIDED: &str = "undecided";

/// A row for each state and operation, judged by the cases `states.*`.
pub(super) fn table(evidence: &Evidence) -> Table {
    let mut cells = Vec::new();
    for (action, name) in ACTIONS {
        let Some(operation) = operation_named(name) else { continue };
        for state in STATES {
            for version in Version::WITH_TEXT.into_iter().filter(|v| operation.versions.contains(*v)) {
                cells.push(cell(state, action, operation, version, evidence));
            }
        }
    }
    Table { name: "states", title: "states and operations", complete: false, cells }
}

fn cell(state: &str, action: &str, operation: &OperationRow, version: Version, evidence: &Evidence) -> Cell {
    let section = operation.section(version).unwrap_or_default();
    let row = format!("{}.{action}", kebab(state));
    let about = format!("{} of an object in state {state}", operation.name);
    let mut cell = Cell::new(row.as_str(), version, section, about);
    for case in [format!("states.{row}"), format!("states.{row}-open")] {
        if evidence.tell(&case, &mut cell) == Says::Records {
            cell.reason = Some(UNDECIDED.to_owned());
        }
    }
    cell
}
