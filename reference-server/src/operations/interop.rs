//! Interop: where a test begins and ends, and back to the state before it (2.0 §6.1.25, 2.1 §6.1.26).

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::interop;
use kmipspec_protocol::operations::interop::{Request, Response};
use kmipspec_protocol::registry::InteropFunction;
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// Begin marks the state of the connection's test, Reset goes back to that mark; without one, to what this client
/// has in a new server.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let request = Request::decode(payload, context.reading)?;
    let (services, connection) = (context.services, context.peer.connection);
    let test = request.interop_identifier.as_ref();
    match request.interop_function {
        InteropFunction::BEGIN => {
            tracing::info!(test, "interop test begins");
            services.interop.begin(connection);
        }
        InteropFunction::END => {
            // UNCLEAR: 2.1 §6.1.26 does not say what an End without a Begin is; the test is over either way.
            tracing::info!(test, "interop test ends");
            services.interop.end(connection);
        }
        InteropFunction::RESET => {
            tracing::info!(test, "interop reset");
            interop::reset(context)?;
        }
        _ => return Err(Failure::invalid_field("this Interop Function is not supported")),
    }
    Response {}.encode(response, context.version);
    Ok(())
}
