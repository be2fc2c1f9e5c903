//! Cryptographic operations done in parts: how far each has come, under its Correlation Value (1.4 §2.1.15 to §2.1.17).
//!
//! Streams live beside the store; a batch item that fails, or is undone, leaves them as they were.

use crate::context::Context;
use crate::cryptography::Parameters;
use crate::cryptography::symmetric::Progress;
use crate::failure::{Failure, Outcome};
use kmipspec_protocol::registry::{Operation, ResultReason};
use kmipspec_protocol::version::Version;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Streams open at one time; more are refused.
const MOST: usize = 1_024;
/// Seconds after which a stream that nobody goes on with is abandoned.
const ABANDONED: i64 = 600;

/// All streams of the server.
#[derive(Debug, Default)]
pub(crate) struct Streams(Mutex<HashMap<Vec<u8>, Stream>>);

/// A stream as it was before a batch item touched it: none if it was not there.
pub(crate) type Before = (Vec<u8>, Option<Stream>);

/// One operation in progress.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    /// Whose it is: nobody else can go on with it.
    client: String,
    /// What it is.
    operation: Operation,
    /// The key, if it has one.
    pub(crate) object: Option<String>,
    /// Those of the first part.
    pub(crate) parameters: Parameters,
    /// What has come so far, of operations that give nothing before the end.
    data: Vec<u8>,
    /// The signature, MAC or tag to verify, which may come with any part.
    pub(crate) code: Option<Vec<u8>>,
    /// How far an encryption or decryption has come.
    pub(crate) progress: Progress,
    /// When the last part came.
    used: i64,
}

/// One part, as a request brings it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Part<'a> {
    /// Its data.
    pub(crate) data: &'a [u8],
    /// The signature, MAC or tag to verify.
    pub(crate) code: Option<&'a [u8]>,
    /// Correlation Value: of which stream it is.
    pub(crate) correlation: Option<&'a [u8]>,
    /// Init Indicator.
    pub(crate) first: Option<bool>,
    /// Final Indicator.
    pub(crate) last: Option<bool>,
}

impl Part<'_> {
    /// Whether nothing comes after it: it is the final one, or the only one.
    pub(crate) fn is_last(&self) -> bool {
        self.last == Some(true) || (self.correlation.is_none() && self.first != Some(true))
    }
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

    /// Takes back what batch items did, the last first, until so many changes are left.
    pub(crate) fn roll_back(&self, changes: &mut Vec<Before>, left: usize) {
        let mut streams = self.lock();
        while changes.len() > left {
            match changes.pop() {
                Some((correlation, Some(stream))) => drop(streams.insert(correlation, stream)),
                Some((correlation, None)) => drop(streams.remove(&correlation)),
                None => break,
            }
        }
    }
}

/// The stream that a part goes on with; none for a first or only part.
pub(crate) fn find(context: &Context<'_>, part: &Part<'_>) -> Outcome<Option<Stream>> {
    let Some(correlation) = part.correlation else { return Ok(None) };
    let streams = context.services.streams.lock();
    let found = streams.get(correlation).filter(|stream| {
        stream.client == context.client
            && stream.operation == context.operation
            && context.now.saturating_sub(stream.used) <= ABANDONED
    });
    found.cloned().map(Some).ok_or_else(|| unknown(context.version))
}

/// A stream that begins with this part.
pub(crate) fn begin(context: &Context<'_>, object: Option<&str>, parameters: Parameters) -> Stream {
    Stream {
        client: context.client.to_owned(),
        operation: context.operation,
        object: object.map(str::to_owned),
        parameters,
        data: Vec::new(),
        code: None,
        progress: Progress::default(),
        used: context.now,
    }
}

/// Keeps a stream for its next part, under its Correlation Value or a new one; those abandoned are dropped.
fn keep(context: &mut Context<'_>, part: &Part<'_>, mut stream: Stream) -> Outcome<Vec<u8>> {
    stream.used = context.now;
    let mut streams = context.services.streams.lock();
    let correlation = match part.correlation {
        Some(correlation) => correlation.to_vec(),
        None => {
            streams.retain(|_, other| context.now.saturating_sub(other.used) <= ABANDONED);
            if streams.len() >= MOST {
                return Err(too_much(context.version, "too many operations in parts are open"));
            }
            let mut correlation = vec![0; 16];
            if !context.config.random.fill(&mut correlation) {
                return Err(Failure::internal(context.version, "no Correlation Value could be made"));
            }
            correlation
        }
    };
    let before = streams.insert(correlation.clone(), stream);
    context.references.streams.push((correlation.clone(), before));
    Ok(correlation)
}

/// Ends the stream of a last part, if it is not the only one.
fn end(context: &mut Context<'_>, part: &Part<'_>) {
    let Some(correlation) = part.correlation else { return };
    if let Some(before) = context.services.streams.lock().remove(correlation) {
        context.references.streams.push((correlation.to_vec(), Some(before)));
    }
}

/// What the parts of a stream may add up to where all of them are kept.
pub(crate) fn check_length(context: &Context<'_>, held: usize, more: usize) -> Outcome<()> {
    if held.saturating_add(more) > context.config.limits.message_size {
        return Err(too_much(context.version, "the parts are together longer than this server takes"));
    }
    Ok(())
}

/// Ends a stream with its last part; else keeps it, and gives the Correlation Value to go on with.
pub(crate) fn end_or_keep(context: &mut Context<'_>, part: &Part<'_>, stream: Stream) -> Outcome<Option<Vec<u8>>> {
    if part.is_last() {
        end(context, part);
        return Ok(None);
    }
    keep(context, part, stream).map(Some)
}

/// Adds a part to its stream; the last, or only, one gives all of it: for operations that need all of their data.
pub(crate) fn step(context: &mut Context<'_>, mut stream: Stream, part: &Part<'_>) -> Outcome<Step> {
    check_length(context, stream.data.len(), part.data.len())?;
    stream.data.extend_from_slice(part.data);
    if let Some(code) = part.code {
        stream.code = Some(code.to_vec());
    }
    if !part.is_last() {
        return keep(context, part, stream).map(Step::More);
    }
    end(context, part);
    Ok(Step::Whole { data: stream.data, parameters: stream.parameters, code: stream.code })
}

/// More than this server keeps.
fn too_much(version: Version, message: &'static str) -> Failure {
    Failure::by_version(version, ResultReason::GENERAL_FAILURE, ResultReason::SERVER_LIMIT_EXCEEDED, message)
}

/// No operation in progress has that Correlation Value (1.4 §11.39, 2.1 §6.1).
fn unknown(version: Version) -> Failure {
    Failure::by_version(
        version,
        ResultReason::ITEM_NOT_FOUND,
        ResultReason::INVALID_CORRELATION_VALUE,
        "no operation in progress has this Correlation Value",
    )
}
