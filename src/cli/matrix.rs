//! `kmipspec matrix`: several runs side by side, from their JSON files.

use super::args::Color;
use super::dispatch::failed;
use super::evidence_args::MatrixArgs;
use super::library;
use super::output::{Stdout, use_color};
use super::results;
use super::sinks::{create, stdout_taken};
use crate::exit::Exit;
use crate::report::html;
use crate::report::json::pretty;
use crate::report::matrix::{Matrix, Source, csv};
use crate::report::style::Paint;
use kmipspec_protocol::version::Version;
use std::error::Error;
use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::Path;

/// Reads all files, and shows them side by side.
pub(super) fn run(args: &MatrixArgs, color: Color, out: &mut Stdout) -> Exit {
    let asked = [("--html", &args.html), ("--csv", &args.csv), ("--json", &args.json)];
    let to_stdout = match stdout_taken(&asked) {
        Ok(taken) => taken,
        Err(wrong) => return wrong,
    };
    let (mut sources, mut exit) = (Vec::new(), Exit::Success);
    for argument in &args.files {
        match source(argument) {
            Ok(source) => sources.push(source),
            Err(wrong) => exit = exit.and(wrong),
        }
    }
    if exit != Exit::Success {
        return exit;
    }
    let library = match library::load(&[]) {
        Ok(library) => library,
        Err(wrong) => return wrong,
    };
    let matrix = Matrix::of(&sources, |id, version| {
        let version = version.parse::<Version>().ok();
        let found = library.get(id).zip(version);
        found.map_or_else(Vec::new, |(case, version)| case.published(version).map(str::to_owned).collect())
    });
    for (flag, path) in asked.into_iter().filter_map(|(flag, path)| path.as_deref().map(|path| (flag, path))) {
        let mut file = match create(path) {
            Ok(file) => file,
            Err(wrong) => {
                exit = exit.and(wrong);
                continue;
            }
        };
        if let Err(e) = text(flag, &matrix).and_then(|text| Ok(file.write_all(&text).and_then(|()| file.flush())?)) {
            exit = exit.and(failed(&format!("write {}", path.display()), e.as_ref()));
        }
    }
    if !to_stdout {
        let paint = Paint { color: use_color(color, &io::stdout()) };
        for line in matrix.lines(paint, args.all) {
            if let Err(e) = writeln!(out, "{line}") {
                return exit.and(failed("write", &e));
            }
        }
    }
    exit
}

/// What a flag asks for.
fn text(flag: &str, matrix: &Matrix) -> Result<Vec<u8>, Box<dyn Error>> {
    Ok(match flag {
        "--html" => html::matrix::text(matrix)?.into_bytes(),
        "--csv" => csv::text(matrix)?,
        _ => pretty(matrix).into_bytes(),
    })
}

/// What an argument names. A file whose name has an equals sign is taken as it is.
fn source(argument: &OsStr) -> Result<Source, Exit> {
    let path = Path::new(argument);
    let named = argument.to_str().filter(|_| !path.exists()).and_then(|text| text.split_once('='));
    let (name, path) = named.map_or((None, path), |(name, file)| (Some(name), Path::new(file)));
    let (client, server) = match name.map(|name| name.split_once('/').ok_or(name)) {
        Some(Ok((client, server))) => (Some(client), Some(server)),
        Some(Err(server)) => (None, Some(server)),
        None => (None, None),
    };
    Ok(Source {
        client: client.map(str::to_owned),
        server: server.map(str::to_owned),
        run: results::read(path)?,
        file: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
    })
}
