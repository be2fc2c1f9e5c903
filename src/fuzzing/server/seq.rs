//! A conversation with the server.

use super::world::{ALICE, CANARY, OWN, Spoken, World};
use crate::fuzzing::lives::Lives;
use crate::fuzzing::oracle;
use crate::fuzzing::oracles::{Conversation, Exchange, pairs};
use crate::fuzzing::script::{Script, capture, resolve};
use kmipspec_protocol::ttlv::{Doc, Limits};

/// Checks one input: a script.
///
/// # Panics
///
/// With the id of the oracle (`O2` to `O6`, `O10` to `O13`) that sees a fault.
pub fn server_seq(input: &[u8]) {
    server_seq_seen(input, |_| ());
}

/// The same, and tells which features the conversation has: what happened to its objects.
///
/// # Panics
///
/// As [`server_seq`].
pub fn server_seq_seen(input: &[u8], mut feature: impl FnMut(u16)) {
    let Ok(script) = Script::read(input) else { return };
    let mut conversation = Conversation::with_canary(&CANARY);
    OWN.iter().for_each(|id| conversation.owned(id, ALICE));
    let (mut lives, limits) = (Lives::default(), Limits::default());
    for (spoken, step) in speak(&World::default(), &script).into_iter().zip(&script.steps) {
        let exchange = Exchange { request: &spoken.request, answer: &spoken.answer, who: spoken.who };
        let [request, answer] = [&spoken.request, &spoken.answer].map(|bytes| Doc::lenient(bytes, &limits));
        lives.note(&pairs(&request, &answer), spoken.who, step.connection.into()).into_iter().for_each(&mut feature);
        oracle::none(&conversation.look(&exchange));
    }
}

/// Says every step of a script, each with what the answers before it gave.
pub fn speak(world: &World, script: &Script) -> Vec<Spoken> {
    let mut captured = Vec::new();
    let mut all: Vec<Spoken> = Vec::new();
    for step in &script.steps {
        let spoken = world.say(step.connection, step.identity, resolve(&step.bytes, &captured, 0));
        captured.push(capture(&spoken.answer));
        all.push(spoken);
    }
    all
}
