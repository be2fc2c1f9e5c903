//! `kmipspec coverage`: how much of the standard is judged, per version and table.

use super::args::CoverageArgs;
use super::dispatch::failed;
use super::library;
use super::output::Stdout;
use crate::coverage::{Cell, Class, Coverage, Standing, Table, measure};
use crate::exit::Exit;
use crate::report::text::count;
use kmipspec_protocol::version::Version;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// How many rows stand how.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    judged: usize,
    reasoned: usize,
    recorded: usize,
    open: usize,
    /// How many of the reasoned ones the text leaves open.
    open_text: usize,
}

/// Prints it, and writes the JSON file where one is asked for.
pub(super) fn run(args: &CoverageArgs, out: &mut Stdout) -> Exit {
    let library = match library::load(&args.scenarios) {
        Ok(library) => library,
        Err(exit) => return exit,
    };
    let mut coverage = measure(&library);
    if !args.table.is_empty() {
        coverage.tables.retain(|t| args.table.iter().any(|name| name == t.name));
    }
    if coverage.tables.is_empty() {
        eprintln!("kmipspec: there is no such table");
        return Exit::NothingSelected;
    }
    for table in &mut coverage.tables {
        table.cells.retain(|c| args.version.is_none_or(|v| v == c.version));
    }
    for error in &coverage.errors {
        eprintln!("{error}");
    }
    let mut exit = Exit::Success;
    if !coverage.errors.is_empty() {
        eprintln!("kmipspec: {} in vectors/coverage", count(coverage.errors.len(), "error"));
        exit = Exit::InvalidData;
    }
    if let Some(path) = &args.json {
        let text = format!("{:#}\n", document(&coverage));
        let written = if path.as_os_str() == "-" { out.write_all(text.as_bytes()) } else { std::fs::write(path, text) };
        match written {
            Ok(()) if path.as_os_str() == "-" => return exit,
            Ok(()) => {}
            Err(e) => return exit.and(failed("write the JSON file", &e)),
        }
    }
    match print(&coverage, args.missing, out) {
        Ok(()) => exit,
        Err(e) => exit.and(failed("write", &e)),
    }
}

fn print(coverage: &Coverage, missing: bool, out: &mut Stdout) -> io::Result<()> {
    for table in &coverage.tables {
        writeln!(out, "{}", table.title)?;
        writeln!(
            out,
            "  {:<8}{:>6}{:>15}{:>12}{:>10}{:>10}{:>6}{:>12}",
            "version", "rows", "judged", "of decided", "reasoned", "recorded", "open", "accounted"
        )?;
        for (version, sum) in by_version(table) {
            line(out, version.as_str(), sum)?;
        }
        line(out, "all", sum(&table.cells))?;
        writeln!(out)?;
    }
    let classes = class_sizes(coverage);
    if !classes.is_empty() {
        writeln!(out, "reasons (* the text leaves it open: not among the decided)")?;
        for (class, (size, Class { about, open_text })) in classes {
            let mark = if open_text { '*' } else { ' ' };
            writeln!(out, "  {size:>5} {mark}{class:<18} {about}")?;
        }
    }
    if missing {
        for table in &coverage.tables {
            writeln!(out, "\nnot judged: {}", table.title)?;
            for cell in table.cells.iter().filter(|c| c.standing() != Standing::Judged) {
                let standing = cell.reason.as_deref().unwrap_or(cell.standing().as_str());
                writeln!(
                    out,
                    "  {:<14} {}  §{:<8} {standing:<16} {}",
                    cell.row, cell.version, cell.section, cell.about
                )?;
            }
        }
    }
    Ok(())
}

fn line(out: &mut Stdout, version: &str, sum: Sum) -> io::Result<()> {
    let rows = sum.rows();
    let judged = format!("{} {:>4}", sum.judged, percent(sum.judged, rows));
    let accounted = percent(sum.judged + sum.reasoned, rows);
    writeln!(
        out,
        "  {version:<8}{rows:>6}{judged:>15}{:>12}{:>10}{:>10}{:>6}{accounted:>12}",
        percent(sum.judged, rows - sum.open_text),
        sum.reasoned,
        sum.recorded,
        sum.open
    )
}

/// Rounded down, so that 100 % means all.
fn percent(part: usize, whole: usize) -> String {
    part.saturating_mul(100).checked_div(whole).map_or_else(|| "-".to_owned(), |p| format!("{p}%"))
}

fn by_version(table: &Table) -> BTreeMap<Version, Sum> {
    let mut sums: BTreeMap<Version, Sum> = BTreeMap::new();
    for cell in &table.cells {
        sums.entry(cell.version).or_default().add(cell);
    }
    sums
}

fn sum<'c>(cells: impl IntoIterator<Item = &'c Cell>) -> Sum {
    let mut sum = Sum::default();
    cells.into_iter().for_each(|cell| sum.add(cell));
    sum
}

/// How many rows each class of reasons holds, and what it means.
fn class_sizes(coverage: &Coverage) -> BTreeMap<&str, (usize, Class)> {
    let mut sizes: BTreeMap<&str, (usize, Class)> = BTreeMap::new();
    for cell in coverage.tables.iter().flat_map(|t| &t.cells).filter(|c| c.standing() == Standing::Reasoned) {
        let Some(class) = cell.reason.as_deref() else { continue };
        sizes.entry(class).or_insert_with(|| (0, coverage.classes.get(class).cloned().unwrap_or_default())).0 += 1;
    }
    sizes
}

impl Sum {
    fn add(&mut self, cell: &Cell) {
        match cell.standing() {
            Standing::Judged => self.judged += 1,
            Standing::Reasoned => {
                self.reasoned += 1;
                self.open_text += usize::from(cell.open_text);
            }
            Standing::Recorded => self.recorded += 1,
            Standing::Open => self.open += 1,
        }
    }

    const fn rows(self) -> usize {
        self.judged + self.reasoned + self.recorded + self.open
    }

    fn json(self) -> Value {
        json!({
            "rows": self.rows(), "decided": self.rows() - self.open_text, "judged": self.judged,
            "reasoned": self.reasoned, "recorded": self.recorded, "open": self.open,
        })
    }
}

/// Everything, for programs.
fn document(coverage: &Coverage) -> Value {
    let tables: Vec<Value> = coverage
        .tables
        .iter()
        .map(|table| {
            let versions: serde_json::Map<String, Value> =
                by_version(table).into_iter().map(|(v, s)| (v.as_str().to_owned(), s.json())).collect();
            let rows: Vec<Value> = table
                .cells
                .iter()
                .map(|c| {
                    json!({
                        "row": c.row, "version": c.version.as_str(), "section": c.section, "about": c.about,
                        "standing": c.standing().as_str(), "judged_by": c.judged, "recorded_by": c.recorded, "reason": c.reason,
                    })
                })
                .collect();
            json!({"table": table.name, "title": table.title, "versions": versions, "all": sum(&table.cells).json(), "rows": rows})
        })
        .collect();
    let classes: serde_json::Map<String, Value> = class_sizes(coverage)
        .into_iter()
        .map(|(class, (size, c))| (class.to_owned(), json!({"rows": size, "about": c.about, "open_text": c.open_text})))
        .collect();
    json!({"tables": tables, "reasons": classes, "errors": coverage.errors.iter().map(ToString::to_string).collect::<Vec<_>>()})
}
