//! Deactivate (3.0, second-hand): an Active object becomes Deactivated, now or when the date given is reached.

use crate::attributes::invalid_value;
use crate::context::Context;
use crate::creation::check_dates;
use crate::failure::{Failure, Outcome};
use crate::lifecycle;
use crate::object::StoredObject;
use kmipspec_protocol::operations::deactivate::{DeactivationReason, Request, Response};
use kmipspec_protocol::registry::{DeactivationReasonCode, ResultReason, State, tag};
use kmipspec_protocol::ttlv::{Item, ItemRef, Writer};

/// What Revoke did for reasons other than compromise, under a name of its own. The reason is kept as an attribute.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let version = context.version;
    let request = Request::decode(payload, context.reading)?;
    let id = context.unique_identifier(Some(&request.unique_identifier))?;
    let unspecified = DeactivationReason {
        deactivation_reason_code: DeactivationReasonCode::UNSPECIFIED,
        deactivation_message: None,
    };
    let reason = request.deactivation_reason.unwrap_or(unspecified);
    let code = reason.deactivation_reason_code;
    if !code.is_known(version) {
        return Err(Failure::invalid_field("the Deactivation Reason Code is not recognized"));
    }
    let object = context.object(&id)?;
    if object.state() != Some(State::ACTIVE) {
        return Err(Failure::new(ResultReason::WRONG_KEY_LIFECYCLE_STATE, "only an Active object can be deactivated"));
    }
    let mut object = StoredObject::clone(&object);
    match request.deactivation_date.map(|date| date.0) {
        Some(date) if object.date(tag::ACTIVATION_DATE).is_some_and(|activation| date < activation) => {
            return Err(invalid_value(version, "the object would be deactivated before it was activated"));
        }
        Some(date) => {
            object.set(Item::date_time(tag::DEACTIVATION_DATE, date));
            check_dates(&object, version)?;
            lifecycle::settle(&mut object, context.now);
        }
        None => lifecycle::deactivate(&mut object, context.now),
    }
    let mut fields = vec![Item::enumeration(tag::DEACTIVATION_REASON_CODE, code.0)];
    fields.extend(reason.deactivation_message.map(|message| Item::text(tag::DEACTIVATION_MESSAGE, message)));
    object.set(Item::structure(tag::DEACTIVATION_REASON, fields));
    context.save(object);
    Response { unique_identifier: id.into() }.encode(response, version);
    Ok(())
}
