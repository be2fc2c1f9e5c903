//! Families: one quirk for each operation.

use super::Quirk;
use super::hooks::Fault;
use kmipspec_protocol::operations::OPERATIONS;
use kmipspec_protocol::registry::Operation;

/// Servers send the first two, the third does nothing but answer, and the last is of 3.0, where only a published case may fail a
/// server and none shows what it does: nobody can tell.
const UNSEEN: [Operation; 4] = [Operation::NOTIFY, Operation::PUT, Operation::PING, Operation::DEACTIVATE];

/// `polite-OPERATION`: the operation says Success and does nothing.
pub(super) fn rows() -> Vec<Quirk> {
    let polite = OPERATIONS.iter().filter(|row| !UNSEEN.contains(&row.operation)).map(|row| {
        let name = row.name.replace('_', "-");
        Quirk {
            rules: leak(vec![leak_text(format!("operations.{name}.*"))]),
            name: leak_text(format!("polite-{name}")),
            through: leak(vec![row.operation]),
            does: "The operation says Success and does nothing",
            imitates: "field C12",
            fault: Fault::Polite(row.operation),
        }
    });
    polite.collect()
}

/// A name that lasts as long as the program: the table is made once.
fn leak_text(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

/// The same for a list.
fn leak<T>(list: Vec<T>) -> &'static [T] {
    Box::leak(list.into_boxed_slice())
}
