//! Set Endpoint Role: the role that the server is to play on this connection from the answer on (2.0 §6.1.48, 2.1 §6.1.54).

use crate::auth;
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use kmipspec_protocol::operations::set_endpoint_role::{Request, Response};
use kmipspec_protocol::registry::{EndpointRole, ResultReason};
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// Client turns the connection round: afterwards the server asks and the requester answers. Server is what it is already.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let role = Request::decode(payload, context.reading)?.endpoint_role;
    match role {
        EndpointRole::SERVER => {}
        EndpointRole::CLIENT if !context.peer.two_way => {
            return Err(Failure::new(
                ResultReason::FEATURE_NOT_SUPPORTED,
                "HTTP knows requests in one direction only: register an HTTPS listener instead",
            ));
        }
        EndpointRole::CLIENT if context.client.is_empty() => return Err(auth::refused()),
        EndpointRole::CLIENT => {}
        _ => return Err(Failure::invalid_field("unknown Endpoint Role")),
    }
    context.services.push.wish(context.peer.connection, role, context.client);
    Response { endpoint_role: role }.encode(response, context.version);
    Ok(())
}
