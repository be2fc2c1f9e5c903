//! May this object be used for this now? Type, state, dates, usage mask and Usage Limits (1.4 §3.19, §3.21 to §3.26).

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::key_format;
use crate::key_wrapping;
use crate::object::StoredObject;
use kmipspec_protocol::message::UniqueIdentifier;
use kmipspec_protocol::registry::{CryptographicUsageMask, ObjectType, ResultReason, State, UsageLimitsUnit, tag};
use kmipspec_protocol::ttlv::{Item, Value};
use kmipspec_protocol::version::Version;
use std::sync::Arc;

/// What a key is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Encrypt, sign, MAC: Active only, and up to the Protect Stop Date.
    Protect,
    /// Decrypt and verify: Active from the Process Start Date on, Deactivated, Compromised.
    Process,
}

/// The object that a cryptographic operation means, if it may be used for that.
pub(crate) fn usable(
    context: &mut Context<'_>,
    given: Option<&UniqueIdentifier<'_>>,
    bit: CryptographicUsageMask,
    purpose: Purpose,
) -> Outcome<Arc<StoredObject>> {
    let version = context.version;
    let id = context.unique_identifier(given)?;
    let object = context.object(&id)?;
    let has_key = matches!(
        object.object_type,
        ObjectType::SYMMETRIC_KEY
            | ObjectType::PRIVATE_KEY
            | ObjectType::PUBLIC_KEY
            | ObjectType::SECRET_DATA
            | ObjectType::CERTIFICATE
    );
    if !has_key {
        return Err(denied(version, ResultReason::INVALID_OBJECT_TYPE, "objects of this type cannot be used for this"));
    }
    if !context.quirk("usage-state-is-not-checked") {
        check_state(&object, purpose, context.now, version)?;
    }
    if purpose == Purpose::Process
        && object.date(tag::PROCESS_START_DATE).is_none()
        && context.quirk("usage-needs-process-start-date")
    {
        return Err(Failure::wrong_state(version, "the object has no Process Start Date"));
    }
    let allowed = object.integer(tag::CRYPTOGRAPHIC_USAGE_MASK).unwrap_or(0).cast_unsigned() & bit.0 != 0;
    if !allowed && !context.quirk("usage-mask-is-not-checked") {
        return Err(denied(
            version,
            ResultReason::INCOMPATIBLE_CRYPTOGRAPHIC_USAGE_MASK,
            "the Cryptographic Usage Mask does not allow this",
        ));
    }
    if object.material.as_ref().is_some_and(|material| material.lacks_key_value()) {
        return Err(Failure::new(ResultReason::KEY_VALUE_NOT_PRESENT, "this server does not hold the Key Value"));
    }
    if let Some(material) = object.material.as_ref().filter(|material| material.is_wrapped()) {
        let (plain, _) = key_wrapping::unwrap(context, material)?;
        let opened = StoredObject { material: Some(plain), ..StoredObject::clone(&object) };
        return Ok(ready(Arc::new(opened)));
    }
    Ok(ready(object))
}

/// The object with its key as libraries read it. What is given is not what is stored: see [`spend`].
pub(crate) fn ready(object: Arc<StoredObject>) -> Arc<StoredObject> {
    match object.material.as_ref().and_then(key_format::for_libraries) {
        Some(material) => Arc::new(StoredObject { material: Some(material), ..StoredObject::clone(&object) }),
        None => object,
    }
}

/// State and dates allow the purpose.
pub(crate) fn check_state(object: &StoredObject, purpose: Purpose, now: i64, version: Version) -> Outcome<()> {
    let state = object.state();
    let allowed = match purpose {
        Purpose::Protect => {
            state == Some(State::ACTIVE) && object.date(tag::PROTECT_STOP_DATE).is_none_or(|stop| now < stop)
        }
        Purpose::Process => {
            matches!(state, Some(State::ACTIVE | State::DEACTIVATED | State::COMPROMISED))
                && object.date(tag::PROCESS_START_DATE).is_none_or(|start| start <= now)
        }
    };
    if allowed {
        return Ok(());
    }
    Err(Failure::wrong_state(version, "the object cannot be used for this in its state and at this time"))
}

/// Takes what an operation that protects uses out of the Usage Limits: bytes, or one call; stores what is left.
pub(crate) fn spend(context: &mut Context<'_>, object: &StoredObject, bytes: usize) -> Outcome<()> {
    spend_part(context, object, bytes, true)
}

/// The same for a part of an operation: its bytes, or the call with its first part.
pub(crate) fn spend_part(context: &mut Context<'_>, object: &StoredObject, bytes: usize, first: bool) -> Outcome<()> {
    let Some(limits) = object.attribute(tag::USAGE_LIMITS) else { return Ok(()) };
    let by_byte = Item::enumeration(tag::USAGE_LIMITS_UNIT, UsageLimitsUnit::BYTE.0);
    let amount = if limits.value.child(tag::USAGE_LIMITS_UNIT) == Some(&by_byte) {
        i64::try_from(bytes).unwrap_or(i64::MAX)
    } else {
        i64::from(first)
    };
    // The object at hand may have its key in another format than the one stored.
    let stored = context.transaction.object(&object.id).ok_or_else(|| Failure::not_found(context.version))?;
    let mut object = StoredObject::clone(&stored);
    if !take(&mut object, amount) && !context.quirk("usage-limits-are-not-enforced") {
        // 1.2 §4.29, 2.1 §6.1.17 and §6.1.55 name this reason in their text, whatever the list of 2.x has beside it.
        return Err(Failure::new(ResultReason::PERMISSION_DENIED, LESS_IS_LEFT));
    }
    context.save(object);
    Ok(())
}

/// What a client is told of an allocation that cannot be had.
const LESS_IS_LEFT: &str = "the Usage Limits leave less than that";

/// Get Usage Allocation of more than is left (1.4 §11.19, 2.1 §6.1.23). 2.0 lists Permission Denied beside Usage Limit Exceeded,
/// and its published cases still have the former where 2.1 has a finer reason; as with [`Failure::wrong_state`].
pub(crate) fn exceeded(version: Version) -> Failure {
    let reason = match version {
        version if version < Version::V2_1 => ResultReason::PERMISSION_DENIED,
        _ => ResultReason::USAGE_LIMIT_EXCEEDED,
    };
    Failure::new(reason, LESS_IS_LEFT)
}

/// Whether something was taken out of the Usage Limits.
pub(crate) fn is_begun(object: &StoredObject) -> bool {
    let Some(limits) = object.attribute(tag::USAGE_LIMITS).map(|limits| &limits.value) else { return false };
    let field = |wanted| limits.child(wanted).and_then(Item::value);
    field(tag::USAGE_LIMITS_COUNT).is_some_and(|left| Some(left) != field(tag::USAGE_LIMITS_TOTAL))
}

/// What the Usage Limits leave; none without limits.
pub(crate) fn left(object: &StoredObject) -> Option<i64> {
    let limits = &object.attribute(tag::USAGE_LIMITS)?.value;
    let field = |wanted| match limits.child(wanted).and_then(Item::value) {
        Some(Value::LongInteger(left)) => Some(left),
        _ => None,
    };
    field(tag::USAGE_LIMITS_COUNT).or_else(|| field(tag::USAGE_LIMITS_TOTAL))
}

/// Takes an amount out of the Usage Limits; false when less is left.
pub(crate) fn take(object: &mut StoredObject, amount: i64) -> bool {
    let left = left(object).unwrap_or(0).checked_sub(amount).filter(|left| *left >= 0);
    let (Some(left), Some(limits)) = (left, object.attribute(tag::USAGE_LIMITS)) else { return false };
    let mut limits = limits.value.clone();
    set_count(&mut limits, left);
    object.set(limits);
    true
}

/// Writes the Usage Limits Count.
pub(crate) fn set_count(limits: &mut Item, left: i64) {
    let Some(fields) = limits.items_mut() else { return };
    match fields.iter_mut().find(|field| field.tag == tag::USAGE_LIMITS_COUNT) {
        Some(count) => *count = Item::long_integer(tag::USAGE_LIMITS_COUNT, left),
        None => fields.insert(fields.len().min(1), Item::long_integer(tag::USAGE_LIMITS_COUNT, left)),
    }
}

/// 1.x has Permission Denied for all of these; 2.x names each.
fn denied(version: Version, from_2: ResultReason, message: &'static str) -> Failure {
    Failure::by_version(version, ResultReason::PERMISSION_DENIED, from_2, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limited(total: i64) -> StoredObject {
        let mut object = StoredObject::new("", ObjectType::SYMMETRIC_KEY, "");
        let fields = vec![
            Item::long_integer(tag::USAGE_LIMITS_TOTAL, total),
            Item::enumeration(tag::USAGE_LIMITS_UNIT, UsageLimitsUnit::BYTE.0),
        ];
        object.set(Item::structure(tag::USAGE_LIMITS, fields));
        object
    }

    #[test]
    fn the_limits_count_down_and_not_below_zero() {
        let mut object = limited(1_000);
        assert!(take(&mut object, 600));
        assert!(!take(&mut object, 401), "400 are left");
        assert!(take(&mut object, 400));
        assert!(!take(&mut object, 1));
        let count = object.attribute(tag::USAGE_LIMITS).and_then(|a| a.value.child(tag::USAGE_LIMITS_COUNT));
        assert_eq!(count, Some(&Item::long_integer(tag::USAGE_LIMITS_COUNT, 0)));
    }

    #[test]
    fn limits_are_begun_when_less_than_the_total_is_left() {
        let mut object = limited(1_000);
        assert!(!is_begun(&object), "nothing was taken yet");
        assert!(take(&mut object, 0) && !is_begun(&object), "nor by taking nothing");
        assert!(take(&mut object, 1) && is_begun(&object));
    }

    #[test]
    fn protection_needs_an_active_key_and_processing_does_not() {
        let mut object = limited(1);
        for (state, protect, process) in [
            (State::PRE_ACTIVE, false, false),
            (State::ACTIVE, true, true),
            (State::DEACTIVATED, false, true),
            (State::COMPROMISED, false, true),
            (State::DESTROYED, false, false),
        ] {
            object.set(Item::enumeration(tag::STATE, state.0));
            let can = |purpose| check_state(&object, purpose, 10, Version::V2_1).is_ok();
            assert_eq!((can(Purpose::Protect), can(Purpose::Process)), (protect, process), "{state:?}");
        }
        object.set(Item::enumeration(tag::STATE, State::ACTIVE.0));
        object.set(Item::date_time(tag::PROTECT_STOP_DATE, 10));
        object.set(Item::date_time(tag::PROCESS_START_DATE, 11));
        for purpose in [Purpose::Protect, Purpose::Process] {
            let refused = check_state(&object, purpose, 10, Version::V2_1).expect_err("outside the dates");
            assert_eq!(refused.reason, ResultReason::WRONG_KEY_LIFECYCLE_STATE);
        }
    }
}
