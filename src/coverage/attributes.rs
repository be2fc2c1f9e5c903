//! The rule tables of attributes: who sets, changes and deletes each, and how often an object has it.
//!
//! A row that forbids is judged by a case that tries (`attribute-rules.*`, made from the same tables); a row that permits binds
//! nobody, since a server may refuse by its policy, and is judged where a case reads back the value given.

use super::cell::{Cell, Table};
use super::evidence::Evidence;
use crate::scenario::names::kebab;
use kmipspec_protocol::schema::{ATTRIBUTES, AttributeRow, AttributeRules, SetBy};
use kmipspec_protocol::version::Version;

/// The class of rows that permit and that no case tries.
const PERMITS: &str = "permits";

/// A row for each rule of each attribute.
pub(super) fn table(evidence: &Evidence) -> Table {
    let mut cells = Vec::new();
    for row in ATTRIBUTES {
        for version in Version::WITH_TEXT.into_iter().filter(|v| row.versions.contains(*v)) {
            let Some(rules) = row.rules_at(version) else { continue };
            cells.extend(rows(rules).into_iter().map(|rule| rule.cell(row, version, evidence)));
        }
    }
    Table { name: "attributes", title: "attribute rules", complete: false, cells }
}

/// One line of a rules table.
struct Rule {
    name: &'static str,
    /// Whether it forbids or demands something, so that a server can break it.
    binds: bool,
    /// Words of the cases that try, behind the attribute's name.
    words: &'static [&'static str],
}

fn rows(rules: &AttributeRules) -> Vec<Rule> {
    let by_server = rules.initially_set_by == SetBy::Server;
    vec![
        Rule { name: "always-has-value", binds: rules.always_has_value == Some(true), words: &["always-there"] },
        Rule { name: "initially-set-by", binds: by_server, words: &["not-added"] },
        Rule {
            name: "modifiable-by-client",
            binds: rules.modifiable_by_client == Some(false),
            words: &["not-modified", "not-set"],
        },
        Rule { name: "deletable-by-client", binds: rules.deletable_by_client == Some(false), words: &["not-deleted"] },
        Rule { name: "multiple-instances", binds: rules.multiple_instances == Some(false), words: &["single"] },
    ]
}

impl Rule {
    fn cell(&self, row: &AttributeRow, version: Version, evidence: &Evidence) -> Cell {
        let section = row.section(version).unwrap_or_default();
        let id = format!("{}.{}", row.xml_name, self.name);
        let what = if self.binds { "binds the server" } else { "permits, or leaves it open" };
        let mut cell = Cell::new(id, version, section, format!("{}: {} ({what})", row.name, self.name));
        let attribute = kebab(row.name);
        for word in self.words {
            for pattern in
                [format!("attribute-rules.{attribute}.{word}"), format!("attribute-rules.{attribute}.{word}-absent")]
            {
                evidence.tell(&pattern, &mut cell);
            }
        }
        let mut seen = evidence.executions(version).filter(|e| e.observes.contains(row.xml_name));
        let shown = matches!(self.name, "always-has-value" | "initially-set-by");
        if shown {
            cell.judged.extend(seen.filter(|e| e.can_fail).map(|e| e.id.clone()));
        } else if self.name == "multiple-instances" && self.binds && seen.next().is_some() {
            // Wherever it is read, at whatever level, the rule about attributes of one instance looks at the answer.
            evidence.tell("schema.attribute-repeated", &mut cell);
        }
        if !self.binds && cell.judged.is_empty() {
            cell.reason = Some(PERMITS.to_owned());
        }
        cell
    }
}
