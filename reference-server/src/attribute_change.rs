//! What Add, Modify, Delete and Set Attribute share: may this client touch this attribute of this object now?

use crate::attributes::{Attribute, AttributeKey, Rule, admit, rule};
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::lifecycle;
use crate::object::StoredObject;
use crate::usage;
use kmipspec_protocol::registry::{ResultReason, State, tag};
use kmipspec_protocol::ttlv::{Item, Tag};
use kmipspec_protocol::version::Version;

/// The attribute is the server's own: 1.x §11 says Permission Denied; 2.x names it, under two codes that mean the same
/// (registry NOTES 3.6) of which each operation lists one.
pub(crate) fn read_only(version: Version, from_2: ResultReason) -> Failure {
    Failure::by_version(version, ResultReason::PERMISSION_DENIED, from_2, "a client cannot change this attribute")
}

/// Whether a custom attribute belongs to the server: names that begin with y- (1.4 §3.39).
pub(crate) fn is_server_custom(key: &AttributeKey) -> bool {
    matches!(key, AttributeKey::Custom { vendor, .. } if vendor == "y")
}

/// An attribute of a request, which must exist at the version and fit it.
pub(crate) fn admit_one(attribute: Attribute, version: Version) -> Outcome<Attribute> {
    let admitted = admit(vec![attribute], version)?.pop();
    admitted.ok_or_else(|| Failure::internal(version, "the attribute got lost"))
}

/// One more instance must fit (1.4 §11.15: Index Out of Bounds; 2.x has Server Limit Exceeded).
pub(crate) fn check_room(object: &StoredObject, context: &Context<'_>) -> Outcome<()> {
    if object.attributes.len() < context.config.limits.attributes {
        return Ok(());
    }
    Err(Failure::by_version(
        context.version,
        ResultReason::INDEX_OUT_OF_BOUNDS,
        ResultReason::SERVER_LIMIT_EXCEEDED,
        "the object has as many attributes as this server keeps",
    ))
}

/// The rules of a standard attribute at this version.
pub(crate) fn rule_of(key: &AttributeKey, version: Version) -> Option<Rule> {
    match key {
        AttributeKey::Standard(tag) => rule(*tag, version),
        AttributeKey::Custom { .. } => None,
    }
}

/// Dates can be changed only as long as the state and the date itself allow (1.4 §3.24 to §3.27).
pub(crate) fn check_state(object: &StoredObject, key: &AttributeKey, context: &Context<'_>) -> Outcome<()> {
    let AttributeKey::Standard(tag) = *key else { return Ok(()) };
    let state = object.state();
    let passed = object.date(tag).is_some_and(|date| date <= context.now);
    let allowed = match tag {
        tag::ACTIVATION_DATE => state == Some(State::PRE_ACTIVE),
        tag::DEACTIVATION_DATE => matches!(state, Some(State::PRE_ACTIVE | State::ACTIVE)),
        tag::PROCESS_START_DATE | tag::PROTECT_STOP_DATE => {
            matches!(state, Some(State::PRE_ACTIVE | State::ACTIVE)) && !passed
        }
        _ => true,
    };
    // A template has no state and keeps its dates for others.
    if allowed || state.is_none() {
        return Ok(());
    }
    Err(Failure::wrong_state(context.version, "this date cannot be changed in the object's state"))
}

/// Usage Limits can be corrected or deleted until something is taken out of them (1.0 §3.16, 1.4 §3.21, 2.1 §4.59).
pub(crate) fn check_limits(
    object: &StoredObject,
    key: &AttributeKey,
    version: Version,
    from_2: ResultReason,
) -> Outcome<()> {
    if *key == AttributeKey::Standard(tag::USAGE_LIMITS) && usage::is_begun(object) {
        return Err(read_only(version, from_2));
    }
    Ok(())
}

/// What follows from a changed attribute: dates move the state, a key once exposed was not always hidden.
pub(crate) fn follow_up(object: &mut StoredObject, changed: Tag, context: &Context<'_>) {
    match changed {
        tag::ACTIVATION_DATE | tag::DEACTIVATION_DATE => {
            lifecycle::settle(object, context.now);
        }
        tag::SENSITIVE if object.boolean(tag::SENSITIVE) == Some(false) => {
            object.set(Item::boolean(tag::ALWAYS_SENSITIVE, false));
        }
        tag::EXTRACTABLE if object.boolean(tag::EXTRACTABLE) == Some(true) => {
            object.set(Item::boolean(tag::NEVER_EXTRACTABLE, false));
        }
        _ => {}
    }
}
