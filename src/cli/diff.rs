//! `kmipspec diff`: what differs between two runs, from their JSON files.

use super::args::{Color, DiffArgs};
use super::dispatch::failed;
use super::output::{Stdout, use_color};
use super::results;
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
    let diff = compare(&before, &after);
    let mut exit = diff.exit();
    let to_stdout = args.json.as_deref().is_some_and(|path| path.as_os_str() == "-");
    if let Some(path) = &args.json {
        let text = pretty(&diff);
        let written = if to_stdout { out.write_all(text.as_bytes()) } else { std::fs::write(path, text) };
        if let Err(e) = written {
            exit = exit.and(failed(&format!("write {}", path.display()), &e));
        }
    }
    if !to_stdout {
        let paint = Paint { color: use_color(color, &io::stdout()) };
        for line in diff.lines(paint) {
            if let Err(e) = writeln!(out, "{line}") {
                return exit.and(failed("write", &e));
            }
        }
    }
    exit
}
