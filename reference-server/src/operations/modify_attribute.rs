//! Modify Attribute: another value for an instance that is there (1.0 §4.14, 1.4 §4.15, 2.1 §6.1.34).

use crate::application;
use crate::attribute_change::{admit_one, check_limits, check_state, follow_up, is_server_custom, read_only, rule_of};
use crate::attributes::{Attribute, AttributeKey, visible};
use crate::context::Context;
use crate::creation::{check_dates, check_name, complete};
use crate::failure::{Failure, Outcome};
use crate::object::StoredObject;
use kmipspec_protocol::operations::modify_attribute::{Request, Response};
use kmipspec_protocol::registry::ResultReason;
use kmipspec_protocol::ttlv::{Item, ItemRef, Writer};
use kmipspec_protocol::version::Version;

/// Which instance: by Attribute Index in 1.x (0 when left out), by Current Attribute in 2.x.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let version = context.version;
    let request = Request::decode(payload, context.reading)?;
    let id = context.unique_identifier(request.unique_identifier.as_ref())?;
    let mut new = admit_one(request.attribute, version)?;
    new.value = application::complete(context, new.value)?;
    let current = request.current_attribute;
    let object = context.object(&id)?;
    let rule = rule_of(&new.key, version);
    let refused = rule.is_some_and(|r| !r.client_changes()) || is_server_custom(&new.key);
    if refused && !context.quirk("read-only-attributes-can-be-modified") {
        return Err(read_only(version, ResultReason::ATTRIBUTE_READ_ONLY));
    }
    let place = match version < Version::V2_0 {
        true => by_index(&object, &new, rule.is_some_and(|r| !r.many()), version)?,
        false => by_value(&object, &new, current.as_ref(), version)?,
    };
    check_state(&object, &new.key, context)?;
    check_limits(&object, &new.key, version, ResultReason::ATTRIBUTE_READ_ONLY)?;
    check_name(context, &object, &new.key, &new.value, ResultReason::ILLEGAL_OPERATION)?;
    let mut object = StoredObject::clone(&object);
    let Some(instance) = object.attributes.get_mut(place) else { return Err(missing(version)) };
    instance.value = complete(new.value);
    let changed = instance.clone();
    let attribute = visible(&changed, version);
    check_dates(&object, version)?;
    if let AttributeKey::Standard(tag) = changed.key {
        follow_up(&mut object, tag, context);
    }
    context.save(object);
    Response { unique_identifier: id.into(), attribute }.encode(response, version);
    Ok(())
}

/// The attribute is not there at all: 1.4 §11.16 Invalid Field; 2.x Attribute Not Found.
fn missing(version: Version) -> Failure {
    Failure::by_version(
        version,
        ResultReason::INVALID_FIELD,
        ResultReason::ATTRIBUTE_NOT_FOUND,
        "the object does not have this attribute",
    )
}

/// The instance with the index given, 0 when none is. In 1.0 an attribute of one instance takes no index (1.0 §4.14).
fn by_index(object: &StoredObject, new: &Attribute, single: bool, version: Version) -> Outcome<usize> {
    if !object.instances(&new.key).any(|instance| visible(instance, version).is_some()) {
        return Err(missing(version));
    }
    let no_instance = || Failure::new(ResultReason::ITEM_NOT_FOUND, "no instance with this Attribute Index");
    if version == Version::V1_0 && single && new.index.is_some() {
        return Err(no_instance());
    }
    let wanted = new.index.unwrap_or(0);
    let matches = |a: &Attribute| a.key == new.key && a.index.unwrap_or(0) == wanted && visible(a, version).is_some();
    object.attributes.iter().position(matches).ok_or_else(no_instance)
}

/// The instance with the current value; without one, the only instance there is.
fn by_value(object: &StoredObject, new: &Attribute, current: Option<&Attribute>, version: Version) -> Outcome<usize> {
    // At 3.0 a link is one of its kind.
    let key = &new.key_at(version);
    let instances: Vec<(usize, &Item)> =
        object.attributes.iter().enumerate().filter(|(_, a)| a.is_of(key)).map(|(i, a)| (i, &a.value)).collect();
    let no_instance = |message| Failure::new(ResultReason::ATTRIBUTE_INSTANCE_NOT_FOUND, message);
    match (instances.as_slice(), current) {
        ([], _) => Err(missing(Version::V2_0)),
        (_, Some(current)) if !current.is_of(key) => {
            Err(Failure::invalid_field("Current Attribute and New Attribute are not the same attribute"))
        }
        (all, Some(current)) => all
            .iter()
            .find(|(_, value)| **value == current.value)
            .map(|(place, _)| *place)
            .ok_or_else(|| no_instance("no instance has the value of Current Attribute")),
        ([(place, _)], None) => Ok(*place),
        (_, None) => Err(no_instance("several instances, and no Current Attribute says which")),
    }
}
