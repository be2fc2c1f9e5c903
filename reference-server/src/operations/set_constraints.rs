//! Set Constraints: what new objects have to be like (2.1 §6.1.52).

use crate::constraints;
use crate::context::Context;
use crate::failure::Outcome;
use kmipspec_protocol::operations::set_constraints::{Request, Response};
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// They take the place of all that were there; none, and there are none (published TC-MD-24).
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let request = Request::decode(payload, context.reading)?;
    constraints::set(context, request.constraints.as_ref())?;
    Response {}.encode(response, context.version);
    Ok(())
}
