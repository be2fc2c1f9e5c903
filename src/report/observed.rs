//! What `kmipspec observe` saw, for programs; its schema is `vectors/schema/observed.schema.json`.

use super::json::{pretty, schema_of};
use super::profiles::OneProfile;
use super::text::printable;
use crate::observe::Breach;
use crate::runner::verdict::Verdict;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Number of the format of [`Observed`]; it grows when a field changes its meaning or goes away, not when one is added.
pub const FORMAT: u32 = 1;

/// What `kmipspec observe --json` writes.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
pub struct Observed {
    /// Number of this format.
    pub format: u32,
    /// Version of kmipspec.
    pub kmipspec: String,
    /// When it began, RFC 3339.
    pub started: String,
    /// Where clients were to find it, as it was asked for.
    pub listen: String,
    /// The server's address, or `bundled`.
    pub server: String,
    /// How long it listened.
    pub seconds: f64,
    /// Requests with what came of them, and answers to nothing.
    pub exchanges: usize,
    /// Those with a whole answer.
    pub answered: usize,
    /// Requests of the server on a client's connection, among `exchanges`.
    pub of_server: usize,
    /// Exchanges without a message of a published version: nothing can be said of them.
    pub not_judged: usize,
    /// Breaches of further kinds that had no room in `breaches`.
    pub not_kept: usize,
    /// Every connection, in the order of their ends.
    pub conversations: Vec<OneConversation>,
    /// Every kind of breach, in the order in which they were first seen.
    pub breaches: Vec<OneBreach>,
    /// What kept a conversation from going on or being judged.
    pub troubles: Vec<OneTrouble>,
    /// Troubles that had no room in `troubles`.
    pub troubles_not_kept: usize,
    /// What the clients showed so far of the profiles of clients, at the versions that were spoken. No requirement is ever `not met`:
    /// a client need not use all that it has.
    pub profiles: Vec<OneProfile>,
}

/// A connection of a client.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
pub struct OneConversation {
    /// Its number, from 1.
    pub number: usize,
    /// Where the client came from: `host:port`.
    pub from: String,
    /// The Common Name of the client's certificate, where it has one.
    pub client: Option<String>,
    /// The identity that spoke to the server in its place; `anonymous` where the client showed no certificate.
    pub identity: String,
    /// How messages travelled: `ttlv` (raw), or over HTTPS `https` (TTLV), `xml` or `json`.
    pub encodings: Vec<String>,
    /// Exchanges.
    pub requests: usize,
    /// The scenario that was written of it, below the folder of `--out`.
    pub scenario: Option<String>,
}

/// Breaches that are alike: the first of them, and how many there were.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub struct OneBreach {
    /// Whose message it is: `client` or `server`.
    pub side: String,
    /// The operations of the request.
    pub operations: Vec<String>,
    /// KMIP version of the request, which decides.
    pub version: String,
    /// Stable rule id.
    pub rule: String,
    /// The rule in our words.
    pub statement: String,
    /// What it comes to: only `fail` is held against anybody.
    pub verdict: Verdict,
    /// Document, version and section.
    pub spec: Vec<String>,
    /// Path of the item, or the field of HTTP.
    pub path: String,
    /// Byte offset of the item in its message.
    pub offset: usize,
    /// What the rule asks for.
    pub expected: String,
    /// What stands there.
    pub actual: String,
    /// How often it was seen.
    pub times: usize,
    /// The conversation that first had it.
    pub conversation: usize,
    /// The request, TTLV in hexadecimal, with secrets covered but for `--show-secrets`; nothing where there was no room for it.
    pub request: String,
    /// The answer, likewise.
    pub answer: String,
}

/// Something that went wrong beside the messages.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub struct OneTrouble {
    /// What.
    pub why: String,
    /// How often.
    pub times: usize,
}

/// Where and how often a kind of breach was seen, with the messages of the first time in hexadecimal.
#[derive(Clone, Debug)]
pub struct Sighting {
    /// The conversation that first had it.
    pub conversation: usize,
    /// The request.
    pub request: String,
    /// The answer.
    pub answer: String,
    /// How often.
    pub times: usize,
}

impl OneBreach {
    /// From a breach.
    pub fn of(breach: &Breach, sighting: &Sighting) -> Self {
        let Breach { side, operations, version, rule, statement, verdict, spec, path, offset, expected, actual } =
            breach;
        let Sighting { conversation, request, answer, times } = sighting.clone();
        Self {
            side: side.name().to_owned(),
            operations: operations.clone(),
            version: version.to_string(),
            rule: (*rule).to_owned(),
            statement: (*statement).to_owned(),
            verdict: *verdict,
            spec: spec.clone(),
            path: path.clone(),
            offset: *offset,
            expected: printable(expected, false),
            actual: printable(actual, false),
            times,
            conversation,
            request,
            answer,
        }
    }
}

impl Observed {
    /// Ready to be written.
    pub fn text(&self) -> String {
        pretty(self)
    }
}

/// The JSON Schema of [`Observed`], ready to print.
pub fn schema() -> String {
    schema_of::<Observed>()
}
