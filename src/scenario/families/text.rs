//! Scenario text: nodes back to YAML on one line, and the head of a generated file.

use crate::scenario::diagnostic::Source;
use crate::scenario::node::{Kind, Node};
use crate::scenario::parse;
use kmipspec_protocol::version::Version;
use std::fmt::Write as _;
use std::sync::Arc;

/// Reads a data file that is part of the program; `None` when it is no YAML, which a test rules out.
pub(super) fn embedded(file: &str, text: &str) -> Option<Node> {
    parse::parse(&Arc::new(Source { file: file.to_owned(), text: text.to_owned() })).ok()
}

/// A node in flow style: `{UniqueIdentifier: $key}`.
pub(super) fn flow(node: &Node) -> String {
    let mut out = String::new();
    write(node, &mut out);
    out
}

fn write(node: &Node, out: &mut String) {
    match &node.kind {
        Kind::Null => out.push('~'),
        Kind::Scalar { text, quoted: true } => quote(text, out),
        Kind::Scalar { text, quoted: false } => out.push_str(text),
        Kind::List(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i == 0 { "" } else { ", " });
                write(item, out);
            }
            out.push(']');
        }
        Kind::Map(entries) => {
            out.push('{');
            for (i, entry) in entries.iter().enumerate() {
                out.push_str(if i == 0 { "" } else { ", " });
                if entry.key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
                    out.push_str(&entry.key);
                } else {
                    quote(&entry.key, out);
                }
                out.push_str(": ");
                write(&entry.value, out);
            }
            out.push('}');
        }
    }
}

/// A double-quoted scalar.
pub(super) fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
}

/// Versions as a range of files: `1.0, 1.1, 2.1`.
pub(super) fn range(versions: &[Version]) -> String {
    versions.iter().map(|v| v.as_str()).collect::<Vec<_>>().join(", ")
}

/// What stands above the steps of every scenario.
pub(super) struct Head<'a> {
    /// Its id.
    pub(super) id: String,
    /// Its purpose.
    pub(super) title: String,
    /// Sections of each version.
    pub(super) spec: Vec<(Version, Vec<&'a str>)>,
    /// SHALL, SHOULD or MAY.
    pub(super) level: &'a str,
    /// What the level stands on.
    pub(super) because: &'a str,
    /// The versions it runs at.
    pub(super) versions: &'a [Version],
    /// Rows of the error tables.
    pub(super) source: &'a [&'a str],
    /// Object types the peer must have.
    pub(super) objects: &'a [&'a str],
}

impl Head<'_> {
    /// The text down to `steps:`.
    pub(super) fn text(&self) -> String {
        let mut out = format!("id: {}\ntitle: ", self.id);
        quote(&self.title, &mut out);
        out.push_str("\nspec: {");
        let mut before: Option<&[&str]> = None;
        for (version, sections) in &self.spec {
            // A number holds until the next one is stated.
            if before == Some(sections) {
                continue;
            }
            let comma = if before.is_some() { ", " } else { "" };
            let quoted: Vec<String> = sections.iter().map(|s| format!("\"{s}\"")).collect();
            // Writing to a string cannot fail.
            let _ = write!(out, "{comma}\"{version}\": [{}]", quoted.join(", "));
            before = Some(sections);
        }
        let _ = write!(out, "}}\nlevel: {}\n", self.level);
        if !self.because.is_empty() {
            out.push_str("because: ");
            quote(self.because, &mut out);
            out.push('\n');
        }
        let _ = writeln!(out, "versions: \"{}\"", range(self.versions));
        if !self.source.is_empty() {
            let _ = writeln!(out, "source: [{}]", self.source.join(", "));
        }
        if !self.objects.is_empty() {
            let _ = writeln!(out, "needs: {{objects: [{}]}}", self.objects.join(", "));
        }
        out.push_str("steps:\n");
        out
    }
}
