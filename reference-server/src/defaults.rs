//! Object Defaults: what a new object has where the request is silent (2.1 §7.22), kept for each client who set them.

use crate::attributes::{Attribute, AttributeKey, admit, in_group, rule, visible_of};
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::records;
use kmipspec_protocol::operations::information::{DefaultsInformation, ObjectDefaults};
use kmipspec_protocol::operations::lists::ObjectTypes;
use kmipspec_protocol::registry::{ObjectType, ResultReason, tag};
use kmipspec_protocol::ttlv::Doc;
use kmipspec_protocol::version::Version;

/// Table of the records: one a client.
pub(crate) const TABLE: &str = "defaults";

/// Keeps defaults from now on, or none. They are all checked before any is kept.
pub(crate) fn set(context: &mut Context<'_>, defaults: Option<&DefaultsInformation<'_>>) -> Outcome<()> {
    for one in defaults.iter().flat_map(|defaults| &defaults.object_defaults) {
        let types = types(one);
        if types.is_empty() {
            return Err(Failure::invalid_field("Object Defaults name no Object Type"));
        }
        check_types(&types, context.version)?;
        for attribute in admit(one.attributes.to_vec()?, context.version)? {
            let settable = match &attribute.key {
                AttributeKey::Standard(tag) => rule(*tag, context.version).is_some_and(|r| r.client_sets()),
                AttributeKey::Custom { .. } => true,
            };
            if !settable || attribute.key == AttributeKey::Standard(tag::NAME) {
                return Err(Failure::invalid_field(format!("{} cannot have a default", attribute.key)));
            }
        }
    }
    records::put(context, TABLE, tag::DEFAULTS_INFORMATION, defaults.filter(|d| !d.object_defaults.is_empty()));
    Ok(())
}

/// Types that this server has objects of.
pub(crate) fn check_types(types: &[ObjectType], version: Version) -> Outcome<()> {
    if types.iter().all(|kind| kind.exists(version)) {
        return Ok(());
    }
    Err(Failure::new(ResultReason::INVALID_OBJECT_TYPE, "this server has no objects of this type"))
}

/// The types that an entry is for.
fn types(one: &ObjectDefaults<'_>) -> Vec<ObjectType> {
    let several = one.object_types.iter().flat_map(|types| types.object_types.iter().copied());
    one.object_type.into_iter().chain(several).collect()
}

/// The client's defaults as they are kept, for Query.
pub(crate) fn kept(context: &Context<'_>) -> Option<Doc<'static>> {
    records::get(context, TABLE)
}

/// The client's defaults as its version can say them, if any are left: types and attributes that it has no names for are left out.
/// 2.0 names one type each, and no groups.
pub(crate) fn told<'d>(kept: Option<&'d Doc<'_>>, version: Version) -> Outcome<Option<DefaultsInformation<'d>>> {
    let Some(kept) = kept.and_then(records::read::<DefaultsInformation<'d>>) else { return Ok(None) };
    let mut told = Vec::new();
    for mut one in kept.object_defaults {
        one.attributes = visible_of(&one.attributes, version)?;
        if version < Version::V2_1 {
            let known = types(&one).into_iter().filter(|kind| kind.exists(version) && one.object_groups.is_none());
            told.extend(known.map(|kind| ObjectDefaults {
                object_type: Some(kind),
                object_types: None,
                ..one.clone()
            }));
        } else {
            one.object_type = one.object_type.filter(|kind| kind.exists(version));
            keep_known(&mut one.object_types, version);
            if !types(&one).is_empty() {
                told.push(one);
            }
        }
    }
    Ok((!told.is_empty()).then_some(DefaultsInformation { object_defaults: told }))
}

/// Leaves out the types that a version has no names for; whether any is left, or none was there.
pub(crate) fn keep_known(types: &mut Option<ObjectTypes>, version: Version) -> bool {
    types.as_mut().is_none_or(|types| {
        types.object_types.retain(|kind| kind.exists(version));
        !types.object_types.is_empty()
    })
}

/// Adds the defaults for this type, of the groups asked for or of any, where the request has no value. Those of a group of
/// the object come first.
pub(crate) fn fill(context: &Context<'_>, object_type: ObjectType, attributes: &mut Vec<Attribute>) -> Outcome<()> {
    let Some(doc) = kept(context) else { return Ok(()) };
    let Some(defaults) = records::read::<DefaultsInformation<'_>>(&doc) else { return Ok(()) };
    for grouped in [true, false] {
        let known: Vec<AttributeKey> = attributes.iter().map(|a| a.key.clone()).collect();
        for one in defaults.object_defaults.iter().filter(|one| types(one).contains(&object_type)) {
            let groups = one.object_groups.as_ref().map(|groups| groups.object_groups.as_slice()).unwrap_or_default();
            let applies = if grouped { groups.iter().any(|g| in_group(attributes, g)) } else { groups.is_empty() };
            if applies {
                let new = one.attributes.to_vec()?.into_iter().filter(|a| !known.contains(&a.key));
                attributes.extend(new.filter(|a| exists(&a.key, context.version)));
            }
        }
    }
    Ok(())
}

/// Whether the version that asks has the attribute.
fn exists(key: &AttributeKey, version: Version) -> bool {
    match key {
        AttributeKey::Standard(tag) => rule(*tag, version).is_some(),
        AttributeKey::Custom { .. } => true,
    }
}
