//! Carries what a client says to a server and what the server says to the client, byte for byte: one connection to the server
//! for each of a client.

use super::conversation::{Conversation, Said};
use super::ledger::Ledger;
use super::{duplex, http};
use crate::client::listener::Listening;
use crate::client::{ANONYMOUS, Connection, Encoding, Limits, Listener, Target, Visitor};
use crate::runner::Stop;
use crate::tls::common_name;
use std::fmt;
use std::io;
use std::sync::Arc;
use tokio::sync::watch;

/// Who is told of what passes. Called from many connections at once.
pub trait Witness: fmt::Debug + Send + Sync {
    /// A client has come. The server need not have been reached.
    fn began(&self, conversation: &Conversation);
    /// A request has been passed on, and what came back; it is not yet among those of the conversation.
    fn said(&self, conversation: &Conversation, said: &Said);
    /// Something kept a conversation, or a connection before it was one, from going on.
    fn trouble(&self, conversation: Option<&Conversation>, why: &str);
    /// A conversation is over.
    fn ended(&self, conversation: Conversation);
}

/// Between clients and a server. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Relay {
    server: Arc<Target>,
    witness: Arc<dyn Witness>,
    stop: Stop,
    count: Arc<watch::Sender<Count>>,
}

/// Conversations so far.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    began: usize,
    ended: usize,
}

impl Relay {
    /// To this server; when `stop` is asked, conversations end after the answer that is awaited.
    pub fn new(server: Arc<Target>, witness: Arc<dyn Witness>, stop: Stop) -> Self {
        Self { server, witness, stop, count: Arc::default() }
    }

    /// Takes clients until the result is dropped.
    pub async fn listen(&self, listener: &Listener) -> io::Result<Listening> {
        let witness = Arc::clone(&self.witness);
        let trouble = Arc::new(move |why: String| witness.trouble(None, &why));
        let relay = self.clone();
        let each = move |visitor| {
            let relay = relay.clone();
            async move { relay.converse(visitor).await }
        };
        listener.listen_for(Limits::default(), trouble, each).await
    }

    /// Waits until so many conversations are over.
    pub async fn ended(&self, conversations: usize) {
        // The sender lives as long as `self`, so this cannot end otherwise.
        let _ = self.count.subscribe().wait_for(|count| count.ended >= conversations).await;
    }

    /// Waits until none is going on.
    pub async fn idle(&self) {
        let _ = self.count.subscribe().wait_for(|count| count.began == count.ended).await;
    }

    /// One connection, from its handshake to its end.
    async fn converse(&self, mut visitor: Visitor) {
        if self.stop.is_asked() {
            return;
        }
        let mut number = 0;
        self.count.send_modify(|count| {
            count.began += 1;
            number = count.began;
        });
        let client = visitor.certificate().map(common_name);
        let identity = match &client {
            // Who shows none to us shows none to the server.
            None => ANONYMOUS,
            Some(name) => {
                let same = name.as_deref().filter(|name| self.server.identity(name).is_some());
                same.unwrap_or_else(|| self.server.default_identity())
            }
        };
        let (identity, client) = (identity.to_owned(), client.flatten());
        let mut conversation = Conversation::new(number, visitor.from.to_string(), client, identity);
        self.witness.began(&conversation);
        match self.server.connect_in(&conversation.identity, Encoding::Ttlv).await {
            Err(why) => {
                self.witness.trouble(Some(&conversation), &format!("{} cannot be reached: {why}", self.server.name));
                visitor.leave().await;
            }
            Ok(connection) => self.carry(visitor, connection, &mut conversation).await,
        }
        self.witness.ended(conversation);
        self.count.send_modify(|count| count.ended += 1);
    }

    /// All that is said, in the way that the client begins to speak.
    async fn carry(&self, mut visitor: Visitor, mut connection: Connection, conversation: &mut Conversation) {
        let http = tokio::select! {
            biased;
            () = self.stop.asked() => false,
            first = visitor.first_byte() => first.is_some_and(is_http),
            // Who speaks first does not speak HTTP.
            () = connection.stirs() => false,
        };
        let identity = conversation.identity.clone();
        let ledger = Ledger::new(conversation, self.witness.as_ref());
        if http {
            match connection.by_http(self.server.post(Encoding::Https)).await {
                Ok(open) => http::carry(visitor, Some(open), &self.server, &identity, &ledger, &self.stop).await,
                Err(why) => ledger.trouble(&format!("{} cannot be reached: {why}", self.server.name)),
            }
        } else if let Some(server) = connection.split() {
            duplex::carry(visitor, server, &ledger, self.server.timeouts.exchange, &self.stop).await;
        }
    }
}

/// Whether a connection that begins so is one of HTTP: with a letter that begins no message.
fn is_http(first: u8) -> bool {
    first.is_ascii_alphabetic() && !matches!(first, 0x42 | 0x54)
}
