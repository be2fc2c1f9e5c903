//! HTTP requests of a peer that came to us, passed on to another one, and its responses passed back: heads and bodies as they
//! are, but for what belongs to one connection (Host, Connection and what it names, Expect, trailers).

use super::connection::{Connection, Frame, Limits, fate_of_connect, frame};
use super::encoding::Encoding;
use super::https::{Head, MAX_HEAD, quoted, read};
use super::target::Target;
use super::tls::Accepted;
use crate::runner::event::Fate;
use crate::runner::{Stop, now};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST, HeaderMap, HeaderName, HeaderValue, UPGRADE,
};
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::fmt;
use std::pin::pin;
use std::time::Instant;
use tokio::sync::Mutex;
use tokio::time::timeout;

/// What the head of a request says, as far as KMIP has rules about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestHead {
    /// The method.
    pub method: String,
    /// Content-Length; none where the body came in chunks.
    pub content_length: Option<u64>,
    /// Cache-Control, its first characters.
    pub cache_control: Option<String>,
}

/// A request that was passed on, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed {
    /// Seconds since 1970 when the request came.
    pub at: i64,
    /// How both are written.
    pub encoding: Encoding,
    /// The request as TTLV, or its body where it is no message.
    pub request: Vec<u8>,
    /// Why it is no message.
    pub unread: Option<String>,
    /// Its head.
    pub head: RequestHead,
    /// The answer as TTLV, or what came of one.
    pub answer: Vec<u8>,
    /// How it ended.
    pub fate: Fate,
    /// The head of the response, where one came.
    pub response: Option<Head>,
}

/// Where requests go.
pub struct Onward<'a> {
    target: &'a Target,
    identity: &'a str,
    connection: Mutex<Option<Connection>>,
    note: &'a Note<'a>,
}

/// Who is told of each request: with its response, before that goes back, or why it was not passed on.
pub type Note<'a> = dyn Fn(Result<Passed, String>) + Send + Sync + 'a;

impl fmt::Debug for Onward<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Onward").field("identity", &self.identity).finish_non_exhaustive()
    }
}

impl<'a> Onward<'a> {
    /// To this server as this identity, first on a connection that is open.
    pub fn new(target: &'a Target, identity: &'a str, open: Option<Connection>, note: &'a Note<'a>) -> Self {
        Self { target, identity, connection: Mutex::new(open), note }
    }

    /// Passes on what a peer asks, until it leaves or `stop` is asked; why it ended, where that was not in order.
    pub async fn serve(&self, peer: Accepted, stop: &Stop) -> Result<(), String> {
        let service = service_fn(|request| async move { Ok::<_, Infallible>(self.pass(request).await) });
        let mut builder = http1::Builder::new();
        builder
            .header_read_timeout(None)
            .half_close(true)
            .max_buf_size(MAX_HEAD)
            .preserve_header_case(true)
            .auto_date_header(false);
        let mut connection = pin!(builder.serve_connection(TokioIo::new(peer), service));
        let ended = tokio::select! {
            ended = connection.as_mut() => Some(ended),
            () = stop.asked() => {
                connection.as_mut().graceful_shutdown();
                // What never becomes whole, or is not read, is waited for no longer than an answer is.
                timeout(self.target.timeouts.exchange, connection).await.ok()
            }
        };
        // A request that is still on its way has it, and keeps it.
        let open = self.connection.try_lock().ok().and_then(|mut place| place.take());
        if let Some(open) = open {
            open.close().await;
        }
        match ended {
            None => Err("a request was not whole, or its response not read, when it was time to end".to_owned()),
            Some(Err(e)) if e.is_incomplete_message() => Err("the connection was closed within a request".to_owned()),
            Some(Err(e)) if !e.is_closed() => Err(format!("no HTTP could be read: {e}")),
            _ => Ok(()),
        }
    }

    /// One request, and its response.
    async fn pass(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let at = now();
        let (parts, body) = request.into_parts();
        let limit = self.target.limits.max_response;
        let body = match Limited::new(body, limit).collect().await {
            Ok(body) => body.to_bytes(),
            Err(e) => {
                let (status, why) = if e.is::<LengthLimitError>() {
                    (StatusCode::PAYLOAD_TOO_LARGE, format!("more than {limit} bytes are not passed on"))
                } else {
                    (StatusCode::BAD_REQUEST, format!("the body could not be read: {e}"))
                };
                let answered = format!("it was answered with HTTP status {}", status.as_u16());
                (self.note)(Err(format!("a request was not passed on: {why}; {answered}")));
                return refused(status, &why);
            }
        };
        let head = RequestHead::of(&parts);
        let (encoding, message) = message_of(&parts.headers, &body, self.target.limits);
        let (request, unread) = match message {
            Ok(message) => (message, None),
            Err(why) => (body.to_vec(), Some(why)),
        };
        let mut passed =
            Passed { at, encoding, request, unread, head, answer: Vec::new(), fate: Fate::Answered, response: None };
        let response = match self.forward(parts, body).await {
            Ok(response) => {
                let (answer, fate, head) = read(response.clone(), encoding, self.target.limits).await;
                (passed.answer, passed.fate, passed.response) = (answer, fate, Some(head));
                without_hops(response)
            }
            Err(fate) => {
                let why = format!("{}: {}", self.target.name, fate.told());
                passed.fate = fate;
                refused(StatusCode::BAD_GATEWAY, &why)
            }
        };
        (self.note)(Ok(passed));
        response
    }

    /// Sends a request to the server, and takes the whole response.
    async fn forward(&self, mut parts: Parts, body: Bytes) -> Result<Response<Full<Bytes>>, Fate> {
        hops(&mut parts.headers);
        parts.headers.remove(EXPECT);
        let authority = HeaderValue::from_str(&self.target.address);
        parts.headers.insert(HOST, authority.map_err(|e| Fate::Failed(e.to_string()))?);
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        parts.uri = path.parse().map_err(|e| Fate::Failed(format!("the path cannot be passed on: {e}")))?;
        let mut place = self.connection.lock().await;
        let mut idle = place.take();
        let fresh = match &mut idle {
            Some(open) => open.is_fresh().await,
            None => false,
        };
        let mut connection = match idle.filter(|_| fresh) {
            Some(open) => open,
            None => {
                let opened = self.target.connect_in(self.identity, Encoding::Https).await;
                opened.map_err(|e| fate_of_connect(&e))?
            }
        };
        let deadline = Instant::now() + self.target.timeouts.exchange;
        let response = connection.pass(Request::from_parts(parts, Full::new(body)), deadline).await?;
        *place = Some(connection);
        Ok(response)
    }
}

impl RequestHead {
    fn of(parts: &Parts) -> Self {
        let text = |name| parts.headers.get(name).and_then(|v: &HeaderValue| v.to_str().ok()).map(str::trim);
        Self {
            method: parts.method.to_string(),
            content_length: text(CONTENT_LENGTH).and_then(|length| length.parse().ok()),
            cache_control: text(CACHE_CONTROL).map(|value| value.chars().take(120).collect()),
        }
    }
}

/// The message of a request, and how it is written; what is written in no known way is taken for TTLV.
fn message_of(headers: &HeaderMap, body: &[u8], limits: Limits) -> (Encoding, Result<Vec<u8>, String>) {
    let Some(sent) = headers.get(CONTENT_TYPE) else {
        return (Encoding::Https, Err("a request without Content-Type".to_owned()));
    };
    let essence = sent.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let named = [Encoding::Https, Encoding::Xml, Encoding::Json];
    let named = named.into_iter().find(|e| essence.eq_ignore_ascii_case(e.media_type()));
    let Some(encoding) = named else {
        return (Encoding::Https, Err(format!("a request with Content-Type {}", quoted(sent.as_bytes()))));
    };
    let message = match encoding {
        Encoding::Ttlv | Encoding::Https => match frame(body, limits) {
            Frame::Whole(_) => Ok(body.to_vec()),
            Frame::More => Err(format!("the body ends within a message, after {} bytes", body.len())),
            Frame::Refused(why) => Err(why.replacen("the answer", "the body", 1)),
        },
        Encoding::Xml | Encoding::Json => encoding.message(body, limits.max_response),
    };
    (encoding, message)
}

/// Takes out what a head says of its own connection only.
fn hops(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    let fixed = [CONNECTION, UPGRADE, HeaderName::from_static("keep-alive")];
    for name in fixed.into_iter().chain(named) {
        headers.remove(name);
    }
}

fn without_hops(mut response: Response<Full<Bytes>>) -> Response<Full<Bytes>> {
    hops(response.headers_mut());
    response
}

/// Our own word, where the server has none.
fn refused(status: StatusCode, why: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(format!("kmipspec observe: {why}\n"))));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
