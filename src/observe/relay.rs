//! Carries what a client says to a server and what the server answers back, byte for byte: one connection to the server for each
//! of a client.

use super::conversation::{Conversation, Said};
use crate::client::listener::Listening;
use crate::client::{Connection, Limits, Listener, Target, Visitor};
use crate::runner::Stop;
use crate::runner::event::Fate;
use crate::tls::common_name;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::{Instant, SystemTime};
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
        let client = visitor.certificate().and_then(common_name);
        let same = client.as_deref().filter(|name| self.server.identity(name).is_some());
        let identity = same.unwrap_or_else(|| self.server.default_identity()).to_owned();
        let mut conversation = Conversation::new(number, visitor.from.to_string(), client, identity);
        self.witness.began(&conversation);
        match self.server.connect(&conversation.identity).await {
            Err(why) => {
                self.witness.trouble(Some(&conversation), &format!("{} cannot be reached: {why}", self.server.name));
            }
            Ok(mut connection) => {
                let ended = self.carry(&mut visitor, &mut connection, &mut conversation).await;
                if let Err(why) = ended {
                    self.witness.trouble(Some(&conversation), &why);
                }
                connection.close().await;
            }
        }
        visitor.leave().await;
        self.witness.ended(conversation);
        self.count.send_modify(|count| count.ended += 1);
    }

    /// Request after request; why it cannot go on, where neither side has left.
    async fn carry(
        &self,
        visitor: &mut Visitor,
        connection: &mut Connection,
        conversation: &mut Conversation,
    ) -> Result<(), String> {
        loop {
            let request = tokio::select! {
                biased;
                message = visitor.message() => match message {
                    Ok(Some(request)) => request,
                    Ok(None) => return Ok(()),
                    Err(why) => return Err(format!("the client: {why}")),
                },
                closed = connection.unasked() => return match closed {
                    true => Ok(()),
                    false => Err("the server says something unasked, which cannot be passed on".to_owned()),
                },
                () = self.stop.asked() => return Ok(()),
            };
            let at = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_secs());
            let reply = connection.exchange(&request, false, Instant::now() + self.server.timeouts.exchange).await;
            // Whole or not: the client gets what the server sent.
            let passed = if reply.received.is_empty() { Ok(()) } else { visitor.tell(&reply.received, None).await };
            let at = i64::try_from(at).unwrap_or(i64::MAX);
            let said = Said { request, answer: reply.received, fate: reply.fate, at };
            self.witness.said(conversation, &said);
            let fate = said.fate.clone();
            conversation.keep(said);
            passed.map_err(|why| format!("the client: {why}"))?;
            if fate != Fate::Answered {
                return Err(format!("the server: {}", fate.told()));
            }
            if !connection.is_sound() {
                return Err("the server sent more than one answer".to_owned());
            }
        }
    }
}
