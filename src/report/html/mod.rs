//! The report of a run as one HTML file that needs nothing else: a matrix, counts, and a place for each case with its messages.
//!
//! Whatever a peer sent goes through the template, which escapes it; the only script is ours, and the page names its hash, so a browser
//! runs no other. The essentials need no script.

mod case;
pub mod index;
pub mod matrix;
#[cfg(test)]
pub(super) mod tests;
mod view;

use super::record::{Record, Report};
use std::io::{self, Write};
use std::time::SystemTime;

/// The page's own style and script, as they are.
const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// SHA-256 of the script, as a Content Security Policy names it.
const SCRIPT_HASH: &str = "pSLyUQN/1PBpGGM9pY2F2WpyPcfWN9gL8cJpXFy4AJo=";

/// The report.
#[derive(Debug)]
pub struct Html<W> {
    out: W,
    started: SystemTime,
    strict: bool,
    show_secrets: bool,
}

impl<W: Write> Html<W> {
    /// Writes to `out`; `started` is when the run began.
    pub fn new(out: W, started: SystemTime, strict: bool, show_secrets: bool) -> Self {
        Self { out, started, strict, show_secrets }
    }
}

impl<W: Write> Report for Html<W> {
    fn write(&mut self, record: &Record) -> io::Result<()> {
        let page = view::page(record, self.started, self.strict, self.show_secrets);
        askama::Template::write_into(&page, &mut self.out).map_err(io::Error::other)?;
        self.out.flush()
    }
}
