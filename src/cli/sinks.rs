//! Where the results of a run go: one sink for people, one for each file asked for.

use super::args::Color;
use super::dispatch::failed;
use super::output::{Stdout, use_color};
use super::settings::RunSettings;
use crate::exit::Exit;
use crate::report::Sink;
use crate::report::json::Json;
use crate::report::junit::Junit;
use crate::report::style::Paint;
use crate::report::terminal::{Look, Terminal};
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;
use std::time::SystemTime;

/// Opens all.
pub(super) fn open(settings: &RunSettings, color: Color) -> Result<Vec<Box<dyn Sink>>, Exit> {
    let dash = |file: &Option<std::path::PathBuf>| file.as_deref().is_some_and(|f| f.as_os_str() == "-");
    let stdout_taken = dash(&settings.junit) || dash(&settings.json);
    if dash(&settings.junit) && dash(&settings.json) {
        eprintln!("kmipspec: --junit and --json cannot both go to standard output");
        return Err(Exit::Usage);
    }
    let (out, color): (Box<dyn Write>, bool) = if stdout_taken {
        (Box::new(io::stderr()), use_color(color, &io::stderr()))
    } else {
        (Box::new(Stdout::new()), use_color(color, &io::stdout()))
    };
    let look = Look {
        paint: Paint { color },
        progress: !settings.quiet && io::stderr().is_terminal(),
        quiet: settings.quiet,
        show_secrets: settings.show_secrets,
        strict: settings.strict,
    };
    let mut sinks: Vec<Box<dyn Sink>> = vec![Box::new(Terminal::new(out, io::stderr(), look))];
    let started = SystemTime::now();
    if let Some(path) = &settings.junit {
        sinks.push(Box::new(Junit::new(create(path)?, started, settings.strict, settings.show_secrets)));
    }
    if let Some(path) = &settings.json {
        sinks.push(Box::new(Json::new(create(path)?, started, settings.strict, settings.show_secrets)));
    }
    Ok(sinks)
}

/// Opens a report file before anything is sent: a path that cannot be written is told at once.
fn create(path: &Path) -> Result<Box<dyn Write>, Exit> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(Stdout::new()));
    }
    match File::create(path) {
        Ok(file) => Ok(Box::new(BufWriter::new(file))),
        Err(e) => Err(failed(&format!("create {}", path.display()), &e)),
    }
}
