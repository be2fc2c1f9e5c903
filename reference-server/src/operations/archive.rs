//! Archive: the object goes off-line, here at once (1.0 §4.21, 1.4 §4.22, 2.1 §6.1.4).

use crate::context::Context;
use crate::failure::Outcome;
use crate::object::StoredObject;
use kmipspec_protocol::operations::archive::{Request, Response};
use kmipspec_protocol::registry::tag;
use kmipspec_protocol::ttlv::{Item, ItemRef, Writer};

/// One that is archived already is Object Archived (1.4 §11.23); the Archive Date says since when (1.4 §3.32).
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let request = Request::decode(payload, context.reading)?;
    let id = context.unique_identifier(request.unique_identifier.as_ref())?;
    let mut object = StoredObject::clone(&*context.object(&id)?);
    object.archived = true;
    object.set(Item::date_time(tag::ARCHIVE_DATE, context.now));
    context.save(object);
    Response { unique_identifier: id.into() }.encode(response, context.version);
    Ok(())
}
