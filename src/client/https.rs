//! KMIP as HTTP requests over an established TLS connection (Additional Message Encodings 1.0 §2, Profiles 2.1 §5.3).
//!
//! hyper does the HTTP. It is driven from inside each exchange, so that a deadline ends all of it and nothing runs beside.

use super::connection::{Frame, Limits, fate_of, frame};
use super::encoding::Encoding;
use super::tls::Stream;
use crate::runner::event::Fate;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Body, Bytes};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST, HeaderMap, TRANSFER_ENCODING,
};
use hyper::http::Error as Unwritable;
use hyper::{Method, Request, Response, StatusCode, Version};
use hyper_util::rt::TokioIo;
use std::error::Error;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};

/// Bytes that a status line with its header may take; a peer that sends more is no peer.
pub(super) const MAX_HEAD: usize = 64 << 10;
/// How long the text behind an HTTP error is waited for.
const EXPLANATION: Duration = Duration::from_millis(250);
/// Characters of that text that are shown.
const SHOWN: usize = 120;

/// Where and how requests are posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// Encoding of the bodies.
    pub encoding: Encoding,
    /// The path of the target URI.
    pub path: String,
    /// `host:port`, for the Host field.
    pub authority: String,
}

/// What of a request is not as clients have to write it; nothing by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Of HTTP/1.0.
    pub old: bool,
    /// Another method than POST.
    pub method: Option<String>,
    /// Another path than the target's.
    pub path: Option<String>,
    /// Another media type than that of the body.
    pub content_type: Option<String>,
    /// The body comes in chunks, without Content-Length.
    pub chunked: bool,
    /// With `Expect: 100-continue`; the body follows at once.
    pub expect_continue: bool,
}

impl Shape {
    /// For people; none where there is nothing to tell.
    pub fn told(&self) -> Option<String> {
        let mut parts = Vec::new();
        parts.extend(self.old.then(|| "of version 1.0".to_owned()));
        parts.extend(self.method.as_ref().map(|method| format!("with the method {method}")));
        parts.extend(self.path.as_ref().map(|path| format!("to {path}")));
        parts.extend(self.content_type.as_ref().map(|media_type| format!("as {media_type}")));
        parts.extend(self.chunked.then(|| "in chunks, without Content-Length".to_owned()));
        parts.extend(self.expect_continue.then(|| "with Expect: 100-continue".to_owned()));
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

type Driver = Pin<Box<http1::Connection<TokioIo<Stream>, Full<Bytes>>>>;

/// What the head of an HTTP response says, as far as KMIP has rules about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The status code.
    pub status: u16,
    /// Content-Length; none where the body came in chunks or ended with the connection.
    pub content_length: Option<u64>,
    /// Cache-Control, its first characters.
    pub cache_control: Option<String>,
    /// Content-Type, its first characters.
    pub content_type: Option<String>,
    /// The media type it has to have, which is that of the request.
    pub media_type: &'static str,
}

/// HTTP/1.1, or HTTP/1.0 where it is asked for, over a TLS connection.
#[derive(Debug)]
pub(super) struct Https {
    sender: SendRequest<Full<Bytes>>,
    /// Gone once the connection has ended.
    driver: Option<Driver>,
    /// What ended it, where it was not an orderly end.
    broken: Option<hyper::Error>,
    post: Post,
    /// How requests are written.
    shape: Shape,
}

/// What an exchange came to.
enum End {
    /// A whole message, as TTLV.
    Message(Vec<u8>),
    /// HTTP, but no message, and why.
    NoMessage(String),
}

impl Https {
    /// Takes the TLS connection over; nothing is sent yet.
    pub(super) async fn over(stream: Stream, post: Post) -> Result<Self, hyper::Error> {
        let (sender, driver) = http1::Builder::new()
            .max_buf_size(MAX_HEAD)
            .preserve_header_case(true)
            .handshake::<_, Full<Bytes>>(TokioIo::new(stream))
            .await?;
        Ok(Self { sender, driver: Some(Box::pin(driver)), broken: None, post, shape: Shape::default() })
    }

    /// The encoding of the bodies.
    pub(super) fn encoding(&self) -> Encoding {
        self.post.encoding
    }

    /// How requests are written from here on.
    pub(super) fn shape(&mut self, shape: Shape) {
        self.shape = shape;
    }

    /// A request with this body.
    fn request(&self, body: Vec<u8>) -> Result<Request<Full<Bytes>>, Unwritable> {
        let (post, shape) = (&self.post, &self.shape);
        let method = shape.method.as_deref().map_or(Ok(Method::POST), str::parse)?;
        let mut request = Request::builder()
            .method(method)
            .uri(shape.path.as_deref().unwrap_or(&post.path))
            .version(if shape.old { Version::HTTP_10 } else { Version::HTTP_11 })
            .header(HOST, post.authority.as_str())
            .header(CONTENT_TYPE, shape.content_type.as_deref().unwrap_or(post.encoding.media_type()))
            .header(CACHE_CONTROL, "no-cache");
        if shape.chunked {
            request = request.header(TRANSFER_ENCODING, "chunked");
        }
        if shape.expect_continue {
            request = request.header(EXPECT, "100-continue");
        }
        request.body(Full::new(Bytes::from(body)))
    }

    /// Whether the connection is open and has said nothing unasked for. Does not wait.
    pub(super) async fn is_fresh(&mut self) -> bool {
        drive(&mut self.driver, &mut self.broken, std::future::ready(())).await;
        self.driver.is_some() && !self.sender.is_closed()
    }

    /// Posts a message. What came is returned as TTLV where it is a message, else as it came; with the head of the response.
    pub(super) async fn exchange(
        &mut self,
        message: &[u8],
        limits: Limits,
        deadline: Instant,
    ) -> (Vec<u8>, Fate, Option<Head>) {
        let body = match self.post.encoding.body(message) {
            Ok(body) => body,
            Err(unsayable) => return (Vec::new(), Fate::Failed(unsayable.to_string()), None),
        };
        let request = match self.request(body) {
            Ok(request) => request,
            Err(e) => return (Vec::new(), Fate::Failed(format!("the request cannot be made: {e}")), None),
        };
        let (mut received, mut head) = (Vec::new(), None);
        let (sender, encoding) = (&mut self.sender, self.post.encoding);
        let work = async {
            sender.ready().await?;
            let response = sender.send_request(request).await?;
            head = Some(Head::of(&response, encoding));
            take(response, encoding, limits, &mut received).await
        };
        let outcome = timeout_at(deadline, drive(&mut self.driver, &mut self.broken, work)).await;
        match outcome {
            Err(_) => {
                let after = received.len();
                (received, Fate::TimedOut { after }, head)
            }
            Ok(Ok(End::Message(message))) => (message, Fate::Answered, head),
            Ok(Ok(End::NoMessage(why))) => (received, Fate::NotTtlv(why), head),
            Ok(Err(error)) => {
                let after = received.len();
                (received, self.fate(error, after), head)
            }
        }
    }

    /// Sends a request of somebody else as it is, and takes the whole response, whatever it says.
    pub(super) async fn pass(
        &mut self,
        request: Request<Full<Bytes>>,
        limits: Limits,
        deadline: Instant,
    ) -> Result<Response<Full<Bytes>>, Fate> {
        let sender = &mut self.sender;
        let work = async {
            sender.ready().await?;
            let (head, body) = sender.send_request(request).await?.into_parts();
            let body = Limited::new(body, limits.max_response).collect().await?;
            Ok(Response::from_parts(head, Full::new(body.to_bytes())))
        };
        let outcome: Result<Result<_, Box<dyn Error + Send + Sync>>, _> =
            timeout_at(deadline, drive(&mut self.driver, &mut self.broken, work)).await;
        match outcome {
            Err(_) => Err(Fate::TimedOut { after: 0 }),
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(match error.downcast::<hyper::Error>() {
                Ok(error) => self.fate(*error, 0),
                Err(_) => {
                    Fate::Failed(format!("the HTTP body goes on beyond the limit of {} bytes", limits.max_response))
                }
            }),
        }
    }

    /// How a failure looks in a transcript: the request only knows that the connection ended, the connection knows why.
    fn fate(&mut self, error: hyper::Error, after: usize) -> Fate {
        let cause = self.broken.take().filter(|_| error.is_canceled() || error.is_closed()).unwrap_or(error);
        fate_of_http(&cause, after)
    }

    /// Ends the connection in order, as far as the peer plays along.
    pub(super) async fn close(self) {
        let Self { sender, driver, .. } = self;
        drop(sender);
        if let Some(driver) = driver {
            let _ = timeout(Duration::from_millis(200), driver).await;
        }
    }
}

impl Head {
    fn of<B>(response: &Response<B>, encoding: Encoding) -> Self {
        let text = |name| response.headers().get(name).map(|v| String::from_utf8_lossy(v.as_bytes()).trim().to_owned());
        let short = |value: String| value.chars().take(SHOWN).collect();
        Self {
            status: response.status().as_u16(),
            content_length: text(CONTENT_LENGTH).and_then(|length| length.parse().ok()),
            cache_control: text(CACHE_CONTROL).map(short),
            content_type: text(CONTENT_TYPE).map(short),
            media_type: encoding.media_type(),
        }
    }

    /// Whether Content-Type says what the body is.
    pub fn says_its_type(&self) -> bool {
        is_of_type(self.content_type.as_deref().unwrap_or_default(), self.media_type)
    }
}

/// Runs a future to its end, and the connection beside it.
async fn drive<F: Future>(driver: &mut Option<Driver>, broken: &mut Option<hyper::Error>, future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|cx| {
        if let Some(connection) = driver
            && let Poll::Ready(ended) = connection.as_mut().poll(cx)
        {
            *driver = None;
            *broken = ended.err();
        }
        future.as_mut().poll(cx)
    })
    .await
}

/// Reads a response. `received` is what came of its body, in case of a failure or a time limit.
async fn take<B: Body<Data = Bytes> + Unpin>(
    response: Response<B>,
    encoding: Encoding,
    limits: Limits,
    received: &mut Vec<u8>,
) -> Result<End, B::Error> {
    let (head, mut body) = response.into_parts();
    // A message under another status is a message all the same; that the status is wrong is a rule of its own.
    if head.status != StatusCode::OK && wrong_type(&head.headers, encoding).is_some() {
        let said = match timeout(EXPLANATION, body.frame()).await {
            Ok(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
            _ => Bytes::new(),
        };
        received.extend(said.iter().take(limits.max_response));
        return Ok(End::NoMessage(format!("HTTP status {}{}", head.status, shown(&said))));
    }
    // The same goes for a message under another name, as far as it is known where it ends.
    let wrong = wrong_type(&head.headers, encoding);
    if let Some(why) = wrong.as_ref().filter(|_| is_coded(&head.headers) || body.size_hint().exact().is_none()) {
        return Ok(End::NoMessage(why.clone()));
    }
    let limit = limits.max_response;
    let declared = body.size_hint().lower();
    if usize::try_from(declared).map_or(true, |size| size > limit) {
        return Ok(End::NoMessage(format!("the HTTP body has {declared} bytes, above the limit of {limit}")));
    }
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        if data.len() > limit.saturating_sub(received.len()) {
            return Ok(End::NoMessage(format!("the HTTP body goes on beyond the limit of {limit} bytes")));
        }
        received.extend_from_slice(&data);
    }
    let end = match encoding {
        Encoding::Ttlv | Encoding::Https => match frame(received, limits) {
            Frame::Whole(_) => End::Message(std::mem::take(received)),
            Frame::More => {
                End::NoMessage(format!("the HTTP body ends within a message, after {} bytes", received.len()))
            }
            Frame::Refused(why) => End::NoMessage(why),
        },
        Encoding::Xml | Encoding::Json => match encoding.message(received, limit) {
            Ok(message) => End::Message(message),
            Err(why) => End::NoMessage(why),
        },
    };
    Ok(match (end, wrong) {
        (End::NoMessage(_), Some(why)) => End::NoMessage(why),
        (end, _) => end,
    })
}

/// A whole response as an answer: TTLV where it is a message, else what came of one; with its head.
pub(super) async fn read(response: Response<Full<Bytes>>, encoding: Encoding, limits: Limits) -> (Vec<u8>, Fate, Head) {
    let head = Head::of(&response, encoding);
    let mut received = Vec::new();
    match take(response, encoding, limits, &mut received).await {
        Ok(End::Message(message)) => (message, Fate::Answered, head),
        Ok(End::NoMessage(why)) => (received, Fate::NotTtlv(why), head),
        Err(never) => match never {},
    }
}

/// Whether the body is packed.
fn is_coded(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_ENCODING).is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// Whether a Content-Type is this media type, whatever its parameters.
fn is_of_type(sent: &str, wanted: &str) -> bool {
    sent.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(wanted)
}

/// What is wrong with the media type or the coding of a response.
fn wrong_type(headers: &HeaderMap, encoding: Encoding) -> Option<String> {
    let wanted = encoding.media_type();
    if let Some(coding) = headers.get(CONTENT_ENCODING).filter(|_| is_coded(headers)) {
        return Some(format!("the response has Content-Encoding {coding:?}, which nobody asked for"));
    }
    let Some(sent) = headers.get(CONTENT_TYPE) else {
        return Some(format!("the response has no Content-Type; it has to be {wanted}"));
    };
    let right = is_of_type(sent.to_str().unwrap_or_default(), wanted);
    (!right).then(|| format!("the response has Content-Type {}; it has to be {wanted}", quoted(sent.as_bytes())))
}

/// The text of an HTTP error, in brackets, where it is one.
fn shown(body: &[u8]) -> String {
    if body.trim_ascii().is_empty() { String::new() } else { format!(" ({})", quoted(body)) }
}

/// The first characters of a text that a peer has sent.
pub(super) fn quoted(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes.get(..SHOWN * 4).unwrap_or(bytes));
    let short: String = text.trim().chars().take(SHOWN).collect();
    format!("{short:?}")
}

/// How a failure of the HTTP library looks in a transcript.
fn fate_of_http(error: &hyper::Error, after: usize) -> Fate {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(io) = inner.downcast_ref::<io::Error>() {
            return fate_of(io, after);
        }
        cause = inner.source();
    }
    if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
        return Fate::Closed { after };
    }
    if error.is_parse() {
        return Fate::NotTtlv(format!("the answer is no HTTP/1.1 response: {error}"));
    }
    Fate::Failed(format!("HTTP: {error}"))
}
