//! Obtain Lease: for how long the client may use the object without asking again (1.0 §4.16, 1.4 §4.17, 2.1 §6.1.35).

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use kmipspec_protocol::message::{DateTime, Interval};
use kmipspec_protocol::operations::obtain_lease::{Request, Response};
use kmipspec_protocol::registry::{ResultReason, State, tag};
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// As long as the object's Lease Time; zero, no lease in effect, for an object without one. Nothing is left to lease of a
/// destroyed object.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let request = Request::decode(payload, context.reading)?;
    let id = context.unique_identifier(request.unique_identifier.as_ref())?;
    let object = context.object(&id)?;
    if object.is_destroyed() {
        return Err(Failure::destroyed(context.version, "no lease is granted on a destroyed object"));
    }
    // What has come to its end is not leased any more: the server may say so (1.4 §4.17, §11.18).
    if matches!(object.state(), Some(State::DEACTIVATED | State::COMPROMISED)) {
        return Err(Failure::new(ResultReason::PERMISSION_DENIED, "no lease is granted in this state"));
    }
    let lease = object.interval(tag::LEASE_TIME).unwrap_or(0);
    let changed = object.date(tag::LAST_CHANGE_DATE).unwrap_or(context.now);
    let answer =
        Response { unique_identifier: id.into(), lease_time: Interval(lease), last_change_date: DateTime(changed) };
    answer.encode(response, context.version);
    Ok(())
}
