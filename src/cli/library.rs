//! The scenarios a verb works on: the built-in ones, and the user's own beside them.

use crate::exit::Exit;
use crate::scenario::library::Library;
use std::path::PathBuf;

/// All scenarios; what is wrong with them is told on stderr.
pub(super) fn load(folders: &[PathBuf]) -> Result<Library, Exit> {
    let mut library = Library::builtin();
    let mut exit = Exit::Success;
    for folder in folders {
        match Library::folder(folder) {
            Ok(own) => library = library.with(own),
            Err(e) => {
                eprintln!("kmipspec: failed to read the scenarios in {}: {e}", folder.display());
                exit = exit.and(Exit::Usage);
            }
        }
    }
    if !library.errors.is_empty() {
        for error in &library.errors {
            eprintln!("{error}");
        }
        eprintln!(
            "kmipspec: {} in scenarios; nothing was sent",
            crate::report::text::count(library.errors.len(), "error")
        );
        exit = exit.and(Exit::InvalidData);
    }
    if exit == Exit::Success { Ok(library) } else { Err(exit) }
}
