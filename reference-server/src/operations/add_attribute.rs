//! Add Attribute: one more instance, or the first (1.0 §4.13, 1.4 §4.14, 2.1 §6.1.2).

use crate::application;
use crate::attribute_change::{admit_one, check_room, check_state, follow_up, is_server_custom, read_only, rule_of};
use crate::attributes::{Attribute, AttributeKey, is_given, visible};
use crate::context::Context;
use crate::creation::{check_dates, check_name, complete};
use crate::failure::{Failure, Outcome};
use crate::object::StoredObject;
use kmipspec_protocol::operations::add_attribute::{Request, Response};
use kmipspec_protocol::registry::{ResultReason, tag};
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// An existing value is never changed: an attribute of one instance that is there is Illegal Operation (1.4 §11.15).
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let version = context.version;
    let request = Request::decode(payload, context.reading)?;
    let id = context.unique_identifier(request.unique_identifier.as_ref())?;
    let Attribute { key, index, value } = request.attribute;
    let object = context.object(&id)?;
    if index.is_some() {
        return Err(Failure::invalid_field("a new attribute has no Attribute Index"));
    }
    let value = complete(admit_one(Attribute { key: key.clone(), index: None, value }, version)?.value);
    let value = application::complete(context, value)?;
    let rule = rule_of(&key, version);
    let refused = rule.is_some_and(|r| !r.client_sets()) || is_server_custom(&key);
    if refused && !context.quirk("read-only-attributes-can-be-added") {
        return Err(read_only(version, ResultReason::READ_ONLY_ATTRIBUTE));
    }
    if let (AttributeKey::Standard(tag), Some(rule)) = (&key, rule)
        && !rule.belongs_to(object.object_type, *tag)
    {
        return Err(Failure::by_version(
            version,
            ResultReason::PERMISSION_DENIED,
            ResultReason::INVALID_ATTRIBUTE,
            "objects of this type do not have the attribute",
        ));
    }
    let there = rule.is_some_and(|r| !r.many()) && object.instances(&key).next().is_some();
    if there && !context.quirk("single-attributes-can-be-added") {
        return Err(Failure::by_version(
            version,
            ResultReason::ILLEGAL_OPERATION,
            ResultReason::ATTRIBUTE_SINGLE_VALUED,
            "the attribute is there and has one instance only",
        ));
    }
    // A certificate has one Digital Signature Algorithm, a PGP key those the server found (1.4 §3.16).
    if matches!(key, AttributeKey::Standard(tag) if is_given(tag)) && object.instances(&key).next().is_some() {
        return Err(read_only(version, ResultReason::READ_ONLY_ATTRIBUTE));
    }
    check_state(&object, &key, context)?;
    check_room(&object, context)?;
    check_name(context, &object, &key, &value, ResultReason::ILLEGAL_OPERATION)?;
    if key == AttributeKey::Standard(tag::NAME) && object.instances(&key).any(|a| a.value == value) {
        return Err(Failure::by_version(
            version,
            ResultReason::ILLEGAL_OPERATION,
            ResultReason::NON_UNIQUE_NAME_ATTRIBUTE,
            "the object has this Name already",
        ));
    }
    let mut object = StoredObject::clone(&object);
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
    let attribute = visible(&Attribute { key, index, value }, version);
    Response { unique_identifier: id.into(), attribute }.encode(response, version);
    Ok(())
}
