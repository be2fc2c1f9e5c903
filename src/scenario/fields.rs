//! Reading a map strictly: every key is asked for once, and what nobody asked for is an error.

use super::diagnostic::{Diagnostic, did_you_mean};
use super::node::{Entry, Kind, Node};
use super::version_set::VersionSet;

/// The entries of one map while its keys are taken.
pub struct Fields<'n> {
    what: &'static str,
    node: &'n Node,
    known: Vec<&'static str>,
    entries: Vec<&'n Entry>,
}

impl<'n> Fields<'n> {
    /// Begins reading a map; `None` (and an error) when it is none.
    pub fn of(node: &'n Node, what: &'static str, errors: &mut Vec<Diagnostic>) -> Option<Self> {
        match &node.kind {
            Kind::Map(entries) => Some(Self { what, node, known: Vec::new(), entries: entries.iter().collect() }),
            _ => {
                errors.push(Diagnostic::new(&node.place, format!("{what} is a map, not {}", node.kind_name())));
                None
            }
        }
    }

    /// The value of a key, if it is there.
    pub fn take(&mut self, key: &'static str) -> Option<&'n Node> {
        self.known.push(key);
        let i = self.entries.iter().position(|e| e.key == key)?;
        Some(&self.entries.swap_remove(i).value)
    }

    /// The value of a key that must be there.
    pub fn require(&mut self, key: &'static str, errors: &mut Vec<Diagnostic>) -> Option<&'n Node> {
        let found = self.take(key);
        if found.is_none() {
            errors.push(Diagnostic::new(&self.node.place, format!("{} has no `{key}`", self.what)));
        }
        found
    }

    /// A scalar's text.
    pub fn text(&mut self, key: &'static str, errors: &mut Vec<Diagnostic>) -> Option<String> {
        self.take(key).and_then(|n| text(n, key, errors))
    }

    /// A list of scalars; one scalar is a list of one.
    pub fn texts(&mut self, key: &'static str, errors: &mut Vec<Diagnostic>) -> Vec<String> {
        self.take(key).map_or_else(Vec::new, |n| texts(n, key, errors))
    }

    /// `true` or `false`; absent is `false`.
    pub fn flag(&mut self, key: &'static str, errors: &mut Vec<Diagnostic>) -> bool {
        let Some(n) = self.take(key) else { return false };
        match n.plain() {
            Some("true") => true,
            Some("false") => false,
            _ => {
                errors.push(Diagnostic::new(&n.place, format!("`{key}` is true or false")));
                false
            }
        }
    }

    /// A range of versions.
    pub fn versions(&mut self, key: &'static str, errors: &mut Vec<Diagnostic>) -> Option<VersionSet> {
        let n = self.take(key)?;
        let t = text(n, key, errors)?;
        VersionSet::parse(&t).map_err(|m| errors.push(Diagnostic::new(&n.place, m))).ok()
    }

    /// Reports the keys nobody asked for.
    pub fn finish(self, errors: &mut Vec<Diagnostic>) {
        for e in self.entries {
            errors.push(
                Diagnostic::new(&e.key_at, format!("unknown key `{}` in {}", e.key, self.what)).with_help(
                    did_you_mean(&e.key, self.known.iter().copied())
                        .or_else(|| Some(format!("known keys: {}", self.known.join(", ")))),
                ),
            );
        }
    }
}

/// The text of a node that must be a scalar.
pub fn text(n: &Node, what: &str, errors: &mut Vec<Diagnostic>) -> Option<String> {
    let t = n.text();
    if t.is_none() {
        errors.push(Diagnostic::new(&n.place, format!("`{what}` is a scalar, not {}", n.kind_name())));
    }
    t.map(str::to_owned)
}

/// The texts of a node that must be a scalar or a list of scalars.
pub fn texts(n: &Node, what: &str, errors: &mut Vec<Diagnostic>) -> Vec<String> {
    match n.list() {
        Some(l) => l.iter().filter_map(|n| text(n, what, errors)).collect(),
        None => text(n, what, errors).into_iter().collect(),
    }
}

/// One of a few words.
pub fn word<T: Copy>(n: &Node, what: &str, words: &[(&'static str, T)], errors: &mut Vec<Diagnostic>) -> Option<T> {
    let t = text(n, what, errors)?;
    let found = words.iter().find(|(w, _)| *w == t).map(|(_, v)| *v);
    if found.is_none() {
        let known: Vec<_> = words.iter().map(|(w, _)| *w).collect();
        errors.push(Diagnostic::new(&n.place, format!("`{what}` is one of {}, not `{t}`", known.join(", "))));
    }
    found
}
