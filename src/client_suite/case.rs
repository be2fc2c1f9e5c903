//! A case: an answer that the standard allows, and what a client makes of it.

use super::answer::Answer;
use crate::runner::verdict::Level;
use kmipspec_protocol::spec_ref::SpecRef;
use kmipspec_protocol::ttlv::Item;
use kmipspec_protocol::version::Version;
use std::time::Duration;

/// One case. It runs at the versions that its sections name.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// Written id, stable for good: `client.locate.no-match`.
    pub id: &'static str,
    /// What a client does, in a sentence.
    pub title: &'static str,
    /// Why it may be answered so, in our words.
    pub statement: &'static str,
    /// Where the standard says so, for each version that does.
    pub spec: &'static [SpecRef],
    /// How strongly it words what the client has to do: MAY where it leaves that open, and then it is recorded.
    pub level: Level,
    /// What a client has to ask for the case to be about anything, for people.
    pub needs: &'static str,
    /// Changes an answer; false where it has nothing to do with it.
    pub vary: fn(&mut Answer<'_>) -> bool,
    /// What is done to a request before the server sees it, where answers name something in another way.
    pub ask: Option<fn(&mut Item)>,
    /// Whether operations that the client lets be done later are; none: all are done at once.
    pub defers: Option<Defers>,
    /// How the answers reach the client.
    pub delivery: Delivery,
    /// What the run comes to.
    pub expects: Expects,
    /// Rows of the survey of failures in the field that this is about.
    pub field: &'static [&'static str],
}

impl Case {
    /// Whether it is about this version.
    pub fn stands_at(&self, version: Version) -> bool {
        self.spec.iter().any(|s| s.version == version)
    }

    /// The sections at a version, ready to print.
    pub fn spec_at(&self, version: Version) -> Vec<String> {
        self.spec.iter().filter(|s| s.version == version).map(ToString::to_string).collect()
    }
}

/// How operations are done later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defers {
    /// The first Poll gets the result.
    UntilPolled,
    /// They stay pending for so long, however often the client polls.
    For(Duration),
}

/// How answers reach the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// At once, and the connection stays open.
    Whole,
    /// In pieces of so many bytes, each a TLS record of its own.
    Pieces(usize),
    /// The answers to requests that came one behind the other go out together.
    Joined,
    /// The connection is closed behind each answer.
    Closed,
    /// The connection is closed behind the first half of each answer.
    Cut,
    /// The connection stays open behind the first bytes of each answer, and nothing follows.
    Stalled,
    /// The connection is closed and nothing is answered.
    Nothing,
}

/// What a run of the client comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expects {
    /// It does what it does otherwise, and ends with 0.
    Done,
    /// It does not say that all is done before what was pending is asked for by its Asynchronous Correlation Value.
    Polled,
    /// It does not say that all is well: it ends with another code than 0.
    Refused,
    /// It does not say that all is well. No text says what else it does: that is recorded.
    NotDone,
    /// It does not crash. What it makes of the answer is its own business, and recorded.
    Ends,
    /// It does not crash, whether or not it says that all is well.
    Bears,
    /// From then on it speaks a version that it was told of, or nothing.
    Agreed,
}

impl Expects {
    /// What the client does, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Done => "the client does what it does otherwise, and ends with 0",
            Self::Polled => "the client does not end with 0 before it has asked for the result of what is pending",
            Self::Refused => "the client ends with another exit code than 0; that it crashes is recorded",
            Self::NotDone => "the client does not end with 0; what else it does is recorded",
            Self::Ends => "the client does not crash; what else it does is recorded",
            Self::Bears => "the client does not crash, and ends with whichever exit code",
            Self::Agreed => "the client speaks a version that it was told of, or nothing",
        }
    }
}
