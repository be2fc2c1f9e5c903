//! One connection: a hello out, the answer in, within limits of time and count.

use super::flight::{Flight, stranger};
use super::hello::{Hello, ssl2_hello};
use super::observation::Answer;
use super::version::TlsVersion;
use crate::report::text::hex;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

/// How far an answer is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// To the ServerHello.
    Hello,
    /// To ServerHelloDone, which TLS 1.3 does not have.
    Done,
    /// To the first bytes, whatever they are.
    Bytes,
}

/// Makes connections to one address.
#[derive(Debug)]
pub(super) struct Prober {
    address: SocketAddr,
    /// The host's name for SNI, where it has one.
    pub(super) server_name: Option<String>,
    timeout: Duration,
    side_by_side: Semaphore,
    limit: usize,
    made: AtomicUsize,
}

impl Prober {
    /// For this address.
    pub(super) fn new(
        address: SocketAddr,
        server_name: Option<String>,
        timeout: Duration,
        jobs: usize,
        limit: usize,
    ) -> Arc<Self> {
        let side_by_side = Semaphore::new(jobs.max(1));
        Arc::new(Self { address, server_name, timeout, side_by_side, limit, made: AtomicUsize::new(0) })
    }

    /// Waits until one more connection may be made side by side with the others.
    pub(super) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        // The semaphore is never closed.
        self.side_by_side.acquire().await.ok()
    }

    /// Where it connects to.
    #[cfg(feature = "legacy-tls")]
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Counts a connection that another program makes; false where there may be no more.
    #[cfg(feature = "legacy-tls")]
    pub(super) fn count(&self) -> bool {
        self.made.fetch_add(1, Ordering::Relaxed) < self.limit
    }

    /// Longest wait on a connection.
    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Connections made so far.
    pub(super) fn made(&self) -> usize {
        self.made.load(Ordering::Relaxed).min(self.limit)
    }

    /// Whether there will be no more.
    pub(super) fn is_spent(&self) -> bool {
        self.made.load(Ordering::Relaxed) >= self.limit
    }

    /// Offers suites at a version, in this order.
    /// What is cut without a word is offered once more: a server under load looks the same as one that does not want the suite.
    pub(super) async fn offer(&self, version: TlsVersion, suites: &[u32], until: Until) -> (Answer, Flight) {
        match self.offer_once(version, suites, until).await {
            (Answer::Closed { .. } | Answer::Reset, _) => self.offer_once(version, suites, until).await,
            answered => answered,
        }
    }

    async fn offer_once(&self, version: TlsVersion, suites: &[u32], until: Until) -> (Answer, Flight) {
        if version == TlsVersion::Ssl2 {
            let (answer, flight) = self.ask(&ssl2_hello(suites), until).await;
            return (ssl2_answer(answer, &flight, suites), flight);
        }
        let hello = Hello::offering(version, suites, self.server_name.as_deref());
        let (answer, flight) = self.ask(&hello.encode(), until).await;
        (hello_answer(answer, &flight, &[version.code()], suites), flight)
    }

    /// Sends a hello of one's own making; any of these versions will do.
    pub(super) async fn greet(&self, hello: &Hello, versions: &[u16]) -> (Answer, Flight) {
        let suites: Vec<u32> = hello.suites.iter().map(|code| u32::from(*code)).collect();
        let (answer, flight) = self.ask(&hello.encode(), Until::Hello).await;
        (hello_answer(answer, &flight, versions, &suites), flight)
    }

    /// Takes up a handshake of TLS 1.0 to 1.2 and shows an empty list of certificates, which travels in the clear. Says how the server
    /// ended it; one that waits for more wants none, or is slow.
    pub(super) async fn decline(&self, version: TlsVersion, suite: u32) -> Option<Answer> {
        let _turn = self.turn().await?;
        let mut socket = self.connect().await.ok()?;
        let deadline = Instant::now() + self.timeout;
        let hello = Hello::offering(version, &[suite], self.server_name.as_deref()).encode();
        timeout_at(deadline, socket.write_all(&hello)).await.ok()?.ok()?;
        let mut buffer = vec![0; 16 << 10];
        let mut flight = Flight::default();
        while !flight.is_over() {
            let length =
                timeout_at(deadline, socket.read(&mut buffer)).await.ok()?.ok().filter(|length| *length > 0)?;
            flight.feed(buffer.get(..length).unwrap_or_default());
        }
        if !flight.done || !flight.certificate_request {
            return None;
        }
        let [major, minor] = version.code().to_be_bytes();
        let certificates = [22, major, minor, 0, 7, 11, 0, 0, 3, 0, 0, 0];
        timeout_at(deadline, socket.write_all(&certificates)).await.ok()?.ok()?;
        let mut rest = Flight::default();
        loop {
            match timeout_at(deadline, socket.read(&mut buffer)).await {
                Err(_) => return None,
                Ok(Ok(0)) => return Some(of_flight(Answer::Closed { after: rest.received }, &rest)),
                Ok(Ok(length)) => rest.feed(buffer.get(..length).unwrap_or_default()),
                Ok(Err(_)) => return Some(of_flight(Answer::Reset, &rest)),
            }
            if rest.is_over() {
                return Some(of_flight(Answer::Closed { after: rest.received }, &rest));
            }
        }
    }

    /// A TCP connection, within the limits.
    pub(super) async fn connect(&self) -> Result<TcpStream, Answer> {
        if self.made.fetch_add(1, Ordering::Relaxed) >= self.limit {
            return Err(Answer::NotAsked);
        }
        let connecting = TcpStream::connect(self.address);
        match timeout_at(Instant::now() + self.timeout, connecting).await {
            Err(_) => Err(Answer::Failed { because: "no answer in time while connecting (TCP)".to_owned() }),
            Ok(Err(e)) if e.kind() == io::ErrorKind::ConnectionRefused => Err(Answer::Refused),
            Ok(Err(e)) => Err(Answer::Failed { because: format!("the connection failed: {}", e.kind()) }),
            Ok(Ok(socket)) => {
                // A hello must leave at once; a socket that cannot do so still works.
                let _ = socket.set_nodelay(true);
                Ok(socket)
            }
        }
    }

    /// Sends bytes and reads what comes. The answer is how it ended, as far as bytes alone tell.
    pub(super) async fn ask(&self, bytes: &[u8], until: Until) -> (Answer, Flight) {
        let mut flight = Flight::default();
        let Some(_turn) = self.turn().await else { return (Answer::NotAsked, flight) };
        let mut socket = match self.connect().await {
            Ok(socket) => socket,
            Err(answer) => return (answer, flight),
        };
        let deadline = Instant::now() + self.timeout;
        // Who speaks first may have closed already: what it said counts, not that it would not listen.
        let _ = timeout_at(deadline, socket.write_all(bytes)).await;
        let mut buffer = vec![0; 16 << 10];
        loop {
            match timeout_at(deadline, socket.read(&mut buffer)).await {
                Err(_) => return (Answer::TimedOut { after: flight.received }, flight),
                Ok(Ok(0)) => return (Answer::Closed { after: flight.received }, flight),
                Ok(Ok(length)) => flight.feed(buffer.get(..length).unwrap_or_default()),
                Ok(Err(e)) if is_reset(e.kind()) => return (Answer::Reset, flight),
                Ok(Err(e)) => return (Answer::Failed { because: format!("reading failed: {}", e.kind()) }, flight),
            }
            let enough = match until {
                Until::Hello => flight.hello.is_some(),
                Until::Done => false,
                Until::Bytes => true,
            };
            if enough || flight.is_over() {
                return (Answer::Closed { after: flight.received }, flight);
            }
        }
    }
}

/// Whether the peer tore the connection down.
fn is_reset(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe)
}

/// What the flight says counts before how the connection ended.
fn of_flight(ended: Answer, flight: &Flight) -> Answer {
    if flight.is_other() {
        return Answer::NotTls {
            what: stranger(&flight.first),
            first: hex(flight.first.get(..16).unwrap_or(&flight.first)),
        };
    }
    if let Some(because) = flight.malformed {
        return Answer::Malformed { because: because.to_owned() };
    }
    match (flight.alert, flight.ssl2_error) {
        (Some((level, code)), _) => Answer::Alert { level, code },
        (None, Some(code)) => Answer::Ssl2Error { code },
        (None, None) => ended,
    }
}

/// The answer to a hello of SSL 3.0 and later.
fn hello_answer(ended: Answer, flight: &Flight, versions: &[u16], suites: &[u32]) -> Answer {
    let Some(hello) = &flight.hello else { return of_flight(ended, flight) };
    let suite = u32::from(hello.suite);
    if !versions.contains(&hello.version) {
        Answer::OtherVersion { version: hello.version, suite }
    } else if !suites.contains(&suite) {
        Answer::Unoffered { suite }
    } else {
        Answer::Selected { suite }
    }
}

/// The answer to a hello of SSL 2.0. The server names kinds, the client would choose: the first one offered counts.
fn ssl2_answer(ended: Answer, flight: &Flight, kinds: &[u32]) -> Answer {
    match &flight.ssl2 {
        Some(common) => match kinds.iter().find(|kind| common.contains(kind)) {
            Some(kind) => Answer::Selected { suite: *kind },
            // A server may say what it has besides; without a kind in common that is a refusal.
            None => Answer::Ssl2Error { code: 1 },
        },
        None => match &flight.hello {
            Some(hello) => Answer::OtherVersion { version: hello.version, suite: u32::from(hello.suite) },
            None => of_flight(ended, flight),
        },
    }
}
