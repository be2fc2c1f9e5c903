//! What is wrong with a scenario file, and where: file, line, column, the source line and a caret.

use std::fmt;
use std::sync::Arc;

/// A scenario file's name and text, shared by everything read from it.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// The path shown in messages, relative to the repository for built-in files.
    pub file: String,
    /// The whole text.
    pub text: String,
}

/// A place in a scenario file; lines and columns count from 1.
#[derive(Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub source: Arc<Source>,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// How many characters the caret underlines.
    pub len: usize,
}

impl Place {
    /// `file:line`, as findings show it.
    pub fn file_line(&self) -> String {
        format!("{}:{}", self.source.file, self.line)
    }

    /// The first character of a file.
    pub fn start_of(source: &Arc<Source>) -> Self {
        Self { source: Arc::clone(source), line: 1, column: 1, len: 1 }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.source.file, self.line, self.column)
    }
}

/// One error in a scenario file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Where.
    pub place: Place,
    /// What is wrong; lower case, one line.
    pub message: String,
    /// What to write instead, when a guess is good enough.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error at a place.
    pub fn new(place: &Place, message: impl Into<String>) -> Self {
        Self { place: place.clone(), message: message.into(), help: None }
    }

    /// The same error with a hint; `None` leaves it as it is.
    #[must_use]
    pub fn with_help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let p = &self.place;
        write!(f, "{}:{}:{}: {}", p.source.file, p.line, p.column, self.message)?;
        if let Some(text) = p.source.text.lines().nth(p.line.saturating_sub(1)) {
            let gutter = p.line.to_string();
            let room = text.chars().count().saturating_sub(p.column.saturating_sub(1)).max(1);
            writeln!(f, "\n{gutter} | {text}")?;
            write!(f, "{:w$} | {:c$}{}", "", "", "^".repeat(p.len.clamp(1, room)), w = gutter.len(), c = p.column - 1)?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n  {help}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostic {}

/// The nearest known name, if it is near enough to be what was meant.
pub fn did_you_mean<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let low = wrong.to_lowercase();
    known
        .into_iter()
        .map(|k| (strsim::damerau_levenshtein(&low, &k.to_lowercase()), k))
        .min_by_key(|(d, _)| *d)
        .filter(|(d, k)| *d <= (k.len().max(3) / 3).max(1))
        .map(|(_, k)| format!("did you mean `{k}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_line_and_caret() {
        let source = Arc::new(Source { file: "a.yaml".into(), text: "id: x\nleevl: SHALL\n".into() });
        let d = Diagnostic::new(&Place { source, line: 2, column: 1, len: 5 }, "unknown key `leevl`")
            .with_help(did_you_mean("leevl", ["level", "title"]));
        assert_eq!(
            d.to_string(),
            "a.yaml:2:1: unknown key `leevl`\n2 | leevl: SHALL\n  | ^^^^^\n  did you mean `level`?"
        );
    }

    #[test]
    fn far_names_are_not_suggested() {
        assert_eq!(did_you_mean("Destroy", ["Locate", "Query"]), None);
        assert_eq!(did_you_mean("GetAtributes", ["GetAttributes"]).as_deref(), Some("did you mean `GetAttributes`?"));
    }
}
