//! `kmipspec pack` and `kmipspec verify`: evidence archives.

use super::dispatch::{failed, unusable};
use super::evidence_args::{PackArgs, VerifyArgs};
use super::output::Stdout;
use super::sinks::create;
use crate::evidence::pack::{Evidence, Run};
use crate::evidence::sheet::Sheet;
use crate::evidence::verify::{self, Limits, RunTold, Verified};
use crate::exit::Exit;
use crate::report::text::{count, printable};
use crate::runner::data_file::{self, DataFileError};
use crate::runner::target_file;
use crate::scenario::library;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// Packs, and says what.
pub(super) fn run(args: &PackArgs) -> Exit {
    let (mut runs, mut exit) = (Vec::new(), Exit::Success);
    for path in &args.results {
        match read(path, args.show_secrets) {
            Ok(run) => runs.push(run),
            Err(wrong) => exit = exit.and(wrong),
        }
    }
    let sheet = data_file::source(&args.sheet).and_then(|source| {
        Sheet::read(&source.file, &source.text).map_err(|e| DataFileError::Invalid(vec![e]))?;
        Ok(source)
    });
    let sheet = sheet.map_err(|e| unusable(&e));
    let target = args.target_file.as_deref().map(target_file::load).transpose().map_err(|e| unusable(&e));
    let (sheet, target) = match (sheet, target) {
        (Ok(sheet), Ok(target)) if exit == Exit::Success => (sheet, target),
        (sheet, target) => return sheet.err().into_iter().chain(target.err()).fold(exit, Exit::and),
    };
    let evidence = Evidence { sheet: &sheet.text, runs: &runs, target: target.as_ref() };
    let written = create(&args.output).map(|out| evidence.write(out));
    match written {
        Ok(Ok(manifest)) => {
            let bytes: u64 = manifest.files.iter().map(|file| file.size).sum();
            let secrets = if manifest.secrets_covered { "secrets covered" } else { "secrets SHOWN" };
            let files = count(manifest.files.len(), "file");
            eprintln!("kmipspec: {}: {files}, {bytes} bytes before packing, {secrets}", args.output.display());
            exit
        }
        Ok(Err(e)) => exit.and(failed(&format!("write {}", args.output.display()), &e)),
        Err(wrong) => exit.and(wrong),
    }
}

/// A file of results that may be packed, or why not: it has been told.
fn read(path: &Path, show_secrets: bool) -> Result<Run, Exit> {
    let bytes = std::fs::read(path).map_err(|e| failed(&format!("read {}", path.display()), &e))?;
    let run = Run::read(bytes).map_err(|e| {
        eprintln!("kmipspec: {}: {e}", path.display());
        Exit::InvalidData
    })?;
    if run.shows_secrets() && !show_secrets {
        eprintln!(
            "kmipspec: {} shows passwords or key material; run again without --show-secrets, or pack with it",
            path.display()
        );
        return Err(Exit::Usage);
    }
    Ok(run)
}

/// Verifies, and says what is in the archive and what is wrong with it.
pub(super) fn verify(args: &VerifyArgs, out: &mut Stdout) -> Exit {
    let file = match File::open(&args.archive) {
        Ok(file) => file,
        Err(e) => return failed(&format!("read {}", args.archive.display()), &e),
    };
    let verified = match verify::verify(file, Limits::OF_ALL) {
        Ok(verified) => verified,
        Err(e) => {
            eprintln!("kmipspec: {}: {}", args.archive.display(), printable(&e.to_string(), false));
            return Exit::InvalidData;
        }
    };
    let exit = if verified.faults.is_empty() { Exit::Success } else { Exit::CheckFailed };
    match tell(&verified, out) {
        Ok(()) => exit,
        Err(e) => exit.and(failed("write", &e)),
    }
}

/// For people.
fn tell(verified: &Verified, out: &mut dyn Write) -> io::Result<()> {
    let mut line = |label: &str, text: &str| writeln!(out, "{label:<10}{}", printable(text, false));
    if let Some(sheet) = &verified.sheet {
        line("product", &format!("{} {} by {}", sheet.product, sheet.version, sheet.vendor))?;
        if !sheet.profiles.is_empty() {
            line("claims", &sheet.profiles.join(", "))?;
        }
    }
    let own = library::case_set();
    if let Some(manifest) = &verified.manifest {
        let secrets = if manifest.secrets_covered { "secrets are covered" } else { "secrets are shown" };
        let files = count(manifest.files.len(), "file");
        let cases = case_set(Some(&manifest.case_set), own);
        line("packed", &format!("by kmipspec {}, {cases}; {files}, {secrets}", manifest.kmipspec))?;
        line("manifest", &format!("SHA-256 {}", verified.sha256))?;
    }
    for run in &verified.runs {
        let RunTold { path, address, started, kmipspec, executions, failures, .. } = run;
        let cut = run.broken.as_ref().map(|why| format!("; cut short: {why}")).unwrap_or_default();
        let cases = case_set(run.case_set.as_deref(), own);
        let told = format!("{path}: {address}, {started}, kmipspec {kmipspec}, {cases}");
        let executions = count(*executions, "execution");
        line("run", &format!("{told}: {executions}, {}{cut}", count(*failures, "failure")))?;
    }
    for fault in &verified.faults {
        line("wrong", fault)?;
    }
    if verified.more > 0 {
        line("wrong", &format!("{} more", verified.more))?;
    }
    match verified.faults.len().saturating_add(verified.more) {
        0 => {
            line("sound", "every file is there and has its hash, nothing else is, and results are as their schema says")
        }
        n => line("unsound", &count(n, "fault")),
    }
}

/// Which cases these were.
fn case_set(told: Option<&str>, own: &str) -> String {
    match told {
        Some(told) if told == own => "the cases of this program".to_owned(),
        Some(told) => format!("another case set ({told}; this program has {own})"),
        None => "a case set it does not tell".to_owned(),
    }
}
