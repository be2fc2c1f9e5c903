//! The file of `serve --config`: every flag of `serve` under its own name, so that a new flag is a new key. Names clap, beside `args.rs`.
//!
//! ```yaml
//! port: 0
//! versions: 1.0..=1.4
//! state: state.db               # paths are relative to the file
//! user: {alice: secret}         # what may be repeated is a list, or a map of NAME=VALUE
//! anonymous: true
//! objects:                      # what --seed-objects has in a file of its own
//!   - {id: key-1, owner: alice, SymmetricKey: {...}}
//! users: [...]                  # and policies, attestation: see serve_access.rs
//! ```

use super::serve_access;
use crate::runner::data_file;
use crate::scenario::diagnostic::{Diagnostic, did_you_mean};
use crate::scenario::node::{Entry, Kind, Node};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint};
use std::ffi::OsString;
use std::path::Path;

/// A key that is no flag: managed objects.
pub(super) const OBJECTS: &str = "objects";

/// Flags that make no sense in the file.
const NOT_HERE: &[&str] = &["config", "color", "help"];

/// What a file comes to.
pub(super) struct FromFile {
    /// Arguments for what neither the command line nor the environment says.
    pub(super) words: Vec<OsString>,
    /// The list of managed objects.
    pub(super) objects: Option<Node>,
    /// Users, policies and the like.
    pub(super) access: Vec<Entry>,
}

/// Reads a file; the error is one text with every mistake and its place.
pub(super) fn read(path: &Path, program: &Command, given: &ArgMatches) -> Result<FromFile, String> {
    let root = data_file::read(path).map_err(|e| e.to_string())?;
    let mut reader = Reader {
        folder: path.parent().unwrap_or(Path::new("")),
        program,
        given,
        errors: Vec::new(),
        found: FromFile { words: Vec::new(), objects: None, access: Vec::new() },
    };
    match &root.kind {
        Kind::Map(entries) => entries.iter().for_each(|entry| reader.entry(entry)),
        Kind::Null => {}
        _ => drop(reader.error(&root, format!("settings are a map, not {}", root.kind_name()))),
    }
    if reader.errors.is_empty() {
        return Ok(reader.found);
    }
    Err(reader.errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

/// A file being read.
struct Reader<'a> {
    /// Where relative paths begin.
    folder: &'a Path,
    /// The whole command line's definition.
    program: &'a Command,
    /// What command line and environment say.
    given: &'a ArgMatches,
    /// What is wrong.
    errors: Vec<Diagnostic>,
    /// What it comes to.
    found: FromFile,
}

impl Reader<'_> {
    /// One key.
    fn entry(&mut self, entry: &Entry) {
        if entry.key == OBJECTS {
            self.found.objects = Some(entry.value.clone());
            return;
        }
        if serve_access::KEYS.contains(&entry.key.as_str()) {
            self.found.access.push(entry.clone());
            return;
        }
        let serve = self.program.find_subcommand("serve");
        let flags = || serve.into_iter().flat_map(Command::get_arguments);
        let names = || flags().filter_map(Arg::get_long).filter(|name| !NOT_HERE.contains(name));
        let Some(flag) = flags().find(|flag| flag.get_long() == Some(&entry.key) && names().any(|n| n == entry.key))
        else {
            let help = did_you_mean(&entry.key, names().chain([OBJECTS]).chain(serve_access::KEYS));
            let help =
                help.or_else(|| Some("the keys are the flags of `kmipspec serve --help`, `objects`, `users`, `policies` and `attestation`".to_owned()));
            self.errors.push(Diagnostic::new(&entry.key_at, format!("unknown key `{}`", entry.key)).with_help(help));
            return;
        };
        let from = self.given.value_source(flag.get_id().as_str());
        let overruled = matches!(from, Some(ValueSource::CommandLine | ValueSource::EnvVariable));
        // A value that is overruled is read all the same: a mistake in it would show up one day.
        let words = self.words(flag, &entry.key, &entry.value);
        if !overruled {
            self.found.words.extend(words);
        }
    }

    /// The arguments that a key and its value stand for.
    fn words(&mut self, flag: &Arg, name: &str, value: &Node) -> Vec<OsString> {
        match flag.get_action() {
            ArgAction::SetTrue => match value.plain() {
                Some("true") => vec![format!("--{name}").into()],
                Some("false") => Vec::new(),
                _ => self.error(value, format!("`{name}` is true or false")),
            },
            ArgAction::Append => match &value.kind {
                Kind::List(values) => values.iter().flat_map(|value| self.word(flag, name, value, "")).collect(),
                Kind::Map(entries) => {
                    let pair = |e: &Entry| self.word(flag, name, &e.value, &format!("{}=", e.key));
                    entries.iter().flat_map(pair).collect()
                }
                _ => self.word(flag, name, value, ""),
            },
            _ => self.word(flag, name, value, ""),
        }
    }

    /// One value, tried on its own so that what is wrong has its place.
    fn word(&mut self, flag: &Arg, name: &str, value: &Node, before: &str) -> Vec<OsString> {
        let Some(text) = value.text() else {
            return self.error(value, format!("`{name}` is a scalar, not {}", value.kind_name()));
        };
        let is_path = matches!(flag.get_value_hint(), ValueHint::FilePath | ValueHint::DirPath | ValueHint::AnyPath);
        let text = if is_path { self.folder.join(text).into_os_string() } else { format!("{before}{text}").into() };
        let mut word = OsString::from(format!("--{name}="));
        word.push(text);
        let alone = ["kmipspec".into(), "serve".into(), word.clone()];
        // Without the environment: what is tried is this value.
        match self
            .program
            .clone()
            .mut_subcommand("serve", |serve| serve.mut_args(|arg| arg.env(None)))
            .try_get_matches_from(alone)
        {
            Ok(_) => vec![word],
            Err(e) => {
                let message = e.to_string();
                let message = message.lines().next().unwrap_or_default().trim_start_matches("error: ");
                self.error(value, message.to_owned())
            }
        }
    }

    /// Notes an error; gives no arguments.
    fn error(&mut self, at: &Node, message: String) -> Vec<OsString> {
        self.errors.push(Diagnostic::new(&at.place, message));
        Vec::new()
    }
}
