//! Files of results, for the verbs that read what `run --json` wrote.

use super::dispatch::failed;
use crate::exit::Exit;
use crate::report::written::Run;
use std::path::Path;

/// A file of results, or why there is none: it has been told.
pub(super) fn read(path: &Path) -> Result<Run, Exit> {
    let bytes = std::fs::read(path).map_err(|e| failed(&format!("read {}", path.display()), &e))?;
    Run::read(&bytes).map_err(|e| {
        eprintln!("kmipspec: {}: {e}", path.display());
        Exit::InvalidData
    })
}
