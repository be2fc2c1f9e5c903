//! Log: a message for the log of the server (2.0 §6.1.28, 2.1 §6.1.29).

use crate::client_log;
use crate::context::Context;
use crate::failure::Outcome;
use kmipspec_protocol::operations::log::{Request, Response};
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// The message goes into the store and into the trace of the program; Query Server Information reads it back.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let request = Request::decode(payload, context.reading)?;
    client_log::add(context, &request.log_message);
    Response {}.encode(response, context.version);
    Ok(())
}
