//! Answers one run of a client: the bundled server's, changed as a case asks.

use super::answer::{Answer, batch_items, is_probe};
use super::case::{Case, Delivery};
use crate::client::Answers;
use crate::fuzzing::as_server::{OwnServer, Told};
use crate::runner::message::tree;
use kmipspec_protocol::ttlv::Item;
use kmipspec_protocol::version::Version;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes of an answer that are sent in pieces; the rest follows at once, since large answers would take long.
const IN_PIECES: usize = 512;

/// What answers: for each run it gets a server that has nothing yet, and a case or none.
#[derive(Debug, Default)]
pub struct Stage(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    server: Option<OwnServer>,
    case: Option<&'static Case>,
    probes_only: bool,
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

    /// A new run, by a server that speaks these versions, or all. `probes_only`: the client was seen to ask nothing but who the server
    /// is. What is wrong where the server cannot be had.
    pub fn set(
        &self,
        case: Option<&'static Case>,
        versions: Option<&[Version]>,
        probes_only: bool,
    ) -> Result<(), String> {
        let server = OwnServer::new(versions)?;
        *self.state() = State { server: Some(server), case, probes_only, told: Vec::new(), trouble: None };
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
        let Some(mut answer) = Answer::read(&request, &honest, self.probes_only) else { return Some((honest, false)) };
        answer.make_plain();
        let plain = answer.message.encode();
        let Some(case) = self.case.filter(|case| case.stands_at(answer.version)) else { return Some((plain, false)) };
        if !(case.vary)(&mut answer) {
            return Some((plain, false));
        }
        let mut bytes = answer.message.encode();
        match case.delivery {
            Delivery::Whole | Delivery::Pieces(_) | Delivery::Closed => {}
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
