//! Packing: results, traces, sheet and configuration to an archive. The same input makes the same bytes.

use super::archive::Writer;
use super::manifest::{CONFIGURATION, FORMAT, File, MANIFEST, Manifest, RESULTS, SHEET};
use super::places::without_folders;
use super::verify::Limits;
use super::{Configuration, traces};
use crate::client::target::TargetFile;
use crate::report::json::{self, Results, pretty};
use crate::report::text::hex;
use crate::report::written::ReadError;
use crate::scenario::library;
use sha2::{Digest, Sha256};
use std::fmt;
use std::io::{self, Write};

/// A file of results and what is in it.
#[derive(Debug)]
pub struct Run {
    /// The file, without folders of the machine that ran.
    json: String,
    results: Results,
    shows_secrets: bool,
}

/// Why results cannot be packed.
#[derive(Debug)]
pub enum RunError {
    /// They are none.
    NotResults(ReadError),
    /// This execution has a message that is not hexadecimal.
    NotHex(String),
    /// There is more of it than an archive may hold.
    TooLarge,
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotResults(why) => why.fmt(f),
            Self::NotHex(id) => write!(f, "a message of {id} is not hexadecimal"),
            Self::TooLarge => {
                write!(f, "more than {} bytes, or {} values", Limits::OF_ALL.kept, Limits::OF_ALL.commas)
            }
        }
    }
}

impl std::error::Error for RunError {}

impl Run {
    /// Reads what `run --json` wrote.
    pub fn read(bytes: Vec<u8>) -> Result<Self, RunError> {
        let commas = bytes.iter().filter(|byte| **byte == b',').count();
        if bytes.len() as u64 > Limits::OF_ALL.kept || commas > Limits::OF_ALL.commas {
            return Err(RunError::TooLarge);
        }
        let results: Results =
            serde_json::from_slice(&bytes).map_err(|e| RunError::NotResults(ReadError::NotResults(e)))?;
        if results.format != json::FORMAT {
            return Err(RunError::NotResults(ReadError::Format(results.format)));
        }
        let mut shows_secrets = false;
        for one in &results.results {
            shows_secrets |= traces::shows_secrets(one).ok_or_else(|| RunError::NotHex(one.id.clone()))?;
        }
        let json = without_folders(&String::from_utf8_lossy(&bytes)).into_owned();
        Ok(Self { json, results, shows_secrets })
    }

    /// Whether some message shows a password or key material: the run was told to.
    pub fn shows_secrets(&self) -> bool {
        self.shows_secrets
    }
}

/// All that goes into an archive.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// The product sheet, as the vendor wrote it.
    pub sheet: &'a str,
    /// The runs, in the order given.
    pub runs: &'a [Run],
    /// The target file they were made with.
    pub target: Option<&'a TargetFile>,
}

impl Evidence<'_> {
    /// Writes the archive, and gives back its manifest.
    pub fn write(&self, out: impl Write) -> io::Result<Manifest> {
        let mut files = Vec::new();
        // Made twice, so that no more than one of them is in memory.
        self.each(&mut |path, bytes| {
            let sha256 = hex(&Sha256::digest(bytes));
            files.push(File { path: path.to_owned(), size: bytes.len() as u64, sha256 });
            Ok(())
        })?;
        let manifest = Manifest {
            format: FORMAT,
            kmipspec: env!("CARGO_PKG_VERSION").to_owned(),
            case_set: library::case_set().to_owned(),
            secrets_covered: !self.runs.iter().any(Run::shows_secrets),
            files,
        };
        let mut archive = Writer::new(out);
        archive.add(MANIFEST, pretty(&manifest).as_bytes())?;
        self.each(&mut |path, bytes| archive.add(path, bytes))?;
        archive.finish()?.flush()?;
        Ok(manifest)
    }

    /// Every file but the manifest, by path.
    fn each(&self, take: &mut dyn FnMut(&str, &[u8]) -> io::Result<()>) -> io::Result<()> {
        let configuration = Configuration::of(self.runs.iter().map(|run| &run.results), self.target);
        take(CONFIGURATION, pretty(&configuration).as_bytes())?;
        take(SHEET, self.sheet.as_bytes())?;
        for (run, n) in self.runs.iter().zip(1usize..) {
            take(&format!("{RESULTS}{n:02}.json"), run.json.as_bytes())?;
        }
        for (run, n) in self.runs.iter().zip(1usize..) {
            let with_messages = run.results.results.iter().zip(1usize..).filter(|(one, _)| !one.transcript.is_empty());
            for (one, number) in with_messages {
                let path = traces::path(n, number, one);
                take(&format!("{path}.hex"), traces::hex(one).as_bytes())?;
                take(&format!("{path}.xml"), traces::xml(one).as_bytes())?;
            }
        }
        Ok(())
    }
}
