//! Sinks: each turns the runner's events into one kind of report, and decides nothing.
//!
//! To add a format: one file here, one row in the table of ARCHITECTURE.md, one flag in `cli/args.rs`, one line in `cli/sinks.rs`. What
//! is written as a whole at the end is a [`record::Report`].

pub mod breaches;
pub mod diff;
pub mod failure;
pub mod github;
pub mod group;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod matrix;
pub mod measure;
pub mod message;
pub mod observed;
pub mod outcome;
pub mod profiles;
pub mod record;
pub mod sarif;
pub mod secrets;
pub mod self_check;
pub mod style;
pub mod table;
pub mod tap;
pub mod terminal;
pub mod text;
pub mod tls;
pub mod tls_summary;
pub mod written;

#[cfg(test)]
pub(crate) mod diff_tests;
#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
pub(crate) mod read_back;
#[cfg(test)]
mod tests;

use crate::runner::event::Event;
use std::io;

/// Takes every event of a run, in order.
pub trait Sink {
    /// Takes the next event. After [`Event::RunFinished`] everything is written.
    fn event(&mut self, event: &Event) -> io::Result<()>;
}
