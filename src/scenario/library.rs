//! Where scenarios come from: the ones embedded in the program, those made from the tables, and folders of the user's own.

use super::diagnostic::{Diagnostic, Place, Source};
use super::families::FAMILIES;
use super::file::{self, Scenario};
use super::lint;
use super::parse;

use include_dir::{Dir, File, include_dir};
use kmipspec_protocol::encoding::lexical;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::io;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::thread;

static BUILTIN: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/vectors/scenarios");

/// Where the built-in files live in the repository; findings show this path.
const BUILTIN_ROOT: &str = "vectors/scenarios";

/// Scenarios read from files, and everything that is wrong with those that could not be used.
#[derive(Debug, Default)]
pub struct Library {
    /// The valid ones, sorted by id.
    pub scenarios: Vec<Scenario>,
    /// All errors of all files.
    pub errors: Vec<Diagnostic>,
}

impl Library {
    /// The scenarios embedded in the program, and those of the families. They were linted when it was built; [`Library::lint`] does it again.
    pub fn builtin() -> Self {
        let files = builtin_files();
        let written = side_by_side(&files, |f| {
            read_at(f.path(), &format!("{BUILTIN_ROOT}/{}", f.path().display()), f.contents())
        });
        let texts: Vec<(&str, String)> =
            FAMILIES.iter().flat_map(|f| (f.generate)().into_iter().map(|text| (f.place, text))).collect();
        let made = side_by_side(&texts, |(place, text)| read(place, text.as_bytes()));
        let mut library = Self::default();
        written.into_iter().chain(made).for_each(|read| library.take(read));
        library.finish()
    }

    /// The scenarios of a folder and the folders in it.
    pub fn folder(root: &Path) -> io::Result<Self> {
        let mut library = Self::default();
        for path in yaml_files(root)? {
            let bytes = std::fs::read(&path)?;
            library.take(read_at(path.strip_prefix(root).unwrap_or(&path), &path.display().to_string(), &bytes));
        }
        library.lint();
        Ok(library.finish())
    }

    /// Checks every scenario at every version of its range; those with errors are taken out.
    pub fn lint(&mut self) {
        let errors = &mut self.errors;
        self.scenarios.retain(|s| {
            let found = lint::scenario(s);
            let valid = found.is_empty();
            errors.extend(found);
            valid
        });
    }

    /// Both; an id that is in both is an error.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.scenarios.extend(other.scenarios);
        self.errors.extend(other.errors);
        self.finish()
    }

    /// The scenario of that id.
    pub fn get(&self, id: &str) -> Option<&Scenario> {
        self.scenarios.iter().find(|s| s.id == id)
    }

    fn take(&mut self, read: Result<Scenario, Vec<Diagnostic>>) {
        match read {
            Ok(scenario) => self.scenarios.push(scenario),
            Err(errors) => self.errors.extend(errors),
        }
    }

    fn finish(mut self) -> Self {
        self.scenarios.sort_by(|a, b| a.id.cmp(&b.id));
        self.errors.extend(lint::unique_ids(&self.scenarios));
        self.scenarios.dedup_by(|b, a| a.id == b.id);
        self.errors.sort_by(|a, b| {
            (&a.place.source.file, a.place.line, a.place.column).cmp(&(
                &b.place.source.file,
                b.place.line,
                b.place.column,
            ))
        });
        self
    }
}

/// SHA-256 of all built-in cases, in hexadecimal: two programs with the same one run the same cases.
pub fn case_set() -> &'static str {
    static HASH: LazyLock<String> = LazyLock::new(hash_of_cases);
    &HASH
}

fn hash_of_cases() -> String {
    let written = builtin_files().into_iter();
    let mut texts: Vec<(String, Cow<'static, [u8]>)> =
        written.map(|f| (format!("{BUILTIN_ROOT}/{}", f.path().display()), Cow::Borrowed(f.contents()))).collect();
    texts.sort();
    for family in FAMILIES {
        texts.extend(
            (family.generate)().into_iter().map(|text| (family.place.to_owned(), Cow::Owned(text.into_bytes()))),
        );
    }
    let mut hash = Sha256::new();
    for (place, text) in texts {
        // With its length, so that no text can be moved from one to the next.
        hash.update(format!("{place}\n{}\n", text.len()));
        hash.update(text);
    }
    lexical::hex(&hash.finalize()).to_ascii_lowercase()
}

/// The built-in files, in no order.
fn builtin_files() -> Vec<&'static File<'static>> {
    let mut files = Vec::new();
    let mut folders = vec![&BUILTIN];
    while let Some(folder) = folders.pop() {
        folders.extend(folder.dirs());
        files.extend(folder.files().filter(|f| is_yaml(f.path())));
    }
    files
}

/// Does something to each of them, as many at once as the machine can; the results are in order.
fn side_by_side<T: Sync, R: Send>(items: &[T], each: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let share = items.len().div_ceil(threads).max(1);
    thread::scope(|scope| {
        let parts: Vec<_> =
            items.chunks(share).map(|part| scope.spawn(|| part.iter().map(&each).collect::<Vec<_>>())).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    })
}

/// Reads one file and holds its id against its path below the root.
fn read_at(relative: &Path, shown: &str, bytes: &[u8]) -> Result<Scenario, Vec<Diagnostic>> {
    let scenario = read(shown, bytes)?;
    let errors = lint::id_matches(&scenario, relative);
    if errors.is_empty() { Ok(scenario) } else { Err(errors) }
}

/// Reads one file; what depends on no version is checked.
pub fn read(shown: &str, bytes: &[u8]) -> Result<Scenario, Vec<Diagnostic>> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(e) => {
            let at = e.valid_up_to();
            // What comes before the byte is text, and is shown.
            let before = String::from_utf8_lossy(bytes.get(..at).unwrap_or_default()).into_owned();
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
            let source = Arc::new(Source { file: shown.to_owned(), text: before });
            let place = Place { line, column, ..Place::start_of(&source) };
            let message = format!("not UTF-8: the byte at offset {at} belongs to no character");
            return Err(vec![Diagnostic::new(&place, message)]);
        }
    };
    let source = Arc::new(Source { file: shown.to_owned(), text });
    let root = parse::parse(&source).map_err(|e| vec![e])?;
    let mut errors = Vec::new();
    match file::read(&root, &source, &mut errors) {
        Some(scenario) if errors.is_empty() => Ok(scenario),
        _ => Err(errors),
    }
}

/// Whether a selection names an id: itself, a prefix at a dot, or a pattern with `*` and `?`.
pub fn selects(pattern: &str, id: &str) -> bool {
    if pattern.contains(['*', '?']) {
        return glob(pattern.as_bytes(), id.as_bytes());
    }
    id.strip_prefix(pattern).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn glob(pattern: &[u8], text: &[u8]) -> bool {
    // The position to go back to when the characters after the last star do not fit.
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == b'?' || Some(c) == text.get(t) => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    p = at + 1;
                    t = from + 1;
                    star = Some((at, t));
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).is_none_or(|rest| rest.iter().all(|c| *c == b'*'))
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "yaml" || e == "yml")
}

fn yaml_files(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut out = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else if is_yaml(&path) {
                out.push(path);
            }
        }
    }
    out.sort();
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selections() {
        assert!(selects("operations.get", "operations.get.missing"));
        assert!(selects("operations.get.missing", "operations.get.missing"));
        assert!(!selects("operations.get", "operations.get-attributes.none"));
        assert!(selects("*.get.*", "operations.get.missing"));
        assert!(selects("operations.?et.m*g", "operations.get.missing"));
        assert!(!selects("*.put", "operations.get.missing"));
    }

    #[test]
    fn every_builtin_scenario_is_valid() {
        let mut library = Library::builtin();
        library.lint();
        let errors: Vec<_> = library.errors.iter().map(ToString::to_string).collect();
        assert!(errors.is_empty(), "{}", errors.join("\n\n"));
        assert!(!library.scenarios.is_empty());
    }

    #[test]
    fn bytes_that_are_no_text_have_a_line() {
        let errors = read("x.yaml", b"id: x\n\xff\n").unwrap_err();
        assert_eq!(errors.len(), 1);
        assert_eq!(errors.first().map(|e| e.place.line), Some(2));
    }
}
