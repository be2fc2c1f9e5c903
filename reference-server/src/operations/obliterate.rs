//! Obliterate (3.0, second-hand): an object goes, with its attributes and with every link that leads to it.

use crate::context::Context;
use crate::failure::Outcome;
use crate::object::{StoredObject, links_to};
use kmipspec_protocol::operations::obliterate::{Request, Response};
use kmipspec_protocol::ttlv::{ItemRef, Writer};
use std::ops::ControlFlow;

// UNCLEAR: nothing we have of 3.0 names a state; Destroy is there for those who want the life cycle kept to.
/// In any state, archived and destroyed ones too. Nobody can ask for the object afterwards (published BL-M-20-30).
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let request = Request::decode(payload, context.reading)?;
    let id = context.unique_identifier(Some(&request.unique_identifier))?;
    context.any_object(&id)?;
    let mut others: Vec<StoredObject> = Vec::new();
    context.transaction.each(&mut |object| {
        if object.id != id && object.attributes.iter().any(|a| links_to(&a.value, &id)) {
            others.push(StoredObject::clone(object));
        }
        ControlFlow::Continue(())
    });
    for mut other in others {
        other.attributes.retain(|a| !links_to(&a.value, &id));
        context.save(other);
    }
    context.erase(&id);
    Response {}.encode(response, context.version);
    Ok(())
}
