//! Where the results of a run go: one sink for people, one for each file asked for.

use super::args::Color;
use super::dispatch::failed;
use super::output::{Stdout, use_color};
use super::settings::RunSettings;
use crate::exit::Exit;
use crate::report::Sink;
use crate::report::breaches::Breaches;
use crate::report::github::Annotations;
use crate::report::html::Html;
use crate::report::json::Json;
use crate::report::junit::Junit;
use crate::report::markdown::Markdown;
use crate::report::record::{Recorder, Report};
use crate::report::secrets::Covered;
use crate::report::style::Paint;
use crate::report::tap::Tap;
use crate::report::terminal::{Look, Terminal};
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Opens all.
pub(super) fn open(settings: &RunSettings, color: Color) -> Result<Vec<Box<dyn Sink>>, Exit> {
    let files = [
        ("--junit", &settings.junit),
        ("--json", &settings.json),
        ("--markdown", &settings.markdown),
        ("--tap", &settings.tap),
        ("--html", &settings.html),
        ("--sarif", &settings.sarif),
    ];
    let taken = stdout_taken(&files)?;
    let (strict, show_secrets) = (settings.strict, settings.show_secrets);
    let mut sinks = vec![people(settings, color, taken)];
    let started = SystemTime::now();
    if let Some(path) = &settings.junit {
        sinks.push(Box::new(Junit::new(create(path)?, started, strict, show_secrets)));
    }
    if let Some(path) = &settings.json {
        sinks.push(Box::new(Json::new(create(path)?, started, strict, show_secrets)));
    }
    let mut reports: Vec<Box<dyn Report>> = Vec::new();
    if let Some(path) = &settings.markdown {
        reports.push(Box::new(Markdown::new(create(path)?, strict, show_secrets)));
    }
    if let Some(path) = &settings.tap {
        reports.push(Box::new(Tap::new(create(path)?, strict)));
    }
    if let Some(path) = &settings.sarif {
        reports.push(Box::new(Breaches::new(create(path)?, strict)));
    }
    if let Some(path) = &settings.html {
        reports.push(Box::new(Html::new(create(path)?, started, strict, show_secrets)));
    }
    if !reports.is_empty() {
        sinks.push(Box::new(Recorder::new(reports)));
    }
    Ok(if show_secrets { sinks } else { vec![Box::new(Covered::new(sinks))] })
}

/// The sink for people: on standard output, unless a report goes there; with annotations where GitHub reads along.
fn people(settings: &RunSettings, color: Color, stdout_taken: bool) -> Box<dyn Sink> {
    let out = || -> Box<dyn Write> { if stdout_taken { Box::new(io::stderr()) } else { Box::new(Stdout::new()) } };
    let color = if stdout_taken { use_color(color, &io::stderr()) } else { use_color(color, &io::stdout()) };
    let look = Look {
        paint: Paint { color },
        progress: !settings.quiet && io::stderr().is_terminal(),
        quiet: settings.quiet,
        show_secrets: settings.show_secrets,
        strict: settings.strict,
    };
    let people = Terminal::new(out(), io::stderr(), look);
    // So GitHub Actions says who it is.
    if std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true") {
        Box::new(Annotations::new(people, out(), settings.strict))
    } else {
        Box::new(people)
    }
}

/// `-`: standard output.
pub(super) fn is_dash(file: &Path) -> bool {
    file.as_os_str() == "-"
}

/// Whether one of these files is standard output; two cannot be.
pub(super) fn stdout_taken(files: &[(&str, &Option<PathBuf>)]) -> Result<bool, Exit> {
    let taken: Vec<&str> =
        files.iter().filter(|(_, file)| file.as_deref().is_some_and(is_dash)).map(|(flag, _)| *flag).collect();
    if let [one, other, ..] = taken.as_slice() {
        eprintln!("kmipspec: {one} and {other} cannot both go to standard output");
        return Err(Exit::Usage);
    }
    Ok(!taken.is_empty())
}

/// Opens a report file before anything is sent: a path that cannot be written is told at once.
pub(super) fn create(path: &Path) -> Result<Box<dyn Write>, Exit> {
    if is_dash(path) {
        return Ok(Box::new(Stdout::new()));
    }
    // What GitHub shows of a step is collected in one file by all that the step runs.
    let together = std::env::var_os("GITHUB_STEP_SUMMARY").is_some_and(|file| file == path.as_os_str());
    let file = if together { File::options().create(true).append(true).open(path) } else { File::create(path) };
    match file {
        Ok(file) => Ok(Box::new(BufWriter::new(file))),
        Err(e) => Err(failed(&format!("create {}", path.display()), &e)),
    }
}
