//! Constraints: what new objects have to be like (2.1 §7.6), kept for each client who set them.

use crate::attributes::{Attribute, AttributeKey, admit, in_group, visible_of};
use crate::context::Context;
use crate::defaults::{check_types, keep_known};
use crate::failure::{Failure, Outcome};
use crate::object::StoredObject;
use crate::records;
use kmipspec_protocol::operations::set_constraints::{Constraint, Constraints};
use kmipspec_protocol::registry::{ResultReason, tag};
use kmipspec_protocol::ttlv::{Doc, Item, Value};
use kmipspec_protocol::version::Version;

/// Table of the records: one a client.
pub(crate) const TABLE: &str = "constraints";

/// Keeps constraints from now on, or none. They are all checked before any is kept.
pub(crate) fn set(context: &mut Context<'_>, constraints: Option<&Constraints<'_>>) -> Outcome<()> {
    for one in constraints.iter().flat_map(|constraints| &constraints.constraints) {
        if let Some(types) = &one.object_types {
            check_types(&types.object_types, context.version)?;
        }
        if let Some(attributes) = &one.attributes {
            admit(attributes.to_vec()?, context.version)
                .map_err(|failure| Failure::new(ResultReason::INVALID_FIELD, failure.message))?;
        }
    }
    records::put(context, TABLE, tag::CONSTRAINTS, constraints.filter(|c| !c.constraints.is_empty()));
    Ok(())
}

/// The client's constraints as they are kept.
pub(crate) fn kept(context: &Context<'_>) -> Option<Doc<'static>> {
    records::get(context, TABLE)
}

/// The client's constraints as its version can say them: types and attributes that it has no names for are left out.
pub(crate) fn told<'d>(kept: Option<&'d Doc<'_>>, version: Version) -> Outcome<Constraints<'d>> {
    let kept = kept.and_then(records::read::<Constraints<'d>>);
    let mut told = kept.unwrap_or(Constraints { constraints: Vec::new() });
    told.constraints.retain_mut(|one| keep_known(&mut one.object_types, version));
    for attributes in told.constraints.iter_mut().filter_map(|one| one.attributes.as_mut()) {
        *attributes = visible_of(attributes, version)?;
    }
    Ok(told)
}

/// A new object must have, of each attribute that constraints name for its type, one of the values they give.
///
/// UNCLEAR: 2.1 §7.6 does not say how several constraints go together. Here those that name a group of the object are looked
/// at before those that name none, attribute by attribute; among equals each value is one that is allowed.
pub(crate) fn check(context: &Context<'_>, object: &StoredObject) -> Outcome<()> {
    let Some(doc) = kept(context) else { return Ok(()) };
    let Some(constraints) = records::read::<Constraints<'_>>(&doc) else { return Ok(()) };
    let of_type = |one: &&Constraint<'_>| {
        one.object_types.as_ref().is_none_or(|types| types.object_types.contains(&object.object_type))
    };
    let mut settled: Vec<AttributeKey> = Vec::new();
    for grouped in [true, false] {
        let mut allowed: Vec<Attribute> = Vec::new();
        for one in constraints.constraints.iter().filter(of_type) {
            let groups = one.object_groups.as_ref().map(|groups| groups.object_groups.as_slice()).unwrap_or_default();
            let applies =
                if grouped { groups.iter().any(|g| in_group(&object.attributes, g)) } else { groups.is_empty() };
            if let Some(attributes) = one.attributes.as_ref().filter(|_| applies) {
                allowed.extend(attributes.to_vec()?);
            }
        }
        for key in allowed.iter().map(|a| &a.key).filter(|key| !settled.contains(key)) {
            let fits = |there: &Item| allowed.iter().any(|a| a.key == *key && is_allowed(there, &a.value));
            let mut instances = object.instances(key).peekable();
            if instances.peek().is_none() || !instances.all(|instance| fits(&instance.value)) {
                return Err(violated(context.version, key));
            }
        }
        settled.extend(allowed.into_iter().map(|a| a.key));
    }
    Ok(())
}

/// Equal; a usage mask with no other bits; a structure with the fields given.
fn is_allowed(there: &Item, given: &Item) -> bool {
    match (there.value(), given.value()) {
        (Some(Value::Integer(there)), Some(Value::Integer(bits))) if given.tag == tag::CRYPTOGRAPHIC_USAGE_MASK => {
            there & !bits == 0
        }
        (Some(Value::Structure), Some(Value::Structure)) => given.items().iter().all(|f| there.items().contains(f)),
        _ => there == given,
    }
}

/// 2.1 has a reason for it; clients of earlier versions are told that the attribute is at fault.
fn violated(version: Version, key: &AttributeKey) -> Failure {
    let reason = match version {
        Version::V2_0 => ResultReason::INVALID_ATTRIBUTE_VALUE,
        version if version < Version::V2_0 => ResultReason::INVALID_FIELD,
        _ => ResultReason::CONSTRAINT_VIOLATION,
    };
    Failure::new(reason, format!("{key} is not as the constraints of this server have it"))
}
