//! Flags of `matrix`; with `args.rs` and `fuzz_args.rs` the only files that name clap.

use clap::{Args, ValueHint};
use std::ffi::OsString;
use std::path::PathBuf;

/// Flags of `matrix`.
#[derive(Debug, Args)]
pub struct MatrixArgs {
    /// Files of `run --json`, a column each. `NAME=FILE` names the server, `CLIENT/SERVER=FILE` the client as well
    /// [default: the server's Vendor Identification or its address, and kmipspec as the client]
    #[arg(value_name = "[NAME=]FILE", required = true, value_hint = ValueHint::FilePath)]
    pub files: Vec<OsString>,
    /// Write a page to look at: one HTML file (`-` is stdout)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub html: Option<PathBuf>,
    /// Write it for spreadsheets, as CSV (`-` is stdout)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub csv: Option<PathBuf>,
    /// Write it as JSON (`-` is stdout)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub json: Option<PathBuf>,
    /// Show cases that are the same in every column, too
    #[arg(long)]
    pub all: bool,
}
