//! Several runs side by side as one HTML file that needs nothing else, no script either.

use super::STYLE;
use crate::report::matrix::{Cell, Column, Group, Matrix, ProfileCell};
use crate::report::text::{count, printable};
use crate::runner::verdict::Verdict;
use askama::Template;
use std::collections::{BTreeMap, BTreeSet};

/// What the page has beside the style of the report of a run.
pub(super) const MORE_STYLE: &str = include_str!("matrix.css");

/// So many failures are told, each in so many characters.
const FAILURES: usize = 500;
const LONGEST: usize = 400;

/// The page.
#[derive(Template)]
#[template(path = "matrix.html")]
struct Page {
    version: &'static str,
    style: String,
    /// There is none.
    script_hash: &'static str,
    title: String,
    names: Vec<String>,
    runs: Vec<Run>,
    servers: Vec<String>,
    /// Empty where one client asked all.
    pairs: Vec<Pair>,
    profiles: Vec<ProfileLine>,
    lines: Vec<String>,
    rows: Vec<Line>,
    worth: usize,
    failures: Vec<Failure>,
    left_out: usize,
    variations: Vec<(String, String)>,
}

/// A column of the matrix.
struct Run {
    client: String,
    server: String,
    versions: String,
    tls: String,
    started: String,
    counts: Vec<Count>,
    broken: String,
    file: String,
}

pub(super) struct Count {
    pub(super) word: &'static str,
    pub(super) class: &'static str,
    pub(super) n: usize,
}

/// A client, and what became of it at each server.
struct Pair {
    client: String,
    cells: Vec<Vec<Meeting>>,
}

struct Meeting {
    run: usize,
    class: &'static str,
    text: String,
}

struct ProfileLine {
    title: String,
    cells: Vec<(&'static str, String)>,
}

/// A case at versions where it came out alike.
struct Line {
    id: String,
    oasis: String,
    at: String,
    worth: bool,
    cells: Vec<Shown>,
}

struct Shown {
    class: &'static str,
    word: &'static str,
    variations: Vec<usize>,
}

struct Failure {
    class: &'static str,
    id: String,
    at: String,
    name: String,
    title: String,
    because: String,
}

/// The page as text.
pub fn text(matrix: &Matrix) -> Result<String, askama::Error> {
    page(matrix).render()
}

fn page(matrix: &Matrix) -> Page {
    let groups = matrix.groups();
    let variations = matrix.variations();
    let shown = |cell: &Option<Cell>| {
        let Some(cell) = cell else { return Shown { class: "", word: "", variations: Vec::new() } };
        let numbers = cell.variations.iter().filter_map(|v| variations.binary_search(&v).ok());
        let mut variations: Vec<usize> = numbers.map(|n| n.saturating_add(1)).collect();
        variations.sort_unstable();
        Shown { class: super::view::class_of(cell.word()), word: cell.word(), variations }
    };
    let row = |group: &Group<'_>| Line {
        id: plain(&group.row.id),
        oasis: plain(&group.row.oasis.join(", ")),
        at: plain(&group.at.join(", ")),
        worth: group.is_worth_a_look(),
        cells: group.row.cells.iter().map(shown).collect(),
    };
    let rows: Vec<Line> = groups.iter().map(row).collect();
    let mut failures: Vec<Failure> = groups.iter().flat_map(|group| failures_of(group, &matrix.columns)).collect();
    let left_out = failures.len().saturating_sub(FAILURES);
    failures.truncate(FAILURES);
    let servers: BTreeSet<&str> = matrix.columns.iter().map(|column| column.server.as_str()).collect();
    let cells = matrix.profiles.iter().flat_map(|row| row.cells.iter().zip(&matrix.columns));
    Page {
        version: env!("CARGO_PKG_VERSION"),
        style: format!("{STYLE}{MORE_STYLE}"),
        script_hash: "",
        title: format!("{} side by side", count(matrix.columns.len(), "run")),
        names: matrix.columns.iter().map(|column| plain(&column.name)).collect(),
        runs: matrix.columns.iter().map(run).collect(),
        pairs: pairs(&matrix.columns, &servers),
        servers: servers.iter().map(|server| plain(server)).collect(),
        profiles: matrix
            .profiles
            .iter()
            .map(|row| ProfileLine { title: plain(&row.title), cells: row.cells.iter().map(standing).collect() })
            .collect(),
        lines: cells
            .filter_map(|(cell, column)| Some(plain(&format!("{}: {}", column.name, cell.as_ref()?.line))))
            .collect(),
        worth: rows.iter().filter(|row| row.worth).count(),
        rows,
        failures,
        left_out,
        variations: variations.iter().map(|v| (plain(&v.what), plain(&v.clause))).collect(),
    }
}

fn plain(text: &str) -> String {
    printable(text, false)
}

/// Executions of each verdict that occurs, in the order of all reports.
pub(super) fn counts(all: &BTreeMap<String, usize>) -> Vec<Count> {
    let words = Verdict::ALL.map(Verdict::as_str).into_iter().chain(["known"]);
    let of = |word| all.get(word).map(|n| Count { word, class: super::view::class_of(word), n: *n });
    words.filter_map(of).collect()
}

fn run(column: &Column) -> Run {
    Run {
        client: plain(&column.client),
        server: plain(&column.server),
        versions: plain(&column.versions.join(", ")),
        tls: plain(column.tls.as_deref().unwrap_or_default()),
        started: plain(&column.started),
        counts: counts(&column.counts),
        broken: plain(column.broken.as_deref().unwrap_or_default()),
        file: plain(&column.file),
    }
}

/// Clients against servers; nothing where there is one client.
fn pairs(columns: &[Column], servers: &BTreeSet<&str>) -> Vec<Pair> {
    let clients: BTreeSet<&str> = columns.iter().map(|column| column.client.as_str()).collect();
    if clients.len() < 2 {
        return Vec::new();
    }
    let meetings = |client: &str, server: &str| -> Vec<Meeting> {
        let met = columns.iter().enumerate().filter(|(_, column)| column.client == client && column.server == server);
        met.map(|(at, column)| {
            let n: usize = column.counts.values().sum();
            let is_open = column.broken.is_some() || column.counts.contains_key(Verdict::Error.as_str());
            let class = match column.failures {
                0 if is_open => "error",
                0 => "pass",
                _ => "fail",
            };
            Meeting { run: at.saturating_add(1), class, text: format!("{} in {n}", count(column.failures, "failure")) }
        })
        .collect()
    };
    let pair = |client: &&str| Pair {
        client: plain(client),
        cells: servers.iter().map(|server| meetings(client, server)).collect(),
    };
    clients.iter().map(pair).collect()
}

/// The standing of a profile, and how it looks.
fn standing(cell: &Option<ProfileCell>) -> (&'static str, String) {
    let Some(cell) = cell else { return ("", String::new()) };
    let class = match cell.standing.as_str() {
        "met" => "pass",
        "not met" => "fail",
        "not decided" => "inconclusive",
        _ => "skipped",
    };
    (class, plain(&cell.standing))
}

/// What counts against a run or could not be found out, of each column.
fn failures_of<'a>(group: &'a Group<'_>, columns: &'a [Column]) -> impl Iterator<Item = Failure> + 'a {
    let cells = group.row.cells.iter().zip(columns);
    cells.filter_map(|(cell, column)| {
        let cell = cell.as_ref().filter(|cell| cell.counts_as_failure || cell.verdict == Verdict::Error)?;
        let mut because = plain(&cell.because);
        if let Some((end, _)) = because.char_indices().nth(LONGEST) {
            because.truncate(end);
            because.push_str(" …");
        }
        Some(Failure {
            class: super::view::class_of(cell.word()),
            id: plain(&group.row.id),
            at: plain(&group.at.join(", ")),
            name: plain(&column.name),
            title: plain(&group.row.title),
            because,
        })
    })
}
