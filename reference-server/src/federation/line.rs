//! A conversation with another server, as its client: one message at a time over TLS, and how requests and answers are made up.

use super::ServerLink;
use crate::config::ServerLimits;
use crate::connection::{Frame, call, is_quiet};
use crate::tls::{DialedStream, Dialer};
use kmipspec_protocol::registry::{Operation, ResultReason, ResultStatus, tag};
use kmipspec_protocol::ttlv::{Doc, Item, ItemRef, Limits};
use kmipspec_protocol::version::{ProtocolVersion, Version};
use std::fmt;
use std::io;
use std::sync::{Mutex, PoisonError};
use tokio::time::timeout;

/// Why there is no good answer.
#[derive(Debug)]
pub(crate) enum CallError {
    /// Reading or writing failed.
    Io(io::Error),
    /// No answer in time.
    TimedOut,
    /// Closed in place of an answer.
    Closed,
    /// What came is no answer to what was asked.
    NoAnswer,
    /// The other server does not do it.
    Refused(ResultReason, String),
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(e) => write!(f, "{e}"),
            Self::TimedOut => write!(f, "no answer in time"),
            Self::Closed => write!(f, "closed without an answer"),
            Self::NoAnswer => write!(f, "what came is no answer to what was asked"),
            Self::Refused(reason, message) => write!(f, "refused: {} ({message})", reason.name().unwrap_or("unknown")),
        }
    }
}

impl From<io::Error> for CallError {
    fn from(e: io::Error) -> Self {
        Self::Io(e)
    }
}

/// Connections to one other server that are kept for the next message at most.
const KEPT: usize = 4;

/// Calls one other server.
pub(crate) struct Caller {
    /// Where it is.
    pub(crate) link: ServerLink,
    /// Makes connections.
    dialer: Dialer,
    /// Connections that wait for the next message.
    idle: Mutex<Vec<DialedStream>>,
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").field("link", &self.link).finish_non_exhaustive()
    }
}

impl Caller {
    /// For a link.
    pub(crate) fn new(link: ServerLink, dialer: Dialer) -> Self {
        Self { link, dialer, idle: Mutex::default() }
    }

    /// A connection that waits, if one is still good.
    fn waiting(&self) -> Option<DialedStream> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// Sends a message and waits for its answer. It is sent once: whoever asks knows whether it may be sent again.
    pub(crate) async fn exchange(&self, message: &[u8], limits: &ServerLimits) -> Result<Vec<u8>, CallError> {
        let mut open = None;
        while let Some(mut stream) = self.waiting() {
            if is_quiet(&mut stream).await {
                open = Some(stream);
                break;
            }
        }
        let mut stream = match open {
            Some(stream) => stream,
            None => timeout(limits.handshake, self.dialer.dial()).await.map_err(|_| CallError::TimedOut)??,
        };
        let exchange = async {
            match call(&mut stream, message, limits.message_size).await? {
                (Frame::Whole, answer) => Ok(answer),
                (Frame::TooLong, _) => Err(CallError::NoAnswer),
                (Frame::Cut, _) => Err(CallError::Closed),
            }
        };
        let answer = timeout(limits.transfer, exchange).await.map_err(|_| CallError::TimedOut)??;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT {
            idle.push(stream);
        }
        Ok(answer)
    }

    /// One operation; gives the Response Payload.
    pub(crate) async fn ask(
        &self,
        operation: Operation,
        payload: Vec<Item>,
        limits: &ServerLimits,
    ) -> Result<Item, CallError> {
        let message = request(self.link.version, operation, payload);
        reply(&self.exchange(&message, limits).await?, operation)
    }
}

/// A request with one batch item.
pub(crate) fn request(version: Version, operation: Operation, payload: Vec<Item>) -> Vec<u8> {
    let ProtocolVersion { major, minor } = version.into();
    let header = vec![
        Item::structure(
            tag::PROTOCOL_VERSION,
            vec![Item::integer(tag::PROTOCOL_VERSION_MAJOR, major), Item::integer(tag::PROTOCOL_VERSION_MINOR, minor)],
        ),
        Item::integer(tag::BATCH_COUNT, 1),
    ];
    let item = vec![Item::enumeration(tag::OPERATION, operation.0), Item::structure(tag::REQUEST_PAYLOAD, payload)];
    Item::structure(
        tag::REQUEST_MESSAGE,
        vec![Item::structure(tag::REQUEST_HEADER, header), Item::structure(tag::BATCH_ITEM, item)],
    )
    .encode()
}

/// The Response Payload of an answer with one batch item.
pub(crate) fn reply(bytes: &[u8], operation: Operation) -> Result<Item, CallError> {
    let doc = Doc::strict(bytes, &Limits::default()).map_err(|_| CallError::NoAnswer)?;
    let item =
        doc.root().filter(|root| root.tag() == tag::RESPONSE_MESSAGE).and_then(|root| root.child(tag::BATCH_ITEM));
    let item = item.ok_or(CallError::NoAnswer)?;
    let status = item.child(tag::RESULT_STATUS).and_then(ItemRef::as_u32).ok_or(CallError::NoAnswer)?;
    if status != ResultStatus::SUCCESS.0 {
        let reason = item.child(tag::RESULT_REASON).and_then(ItemRef::as_u32).unwrap_or(0);
        let message = item.child(tag::RESULT_MESSAGE).and_then(ItemRef::as_text).unwrap_or_default();
        return Err(CallError::Refused(ResultReason(reason), message.to_owned()));
    }
    if item.child(tag::OPERATION).and_then(ItemRef::as_u32) != Some(operation.0) {
        return Err(CallError::NoAnswer);
    }
    Ok(item
        .child(tag::RESPONSE_PAYLOAD)
        .map_or_else(|| Item::structure(tag::RESPONSE_PAYLOAD, Vec::new()), Item::from_ref))
}
