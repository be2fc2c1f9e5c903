//! One connection: request bytes out, one TTLV message in, within a deadline. Buffers grow only with what arrives.

use super::encoding::Encoding;
use super::failure::{ConnectError, Stage, first_bytes, is_closed, looks_like};
use super::https::{Head, Https, Post, Shape};
use super::messages::Messages;
use super::tls::{self, Connector, Stream};
use crate::runner::event::Fate;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Request, Response};
use kmipspec_protocol::ttlv::frame_len;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::time::{Instant as Deadline, timeout_at};

/// Bounds on what the peer may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest message taken, header included. What declares more is refused before a byte of it is stored.
    pub max_response: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_response: 64 << 20 }
    }
}

/// Bytes asked of the socket at a time.
pub(super) const CHUNK: usize = 16 << 10;
/// Requests above this are written while an answer is already awaited: a peer may refuse before it has read all.
const WRITE_ALONE: usize = 32 << 10;

/// What came of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Every byte that came, in order, whether or not a message can be made of it.
    pub received: Vec<u8>,
    /// How it ended.
    pub fate: Fate,
    /// From the last byte sent to the last byte received.
    pub duration: Duration,
    /// The head of the HTTP response; none where messages travel by themselves.
    pub http: Option<Head>,
}

/// What carries messages.
#[derive(Debug)]
enum Link {
    /// Messages one after the other.
    Raw(Box<Stream>),
    /// HTTP requests.
    Https(Box<Https>),
}

/// An open TLS connection to the peer.
#[derive(Debug)]
pub struct Connection {
    link: Link,
    tls: Option<String>,
    limits: Limits,
    sound: bool,
    exchanges: usize,
}

impl Connection {
    /// Opens a TCP connection and shakes hands, each step before `deadline`. Without `post`, messages are sent as they are.
    pub async fn open(
        address: &str,
        connector: &Connector,
        limits: Limits,
        post: Option<Post>,
        deadline: Instant,
    ) -> Result<Self, ConnectError> {
        let deadline = Deadline::from_std(deadline);
        let socket = match timeout_at(deadline, connect_any(address)).await {
            Err(_) => return Err(ConnectError::TimedOut { stage: Stage::Connect }),
            Ok(socket) => socket?,
        };
        // Small messages must leave at once; a socket that cannot do so still works.
        let _ = socket.set_nodelay(true);
        let stream = match timeout_at(deadline, connector.handshake(socket)).await {
            Err(_) => return Err(ConnectError::TimedOut { stage: Stage::Handshake }),
            Ok(stream) => stream?,
        };
        let tls = tls::describe(&stream);
        let link = match post {
            None => Link::Raw(Box::new(stream)),
            Some(post) => Link::Https(Box::new(over(stream, post).await?)),
        };
        Ok(Self { link, tls, limits, sound: true, exchanges: 0 })
    }

    /// TLS version and suite.
    pub fn tls(&self) -> Option<String> {
        self.tls.clone()
    }

    /// How messages travel on it.
    pub fn encoding(&self) -> Encoding {
        match &self.link {
            Link::Raw(_) => Encoding::Ttlv,
            Link::Https(https) => https.encoding(),
        }
    }

    /// How the requests that follow are written, where messages travel by HTTP.
    pub fn shape(&mut self, shape: Shape) {
        if let Link::Https(https) = &mut self.link {
            https.shape(shape);
        }
    }

    /// Whether another request can follow: the last one was answered by exactly one message.
    pub fn is_sound(&self) -> bool {
        self.sound
    }

    /// Requests sent on it so far.
    pub fn exchanges(&self) -> usize {
        self.exchanges
    }

    /// Whether an idle connection is still good: open, and nothing unasked for has come. Does not wait.
    pub async fn is_fresh(&mut self) -> bool {
        if !self.sound {
            return false;
        }
        let mut space = [0_u8; 1];
        let mut space = ReadBuf::new(&mut space);
        let quiet = match &mut self.link {
            Link::Raw(stream) => {
                poll_fn(|cx| Poll::Ready(Pin::new(&mut *stream).poll_read(cx, &mut space).is_pending())).await
            }
            Link::Https(https) => https.is_fresh().await,
        };
        self.sound = quiet;
        quiet
    }

    /// To read and to write at the same time, where messages travel by themselves: none where they travel by HTTP.
    pub fn split(self) -> Option<(Messages<ReadHalf<Stream>>, WriteHalf<Stream>)> {
        match self.link {
            Link::Raw(stream) => Some(Messages::of(*stream, self.limits).split()),
            Link::Https(_) => None,
        }
    }

    /// The same connection, on which nothing was sent yet, with messages that travel by HTTP.
    pub async fn by_http(self, post: Post) -> Result<Self, ConnectError> {
        let link = match self.link {
            Link::Raw(stream) => Link::Https(Box::new(over(*stream, post).await?)),
            already => already,
        };
        Ok(Self { link, ..self })
    }

    /// Sends an HTTP request of somebody else as it is, and takes the whole response, until `deadline`.
    pub async fn pass(
        &mut self,
        request: Request<Full<Bytes>>,
        deadline: Instant,
    ) -> Result<Response<Full<Bytes>>, Fate> {
        match &mut self.link {
            Link::Https(https) => https.pass(request, self.limits, Deadline::from_std(deadline)).await,
            Link::Raw(_) => Err(Fate::Failed("no HTTP is spoken on this connection".to_owned())),
        }
    }

    /// Waits until an idle connection has something to read, or has ended; nothing is read.
    pub async fn stirs(&mut self) {
        match &mut self.link {
            // A connection that failed is found to have when it is read.
            Link::Raw(stream) => drop(stream.fill_buf().await),
            Link::Https(_) => std::future::pending().await,
        }
    }

    /// Sends a message and reads one, until `deadline`; `close_write` ends our side after it. Raw, the bytes are sent as
    /// they are, whatever they are; HTTP takes what has a form there, and knows no half-closed connections.
    pub async fn exchange(&mut self, request: &[u8], close_write: bool, deadline: Instant) -> Reply {
        self.exchanges += 1;
        let deadline = Deadline::from_std(deadline);
        let mut received = Vec::new();
        let limits = self.limits;
        let stream = match &mut self.link {
            Link::Raw(stream) => stream,
            Link::Https(https) => {
                let sent_at = Instant::now();
                let (received, fate, http) = https.exchange(request, limits, deadline).await;
                self.sound = fate == Fate::Answered;
                return Reply { received, fate, duration: sent_at.elapsed(), http };
            }
        };
        let mut sent_at = Instant::now();
        let outcome = if request.len() <= WRITE_ALONE {
            let written = timeout_at(deadline, write(stream, request, close_write)).await;
            sent_at = Instant::now();
            // A failed write is not the last word: in TLS 1.3 the alert that refused our certificate waits to be read.
            let read = timeout_at(deadline, read_message(stream, limits, &mut received)).await;
            match (written, read) {
                (_, Ok(Ok(end))) => Some(Ok(end)),
                (Ok(Err(failed)), Ok(Err(end))) if is_plain_close(&end) && !is_closed(failed.kind()) => {
                    Some(Err(failed))
                }
                (_, Ok(Err(end))) => Some(Err(end)),
                (Ok(Err(failed)), Err(_)) => Some(Err(failed)),
                (_, Err(_)) => None,
            }
        } else {
            let (mut reader, mut writer) = tokio::io::split(stream);
            let writing = async {
                let written = write(&mut writer, request, close_write).await;
                sent_at = Instant::now();
                // Keep reading whatever became of the write; the reader ends the exchange.
                if written.is_ok() {
                    std::future::pending::<()>().await
                }
            };
            let reading = timeout_at(deadline, read_message(&mut reader, limits, &mut received));
            tokio::pin!(writing, reading);
            tokio::select! {
                biased;
                read = &mut reading => read.ok(),
                () = &mut writing => reading.await.ok(),
            }
        };
        let duration = sent_at.elapsed();
        let fate = match outcome {
            None => Fate::TimedOut { after: received.len() },
            Some(Ok(End::Message { size })) => {
                self.sound = received.len() == size && !close_write;
                return Reply { received, fate: Fate::Answered, duration, http: None };
            }
            Some(Ok(End::NotTtlv(why))) => Fate::NotTtlv(why),
            Some(Ok(End::Closed)) => Fate::Closed { after: received.len() },
            Some(Err(error)) => fate_of(&error, received.len()),
        };
        self.sound = false;
        Reply { received, fate, duration, http: None }
    }

    /// Reads one message without sending anything, for peers that speak first.
    pub async fn listen(&mut self, deadline: Instant) -> Reply {
        self.exchange(&[], false, deadline).await
    }

    /// Says goodbye (close_notify) without waiting for an answer.
    pub async fn close(self) {
        match self.link {
            Link::Raw(mut stream) => drop(tokio::time::timeout(Duration::from_millis(200), stream.shutdown()).await),
            Link::Https(https) => https.close().await,
        }
    }
}

async fn over(stream: Stream, post: Post) -> Result<Https, ConnectError> {
    Https::over(stream, post).await.map_err(|e| ConnectError::Protocol(e.to_string()))
}

/// Tries each address of the name in turn, as a browser would, and reports the first failure.
async fn connect_any(address: &str) -> Result<TcpStream, ConnectError> {
    let unresolved = || ConnectError::Unresolved { host: address.to_owned() };
    let addresses = tokio::net::lookup_host(address).await.map_err(|_| unresolved())?;
    let mut first: Option<io::Error> = None;
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(socket) => return Ok(socket),
            Err(error) => {
                first.get_or_insert(error);
            }
        }
    }
    Err(match first.map(|e| e.kind()) {
        None => unresolved(),
        Some(io::ErrorKind::ConnectionRefused) => ConnectError::Refused,
        Some(io::ErrorKind::TimedOut) => ConnectError::TimedOut { stage: Stage::Connect },
        Some(kind) => ConnectError::Socket(kind),
    })
}

async fn write<S: AsyncWriteExt + Unpin>(stream: &mut S, bytes: &[u8], close: bool) -> io::Result<()> {
    stream.write_all(bytes).await?;
    if close { stream.shutdown().await } else { stream.flush().await }
}

/// How reading a message ended, when the transport itself did not fail.
pub(super) enum End {
    Message { size: usize },
    NotTtlv(String),
    Closed,
}

pub(super) async fn read_message<S: AsyncRead + Unpin>(
    stream: &mut S,
    limits: Limits,
    received: &mut Vec<u8>,
) -> io::Result<End> {
    let mut chunk = vec![0_u8; CHUNK];
    loop {
        match frame(received, limits) {
            Frame::Whole(size) => return Ok(End::Message { size }),
            Frame::Refused(why) => return Ok(End::NotTtlv(why)),
            Frame::More => {}
        }
        let count = stream.read(&mut chunk).await?;
        if count == 0 {
            return Ok(End::Closed);
        }
        received.extend(chunk.iter().take(count));
    }
}

/// What the bytes so far amount to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// The beginning of a message.
    More,
    /// A message of so many bytes, and perhaps something behind it.
    Whole(usize),
    /// No message, and why.
    Refused(String),
}

/// A message is a structure: a tag of the standard or of a vendor, type 01, and a length (1.0 §9.1.1, 2.1 §10.1).
pub(super) fn frame(bytes: &[u8], limits: Limits) -> Frame {
    let tag_starts = bytes.first().is_none_or(|b| matches!(b, 0x42 | 0x54));
    let is_structure = bytes.get(3).is_none_or(|b| *b == 0x01);
    if !tag_starts || !is_structure {
        let looks = looks_like(bytes).map(|what| format!(", it looks like {what}")).unwrap_or_default();
        let first = first_bytes(bytes);
        return Frame::Refused(format!("the answer does not start like a TTLV structure{looks} ({first})"));
    }
    let Some(header) = bytes.first_chunk::<8>() else { return Frame::More };
    match frame_len(header, limits.max_response) {
        Ok(size) if bytes.len() >= size => Frame::Whole(size),
        Ok(_) => Frame::More,
        Err(_) => {
            let [_, _, _, _, length @ ..] = *header;
            let declared = u64::from(u32::from_be_bytes(length)) + 8;
            let limit = limits.max_response;
            Frame::Refused(format!("the answer declares {declared} bytes, above the limit of {limit}"))
        }
    }
}

fn is_plain_close(error: &io::Error) -> bool {
    tls::alert_of(error).is_none() && is_closed(error.kind())
}

/// How a transport that failed looks in a transcript.
pub(super) fn fate_of(error: &io::Error, after: usize) -> Fate {
    if let Some(alert) = tls::alert_of(error) {
        return Fate::Alert(alert.to_string());
    }
    if let Some(detail) = tls::protocol_error_of(error) {
        return Fate::Failed(format!("TLS: {detail}"));
    }
    if is_closed(error.kind()) {
        return Fate::Closed { after };
    }
    Fate::Failed(error.kind().to_string())
}

/// How a connection that never came about looks in a transcript.
pub fn fate_of_connect(error: &ConnectError) -> Fate {
    match error {
        ConnectError::Alert(alert) => Fate::Alert(alert.to_string()),
        ConnectError::Closed { .. } => Fate::Closed { after: 0 },
        ConnectError::TimedOut { .. } => Fate::TimedOut { after: 0 },
        ConnectError::Unresolved { .. }
        | ConnectError::Refused
        | ConnectError::Socket(_)
        | ConnectError::NotTls { .. }
        | ConnectError::Certificate(_)
        | ConnectError::Protocol(_) => Fate::Failed(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { max_response: 1024 };

    #[test]
    fn waits_for_a_whole_message() {
        let message = [0x42, 0x00, 0x7B, 0x01, 0, 0, 0, 2, 9, 9];
        for cut in 0..message.len() {
            assert_eq!(frame(message.get(..cut).unwrap_or_default(), LIMITS), Frame::More, "cut at {cut}");
        }
        assert_eq!(frame(&message, LIMITS), Frame::Whole(10));
    }

    #[test]
    fn refuses_a_length_above_the_limit_from_the_header_alone() {
        let refused = frame(&[0x42, 0x00, 0x7B, 0x01, 0xFF, 0xFF, 0xFF, 0xFF], LIMITS);
        let Frame::Refused(why) = refused else { panic!("not refused: {refused:?}") };
        assert_eq!(why, "the answer declares 4294967303 bytes, above the limit of 1024");
    }

    #[test]
    fn refuses_what_is_not_ttlv_from_the_first_byte() {
        let Frame::Refused(why) = frame(b"HTTP/1.1 400", LIMITS) else { panic!("not refused") };
        assert!(why.contains("plain HTTP"), "{why}");
        assert!(matches!(frame(b"x", LIMITS), Frame::Refused(_)));
        assert!(matches!(frame(&[0x42, 0, 0x7B, 0x02], LIMITS), Frame::Refused(_)));
    }
}
