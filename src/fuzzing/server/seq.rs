//! A conversation with the server.

use super::world::{ALICE, CANARY, OWN, Spoken, World};
use crate::fuzzing::oracle;
use crate::fuzzing::oracles::{Conversation, Exchange};
use crate::fuzzing::script::{Script, capture, resolve};

/// Checks one input: a script.
///
/// # Panics
///
/// With the id of the oracle (`O2` to `O6`, `O10` to `O13`) that sees a fault.
pub fn server_seq(input: &[u8]) {
    let Ok(script) = Script::read(input) else { return };
    let mut conversation = Conversation::with_canary(&CANARY);
    OWN.iter().for_each(|id| conversation.owned(id, ALICE));
    for spoken in speak(&World::default(), &script) {
        let exchange = Exchange { request: &spoken.request, answer: &spoken.answer, who: spoken.who };
        oracle::none(&conversation.look(&exchange));
    }
}

/// Says every step of a script, each with what the answers before it gave.
pub fn speak(world: &World, script: &Script) -> Vec<Spoken> {
    let mut captured = Vec::new();
    let mut all: Vec<Spoken> = Vec::new();
    for step in &script.steps {
        let spoken = world.say(step.connection, step.identity, resolve(&step.bytes, &captured));
        captured.push(capture(&spoken.answer));
        all.push(spoken);
    }
    all
}
