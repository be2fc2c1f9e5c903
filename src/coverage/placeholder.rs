//! The ID Placeholder: operations that use it where they name no object, and operations that set it.

use super::cell::{Cell, Table};
use super::evidence::Evidence;
use crate::scenario::names::kebab;
use kmipspec_protocol::schema::OPERATIONS;
use kmipspec_protocol::version::Version;

/// A row for each operation that uses it and each that sets it, judged by the cases under `messages.id-placeholder`.
pub(super) fn table(evidence: &Evidence) -> Table {
    let mut cells = Vec::new();
    for row in OPERATIONS {
        for version in Version::WITH_TEXT {
            let Some(layout) = row.layout(version) else { continue };
            let section = row.section(version).unwrap_or_default();
            let uses = layout.uses_id_placeholder.then_some(("uses", "used-by"));
            let sets = layout.sets_id_placeholder.then_some(("sets", "set-by"));
            for (word, part) in uses.into_iter().chain(sets) {
                let id = format!("{}.{word}", row.xml_name);
                let mut cell = Cell::new(id, version, section, format!("{} {word} the ID Placeholder", row.name));
                let case = format!("messages.id-placeholder.{part}-{}", kebab(row.name));
                evidence.tell(&case, &mut cell);
                cells.push(cell);
            }
        }
    }
    Table { name: "placeholder", title: "ID Placeholder", complete: true, cells }
}
