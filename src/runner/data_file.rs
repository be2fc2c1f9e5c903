//! Files of settings in YAML, read as strictly as scenarios: UTF-8, then a located tree.

use crate::scenario::diagnostic::{Diagnostic, Place, Source};
use crate::scenario::node::Node;
use crate::scenario::parse;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a file could not be had.
#[derive(Debug)]
pub enum DataFileError {
    /// The system would not give it.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// It holds errors; each has its place.
    Invalid(Vec<Diagnostic>),
}

impl fmt::Display for DataFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { path, error } => write!(f, "{}: {error}", path.display()),
            Self::Invalid(diagnostics) => {
                for (i, d) in diagnostics.iter().enumerate() {
                    write!(f, "{}{d}", if i == 0 { "" } else { "\n" })?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for DataFileError {}

/// A file's text as a source that diagnostics can point into.
pub fn source(path: &Path) -> Result<Arc<Source>, DataFileError> {
    let bytes = std::fs::read(path).map_err(|error| DataFileError::Unreadable { path: path.to_owned(), error })?;
    let file = path.display().to_string();
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Arc::new(Source { file, text })),
        Err(e) => {
            let at = e.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(e.as_bytes().get(..at).unwrap_or_default()).into_owned();
            let (line, column) = end_of(&text);
            let place = Place { source: Arc::new(Source { file, text }), line, column, len: 1 };
            let message = format!("not UTF-8: the byte at offset {at} belongs to no character");
            Err(DataFileError::Invalid(vec![Diagnostic::new(&place, message)]))
        }
    }
}

/// The tree of a file.
pub fn read(path: &Path) -> Result<Node, DataFileError> {
    let source = source(path)?;
    parse::parse(&source).map_err(|e| DataFileError::Invalid(vec![e]))
}

/// Line and column just behind a text, both from 1.
fn end_of(text: &str) -> (usize, usize) {
    let line = text.matches('\n').count() + 1;
    let column = text.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_utf8_is_invalid_and_a_missing_one_unreadable() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let file = dir.path().join("latin1.yaml");
        std::fs::write(&file, b"a: b\nc: caf\xe9\n").expect("written");
        let e = read(&file).expect_err("not UTF-8").to_string();
        assert!(e.contains("latin1.yaml:2:7: not UTF-8: the byte at offset 11"), "{e}");
        let e = read(&dir.path().join("none.yaml")).expect_err("missing");
        assert!(matches!(e, DataFileError::Unreadable { .. }), "{e}");
    }
}
