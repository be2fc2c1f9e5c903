//! Results as one JSON object, for programs; its schema is `vectors/schema/results.schema.json`.

use super::Sink;
use super::message::covered;
use super::profiles::OneProfile;
use super::text::hex;
use crate::runner::event::{Event, Exchange, Execution, Fate, Finding, RunFinished, RunStarted, TlsLook};
use crate::runner::verdict::{Level, Verdict};
use crate::scenario::library;
use crate::tls::{Observation, SuiteVerdict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::SystemTime;

/// Number of this format; it grows when a field changes its meaning or goes away, not when one is added.
pub const FORMAT: u32 = 1;

/// What `kmipspec run --json` writes.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub struct Results {
    /// Number of this format.
    pub format: u32,
    /// Version of kmipspec.
    pub kmipspec: String,
    /// SHA-256 of the cases built into that program; older files lack it.
    #[serde(default)]
    pub case_set: Option<String>,
    /// When the run began, RFC 3339.
    pub started: String,
    /// Name prefix of the run; names on the peer begin with it.
    pub run_id: String,
    /// The peer.
    pub target: Target,
    /// Executions per verdict.
    pub counts: BTreeMap<String, usize>,
    /// Wall time in milliseconds.
    pub duration_ms: f64,
    /// Entries of expectations files that match no case.
    pub stale: Vec<String>,
    /// Outcomes that differ from an expectations file.
    pub unexpected: Vec<String>,
    /// Why the run was cut short, if it was.
    pub broken: Option<String>,
    /// One entry for each case at each version, in order of id and version.
    pub results: Vec<OneResult>,
    /// What the run says of the conformance profiles asked for with `--profile`.
    pub profiles: Vec<OneProfile>,
    /// The peer's TLS, where the run looked at it.
    pub tls: Option<Tls>,
}

/// The peer's TLS. The suites that had to be met are among the results as well, as `tls.` and their name.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub struct Tls {
    /// What was seen.
    pub observation: Observation,
    /// What the authentication suites of the Profiles say of it; empty where no TLS was seen.
    pub verdicts: Vec<SuiteVerdict>,
    /// The suites that had to be met (`--tls-suite`).
    pub required: Vec<String>,
}

impl Tls {
    fn of(look: &TlsLook) -> Self {
        let TlsLook { seen, verdicts, required } = look.clone();
        Self { observation: seen, verdicts, required }
    }
}

/// The peer, as far as it told.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
pub struct Target {
    /// `host:port`, or `bundled`.
    pub address: String,
    /// Vendor Identification, if given.
    pub vendor: Option<String>,
    /// Versions it supports, oldest first.
    pub versions: Vec<String>,
    /// TLS version and cipher suite of the first connection.
    pub tls: Option<String>,
}

/// One case at one version.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub struct OneResult {
    /// Written id of the case, stable for good.
    pub id: String,
    /// First part of the id.
    pub suite: String,
    /// What it demands, in one sentence.
    pub title: String,
    /// KMIP version, `1.4`.
    pub version: String,
    /// How messages travelled: `ttlv` (raw), or over HTTPS `https` (TTLV), `xml` or `json`. Bytes below are TTLV whatever it is.
    pub encoding: String,
    /// How strongly the standard words the rule.
    pub level: Level,
    /// Document, version and section.
    pub spec: Vec<String>,
    /// The outcome.
    pub verdict: Verdict,
    /// Whether this counts against the run (with `--strict`, if that was given).
    pub counts_as_failure: bool,
    /// Why, where the findings do not say it.
    pub reason: Option<String>,
    /// What an expectations file claims about it.
    pub expected: Option<Expected>,
    /// What was not as the rules ask, or was worth recording.
    pub findings: Vec<OneFinding>,
    /// Every message, in order.
    pub transcript: Vec<OneExchange>,
    /// Wall time in milliseconds.
    pub duration_ms: f64,
    /// A command that runs just this again.
    pub reproduce: String,
}

/// A claim of an expectations file.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub struct Expected {
    /// The verdict it claims.
    pub verdict: Verdict,
    /// Why.
    pub because: String,
    /// `file:line`.
    pub place: String,
    /// The rules it says are broken; empty means any.
    pub rules: Vec<String>,
}

/// One observation.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub struct OneFinding {
    /// What it comes to alone.
    pub verdict: Verdict,
    /// Stable rule id.
    pub rule: String,
    /// The rule in our words.
    pub statement: String,
    /// Document, version and section.
    pub spec: Vec<String>,
    /// `file:line` of the expectation.
    pub place: Option<String>,
    /// Index into the transcript.
    pub exchange: Option<usize>,
    /// Path of the item.
    pub path: String,
    /// Byte offset of the item in the response.
    pub offset: Option<usize>,
    /// What should have come.
    pub expected: String,
    /// What came.
    pub actual: String,
}

/// A request and what became of it.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub struct OneExchange {
    /// Name of the step.
    pub step: String,
    /// Client identity.
    pub identity: String,
    /// Bytes sent, hexadecimal.
    pub sent: String,
    /// Bytes received, hexadecimal.
    pub received: String,
    /// Values of passwords or key material are overwritten by `2a`; `--show-secrets` gives the bytes as they were.
    pub secrets_covered: bool,
    /// How it ended.
    pub fate: Ending,
    /// Milliseconds from the last byte sent to the last byte received.
    pub duration_ms: f64,
    /// The server asked, at our listener: `received` is its request, and `sent` our answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub asked_by_peer: bool,
}

/// How an exchange ended.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Ending {
    /// A whole message came back.
    Answered,
    /// The peer closed the connection.
    Closed {
        /// Bytes of an answer that came before.
        after: usize,
    },
    /// The peer sent a TLS alert.
    Alert {
        /// Its name.
        alert: String,
    },
    /// Nothing, or not all, came in time.
    TimedOut {
        /// Bytes of an answer that came before.
        after: usize,
    },
    /// What came cannot be framed as a TTLV message.
    NotTtlv {
        /// Why.
        why: String,
    },
    /// The transport failed otherwise.
    Failed {
        /// Why.
        why: String,
    },
}

/// The JSON Schema of [`Results`], ready to print.
pub fn schema() -> String {
    schema_of::<Results>()
}

/// The JSON Schema of a kind of file, ready to print.
pub(crate) fn schema_of<T: JsonSchema>() -> String {
    pretty(&schemars::schema_for!(T))
}

/// JSON for people's eyes as well; plain data can always be written.
pub fn pretty(value: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

/// The sink; writes when the run is finished.
#[derive(Debug)]
pub struct Json<W> {
    out: W,
    started: SystemTime,
    strict: bool,
    show_secrets: bool,
    run: RunStarted,
    results: Vec<(kmipspec_protocol::version::Version, OneResult)>,
    profiles: Vec<OneProfile>,
    tls: Option<Tls>,
}

impl<W: Write> Json<W> {
    /// Writes to `out`.
    pub fn new(out: W, started: SystemTime, strict: bool, show_secrets: bool) -> Self {
        let target = crate::runner::event::Target::default();
        let run = RunStarted { target, total: 0, later: Vec::new(), run_id: String::new() };
        Self { out, started, strict, show_secrets, run, results: Vec::new(), profiles: Vec::new(), tls: None }
    }

    fn result(&self, e: &Execution) -> OneResult {
        OneResult {
            id: e.id.clone(),
            suite: e.suite.clone(),
            title: e.title.clone(),
            version: e.version.to_string(),
            encoding: e.encoding.to_owned(),
            level: e.level,
            spec: e.spec.clone(),
            verdict: e.verdict,
            counts_as_failure: e.counts_as_failure(self.strict),
            reason: e.reason.clone(),
            expected: e.expected.as_ref().map(|x| Expected {
                verdict: x.verdict,
                because: x.because.clone(),
                place: x.place.clone(),
                rules: x.rules.clone(),
            }),
            findings: e.findings.iter().map(finding).collect(),
            transcript: e.transcript.iter().map(|x| self.exchange(x)).collect(),
            duration_ms: millis(e.duration),
            reproduce: e.reproduce.clone(),
        }
    }

    fn exchange(&self, x: &Exchange) -> OneExchange {
        let ((sent, a), (received, b)) = if self.show_secrets {
            ((x.sent.clone(), false), (x.received.clone(), false))
        } else {
            (covered(&x.sent), covered(&x.received))
        };
        OneExchange {
            step: x.step.clone(),
            identity: x.identity.clone(),
            sent: hex(&sent),
            received: hex(&received),
            secrets_covered: a || b,
            fate: ending(&x.fate),
            duration_ms: millis(x.duration),
            asked_by_peer: x.asked_by_peer,
        }
    }

    fn write(&mut self, run: &RunFinished) -> io::Result<()> {
        let mut results = std::mem::take(&mut self.results);
        results.sort_by(|(v, a), (w, b)| (&a.id, v, &a.encoding).cmp(&(&b.id, w, &b.encoding)));
        let target = &self.run.target;
        let all = Results {
            format: FORMAT,
            kmipspec: env!("CARGO_PKG_VERSION").to_owned(),
            case_set: Some(library::case_set().to_owned()),
            started: jiff::Timestamp::try_from(self.started).map(|t| t.to_string()).unwrap_or_default(),
            run_id: self.run.run_id.clone(),
            target: Target {
                address: target.address.clone(),
                vendor: target.vendor.clone(),
                versions: target.versions.iter().map(ToString::to_string).collect(),
                tls: target.tls.clone(),
            },
            counts: run.counts.iter().map(|(v, n)| (v.to_string(), *n)).collect(),
            duration_ms: millis(run.duration),
            stale: run.stale.clone(),
            unexpected: run.unexpected.clone(),
            broken: run.broken.clone(),
            results: results.into_iter().map(|(_, r)| r).collect(),
            profiles: std::mem::take(&mut self.profiles),
            tls: self.tls.take(),
        };
        serde_json::to_writer_pretty(&mut self.out, &all)?;
        writeln!(self.out)?;
        self.out.flush()
    }
}

/// Milliseconds, to the microsecond.
fn millis(d: std::time::Duration) -> f64 {
    (d.as_secs_f64() * 1_000_000.0).round() / 1000.0
}

fn finding(f: &Finding) -> OneFinding {
    OneFinding {
        verdict: f.verdict,
        rule: f.rule.clone(),
        statement: f.statement.clone(),
        spec: f.spec.clone(),
        place: f.place.clone(),
        exchange: f.exchange,
        path: f.path.clone(),
        offset: f.offset,
        expected: f.expected.clone(),
        actual: f.actual.clone(),
    }
}

fn ending(fate: &Fate) -> Ending {
    match fate {
        Fate::Answered => Ending::Answered,
        Fate::Closed { after } => Ending::Closed { after: *after },
        Fate::Alert(alert) => Ending::Alert { alert: alert.clone() },
        Fate::TimedOut { after } => Ending::TimedOut { after: *after },
        Fate::NotTtlv(why) => Ending::NotTtlv { why: why.clone() },
        Fate::Failed(why) => Ending::Failed { why: why.clone() },
    }
}

impl<W: Write> Sink for Json<W> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::RunStarted(run) => {
                self.run = run.clone();
                Ok(())
            }
            Event::CaseStarted { .. } | Event::Notice(_) => Ok(()),
            Event::Profiles(judged) => {
                self.profiles = judged.iter().map(OneProfile::of).collect();
                Ok(())
            }
            Event::Tls(look) => {
                self.tls = Some(Tls::of(look));
                Ok(())
            }
            Event::CaseFinished(execution) => {
                self.results.push((execution.version, self.result(execution)));
                Ok(())
            }
            Event::RunFinished(run) => self.write(run),
        }
    }
}
