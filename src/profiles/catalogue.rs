//! Profiles by name, and what each comes to together with the baseline it stands on.

use super::data::{Entry, Evidence, Role, What};
use super::file;
use crate::scenario::diagnostic::{Diagnostic, Place, Source, did_you_mean};
use crate::scenario::library::selects;
use crate::scenario::names::kebab;
use crate::scenario::version_set::VersionSet;
use include_dir::{Dir, include_dir};
use kmipspec_protocol::registry::{self, Operation, tag};
use kmipspec_protocol::schema;
use kmipspec_protocol::version::Version;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/vectors/profiles");

/// Where the files live in the repository; findings show this path.
const ROOT: &str = "vectors/profiles";

/// The file there that is read by [`crate::tls`].
const SUITES: &str = "authentication-suites.yaml";

/// Every entry of every file.
#[derive(Debug, Default)]
pub struct Catalogue {
    entries: Vec<Arc<Entry>>,
}

/// A profile at a version.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Its entry.
    pub entry: Arc<Entry>,
    /// The version.
    pub version: Version,
}

/// One thing a profile demands, by itself or by the baseline it stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// What.
    pub what: What,
    /// The baseline it comes from, if it does.
    pub from: Option<String>,
    /// Whether it is only recommended.
    pub recommended: bool,
}

/// All that a profile demands at its version.
#[derive(Clone, Debug, Default)]
pub struct Requirements {
    /// What is to be judged.
    pub all: Vec<Requirement>,
    /// What is listed though the version has no such thing.
    pub void: Vec<String>,
}

/// No profile is called so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownProfile {
    /// What was written.
    pub name: String,
    /// What may be meant.
    pub help: Option<String>,
}

impl fmt::Display for UnknownProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no profile is called `{}`", self.name)?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => f.write_str("; `kmipspec profiles` lists them"),
        }
    }
}

impl std::error::Error for UnknownProfile {}

impl Catalogue {
    /// The built-in files.
    pub fn builtin() -> Result<Self, Vec<Diagnostic>> {
        let is_family = |p: &Path| p.extension().is_some_and(|e| e == "yaml") && !p.ends_with(SUITES);
        let mut files: Vec<_> = FILES.files().filter(|f| is_family(f.path())).collect();
        files.sort_by_key(|f| f.path());
        let (mut entries, mut errors) = (Vec::new(), Vec::new());
        for file in files {
            let text = String::from_utf8_lossy(file.contents()).into_owned();
            let source = Arc::new(Source { file: format!("{ROOT}/{}", file.path().display()), text });
            match file::read(&source) {
                Ok(found) => entries.extend(found.into_iter().map(Arc::new)),
                Err(found) => errors.extend(found),
            }
        }
        let catalogue = Self { entries };
        errors.extend(catalogue.lint());
        if errors.is_empty() { Ok(catalogue) } else { Err(errors) }
    }

    /// The entries, in the order of the files.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().map(AsRef::as_ref)
    }

    /// Every profile at every version of it, by name and version.
    pub fn profiles(&self) -> Vec<Profile> {
        let one = |entry: &Arc<Entry>| {
            let entry = Arc::clone(entry);
            entry.versions.iter().map(move |version| Profile { entry: Arc::clone(&entry), version }).collect::<Vec<_>>()
        };
        let mut all: Vec<Profile> = self.entries.iter().flat_map(one).collect();
        all.sort_by_key(|p| (p.stem(), p.version));
        all
    }

    /// The profiles a name means: an id, an id without its version, a pattern, or `all` those of servers.
    pub fn find(&self, name: &str) -> Result<Vec<Profile>, UnknownProfile> {
        let all = self.profiles();
        let wanted = name.to_ascii_lowercase();
        let takes = |p: &Profile| match wanted.as_str() {
            "all" => p.entry.role != Role::Client,
            wanted if wanted.contains(['*', '?']) => selects(wanted, &p.id()),
            wanted => p.id() == wanted || p.stem() == wanted,
        };
        let found: Vec<Profile> = all.iter().filter(|p| takes(p)).cloned().collect();
        if found.is_empty() {
            let ids: Vec<String> = all.iter().flat_map(|p| [p.id(), p.stem()]).collect();
            let help = did_you_mean(&wanted, ids.iter().map(String::as_str));
            return Err(UnknownProfile { name: name.to_owned(), help });
        }
        Ok(found)
    }

    /// What is wrong with the entries taken together: no two are called the same.
    fn lint(&self) -> Vec<Diagnostic> {
        let mut places: BTreeMap<String, Place> = BTreeMap::new();
        let mut errors = Vec::new();
        for profile in self.profiles() {
            let place = profile.entry.place.clone();
            if let Some(first) = places.insert(profile.id(), place.clone()) {
                let message = format!("another profile is called {}, too, at {}", profile.id(), first.file_line());
                errors.push(Diagnostic::new(&place, message));
            }
        }
        errors
    }

    /// What a profile demands: its own lists, those of the baseline it stands on, and that no rule about any of it is broken.
    pub fn requirements(&self, profile: &Profile) -> Requirements {
        let mut out = Requirements::default();
        let entry = &profile.entry;
        if let Some(why) = &entry.unread {
            out.add(Requirement::own(What::Unread(why.clone())), profile.version);
        }
        for demand in entry.demands.iter().filter(|d| d.versions.contains(profile.version)) {
            let own = Requirement { recommended: demand.recommended, ..Requirement::own(demand.what.clone()) };
            out.add(own, profile.version);
        }
        if entry.everything {
            everything(profile.version).into_iter().for_each(|what| out.add(Requirement::own(what), profile.version));
        }
        if entry.baseline {
            self.stand_on_baseline(profile, &mut out);
        }
        if entry.role == Role::Server && entry.unread.is_none() {
            if !out.all.iter().any(|r| matches!(r.what, What::Authentication(_))) {
                out.add(Requirement::own(What::Authentication(vec!["any".to_owned()])), profile.version);
            }
            // The last word: it is about all of the others.
            out.all.retain(|r| r.what != What::Rules);
            out.all.push(Requirement::own(What::Rules));
        }
        out
    }

    /// The conditions of the baseline; its published cases are demanded of those that claim the baseline itself.
    fn stand_on_baseline(&self, profile: &Profile, out: &mut Requirements) {
        let (role, version) = (profile.entry.role, profile.version);
        let is_baseline = |e: &&Arc<Entry>| {
            matches!(e.name.as_str(), "Baseline Server" | "Baseline Client" | "Server conformance (baseline)")
                && e.role == role
                && e.versions.contains(version)
        };
        let Some(entry) = self.entries.iter().find(is_baseline) else {
            if role == Role::Server {
                let unread = What::Unread(format!("the baseline of {version}: nothing of it has been read"));
                out.add(Requirement::own(unread), version);
            }
            return;
        };
        let baseline = Profile { entry: Arc::clone(entry), version };
        let from = Some(baseline.title());
        if let Some(why) = &entry.unread {
            let what = What::Unread(format!("{}: {why}", baseline.title()));
            out.add(Requirement { what, from, recommended: false }, version);
            return;
        }
        for demand in entry.demands.iter().filter(|d| d.versions.contains(version)) {
            let asked_of_it_alone = matches!(demand.what, What::Tests { .. } | What::Words { own: true, .. });
            let specific = matches!(demand.what, What::Authentication(_))
                && out.all.iter().any(|r| matches!(r.what, What::Authentication(_)));
            if !asked_of_it_alone && !specific {
                let (what, from) = (demand.what.clone(), from.clone());
                out.add(Requirement { what, from, recommended: demand.recommended }, version);
            }
        }
    }
}

impl Requirement {
    fn own(what: What) -> Self {
        Self { what, from: None, recommended: false }
    }
}

impl Requirements {
    /// Adds what is not there yet, and what the version has.
    fn add(&mut self, requirement: Requirement, version: Version) {
        if self.all.iter().any(|r| r.what == requirement.what) {
            return;
        }
        if exists(&requirement.what, version) {
            self.all.push(requirement);
        } else {
            self.void.push(requirement.what.label());
        }
    }
}

/// Whether a version has what is demanded.
fn exists(what: &What, version: Version) -> bool {
    let valid = |of, code| registry::enumeration_for(of).is_none_or(|e| e.valid(code, version));
    match what {
        What::Operation(code) | What::FromServer(code) => valid(tag::OPERATION, *code),
        What::Attribute(tag) => schema::attribute_row(*tag).is_none_or(|row| row.versions.contains(version)),
        What::Field(tag) | What::Message(tag) => registry::tag_row(*tag).is_none_or(|row| row.exists(version)),
        What::Value(of, code) => valid(*of, *code),
        What::Length(algorithm, _) => valid(tag::CRYPTOGRAPHIC_ALGORITHM, *algorithm),
        _ => true,
    }
}

/// Whatever a version has, as far as the tables list it.
fn everything(version: Version) -> Vec<What> {
    let values = |of| {
        let codes = registry::enumeration_for(of).into_iter().flat_map(|e| e.values.iter().map(|v| v.code));
        codes.collect::<Vec<u32>>()
    };
    let from_server = |code: &u32| matches!(Operation(*code), Operation::NOTIFY | Operation::PUT);
    let (sent, asked): (Vec<u32>, Vec<u32>) = values(tag::OPERATION).into_iter().partition(from_server);
    let mut all: Vec<What> = asked.into_iter().map(What::Operation).collect();
    all.extend(sent.into_iter().map(What::FromServer));
    all.extend(schema::ATTRIBUTES.iter().map(|row| What::Attribute(row.tag)));
    all.extend(values(tag::OBJECT_TYPE).into_iter().map(|code| What::Value(tag::OBJECT_TYPE, code)));
    all.retain(|what| exists(what, version));
    let what = "every structure, enumeration and bit mask of the version".to_owned();
    all.push(What::Words { what, cases: Vec::new(), own: false });
    all
}

impl Profile {
    /// What it is called on a command line: `symmetric-key-lifecycle-server-1.4`.
    pub fn id(&self) -> String {
        format!("{}-{}", self.stem(), self.version)
    }

    /// The same without the version.
    pub fn stem(&self) -> String {
        let name = kebab(&self.entry.name);
        let role = self.entry.role.as_str();
        match &self.entry.id {
            Some(id) => id.clone(),
            None if self.entry.role == Role::Both || name.split('-').any(|word| word == role) => name,
            None => format!("{name}-{role}"),
        }
    }

    /// For people: `Symmetric Key Lifecycle Server 1.4`.
    pub fn title(&self) -> String {
        let (name, version) = (&self.entry.name, self.version);
        let role = match self.entry.role {
            Role::Server if !name.contains("Server") => " Server",
            Role::Client if !name.contains("Client") => " Client",
            _ => "",
        };
        format!("{name}{role} {version}")
    }

    /// Documents and sections at its version, ready to print.
    pub fn sections(&self) -> Vec<String> {
        let mut out = Vec::new();
        for (of, section) in &self.entry.sections {
            let numbered = section.starts_with(|c: char| c.is_ascii_digit());
            let mark = if numbered { "§" } else { "" };
            if of.is_empty() {
                let document = if numbered { format!("Profiles {} ", self.version) } else { String::new() };
                out.push(format!("{document}{mark}{section}"));
            } else if VersionSet::looks_like(of) {
                if VersionSet::parse(of).is_ok_and(|set| set.contains(self.version)) {
                    out.push(format!("Profiles {} {mark}{section}", self.version));
                }
            } else if self.version < Version::V1_3 {
                out.push(format!("{of} {mark}{section}"));
            }
        }
        let conformance = self.entry.conformance.as_ref().filter(|_| self.version >= Version::V1_3);
        out.extend(conformance.map(|section| format!("Profiles {} §{section}", self.version)));
        out
    }

    /// Whether its verdict may be held against a server.
    pub fn is_primary(&self) -> bool {
        self.entry.evidence == Evidence::Primary
    }
}
