//! Payload tables: every field of every request and answer, left out, twice, or of another item type.
//!
//! Requests are judged by the generated cases `payload.*`, answers by the rules of the schema checker that stand in every
//! run, provided that some case brings the operation to answer.

use super::cell::{Cell, Table};
use super::evidence::{Evidence, Says};
use crate::scenario::names::kebab;
use kmipspec_protocol::registry::tag_named;
use kmipspec_protocol::schema::{Field, Initiator, OPERATIONS, OperationRow, Required};
use kmipspec_protocol::version::Version;

/// What can be wrong with a field of an answer, and the rule that says so.
const OF_ANSWERS: [(&str, &str); 3] =
    [("missing", "schema.field-required"), ("repeated", "schema.field-repeated"), ("mistyped", "schema.item-type")];

/// The class of a damage that the case records, because the text of 2.x says nothing of it.
const RECORDED: &str = "recorded";

/// A row for each field and each thing that can be wrong with it.
pub(super) fn table(evidence: &Evidence) -> Table {
    let mut cells = Vec::new();
    for row in OPERATIONS.iter().filter(|row| row.initiator == Initiator::Client) {
        for version in Version::WITH_TEXT {
            let Some(layout) = row.layout(version) else { continue };
            for field in layout.request.unwrap_or_default() {
                cells.extend(wrongs(field).map(|wrong| request(row, field, wrong, version, evidence)));
            }
            for field in layout.response.unwrap_or_default() {
                cells.extend(wrongs(field).map(|wrong| answer(row, field, wrong, version, evidence)));
            }
        }
    }
    Table { name: "payloads", title: "payload tables", complete: true, cells }
}

/// What can be wrong with a field: one that need not be there cannot be missing, one that may be repeated is not too often there.
fn wrongs(field: &Field) -> impl Iterator<Item = &'static str> {
    let missing = (field.required == Required::Yes).then_some("missing");
    let repeated = (!field.repeatable).then_some("repeated");
    missing.into_iter().chain(repeated).chain(["mistyped"])
}

fn cell(row: &OperationRow, part: &str, field: &Field, wrong: &str, version: Version) -> Cell {
    let id = format!("{}.{part}.{}.{wrong}", row.xml_name, field.name);
    let about = format!("{} of the {part} of {} {wrong}", field.name, row.name);
    Cell::new(id, version, row.section(version).unwrap_or_default(), about)
}

fn request(row: &OperationRow, field: &Field, wrong: &str, version: Version, evidence: &Evidence) -> Cell {
    let mut cell = cell(row, "request", field, wrong, version);
    // A choice of objects goes by one name at every version, as does a field that has one tag somewhere.
    let shown = if field.tags.len() > 1 { "Object" } else { tag_named(field.name).map_or(field.name, |t| t.name) };
    let case = format!("payload.{}.{}.{wrong}", kebab(row.name), kebab(shown));
    if evidence.tell(&case, &mut cell) == Says::Records {
        cell.reason = Some(RECORDED.to_owned());
    }
    cell
}

fn answer(row: &OperationRow, field: &Field, wrong: &str, version: Version, evidence: &Evidence) -> Cell {
    let mut cell = cell(row, "answer", field, wrong, version);
    let rule = OF_ANSWERS.iter().find(|(word, _)| *word == wrong).map_or("", |(_, rule)| *rule);
    if evidence.executions(version).any(|e| e.answered.contains(&row.code)) {
        evidence.tell(rule, &mut cell);
    }
    cell
}
