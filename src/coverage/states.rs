//! The state machine: each of the six states against the operations whose outcome depends on it.

use super::cell::{Cell, Table};
use super::evidence::{Evidence, Says};
use super::names::kebab;
use kmipspec_protocol::schema::operation_named;
use kmipspec_protocol::version::Version;

/// The states, by the names of the enumeration.
const STATES: [&str; 6] = ["Pre-Active", "Active", "Deactivated", "Compromised", "Destroyed", "Destroyed Compromised"];

/// Operations whose outcome depends on the state (1.4 §3.22, 2.1 §4.57).
const OPERATIONS: [&str; 13] = [
    "Activate",
    "Revoke",
    "Destroy",
    "Encrypt",
    "Decrypt",
    "Sign",
    "Signature Verify",
    "MAC",
    "MAC Verify",
    "Derive Key",
    "Get",
    "Get Usage Allocation",
    "Obtain Lease",
];

/// A row for each state and operation, judged by the cases `state.*` or by those that `states.yaml` names.
pub(super) fn table(evidence: &Evidence) -> Table {
    let mut cells = Vec::new();
    for name in OPERATIONS {
        let Some(operation) = operation_named(name) else { continue };
        for state in STATES {
            for version in Version::ALL.into_iter().filter(|v| *v < Version::V3_0 && operation.versions.contains(*v)) {
                let section = operation.section(version).unwrap_or_default();
                let id = format!("{}.{}", operation.xml_name, kebab(state));
                let mut cell = Cell::new(id, version, section, format!("{name} of an object in state {state}"));
                let case = format!("state.{}.{}", kebab(name), kebab(state));
                match evidence.says(&case, version, None) {
                    (Says::Judges, ids) => cell.judged.extend(ids),
                    (Says::Records, ids) => cell.recorded.extend(ids),
                    (Says::Nothing, _) => {}
                }
                cells.push(cell);
            }
        }
    }
    Table { name: "states", title: "states and operations", complete: false, cells }
}
