//! The matrix for people at a terminal: who was judged, what differs or fails, and the totals.

use super::{Cell, Column, Matrix};
use crate::report::style::Paint;
use crate::report::text::{count, printable};
use crate::runner::verdict::Verdict;

/// Lines about cases that are shown unless all are asked for.
const SHOWN: usize = 60;

/// Characters that a column of verdicts takes.
const WIDTH: usize = "inconclusive*".len();

impl Matrix {
    /// For people; without `all` what is the same in every column and fails in none is left out.
    pub fn lines(&self, paint: Paint, all: bool) -> Vec<String> {
        let mut out = Vec::new();
        for (at, column) in self.columns.iter().enumerate() {
            out.extend(about(at, column, paint));
        }
        let groups = self.groups();
        let told: Vec<_> = groups.iter().filter(|group| all || group.is_worth_a_look()).collect();
        let limit = if all { usize::MAX } else { SHOWN };
        if !told.is_empty() {
            out.push(String::new());
            out.push(
                paint.dim(&line((1..=self.columns.len()).map(|n| format!("{:<WIDTH$}", format!("#{n}"))), "case")),
            );
        }
        for group in told.iter().take(limit) {
            let cells = group.row.cells.iter().map(|cell| match cell {
                Some(cell) => paint.verdict(color(cell), &format!("{:<WIDTH$}", marked(cell))),
                None => format!("{:<WIDTH$}", "-"),
            });
            let oasis =
                if group.row.oasis.is_empty() { String::new() } else { format!("  ({})", group.row.oasis.join(", ")) };
            let case = format!("{} @{}{oasis}", group.row.id, group.at.join(", "));
            out.push(line(cells, &printable(&case, false)));
        }
        if told.len() > limit {
            out.push(format!("{} more: --all shows them", count(told.len().saturating_sub(limit), "line")));
        }
        if !self.profiles.is_empty() {
            out.push(String::new());
            out.push(paint.bold("profiles"));
        }
        for row in &self.profiles {
            let cells = row.cells.iter().map(|cell| {
                let standing = cell.as_ref().map_or("-", |cell| cell.standing.as_str());
                format!("{:<WIDTH$}", printable(standing, false))
            });
            out.push(line(cells, &printable(&row.title, false)));
        }
        out.push(String::new());
        let differ = groups.iter().filter(|group| group.is_worth_a_look()).map(|group| group.at.len()).sum::<usize>();
        out.push(format!(
            "{} x {} of cases at their versions; {differ} differ or fail",
            count(self.columns.len(), "run"),
            count(self.rows.len(), "row"),
        ));
        out
    }
}

/// Who a column is of, and how it went.
fn about(at: usize, column: &Column, paint: Paint) -> Vec<String> {
    let label = paint.bold(&format!("#{:<3}", at.saturating_add(1)));
    let versions =
        if column.versions.is_empty() { String::new() } else { format!("  KMIP {}", column.versions.join(", ")) };
    let who = format!("{}, asked by {}{versions}  {}", column.server, column.client, column.file);
    let counts = Verdict::ALL.map(Verdict::as_str).into_iter().chain(["known"]);
    let counts = counts.filter_map(|word| column.counts.get(word).map(|n| format!("{n} {word}")));
    let mut counts = counts.collect::<Vec<_>>().join(", ");
    if let Some(why) = &column.broken {
        counts += &format!("; cut short: {why}");
    }
    vec![format!("{label} {}", printable(&who, false)), format!("     {}", paint.dim(&printable(&counts, false)))]
}

/// Cells of a fixed width, then what the line is about.
fn line(cells: impl Iterator<Item = String>, about: &str) -> String {
    let cells: Vec<String> = cells.collect();
    format!("  {}  {about}", cells.join(" "))
}

/// The verdict; a star says that permitted variations were used.
fn marked(cell: &Cell) -> String {
    let star = if cell.variations.is_empty() { "" } else { "*" };
    format!("{}{star}", cell.word())
}

/// What a cell looks like.
fn color(cell: &Cell) -> Verdict {
    if cell.known { Verdict::NonStrict } else { cell.verdict }
}
