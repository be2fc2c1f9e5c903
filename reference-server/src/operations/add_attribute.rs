//! Add Attribute: one more instance, or the first (1.0 §4.13, 1.4 §4.14, 2.1 §6.1.2).

use crate::attribute_change::{check_state, follow_up, is_server_custom, read_only, respond, rule_of};
use crate::attributes::{Attribute, AttributeKey, decode_attribute};
use crate::context::Context;
use crate::creation::{check_dates, check_name, complete};
use crate::failure::{Failure, Outcome};
use crate::object::ManagedObject;
use kmipspec_protocol::registry::{ResultReason, tag};
use kmipspec_protocol::ttlv::{Cursor, FieldError, ItemRef, Writer};
use kmipspec_protocol::version::Version;

/// An existing value is never changed: an attribute of one instance that is there is Illegal Operation (1.4 §11.15).
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let version = context.version;
    let mut fields = Cursor::new(payload);
    let id = context.unique_identifier(&mut fields)?;
    let Attribute { key, index, value } = new_attribute(&mut fields, version)?;
    let value = complete(value);
    fields.finish()?;
    let object = context.object(&id)?;
    if index.is_some() {
        return Err(Failure::invalid_field("a new attribute has no Attribute Index"));
    }
    let rule = rule_of(&key, version);
    if rule.is_some_and(|r| !r.client_sets()) || is_server_custom(&key) {
        return Err(read_only(version, ResultReason::READ_ONLY_ATTRIBUTE));
    }
    if rule.is_some_and(|r| !r.many()) && object.instances(&key).next().is_some() {
        return Err(Failure::by_version(
            version,
            ResultReason::ILLEGAL_OPERATION,
            ResultReason::ATTRIBUTE_SINGLE_VALUED,
            "the attribute is there and has one instance only",
        ));
    }
    check_state(&object, &key, context)?;
    check_name(context, &object, &key, &value, ResultReason::ILLEGAL_OPERATION)?;
    let mut object = ManagedObject::clone(&object);
    let index = match (&key, rule) {
        (AttributeKey::Standard(tag), Some(rule)) if !rule.many() => {
            let tag = *tag;
            object.set(value.clone());
            check_dates(&object, version)?;
            follow_up(&mut object, tag, context);
            None
        }
        _ => Some(object.add(key.clone(), value.clone())),
    };
    context.save(object);
    respond(response, &id, &Attribute { key, index, value }, version);
    Ok(())
}

/// Attribute (1.x), or New Attribute with one item inside (2.x).
pub(crate) fn new_attribute(fields: &mut Cursor<'_>, version: Version) -> Outcome<Attribute> {
    if version < Version::V2_0 {
        return decode_attribute(fields.req(tag::ATTRIBUTE)?, version);
    }
    let mut inside = fields.req_structure(tag::NEW_ATTRIBUTE)?;
    let at = inside.offset();
    let attribute = inside.take().ok_or(FieldError::Missing { tag: tag::NEW_ATTRIBUTE, at })?;
    inside.finish()?;
    decode_attribute(attribute, version)
}
