//! Limits that the standard leaves to the server: how far a Time Stamp may be off, how large messages and batches may be, how many
//! objects Locate tells of, how long a connection may be silent. Nothing here is right or wrong.

mod ask;
mod limit;
#[cfg(test)]
mod tests;

use super::Stop;
use super::capability::{self, Capabilities};
use super::sanity::SanityError;
use crate::client::session::Connections;
use crate::client::{Pool, Session, Target};
use ask::{Asking, Filling};
use kmipspec_protocol::version::Version;
use limit::{Not, Search};
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How far a Time Stamp is moved at most, in seconds: a year.
const FARTHEST: u64 = 366 * 24 * 3600;

/// Requests whose time is taken.
const TIMED: usize = 50;

/// How far to go.
#[derive(Clone, Debug)]
pub struct Options {
    /// Largest message, in bytes.
    pub bytes: u64,
    /// Most batch items.
    pub items: u64,
    /// Longest silence.
    pub silence: Duration,
    /// Objects that are made for Locate to find, and removed afterwards; none: Locate is not measured.
    pub objects: u64,
    /// The version to speak; none: the highest up to 2.1 that the server speaks.
    pub version: Option<Version>,
}

/// All that was measured.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Measurements {
    /// The server, as it was given.
    pub address: String,
    /// Vendor Identification in its answer to Query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// The version that was spoken: `1.4`.
    pub version: String,
    /// One after the other.
    pub measurements: Vec<Measured>,
}

/// One thing that was measured.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Measured {
    /// What it is called: `message-size`.
    pub id: &'static str,
    /// For people.
    pub what: &'static str,
    /// What the numbers count: `seconds`, `bytes`, `items`, `objects`, `milliseconds`.
    pub unit: &'static str,
    /// Where the standard leaves it to the server.
    pub section: &'static str,
    /// What came out.
    #[serde(flatten)]
    pub result: Outcome,
}

/// What came out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum Outcome {
    /// There is a limit between the two.
    Limit {
        /// The most that was taken.
        taken: u64,
        /// The least that was not.
        not_taken: u64,
        /// What happened to that.
        how: String,
    },
    /// All was taken that was tried.
    NoLimit {
        /// The most that was tried.
        up_to: u64,
    },
    /// A number.
    Value {
        /// It; negative where a clock is behind ours.
        value: i64,
    },
    /// Could not be measured.
    NotMeasured {
        /// Why not.
        why: String,
    },
}

/// Measures one after the other; `told` hears of each before it begins. What was made is removed, also when `stop` is asked.
pub async fn measure(
    target: Arc<Target>,
    options: &Options,
    stop: &Stop,
    mut told: impl FnMut(&'static str),
) -> Result<Measurements, SanityError> {
    let mut session = Session::new(Arc::clone(&target), Arc::new(Pool::default()), Connections::Shared);
    let wanted: Vec<Version> = match options.version {
        Some(version) => vec![version],
        None => Version::ALL.into_iter().filter(|version| *version <= Version::V2_1).collect(),
    };
    let found = capability::discover(&mut session, &wanted).await?;
    let version = found.versions.keys().next_back().copied().unwrap_or(Version::V1_0);
    let mut asking = Asking::new(session, version, stop.clone());
    let mut measurements = Vec::new();
    let mut note = |measured: Measured| measurements.push(measured);
    note(clock(&found));
    told("answers to Query");
    note(answers(&mut asking).await);
    for (ahead, id, what) in [
        (true, "time-stamp-ahead", "Time Stamp ahead of its clock"),
        (false, "time-stamp-behind", "Time Stamp behind its clock"),
    ] {
        told(what);
        let search = Search { from: 0, up_to: FARTHEST, grain: 1, exact: true };
        let now = || super::now().saturating_add(found.clock_ahead);
        let result = search
            .run(async |off| {
                let off = i64::try_from(off).unwrap_or(i64::MAX);
                let time = if ahead { now().saturating_add(off) } else { now().saturating_sub(off) };
                asking.stamped(time).await
            })
            .await;
        note(Measured { id, what, unit: "seconds", section: "KMIP 1.0 §6.5; KMIP 2.1 §9.20", result });
    }
    told("message size");
    let search = Search { from: 1024, up_to: options.bytes.max(1024), grain: 8, exact: false };
    let mut result = search.run(async |bytes| asking.sized(bytes, Filling::Extension).await).await;
    if matches!(result, Outcome::NotMeasured { .. }) {
        // Not every server passes over an extension.
        result = search.run(async |bytes| asking.sized(bytes, Filling::Name).await).await;
    }
    note(Measured {
        id: "message-size",
        what: "size of a request",
        unit: "bytes",
        section: "no section limits it",
        result,
    });
    told("batch");
    let search = Search { from: 1, up_to: options.items.max(1), grain: 1, exact: true };
    let result = search.run(async |items| asking.batch(items).await).await;
    note(Measured {
        id: "batch-items",
        what: "items of a batch",
        unit: "items",
        section: "KMIP 1.0 §6.14; KMIP 2.1 §9.5",
        result,
    });
    if options.objects > 0 {
        told("objects for Locate");
        note(Measured {
            id: "locate-objects",
            what: "objects that Locate tells of",
            unit: "objects",
            section: "KMIP 1.0 §4.8; KMIP 2.1 §6.1.28 (Maximum Items left out)",
            result: asking.located(options.objects).await,
        });
    }
    if !options.silence.is_zero() {
        told("silence");
        note(silence(&target, &mut asking, options.silence, stop).await);
    }
    Ok(Measurements { address: target.name.clone(), vendor: found.vendor, version: version.to_string(), measurements })
}

/// The server's clock beside ours.
fn clock(found: &Capabilities) -> Measured {
    let result = Outcome::Value { value: found.clock_ahead };
    Measured {
        id: "clock",
        what: "clock, ahead of ours",
        unit: "seconds",
        section: "KMIP 1.0 §6.5; KMIP 2.1 §9.20",
        result,
    }
}

/// How long the slowest of some answers took.
async fn answers(asking: &mut Asking) -> Measured {
    let result = match slowest(asking).await {
        Err(not) => Outcome::NotMeasured { why: not.to_string() },
        Ok(slowest) => Outcome::Value { value: i64::try_from(slowest.as_millis()).unwrap_or(i64::MAX) },
    };
    Measured {
        id: "slowest-answer",
        what: "slowest of 50 answers to Query",
        unit: "milliseconds",
        section: "no section limits it",
        result,
    }
}

/// The longest time of some answers, all of which have to come.
async fn slowest(asking: &mut Asking) -> Result<Duration, Not> {
    let mut slowest = Duration::ZERO;
    for _ in 0..TIMED {
        let began = Instant::now();
        asking.query().await?;
        slowest = slowest.max(began.elapsed());
    }
    Ok(slowest)
}

/// How long a connection may be silent that has had an answer.
async fn silence(target: &Target, asking: &mut Asking, longest: Duration, stop: &Stop) -> Measured {
    let measured = |result| Measured {
        id: "silence",
        what: "silence on a connection",
        unit: "seconds",
        section: "no section limits it",
        result,
    };
    let not = |why: String| measured(Outcome::NotMeasured { why });
    let mut connection = match target.connect(target.default_identity()).await {
        Ok(connection) => connection,
        Err(e) => return not(e.to_string()),
    };
    let request = asking.query_bytes();
    let first = connection.exchange(&request, false, Instant::now() + target.timeouts.exchange).await;
    if let Err(no) = ask::answered(&first.fate) {
        return not(no.to_string());
    }
    let began = Instant::now();
    let heard = tokio::select! {
        heard = connection.listen(began + longest) => heard,
        () = stop.asked() => return not(Not::Stopped.to_string()),
    };
    let lasted = began.elapsed().as_secs();
    connection.close().await;
    measured(match heard.fate {
        super::event::Fate::TimedOut { after: 0 } => Outcome::NoLimit { up_to: longest.as_secs() },
        fate => Outcome::Limit { taken: lasted, not_taken: lasted.saturating_add(1), how: fate.told() },
    })
}
