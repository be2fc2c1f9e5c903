//! The summary table: a row for each suite, a column for each verdict that occurs.

use super::style::Paint;
use crate::runner::event::Execution;
use crate::runner::verdict::Verdict;
use std::collections::{BTreeMap, BTreeSet};

/// Counts of one suite.
#[derive(Default)]
struct Row<'a> {
    cases: BTreeSet<&'a str>,
    runs: usize,
    verdicts: BTreeMap<Verdict, usize>,
    known: usize,
}

impl<'a> Row<'a> {
    fn add(&mut self, e: &'a Execution) {
        self.cases.insert(&e.id);
        self.runs += 1;
        if is_known_failure(e) {
            self.known += 1;
        } else {
            *self.verdicts.entry(e.verdict).or_default() += 1;
        }
    }
}

/// A known failure that came true has a column of its own: it is neither a pass nor news.
pub fn is_known_failure(e: &Execution) -> bool {
    e.is_as_expected() && e.verdict != Verdict::Pass
}

/// Each reason for not running once, with its count.
pub fn not_run(executions: &[Execution]) -> Vec<(Verdict, &str, usize)> {
    let mut reasons: BTreeMap<(Verdict, &str), usize> = BTreeMap::new();
    for e in executions.iter().filter(|e| matches!(e.verdict, Verdict::Skip | Verdict::Disabled)) {
        *reasons.entry((e.verdict, e.reason.as_deref().unwrap_or("no reason given"))).or_default() += 1;
    }
    reasons.into_iter().map(|((verdict, reason), n)| (verdict, reason, n)).collect()
}

/// The table, before it is drawn in one way or another.
#[derive(Debug)]
pub struct Table {
    /// Names of the columns: what the rows are about, cases, runs, then `columns`, then `known` where there are any.
    pub heading: Vec<String>,
    /// Verdicts that have a column, from the fourth on.
    pub columns: Vec<Verdict>,
    /// Cells of each row; those of the last are the totals, and a count of none is `-`.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// A row for each different text that `key` gives; `what` is what they are.
    pub fn of<'a>(executions: &'a [Execution], what: &str, key: impl Fn(&'a Execution) -> &'a str) -> Self {
        let mut rows: BTreeMap<&str, Row<'_>> = BTreeMap::new();
        let mut total = Row::default();
        for e in executions {
            rows.entry(key(e)).or_default().add(e);
            total.add(e);
        }
        let columns: Vec<Verdict> = Verdict::ALL
            .into_iter()
            .filter(|v| matches!(v, Verdict::Pass | Verdict::Fail) || total.verdicts.contains_key(v))
            .collect();
        let mut heading: Vec<String> = [what, "cases", "runs"].map(str::to_owned).into();
        heading.extend(columns.iter().map(|v| v.to_string()));
        if total.known > 0 {
            heading.push("known".to_owned());
        }
        let cells = |name: &str, row: &Row<'_>| {
            let mut cells = vec![name.to_owned(), row.cases.len().to_string(), row.runs.to_string()];
            cells.extend(columns.iter().map(|v| row.verdicts.get(v).map_or_else(|| "-".to_owned(), usize::to_string)));
            if total.known > 0 {
                cells.push(if row.known == 0 { "-".to_owned() } else { row.known.to_string() });
            }
            cells
        };
        let mut rows: Vec<Vec<String>> = rows.iter().map(|(name, row)| cells(name, row)).collect();
        rows.push(cells("total", &total));
        Self { heading, columns, rows }
    }
}

/// Lines of the table of suites, heading first.
pub fn lines(executions: &[Execution], paint: Paint) -> Vec<String> {
    let Table { heading, columns, rows } = Table::of(executions, "suite", |e| &e.suite);
    let widths: Vec<usize> = (0..heading.len())
        .map(|i| rows.iter().chain([&heading]).filter_map(|r| r.get(i)).map(|c| c.chars().count()).max().unwrap_or(0))
        .collect();
    let mut lines = vec![paint.dim(&line(&heading, &widths, |_, cell| cell))];
    let last = rows.len().saturating_sub(1);
    for (n, row) in rows.iter().enumerate() {
        let painted = line(row, &widths, |i, cell| match i.checked_sub(3).and_then(|i| columns.get(i)) {
            Some(v) if cell.trim() != "-" => paint.verdict(*v, &cell),
            None if n == last && i < 3 => paint.bold(&cell),
            Some(_) | None => cell,
        });
        lines.push(painted);
    }
    lines
}

/// One line: names to the left, numbers to the right.
fn line(cells: &[String], widths: &[usize], paint: impl Fn(usize, String) -> String) -> String {
    let mut out = String::new();
    for (i, (cell, width)) in cells.iter().zip(widths.iter().copied()).enumerate() {
        if i == 0 {
            out += &paint(i, format!("{cell:<width$}"));
        } else {
            out += "  ";
            out += &paint(i, format!("{cell:>width$}"));
        }
    }
    out
}
