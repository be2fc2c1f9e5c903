//! What was asked on a connection and is not answered yet, by either side; what is answered goes to the witness.

use super::conversation::{Conversation, Said};
use super::judge::Side;
use super::relay::Witness;
use crate::client::Encoding;
use crate::runner::event::Fate;
use crate::runner::now;
use kmipspec_protocol::registry::tag;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Requests of one side that can wait for their answers; more of them are read when there is room.
const WAITING: usize = 256;

/// Bytes of them that can wait; a larger one waits alone.
const WAITING_BYTES: usize = 64 << 20;

/// Requests, answers, and whose they are.
#[derive(Debug)]
pub(super) struct Ledger<'a> {
    witness: &'a dyn Witness,
    state: Mutex<State<'a>>,
    owed: watch::Sender<Owed>,
}

#[derive(Debug)]
struct State<'a> {
    conversation: &'a mut Conversation,
    of_client: VecDeque<Asked>,
    of_server: VecDeque<Asked>,
}

/// What is not answered.
#[derive(Clone, Copy, Debug, Default)]
struct Owed {
    /// Since when the server owes the oldest answer; none where it owes nothing.
    since: Option<Instant>,
    /// Requests of the client.
    of_client: Waiting,
    /// Requests of the server.
    of_server: Waiting,
    /// Whether an answer is on its way to the client.
    answering: bool,
}

/// Requests that wait.
#[derive(Clone, Copy, Debug, Default)]
struct Waiting {
    requests: usize,
    bytes: usize,
}

impl Waiting {
    fn of(all: &VecDeque<Asked>) -> Self {
        Self { requests: all.len(), bytes: all.iter().map(|asked| asked.message.len()).sum() }
    }

    const fn has_room(self) -> bool {
        self.requests < WAITING && self.bytes < WAITING_BYTES
    }
}

/// A request that waits for its answer.
#[derive(Debug)]
struct Asked {
    message: Vec<u8>,
    at: i64,
    since: Instant,
}

impl<'a> Ledger<'a> {
    /// Of a conversation in which nothing was said yet.
    pub(super) fn new(conversation: &'a mut Conversation, witness: &'a dyn Witness) -> Self {
        let state = State { conversation, of_client: VecDeque::new(), of_server: VecDeque::new() };
        Self { witness, state: Mutex::new(state), owed: watch::Sender::default() }
    }

    /// A message that is about to be passed on. What a client sends is a request, but for the answer to a question of the server;
    /// what a server sends is an answer, but for what calls itself a request.
    pub(super) fn note(&self, from: Side, message: Vec<u8>) {
        let mut state = self.state();
        let state = &mut *state;
        let answers = match from {
            Side::Client => is(&message, tag::RESPONSE_MESSAGE.0) && !state.of_server.is_empty(),
            Side::Server => !is(&message, tag::REQUEST_MESSAGE.0),
        };
        if !answers {
            let waiting = match from {
                Side::Client => &mut state.of_client,
                Side::Server => &mut state.of_server,
            };
            waiting.push_back(Asked { message, at: now(), since: Instant::now() });
        } else {
            let (asked_by, asked) = match from {
                Side::Client => (Side::Server, state.of_server.pop_front()),
                Side::Server => (Side::Client, state.of_client.pop_front()),
            };
            if asked.is_none() {
                let why = format!("the {} answers what nobody asked for; it was passed on", from.name());
                self.witness.trouble(Some(state.conversation), &why);
            }
            self.told(state, asked, asked_by, message, Fate::Answered);
        }
        let since = state.of_client.front().map(|asked| asked.since);
        let (of_client, of_server) = (Waiting::of(&state.of_client), Waiting::of(&state.of_server));
        self.owed.send_modify(|owed| {
            let answering = owed.answering || from == Side::Server;
            *owed = Owed { since, of_client, of_server, answering };
        });
    }

    /// A message of this side has been passed on.
    pub(super) fn passed(&self, from: Side) {
        if from == Side::Server {
            self.owed.send_modify(|owed| owed.answering = false);
        }
    }

    /// The end: `rest` came of an answer of the server that the oldest request waits for. Whether the server owed one.
    pub(super) fn end(&self, mut rest: Vec<u8>, fate: &Fate) -> bool {
        let mut state = self.state();
        let state = &mut *state;
        let owed = !state.of_client.is_empty();
        let mut fate = fate.clone();
        while let Some(asked) = state.of_client.pop_front() {
            self.told(state, Some(asked), Side::Client, std::mem::take(&mut rest), fate);
            fate = Fate::Closed { after: 0 };
        }
        while let Some(asked) = state.of_server.pop_front() {
            self.told(state, Some(asked), Side::Server, Vec::new(), Fate::Closed { after: 0 });
        }
        owed
    }

    /// A request with its answer.
    pub(super) fn said(&self, said: Said) {
        self.keep(&mut self.state(), said);
    }

    /// What kept the conversation from going on.
    pub(super) fn trouble(&self, why: &str) {
        self.witness.trouble(Some(self.state().conversation), why);
    }

    /// Waits until the server owes no answer, and none is on its way.
    pub(super) async fn settled(&self) {
        // The sender lives as long as `self`, so this cannot end otherwise.
        let _ = self.owed.subscribe().wait_for(|owed| owed.since.is_none() && !owed.answering).await;
    }

    /// Waits until another request of this side has room.
    pub(super) async fn room(&self, of: Side) {
        let room = |owed: &Owed| match of {
            Side::Client => owed.of_client.has_room(),
            Side::Server => owed.of_server.has_room(),
        };
        let _ = self.owed.subscribe().wait_for(room).await;
    }

    /// Waits until the server has owed an answer for so long.
    pub(super) async fn overdue(&self, limit: Duration) {
        let mut owed = self.owed.subscribe();
        loop {
            let since = owed.borrow_and_update().since;
            let late = async {
                match since.and_then(|since| since.checked_add(limit)) {
                    Some(end) => tokio::time::sleep_until(end.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = late => return,
                _ = owed.changed() => {}
            }
        }
    }

    fn told(&self, state: &mut State<'_>, asked: Option<Asked>, asked_by: Side, answer: Vec<u8>, fate: Fate) {
        let (request, at) = asked.map_or_else(|| (Vec::new(), now()), |asked| (asked.message, asked.at));
        let said = Said { request, answer, fate, at, asked_by, encoding: Encoding::Ttlv, http: None };
        self.keep(state, said);
    }

    fn keep(&self, state: &mut State<'_>, said: Said) {
        self.witness.said(state.conversation, &said);
        state.conversation.keep(said);
    }

    fn state(&self) -> MutexGuard<'_, State<'a>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a message begins with a tag.
fn is(message: &[u8], tag: u32) -> bool {
    let [_, wanted @ ..] = tag.to_be_bytes();
    message.starts_with(&wanted)
}
