//! The matrix for spreadsheets. The only file that names the CSV crate.
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, and the texts are those of servers: such a cell begins
//! with an apostrophe here.

use super::{Cell, Matrix};
use crate::report::text::printable;
use csv::{QuoteStyle, Terminator, WriterBuilder};
use std::io;

/// Columns before those of the runs.
const HEADING: [&str; 7] = ["kind", "id", "oasis case", "title", "version", "encoding", "level"];

/// RFC 4180, with a heading; a row for each case at each version, then one for each profile. A run has four columns: the outcome, whether it
/// counts against the run, what is said of it, and the permitted variations with their clauses.
pub fn text(matrix: &Matrix) -> Result<Vec<u8>, csv::Error> {
    let mut out =
        WriterBuilder::new().quote_style(QuoteStyle::Always).terminator(Terminator::CRLF).from_writer(Vec::new());
    let mut write = |cells: Vec<String>| out.write_record(cells.iter().map(|cell| harmless(cell)));
    let mut heading = HEADING.map(str::to_owned).to_vec();
    for column in &matrix.columns {
        heading.push(column.name.clone());
        heading.extend(["counts", "because", "variations"].map(|what| format!("{}: {what}", column.name)));
    }
    write(heading)?;
    for row in &matrix.rows {
        let level = row.level.as_str().to_owned();
        let about = [&row.id, &row.oasis.join(", "), &row.title, &row.version, &row.encoding, &level];
        let mut cells = vec!["case".to_owned()];
        cells.extend(about.into_iter().cloned());
        cells.extend(row.cells.iter().flat_map(|cell| cell.as_ref().map_or_else(Default::default, told)));
        write(cells)?;
    }
    for row in &matrix.profiles {
        let mut cells = ["profile", &row.id, "", &row.title, "", "", ""].map(str::to_owned).to_vec();
        for cell in &row.cells {
            let (standing, line) = cell.as_ref().map(|c| (c.standing.clone(), c.line.clone())).unwrap_or_default();
            cells.extend([standing, String::new(), line, String::new()]);
        }
        write(cells)?;
    }
    out.into_inner().map_err(|e| io::Error::other(e.to_string()).into())
}

/// The columns of one run.
fn told(cell: &Cell) -> [String; 4] {
    let counts = if cell.counts_as_failure { "failure" } else { "" }.to_owned();
    let variations: Vec<String> = cell.variations.iter().map(|v| format!("{} ({})", v.what, v.clause)).collect();
    [cell.word().to_owned(), counts, cell.because.clone(), variations.join("; ")]
}

/// A text that no spreadsheet computes.
fn harmless(text: &str) -> String {
    let text = printable(text, false);
    // Some look behind white space, and take the wide forms for the narrow ones.
    let starts = text.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    if starts { format!("'{text}") } else { text }
}
