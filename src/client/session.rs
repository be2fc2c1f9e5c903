//! Exchanges of one case, with their transcript; connections come from a pool and go back to it.

use super::connection::{Connection, fate_of_connect};
use super::encoding::Encoding;
use super::failure::ConnectError;
use super::https::Shape;
use super::target::Target;
use crate::runner::event::{Exchange, Fate};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Idle connections per identity and encoding. Handshakes are what a run spends its time on.
#[derive(Debug, Default)]
pub struct Pool {
    idle: Mutex<HashMap<(String, Encoding), Vec<Connection>>>,
}

impl Pool {
    fn take(&self, identity: &str, encoding: Encoding) -> Option<Connection> {
        let key = (identity.to_owned(), encoding);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&key)?.pop()
    }

    fn put(&self, identity: String, connection: Connection) {
        if connection.is_sound() {
            let key = (identity, connection.encoding());
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default().push(connection);
        }
    }

    /// Closes every idle connection.
    pub async fn close(&self) {
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        for connection in idle.into_values().flatten() {
            connection.close().await;
        }
    }
}

/// What an exchange asks of the session.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// Name of the step, for the transcript.
    pub step: &'a str,
    /// The identity to speak as.
    pub identity: &'a str,
    /// The connection's name; steps with the same name and identity share it. Empty is the common one.
    pub connection: &'a str,
    /// Drop the named connection and shake hands anew.
    pub new_connection: bool,
    /// How long the answer may take; `None` is the target's setting.
    pub timeout: Option<Duration>,
    /// Close our side after the last byte.
    pub close_write: bool,
    /// Where messages travel by HTTP: what of the request is not as clients have to write it.
    pub http: Option<&'a Shape>,
}

impl<'a> Options<'a> {
    /// The common connection of an identity, with the target's time limit.
    pub fn new(step: &'a str, identity: &'a str) -> Self {
        Self { step, identity, connection: "", new_connection: false, timeout: None, close_write: false, http: None }
    }
}

/// The connections of one case and everything that went over them.
#[derive(Debug)]
pub struct Session {
    target: Arc<Target>,
    pool: Arc<Pool>,
    open: HashMap<(String, String), Connection>,
    transcript: Vec<Exchange>,
    connections: Connections,
    encoding: Encoding,
    reuse_failed: bool,
    connect_error: Option<ConnectError>,
}

/// How far connections are used again where the scenario does not ask for a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connections {
    /// By every case in turn.
    Shared,
    /// Not at all: each exchange shakes hands. For peers that close after an answer.
    OnePerExchange,
}

impl Session {
    /// A session without connections; they are opened, or taken from the pool, when a step needs them.
    pub fn new(target: Arc<Target>, pool: Arc<Pool>, connections: Connections) -> Self {
        Self {
            encoding: target.encoding,
            target,
            pool,
            open: HashMap::new(),
            transcript: Vec::new(),
            connections,
            reuse_failed: false,
            connect_error: None,
        }
    }

    /// The same in another encoding than that of the target.
    #[must_use]
    pub fn speaking(self, encoding: Encoding) -> Self {
        Self { encoding, ..self }
    }

    /// How its messages travel.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The peer.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Everything exchanged so far, in order.
    pub fn transcript(&self) -> &[Exchange] {
        &self.transcript
    }

    /// Takes the transcript out.
    pub fn take_transcript(&mut self) -> Vec<Exchange> {
        std::mem::take(&mut self.transcript)
    }

    /// Whether a connection used before was found closed only after a request was sent on it. What became of that
    /// request cannot be told: the case must run again with [`Connections::OnePerExchange`] before it is judged.
    pub fn reuse_failed(&self) -> bool {
        self.reuse_failed
    }

    /// Why the last exchange had no connection, if that was so; told once.
    pub fn take_connect_error(&mut self) -> Option<ConnectError> {
        self.connect_error.take()
    }

    /// Opens a connection without sending anything. The session keeps it for the steps that follow.
    pub async fn connect(&mut self, options: Options<'_>) -> Result<(), ConnectError> {
        let connection = self.target.connect_in(options.identity, self.encoding).await?;
        self.open.insert(key(options), connection);
        Ok(())
    }

    /// Sends a message, raw or in the encoding of the session, and notes what came back, both as TTLV. Returns the exchange's place in the transcript.
    pub async fn exchange(&mut self, options: Options<'_>, bytes: Vec<u8>) -> usize {
        let started = Instant::now();
        self.connect_error = None;
        let (received, fate, duration, http) = match self.connection_for(options).await {
            Err(error) => {
                let fate = fate_of_connect(&error);
                self.connect_error = Some(error);
                (Vec::new(), fate, started.elapsed(), None)
            }
            Ok(mut connection) => {
                let reused = connection.exchanges() > 0;
                let timeout = options.timeout.unwrap_or(self.target.timeouts.exchange);
                connection.shape(options.http.cloned().unwrap_or_default());
                let reply = connection.exchange(&bytes, options.close_write, Instant::now() + timeout).await;
                if reused && reply.fate == (Fate::Closed { after: 0 }) {
                    self.reuse_failed = true;
                }
                if connection.is_sound() {
                    self.open.insert(key(options), connection);
                }
                (reply.received, reply.fate, reply.duration, reply.http)
            }
        };
        let index = self.transcript.len();
        self.transcript.push(Exchange {
            step: options.step.to_owned(),
            identity: options.identity.to_owned(),
            sent: bytes,
            received,
            fate,
            duration,
            http,
            asked_by_peer: false,
        });
        index
    }

    /// Notes an exchange that did not go over a connection of the session; its place in the transcript.
    pub fn note(&mut self, exchange: Exchange) -> usize {
        self.transcript.push(exchange);
        self.transcript.len() - 1
    }

    /// TLS version and suite of an open connection.
    pub fn tls(&self) -> Option<String> {
        self.open.values().find_map(Connection::tls)
    }

    /// The same for a request that does no harm when it arrives twice: where a connection used before turns out to be
    /// closed, it is sent once more on a new one.
    pub async fn exchange_again(&mut self, options: Options<'_>, bytes: Vec<u8>) -> usize {
        let failed_before = std::mem::take(&mut self.reuse_failed);
        let place = self.exchange(options, bytes.clone()).await;
        let place = match self.reuse_failed {
            true => self.exchange(Options { new_connection: true, ..options }, bytes).await,
            false => place,
        };
        self.reuse_failed = failed_before;
        place
    }

    /// Gives sound connections back and forgets the rest, and those with a name of their own: what they were opened for may have
    /// changed what they are (Set Endpoint Role), and what the peer says on them next is for nobody else.
    pub fn release(&mut self) {
        for ((identity, name), connection) in self.open.drain() {
            if name.is_empty() {
                self.pool.put(identity, connection);
            }
        }
    }

    /// Closes every connection of the session, so that the next step meets the peer anew.
    pub async fn close(&mut self) {
        for (_, connection) in self.open.drain() {
            connection.close().await;
        }
    }

    async fn connection_for(&mut self, options: Options<'_>) -> Result<Connection, ConnectError> {
        let existing = self.open.remove(&key(options));
        let common = options.connection.is_empty();
        if options.new_connection || (common && self.connections == Connections::OnePerExchange) {
            if let Some(connection) = existing {
                connection.close().await;
            }
            return self.target.connect_in(options.identity, self.encoding).await;
        }
        if let Some(mut connection) = existing
            && connection.is_fresh().await
        {
            return Ok(connection);
        }
        if common && self.connections == Connections::Shared {
            while let Some(mut connection) = self.pool.take(options.identity, self.encoding) {
                if connection.is_fresh().await {
                    return Ok(connection);
                }
            }
        }
        self.target.connect_in(options.identity, self.encoding).await
    }
}

fn key(options: Options<'_>) -> (String, String) {
    (options.identity.to_owned(), options.connection.to_owned())
}
