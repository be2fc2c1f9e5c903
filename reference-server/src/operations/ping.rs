//! Ping: is anybody there? (2.1 §6.1.36)

use crate::context::Context;
use crate::failure::Outcome;
use kmipspec_protocol::operations::ping::{Request, Response};
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// Nothing changes: that an identified client gets an answer is the whole of it.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let Request {} = Request::decode(payload, context.reading)?;
    Response {}.encode(response, context.version);
    Ok(())
}
