//! The detection matrix of `self-check`: for people, and as JSON.

use super::text::count;
use crate::runner::self_check::{Matrix, Row};
use std::collections::BTreeSet;
use std::io::{self, Write};

/// So many ids are shown of a list; the rest is counted.
const SHOWN: usize = 4;

/// Prints a line for each fault, and what is not as it should be below it.
pub fn print(matrix: &Matrix, out: &mut dyn Write) -> io::Result<()> {
    for id in &matrix.false_alarms {
        writeln!(out, "FALSE ALARM  {id}: reported of a server without faults")?;
    }
    let width = matrix.rows.iter().map(|row| row.quirk.name.len()).max().unwrap_or(0);
    for row in &matrix.rows {
        writeln!(
            out,
            "{:<width$}  {:<6}  {:>6.1} s  {}",
            row.quirk.name,
            word(row),
            row.duration.as_secs_f64(),
            shown(&row.reported)
        )?;
        for (what, ids) in
            [("silent", row.silent.iter().map(|id| (*id).to_owned()).collect()), ("unnamed", row.unnamed.clone())]
        {
            let ids: Vec<String> = ids;
            if !ids.is_empty() {
                writeln!(out, "{:width$}  {what}: {}", "", ids.join(" "))?;
            }
        }
        if let Some(broken) = &row.broken {
            writeln!(out, "{:width$}  could not find out: {broken}", "")?;
        }
    }
    if matrix.missing > 0 {
        writeln!(out, "\nended early: {} not known, of which nothing is said here", count(matrix.missing, "quirk"))?;
    }
    let counted = |holds: fn(&Row) -> bool| matrix.rows.iter().filter(|row| holds(row)).count();
    writeln!(
        out,
        "\n{} in {:.1} s: {} caught, {} exactly, {} missed; {}",
        count(matrix.rows.len(), "quirk"),
        matrix.duration.as_secs_f64(),
        counted(Row::is_caught),
        counted(Row::is_exact),
        counted(|row| !row.is_caught()),
        count(matrix.false_alarms.len(), "false alarm"),
    )
}

/// How a fault fared, in a word.
fn word(row: &Row) -> &'static str {
    if row.is_exact() {
        "exact"
    } else if row.is_caught() {
        "caught"
    } else {
        "MISSED"
    }
}

/// The first of them, and how many there are.
fn shown(ids: &BTreeSet<String>) -> String {
    let first: Vec<&str> = ids.iter().take(SHOWN).map(String::as_str).collect();
    match ids.len().checked_sub(SHOWN) {
        Some(more) if more > 0 => format!("{} and {more} more", first.join(" ")),
        _ => first.join(" "),
    }
}

/// Writes everything as one JSON object.
pub fn json(matrix: &Matrix, out: &mut dyn Write) -> io::Result<()> {
    let row = |row: &Row| {
        serde_json::json!({
            "quirk": row.quirk.name,
            "does": row.quirk.does,
            "imitates": row.quirk.imitates,
            "rules": row.quirk.rules,
            "caught": row.is_caught(),
            "exact": row.is_exact(),
            "reported": row.reported,
            "silent": row.silent,
            "unnamed": row.unnamed,
            "errors": row.errors,
            "broken": row.broken,
            "seconds": row.duration.as_secs_f64(),
        })
    };
    let all = serde_json::json!({
        "false_alarms": matrix.false_alarms,
        "quirks": matrix.rows.iter().map(row).collect::<Vec<_>>(),
        "missing": matrix.missing,
        "seconds": matrix.duration.as_secs_f64(),
    });
    writeln!(out, "{all:#}")
}
