//! All that reports may see: the runner emits these and never prints; sinks never decide.

use super::verdict::{Level, Verdict};
use crate::client::Encoding;
use crate::client::https::Head;
use crate::profiles::Judged;
use crate::tls::{Observation, SuiteVerdict};
use kmipspec_protocol::version::Version;
use std::time::Duration;

/// One thing that happened in a run, in the order it happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// The selection is made and the target answered the sanity exchange.
    RunStarted(RunStarted),
    /// A case at a version is about to run.
    CaseStarted {
        /// The case's written id.
        id: String,
        /// The protocol version it runs at.
        version: Version,
    },
    /// A case at a version has its verdict (skips and disabled ones too).
    CaseFinished(Box<Execution>),
    /// Something a person should read that is not a verdict.
    Notice(String),
    /// What the run says of conformance profiles, where some were asked for; comes once, before the end.
    Profiles(Vec<Judged>),
    /// What a look at the peer's TLS shows, where there was one; comes once, before the end.
    Tls(Box<TlsLook>),
    /// Nothing follows.
    RunFinished(RunFinished),
}

/// What is known before the first case.
#[derive(Clone, Debug)]
pub struct RunStarted {
    /// Where and what the peer is.
    pub target: Target,
    /// Executions that will follow, skips included.
    pub total: usize,
    /// Those of them that later parts of the run bring: what they are (`XML over HTTPS`, `published cases`), and how many.
    pub later: Vec<(String, usize)>,
    /// Seed and name prefix of this run; names on the peer begin with it.
    pub run_id: String,
}

/// The peer, as far as it told.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// `host:port`, or `bundled`.
    pub address: String,
    /// Vendor Identification of Query, if given.
    pub vendor: Option<String>,
    /// Versions the peer supports, oldest first.
    pub versions: Vec<Version>,
    /// TLS version and suite of the first connection, for people.
    pub tls: Option<String>,
    /// How messages travel, but for published cases that are about an encoding.
    pub encoding: Encoding,
}

/// The peer's TLS, and what the authentication suites of the Profiles say of it.
#[derive(Clone, Debug)]
pub struct TlsLook {
    /// What was seen.
    pub seen: Observation,
    /// Every suite; empty where the peer does not speak TLS.
    pub verdicts: Vec<SuiteVerdict>,
    /// The suites that have to be met; each is a case as well.
    pub required: Vec<String>,
}

/// One case at one version, finished.
#[derive(Clone, Debug)]
pub struct Execution {
    /// Written id of the case, stable for good.
    pub id: String,
    /// First part of the id: the folder it lives in (`operations`, `messages`, ...).
    pub suite: String,
    /// One sentence: what it demands.
    pub title: String,
    /// The protocol version it ran at.
    pub version: Version,
    /// How its messages travelled: `ttlv` (raw), `https`, `xml` or `json`.
    pub encoding: &'static str,
    /// How strongly the standard words the rule.
    pub level: Level,
    /// Document, version and section, ready to print: `KMIP 1.4 §4.21`.
    pub spec: Vec<String>,
    /// The outcome.
    pub verdict: Verdict,
    /// Why, in one line, where the findings do not say it: skip reason, broken precondition, what went wrong.
    pub reason: Option<String>,
    /// What was not as the rules ask, or was worth recording; worst first.
    pub findings: Vec<Finding>,
    /// Every message of the case, in order.
    pub transcript: Vec<Exchange>,
    /// Wall time of the case.
    pub duration: Duration,
    /// Set when an expectations file names this case: its reason.
    pub expected: Option<ExpectedOutcome>,
    /// A command that runs just this again.
    pub reproduce: String,
}

impl Execution {
    /// Whether this counts against the run (an expected outcome that came true does not).
    pub fn counts_as_failure(&self, strict: bool) -> bool {
        if self.expected.is_some() {
            return !self.is_as_expected();
        }
        matches!(self.verdict, Verdict::Fail) || strict && matches!(self.verdict, Verdict::NonStrict)
    }

    /// Whether an expectations file names this case, and what it claims came true.
    pub fn is_as_expected(&self) -> bool {
        self.expected.as_ref().is_some_and(|e| e.verdict == self.verdict && self.rules_beyond(e).next().is_none())
    }

    /// Rules broken that the claim does not name; a claim that names no rule covers all.
    pub fn rules_beyond<'a>(&'a self, claim: &'a ExpectedOutcome) -> impl Iterator<Item = &'a str> {
        self.findings
            .iter()
            .filter(|f| f.verdict == Verdict::Fail && !claim.rules.is_empty() && !claim.rules.contains(&f.rule))
            .map(|f| f.rule.as_str())
    }
}

/// A claim of an expectations file about one execution.
#[derive(Clone, Debug)]
pub struct ExpectedOutcome {
    /// The verdict the file claims.
    pub verdict: Verdict,
    /// Why, in the file's words.
    pub because: String,
    /// `file:line` of the entry.
    pub place: String,
    /// The rules it says are broken; empty means any.
    pub rules: Vec<String>,
}

/// One observation with its proof.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What this finding alone comes to.
    pub verdict: Verdict,
    /// Stable rule id: `schema.field-order`, or the case's own id.
    pub rule: String,
    /// The rule in our words.
    pub statement: String,
    /// Document, version and section.
    pub spec: Vec<String>,
    /// `file:line` of the expectation, where a file states it.
    pub place: Option<String>,
    /// Index into [`Execution::transcript`] of the exchange it is about.
    pub exchange: Option<usize>,
    /// Path of the item, `ResponseMessage/BatchItem[0]/ResultStatus`.
    pub path: String,
    /// Byte offset of the item in the response, if there is one.
    pub offset: Option<usize>,
    /// What should have come.
    pub expected: String,
    /// What came.
    pub actual: String,
}

/// One request and what became of it.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Name of the step, or `cleanup`, `sanity`.
    pub step: String,
    /// The client identity used.
    pub identity: String,
    /// The bytes sent, exactly.
    pub sent: Vec<u8>,
    /// The bytes received, exactly; empty when none came.
    pub received: Vec<u8>,
    /// How it ended.
    pub fate: Fate,
    /// From the last byte sent to the last byte received.
    pub duration: Duration,
    /// The head of the HTTP response, where messages travel by HTTP and one came.
    pub http: Option<Head>,
    /// The peer asked and we answered, at our listener: `received` is its request, and `sent` the answer to it.
    pub asked_by_peer: bool,
}

/// How an exchange ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// A whole message came back.
    Answered,
    /// The peer closed the connection after this many bytes of an answer.
    Closed {
        /// Bytes of an answer that came before.
        after: usize,
    },
    /// The peer sent a TLS alert.
    Alert(String),
    /// Nothing, or not all, came in time.
    TimedOut {
        /// Bytes of an answer that came before.
        after: usize,
    },
    /// What came cannot be framed as a TTLV message.
    NotTtlv(String),
    /// The transport failed otherwise.
    Failed(String),
}

impl Fate {
    /// In words.
    pub fn told(&self) -> String {
        match self {
            Self::Answered => "answered".to_owned(),
            Self::Closed { after: 0 } => "the connection is closed without an answer".to_owned(),
            Self::Closed { after } => format!("the connection is closed after {after} bytes of an answer"),
            Self::Alert(alert) => format!("TLS alert {alert}"),
            Self::TimedOut { after: 0 } => "no answer in time".to_owned(),
            Self::TimedOut { after } => format!("{after} bytes of an answer in time, and no more"),
            Self::NotTtlv(why) | Self::Failed(why) => why.clone(),
        }
    }
}

impl RunFinished {
    /// One total of two parts of a run. An entry of an expectations file is stale where neither part has the case.
    #[must_use]
    pub fn and(self, second: &Self) -> Self {
        let mut counts = self.counts;
        for (verdict, n) in &second.counts {
            match counts.iter_mut().find(|(v, _)| v == verdict) {
                Some((_, all)) => *all = all.saturating_add(*n),
                None => counts.push((*verdict, *n)),
            }
        }
        // Each part has a hint of its own for what it does not know; the place of the entry is the same.
        let place = |line: &str| line.split_once(": ").map_or_else(|| line.to_owned(), |(place, _)| place.to_owned());
        let too = |line: &String| second.stale.iter().any(|other| place(other) == place(line));
        Self {
            counts,
            stale: self.stale.into_iter().filter(too).collect(),
            unexpected: self.unexpected.into_iter().chain(second.unexpected.iter().cloned()).collect(),
            duration: self.duration.saturating_add(second.duration),
            broken: self.broken.or_else(|| second.broken.clone()),
        }
    }
}

/// Totals.
#[derive(Clone, Debug, Default)]
pub struct RunFinished {
    /// Executions per verdict, in the order of [`Verdict::ALL`].
    pub counts: Vec<(Verdict, usize)>,
    /// Entries of the expectations file that matched nothing, ready to print.
    pub stale: Vec<String>,
    /// Executions whose outcome differs from the expectations file, or known failures that pass, ready to print.
    pub unexpected: Vec<String>,
    /// Wall time.
    pub duration: Duration,
    /// Set when the run was cut short or the last sanity exchange failed.
    pub broken: Option<String>,
}
