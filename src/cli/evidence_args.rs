//! Flags of `matrix`, `pack`, `verify` and `index`; with `args.rs` and `fuzz_args.rs` the only files that name clap.

use clap::{Args, ValueHint};
use std::ffi::OsString;
use std::path::PathBuf;

/// Flags of `matrix`.
#[derive(Debug, Args)]
pub struct MatrixArgs {
    /// Files of `run --json` and `client --json`, a column each. `NAME=FILE` names who was judged, `CLIENT/SERVER=FILE` both
    /// [default: the server's Vendor Identification or its address, and kmipspec at the other end]
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

/// Flags of `pack`.
#[derive(Debug, Args)]
pub struct PackArgs {
    /// Files of `run --json`
    #[arg(value_name = "RESULTS", required = true, value_hint = ValueHint::FilePath)]
    pub results: Vec<PathBuf>,
    /// The product sheet, a YAML file that the vendor fills in: `product`, `version`, `vendor` and `role` (server or client), and as you
    /// like `contact`, `build`, `profiles` (a list) and `notes`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub sheet: PathBuf,
    /// The target file of the runs: what it says of the server goes along, passwords, user names and paths do not
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub target_file: Option<PathBuf>,
    /// The archive to write, `evidence.tar.gz` (`-` is stdout)
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: PathBuf,
    /// Take results that show passwords and key material, too: those of `run --show-secrets`
    #[arg(long)]
    pub show_secrets: bool,
}

/// Flags of `verify`. Exit code 4: something in the archive is not as its manifest says, or as results are; 2: it cannot be read to its end.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The archive
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub archive: PathBuf,
}

/// Flags of `index`. Exit code 4: an archive is unsound.
#[derive(Debug, Args)]
pub struct IndexArgs {
    /// The folder: its files of `run --json` (`.json`) and evidence archives (`.tar.gz`) are the rows
    #[arg(value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub folder: PathBuf,
    /// The page [default: index.html in the folder; `-` is stdout]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub html: Option<PathBuf>,
}
