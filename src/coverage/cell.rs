//! Rows of tables at versions, and what stands for them.

use kmipspec_protocol::version::Version;
use std::collections::BTreeSet;

/// A table of the standard.
#[derive(Debug)]
pub struct Table {
    /// Short name: the file in `vectors/coverage` that speaks of it, the word for `--table`.
    pub name: &'static str,
    /// What its rows are.
    pub title: &'static str,
    /// Whether a row that is neither judged nor reasoned is an error.
    pub complete: bool,
    /// The rows, at each version that has them.
    pub cells: Vec<Cell>,
}

/// One row at one version.
#[derive(Clone, Debug)]
pub struct Cell {
    /// The row's id.
    pub row: String,
    /// The version.
    pub version: Version,
    /// Where the standard has it.
    pub section: String,
    /// What it asks, in our words.
    pub about: String,
    /// Cases that turn red when it is broken.
    pub judged: BTreeSet<String>,
    /// Cases that only record what comes back.
    pub recorded: BTreeSet<String>,
    /// The class of the reason why no case judges it.
    pub reason: Option<String>,
    /// Whether that class says that the text lets a server do either way: nothing a case could turn red at.
    pub open_text: bool,
    /// What a case must demand to judge it; `None`: any demand will do.
    pub demand: Option<RowDemand>,
}

/// A class of reasons why rows are not judged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Class {
    /// What it means.
    pub about: String,
    /// Whether the text decides nothing about the rows in it, so that no answer is wrong.
    pub open_text: bool,
}

/// What judges a row of an error table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowDemand {
    /// The operation that fails; `None`: any.
    pub operation: Option<u32>,
    /// Its Result Reason is one of these.
    pub reasons: &'static [u32],
}

/// What stands for a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// A wrong answer turns a case red.
    Judged,
    /// No case judges it, for a reason of one of the classes.
    Reasoned,
    /// What comes back is recorded, and nobody said why no more.
    Recorded,
    /// Nothing looks at it.
    Open,
}

impl Standing {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Judged => "judged",
            Self::Reasoned => "reasoned",
            Self::Recorded => "recorded",
            Self::Open => "open",
        }
    }
}

impl Cell {
    /// A row nothing is known about yet.
    pub fn new(row: impl Into<String>, version: Version, section: impl Into<String>, about: impl Into<String>) -> Self {
        Self {
            row: row.into(),
            version,
            section: section.into(),
            about: about.into(),
            judged: BTreeSet::new(),
            recorded: BTreeSet::new(),
            reason: None,
            open_text: false,
            demand: None,
        }
    }

    /// What stands for it.
    pub fn standing(&self) -> Standing {
        if !self.judged.is_empty() {
            Standing::Judged
        } else if self.reason.is_some() {
            Standing::Reasoned
        } else if !self.recorded.is_empty() {
            Standing::Recorded
        } else {
            Standing::Open
        }
    }
}
