//! Frame in, frame out: one message after the other on one connection, each within its time.

use crate::dispatch::{Answer, Core};
use crate::peer::Peer;
use std::fmt;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::timeout;

/// Bytes read at once at most: memory grows with what arrives, never with what a length field promises.
const CHUNK: usize = 64 << 10;

/// Why a connection ended before its peer closed it.
#[derive(Debug)]
pub(crate) enum ConnectionError {
    /// Reading or writing failed.
    Io(io::Error),
    /// A limit on time was reached.
    TimedOut(&'static str),
    /// Closed in the middle of a message.
    Truncated,
}

impl fmt::Display for ConnectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(e) => write!(f, "{e}"),
            Self::TimedOut(what) => write!(f, "{what} took too long"),
            Self::Truncated => write!(f, "closed in the middle of a message"),
        }
    }
}

impl From<io::Error> for ConnectionError {
    fn from(e: io::Error) -> Self {
        Self::Io(e)
    }
}

/// Serves one connection until the peer closes it, a limit is reached, or the server stops.
pub(crate) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    core: &Core,
    peer: &Peer,
    mut stopped: watch::Receiver<bool>,
) -> Result<(), ConnectionError> {
    let limits = &core.config().limits;
    let mut message = Vec::new();
    loop {
        message.clear();
        let first = tokio::select! {
            biased;
            _ = stopped.wait_for(|stop| *stop) => 0,
            read = timeout(limits.idle, some(&mut stream, &mut message, 8)) => match read {
                Ok(read) => read?,
                Err(_) => 0,
            },
        };
        if first == 0 {
            break;
        }
        let frame = within(limits.transfer, "reading a message", frame(&mut stream, &mut message, limits.message_size));
        let answer = match frame.await? {
            Frame::Whole => core.answer(&message, peer).await,
            Frame::TooLong => core.refuse_size(&message, peer),
            Frame::Cut => {
                // Nothing follows on this side, yet the peer may still read.
                let answer = core.refuse_size(&message, peer);
                within(limits.transfer, "writing an answer", write(&mut stream, &answer.bytes)).await?;
                let _ = stream.shutdown().await;
                return Err(ConnectionError::Truncated);
            }
        };
        let Answer { bytes, close } = answer;
        within(limits.transfer, "writing an answer", write(&mut stream, &bytes)).await?;
        if close {
            break;
        }
    }
    // A peer that is gone already needs no goodbye.
    let _ = timeout(limits.transfer, stream.shutdown()).await;
    Ok(())
}

/// What became of one message.
enum Frame {
    /// All bytes are there.
    Whole,
    /// The header declares more than the limit; nothing more was read.
    TooLong,
    /// The peer closed before the declared end.
    Cut,
}

/// Reads the rest of a message whose first byte or more is in `message`.
async fn frame<S: AsyncRead + Unpin>(stream: &mut S, message: &mut Vec<u8>, limit: usize) -> io::Result<Frame> {
    while message.len() < 8 {
        let missing = 8_usize.saturating_sub(message.len());
        if some(stream, message, missing).await? == 0 {
            return Ok(Frame::Cut);
        }
    }
    let declared = match message.get(4..8) {
        Some(&[a, b, c, d]) => u32::from_be_bytes([a, b, c, d]),
        _ => 0,
    };
    let Some(total) = usize::try_from(declared).ok().and_then(|n| n.checked_add(8)).filter(|n| *n <= limit) else {
        return Ok(Frame::TooLong);
    };
    while message.len() < total {
        let missing = total.saturating_sub(message.len()).min(CHUNK);
        if some(stream, message, missing).await? == 0 {
            return Ok(Frame::Cut);
        }
    }
    Ok(Frame::Whole)
}

/// Reads what is there, at most `limit` bytes more; 0 when the peer has closed.
async fn some<S: AsyncRead + Unpin>(stream: &mut S, message: &mut Vec<u8>, limit: usize) -> io::Result<usize> {
    message.reserve(limit);
    // A usize always fits into 64 bits here.
    stream.take(limit as u64).read_buf(message).await
}

/// Writes and flushes one message.
async fn write<S: AsyncWrite + Unpin>(stream: &mut S, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

/// Runs an exchange step within its time.
async fn within<T>(
    limit: Duration,
    what: &'static str,
    step: impl Future<Output = io::Result<T>>,
) -> Result<T, ConnectionError> {
    match timeout(limit, step).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(ConnectionError::TimedOut(what)),
    }
}
