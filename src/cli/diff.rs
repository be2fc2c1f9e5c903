//! `kmipspec diff`: what differs between two runs, from their JSON files.

use super::args::{Color, DiffArgs};
use super::dispatch::failed;
use super::output::{Stdout, use_color};
use super::results;
use super::sinks::{create, is_dash};
use crate::exit::Exit;
use crate::report::diff::compare;
use crate::report::json::pretty;
use crate::report::style::Paint;
use std::io::{self, Write};

/// Reads both, and says what differs.
pub(super) fn run(args: &DiffArgs, color: Color, out: &mut Stdout) -> Exit {
    let (before, after) = match (results::read(&args.before), results::read(&args.after)) {
        (Ok(before), Ok(after)) => (before, after),
        (before, after) => return before.err().into_iter().chain(after.err()).fold(Exit::Success, Exit::and),
    };
    let json = match args.json.as_deref().map(create).transpose() {
        Ok(json) => json,
        Err(exit) => return exit,
    };
    let diff = compare(&before, &after);
    let mut exit = diff.exit();
    if let Some(mut json) = json
        && let Err(e) = json.write_all(pretty(&diff).as_bytes()).and_then(|()| json.flush())
    {
        exit = exit.and(failed("write what differs", &e));
    }
    if !args.json.as_deref().is_some_and(is_dash) {
        let paint = Paint { color: use_color(color, &io::stdout()) };
        for line in diff.lines(paint) {
            if let Err(e) = writeln!(out, "{line}") {
                return exit.and(failed("write", &e));
            }
        }
    }
    exit
}
