//! Set Attribute: the one value of an attribute, whether it was there or not (2.0 §6.1.47, 2.1 §6.1.51).

use super::add_attribute::new_attribute;
use crate::attribute_change::{check_state, follow_up, is_server_custom, read_only, respond, rule_of};
use crate::attributes::AttributeKey;
use crate::context::Context;
use crate::creation::{check_dates, check_name, complete};
use crate::failure::{Failure, Outcome};
use crate::object::ManagedObject;
use kmipspec_protocol::registry::ResultReason;
use kmipspec_protocol::ttlv::{Cursor, ItemRef, Writer};

/// More than one instance is an error: which would be meant?
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let version = context.version;
    let mut fields = Cursor::new(payload);
    let id = context.unique_identifier(&mut fields)?;
    let new = new_attribute(&mut fields, version)?;
    fields.finish()?;
    let object = context.object(&id)?;
    let there = object.instances(&new.key).count();
    let writable = rule_of(&new.key, version).is_none_or(|r| if there == 0 { r.client_sets() } else { r.client_changes() });
    if !writable || is_server_custom(&new.key) {
        return Err(read_only(version, ResultReason::READ_ONLY_ATTRIBUTE));
    }
    if there > 1 {
        return Err(Failure::new(ResultReason::MULTI_VALUED_ATTRIBUTE, "the attribute has several values"));
    }
    check_state(&object, &new.key, context)?;
    check_name(context, &object, &new.key, &new.value, ResultReason::ILLEGAL_OPERATION)?;
    let mut object = ManagedObject::clone(&object);
    match object.attributes.iter_mut().find(|a| a.key == new.key) {
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
    respond(response, &id, &new, version);
    Ok(())
}
