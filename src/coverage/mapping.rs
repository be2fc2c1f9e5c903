//! `vectors/coverage/*.yaml`: what does not follow from the cases themselves. Every id in them is checked.

use super::cell::{Cell, Class, Table};
use super::evidence::{Evidence, Says};
use crate::scenario::diagnostic::{Diagnostic, Place, Source, did_you_mean};
use crate::scenario::fields::Fields;
use crate::scenario::library::selects;
use crate::scenario::node::Node;
use crate::scenario::parse;
use crate::scenario::version_set::VersionSet;
use include_dir::{Dir, include_dir};
use std::collections::BTreeMap;
use std::sync::Arc;

static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/vectors/coverage");

/// Where the files live in the repository; findings show this path.
const ROOT: &str = "vectors/coverage";

/// One entry: rows, and the cases that judge them or the class of reasons why none does.
struct Entry {
    place: Place,
    rows: Vec<String>,
    versions: VersionSet,
    cases: Vec<String>,
    reason: Option<String>,
}

/// Ties entries to the rows they name; returns the classes of reasons.
pub(super) fn apply(
    tables: &mut [Table],
    evidence: &Evidence,
    errors: &mut Vec<Diagnostic>,
) -> BTreeMap<String, Class> {
    let classes = file("classes.yaml", errors).map_or_else(BTreeMap::new, |root| classes(&root, errors));
    for table in tables.iter_mut() {
        let Some(root) = file(&format!("{}.yaml", table.name), errors) else {
            complete(table, &nowhere(table), errors);
            continue;
        };
        for node in root.list().unwrap_or_default() {
            if let Some(entry) = entry(node, errors) {
                hold(&entry, table, evidence, &classes, errors);
            }
        }
        complete(table, &root.place, errors);
    }
    field(evidence, errors);
    classes
}

/// `field.yaml`: failures seen in the field, each with the cases that expose it or with why none can, in words of its own.
fn field(evidence: &Evidence, errors: &mut Vec<Diagnostic>) {
    let root = file("field.yaml", errors);
    for node in root.iter().flat_map(|r| r.list().unwrap_or_default()) {
        let Some(mut f) = Fields::of(node, "a failure of the field", errors) else { continue };
        let row = f.text("row", errors).unwrap_or_default();
        let cases = f.texts("cases", errors);
        let reason = f.text("reason", errors);
        f.text("note", errors);
        f.finish(errors);
        if cases.is_empty() && reason.is_none() {
            errors.push(Diagnostic::new(&node.place, format!("{row} has neither `cases` nor a `reason`")));
        }
        for case in cases.iter().filter(|case| !evidence.knows(case)) {
            errors.push(Diagnostic::new(&node.place, format!("no case and no rule is `{case}`")));
        }
    }
}

/// A row that is neither judged nor reasoned is an error of the file that should speak of it.
pub(super) fn complete(table: &Table, place: &Place, errors: &mut Vec<Diagnostic>) {
    if !table.complete {
        return;
    }
    let mut open: BTreeMap<&str, Vec<&Cell>> = BTreeMap::new();
    for cell in table.cells.iter().filter(|c| c.judged.is_empty() && c.reason.is_none()) {
        open.entry(&cell.row).or_default().push(cell);
    }
    for (row, cells) in open {
        let versions = crate::report::text::version_list(cells.iter().map(|c| c.version));
        let about = cells.first().map_or("", |c| c.about.as_str());
        errors.push(Diagnostic::new(place, format!("{row} is neither judged nor reasoned at {versions} ({about})")));
    }
}

/// Where a file about a table would begin.
pub(super) fn nowhere(table: &Table) -> Place {
    Place::start_of(&Arc::new(Source { file: format!("{ROOT}/{}.yaml", table.name), text: String::new() }))
}

/// The tree of a file; nothing where there is none.
pub(super) fn file(name: &str, errors: &mut Vec<Diagnostic>) -> Option<Node> {
    let file = FILES.get_file(name)?;
    let source = Arc::new(Source {
        file: format!("{ROOT}/{name}"),
        text: String::from_utf8_lossy(file.contents()).into_owned(),
    });
    parse::parse(&source).map_err(|e| errors.push(e)).ok()
}

fn classes(root: &Node, errors: &mut Vec<Diagnostic>) -> BTreeMap<String, Class> {
    let mut out = BTreeMap::new();
    for node in root.list().unwrap_or_default() {
        let Some(mut f) = Fields::of(node, "a class of reasons", errors) else { continue };
        let class = f.text("class", errors).unwrap_or_default();
        let about = f.text("about", errors).unwrap_or_default();
        let open_text = f.flag("open-text", errors);
        f.finish(errors);
        out.insert(class, Class { about, open_text });
    }
    out
}

fn entry(node: &Node, errors: &mut Vec<Diagnostic>) -> Option<Entry> {
    let mut f = Fields::of(node, "an entry", errors)?;
    let entry = Entry {
        place: node.place.clone(),
        rows: f.texts("rows", errors),
        versions: f.versions("versions", errors).unwrap_or_else(VersionSet::all),
        cases: f.texts("cases", errors),
        reason: f.text("reason", errors),
    };
    f.text("because", errors);
    f.finish(errors);
    if entry.cases.is_empty() == entry.reason.is_none() {
        errors.push(Diagnostic::new(&node.place, "an entry has either `cases` or a `reason`"));
        return None;
    }
    Some(entry)
}

fn hold(
    entry: &Entry,
    table: &mut Table,
    evidence: &Evidence,
    classes: &BTreeMap<String, Class>,
    errors: &mut Vec<Diagnostic>,
) {
    for row in &entry.rows {
        let mut cells: Vec<&mut Cell> =
            table.cells.iter_mut().filter(|c| entry.versions.contains(c.version) && selects(row, &c.row)).collect();
        if cells.is_empty() {
            errors.push(Diagnostic::new(&entry.place, format!("no row of this table is `{row}`")));
            continue;
        }
        if let Some(reason) = &entry.reason {
            give(reason, row, &mut cells, classes, &entry.place, errors);
        }
        tie(&entry.cases, row, &mut cells, evidence, &entry.place, errors);
    }
}

/// Gives a reason to what no case judges.
pub(super) fn give(
    reason: &str,
    row: &str,
    cells: &mut [&mut Cell],
    classes: &BTreeMap<String, Class>,
    place: &Place,
    errors: &mut Vec<Diagnostic>,
) {
    if !classes.contains_key(reason) {
        let help = did_you_mean(reason, classes.keys().map(String::as_str));
        let message = format!("classes.yaml has no class `{reason}`");
        errors.push(Diagnostic::new(place, message).with_help(help));
    }
    let mut given = false;
    for cell in cells.iter_mut().filter(|c| c.judged.is_empty()) {
        cell.reason = Some(reason.to_owned());
        given = true;
    }
    if !given {
        errors.push(Diagnostic::new(place, format!("`{row}` has a reason and is judged all the same")));
    }
}

/// Ties cases to rows: each must be there, and say something of the rows it is named for.
pub(super) fn tie(
    cases: &[String],
    row: &str,
    cells: &mut [&mut Cell],
    evidence: &Evidence,
    place: &Place,
    errors: &mut Vec<Diagnostic>,
) {
    for pattern in cases {
        if !evidence.knows(pattern) {
            errors.push(Diagnostic::new(place, format!("no case and no rule is `{pattern}`")));
            continue;
        }
        let mut said = Says::Nothing;
        for cell in cells.iter_mut() {
            said = said.max(evidence.tell(pattern, cell));
        }
        if said == Says::Nothing {
            errors.push(Diagnostic::new(place, format!("`{pattern}` demands nothing of what `{row}` is about")));
        }
    }
}
