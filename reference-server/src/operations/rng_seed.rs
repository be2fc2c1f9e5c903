//! RNG Seed: seed material for the server's generator (1.2 §4.36, 1.4 §4.36, 2.1 §6.1.50).

use crate::context::Context;
use crate::failure::Outcome;
use kmipspec_protocol::operations::rng_seed::{Request, Response};
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// The generator is seeded by the operating system and takes nothing from clients: zero bytes are used, which 1.4 §4.36 lets a
/// server say.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    Request::decode(payload, context.reading)?;
    Response { data_length: 0 }.encode(response, context.version);
    Ok(())
}
