//! Revoke: an Active object is deactivated, or any object is marked compromised (1.0 §4.19, 1.4 §4.20, 2.1 §6.1.44).

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::lifecycle;
use crate::object::ManagedObject;
use kmipspec_protocol::registry::{ObjectType, ResultReason, RevocationReasonCode, State, tag};
use kmipspec_protocol::ttlv::{Cursor, Item, ItemRef, Writer};
use kmipspec_protocol::version::Version;

/// Reason codes of a compromise need no state; every other reason moves Active to Deactivated and nothing else.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let mut fields = Cursor::new(payload);
    let id = context.unique_identifier(&mut fields)?;
    let reason = fields.req(tag::REVOCATION_REASON)?;
    let occurred = fields.opt_date_time(tag::COMPROMISE_OCCURRENCE_DATE)?;
    fields.finish()?;
    let code = reason_code(reason, context.version)?;
    let object = context.object(&id)?;
    if object.object_type == ObjectType::TEMPLATE {
        return Err(Failure::by_version(
            context.version,
            ResultReason::ILLEGAL_OPERATION,
            ResultReason::INVALID_OBJECT_TYPE,
            "objects of this type cannot be revoked",
        ));
    }
    let compromised = matches!(code, RevocationReasonCode::KEY_COMPROMISE | RevocationReasonCode::CA_COMPROMISE);
    let mut object = ManagedObject::clone(&object);
    if compromised {
        lifecycle::compromise(&mut object, context.now, occurred);
    } else if object.state() == Some(State::ACTIVE) {
        lifecycle::deactivate(&mut object, context.now);
    } else {
        // UNCLEAR: 1.4 §3.22 has no such transition and §11.21 no row for it; 2.x lists Wrong Key Lifecycle State.
        return Err(Failure::by_version(
            context.version,
            ResultReason::PERMISSION_DENIED,
            ResultReason::WRONG_KEY_LIFECYCLE_STATE,
            "only an Active object can be revoked for this reason",
        ));
    }
    object.set(Item::from_ref(reason));
    context.save(object);
    response.text(tag::UNIQUE_IDENTIFIER, &id);
    Ok(())
}

/// Revocation Reason Code and an optional message (1.4 §3.31).
fn reason_code(reason: ItemRef<'_>, version: Version) -> Outcome<RevocationReasonCode> {
    let mut fields = Cursor::new(reason);
    let code = fields.req_enumeration(tag::REVOCATION_REASON_CODE)?;
    fields.opt_text(tag::REVOCATION_MESSAGE)?;
    fields.finish()?;
    let known = kmipspec_protocol::registry::enumeration_for(tag::REVOCATION_REASON_CODE);
    if known.is_some_and(|names| !names.valid(code, version) && !names.is_extension(code)) {
        return Err(Failure::invalid_field("the Revocation Reason Code is not recognized"));
    }
    Ok(RevocationReasonCode(code))
}
