//! The file format: what a scenario says, before a version is chosen.

use super::diagnostic::{Diagnostic, Place, Source};
use super::fields::{Fields, text, texts, word};
use super::node::{Node, number};
use super::version_set::VersionSet;
use crate::client::https::Shape;
use crate::runner::verdict::Level;
use kmipspec_protocol::version::Version;
use std::sync::Arc;
use std::time::Duration;

/// One scenario file.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The file it was read from.
    pub source: Arc<Source>,
    /// Written id, `operations.destroy.then-get`: the path of the file below the scenario folder, with dots.
    pub id: String,
    /// Where the id stands.
    pub id_at: Place,
    /// One sentence: what it demands.
    pub title: String,
    /// Sections of the Specification, from a version on.
    pub spec: Vec<Sections>,
    /// Sections of documents of profiles, beside those or in their place.
    pub profiles: Vec<Cited>,
    /// How strongly the standard words it; a step or an expectation may say otherwise.
    pub level: Level,
    /// What the level stands on, where the section alone does not make it plain.
    pub because: Option<String>,
    /// The versions it runs at.
    pub versions: VersionSet,
    /// What the peer must support for it to run.
    pub needs: Needs,
    /// Free labels for selection: `smoke`, `destructive`, ...
    pub tags: Vec<String>,
    /// Rows of the error tables (`E1-0083`), published cases (`BL-M-20-30`), field failures (`field K2`) and the like that it
    /// was made from.
    pub source_rows: Vec<String>,
    /// The class of bug it hunts.
    pub hunts: Option<String>,
    /// The exchanges, in order.
    pub steps: Vec<StepFile>,
}

impl Scenario {
    /// First part of the id: the folder it lives in.
    pub fn suite(&self) -> &str {
        self.id.split('.').next().unwrap_or_default()
    }

    /// The sections that hold at a version: those stated for it, or for the nearest version before it.
    pub fn sections(&self, version: Version) -> Option<&Sections> {
        self.spec.iter().filter(|s| s.from <= version).max_by_key(|s| s.from)
    }

    /// Whether a published test case of the version is among the sources: of 3.0 there is no text to go by.
    pub fn published_at(&self, version: Version) -> bool {
        self.published(version).next().is_some()
    }

    /// The published test cases of the version among the sources, by the identifiers that OASIS gave them.
    pub fn published(&self, version: Version) -> impl Iterator<Item = &str> {
        let ending = format!("-{}{}", version.major(), version.minor());
        self.source_rows.iter().filter(move |row| row.ends_with(&ending)).map(String::as_str)
    }

    /// The sections at a version, ready to print: `KMIP 1.4 §4.21`.
    pub fn spec_at(&self, version: Version) -> Vec<String> {
        let stated = self.sections(version).map_or(&[][..], |s| &s.sections);
        let stated = stated.iter().map(|n| format!("KMIP {version} §{n}"));
        let cited = self.profiles.iter().filter(|c| c.versions.contains(version)).flat_map(|c| &c.sections);
        stated.chain(cited.map(|section| format!("KMIP {section}"))).collect()
    }
}

/// Sections of documents of profiles: `Profiles 2.1 §5.3.2`.
#[derive(Clone, Debug)]
pub struct Cited {
    /// The versions it is cited for.
    pub versions: VersionSet,
    /// Document and section.
    pub sections: Vec<String>,
    /// Where it is stated.
    pub place: Place,
}

/// Section numbers of the Specification that hold from a version on.
#[derive(Clone, Debug)]
pub struct Sections {
    /// The first version they are stated for.
    pub from: Version,
    /// The numbers.
    pub sections: Vec<String>,
    /// Where they are stated.
    pub place: Place,
}

/// What the peer must support.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Operations by name, beyond those the steps send.
    pub operations: Vec<String>,
    /// Object types by name.
    pub objects: Vec<String>,
    /// Query functions by name.
    pub query: Vec<String>,
    /// Client identities beyond `alice`; filled from the steps.
    pub identities: Vec<String>,
    /// Anything else the target file may declare: `http`, `notify`, `credential`, ...
    pub features: Vec<String>,
    /// Client identities whose user name and password the target file must have; filled from the steps.
    pub passwords: Vec<String>,
}

/// One exchange as written.
#[derive(Clone, Debug)]
pub struct StepFile {
    /// Where it begins.
    pub place: Place,
    /// Its label; `step 3` when not named.
    pub name: String,
    /// The client identity that sends it.
    pub identity: String,
    /// Which connection carries it.
    pub connection: Connection,
    /// How long to wait before it.
    pub wait: Duration,
    /// A precondition: when it fails the verdict is `inconclusive`.
    pub setup: bool,
    /// Nothing that comes back counts.
    pub optional: bool,
    /// No sentence obliges the peer to grant it: refused is `inconclusive`, and the scenario ends; a wrong answer counts.
    pub refusable: bool,
    /// How often it is sent.
    pub repeat: u32,
    /// The versions at which it is sent at all.
    pub versions: VersionSet,
    /// Fields of the request header; of a step that waits, what the header of the server's request must be like.
    pub header: Option<Node>,
    /// Credentials of the request, by type, in place of those of the target file.
    pub credential: Option<Node>,
    /// What is sent.
    pub send: Send,
    /// Deliberate damage.
    pub wire: Vec<Node>,
    /// What must come back in the message.
    pub expect: Option<Node>,
    /// What may become of the connection: a word or a list of words, may differ by version; `answered` when absent.
    pub fate: Option<Node>,
    /// Whether a fresh connection must still be served afterwards.
    pub alive: bool,
    /// Whether the sending side is closed after the last byte.
    pub close_write: bool,
    /// Where messages travel by HTTP: what of the request is not as clients have to write it.
    pub http: Shape,
    /// Overrides the scenario's level.
    pub level: Option<Level>,
    /// Why the standard does not decide it: then everything is recorded as `info`.
    pub undecided: Option<String>,
}

/// What a step sends.
#[derive(Clone, Debug)]
pub enum Send {
    /// A request message with these batch items.
    Batch(Vec<Node>),
    /// Bytes as they are, in hexadecimal.
    Raw(Node),
    /// Nothing: the server is to tell us, and this is what.
    Receive(Node),
}

/// Which connection carries a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Connection {
    /// The identity's first one, opened when needed and kept.
    Default,
    /// A new one that becomes the identity's default.
    New,
    /// One with a name, opened when first used.
    Named(String),
}

/// What may become of the connection after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FateKind {
    /// A whole message came back.
    Answered,
    /// The peer closed it.
    Closed,
    /// The peer sent a TLS alert.
    Alert,
    /// Nothing came in time.
    Silent,
}

/// The words of `fate`.
pub const FATES: &[(&str, FateKind)] = &[
    ("answered", FateKind::Answered),
    ("closed", FateKind::Closed),
    ("alert", FateKind::Alert),
    ("silent", FateKind::Silent),
];

/// The words of `level`.
pub const LEVELS: &[(&str, Level)] = &[("SHALL", Level::Shall), ("SHOULD", Level::Should), ("MAY", Level::May)];

/// Reads the format; what does not depend on a version is checked here.
pub fn read(root: &Node, source: &Arc<Source>, errors: &mut Vec<Diagnostic>) -> Option<Scenario> {
    let mut f = Fields::of(root, "a scenario", errors)?;
    let id_node = f.require("id", errors);
    let id = id_node.and_then(|n| text(n, "id", errors)).unwrap_or_default();
    let title = f.require("title", errors).and_then(|n| text(n, "title", errors)).unwrap_or_default();
    let spec = f.require("spec", errors).map_or_else(Vec::new, |n| sections(n, errors));
    let profiles = f.take("profiles").map_or_else(Vec::new, |n| cited(n, errors));
    let level = f.require("level", errors).and_then(|n| word(n, "level", LEVELS, errors)).unwrap_or(Level::Shall);
    let missing = root.get("versions").is_none();
    let versions = f.versions("versions", errors).unwrap_or_default();
    if missing {
        errors.push(Diagnostic::new(&root.place, "a scenario has no `versions`"));
    }
    let mut needs = f.take("needs").map_or_else(Needs::default, |n| needs(n, errors));
    let tags = f.texts("tags", errors);
    let source_rows = f.texts("source", errors);
    let hunts = f.text("hunts", errors);
    let because = f.text("because", errors);
    let steps: Vec<_> = match f.require("steps", errors).map(|n| (n, n.list())) {
        Some((_, Some(l))) if !l.is_empty() => l.iter().enumerate().filter_map(|(i, n)| step(n, i, errors)).collect(),
        Some((n, _)) => {
            errors.push(Diagnostic::new(&n.place, "`steps` is a list of at least one step"));
            Vec::new()
        }
        None => Vec::new(),
    };
    f.finish(errors);
    for s in &steps {
        if s.identity != "alice" && !needs.identities.contains(&s.identity) {
            needs.identities.push(s.identity.clone());
        }
    }
    let id_at = id_node.map_or_else(|| root.place.clone(), |n| n.place.clone());
    let source = Arc::clone(source);
    Some(Scenario {
        source,
        id,
        id_at,
        title,
        spec,
        profiles,
        level,
        because,
        versions,
        needs,
        tags,
        source_rows,
        hunts,
        steps,
    })
}

fn sections(n: &Node, errors: &mut Vec<Diagnostic>) -> Vec<Sections> {
    let Some(entries) = n.map() else {
        errors.push(Diagnostic::new(&n.place, "`spec` is a map from version to section"));
        return Vec::new();
    };
    let mut out = Vec::new();
    for e in entries {
        match e.key.parse::<Version>() {
            Ok(from) => {
                let sections = texts(&e.value, "spec", errors);
                out.push(Sections { from, sections, place: e.value.place.clone() });
            }
            Err(m) => errors.push(Diagnostic::new(&e.key_at, m.to_string())),
        }
    }
    out
}

fn cited(n: &Node, errors: &mut Vec<Diagnostic>) -> Vec<Cited> {
    let Some(entries) = n.map() else {
        errors.push(Diagnostic::new(&n.place, "`profiles` is a map from versions to sections: `Profiles 2.1 §5.3.2`"));
        return Vec::new();
    };
    let mut out = Vec::new();
    for e in entries {
        match VersionSet::parse(&e.key) {
            Ok(versions) => {
                let sections = texts(&e.value, "profiles", errors);
                out.push(Cited { versions, sections, place: e.value.place.clone() });
            }
            Err(message) => errors.push(Diagnostic::new(&e.key_at, message)),
        }
    }
    out
}

fn needs(n: &Node, errors: &mut Vec<Diagnostic>) -> Needs {
    let Some(mut f) = Fields::of(n, "`needs`", errors) else { return Needs::default() };
    let needs = Needs {
        operations: f.texts("operations", errors),
        objects: f.texts("objects", errors),
        query: f.texts("query", errors),
        identities: f.texts("identities", errors),
        features: f.texts("features", errors),
        passwords: Vec::new(),
    };
    f.finish(errors);
    needs
}

fn step(n: &Node, index: usize, errors: &mut Vec<Diagnostic>) -> Option<StepFile> {
    let mut f = Fields::of(n, "a step", errors)?;
    let name = f.text("name", errors).unwrap_or_else(|| format!("step {}", index + 1));
    let identity = f.text("as", errors).unwrap_or_else(|| "alice".to_owned());
    let connection = match f.text("connection", errors) {
        None => Connection::Default,
        Some(t) if t == "new" => Connection::New,
        Some(t) => Connection::Named(t),
    };
    let wait = f.take("wait").map_or(Duration::ZERO, |n| duration(n, errors));
    let setup = f.flag("setup", errors);
    let optional = f.flag("optional", errors);
    let refusable = f.flag("refusable", errors);
    let repeat = f.take("repeat").map_or(1, |n| count(n, errors));
    let versions = f.versions("versions", errors).unwrap_or_else(VersionSet::all);
    let header = f.take("header").cloned();
    let credential = f.take("credential").cloned();
    let send = match (f.take("send"), f.take("raw"), f.take("receive")) {
        (Some(n), None, None) => Send::Batch(n.list().map_or_else(|| vec![n.clone()], <[Node]>::to_vec)),
        (None, Some(n), None) => Send::Raw(n.clone()),
        (None, None, Some(told)) => {
            only_receives(n, errors);
            Send::Receive(told.clone())
        }
        _ => {
            errors.push(Diagnostic::new(&n.place, "a step has one of `send`, `raw` and `receive`"));
            Send::Batch(Vec::new())
        }
    };
    let wire = f.take("wire").map_or_else(Vec::new, |n| n.list().map_or_else(|| vec![n.clone()], <[Node]>::to_vec));
    let expect = f.take("expect").cloned();
    let fate = f.take("fate").cloned();
    let alive = f.flag("alive", errors);
    let close_write = f.flag("close-write", errors);
    let http = f.take("http").map_or_else(Shape::default, |n| shape(n, errors));
    let level = f.take("level").and_then(|n| word(n, "level", LEVELS, errors));
    let undecided = f.text("undecided", errors);
    f.finish(errors);
    Some(StepFile {
        place: n.place.clone(),
        name,
        identity,
        connection,
        wait,
        setup,
        optional,
        refusable,
        repeat,
        versions,
        header,
        credential,
        send,
        wire,
        expect,
        fate,
        alive,
        close_write,
        http,
        level,
        undecided,
    })
}

/// What of an HTTP request is not as clients have to write it.
fn shape(n: &Node, errors: &mut Vec<Diagnostic>) -> Shape {
    let Some(mut f) = Fields::of(n, "`http`", errors) else { return Shape::default() };
    let shape = Shape {
        old: f.take("version").is_some_and(|n| {
            let old = text(n, "version", errors);
            if old.as_deref().is_some_and(|version| version != "1.0") {
                errors.push(Diagnostic::new(&n.place, "`version` of HTTP is \"1.0\"; without it 1.1 is spoken"));
            }
            old.is_some()
        }),
        method: f.text("method", errors),
        path: f.text("path", errors),
        content_type: f.text("content-type", errors),
        chunked: f.flag("chunked", errors),
        expect_continue: f.flag("expect-continue", errors),
    };
    f.finish(errors);
    shape
}

/// Keys of a step that say something about what is sent or answered.
const OF_SENDING: [&str; 10] =
    ["connection", "repeat", "credential", "wire", "expect", "fate", "alive", "close-write", "http", "refusable"];

/// A step that waits sends nothing.
fn only_receives(step: &Node, errors: &mut Vec<Diagnostic>) {
    for e in step.map().unwrap_or_default().iter().filter(|e| OF_SENDING.contains(&e.key.as_str())) {
        let help = "what is expected stands in `receive` itself, and of the request's header in `header`";
        let message = format!("`{}` says nothing of a step that waits", e.key);
        errors.push(Diagnostic::new(&e.key_at, message).with_help(Some(help.to_owned())));
    }
}

fn duration(n: &Node, errors: &mut Vec<Diagnostic>) -> Duration {
    let t = n.text().unwrap_or_default();
    let seconds = match t.strip_suffix("ms") {
        Some(ms) => ms.parse::<f64>().map(|ms| ms / 1000.0),
        None => t.strip_suffix('s').unwrap_or(t).parse::<f64>(),
    };
    match seconds.ok().and_then(|s| Duration::try_from_secs_f64(s).ok()) {
        Some(d) if d <= Duration::from_secs(60) => d,
        _ => {
            errors.push(Diagnostic::new(&n.place, "`wait` is a number of seconds up to 60: `2`, `0.5`, `2s`, `300ms`"));
            Duration::ZERO
        }
    }
}

fn count(n: &Node, errors: &mut Vec<Diagnostic>) -> u32 {
    match n.plain().and_then(number).and_then(|c| u32::try_from(c).ok()) {
        Some(c) if (1..=1000).contains(&c) => c,
        _ => {
            errors.push(Diagnostic::new(&n.place, "`repeat` is a number from 1 to 1000"));
            1
        }
    }
}
