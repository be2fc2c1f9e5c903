//! Recover: an archived object comes back on-line (1.0 §4.22, 1.4 §4.23, 2.1 §6.1.42).

use crate::attributes::AttributeKey;
use crate::context::Context;
use crate::failure::Outcome;
use crate::object::StoredObject;
use kmipspec_protocol::operations::recover::{Request, Response};
use kmipspec_protocol::registry::tag;
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// The Archive Date goes (1.4 §3.32). An object that is on-line stays so: no row of §11.24 makes that an error.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let request = Request::decode(payload, context.reading)?;
    let id = context.unique_identifier(request.unique_identifier.as_ref())?;
    let object = context.any_object(&id)?;
    if object.archived {
        let mut object = StoredObject::clone(&object);
        object.archived = false;
        object.attributes.retain(|a| a.key != AttributeKey::Standard(tag::ARCHIVE_DATE));
        context.save(object);
    }
    context.returned(&id);
    Response { unique_identifier: id.into() }.encode(response, context.version);
    Ok(())
}
