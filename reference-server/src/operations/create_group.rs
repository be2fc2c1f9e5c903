//! Create Group (3.0, second-hand): a group that users and objects name in their Group Link.

use crate::context::Context;
use crate::failure::Outcome;
use crate::principals;
use kmipspec_protocol::operations::create_group::{Request, Response};
use kmipspec_protocol::registry::ObjectType;
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// The group is an object like others, without anything that Get could give.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let request = Request::decode(payload, context.reading)?;
    let id = principals::create(context, ObjectType::GROUP, request.attributes)?;
    Response { unique_identifier: id.into() }.encode(response, context.version);
    Ok(())
}
