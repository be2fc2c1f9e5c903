//! Bugs that servers of the field had, planted for fuzzers to find; off by default.
//!
//! A quirk ([`crate::quirks`]) is a fault that some case of the suite reports. A planted bug shows itself only to what no case sends:
//! damaged messages, or the same few steps in another order. It stands around the dispatcher, not in it: it sees each exchange,
//! remembers those before it, and lets the server take the client for another, answer otherwise, close, hang, or crash.

mod conversation;
mod memory;
mod message;
mod scene;

use crate::config::Config;
use crate::peer::Peer;
use kmipspec_protocol::ttlv::{Doc, Item, Limits};
use memory::Memory;
use scene::Scene;
use std::borrow::Cow;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// One bug.
#[derive(Debug)]
pub struct Planted {
    /// Its name, in kebab case, for good.
    pub name: &'static str,
    /// What the server does, in one sentence.
    pub does: &'static str,
    /// Where it was seen: a row of `fuzzing.md` section 6.
    pub imitates: &'static str,
    /// Messages it takes at least, each needing what the one before it did.
    pub steps: u8,
    /// How it is done.
    bug: Bug,
}

/// How a bug is done.
#[derive(Debug)]
enum Bug {
    /// The request is served as if this client had sent it.
    As(fn(&Scene<'_>) -> Option<String>),
    /// The answer is another one, or none.
    After(fn(&Scene<'_>, &mut Item) -> Ending),
}

/// What becomes of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It is answered.
    Answered,
    /// The connection is closed without an answer.
    Closed,
    /// Nothing comes, and nothing is closed.
    Hung,
    /// The process ends.
    Crashed,
}

/// Every planted bug, by name.
pub fn all() -> &'static [Planted] {
    static ALL: LazyLock<Vec<Planted>> = LazyLock::new(|| {
        let mut all: Vec<Planted> = message::rows().into_iter().chain(conversation::rows()).collect();
        all.sort_by_key(|planted| planted.name);
        all
    });
    &ALL
}

/// The bug of that name.
pub fn named(name: &str) -> Option<&'static Planted> {
    all().iter().find(|planted| planted.name == name)
}

/// The bugs a server has, and what they remember of its clients.
#[derive(Clone, Debug, Default)]
pub struct PlantedBugs {
    /// Rows of the table.
    on: Vec<&'static Planted>,
    /// One memory for all of them.
    memory: Arc<Mutex<Memory>>,
}

impl PlantedBugs {
    /// These, in a server that nobody has spoken to.
    pub fn of(on: impl IntoIterator<Item = &'static Planted>) -> Self {
        Self { on: on.into_iter().collect(), memory: Arc::default() }
    }

    /// Whether there are none.
    pub fn none(&self) -> bool {
        self.on.is_empty()
    }

    /// Who the server takes the client for.
    pub(crate) fn disguised<'p>(
        &self,
        config: &Config,
        message: &[u8],
        peer: &'p Peer,
        limits: &Limits,
    ) -> Cow<'p, Peer> {
        if self.none() {
            return Cow::Borrowed(peer);
        }
        let memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let doc = Doc::lenient(message, limits);
        let scene = Scene { doc: &doc, peer, memory: &memory, config };
        let mut others = self.on.iter().filter_map(|planted| match planted.bug {
            Bug::As(who) => who(&scene),
            Bug::After(_) => None,
        });
        others.next().map_or(Cow::Borrowed(peer), |name| Cow::Owned(Peer { name: Some(name), ..peer.clone() }))
    }

    /// The answer as the server gives it, if it does; then the exchange is remembered as it would have been without bugs.
    pub(crate) fn given(
        &self,
        config: &Config,
        message: &[u8],
        answer: Vec<u8>,
        peer: &Peer,
        limits: &Limits,
    ) -> (Vec<u8>, Ending) {
        if self.none() {
            return (answer, Ending::Answered);
        }
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let (doc, told) = (Doc::lenient(message, limits), Doc::lenient(&answer, limits));
        let Some(root) = told.root() else { return (answer, Ending::Answered) };
        let sound = Item::from_ref(root);
        let mut given = sound.clone();
        let mut ending = Ending::Answered;
        let scene = Scene { doc: &doc, peer, memory: &memory, config };
        for planted in &self.on {
            if let (Bug::After(after), Ending::Answered) = (&planted.bug, ending) {
                ending = after(&scene, &mut given);
            }
        }
        let changed = given != sound;
        let noted = memory::exchange(&scene, &sound);
        memory.note(noted);
        (if changed { given.encode() } else { answer }, ending)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_no_quirks() {
        let names: BTreeSet<&str> = all().iter().map(|planted| planted.name).collect();
        assert_eq!(names.len(), all().len());
        assert!(all().len() >= 25 && all().iter().filter(|planted| planted.steps >= 3).count() >= 10);
        for planted in all() {
            assert!(planted.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'));
            assert!(!planted.does.is_empty() && !planted.imitates.is_empty(), "{}", planted.name);
            assert!(crate::quirks::named(planted.name).is_none(), "{}", planted.name);
        }
        assert!(named("no-such-bug").is_none() && PlantedBugs::default().none());
    }
}
