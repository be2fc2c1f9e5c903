//! A target that misbehaves in one chosen way, over real sockets and real TLS.

use kmipspec_protocol::registry::{Operation, ResultStatus, tag};
use kmipspec_protocol::ttlv::{Doc, Item, ItemRef, Limits};
use kmipspec_reference_server::certificates::CertificateSet;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// What the target does.
#[derive(Clone, Debug)]
pub(crate) enum Behaviour {
    /// Accepts TCP connections and never says a word.
    SilentOnTcp,
    /// Answers whatever comes with an HTTP error, without TLS.
    PlainHttp,
    /// Closes each connection at once.
    ClosesAtOnce,
    /// TLS, then for each request this.
    Tls(Reply),
    /// TLS and a proper answer to Query; anything else gets this.
    AfterQuery(Reply),
    /// TLS and sound answers in which every text is this one: Query and Create succeed, the rest fails.
    Says(&'static str),
    /// TLS and a proper answer to the first request of each connection, which is closed a little later.
    OneAnswerEach,
    /// TLS and proper answers to so many requests, then nothing listens any more.
    DiesAfter(usize),
    /// TLS and a refusal of every request; one with this operation gets nothing, and nothing listens any more.
    DiesOf(Operation),
    /// TLS and a refusal of every request; one with this operation gets nothing.
    SilentTo(Operation),
    /// TLS, then for each HTTP request these bytes; the connection stays open.
    Http(Vec<u8>),
    /// The same, and the connection is closed.
    HttpThenClose(Vec<u8>),
    /// TLS, and after an HTTP request the first bytes, then the second ones again and again without end.
    HttpEndless(Vec<u8>, Vec<u8>),
    /// TLS and a proper answer to Query in an HTTP body of TTLV; anything else gets these bytes.
    HttpAfterQuery(Vec<u8>),
}

/// What is sent for a request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Nothing, and the connection stays open.
    Silence,
    /// These bytes, and the connection is closed.
    ThenClose(Vec<u8>),
    /// These bytes, and the connection stays open.
    ThenWait(Vec<u8>),
    /// The request itself.
    Echo,
    /// A byte of a long message now and then.
    Drip,
    /// A message with this much behind it.
    Trailing(usize),
}

/// The running target.
pub(crate) struct HostileTarget {
    pub(crate) address: SocketAddr,
    pub(crate) certificates: CertificateSet,
    /// Connections so far.
    pub(crate) reached: Arc<AtomicUsize>,
    _runtime: tokio::runtime::Runtime,
}

impl HostileTarget {
    /// Listens on a free port.
    pub(crate) fn start(behaviour: Behaviour) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let certificates = CertificateSet::generate().unwrap();
        let acceptor = acceptor(&certificates);
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let reached = Arc::new(AtomicUsize::new(0));
        runtime.spawn(serve(listener, acceptor, behaviour, Arc::clone(&reached)));
        Self { address, certificates, reached, _runtime: runtime }
    }
}

fn acceptor(certificates: &CertificateSet) -> TlsAcceptor {
    let chain = vec![CertificateDer::from_pem_slice(certificates.server.certificate.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(certificates.server.key.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

async fn serve(listener: TcpListener, acceptor: TlsAcceptor, behaviour: Behaviour, reached: Arc<AtomicUsize>) {
    let answered = Arc::new(AtomicUsize::new(0));
    let stop = Arc::new(tokio::sync::Notify::new());
    loop {
        let socket = tokio::select! {
            accepted = listener.accept() => accepted.unwrap().0,
            () = stop.notified() => return,
        };
        reached.fetch_add(1, Ordering::SeqCst);
        let (acceptor, behaviour, answered, stop) =
            (acceptor.clone(), behaviour.clone(), Arc::clone(&answered), Arc::clone(&stop));
        tokio::spawn(connection(socket, acceptor, behaviour, answered, stop));
    }
}

async fn connection(
    mut socket: TcpStream,
    acceptor: TlsAcceptor,
    behaviour: Behaviour,
    answered: Arc<AtomicUsize>,
    stop: Arc<tokio::sync::Notify>,
) {
    match behaviour {
        Behaviour::SilentOnTcp => hold(socket).await,
        Behaviour::ClosesAtOnce => drop(socket),
        Behaviour::PlainHttp => {
            let mut some = [0_u8; 512];
            let _ = socket.read(&mut some).await;
            let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await;
            hold(socket).await;
        }
        Behaviour::Tls(reply) => {
            let Ok(mut stream) = acceptor.accept(socket).await else { return };
            while let Some(request) = read_request(&mut stream).await {
                if !send(&mut stream, &reply, &request).await {
                    return;
                }
            }
        }
        Behaviour::AfterQuery(reply) => {
            let Ok(mut stream) = acceptor.accept(socket).await else { return };
            while let Some(request) = read_request(&mut stream).await {
                let go_on = match proper_answer(&request) {
                    Some(answer) => stream.write_all(&answer).await.is_ok() && stream.flush().await.is_ok(),
                    None => send(&mut stream, &reply, &request).await,
                };
                if !go_on {
                    return;
                }
            }
        }
        Behaviour::Says(text) => {
            let Ok(mut stream) = acceptor.accept(socket).await else { return };
            while let Some(request) = read_request(&mut stream).await {
                let Some(answer) = saying(&request, text) else { return };
                if stream.write_all(&answer).await.is_err() || stream.flush().await.is_err() {
                    return;
                }
            }
        }
        Behaviour::DiesOf(operation) | Behaviour::SilentTo(operation) => {
            let dies = matches!(behaviour, Behaviour::DiesOf(_));
            let Ok(mut stream) = acceptor.accept(socket).await else { return };
            while let Some(request) = read_request(&mut stream).await {
                match refusal(&request, operation) {
                    Some(answer) if stream.write_all(&answer).await.is_ok() && stream.flush().await.is_ok() => {}
                    None if !dies => hold(&stream).await,
                    _ => {
                        if dies {
                            stop.notify_one();
                        }
                        return;
                    }
                }
            }
        }
        Behaviour::Http(reply) => {
            let Ok(mut stream) = acceptor.accept(socket).await else { return };
            while read_http_request(&mut stream).await.is_some() {
                if stream.write_all(&reply).await.is_err() || stream.flush().await.is_err() {
                    return;
                }
            }
        }
        Behaviour::HttpThenClose(reply) => {
            let Ok(mut stream) = acceptor.accept(socket).await else { return };
            if read_http_request(&mut stream).await.is_some() && stream.write_all(&reply).await.is_ok() {
                let _ = stream.shutdown().await;
            }
        }
        Behaviour::HttpEndless(first, more) => {
            let Ok(mut stream) = acceptor.accept(socket).await else { return };
            if read_http_request(&mut stream).await.is_some() && stream.write_all(&first).await.is_ok() {
                while stream.write_all(&more).await.is_ok() {}
            }
        }
        Behaviour::HttpAfterQuery(reply) => {
            let Ok(mut stream) = acceptor.accept(socket).await else { return };
            while let Some(body) = read_http_request(&mut stream).await {
                let answer = match proper_answer(&body) {
                    Some(answer) => http_response("200 OK", "application/octet-stream", &answer),
                    None => reply.clone(),
                };
                if stream.write_all(&answer).await.is_err() || stream.flush().await.is_err() {
                    return;
                }
            }
        }
        Behaviour::OneAnswerEach => {
            let Ok(mut stream) = acceptor.accept(socket).await else { return };
            let Some(answer) = read_request(&mut stream).await.as_deref().and_then(proper_answer) else { return };
            if stream.write_all(&answer).await.is_ok() && stream.flush().await.is_ok() {
                // Late enough for a client to have begun its next request.
                tokio::time::sleep(Duration::from_millis(5)).await;
                let _ = stream.shutdown().await;
            }
        }
        Behaviour::DiesAfter(count) => {
            let Ok(mut stream) = acceptor.accept(socket).await else { return };
            while let Some(request) = read_request(&mut stream).await {
                if answered.fetch_add(1, Ordering::SeqCst) >= count {
                    stop.notify_one();
                    return;
                }
                let Some(answer) = proper_answer(&request) else { return };
                if stream.write_all(&answer).await.is_err() || stream.flush().await.is_err() {
                    return;
                }
            }
        }
    }
}

async fn hold<T>(kept: T) {
    tokio::time::sleep(Duration::from_secs(600)).await;
    drop(kept);
}

async fn send(stream: &mut TlsStream<TcpStream>, reply: &Reply, request: &[u8]) -> bool {
    let bytes = match reply {
        Reply::Silence => return true,
        Reply::ThenClose(bytes) | Reply::ThenWait(bytes) => bytes.clone(),
        Reply::Echo => request.to_vec(),
        Reply::Trailing(count) => {
            let mut bytes = Item::structure(tag::RESPONSE_MESSAGE, Vec::new()).encode();
            bytes.extend(std::iter::repeat_n(0xAB, *count));
            bytes
        }
        Reply::Drip => {
            let _ = stream.write_all(&[0x42, 0x00, 0x7B, 0x01, 0x00, 0x00, 0x10, 0x00]).await;
            while stream.write_all(&[0]).await.is_ok() && stream.flush().await.is_ok() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            return false;
        }
    };
    if stream.write_all(&bytes).await.is_err() || stream.flush().await.is_err() {
        return false;
    }
    if matches!(reply, Reply::ThenClose(_)) {
        let _ = stream.shutdown().await;
        return false;
    }
    true
}

async fn read_request(stream: &mut TlsStream<TcpStream>) -> Option<Vec<u8>> {
    let mut header = [0_u8; 8];
    stream.read_exact(&mut header).await.ok()?;
    let length = u32::from_be_bytes([header[4], header[5], header[6], header[7]]) as usize;
    let mut request = header.to_vec();
    request.resize(8 + length, 0);
    stream.read_exact(&mut request[8..]).await.ok()?;
    Some(request)
}

/// The body of one HTTP request with a Content-Length.
async fn read_http_request(stream: &mut TlsStream<TcpStream>) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?.to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"))?.trim().parse().ok()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(body)
}

/// A whole HTTP response.
pub(crate) fn http_response(status: &str, media_type: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

/// One failed item; none where the operation is asked for.
fn refusal(request: &[u8], operation: Operation) -> Option<Vec<u8>> {
    let doc = Doc::lenient(request, &Limits::default());
    if doc.items().any(|item| item.tag() == tag::OPERATION && item.as_u32() == Some(operation.0)) {
        return None;
    }
    let version = vec![Item::integer(tag::PROTOCOL_VERSION_MAJOR, 1), Item::integer(tag::PROTOCOL_VERSION_MINOR, 2)];
    let header = vec![
        Item::structure(tag::PROTOCOL_VERSION, version),
        Item::date_time(tag::TIME_STAMP, 1_700_000_000),
        Item::integer(tag::BATCH_COUNT, 1),
    ];
    let item = vec![
        Item::enumeration(tag::RESULT_STATUS, ResultStatus::OPERATION_FAILED.0),
        Item::enumeration(tag::RESULT_REASON, 5),
    ];
    let parts = vec![Item::structure(tag::RESPONSE_HEADER, header), Item::structure(tag::BATCH_ITEM, item)];
    Some(Item::structure(tag::RESPONSE_MESSAGE, parts).encode())
}

/// A success for Query: the operations Query and Create, symmetric keys, and a vendor. Other operations get none.
pub(crate) fn proper_answer(request: &[u8]) -> Option<Vec<u8>> {
    let (version, operation) = asked(request)?;
    (operation == Operation::QUERY)
        .then(|| answer(version, operation, supported("hostile", &[Operation::QUERY, Operation::CREATE])))
}

/// An answer full of this text.
fn saying(request: &[u8], text: &str) -> Option<Vec<u8>> {
    let (version, operation) = asked(request)?;
    let more = match operation {
        Operation::QUERY => supported(
            text,
            &[Operation::QUERY, Operation::CREATE, Operation::GET, Operation::LOCATE, Operation::DESTROY],
        ),
        Operation::CREATE => vec![
            Item::enumeration(tag::RESULT_STATUS, ResultStatus::SUCCESS.0),
            Item::structure(
                tag::RESPONSE_PAYLOAD,
                vec![Item::enumeration(tag::OBJECT_TYPE, 2), Item::text(tag::UNIQUE_IDENTIFIER, text)],
            ),
        ],
        _ => vec![
            Item::enumeration(tag::RESULT_STATUS, ResultStatus::OPERATION_FAILED.0),
            Item::enumeration(tag::RESULT_REASON, 1),
            Item::text(tag::RESULT_MESSAGE, text),
        ],
    };
    Some(answer(version, operation, more))
}

/// Protocol Version and operation of a request.
fn asked(request: &[u8]) -> Option<(Item, Operation)> {
    let doc = Doc::lenient(request, &Limits::default());
    let root = doc.root()?;
    let version = Item::from_ref(root.child(tag::REQUEST_HEADER)?.child(tag::PROTOCOL_VERSION)?);
    let operation = root.child(tag::BATCH_ITEM)?.child(tag::OPERATION).and_then(ItemRef::as_u32).map(Operation)?;
    Some((version, operation))
}

/// What a success of Query has behind its operation: operations, symmetric keys, and a vendor.
fn supported(vendor: &str, operations: &[Operation]) -> Vec<Item> {
    let mut payload: Vec<_> = operations.iter().map(|one| Item::enumeration(tag::OPERATION, one.0)).collect();
    payload.push(Item::enumeration(tag::OBJECT_TYPE, 2));
    payload.push(Item::text(tag::VENDOR_IDENTIFICATION, vendor));
    vec![
        Item::enumeration(tag::RESULT_STATUS, ResultStatus::SUCCESS.0),
        Item::structure(tag::RESPONSE_PAYLOAD, payload),
    ]
}

/// A response with one item.
fn answer(version: Item, operation: Operation, more: Vec<Item>) -> Vec<u8> {
    let header = Item::structure(
        tag::RESPONSE_HEADER,
        vec![version, Item::date_time(tag::TIME_STAMP, 1_700_000_000), Item::integer(tag::BATCH_COUNT, 1)],
    );
    let item = [vec![Item::enumeration(tag::OPERATION, operation.0)], more].concat();
    Item::structure(tag::RESPONSE_MESSAGE, vec![header, Item::structure(tag::BATCH_ITEM, item)]).encode()
}
