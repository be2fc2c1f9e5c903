//! Activate: a Pre-Active object becomes Active (1.0 §4.18, 1.4 §4.19, 2.1 §6.1.1).

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::lifecycle;
use crate::object::StoredObject;
use kmipspec_protocol::operations::activate::{Request, Response};
use kmipspec_protocol::registry::{ResultReason, State};
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// 1.4 §11.20: a template cannot be activated, a wrong state is Permission Denied; 2.x has Wrong Key Lifecycle State.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let request = Request::decode(payload, context.reading)?;
    let id = context.unique_identifier(request.unique_identifier.as_ref())?;
    let object = context.object(&id)?;
    match object.state() {
        Some(State::PRE_ACTIVE) => {}
        Some(_) if context.quirk("activate-takes-any-state") => {}
        Some(_) => {
            return Err(Failure::wrong_state(context.version, "the object is not in state Pre-Active"));
        }
        None => {
            return Err(Failure::by_version(
                context.version,
                ResultReason::ILLEGAL_OPERATION,
                ResultReason::INVALID_OBJECT_TYPE,
                "objects of this type cannot be activated",
            ));
        }
    }
    let mut object = StoredObject::clone(&object);
    lifecycle::activate(&mut object, context.now);
    context.save(object);
    Response { unique_identifier: id.into() }.encode(response, context.version);
    Ok(())
}
