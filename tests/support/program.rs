//! The program under test.

use std::process::Command;

/// `kmipspec` without the settings of whoever runs the tests.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kmipspec"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("KMIPSPEC_") || name.to_string_lossy().starts_with("GITHUB_") {
            command.env_remove(name);
        }
    }
    command
}
