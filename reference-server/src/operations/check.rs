//! Check: may this object be used as meant? (1.0 §4.9, 1.4 §4.10, 2.1 §6.1.7)

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::object::ManagedObject;
use kmipspec_protocol::registry::{ObjectType, ResultReason, tag};
use kmipspec_protocol::ttlv::{Cursor, ItemRef, Value, Writer};

/// A refusal empties the ID Placeholder and gives back the values that caused it, without the Unique Identifier.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let mut fields = Cursor::new(payload);
    let id = context.unique_identifier(&mut fields)?;
    let count = fields.opt_i64(tag::USAGE_LIMITS_COUNT)?;
    let mask = fields.opt_i32(tag::CRYPTOGRAPHIC_USAGE_MASK)?;
    let lease = fields.opt_interval(tag::LEASE_TIME)?;
    fields.finish()?;
    let object = context.object(&id)?;
    if object.object_type == ObjectType::TEMPLATE {
        return Err(Failure::by_version(
            context.version,
            ResultReason::ILLEGAL_OPERATION,
            ResultReason::ILLEGAL_OBJECT_TYPE,
            "objects of this type cannot be checked",
        ));
    }
    let count = count.filter(|count| usage_left(&object).is_some_and(|left| *count > left));
    let mask = mask.filter(|mask| object.integer(tag::CRYPTOGRAPHIC_USAGE_MASK).unwrap_or(0) & mask != *mask);
    let lease = lease.filter(|lease| longest_lease(&object).is_some_and(|longest| *lease > longest));
    let reason = match (count, mask, lease) {
        (None, None, None) => {
            response.text(tag::UNIQUE_IDENTIFIER, &id);
            return Ok(());
        }
        (Some(_), _, _) => ResultReason::USAGE_LIMIT_EXCEEDED,
        (None, Some(_), _) => ResultReason::INCOMPATIBLE_CRYPTOGRAPHIC_USAGE_MASK,
        (None, None, Some(_)) => ResultReason::PERMISSION_DENIED,
    };
    context.references.placeholder = None;
    let mut denied = Writer::new();
    denied.begin(tag::RESPONSE_PAYLOAD);
    if let Some(count) = count {
        denied.long_integer(tag::USAGE_LIMITS_COUNT, count);
    }
    if let Some(mask) = mask {
        denied.integer(tag::CRYPTOGRAPHIC_USAGE_MASK, mask);
    }
    if let Some(lease) = lease {
        denied.interval(tag::LEASE_TIME, lease);
    }
    let mut failure = Failure::by_version(
        context.version,
        ResultReason::PERMISSION_DENIED,
        reason,
        "the object may not be used as asked",
    );
    failure.payload = Some(denied.finish());
    Err(failure)
}

/// What the Usage Limits leave; none without limits.
fn usage_left(object: &ManagedObject) -> Option<i64> {
    let limits = &object.attribute(tag::USAGE_LIMITS)?.value;
    [tag::USAGE_LIMITS_COUNT, tag::USAGE_LIMITS_TOTAL].into_iter().find_map(|field| match limits.child(field)?.value()? {
        Value::LongInteger(left) => Some(left),
        _ => None,
    })
}

/// The longest lease there can be.
fn longest_lease(object: &ManagedObject) -> Option<u32> {
    match object.value(tag::LEASE_TIME)? {
        Value::Interval(longest) => Some(longest),
        _ => None,
    }
}
