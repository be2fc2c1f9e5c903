//! KMIP over HTTPS on the port of raw TTLV: POST with a TTLV, XML or JSON body (Additional Message Encodings 1.0 §2, Profiles 2.1 §5.3).
//!
//! Where the texts are silent: another path is 404, another method 405, another media type or a coded body 415, a body beyond the
//! limit 413, one that stops half way 400. Chunked bodies are taken, though clients have to send Content-Length.

use crate::connection::{ConnectionError, READ, Rewound, WRITE};
use crate::dispatch::{Answer, Core};
use crate::peer::Peer;
use crate::seats::{Activity, Seat};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::header::{ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, Version};
use hyper_util::rt::TokioIo;
use kmipspec_protocol::encoding::{json, xml};
use kmipspec_protocol::registry::{ResultStatus, tag};
use kmipspec_protocol::ttlv::{Doc, ItemRef, Limits};
use std::convert::Infallible;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;

/// Bytes that a request line with its header may take.
const MAX_HEAD: usize = 64 << 10;
/// Bytes of a body nobody wants that are read all the same, so that the refusal is not lost to a reset.
const MAX_UNWANTED: usize = 1 << 20;

/// Whether the first two bytes of a connection are the start of an HTTP request: letters. A first byte of 42 is that of every
/// KMIP message, whatever a damaged one has after it, and of no method that is served.
pub(crate) fn is_http(start: [u8; 2]) -> bool {
    let [first, second] = start;
    first != 0x42 && first.is_ascii_alphabetic() && (second.is_ascii_alphabetic() || second == b'-')
}

/// Serves HTTP/1.0 and HTTP/1.1 requests until the peer closes, a limit is reached, or the server stops.
pub(crate) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    stream: Rewound<S>,
    core: &Core,
    peer: &Peer,
    seat: &Seat,
    mut stopped: watch::Receiver<bool>,
) -> Result<(), ConnectionError> {
    let limits = &core.config().limits;
    let service = service_fn(|request| async move { Ok::<_, Infallible>(exchange(request, core, peer, seat).await) });
    let mut builder = http1::Builder::new();
    // Time is watched here, for silent, slow and stuck peers alike.
    builder.header_read_timeout(None).half_close(true).max_buf_size(MAX_HEAD);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(Watched { stream, seat }), service));
    let mut leaving = false;
    loop {
        let deadline = seat.deadline(limits);
        let overdue = async {
            match deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                // Looked at again as soon as the answer is there.
                None => tokio::time::sleep(limits.transfer).await,
            }
        };
        tokio::select! {
            done = connection.as_mut() => return done.map_err(ConnectionError::Http),
            _ = stopped.wait_for(|stop| *stop), if !leaving => {
                leaving = true;
                connection.as_mut().graceful_shutdown();
            }
            () = seat.wanted(), if !leaving => {
                if seat.activity() != Activity::Idle {
                    return Err(ConnectionError::Evicted);
                }
                leaving = true;
                connection.as_mut().graceful_shutdown();
            }
            () = overdue => {
                let late = seat.deadline(limits).is_some_and(|deadline| deadline <= tokio::time::Instant::now());
                match seat.activity() {
                    _ if !late => {}
                    Activity::Idle => return Ok(()),
                    Activity::Writing => return Err(ConnectionError::TimedOut(WRITE)),
                    _ => return Err(ConnectionError::TimedOut(READ)),
                }
            }
        }
    }
}

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    /// Bytes as on a raw connection.
    Ttlv,
    /// Additional Message Encodings 1.0 §5, Profiles 2.1 §5.5.
    Xml,
    /// Additional Message Encodings 1.0 §4, Profiles 2.1 §5.4.
    Json,
}

impl Encoding {
    /// All, with their media types.
    const ALL: [(Self, &'static str); 3] =
        [(Self::Ttlv, "application/octet-stream"), (Self::Xml, "text/xml"), (Self::Json, "application/json")];

    /// What Content-Type names; a character set other than UTF-8 is none of ours.
    fn of(headers: &HeaderMap) -> Option<Self> {
        let mut parts = headers.get(CONTENT_TYPE)?.to_str().ok()?.split(';').map(str::trim);
        let essence = parts.next()?;
        let (encoding, _) = Self::ALL.into_iter().find(|(_, name)| essence.eq_ignore_ascii_case(name))?;
        let foreign = parts.filter_map(|parameter| parameter.split_once('=')).any(|(name, value)| {
            name.trim().eq_ignore_ascii_case("charset")
                && !["utf-8", "us-ascii"].iter().any(|known| value.trim().trim_matches('"').eq_ignore_ascii_case(known))
        });
        (!foreign || encoding == Self::Ttlv).then_some(encoding)
    }

    /// Its media type.
    fn media_type(self) -> &'static str {
        match self {
            Self::Ttlv => "application/octet-stream",
            Self::Xml => "text/xml",
            Self::Json => "application/json",
        }
    }
}

/// One request to one response.
async fn exchange(request: Request<Incoming>, core: &Core, peer: &Peer, seat: &Seat) -> Response<Told> {
    let quirks = &core.config().quirks;
    let too_old = quirks.has("http-1-0-is-refused") && request.version() == Version::HTTP_10;
    let accepted = match accept(request, core.config().limits.message_size, &core.config().http_path).await {
        Ok(_) if too_old => Err(refuse(StatusCode::HTTP_VERSION_NOT_SUPPORTED, "HTTP/1.1 is spoken here")),
        accepted => accepted,
    };
    let mut response = match accepted {
        Ok((encoding, body)) => {
            seat.set(Activity::Answering);
            core.services().metrics.messages.add();
            let answer = answer(encoding, &body, core, peer).await;
            let failed = quirks.has("http-status-of-failure") && failed(&answer.bytes);
            let mut response = Response::new(Full::new(Bytes::from(answer.bytes)));
            if failed {
                *response.status_mut() = StatusCode::BAD_REQUEST;
            }
            let plain = quirks.has("http-type-is-plain-text");
            let media_type = if plain { "text/plain" } else { encoding.media_type() };
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
            if answer.close {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            response
        }
        Err(refusal) => {
            core.services().metrics.http_refused.add();
            tracing::debug!(connection = peer.connection, status = refusal.status().as_u16(), "HTTP request refused");
            refusal
        }
    };
    seat.set(Activity::Writing);
    if !quirks.has("http-without-cache-control") {
        // Both sides have to forbid caching (Profiles 2.1 §5.3.2).
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
    let counted = !quirks.has("http-without-content-length");
    response.map(|body| Told { body, counted })
}

/// Whether a TTLV message says that something failed.
fn failed(message: &[u8]) -> bool {
    let doc = Doc::lenient(message, &Limits::default());
    let item = doc.root().and_then(|message| message.child(tag::BATCH_ITEM));
    item.and_then(|item| item.child(tag::RESULT_STATUS)).and_then(ItemRef::as_u32)
        == Some(ResultStatus::OPERATION_FAILED.0)
}

/// The body of a response.
struct Told {
    /// All of it.
    body: Full<Bytes>,
    /// Whether its length is told before it.
    counted: bool,
}

impl Body for Told {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn size_hint(&self) -> SizeHint {
        if self.counted { self.body.size_hint() } else { SizeHint::default() }
    }
}

/// The body of a request that carries a message, or the HTTP error.
async fn accept(
    request: Request<Incoming>,
    limit: usize,
    path: &str,
) -> Result<(Encoding, Bytes), Response<Full<Bytes>>> {
    let (head, body) = request.into_parts();
    let refusal = if head.uri.path() != path {
        Some(refuse(StatusCode::NOT_FOUND, format!("KMIP is at {path}")))
    } else if head.method != Method::POST {
        let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED, "KMIP requests use POST");
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        Some(response)
    } else if Encoding::of(&head.headers).is_none() || !is_plain(&head.headers) {
        let accepted = "application/octet-stream, text/xml or application/json in UTF-8, without Content-Encoding";
        Some(refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, accepted))
    } else {
        None
    };
    if let Some(refusal) = refusal {
        if body.size_hint().lower() <= MAX_UNWANTED as u64 {
            // Whether it could be read makes no difference any more.
            let _ = Limited::new(body, MAX_UNWANTED).collect().await;
        }
        return Err(refusal);
    }
    let too_large = || refuse(StatusCode::PAYLOAD_TOO_LARGE, format!("messages may have {limit} bytes"));
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large());
    }
    let encoding = Encoding::of(&head.headers).unwrap_or(Encoding::Ttlv);
    match Limited::new(body, limit).collect().await {
        Ok(whole) => Ok((encoding, whole.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(_) => Err(refuse(StatusCode::BAD_REQUEST, "the body could not be read to its end")),
    }
}

/// Whether the body is the message itself, neither packed nor encoded.
fn is_plain(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_ENCODING).is_none_or(|coding| coding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// An HTTP error with a sentence for people.
fn refuse(status: StatusCode, why: impl Into<String>) -> Response<Full<Bytes>> {
    let mut text = why.into();
    text.push('\n');
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// The answer to a body, in its encoding. Sizes inside messages are those of the TTLV form (Additional Message Encodings 1.0 §4, §5).
async fn answer(encoding: Encoding, body: &[u8], core: &Core, peer: &Peer) -> Answer {
    let limits = core.limits();
    let request = match encoding {
        Encoding::Ttlv => return core.answer(body, peer).await,
        Encoding::Xml | Encoding::Json => match read(encoding, body, limits) {
            Ok(request) => request,
            Err(why) => return written(encoding, core.refuse_body(body, why, peer), core),
        },
    };
    written(encoding, core.answer(&request, peer).await, core)
}

/// TTLV of a text.
fn read(encoding: Encoding, body: &[u8], limits: &Limits) -> Result<Vec<u8>, String> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let text =
        std::str::from_utf8(body).map_err(|e| format!("the body is not UTF-8 from byte {} on", e.valid_up_to()))?;
    let item = match encoding {
        Encoding::Xml => xml::read(text, limits).map_err(|e| format!("the body is no KMIP message in XML: {e}"))?,
        _ => json::read(text, limits).map_err(|e| format!("the body is no KMIP message in JSON: {e}"))?,
    };
    Ok(item.encode())
}

/// An answer as text. One that has no such form, a text with control characters in XML for example, becomes an error that has.
fn written(encoding: Encoding, answer: Answer, core: &Core) -> Answer {
    let text = |bytes: &[u8]| {
        let doc = Doc::lenient(bytes, &Limits::default());
        match encoding {
            Encoding::Xml => xml::write(&doc).map_err(|e| e.to_string()),
            _ => json::write(&doc).map_err(|e| e.to_string()),
        }
    };
    let bytes = match text(&answer.bytes) {
        Ok(text) => text.into_bytes(),
        Err(why) => {
            tracing::debug!(why, "the answer cannot be written in this encoding");
            let refusal = core.refuse_form("the answer cannot be written in this encoding".to_owned());
            text(&refusal.bytes).map(String::into_bytes).unwrap_or_default()
        }
    };
    Answer { bytes, close: answer.close }
}

/// A stream that notes at its seat when a request begins to arrive and when the answer is out.
struct Watched<'a, S> {
    /// The connection.
    stream: Rewound<S>,
    /// Its seat.
    seat: &'a Seat,
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<'_, S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        if buf.filled().len() > before && self.seat.activity() == Activity::Idle {
            self.seat.set(Activity::Reading);
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<'_, S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_flush(cx);
        if matches!(polled, Poll::Ready(Ok(()))) && self.seat.activity() == Activity::Writing {
            self.seat.set(Activity::Idle);
        }
        polled
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_tell_http_from_ttlv() {
        for http in [b"PO", b"GE", b"M-", b"PR", b"HE"] {
            assert!(is_http(*http), "{http:?}");
        }
        for other in [[0x42, 0x00], [0x54, 0x00], [0x16, 0x03], [0, 0], [0xff, 0xff], [0x42, 0x01], [0x42, 0x42]] {
            assert!(!is_http(other), "{other:?}");
        }
    }

    #[test]
    fn media_types_of_the_profiles_and_no_others() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_str(text).expect("a header"));
            Encoding::of(&headers)
        };
        assert_eq!(of("application/octet-stream"), Some(Encoding::Ttlv));
        assert_eq!(of("Text/XML; charset=\"UTF-8\""), Some(Encoding::Xml));
        assert_eq!(of("application/json;charset=utf-8"), Some(Encoding::Json));
        for other in ["text/xml; charset=utf-16", "text/plain", "application/xml", "", "application/jsonp"] {
            assert_eq!(of(other), None, "{other}");
        }
        assert_eq!(Encoding::of(&HeaderMap::new()), None);
    }
}
