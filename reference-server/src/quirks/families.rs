//! Families: one quirk for each operation.

use super::Quirk;
use super::hooks::Fault;
use kmipspec_protocol::operations::OPERATIONS;
use kmipspec_protocol::registry::Operation;

/// Servers send the first two, the third does nothing but answer, and the last two are of 3.0, where only a published case may fail a
/// server and none shows what they do: nobody can tell.
const UNSEEN: [Operation; 5] =
    [Operation::NOTIFY, Operation::PUT, Operation::PING, Operation::CREATE_USER, Operation::DEACTIVATE];

/// What the default policy lets the owner alone do, beside Locate (1.2 §3.18.2), and what is like it later; with the cases below
/// `access` that report it: what another client can do it can be told of, too.
const OWNERS: [(Operation, &[&str]); 18] = [
    (Operation::RE_KEY, &["matrix.re-key.by-identifier"]),
    (Operation::RE_KEY_KEY_PAIR, &["matrix.re-key-key-pair.by-identifier"]),
    (Operation::DERIVE_KEY, &["matrix.derive-key.by-identifier", "matrix.derive-key.second-base-theirs"]),
    (Operation::CHECK, &["other-client.check"]),
    (Operation::GET, &["other-client.get", "matrix.get.theirs-wrapped", "matrix.get.wrapped-with-theirs"]),
    (Operation::GET_ATTRIBUTES, &["other-client.get-attributes"]),
    (Operation::GET_ATTRIBUTE_LIST, &["other-client.get-attribute-list"]),
    (Operation::ADD_ATTRIBUTE, &["other-client.add-attribute", "matrix.add-attribute.public-key"]),
    (Operation::MODIFY_ATTRIBUTE, &["other-client.modify-attribute"]),
    (Operation::DELETE_ATTRIBUTE, &["other-client.delete-attribute"]),
    (Operation::OBTAIN_LEASE, &["matrix.obtain-lease.by-identifier"]),
    (Operation::GET_USAGE_ALLOCATION, &["matrix.get-usage-allocation.by-identifier"]),
    (Operation::ACTIVATE, &["other-client.activate", "matrix.activate.public-key", "matrix.existence"]),
    (Operation::REVOKE, &["other-client.revoke", "matrix.revoke.public-key", "matrix.existence"]),
    (Operation::DESTROY, &["other-client.destroy", "matrix.destroy.public-key", "matrix.existence"]),
    (Operation::ARCHIVE, &["matrix.archive.by-identifier", "matrix.archive.public-key", "matrix.existence"]),
    (Operation::RECOVER, &["matrix.recover.by-identifier", "matrix.existence"]),
    (Operation::EXPORT, &["matrix.export.by-identifier"]),
];

/// All families.
pub(super) fn rows() -> Vec<Quirk> {
    let mut all = polite();
    all.extend(others());
    all
}

/// `other-client-may-OPERATION`: the operation is not for the owner alone.
fn others() -> Vec<Quirk> {
    let quirk = |(operation, cases): &(Operation, &[&str])| {
        let row = OPERATIONS.iter().find(|row| row.operation == *operation)?;
        Some(Quirk {
            rules: leak(cases.iter().map(|case| leak_text(format!("access.{case}"))).collect()),
            name: leak_text(format!("other-client-may-{}", row.name.replace('_', "-"))),
            through: &[],
            does: "Another client may do it with every object",
            imitates: "field K8; AO-14, AO-41; 1.2 §3.18.2",
            fault: Fault::Opens(*operation),
        })
    };
    OWNERS.iter().filter_map(quirk).collect()
}

/// `polite-OPERATION`: the operation says Success and does nothing.
fn polite() -> Vec<Quirk> {
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
