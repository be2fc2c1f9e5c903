//! Get: the object itself (1.0 §4.10, 1.4 §4.11, 2.1 §6.1.19).

use crate::context::Context;
use crate::delivery::{Wanted, check_type, deliver};
use crate::failure::{Failure, Outcome};
use crate::object::StoredObject;
use kmipspec_protocol::objects::AnyObject;
use kmipspec_protocol::operations::get::{Request, Response};
use kmipspec_protocol::registry::tag;
use kmipspec_protocol::ttlv::{Item, ItemRef, Writer};

/// The object as it was stored, or in the format and the wrapping asked for; attributes are in its Key Value only when wrapped.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let request = Request::decode(payload, context.reading)?;
    let id = context.unique_identifier(request.unique_identifier.as_ref())?;
    let object = context.object(&id)?;
    check_type(&object, context.version)?;
    let Some(material) = &object.material else { return Err(Failure::gone(context.version)) };
    let wanted = Wanted {
        format: request.key_format_type,
        wrap_type: request.key_wrap_type,
        compression: request.key_compression_type,
        wrapping: request.key_wrapping_specification,
    };
    let delivered = deliver(context, &object, material, &wanted)?;
    // A key without its value is given as it was registered: Key Block without Key Value (1.2 §4.11, published TC-MDO-1).
    let answer =
        Response { object_type: object.object_type, unique_identifier: id.into(), object: AnyObject::from(delivered) };
    answer.encode(response, context.version);
    if object.boolean(tag::FRESH) == Some(true) {
        // 1.4 §3.34: as soon as it has been served to a client, it is no longer fresh.
        let mut served = StoredObject::clone(&object);
        served.set(Item::boolean(tag::FRESH, false));
        context.transaction.put(served);
    }
    Ok(())
}
