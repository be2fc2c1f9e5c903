//! `kmipspec lint`: are the data files sound? Nothing is sent.

use super::args::LintArgs;
use super::dispatch::failed;
use super::library;
use super::output::Stdout;
use crate::exit::Exit;
use crate::profiles;
use crate::profiles::catalogue::Catalogue;
use crate::report::text::count;
use crate::runner::data_file::{self, DataFileError};
use crate::runner::expectations::Expectations;
use crate::runner::standing;
use crate::runner::target_file;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::library::{self as files, Library};
use crate::scenario::lint;
use crate::scenario::node::Node;
use crate::scenario::version_set::VersionSet;
use crate::tls::requirement;
use std::io::Write;
use std::path::Path;

/// What was looked at and found.
#[derive(Default)]
struct Found {
    scenarios: usize,
    others: usize,
    errors: Vec<String>,
    exit: Option<Exit>,
}

/// Checks files and folders; without any, the built-in scenarios.
pub(super) fn run(args: &LintArgs, out: &mut Stdout) -> Exit {
    let mut found = Found::default();
    if args.paths.is_empty() {
        match library::load(&[]) {
            Ok(library) => found.scenarios = library.scenarios.len(),
            Err(exit) => return exit,
        }
        match Catalogue::builtin() {
            Ok(_) => {}
            Err(errors) => found.diagnostics(errors),
        }
    }
    for path in &args.paths {
        if path.is_dir() { found.folder(path) } else { found.file(path) }
    }
    for error in &found.errors {
        eprintln!("{error}");
    }
    let mut exit = found.exit.unwrap_or(Exit::Success);
    if !found.errors.is_empty() {
        eprintln!("kmipspec: {}", count(found.errors.len(), "error"));
        exit = exit.and(Exit::InvalidData);
    }
    if exit == Exit::Success && found.scenarios + found.others == 0 {
        eprintln!("kmipspec: there is no data file");
        return Exit::NothingSelected;
    }
    let parts = [(found.scenarios, "scenario"), (found.others, "other file")];
    let parts = parts.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| count(n, what));
    let sound = format!("sound: {}", parts.collect::<Vec<_>>().join(", "));
    match if exit == Exit::Success { writeln!(out, "{sound}") } else { Ok(()) } {
        Ok(()) => exit,
        Err(e) => exit.and(failed("write", &e)),
    }
}

impl Found {
    fn unreadable(&mut self, path: &Path, error: &dyn std::error::Error) {
        eprintln!("kmipspec: {}: {error}", path.display());
        self.exit = Some(Exit::Usage);
    }

    fn diagnostics(&mut self, errors: impl IntoIterator<Item = Diagnostic>) {
        self.errors.extend(errors.into_iter().map(|e| e.to_string()));
    }

    /// A folder of scenarios, as `--scenarios` takes it; `expectations` or `profiles` as its name means another kind of file.
    fn folder(&mut self, path: &Path) {
        let profiles =
            path.file_name().is_some_and(|name| name == "profiles") && !path.iter().any(|p| p == "scenarios");
        if profiles || path.iter().any(|part| part == "expectations") {
            match std::fs::read_dir(path) {
                Ok(entries) => {
                    let mut all: Vec<_> = entries.filter_map(Result::ok).map(|e| e.path()).collect();
                    all.sort();
                    for file in all.iter().filter(|f| f.extension().is_some_and(|x| x == "yaml")) {
                        self.file(file);
                    }
                }
                Err(e) => self.unreadable(path, &e),
            }
            return;
        }
        match Library::folder(path) {
            Ok(library) => {
                self.scenarios += library.scenarios.len();
                self.diagnostics(library.errors);
            }
            Err(e) => self.unreadable(path, &e),
        }
    }

    /// A scenario, an expectations file (a list), authentication suites, a family of profiles or a target file (has an address),
    /// told by its look.
    fn file(&mut self, path: &Path) {
        let root = match data_file::read(path) {
            Ok(root) => root,
            Err(DataFileError::Invalid(errors)) => return self.diagnostics(errors),
            Err(DataFileError::Unreadable { error, .. }) => return self.unreadable(path, &error),
        };
        let is_suite = |entries: &[Node]| entries.first().is_some_and(|e| e.get("evidence").is_some());
        if root.list().is_some_and(is_suite) {
            self.others += 1;
            self.diagnostics(requirement::suites_of(&root).1);
        } else if root.list().is_some() || root.is_null() {
            self.others += 1;
            self.settings(path, Expectations::load(&[path]).map(|all| stale(&all)));
        } else if profiles::file::looks_like(&root) {
            self.others += 1;
            if let Err(errors) = profiles::file::read(&root.place.source) {
                self.diagnostics(errors);
            }
        } else if root.get("address").is_some() {
            self.others += 1;
            self.settings(path, target_file::load(path).map(|_| Vec::new()));
        } else {
            self.scenario(path);
        }
    }

    fn settings(&mut self, path: &Path, loaded: Result<Vec<String>, DataFileError>) {
        match loaded {
            Ok(wrong) => self.errors.extend(wrong),
            Err(DataFileError::Invalid(errors)) => self.diagnostics(errors),
            Err(DataFileError::Unreadable { error, .. }) => self.unreadable(path, &error),
        }
    }

    fn scenario(&mut self, path: &Path) {
        self.scenarios += 1;
        match std::fs::read(path) {
            Ok(bytes) => match files::read(&path.display().to_string(), &bytes) {
                Ok(scenario) => self.diagnostics(lint::scenario(&scenario)),
                Err(errors) => self.diagnostics(errors),
            },
            Err(e) => self.unreadable(path, &e),
        }
    }
}

/// Entries of an expectations file about no case of ours. A file about published cases is left to the run that has them.
fn stale(expectations: &Expectations) -> Vec<String> {
    if expectations.entries().iter().all(|e| e.case.starts_with("oasis.")) {
        return Vec::new();
    }
    let library = Library::builtin();
    let rules: Vec<&str> = standing::rules().map(|r| r.id).collect();
    let suites = crate::runner::tls::cases();
    let known = library.scenarios.iter().map(|s| s.id.as_str()).chain(rules.iter().copied());
    let known: Vec<&str> = known.chain(suites.iter().map(|(id, _)| id.as_str())).collect();
    expectations.stale(known.iter().copied(), |id| {
        let scenario = library.get(id).map(|s| s.versions);
        let suite = || suites.iter().find(|(known, _)| known == id).map(|(_, versions)| *versions);
        scenario.or_else(|| rules.contains(&id).then(VersionSet::all)).or_else(suite)
    })
}
