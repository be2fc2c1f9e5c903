//! Frame in, frame out: one message after the other on one connection, each within its time. What begins like HTTP is HTTP.

use crate::dispatch::{Answer, Core};
use crate::https;
use crate::peer::Peer;
use crate::push;
use crate::seats::{Activity, Seat};
use kmipspec_protocol::registry::EndpointRole;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
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
    /// Ended in the middle of a message, since others needed its place.
    Evicted,
    /// The HTTP library gave up.
    Http(hyper::Error),
}

impl fmt::Display for ConnectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(e) => write!(f, "{e}"),
            Self::TimedOut(what) => write!(f, "{what} took too long"),
            Self::Truncated => write!(f, "closed in the middle of a message"),
            Self::Evicted => write!(f, "was slow while others waited for a place"),
            Self::Http(e) => write!(f, "HTTP: {e}"),
        }
    }
}

impl From<io::Error> for ConnectionError {
    fn from(e: io::Error) -> Self {
        Self::Io(e)
    }
}

/// Serves one connection until the peer closes it, a limit is reached, or the server stops. Its first bytes decide between
/// raw TTLV and HTTP (Profiles 2.1 §3.2.4 has both on one port).
pub(crate) async fn serve<S: AsyncRead + AsyncWrite + Unpin + Send>(
    mut stream: S,
    core: &Core,
    peer: &Peer,
    seat: &Seat,
    mut stopped: watch::Receiver<bool>,
) -> Result<(), ConnectionError> {
    let limits = &core.config().limits;
    let mut message = Vec::new();
    let mut first_message = true;
    loop {
        message.clear();
        seat.set(Activity::Idle);
        let first = tokio::select! {
            biased;
            _ = stopped.wait_for(|stop| *stop) => 0,
            () = seat.wanted() => 0,
            read = timeout(limits.idle, some(&mut stream, &mut message, 8)) => match read {
                Ok(read) => read?,
                Err(_) => 0,
            },
        };
        if first == 0 {
            break;
        }
        seat.set(Activity::Reading);
        if first_message {
            while message.len() < 2
                && within(seat, limits.transfer, READ, some(&mut stream, &mut message, 1)).await? > 0
            {}
            if let Some(start) = message.first_chunk::<2>()
                && https::is_http(*start)
            {
                let peer = Peer { two_way: false, ..peer.clone() };
                return https::serve(Rewound { start: message, taken: 0, stream }, core, &peer, seat, stopped).await;
            }
            first_message = false;
        }
        let frame = within(seat, limits.transfer, READ, frame(&mut stream, &mut message, limits.message_size)).await?;
        seat.set(Activity::Answering);
        core.services().metrics.messages.add();
        let answer = match frame {
            Frame::Whole => core.answer(&message, peer).await,
            Frame::TooLong | Frame::Cut => core.refuse_size(&message, peer),
        };
        let Answer { bytes, close } = answer;
        seat.set(Activity::Writing);
        within(seat, limits.transfer, WRITE, write(&mut stream, &bytes)).await?;
        if matches!(frame, Frame::Cut) {
            // Nothing follows on this side, yet the peer could still read.
            let _ = timeout(limits.transfer, stream.shutdown()).await;
            return Err(ConnectionError::Truncated);
        }
        if close {
            farewell(&mut stream, seat, limits.transfer).await;
            return Ok(());
        }
        if let Some((role, client)) = core.services().push.take_wish(peer.connection)
            && role == EndpointRole::CLIENT
            && push::granted(&bytes)
        {
            seat.set(Activity::Idle);
            if push::serve_reversed(&mut stream, core, seat, &client, stopped.clone()).await == push::End::Over {
                break;
            }
        }
    }
    // A peer that is gone already needs no goodbye.
    let _ = timeout(limits.transfer, stream.shutdown()).await;
    Ok(())
}

/// Closes after an answer that ends the connection. What the peer is still sending is read and dropped for a while: a socket
/// closed on unread bytes is reset, and that takes the answer away from a peer that has not read it yet.
async fn farewell<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, seat: &Seat, limit: Duration) {
    let ending = async {
        stream.shutdown().await?;
        tokio::io::copy(&mut stream.take(MOST_DROPPED), &mut tokio::io::sink()).await
    };
    tokio::select! {
        _ = timeout(limit.min(LINGER), ending) => {}
        () = seat.wanted() => {}
    }
}

/// How long a peer is read after the last answer.
const LINGER: Duration = Duration::from_secs(2);
/// How many of its bytes.
const MOST_DROPPED: u64 = 16 << 20;

/// Steps of an exchange, for the log.
pub(crate) const READ: &str = "reading a message";
/// The other one.
pub(crate) const WRITE: &str = "writing an answer";

/// A stream whose first bytes have been read already.
pub(crate) struct Rewound<S> {
    /// Those bytes.
    start: Vec<u8>,
    /// How many of them were given back.
    taken: usize,
    /// What follows.
    stream: S,
}

impl<S: AsyncRead + Unpin> AsyncRead for Rewound<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let left = self.start.get(self.taken..).unwrap_or_default();
        if left.is_empty() {
            return Pin::new(&mut self.stream).poll_read(cx, buf);
        }
        let given = left.len().min(buf.remaining());
        buf.put_slice(left.get(..given).unwrap_or_default());
        self.taken = self.taken.saturating_add(given);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Rewound<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// What became of one message.
pub(crate) enum Frame {
    /// All bytes are there.
    Whole,
    /// The header declares more than the limit; nothing more was read.
    TooLong,
    /// The peer closed before the declared end.
    Cut,
}

/// Reads the rest of a message whose first byte or more is in `message`.
pub(crate) async fn frame<S: AsyncRead + Unpin>(
    stream: &mut S,
    message: &mut Vec<u8>,
    limit: usize,
) -> io::Result<Frame> {
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

/// Sends one message over a connection of ours, and reads what comes back.
pub(crate) async fn call<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    message: &[u8],
    limit: usize,
) -> io::Result<(Frame, Vec<u8>)> {
    write(stream, message).await?;
    let mut answer = Vec::new();
    let frame = frame(stream, &mut answer, limit).await?;
    Ok((frame, answer))
}

/// Whether an idle connection of ours is still there: nothing has come and nobody has closed.
pub(crate) async fn is_quiet<S: AsyncRead + Unpin>(stream: &mut S) -> bool {
    let mut one = [0; 1];
    tokio::select! {
        biased;
        _ = stream.read(&mut one) => false,
        () = std::future::ready(()) => true,
    }
}

/// Writes and flushes one message.
async fn write<S: AsyncWrite + Unpin>(stream: &mut S, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

/// Runs an exchange step within its time, unless others need the place of one that is slow.
async fn within<T>(
    seat: &Seat,
    limit: Duration,
    what: &'static str,
    step: impl Future<Output = io::Result<T>>,
) -> Result<T, ConnectionError> {
    tokio::select! {
        biased;
        done = timeout(limit, step) => match done {
            Ok(done) => Ok(done?),
            Err(_) => Err(ConnectionError::TimedOut(what)),
        },
        () = seat.wanted() => Err(ConnectionError::Evicted),
    }
}
