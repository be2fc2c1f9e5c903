//! Delete Attribute: one instance, or in 2.x all of them (1.0 §4.15, 1.4 §4.16, 2.1 §6.1.13).

use crate::attribute_change::{check_limits, is_server_custom, read_only, rule_of};
use crate::attributes::{Attribute, AttributeKey, visible};
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::object::StoredObject;
use kmipspec_protocol::operations::delete_attribute::{Request, Response};
use kmipspec_protocol::registry::ResultReason;
use kmipspec_protocol::ttlv::{Item, ItemRef, Writer};
use kmipspec_protocol::version::Version;

/// What to delete.
struct Target {
    /// The attribute.
    key: AttributeKey,
    /// Attribute Index (1.x).
    index: Option<i32>,
    /// The value of Current Attribute (2.x).
    value: Option<Item>,
}

/// Attributes that must have a value, and those of the server, stay.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let version = context.version;
    let request = Request::decode(payload, context.reading)?;
    let id = context.unique_identifier(request.unique_identifier.as_ref())?;
    let target = target(request, version)?;
    let object = context.object(&id)?;
    let rule = rule_of(&target.key, version);
    let refused = rule.is_some_and(|r| !r.client_deletes()) || is_server_custom(&target.key);
    if refused && !context.quirk("required-attributes-can-be-deleted") {
        return Err(read_only(version, ResultReason::ATTRIBUTE_READ_ONLY));
    }
    // What only another version knows is not there for this one, so that it cannot be deleted past that version's rules.
    let unknown = rule.is_none() && matches!(target.key, AttributeKey::Standard(_));
    if unknown || object.instances(&target.key).next().is_none() {
        return Err(missing(version));
    }
    check_limits(&object, &target.key, version, ResultReason::ATTRIBUTE_READ_ONLY)?;
    let mut object = StoredObject::clone(&object);
    let deleted = match version < Version::V2_0 {
        true => delete_by_index(&mut object, &target, rule.is_some_and(|r| !r.many()), version)?,
        false => delete_by_value(&mut object, &target)?,
    };
    context.save(object);
    let attribute = visible(&deleted, version);
    Response { unique_identifier: id.into(), attribute }.encode(response, version);
    Ok(())
}

/// Attribute Name and Attribute Index (1.x); Current Attribute or Attribute Reference (2.x).
fn target(request: Request<'_>, version: Version) -> Outcome<Target> {
    match (request.current_attribute, request.attribute) {
        (Some(Attribute { key, value, .. }), _) => Ok(Target { key, index: None, value: Some(value) }),
        (None, Some(key)) => Ok(Target { key, index: request.attribute_index, value: None }),
        (None, None) if version < Version::V2_0 => Err(Failure::invalid_message("the Attribute Name is missing")),
        (None, None) => Err(Failure::invalid_message("neither Current Attribute nor Attribute Reference is given")),
    }
}

/// The attribute is not there.
fn missing(version: Version) -> Failure {
    Failure::by_version(
        version,
        ResultReason::ITEM_NOT_FOUND,
        ResultReason::ATTRIBUTE_NOT_FOUND,
        "the object does not have this attribute",
    )
}

/// One instance of those that the version can be told of. 1.0 wants an index where there are several, and none where there can be one only; later 0 is assumed.
fn delete_by_index(object: &mut StoredObject, target: &Target, single: bool, version: Version) -> Outcome<Attribute> {
    let instances = object.instances(&target.key).filter(|instance| visible(instance, version).is_some()).count();
    if instances == 0 {
        return Err(missing(version));
    }
    if version == Version::V1_0 {
        if single && target.index.is_some() {
            return Err(Failure::new(ResultReason::ITEM_NOT_FOUND, "the attribute has no Attribute Index"));
        }
        if target.index.is_none() && instances > 1 {
            return Err(Failure::invalid_field("the attribute has several instances, an Attribute Index is needed"));
        }
    }
    let only = target.index.is_none() && version == Version::V1_0;
    let wanted = target.index.unwrap_or(0);
    let matches = |a: &Attribute| {
        a.key == target.key && (only || a.index.unwrap_or(0) == wanted) && visible(a, version).is_some()
    };
    let place = object.attributes.iter().position(matches);
    let place =
        place.ok_or_else(|| Failure::new(ResultReason::ITEM_NOT_FOUND, "no instance with this Attribute Index"))?;
    Ok(object.attributes.remove(place))
}

/// The instance of a value, or every instance.
fn delete_by_value(object: &mut StoredObject, target: &Target) -> Outcome<Attribute> {
    let matches = |a: &Attribute| a.is_of(&target.key) && target.value.as_ref().is_none_or(|value| *value == a.value);
    let first = object.attributes.iter().find(|a| matches(a)).cloned();
    object.attributes.retain(|a| !matches(a));
    first.ok_or_else(|| Failure::new(ResultReason::ATTRIBUTE_INSTANCE_NOT_FOUND, "no instance has this value"))
}
