//! Answers one run of a client: the bundled server's, changed as a case asks.

use super::answer::{Answer, Habits, batch_items, is_probe};
use super::case::{Case, Defers, Delivery};
use crate::client::Answers;
use crate::fuzzing::as_server::{OwnServer, Told};
use crate::runner::message::tree;
use kmipspec_protocol::ttlv::Item;
use kmipspec_protocol::version::Version;
use kmipspec_reference_server::Asynchronous;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Bytes of an answer that are sent in pieces; the rest follows at once, since large answers would take long.
const IN_PIECES: usize = 512;

/// Bytes of an answer behind which nothing follows: how long it is has been told then.
const HEADER: usize = 8;

/// How long another request may take to come, so that both are answered together.
const ANOTHER: Duration = Duration::from_millis(50);

/// What is done later, and for how long.
fn deferred(defers: Option<Defers>) -> Asynchronous {
    match defers {
        None => Asynchronous { operations: Some(Vec::new()), ..Asynchronous::default() },
        Some(Defers::UntilPolled) => Asynchronous { delay: Duration::from_secs(60), ..Asynchronous::default() },
        Some(Defers::For(delay)) => Asynchronous { delay, poll_hastens: false, ..Asynchronous::default() },
    }
}

/// What answers: for each run it gets a server that has nothing yet, and a case or none.
#[derive(Debug, Default)]
pub struct Stage(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    server: Option<OwnServer>,
    case: Option<&'static Case>,
    habits: Habits,
    told: Vec<Told>,
    trouble: Option<String>,
}

/// A run of the client, as it was seen from here.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// What was said, in order; `damaged` where the case changed it.
    pub told: Vec<Told>,
    /// The last thing that went wrong with a connection.
    pub trouble: Option<String>,
}

impl Seen {
    /// Whether the client asks only who the server is and what it can do.
    pub fn probes_only(&self) -> bool {
        self.told.iter().all(|told| batch_items(&tree(&told.request)).all(is_probe))
    }
}

impl Stage {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new run, by a server that speaks these versions, or all, for a client with these habits. What is wrong where the server cannot
    /// be had.
    pub fn set(&self, case: Option<&'static Case>, versions: Option<&[Version]>, habits: Habits) -> Result<(), String> {
        let server = OwnServer::deferring(versions, deferred(case.and_then(|case| case.defers)))?;
        *self.state() = State { server: Some(server), case, habits, told: Vec::new(), trouble: None };
        Ok(())
    }

    /// What was seen since the run began.
    pub fn seen(&self) -> Seen {
        let state = self.state();
        Seen { told: state.told.clone(), trouble: state.trouble.clone() }
    }
}

impl State {
    /// The answer, and whether the case is about it.
    fn answer(&self, message: &[u8]) -> Option<(Vec<u8>, bool)> {
        let request = tree(message);
        let ask = self.case.and_then(|case| case.ask);
        let renamed = ask.and_then(|ask| {
            let mut item = Item::from_doc(&request).into_iter().next()?;
            ask(&mut item);
            Some(item.encode())
        });
        let honest = self.server.as_ref()?.answer(renamed.as_deref().unwrap_or(message))?;
        let Some(mut answer) = Answer::read(&request, &honest, self.habits) else { return Some((honest, false)) };
        answer.make_plain();
        let plain = answer.message.encode();
        let Some(case) = self.case.filter(|case| case.stands_at(answer.version)) else { return Some((plain, false)) };
        if !(case.vary)(&mut answer) {
            return Some((plain, false));
        }
        let mut bytes = answer.message.encode();
        match case.delivery {
            Delivery::Whole | Delivery::Pieces(_) | Delivery::Closed => {}
            // Only what goes out with another, which is seen later.
            Delivery::Joined => return Some((bytes, false)),
            Delivery::Stalled => bytes.truncate(HEADER),
            Delivery::Cut => bytes.truncate(bytes.len() / 2),
            Delivery::Nothing => bytes.clear(),
        }
        Some((bytes, true))
    }
}

impl Answers for Stage {
    fn answer(&self, message: &[u8]) -> Option<Vec<u8>> {
        let mut state = self.state();
        let (answer, damaged) = state.answer(message)?;
        state.told.push(Told { request: message.to_vec(), answer: answer.clone(), damaged });
        Some(answer)
    }

    fn ends(&self, _: &[u8]) -> bool {
        let state = self.state();
        let ends = |case: &Case| matches!(case.delivery, Delivery::Closed | Delivery::Cut | Delivery::Nothing);
        // The last answer is the one that was just given, unless the client has several connections: then each ends a little early.
        state.case.is_some_and(ends) && state.told.last().is_some_and(|told| told.damaged)
    }

    fn waits_for_more(&self) -> Option<Duration> {
        (self.state().case?.delivery == Delivery::Joined).then_some(ANOTHER)
    }

    fn went_together(&self, answers: usize) {
        // They are the last ones, unless the client has several connections.
        self.state().told.iter_mut().rev().take(answers).for_each(|told| told.damaged = true);
    }

    fn pieces(&self) -> Option<(usize, usize)> {
        match self.state().case?.delivery {
            Delivery::Pieces(size) => Some((size, IN_PIECES)),
            _ => None,
        }
    }

    fn trouble(&self, why: String) {
        self.state().trouble = Some(why);
    }
}
