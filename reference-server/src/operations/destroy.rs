//! Destroy: the material goes, the attributes stay (1.0 §4.20, 1.4 §4.21, 2.1 §6.1.15).

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::lifecycle;
use crate::object::StoredObject;
use crate::shell;
use kmipspec_protocol::operations::destroy::{Request, Response};
use kmipspec_protocol::registry::State;
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// Pre-Active, Deactivated and Compromised objects may go. The text of the operation leaves Compromised out, the state
/// diagram and the error table have it (registry NOTES 3.1): we follow those.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let request = Request::decode(payload, context.reading)?;
    let id = context.unique_identifier(request.unique_identifier.as_ref())?;
    let object = context.object(&id)?;
    if object.is_destroyed() {
        return Err(Failure::destroyed(context.version, "the object has already been destroyed"));
    }
    if object.state() == Some(State::ACTIVE) && !context.quirk("destroy-takes-active") {
        return Err(Failure::wrong_state(context.version, "an Active object has to be revoked first"));
    }
    if let Some(material) = &object.material {
        shell::keep(context, &id, material);
    }
    let mut object = StoredObject::clone(&object);
    lifecycle::destroy(&mut object, context.now);
    context.save(object);
    Response { unique_identifier: id.into() }.encode(response, context.version);
    Ok(())
}
