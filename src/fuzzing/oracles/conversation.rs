//! Several exchanges with one server: what each of them shows, and what they show together.

use super::echo::Said;
use super::exchange::exchange;
use super::owner::Owners;
use super::read_back::{ReadBack, readings};
use super::secret::Secrets;
use super::state::States;
use super::{Exchange, LIMITS, pairs};
use crate::fuzzing::oracle::Finding;
use kmipspec_protocol::ttlv::Doc;

/// What is remembered of a conversation: whose objects are whose, their states, what was written, and what is secret.
#[derive(Clone, Debug, Default)]
pub struct Conversation {
    owners: Owners,
    states: States,
    written: ReadBack,
    secrets: Secrets,
    said: Said,
}

impl Conversation {
    /// A conversation with a server that holds this key material, which no client of the conversation may see.
    pub fn with_canary(canary: &[u8]) -> Self {
        Self { secrets: Secrets::with_canary(canary), ..Self::default() }
    }

    /// Whose object this is from the start.
    pub fn owned(&mut self, identifier: &str, owner: &str) {
        self.owners.note(identifier, owner);
    }

    /// Looks at the next exchange.
    pub fn look(&mut self, next: &Exchange<'_>) -> Vec<Finding> {
        let (request, answer) = (Doc::lenient(next.request, &LIMITS), Doc::lenient(next.answer, &LIMITS));
        self.said.note(&request);
        let mut found = exchange(next, &request, &answer, &self.said);
        found.extend(self.secrets.look(&request, &answer));
        self.owners.excuse(&request);
        self.states.excuse(&request);
        let versions = readings(&request);
        for pair in pairs(&request, &answer) {
            found.extend(self.owners.look(&pair, next.who));
            found.extend(self.states.look(&pair));
            found.extend(self.written.look(&pair, &versions));
        }
        found
    }
}
