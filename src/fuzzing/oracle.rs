//! What tells that something is wrong: the oracles and their ids, which never change their meaning.

use std::fmt;

/// One oracle. `O1` to `O14` are about a server, `P1` to `P3` about this program's own code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Oracle {
    /// The peer crashes or exits.
    O1,
    /// An answer is no well-formed TTLV.
    O2,
    /// An answer breaks the tables of its version.
    O3,
    /// An answer is of another version than its request.
    O4,
    /// Something was done for, or shown to, somebody who may not.
    O5,
    /// A malformed request has success.
    O6,
    /// Two implementations of the same differ.
    O7,
    /// No answer and no close within the limit.
    O8,
    /// Time or memory grows.
    O9,
    /// A secret is where it must not be.
    O10,
    /// A transition or use that the state of an object does not allow.
    O11,
    /// What was written reads otherwise.
    O12,
    /// What was decoded does not encode to the same bytes.
    O13,
    /// Connections or file handles are not given back.
    O14,
    /// The same input has two verdicts.
    P1,
    /// What is printed grows without bound, or has control characters in it.
    P2,
    /// How a message was cut into pieces changes what is read.
    P3,
}

impl Oracle {
    /// Every oracle, in order.
    pub const ALL: [Self; 17] = [
        Self::O1,
        Self::O2,
        Self::O3,
        Self::O4,
        Self::O5,
        Self::O6,
        Self::O7,
        Self::O8,
        Self::O9,
        Self::O10,
        Self::O11,
        Self::O12,
        Self::O13,
        Self::O14,
        Self::P1,
        Self::P2,
        Self::P3,
    ];

    /// Those that can tell something of a server over the wire, by itself.
    pub const SERVER: [Self; 13] = [
        Self::O1,
        Self::O2,
        Self::O3,
        Self::O4,
        Self::O5,
        Self::O6,
        Self::O8,
        Self::O9,
        Self::O10,
        Self::O11,
        Self::O12,
        Self::O13,
        Self::O14,
    ];

    /// The id: `"O5"`.
    pub fn id(self) -> String {
        format!("{self:?}")
    }

    /// What it demands, in a sentence.
    pub const fn demand(self) -> &'static str {
        match self {
            Self::O1 => "The server serves others whatever one client sends",
            Self::O2 => "An answer is well-formed TTLV",
            Self::O3 => "An answer is as the tables of its version say",
            Self::O4 => "An answer is of the version of its request",
            Self::O5 => "Nothing is done for, or shown to, somebody who may not",
            Self::O6 => "A malformed request does not succeed",
            Self::O7 => "Two implementations do the same",
            Self::O8 => "There is an answer in time",
            Self::O9 => "An answer takes what it always took, and memory is given back",
            Self::O10 => "A secret is told to nobody",
            Self::O11 => "The state of an object decides what may be done with it",
            Self::O12 => "What was written is what is read",
            Self::O13 => "An answer is encoded in the one way there is",
            Self::O14 => "Connections and files are given back",
            Self::P1 => "The same input has one verdict",
            Self::P2 => "What is printed is bounded and has no control characters in it",
            Self::P3 => "How a message is cut into pieces does not change what is read",
        }
    }

    /// How sure it is that what it tells is wrong: `fault`; `measurement`, which depends on the machines; or `difference`.
    pub const fn grade(self) -> &'static str {
        match self {
            Self::O7 => "difference",
            Self::O9 | Self::O14 => "measurement",
            _ => "fault",
        }
    }

    /// The oracle of an id.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|oracle| oracle.id() == id)
    }
}

/// One broken promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What tells.
    pub oracle: Oracle,
    /// The operation it happened in, by XML name or number; empty where none could be read.
    pub operation: String,
    /// Where: a rule, a path, a kind of object. Findings of the same oracle, operation and place are one.
    pub place: String,
    /// What was seen.
    pub detail: String,
}

impl Finding {
    /// Whether both are one: of the same oracle, operation and place.
    pub fn is_same(&self, other: &Self) -> bool {
        (self.oracle, &self.operation, &self.place) == (other.oracle, &other.operation, &other.place)
    }
}

impl fmt::Display for Finding {
    /// Begins with the id, as every panic of a target does.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {} {}: {}", self.oracle, self.operation, self.place, self.detail)
    }
}

/// Panics where there is a finding.
///
/// # Panics
///
/// With the first of them.
pub fn none(findings: &[Finding]) {
    if let Some(first) = findings.first() {
        panic!("{first}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_again() {
        for oracle in Oracle::ALL {
            assert_eq!(Oracle::from_id(&oracle.id()), Some(oracle));
        }
        assert_eq!(Oracle::from_id("O15"), None);
        assert!(Oracle::ALL.is_sorted());
    }

    #[test]
    #[should_panic(expected = "O10 Get ResultMessage: 16 bytes of a key")]
    fn a_panic_begins_with_the_id() {
        let detail = "16 bytes of a key".to_owned();
        none(&[Finding { oracle: Oracle::O10, operation: "Get".into(), place: "ResultMessage".into(), detail }]);
    }
}
