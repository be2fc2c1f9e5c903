//! Export: an object with all its attributes, for another server (1.4 §4.40, 2.1 §6.1.18).

use super::get_attributes::in_order;
use crate::attributes::{Attribute, visible};
use crate::context::Context;
use crate::delivery::{Wanted, check_type, deliver, sayable};
use crate::failure::{Failure, Outcome};
use crate::shell;
use kmipspec_protocol::objects::AnyObject;
use kmipspec_protocol::operations::export::{Request, Response};
use kmipspec_protocol::registry::ResultReason;
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// The object as Get gives it, but it stays Fresh (published TC-IMPEXP-3); of a destroyed object the structure without its
/// material.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let version = context.version;
    let request = Request::decode(payload, context.reading)?;
    let id = context.unique_identifier(request.unique_identifier.as_ref())?;
    let object = context.object(&id)?;
    check_type(&object, version)?;
    let wanted = Wanted {
        format: request.key_format_type,
        wrap_type: request.key_wrap_type,
        compression: request.key_compression_type,
        wrapping: request.key_wrapping_specification,
    };
    let delivered = match &object.material {
        Some(material) => deliver(context, &object, material, &wanted)?,
        None => {
            let shell = shell::of(context, &id).ok_or_else(|| {
                Failure::by_version(
                    version,
                    ResultReason::ITEM_NOT_FOUND,
                    ResultReason::OBJECT_DESTROYED,
                    "nothing is left of the object but its attributes",
                )
            });
            sayable(shell?, version)?
        }
    };
    let attributes: Vec<Attribute> = in_order(&object).filter_map(|attribute| visible(attribute, version)).collect();
    let answer = Response {
        object_type: object.object_type,
        unique_identifier: id.as_str().into(),
        attributes: attributes.into(),
        object: AnyObject::from(delivered),
    };
    answer.encode(response, version);
    context.returned(&id);
    Ok(())
}
