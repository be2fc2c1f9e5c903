//! What `run --json` wrote, read back: what comparisons of runs look at. A file may come from anybody.

use crate::runner::verdict::{Level, Verdict};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::fmt;

/// What is read of a file of results.
#[derive(Debug, Deserialize)]
pub struct Run {
    format: u32,
    pub(super) kmipspec: String,
    #[serde(default)]
    pub(super) case_set: Option<String>,
    pub(super) started: String,
    pub(super) run_id: String,
    pub(super) target: Target,
    #[serde(default)]
    pub(super) broken: Option<String>,
    pub(super) results: Vec<One>,
    #[serde(default)]
    pub(super) profiles: Vec<Profile>,
}

/// The peer, as far as it told.
#[derive(Debug, Deserialize)]
pub(super) struct Target {
    pub(super) address: String,
    pub(super) vendor: Option<String>,
    pub(super) versions: Vec<String>,
    pub(super) tls: Option<String>,
}

/// One case at one version.
#[derive(Debug, Deserialize)]
pub(super) struct One {
    pub(super) id: String,
    pub(super) version: String,
    pub(super) encoding: String,
    pub(super) title: String,
    pub(super) level: Level,
    pub(super) spec: Vec<String>,
    pub(super) verdict: Verdict,
    pub(super) counts_as_failure: bool,
    pub(super) reason: Option<String>,
    #[serde(default)]
    pub(super) expected: Option<IgnoredAny>,
    pub(super) findings: Vec<Finding>,
    pub(super) reproduce: String,
}

/// One observation.
#[derive(Debug, Deserialize)]
pub(super) struct Finding {
    pub(super) verdict: Verdict,
    pub(super) rule: String,
    pub(super) statement: String,
    pub(super) spec: Vec<String>,
    pub(super) path: String,
    pub(super) expected: String,
    pub(super) actual: String,
}

/// What a run says of a conformance profile.
#[derive(Debug, Deserialize)]
pub(super) struct Profile {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) standing: String,
    pub(super) line: String,
}

/// Why a file is no file of results.
#[derive(Debug)]
pub enum ReadError {
    /// Not what `run --json` writes.
    NotResults(serde_json::Error),
    /// Of a format that a later program writes.
    Format(u32),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotResults(why) => write!(f, "not what `kmipspec run --json` writes: {why}"),
            Self::Format(n) => write!(f, "format {n}, and this program reads {}", super::json::FORMAT),
        }
    }
}

impl std::error::Error for ReadError {}

impl Run {
    /// Reads a file of results.
    pub fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        let run: Self = serde_json::from_slice(bytes).map_err(ReadError::NotResults)?;
        if run.format == super::json::FORMAT { Ok(run) } else { Err(ReadError::Format(run.format)) }
    }

    /// The same of another server.
    #[cfg(test)]
    pub(super) fn tell_vendor(&mut self, vendor: &str) {
        self.target.vendor = Some(vendor.to_owned());
    }
}

impl One {
    /// What an execution is called in every run.
    pub(super) fn key(&self) -> (&str, &str, &str) {
        (&self.id, &self.version, &self.encoding)
    }

    /// What the run says of it, in a line: why it came out so, or what was not as it should be.
    pub(super) fn because(&self) -> String {
        let finding = self.findings.first().map(|f| format!("{}: expected {}, got {}", f.rule, f.expected, f.actual));
        self.reason.clone().or(finding).unwrap_or_default()
    }
}
