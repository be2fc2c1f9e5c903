//! Revoke: an Active object is deactivated, or any object is marked compromised (1.0 §4.19, 1.4 §4.20, 2.1 §6.1.44).

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::hold;
use crate::lifecycle;
use crate::object::StoredObject;
use kmipspec_protocol::operations::revoke::{Request, Response, RevocationReason};
use kmipspec_protocol::registry::{ObjectType, ResultReason, RevocationReasonCode, State, tag};
use kmipspec_protocol::ttlv::{Item, ItemRef, Writer};

/// Reason codes of a compromise need no state; every other reason moves Active to Deactivated and nothing else.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let request = Request::decode(payload, context.reading)?;
    let id = context.unique_identifier(request.unique_identifier.as_ref())?;
    // From 3.0 on the reason may be left out.
    let unspecified =
        RevocationReason { revocation_reason_code: RevocationReasonCode::UNSPECIFIED, revocation_message: None };
    let reason = request.revocation_reason.as_ref().unwrap_or(&unspecified);
    // E1-0123: the code must be one that the version has, or a vendor's.
    let known = reason.revocation_reason_code.is_known(context.version);
    if !known && !context.quirk("revoke-takes-any-reason") {
        return Err(Failure::invalid_field("the Revocation Reason Code is not recognized"));
    }
    let object = context.object(&id)?;
    if object.object_type == ObjectType::TEMPLATE {
        return Err(Failure::by_version(
            context.version,
            ResultReason::ILLEGAL_OPERATION,
            ResultReason::INVALID_OBJECT_TYPE,
            "objects of this type cannot be revoked",
        ));
    }
    if object.object_type == ObjectType::CERTIFICATE && hold::is_about(reason.revocation_reason_code) {
        let mut object = StoredObject::clone(&object);
        if hold::apply(context, &mut object, reason.revocation_reason_code)? {
            object.set(kept(reason));
        }
        context.save(object);
        Response { unique_identifier: id.into() }.encode(response, context.version);
        return Ok(());
    }
    let compromised = matches!(
        reason.revocation_reason_code,
        RevocationReasonCode::KEY_COMPROMISE | RevocationReasonCode::CA_COMPROMISE
    );
    let mut object = StoredObject::clone(&object);
    if compromised {
        lifecycle::compromise(&mut object, context.now, request.compromise_occurrence_date.map(|date| date.0));
    } else if object.state() == Some(State::ACTIVE) {
        lifecycle::deactivate(&mut object, context.now);
    } else {
        // UNCLEAR: 1.4 §3.22 has no such transition and §11.21 no row for it; 2.x lists Wrong Key Lifecycle State.
        return Err(Failure::wrong_state(context.version, "only an Active object can be revoked for this reason"));
    }
    object.set(kept(reason));
    context.save(object);
    Response { unique_identifier: id.into() }.encode(response, context.version);
    Ok(())
}

/// The Revocation Reason attribute: what the client said (1.4 §3.31).
fn kept(reason: &RevocationReason<'_>) -> Item {
    let mut fields = vec![Item::enumeration(tag::REVOCATION_REASON_CODE, reason.revocation_reason_code.0)];
    fields.extend(reason.revocation_message.as_deref().map(|message| Item::text(tag::REVOCATION_MESSAGE, message)));
    Item::structure(tag::REVOCATION_REASON, fields)
}
