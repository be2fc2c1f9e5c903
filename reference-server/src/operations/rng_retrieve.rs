//! RNG Retrieve: random bytes of the server's generator (1.2 §4.35, 1.4 §4.35, 2.1 §6.1.49).

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use kmipspec_protocol::operations::rng_retrieve::{Request, Response};
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// As many as asked for, up to what fits in a message.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let request = Request::decode(payload, context.reading)?;
    let length = usize::try_from(request.data_length).ok().filter(|n| *n <= context.config.limits.message_size);
    let Some(length) = length else {
        return Err(Failure::invalid_field("Data Length is negative, or more than a message holds"));
    };
    let length = if context.quirk("random-bytes-are-too-few") { length.saturating_sub(1) } else { length };
    let data = context.random(length)?;
    context.gave(&data);
    Response { data: data.into() }.encode(response, context.version);
    Ok(())
}
