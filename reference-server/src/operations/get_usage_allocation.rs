//! Get Usage Allocation: part of what the Usage Limits leave is set aside for the client (1.0 §4.17, 1.4 §4.18, 2.1 §6.1.23).

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::object::StoredObject;
use crate::usage::{self, Purpose};
use kmipspec_protocol::operations::get_usage_allocation::{Request, Response};
use kmipspec_protocol::registry::{ObjectType, ResultReason, tag};
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// All of the amount counts as used from here on. Only while the object may protect.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let version = context.version;
    let request = Request::decode(payload, context.reading)?;
    let id = context.unique_identifier(request.unique_identifier.as_ref())?;
    let object = context.object(&id)?;
    if matches!(object.object_type, ObjectType::TEMPLATE | ObjectType::OPAQUE_OBJECT | ObjectType::CERTIFICATE_REQUEST)
    {
        return Err(Failure::by_version(
            version,
            ResultReason::ILLEGAL_OPERATION,
            ResultReason::INVALID_OBJECT_TYPE,
            "objects of this type protect nothing",
        ));
    }
    if object.attribute(tag::USAGE_LIMITS).is_none() {
        return Err(Failure::by_version(
            version,
            ResultReason::ILLEGAL_OPERATION,
            ResultReason::ATTRIBUTE_NOT_FOUND,
            "the object has no Usage Limits",
        ));
    }
    usage::check_state(&object, Purpose::Protect, context.now, version)?;
    if request.usage_limits_count < 0 {
        return Err(Failure::invalid_field("Usage Limits Count is negative"));
    }
    let mut object = StoredObject::clone(&object);
    if !usage::take(&mut object, request.usage_limits_count) && !context.quirk("usage-limits-are-not-enforced") {
        return Err(usage::exceeded(version));
    }
    context.save(object);
    Response { unique_identifier: id.into() }.encode(response, version);
    Ok(())
}
