//! One message into the server, as nobody and as a client.

use super::world::{ALICE, CANARY, OWN, World};
use crate::fuzzing::oracle;
use crate::fuzzing::oracles::{Conversation, Exchange};

/// Checks one input, which has the identifiers of [`OWN`] to name.
///
/// # Panics
///
/// With the id of the oracle (`O2` to `O6`, `O10` to `O13`) that sees a fault.
pub fn server_one(input: &[u8]) {
    let world = World::default();
    let mut conversation = Conversation::with_canary(&CANARY);
    OWN.iter().for_each(|id| conversation.owned(id, ALICE));
    // First as a client without an identity, then as alice, whose the objects are.
    for identity in [2, 0] {
        let spoken = world.say(0, identity, input.to_vec());
        let exchange = Exchange { request: &spoken.request, answer: &spoken.answer, who: spoken.who };
        oracle::none(&conversation.look(&exchange));
    }
}
