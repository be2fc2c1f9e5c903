//! Answers for one run of a client: honest ones of a server of its own, of which some are damaged; or those of an earlier run.

use crate::client::Answers;
use crate::fuzzing::mutate::{Mutator, Rng};
use crate::fuzzing::wire::is_honest;
use kmipspec_protocol::version::Version;
use kmipspec_reference_server::in_process::{Caller, InProcess};
use kmipspec_reference_server::random::SameRsaKeys;
use kmipspec_reference_server::{Asynchronous, Config};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The largest damaged answer.
const MAX: usize = 64 << 10;

/// Whom the server takes the client for, whatever its certificate says.
const CLIENT: &str = "alice";

/// What is done to the answers of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Nothing.
    Honest,
    /// One answer is damaged, and sometimes those behind it.
    Damaged {
        /// What is said at these places, from 0, in place of the honest answers.
        kept: BTreeMap<usize, Vec<u8>>,
        /// Which answer is damaged: that of `kept`, or the honest one.
        at: usize,
        /// Where chance begins.
        seed: u64,
    },
    /// These answers, whatever is asked; behind the last one the connection ends.
    Given(Vec<Vec<u8>>),
}

/// One exchange, as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// What the client sent.
    pub request: Vec<u8>,
    /// What it was told.
    pub answer: Vec<u8>,
    /// Whether the server would have said something else.
    pub damaged: bool,
}

/// A server of one client's own, which has nothing yet.
#[derive(Debug)]
pub struct OwnServer(InProcess);

impl OwnServer {
    /// One that speaks these versions, or all; what is wrong where it cannot be had.
    pub fn new(versions: Option<&[Version]>) -> Result<Self, String> {
        Self::deferring(versions, Asynchronous::default())
    }

    /// The same, which does later what this says, where the client lets it.
    pub fn deferring(versions: Option<&[Version]>, asynchronous: Asynchronous) -> Result<Self, String> {
        let mut config = Config { random: Arc::new(SameRsaKeys::seeded(1)), asynchronous, ..Config::default() };
        if let Some(versions) = versions {
            config.versions = versions.to_vec();
        }
        InProcess::new(config).map(Self).map_err(|e| e.to_string())
    }

    /// Its answer; none where it would close the connection.
    pub fn answer(&self, message: &[u8]) -> Option<Vec<u8>> {
        let caller = Caller { connection: 1, name: Some(CLIENT) };
        self.0.answer(message, caller).map(|replied| replied.bytes)
    }
}

/// What answers: the plan of the run that is on can be changed for the next.
#[derive(Debug)]
pub struct Stage(Mutex<State>);

#[derive(Debug)]
struct State {
    server: Option<OwnServer>,
    plan: Plan,
    told: Vec<Told>,
    honest: Vec<Option<Vec<u8>>>,
    mutator: Mutator,
    rng: Rng,
}

impl Default for Stage {
    fn default() -> Self {
        Self(Mutex::new(State::new(None, Plan::Honest)))
    }
}

impl Stage {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new run, with a server that has nothing yet. What is wrong where that cannot be had.
    pub fn set(&self, plan: Plan) -> Result<(), String> {
        let server = OwnServer::new(None)?;
        *self.state() = State::new(Some(server), plan);
        Ok(())
    }

    /// What was said since the run began.
    pub fn told(&self) -> Vec<Told> {
        self.state().told.clone()
    }

    /// What the server would have said to each request; none where it was not asked, or would have ended the connection.
    pub(super) fn honest(&self) -> Vec<Option<Vec<u8>>> {
        self.state().honest.clone()
    }
}

impl State {
    fn new(server: Option<OwnServer>, plan: Plan) -> Self {
        let seed = if let Plan::Damaged { seed, .. } = plan { seed } else { 0 };
        let (mutator, rng) = (Mutator::new(seed), Rng::new(seed ^ 0x6b6d_6970));
        Self { server, plan, told: Vec::new(), honest: Vec::new(), mutator, rng }
    }

    /// The answer to a message, and whether it is damaged; none where the connection is to end.
    fn answer(&mut self, message: &[u8]) -> Option<(Vec<u8>, bool)> {
        let place = self.told.len();
        if let Plan::Given(all) = &self.plan {
            return all.get(place).map(|answer| (answer.clone(), true));
        }
        let honest = self.server.as_ref()?.answer(message)?;
        self.honest.resize(place, None);
        self.honest.push(Some(honest.clone()));
        let Plan::Damaged { kept, at, .. } = &self.plan else { return Some((honest, false)) };
        let kept_here = kept.get(&place);
        let is_kept = kept_here.is_some();
        let said = kept_here.cloned().unwrap_or(honest);
        if place != *at && (is_kept || place < *at || !self.rng.one_in(4)) {
            return Some((said, is_kept));
        }
        let mut damaged = self.mutator.message(&said, MAX);
        while self.rng.one_in(3) {
            damaged = self.mutator.message(&damaged, MAX);
        }
        Some((damaged, true))
    }
}

impl Answers for Stage {
    fn answer(&self, message: &[u8]) -> Option<Vec<u8>> {
        let mut state = self.state();
        let (answer, damaged) = state.answer(message)?;
        state.told.push(Told { request: message.to_vec(), answer: answer.clone(), damaged });
        Some(answer)
    }

    /// What is not as long as it says: the client may wait for more, which will not come.
    fn ends(&self, answer: &[u8]) -> bool {
        !is_honest(answer)
    }

    // A client that was told nonsense may go as it likes.
    fn trouble(&self, _: String) {}
}
