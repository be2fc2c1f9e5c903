//! `kmipspec index`: a page over a folder of published results.

use super::dispatch::failed;
use super::evidence_args::IndexArgs;
use super::results;
use super::sinks::create;
use crate::evidence::archive::{FOLDER, inside};
use crate::evidence::verify::{self, Limits};
use crate::exit::Exit;
use crate::report::html::index::{Published, text};
use crate::report::matrix::{Matrix, Source};
use crate::report::text::{count, printable};
use std::fs::File;
use std::io::Write;
use std::path::Path;

/// Reads what is there, and writes the page.
pub(super) fn run(args: &IndexArgs) -> Exit {
    let reading = |e: &std::io::Error| failed(&format!("read {}", args.folder.display()), e);
    let mut names = match std::fs::read_dir(&args.folder) {
        Ok(entries) => match entries.map(|entry| entry.map(|entry| entry.file_name())).collect::<Result<Vec<_>, _>>() {
            Ok(names) => names,
            Err(e) => return reading(&e),
        },
        Err(e) => return reading(&e),
    };
    names.sort();
    let (mut published, mut exit) = (Vec::new(), Exit::Success);
    for name in names {
        let name = name.to_string_lossy();
        let path = args.folder.join(&*name);
        let read = match &*name {
            archived if archived.ends_with(".tar.gz") => archive,
            results if results.ends_with(".json") => file_of_results,
            _ => continue,
        };
        if inside(&format!("{FOLDER}{name}")).is_none() {
            eprintln!("kmipspec: {}: a published file is named by letters, digits, `.`, `-` and `_`", path.display());
            exit = exit.and(Exit::Usage);
            continue;
        }
        match read(&path, &name) {
            Ok((runs, found)) => {
                published.extend(runs);
                exit = exit.and(found);
            }
            Err(wrong) => exit = exit.and(wrong),
        }
    }
    if published.is_empty() && exit == Exit::Success {
        eprintln!("kmipspec: there are no results (.json) and no evidence (.tar.gz) in {}", args.folder.display());
        return Exit::NothingSelected;
    }
    // What is wrong with one file is told in its row, or, where it has none, by the exit code.
    let path = args.html.clone().unwrap_or_else(|| args.folder.join("index.html"));
    let page = text(&published).map_err(std::io::Error::other);
    match create(&path) {
        Ok(mut out) => match page.and_then(|page| out.write_all(page.as_bytes())).and_then(|()| out.flush()) {
            Ok(()) => exit,
            Err(e) => exit.and(failed(&format!("write {}", path.display()), &e)),
        },
        Err(wrong) => exit.and(wrong),
    }
}

/// The runs of a file, and whether there is something wrong with it.
type Read = Result<(Vec<Published>, Exit), Exit>;

/// The runs of an archive.
fn archive(path: &Path, name: &str) -> Read {
    let file = File::open(path).map_err(|e| failed(&format!("read {}", path.display()), &e))?;
    let verified = verify::verify(file, Limits::OF_ALL).map_err(|e| {
        eprintln!("kmipspec: {}: {}", path.display(), printable(&e.to_string(), false));
        Exit::InvalidData
    })?;
    let faults = verified.faults.len().saturating_add(verified.more);
    let (product, version) = verified.sheet.map(|sheet| (sheet.product, sheet.version)).unwrap_or_default();
    let unsound = (faults > 0).then(|| format!("unsound: {}", count(faults, "fault")));
    if let Some(why) = &unsound {
        eprintln!("kmipspec: {} is {why}; `kmipspec verify` tells them", path.display());
    }
    let runs = verified.runs.into_iter().map(|run| Published {
        file: name.to_owned(),
        product: product.clone(),
        version: version.clone(),
        address: run.address,
        started: run.started,
        kmipspec: run.kmipspec,
        case_set: run.case_set.unwrap_or_default(),
        counts: run.counts,
        alarms: unsound.iter().cloned().chain(run.broken.map(|why| format!("cut short: {why}"))).collect(),
    });
    Ok((runs.collect(), if faults > 0 { Exit::CheckFailed } else { Exit::Success }))
}

/// The run of a file of results.
fn file_of_results(path: &Path, name: &str) -> Read {
    let source = Source { client: None, server: None, file: name.to_owned(), run: results::read(path)? };
    let runs = Matrix::of(&[source], |_, _| Vec::new()).columns.into_iter().map(|column| Published {
        file: column.file,
        product: column.vendor.unwrap_or_default(),
        version: String::new(),
        address: column.address,
        started: column.started,
        kmipspec: column.kmipspec,
        case_set: column.case_set.unwrap_or_default(),
        counts: column.counts,
        alarms: column.broken.map(|why| format!("cut short: {why}")).into_iter().collect(),
    });
    Ok((runs.collect(), Exit::Success))
}
