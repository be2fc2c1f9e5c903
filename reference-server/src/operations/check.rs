//! Check: may this object be used as meant? (1.0 §4.9, 1.4 §4.10, 2.1 §6.1.7)

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::usage;
use kmipspec_protocol::operations::check::{Request, Response};
use kmipspec_protocol::registry::{ObjectType, ResultReason, tag};
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// A refusal empties the ID Placeholder and gives back the values that caused it, without the Unique Identifier.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let request = Request::decode(payload, context.reading)?;
    let id = context.unique_identifier(request.unique_identifier.as_ref())?;
    let object = context.object(&id)?;
    if object.object_type == ObjectType::TEMPLATE {
        return Err(Failure::by_version(
            context.version,
            ResultReason::ILLEGAL_OPERATION,
            ResultReason::ILLEGAL_OBJECT_TYPE,
            "objects of this type cannot be checked",
        ));
    }
    let count = request.usage_limits_count.filter(|count| usage::left(&object).is_some_and(|left| *count > left));
    let allowed = object.integer(tag::CRYPTOGRAPHIC_USAGE_MASK).unwrap_or(0).cast_unsigned();
    let mask = request.cryptographic_usage_mask.filter(|mask| allowed & mask.0 != mask.0);
    let lease =
        request.lease_time.filter(|lease| object.interval(tag::LEASE_TIME).is_some_and(|longest| lease.0 > longest));
    let reason = match (count, mask, lease) {
        (None, None, None) => {
            let allowed = Response {
                unique_identifier: Some(id.into()),
                usage_limits_count: None,
                cryptographic_usage_mask: None,
                lease_time: None,
            };
            allowed.encode(response, context.version);
            return Ok(());
        }
        (Some(_), _, _) => ResultReason::USAGE_LIMIT_EXCEEDED,
        (None, Some(_), _) => ResultReason::INCOMPATIBLE_CRYPTOGRAPHIC_USAGE_MASK,
        (None, None, Some(_)) => ResultReason::PERMISSION_DENIED,
    };
    context.references.placeholder = None;
    let mut denied = Writer::new();
    let causes = Response {
        unique_identifier: None,
        usage_limits_count: count,
        cryptographic_usage_mask: mask,
        lease_time: lease,
    };
    causes.encode(&mut denied, context.version);
    let mut failure = Failure::by_version(
        context.version,
        ResultReason::PERMISSION_DENIED,
        reason,
        "the object may not be used as asked",
    );
    failure.payload = Some(denied.finish());
    Err(failure)
}
