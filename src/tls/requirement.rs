//! `vectors/profiles/authentication-suites.yaml`: what each authentication suite asks of a server, with section and evidence.

use super::suite;
use super::version::TlsVersion;
use crate::scenario::diagnostic::{Diagnostic, Source};
use crate::scenario::fields::{Fields, text, word};
use crate::scenario::node::Node;
use crate::scenario::parse;
use crate::scenario::version_set::VersionSet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, OnceLock};

/// The file, as it is in the repository.
const FILE: &str = "vectors/profiles/authentication-suites.yaml";

/// Its text.
const TEXT: &str = include_str!("../../vectors/profiles/authentication-suites.yaml");

/// One authentication suite of the Profiles.
#[derive(Clone, Debug)]
pub struct AuthenticationSuite {
    /// `basic-2.1`.
    pub id: String,
    /// What the Profiles call it.
    pub title: String,
    /// The versions of KMIP it is of.
    pub versions: VersionSet,
    /// Where it is.
    pub section: String,
    /// How well its text is known.
    pub evidence: Evidence,
    /// What is to be said about it besides.
    pub note: Option<String>,
    /// What it asks.
    pub requirements: Vec<Requirement>,
}

/// How well a text is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// Read in the normative text: only this can fail a server.
    Primary,
    /// Told by others, or not normative.
    Secondary,
}

/// How strong a requirement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Deserialize, Serialize)]
pub enum Strength {
    /// SHALL, MUST.
    #[serde(rename = "SHALL")]
    Shall,
    /// SHOULD.
    #[serde(rename = "SHOULD")]
    Should,
}

impl Strength {
    /// The word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Shall => "SHALL",
            Self::Should => "SHOULD",
        }
    }
}

/// One requirement.
#[derive(Clone, Debug)]
pub struct Requirement {
    /// How strong.
    pub level: Strength,
    /// Document and section.
    pub section: String,
    /// How well its text is known.
    pub evidence: Evidence,
    /// What it asks, in our words.
    pub says: String,
    /// What the probe looks for.
    pub demand: Demand,
}

/// A kind of suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SuiteClass {
    /// Nobody proves who they are.
    Anonymous,
    /// Nothing is encrypted.
    Null,
    /// Export, or a key of 40 or 56 bits.
    Weak,
}

/// What the probe looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Demand {
    /// Every one of these versions is taken.
    Versions(Vec<TlsVersion>),
    /// None of these is.
    NoVersions(Vec<TlsVersion>),
    /// Every one of these suites is selected at one of these versions.
    Suites {
        /// Names.
        names: Vec<String>,
        /// The versions.
        at: Vec<TlsVersion>,
        /// Only asked where one of the versions is taken.
        where_taken: bool,
    },
    /// No other suite is selected at these versions.
    OnlySuites {
        /// Names.
        names: Vec<String>,
        /// The versions.
        at: Vec<TlsVersion>,
    },
    /// No suite of these kinds is selected at any version.
    NoSuites(Vec<SuiteClass>),
    /// A client without a certificate gets no connection.
    MutualAuthentication,
    /// The server's key is on one of these curves.
    Curves(Vec<String>),
    /// The server's certificate names this use of its key.
    KeyUsage(String),
    /// Nothing that a look at TLS shows.
    Elsewhere,
}

/// Every suite, in the order of the file. The file is part of the program, and a test reads it; what it holds wrong is left out.
pub fn authentication_suites() -> &'static [AuthenticationSuite] {
    static SUITES: OnceLock<Vec<AuthenticationSuite>> = OnceLock::new();
    SUITES.get_or_init(|| read().0)
}

/// The suite with this id.
pub fn authentication_suite(id: &str) -> Option<&'static AuthenticationSuite> {
    authentication_suites().iter().find(|suite| suite.id == id)
}

/// Reads the file; with what is wrong in it.
fn read() -> (Vec<AuthenticationSuite>, Vec<Diagnostic>) {
    let source = Arc::new(Source { file: FILE.to_owned(), text: TEXT.to_owned() });
    let root = match parse::parse(&source) {
        Ok(root) => root,
        Err(error) => return (Vec::new(), vec![error]),
    };
    suites_of(&root)
}

/// Reads such a file, already a tree: `lint` asks.
pub fn suites_of(root: &Node) -> (Vec<AuthenticationSuite>, Vec<Diagnostic>) {
    let mut errors = Vec::new();
    let mut suites: Vec<AuthenticationSuite> = Vec::new();
    for node in root.list().unwrap_or_default() {
        if let Some(suite) = suite_of(node, &suites, &mut errors) {
            suites.push(suite);
        }
    }
    (suites, errors)
}

/// One suite; `same-as` takes over what a suite above asks.
fn suite_of(node: &Node, above: &[AuthenticationSuite], errors: &mut Vec<Diagnostic>) -> Option<AuthenticationSuite> {
    let mut f = Fields::of(node, "an authentication suite", errors)?;
    let id = f.require("id", errors).and_then(|n| text(n, "id", errors))?;
    let evidence = f.require("evidence", errors).and_then(|n| word(n, "evidence", EVIDENCE, errors))?;
    let mut suite = AuthenticationSuite {
        id,
        title: f.text("title", errors)?,
        versions: f.versions("versions", errors)?,
        section: f.text("section", errors)?,
        evidence,
        note: f.text("note", errors),
        requirements: Vec::new(),
    };
    if let Some(n) = f.take("same-as") {
        let of = text(n, "same-as", errors)?;
        match above.iter().find(|other| other.id == of) {
            // What is only said to be the same is known no better than that.
            Some(other) => suite.requirements.extend(other.requirements.iter().map(|r| Requirement {
                evidence: if evidence == Evidence::Primary { r.evidence } else { Evidence::Secondary },
                ..r.clone()
            })),
            None => errors.push(Diagnostic::new(&n.place, format!("no suite `{of}` above"))),
        }
    }
    for n in f.take("requirements").and_then(Node::list).unwrap_or_default() {
        suite.requirements.extend(requirement(n, evidence, errors));
    }
    f.finish(errors);
    Some(suite)
}

/// The words for evidence.
const EVIDENCE: &[(&str, Evidence)] = &[("primary", Evidence::Primary), ("secondary", Evidence::Secondary)];

/// The words for strength.
const LEVELS: &[(&str, Strength)] = &[("SHALL", Strength::Shall), ("SHOULD", Strength::Should)];

/// The words for kinds of suite.
const CLASSES: &[(&str, SuiteClass)] =
    &[("anonymous", SuiteClass::Anonymous), ("null", SuiteClass::Null), ("weak", SuiteClass::Weak)];

/// One requirement.
fn requirement(node: &Node, default: Evidence, errors: &mut Vec<Diagnostic>) -> Option<Requirement> {
    let mut f = Fields::of(node, "a requirement", errors)?;
    let level = f.require("level", errors).and_then(|n| word(n, "level", LEVELS, errors))?;
    let evidence = f.take("evidence").map_or(Some(default), |n| word(n, "evidence", EVIDENCE, errors))?;
    let section = f.require("section", errors).and_then(|n| text(n, "section", errors))?;
    let says = f.require("says", errors).and_then(|n| text(n, "says", errors))?;
    let at = versions(&mut f, "at", errors).unwrap_or_else(|| TlsVersion::ALL.to_vec());
    let where_taken = f.flag("where-taken", errors);
    let demand = if let Some(list) = versions(&mut f, "versions", errors) {
        Demand::Versions(list)
    } else if let Some(list) = versions(&mut f, "no-versions", errors) {
        Demand::NoVersions(list)
    } else if let Some(names) = names(&mut f, "suites", errors) {
        Demand::Suites { names, at, where_taken }
    } else if let Some(names) = names(&mut f, "only-suites", errors) {
        Demand::OnlySuites { names, at }
    } else if let Some(n) = f.take("no-suites") {
        let list = n.list().unwrap_or_default();
        Demand::NoSuites(list.iter().filter_map(|n| word(n, "no-suites", CLASSES, errors)).collect())
    } else if f.flag("mutual-authentication", errors) {
        Demand::MutualAuthentication
    } else if f.flag("elsewhere", errors) {
        Demand::Elsewhere
    } else if let Some(usage) = f.text("key-usage", errors) {
        Demand::KeyUsage(usage)
    } else {
        let curves = f.texts("curves", errors);
        if curves.is_empty() {
            errors.push(Diagnostic::new(&node.place, "a requirement that the probe cannot look for"));
            return None;
        }
        Demand::Curves(curves)
    };
    f.finish(errors);
    Some(Requirement { level, section, evidence, says, demand })
}

/// A list of protocol versions.
fn versions(f: &mut Fields<'_>, key: &'static str, errors: &mut Vec<Diagnostic>) -> Option<Vec<TlsVersion>> {
    let node = f.take(key)?;
    let one = |n: &Node, errors: &mut Vec<Diagnostic>| {
        let name = text(n, key, errors)?;
        let version = TlsVersion::from_name(&name);
        if version.is_none() {
            errors.push(Diagnostic::new(&n.place, format!("`{name}` is no protocol version")));
        }
        version
    };
    Some(match node.list() {
        Some(list) => list.iter().filter_map(|n| one(n, errors)).collect(),
        None => one(node, errors).into_iter().collect(),
    })
}

/// A list of names of suites; each must be in the table.
fn names(f: &mut Fields<'_>, key: &'static str, errors: &mut Vec<Diagnostic>) -> Option<Vec<String>> {
    let node = f.take(key)?;
    let mut names = Vec::new();
    for n in node.list().unwrap_or_else(|| std::slice::from_ref(node)) {
        let Some(name) = text(n, key, errors) else { continue };
        if suite::by_name(&name).is_none() {
            errors.push(Diagnostic::new(&n.place, format!("`{name}` is no cipher suite")));
        }
        names.push(name);
    }
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_sound() {
        let (suites, errors) = read();
        assert!(errors.is_empty(), "{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
        assert!(suites.len() >= 13);
        for (i, suite) in suites.iter().enumerate() {
            assert!(suites.iter().skip(i + 1).all(|other| other.id != suite.id), "{} twice", suite.id);
            for r in &suite.requirements {
                // A requirement cannot be known better than the text it is part of.
                assert!(suite.evidence == Evidence::Primary || r.evidence == Evidence::Secondary, "{}", suite.id);
            }
        }
    }
}
