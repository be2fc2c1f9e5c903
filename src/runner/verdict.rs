//! What a case can come to, and how strongly the standard asks for it.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The outcome of one execution (a case at a version).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The peer did what the rule asks.
    Pass,
    /// A SHOULD was not met; the peer still conforms.
    NonStrict,
    /// A sentence of the standard was broken.
    Fail,
    /// The standard leaves it open or contradicts itself: recorded, never counted against the peer.
    Info,
    /// The peer is alive, but the rule could not be decided here (a precondition broke).
    Inconclusive,
    /// Not run: the peer does not claim it; the reason is given.
    Skip,
    /// Not run: switched off by the user.
    Disabled,
    /// We could not find out: no connection, no TLS, a timeout the case does not ask about.
    Error,
}

impl Verdict {
    /// Every verdict, in the order summaries show them.
    pub const ALL: [Self; 8] = [
        Self::Pass,
        Self::NonStrict,
        Self::Fail,
        Self::Info,
        Self::Inconclusive,
        Self::Skip,
        Self::Disabled,
        Self::Error,
    ];

    /// The word used in reports, expectation files and on the terminal.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::NonStrict => "non-strict",
            Self::Fail => "fail",
            Self::Info => "info",
            Self::Inconclusive => "inconclusive",
            Self::Skip => "skip",
            Self::Disabled => "disabled",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How strongly the standard words a rule (RFC 2119).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// MAY: what comes back is recorded; nothing can fail.
    May,
    /// SHOULD: not met is `non-strict`.
    Should,
    /// SHALL: not met is `fail`.
    Shall,
}

impl Level {
    /// The keyword.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::May => "MAY",
            Self::Should => "SHOULD",
            Self::Shall => "SHALL",
        }
    }

    /// The verdict when a rule of this level is not met.
    pub const fn not_met(self) -> Verdict {
        match self {
            Self::Shall => Verdict::Fail,
            Self::Should => Verdict::NonStrict,
            Self::May => Verdict::Info,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
