//! Set Attribute: the one value of an attribute, whether it was there or not (2.0 §6.1.47, 2.1 §6.1.51).

use crate::application;
use crate::attribute_change::{
    admit_one, check_limits, check_room, check_state, follow_up, is_server_custom, read_only, rule_of,
};
use crate::attributes::AttributeKey;
use crate::context::Context;
use crate::creation::{check_dates, check_name, complete};
use crate::failure::{Failure, Outcome};
use crate::object::StoredObject;
use kmipspec_protocol::operations::set_attribute::{Request, Response};
use kmipspec_protocol::registry::ResultReason;
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// More than one instance is an error: which would be meant?
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let version = context.version;
    let request = Request::decode(payload, context.reading)?;
    let id = context.unique_identifier(request.unique_identifier.as_ref())?;
    let mut new = admit_one(request.new_attribute, version)?;
    new.value = application::complete(context, new.value)?;
    let object = context.object(&id)?;
    // At 3.0 a link is one of its kind.
    let key = new.key_at(version);
    let there = object.instances(&key).count();
    let writable =
        rule_of(&new.key, version).is_none_or(|r| if there == 0 { r.client_sets() } else { r.client_changes() });
    if !writable || is_server_custom(&new.key) {
        return Err(read_only(version, ResultReason::READ_ONLY_ATTRIBUTE));
    }
    if there > 1 {
        return Err(Failure::new(ResultReason::MULTI_VALUED_ATTRIBUTE, "the attribute has several values"));
    }
    check_state(&object, &new.key, context)?;
    check_limits(&object, &new.key, version, ResultReason::READ_ONLY_ATTRIBUTE)?;
    check_room(&object, context)?;
    check_name(context, &object, &new.key, &new.value, ResultReason::ILLEGAL_OPERATION)?;
    let mut object = StoredObject::clone(&object);
    match object.attributes.iter_mut().find(|a| a.is_of(&key)) {
        Some(instance) => instance.value = complete(new.value.clone()),
        None => {
            let index = object.add(new.key.clone(), complete(new.value.clone()));
            debug_assert_eq!(index, 0, "there was no instance");
        }
    }
    check_dates(&object, version)?;
    if let AttributeKey::Standard(tag) = new.key {
        follow_up(&mut object, tag, context);
    }
    context.save(object);
    Response { unique_identifier: id.into() }.encode(response, version);
    Ok(())
}
