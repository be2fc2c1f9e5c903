//! How a message gets to a client and its answer back: framed TTLV on any stream, or HTTPS with the server as the client.

use super::PushEncoding;
use crate::config::ServerLimits;
use crate::connection::{Frame, call, is_quiet};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HOST};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use kmipspec_protocol::encoding::{json, xml};
use kmipspec_protocol::ttlv::{Doc, Limits};
use std::fmt;
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::time::timeout;

/// A stream in both directions.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Duplex for S {}

/// Why a message has no answer.
#[derive(Debug)]
pub(super) enum WireError {
    /// Reading or writing failed.
    Io(io::Error),
    /// No answer in time.
    TimedOut,
    /// Closed in place of an answer.
    Closed,
    /// The answer is longer than we take.
    TooLong,
    /// The HTTP library gave up.
    Http(hyper::Error),
    /// An HTTP error.
    Status(StatusCode),
    /// The message has no form in the encoding, or the answer is none in it.
    Encoding(String),
    /// The answer is no Response Message about what was asked.
    NoAnswer,
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(e) => write!(f, "{e}"),
            Self::TimedOut => write!(f, "no answer in time"),
            Self::Closed => write!(f, "closed without an answer"),
            Self::TooLong => write!(f, "the answer is too long"),
            Self::Http(e) => write!(f, "HTTP: {e}"),
            Self::Status(status) => write!(f, "HTTP status {status}"),
            Self::Encoding(why) => write!(f, "{why}"),
            Self::NoAnswer => write!(f, "what came is no answer to what was asked"),
        }
    }
}

impl From<io::Error> for WireError {
    fn from(e: io::Error) -> Self {
        Self::Io(e)
    }
}

impl From<hyper::Error> for WireError {
    fn from(e: hyper::Error) -> Self {
        Self::Http(e)
    }
}

/// One way to a client.
pub(super) enum Wire<'a> {
    /// Messages one after the other.
    Ttlv(Box<dyn Duplex + 'a>),
    /// HTTPS.
    Https {
        /// Sends requests over the connection.
        sender: SendRequest<Full<Bytes>>,
        /// Host and port.
        authority: String,
        /// The target URI.
        path: String,
        /// The encoding of bodies.
        encoding: PushEncoding,
    },
}

impl Wire<'static> {
    /// HTTP over a stream; a task of its own does the reading and ends with the connection.
    pub(super) async fn https(
        stream: impl Duplex + 'static,
        authority: &str,
        path: &str,
        encoding: PushEncoding,
    ) -> Result<Self, WireError> {
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // Its end shows up in the next request.
        tokio::spawn(async move { drop(connection.await) });
        Ok(Self::Https { sender, authority: authority.to_owned(), path: path.to_owned(), encoding })
    }
}

impl Wire<'_> {
    /// Sends one message and waits for the answer, within the time of an exchange.
    pub(super) async fn exchange(&mut self, message: &[u8], limits: &ServerLimits) -> Result<Vec<u8>, WireError> {
        let exchange = async {
            match self {
                Self::Ttlv(stream) => match call(stream, message, limits.message_size).await? {
                    (Frame::Whole, answer) => Ok(answer),
                    (Frame::TooLong, _) => Err(WireError::TooLong),
                    (Frame::Cut, _) => Err(WireError::Closed),
                },
                Self::Https { sender, authority, path, encoding } => {
                    post(sender, authority, path, *encoding, message, limits.message_size).await
                }
            }
        };
        timeout(limits.transfer, exchange).await.map_err(|_| WireError::TimedOut)?
    }

    /// Whether an idle way is still there: nothing has come and nobody has closed. HTTP finds out by itself.
    pub(super) async fn is_quiet(&mut self) -> bool {
        match self {
            Self::Ttlv(stream) => is_quiet(stream).await,
            Self::Https { sender, .. } => sender.ready().await.is_ok(),
        }
    }

    /// Ends when something comes though nothing was asked, or the other side closes.
    pub(super) async fn disturbed(&mut self) {
        match self {
            Self::Ttlv(stream) => drop(stream.read(&mut [0; 1]).await),
            Self::Https { .. } => std::future::pending().await,
        }
    }
}

/// One POST (Additional Message Encodings 1.0 §2.4: what a client sends; here the server is one).
async fn post(
    sender: &mut SendRequest<Full<Bytes>>,
    authority: &str,
    path: &str,
    encoding: PushEncoding,
    message: &[u8],
    limit: usize,
) -> Result<Vec<u8>, WireError> {
    let media_type = match encoding {
        PushEncoding::Ttlv => "application/octet-stream",
        PushEncoding::Xml => "text/xml",
        PushEncoding::Json => "application/json",
    };
    let body = to_form(encoding, message)?;
    let request = Request::post(path)
        .header(HOST, authority)
        .header(CONTENT_TYPE, media_type)
        .header(CACHE_CONTROL, "no-cache")
        .body(Full::new(Bytes::from(body)))
        .map_err(|e| WireError::Encoding(e.to_string()))?;
    sender.ready().await?;
    let response = sender.send_request(request).await?;
    if response.status() != StatusCode::OK {
        return Err(WireError::Status(response.status()));
    }
    let body =
        Limited::new(response.into_body(), limit).collect().await.map_err(|e| match e.is::<LengthLimitError>() {
            true => WireError::TooLong,
            false => WireError::Closed,
        })?;
    from_form(encoding, &body.to_bytes(), limit)
}

/// A message in its encoding.
fn to_form(encoding: PushEncoding, message: &[u8]) -> Result<Vec<u8>, WireError> {
    let doc = Doc::lenient(message, &Limits::default());
    match encoding {
        PushEncoding::Ttlv => Ok(message.to_vec()),
        PushEncoding::Xml => xml::write(&doc).map(String::into_bytes).map_err(|e| WireError::Encoding(e.to_string())),
        PushEncoding::Json => json::write(&doc).map(String::into_bytes).map_err(|e| WireError::Encoding(e.to_string())),
    }
}

/// TTLV of an answer.
fn from_form(encoding: PushEncoding, body: &[u8], limit: usize) -> Result<Vec<u8>, WireError> {
    let limits = Limits { max_size: limit, ..Limits::default() };
    let text = || std::str::from_utf8(body).map_err(|e| WireError::Encoding(e.to_string()));
    match encoding {
        PushEncoding::Ttlv => Ok(body.to_vec()),
        PushEncoding::Xml => {
            xml::read(text()?, &limits).map(|i| i.encode()).map_err(|e| WireError::Encoding(e.to_string()))
        }
        PushEncoding::Json => {
            json::read(text()?, &limits).map(|i| i.encode()).map_err(|e| WireError::Encoding(e.to_string()))
        }
    }
}
