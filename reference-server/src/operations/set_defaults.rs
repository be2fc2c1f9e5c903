//! Set Defaults: what a new object has when the request does not say (2.1 §6.1.53).

use crate::context::Context;
use crate::defaults;
use crate::failure::Outcome;
use kmipspec_protocol::operations::set_defaults::{Request, Response};
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// They take the place of all that were there; none, and there are none.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let request = Request::decode(payload, context.reading)?;
    defaults::set(context, request.defaults_information.as_ref())?;
    Response {}.encode(response, context.version);
    Ok(())
}
