//! Create User (3.0, second-hand): who from now on may say who it is, with the credentials it links to.

use crate::context::Context;
use crate::failure::Outcome;
use crate::principals;
use kmipspec_protocol::operations::create_user::{Request, Response};
use kmipspec_protocol::registry::ObjectType;
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// Every Credential Link must lead to a credential of the client that creates the user.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let request = Request::decode(payload, context.reading)?;
    let id = principals::create(context, ObjectType::USER, request.attributes)?;
    Response { unique_identifier: id.into() }.encode(response, context.version);
    Ok(())
}
