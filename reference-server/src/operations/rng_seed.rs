//! RNG Seed: seed material for the server's generator (1.2 §4.36, 1.4 §4.36, 2.1 §6.1.50).

use crate::context::Context;
use crate::failure::Outcome;
use kmipspec_protocol::operations::rng_seed::{Request, Response};
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// All of it goes into the generator, beside what the operating system gives. UNCLEAR: 1.4 §4.36 lets a server use all, some or
/// none; published cases want 32 of 32 bytes (CS-RNG-O-1) and 0 (CS-RNG-O-3).
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let request = Request::decode(payload, context.reading)?;
    let data = context.data(Some(&request.data))?.into_owned();
    let used = context.config.random.seed(&data);
    let data_length = i32::try_from(used).unwrap_or(i32::MAX);
    Response { data_length }.encode(response, context.version);
    Ok(())
}
