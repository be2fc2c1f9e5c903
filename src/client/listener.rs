//! Where a peer tells us of things: it opens TLS connections to us and sends requests, one after the other; each gets an answer.
//! Knows no KMIP names: whoever listens reads the requests and makes the answers.

use super::connection::Limits;
use super::identity::CertificatePem;
use super::messages::{Broken, Messages};
use super::target::{SettingsError, split_address};
use super::tls::{self, Accepted, Acceptor};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

/// The largest message taken.
const LIMITS: Limits = Limits { max_response: 4 << 20 };
/// Connections at a time; those that come when all are taken wait.
const CONNECTIONS: usize = 64;
/// The longest a handshake, or writing an answer, may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Time between two pieces of an answer.
const BETWEEN_PIECES: Duration = Duration::from_millis(2);
/// How long a case waits to be told of something, where nothing else is said.
const WAIT: Duration = Duration::from_secs(3);

/// What reads requests and makes the answers.
pub trait Answers: fmt::Debug + Send + Sync {
    /// The answer to a message; none closes the connection.
    fn answer(&self, message: &[u8]) -> Option<Vec<u8>>;

    /// Whether the connection ends behind this answer.
    fn ends(&self, _answer: &[u8]) -> bool {
        false
    }

    /// Where answers go out in pieces: how long a piece is, and how many bytes go so; the rest of an answer follows at once.
    fn pieces(&self) -> Option<(usize, usize)> {
        None
    }

    /// Where requests that come one behind the other are answered together: how long to wait for another.
    fn waits_for_more(&self) -> Option<Duration> {
        None
    }

    /// The last answers, so many of them, went out together.
    fn went_together(&self, _answers: usize) {}

    /// A connection that came to a bad end, and why.
    fn trouble(&self, why: String);
}

/// A place to listen at: every certificate parsed, nothing opened yet unless it was given open.
#[derive(Clone, Debug)]
pub struct Listener {
    address: String,
    acceptor: Acceptor,
    open: Option<Arc<std::net::TcpListener>>,
    /// How long a case waits to be told of something.
    pub patience: Duration,
}

/// A listener at work; dropping it closes the port and every connection.
#[derive(Debug)]
pub struct Listening(JoinHandle<()>);

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Listener {
    /// At this address, showing this certificate, for peers with a certificate of one of these authorities (PEM).
    pub fn new(address: &str, own: &CertificatePem, ca: &[u8]) -> Result<Self, SettingsError> {
        let (host, port) = split_address(address)?;
        let host = if host.contains(':') { format!("[{host}]") } else { host };
        let acceptor = Acceptor::new(own, ca)?;
        Ok(Self { address: format!("{host}:{port}"), acceptor, open: None, patience: WAIT })
    }

    /// The same with a port that is open already.
    pub fn on(open: std::net::TcpListener, own: &CertificatePem, ca: &[u8]) -> Result<Self, SettingsError> {
        let address = open.local_addr().map_or_else(|_| String::new(), |a| a.to_string());
        Ok(Self { open: Some(Arc::new(open)), ..Self::new(&address, own, ca)? })
    }

    /// The same for peers without a certificate as well; one that is shown has to be of the authorities all the same.
    #[must_use]
    pub fn for_anybody(self) -> Self {
        Self { acceptor: self.acceptor.for_anybody(), ..self }
    }

    /// `host:port`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Listens until the result is dropped.
    pub async fn listen(&self, answers: Arc<dyn Answers>) -> io::Result<Listening> {
        let told = Arc::clone(&answers);
        let trouble = Arc::new(move |why| told.trouble(why));
        let each = move |visitor| {
            let answers = Arc::clone(&answers);
            async move {
                if let Err(why) = converse(visitor, answers.as_ref()).await {
                    answers.trouble(why);
                }
            }
        };
        self.listen_for(LIMITS, trouble, each).await
    }

    /// Does this with everybody who has shaken hands, until the result is dropped; who has not is told as trouble.
    pub async fn listen_for<F, D>(
        &self,
        limits: Limits,
        trouble: Arc<dyn Fn(String) + Send + Sync>,
        each: F,
    ) -> io::Result<Listening>
    where
        F: Fn(Visitor) -> D + Clone + Send + 'static,
        D: Future<Output = ()> + Send + 'static,
    {
        let socket = match &self.open {
            None => TcpListener::bind(&self.address).await?,
            Some(open) => {
                let socket = open.try_clone()?;
                socket.set_nonblocking(true)?;
                TcpListener::from_std(socket)?
            }
        };
        Ok(Listening(tokio::spawn(serve(socket, self.acceptor.clone(), limits, trouble, each))))
    }
}

/// Takes connections, so many at a time.
async fn serve<F, D>(
    socket: TcpListener,
    acceptor: Acceptor,
    limits: Limits,
    trouble: Arc<dyn Fn(String) + Send + Sync>,
    each: F,
) where
    F: Fn(Visitor) -> D + Clone + Send + 'static,
    D: Future<Output = ()> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut open = JoinSet::new();
    loop {
        while open.try_join_next().is_some() {}
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match socket.accept().await {
            Ok((stream, from)) => {
                let (acceptor, trouble, each) = (acceptor.clone(), Arc::clone(&trouble), each.clone());
                open.spawn(async move {
                    match Visitor::greet(stream, from, &acceptor, limits).await {
                        Ok(visitor) => each(visitor).await,
                        Err(why) => trouble(why),
                    }
                    drop(place);
                });
            }
            Err(error) => {
                trouble(format!("no connection can be taken: {error}"));
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Writes an answer, in pieces where it is to be: with a little time between two, so that they do not go together.
async fn write<S>(stream: &mut S, answer: &[u8], pieces: Option<(usize, usize)>) -> io::Result<()>
where
    S: AsyncWriteExt + Unpin,
{
    let (size, bytes) = pieces.unwrap_or((1, 0));
    let (slowly, rest) = answer.split_at_checked(bytes).unwrap_or((answer, &[]));
    for piece in slowly.chunks(size.max(1)) {
        stream.write_all(piece).await?;
        stream.flush().await?;
        tokio::time::sleep(BETWEEN_PIECES).await;
    }
    stream.write_all(rest).await?;
    stream.flush().await
}

/// A peer that has shaken hands with us.
#[derive(Debug)]
pub struct Visitor {
    messages: Messages<Accepted>,
    /// Where it comes from.
    pub from: SocketAddr,
}

impl Visitor {
    /// Shakes hands.
    async fn greet(socket: TcpStream, from: SocketAddr, acceptor: &Acceptor, limits: Limits) -> Result<Self, String> {
        // A socket that cannot send small messages at once still works.
        let _ = socket.set_nodelay(true);
        match timeout(PATIENCE, acceptor.handshake(socket)).await {
            Err(_) => Err(format!("a TLS handshake took longer than {} s", PATIENCE.as_secs())),
            Ok(Err(error)) => Err(format!("a TLS handshake failed: {error}")),
            Ok(Ok(stream)) => Ok(Self { messages: Messages::of(stream, limits), from }),
        }
    }

    /// Its certificate (DER).
    pub fn certificate(&mut self) -> Option<&[u8]> {
        tls::certificate_of(self.messages.stream())
    }

    /// Its next message; none where it has left, as it may between two messages. What has been read is kept when this is
    /// dropped before its end.
    pub async fn message(&mut self) -> Result<Option<Vec<u8>>, String> {
        match self.messages.next().await {
            Err(Broken::Failed(_)) if self.messages.rest().is_empty() => Ok(None),
            next => next.map_err(|why| why.told()),
        }
    }

    /// The first byte that it sends, which stays to be read; none where it has left without any.
    pub async fn first_byte(&mut self) -> Option<u8> {
        self.messages.stream().fill_buf().await.ok()?.first().copied()
    }

    /// To read and to write at the same time.
    pub fn split(self) -> (Messages<ReadHalf<Accepted>>, WriteHalf<Accepted>) {
        self.messages.split()
    }

    /// Its stream, where no message was asked for.
    pub fn into_stream(self) -> Accepted {
        self.messages.into_stream()
    }

    /// Tells it something, in pieces where it is to be.
    pub async fn tell(&mut self, bytes: &[u8], pieces: Option<(usize, usize)>) -> Result<(), String> {
        match timeout(PATIENCE, write(self.messages.stream(), bytes, pieces)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(format!("an answer could not be written: {error}")),
            Err(_) => Err("an answer was not read".to_owned()),
        }
    }

    /// Says goodbye.
    pub async fn leave(mut self) {
        // Where it is gone already nobody is missing the goodbye.
        let _ = timeout(PATIENCE, self.messages.stream().shutdown()).await;
    }
}

/// One connection, until the peer has no more to say.
async fn converse(mut visitor: Visitor, answers: &dyn Answers) -> Result<(), String> {
    while let Some(message) = visitor.message().await? {
        let answer_to =
            |message: &[u8]| answers.answer(message).ok_or_else(|| "a message came that is no request".to_owned());
        let mut answer = answer_to(&message)?;
        if let Some(wait) = answers.waits_for_more() {
            let mut together = 1_usize;
            while let Ok(Some(another)) = timeout(wait, visitor.message()).await.unwrap_or(Ok(None)) {
                answer.extend(answer_to(&another)?);
                together = together.saturating_add(1);
            }
            if together > 1 {
                answers.went_together(together);
            }
        }
        visitor.tell(&answer, answers.pieces()).await?;
        if answers.ends(&answer) {
            visitor.leave().await;
            break;
        }
    }
    Ok(())
}
