//! Cryptographic operations done in parts: what has come so far, under its Correlation Value (1.4 §2.1.15 to §2.1.17).

use crate::context::Context;
use crate::cryptography::Parameters;
use crate::failure::{Failure, Outcome};
use kmipspec_protocol::registry::{Operation, ResultReason};
use kmipspec_protocol::version::Version;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Streams open at one time; more are refused.
const MOST: usize = 1_024;

/// All streams of the server.
#[derive(Debug, Default)]
pub(crate) struct Streams(Mutex<HashMap<Vec<u8>, Stream>>);

/// One operation in progress.
#[derive(Clone, Debug)]
struct Stream {
    /// Whose it is: nobody else can go on with it.
    client: String,
    /// What it is.
    operation: Operation,
    /// The key, if it has one.
    object: Option<String>,
    /// Those of the first part.
    parameters: Parameters,
    /// What has come so far.
    data: Vec<u8>,
    /// The signature or MAC to verify, which may come with any part.
    code: Option<Vec<u8>>,
}

/// One part, as a request brings it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Part<'a> {
    /// Its data.
    pub(crate) data: &'a [u8],
    /// The signature or MAC to verify.
    pub(crate) code: Option<&'a [u8]>,
    /// Correlation Value: of which stream it is.
    pub(crate) correlation: Option<&'a [u8]>,
    /// Init Indicator.
    pub(crate) first: Option<bool>,
    /// Final Indicator.
    pub(crate) last: Option<bool>,
}

/// What a part leads to.
pub(crate) enum Step {
    /// There is all of it now.
    Whole {
        /// The data of all parts.
        data: Vec<u8>,
        /// The parameters to use.
        parameters: Parameters,
        /// The signature or MAC to verify, if any part brought it.
        code: Option<Vec<u8>>,
    },
    /// More has to come, with this Correlation Value.
    More(Vec<u8>),
}

impl Streams {
    /// The table; a panic elsewhere does not make it unusable.
    fn lock(&self) -> MutexGuard<'_, HashMap<Vec<u8>, Stream>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The key of the stream that a part goes on with; none for a first or only part.
pub(crate) fn object_of(context: &Context<'_>, part: &Part<'_>) -> Outcome<Option<String>> {
    let Some(correlation) = part.correlation else { return Ok(None) };
    let streams = context.services.streams.lock();
    let found = streams.get(correlation).filter(|s| s.client == context.client && s.operation == context.operation);
    found.map(|stream| stream.object.clone()).ok_or_else(|| unknown(context.version))
}

/// Adds a part to its stream, begins a stream, or passes the only part on.
pub(crate) fn step(
    context: &Context<'_>,
    object: Option<&str>,
    parameters: Parameters,
    part: &Part<'_>,
) -> Outcome<Step> {
    let last = part.last == Some(true);
    let mut streams = context.services.streams.lock();
    let Some(correlation) = part.correlation else {
        if part.first != Some(true) || last {
            return Ok(Step::Whole { data: part.data.to_vec(), parameters, code: part.code.map(<[u8]>::to_vec) });
        }
        if streams.len() >= MOST {
            return Err(Failure::by_version(
                context.version,
                ResultReason::GENERAL_FAILURE,
                ResultReason::SERVER_LIMIT_EXCEEDED,
                "too many operations in parts are open",
            ));
        }
        let mut correlation = vec![0; 16];
        if !context.config.random.fill(&mut correlation) {
            return Err(Failure::internal(context.version, "no Correlation Value could be made"));
        }
        let stream = Stream {
            client: context.client.to_owned(),
            operation: context.operation,
            object: object.map(str::to_owned),
            parameters,
            data: part.data.to_vec(),
            code: part.code.map(<[u8]>::to_vec),
        };
        streams.insert(correlation.clone(), stream);
        return Ok(Step::More(correlation));
    };
    let stream = streams.get_mut(correlation);
    let stream = stream.filter(|s| s.client == context.client && s.operation == context.operation);
    let stream = stream.ok_or_else(|| unknown(context.version))?;
    if stream.data.len().saturating_add(part.data.len()) > context.config.limits.message_size {
        streams.remove(correlation);
        return Err(Failure::by_version(
            context.version,
            ResultReason::GENERAL_FAILURE,
            ResultReason::SERVER_LIMIT_EXCEEDED,
            "the parts are together longer than this server takes",
        ));
    }
    stream.data.extend_from_slice(part.data);
    if let Some(code) = part.code {
        stream.code = Some(code.to_vec());
    }
    if !last {
        return Ok(Step::More(correlation.to_vec()));
    }
    let stream = streams.remove(correlation).ok_or_else(|| unknown(context.version))?;
    Ok(Step::Whole { data: stream.data, parameters: stream.parameters, code: stream.code })
}

/// No operation in progress has that Correlation Value (1.4 §11.39, 2.1 §6.1).
pub(crate) fn unknown(version: Version) -> Failure {
    Failure::by_version(
        version,
        ResultReason::ITEM_NOT_FOUND,
        ResultReason::INVALID_CORRELATION_VALUE,
        "no operation in progress has this Correlation Value",
    )
}
