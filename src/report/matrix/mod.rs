//! Several runs side by side: which client, which server, which case, and what came of it.
//!
//! Every text is that of the files, which may come from anybody: whoever shows it escapes it.

mod columns;
pub mod csv;
mod terminal;
#[cfg(test)]
mod tests;

use super::outcome::at;
use super::written::{Finding, One, Run};
use crate::oasis::runner::TEST_CASES;
use crate::oasis::variation;
use crate::runner::verdict::{Level, Verdict};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Number of the format of [`Matrix`]; it grows when a field changes its meaning or goes away, not when one is added.
pub const FORMAT: u32 = 1;

/// What `kmipspec matrix --json` writes.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Matrix {
    /// Number of this format.
    pub format: u32,
    /// Version of kmipspec that put it together.
    pub kmipspec: String,
    /// One for each file, in the order given.
    pub columns: Vec<Column>,
    /// Each case at each version in each form of messages, in this order.
    pub rows: Vec<Row>,
    /// What the runs say of conformance profiles, by id.
    pub profiles: Vec<ProfileRow>,
}

/// One client against one server.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Column {
    /// What tells it from the other columns.
    pub name: String,
    /// Who asked.
    pub client: String,
    /// Who answered.
    pub server: String,
    /// The file of results.
    pub file: String,
    /// The server's Vendor Identification, if it gave one.
    pub vendor: Option<String>,
    /// The server's address, or `bundled`.
    pub address: String,
    /// KMIP versions that the server named.
    pub versions: Vec<String>,
    /// TLS version and cipher suite of the first connection.
    pub tls: Option<String>,
    /// Version of kmipspec that ran.
    pub kmipspec: String,
    /// SHA-256 of the cases built into that program, if the file tells.
    pub case_set: Option<String>,
    /// When the run began.
    pub started: String,
    /// Executions of each verdict; `known` are failures that an expectations file names.
    pub counts: BTreeMap<String, usize>,
    /// How many count against the run.
    pub failures: usize,
    /// Why it was cut short, if it was.
    pub broken: Option<String>,
}

/// A case at a version in a form of messages.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Row {
    /// Written id of the case.
    pub id: String,
    /// Identifiers of the published cases that it stands for, as OASIS writes them.
    pub oasis: Vec<String>,
    /// What it demands.
    pub title: String,
    /// KMIP version.
    pub version: String,
    /// How messages travelled.
    pub encoding: String,
    /// How strongly the standard words the rule.
    pub level: Level,
    /// One for each column; none where that run has no such execution.
    pub cells: Vec<Option<Cell>>,
}

/// What came of a case in one run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Cell {
    /// The outcome.
    pub verdict: Verdict,
    /// Whether it counts against the run.
    pub counts_as_failure: bool,
    /// Whether it is a failure that an expectations file names.
    pub known: bool,
    /// What the run says of it, in a line, unless it passed.
    pub because: String,
    /// Permitted variations that the answers used.
    pub variations: Vec<Variation>,
}

/// A permitted variation of a published answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
pub struct Variation {
    /// What differed.
    pub what: String,
    /// What permits it.
    pub clause: String,
}

/// A conformance profile.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ProfileRow {
    /// What it is called on a command line.
    pub id: String,
    /// Its name and version.
    pub title: String,
    /// One for each column; none where that run was not asked for it.
    pub cells: Vec<Option<ProfileCell>>,
}

/// What a run says of a profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProfileCell {
    /// `met`, `not met`, `not decided` or `indicative`.
    pub standing: String,
    /// The line to quote.
    pub line: String,
}

/// A run and where it is from.
#[derive(Debug)]
pub struct Source {
    /// Client and server as the caller names them.
    pub client: Option<String>,
    /// The same of the server.
    pub server: Option<String>,
    /// The file.
    pub file: String,
    /// What is in it.
    pub run: Run,
}

/// The JSON Schema of [`Matrix`], ready to print.
pub fn schema() -> String {
    super::json::schema_of::<Matrix>()
}

impl Matrix {
    /// Puts runs side by side; `oasis` knows the published cases that a case stands for at a version.
    pub fn of(sources: &[Source], oasis: impl Fn(&str, &str) -> Vec<String>) -> Self {
        let mut rows: BTreeMap<(&str, &str, &str), Row> = BTreeMap::new();
        let mut profiles: BTreeMap<&str, ProfileRow> = BTreeMap::new();
        for (at, source) in sources.iter().enumerate() {
            for one in &source.run.results {
                let row = rows.entry(one.key()).or_insert_with(|| Row {
                    id: one.id.clone(),
                    oasis: published(one).unwrap_or_else(|| oasis(&one.id, &one.version)),
                    title: one.title.clone(),
                    version: one.version.clone(),
                    encoding: one.encoding.clone(),
                    level: one.level,
                    cells: vec![None; sources.len()],
                });
                if let Some(place) = row.cells.get_mut(at) {
                    let cell = Cell::of(one);
                    // Twice in one file: what fails is what one has to know.
                    if place.as_ref().is_none_or(|there| !there.counts_as_failure && cell.counts_as_failure) {
                        *place = Some(cell);
                    }
                }
            }
            for profile in &source.run.profiles {
                let row = profiles.entry(&profile.id).or_insert_with(|| ProfileRow {
                    id: profile.id.clone(),
                    title: profile.title.clone(),
                    cells: vec![None; sources.len()],
                });
                if let Some(place) = row.cells.get_mut(at) {
                    *place = Some(ProfileCell { standing: profile.standing.clone(), line: profile.line.clone() });
                }
            }
        }
        Self {
            format: FORMAT,
            kmipspec: env!("CARGO_PKG_VERSION").to_owned(),
            columns: columns::of(sources),
            rows: rows.into_values().collect(),
            profiles: profiles.into_values().collect(),
        }
    }

    /// Every permitted variation that some cell used, in order: reports number them.
    pub fn variations(&self) -> Vec<&Variation> {
        let cells = self.rows.iter().flat_map(|row| row.cells.iter().flatten());
        let mut all: Vec<&Variation> = cells.flat_map(|cell| &cell.variations).collect();
        all.sort();
        all.dedup();
        all
    }

    /// Rows, those of one case that look the same as one.
    pub fn groups(&self) -> Vec<Group<'_>> {
        let mut groups: Vec<Group<'_>> = Vec::new();
        let mut places: HashMap<Look<'_>, usize> = HashMap::new();
        for row in &self.rows {
            let at = at(&row.version, &row.encoding);
            let place = *places.entry(row.look()).or_insert(groups.len());
            match groups.get_mut(place) {
                Some(group) => group.at.push(at),
                None => groups.push(Group { row, at: vec![at] }),
            }
        }
        groups
    }
}

/// What a reader sees of a row, but for the version: the case, and the word, weight and variations of each cell.
type Look<'a> = (&'a str, &'a [String], Vec<Option<(&'static str, bool, &'a [Variation])>>);

impl Row {
    fn look(&self) -> Look<'_> {
        let cells = self.cells.iter();
        let cells = cells.map(|cell| cell.as_ref().map(|c| (c.word(), c.counts_as_failure, c.variations.as_slice())));
        (&self.id, &self.oasis, cells.collect())
    }
}

/// Versions at which a case came out alike in every column.
#[derive(Debug)]
pub struct Group<'a> {
    /// The first of them.
    pub row: &'a Row,
    /// `1.4`, `2.1 json`.
    pub at: Vec<String>,
}

impl Group<'_> {
    /// Whether there is something to know: of the columns that have the case some differ, or one fails.
    pub fn is_worth_a_look(&self) -> bool {
        let cells = || self.row.cells.iter().flatten();
        let words: BTreeSet<&str> = cells().map(Cell::word).collect();
        words.len() > 1 || cells().any(|cell| cell.counts_as_failure || cell.verdict == Verdict::Error)
    }
}

impl Cell {
    fn of(one: &One) -> Self {
        let because = if one.verdict == Verdict::Pass { String::new() } else { one.because() };
        Self {
            verdict: one.verdict,
            counts_as_failure: one.counts_as_failure,
            known: is_known(one),
            because,
            variations: one.findings.iter().filter_map(Variation::of).collect(),
        }
    }

    /// The verdict, or that it is a failure that is known.
    pub fn word(&self) -> &'static str {
        if self.known { "known" } else { self.verdict.as_str() }
    }
}

/// A failure that an expectations file names.
fn is_known(one: &One) -> bool {
    one.expected.is_some() && !one.counts_as_failure && one.verdict != Verdict::Pass
}

impl Variation {
    /// From the record that one was used.
    fn of(finding: &Finding) -> Option<Self> {
        (finding.rule == variation::RULE).then(|| Self {
            what: finding.statement.strip_prefix(variation::USED).unwrap_or(&finding.statement).to_owned(),
            clause: finding.spec.join("; "),
        })
    }
}

/// The identifier of a published case that was run as it is.
fn published(one: &One) -> Option<Vec<String>> {
    let place = one.spec.iter().find_map(|place| place.strip_prefix(TEST_CASES))?;
    let (_, name) = place.split_once(": ")?;
    Some(vec![name.to_owned()])
}
