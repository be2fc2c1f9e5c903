//! Logout: the ticket is worth nothing any more (2.0 §6.1.30, 2.1 §6.1.31).

use crate::context::Context;
use crate::failure::Outcome;
use kmipspec_protocol::operations::logout::{Request, Response};
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// Only the user who got a ticket ends it; whether the request came with a ticket makes no difference.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let request = Request::decode(payload, context.reading)?;
    context.services.sessions.close(&request.ticket, context.client, context.now)?;
    Response {}.encode(response, context.version);
    Ok(())
}
