//! What a running scenario knows: names bound from answers, the run's own prefix, the clock, what was created.

use super::diagnostic::Place;
use kmipspec_protocol::ttlv::Item;
use kmipspec_protocol::version::Version;
use std::collections::BTreeMap;
use std::fmt;

/// State of one execution (a scenario at a version).
#[derive(Clone, Debug)]
pub struct Vars {
    version: Version,
    run: String,
    now: i64,
    iteration: u32,
    bound: BTreeMap<String, Item>,
    created: Vec<Created>,
    authentication: Option<Item>,
}

/// A managed object that this execution brought into being and that is still there as far as we know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// The client identity that made it.
    pub identity: String,
    /// Its Unique Identifier.
    pub unique_identifier: String,
}

impl Vars {
    /// Fresh state. `${run}` becomes the run id with a mark of the case and version, so names never collide.
    pub fn new(run_id: &str, case: &str, version: Version, now: i64) -> Self {
        let mark = case
            .bytes()
            .chain(version.as_str().bytes())
            .fold(0x811c_9dc5_u32, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193));
        Self {
            version,
            run: format!("{run_id}-{mark:08x}"),
            now,
            iteration: 1,
            bound: BTreeMap::new(),
            created: Vec::new(),
            authentication: None,
        }
    }

    /// The version that is spoken.
    pub fn version(&self) -> Version {
        self.version
    }

    /// What `${run}` stands for.
    pub fn run(&self) -> &str {
        &self.run
    }

    /// Seconds since 1970, for `now` and `near-now`.
    pub fn now(&self) -> i64 {
        self.now
    }

    /// Moves the clock; the runner does so before each exchange.
    pub fn set_now(&mut self, now: i64) {
        self.now = now;
    }

    /// What `${n}` stands for: 1 in the first round of a repeated step.
    pub fn iteration(&self) -> u32 {
        self.iteration
    }

    /// Sets the round of a repeated step.
    pub fn set_iteration(&mut self, n: u32) {
        self.iteration = n;
    }

    /// The Authentication structure put into every request header that states none (from the target file).
    pub fn authentication(&self) -> Option<&Item> {
        self.authentication.as_ref()
    }

    /// Sets it.
    pub fn set_authentication(&mut self, item: Option<Item>) {
        self.authentication = item;
    }

    /// The item bound to a name.
    pub fn get(&self, name: &str) -> Option<&Item> {
        self.bound.get(name)
    }

    /// Binds a name; a repeated step binds it anew.
    pub fn bind(&mut self, name: &str, item: Item) {
        self.bound.insert(name.to_owned(), item);
    }

    /// Objects to clean up, newest first.
    pub fn created(&self) -> impl Iterator<Item = &Created> {
        self.created.iter().rev()
    }

    /// Remembers an object to clean up.
    pub fn note_created(&mut self, identity: &str, unique_identifier: &str) {
        let created = Created { identity: identity.to_owned(), unique_identifier: unique_identifier.to_owned() };
        if !self.created.contains(&created) {
            self.created.push(created);
        }
    }

    /// Forgets an object that was destroyed.
    pub fn note_destroyed(&mut self, unique_identifier: &str) {
        self.created.retain(|c| c.unique_identifier != unique_identifier);
    }
}

/// Why a request could not be made: an earlier step did not bring what it needs, or the file is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BuildError {
    /// No answer bound this name.
    Unbound {
        /// The name.
        name: String,
        /// Where it is used.
        place: Place,
    },
    /// The bound item has no form that fits.
    WrongType {
        /// The name.
        name: String,
        /// What is needed.
        needed: String,
        /// Where it is used.
        place: Place,
    },
    /// A `wire` edit names an item that is not in the message.
    NoSuchItem {
        /// Its path.
        path: String,
        /// Where it is written.
        place: Place,
    },
    /// An edit cannot be applied.
    BadEdit {
        /// Why.
        why: &'static str,
        /// Where it is written.
        place: Place,
    },
}

impl BuildError {
    /// Where in the file.
    pub fn place(&self) -> &Place {
        match self {
            Self::Unbound { place, .. }
            | Self::WrongType { place, .. }
            | Self::NoSuchItem { place, .. }
            | Self::BadEdit { place, .. } => place,
        }
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unbound { name, .. } => write!(f, "no answer bound `${name}`"),
            Self::WrongType { name, needed, .. } => write!(f, "`${name}` is not {needed}"),
            Self::NoSuchItem { path, .. } => write!(f, "the message has no item `{path}`"),
            Self::BadEdit { why, .. } => f.write_str(why),
        }
    }
}

impl std::error::Error for BuildError {}
