//! Certificate hold: a certificate is suspended, and may be reinstated (Usage Guide 4.11).
//!
//! The enumeration of reasons has neither (1.4 §9.1.3.2.19), so the vendor range carries the numbers that RFC 5280 §5.3.1 gives
//! them in revocation lists: 0x80000006 is certificateHold and 0x80000008 removeFromCRL.

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::lifecycle;
use crate::object::StoredObject;
use crate::x509::authority::{item, record_of};
use kmipspec_protocol::registry::{ResultReason, RevocationReasonCode, State, tag};
use kmipspec_protocol::ttlv::Item;

/// Suspends an Active certificate.
const HOLD: RevocationReasonCode = RevocationReasonCode(0x8000_0006);
/// Reinstates it.
const REMOVE: RevocationReasonCode = RevocationReasonCode(0x8000_0008);
/// The table of suspended certificates: Unique Identifier to the Deactivation Date that the certificate had, or to nothing.
pub(crate) const TABLE: &str = "certificate-hold";

/// Whether a reason is one of the two.
pub(crate) fn is_about(reason: RevocationReasonCode) -> bool {
    matches!(reason, HOLD | REMOVE)
}

/// Suspends or reinstates a certificate; true where the reason is to be kept as an attribute.
pub(crate) fn apply(
    context: &mut Context<'_>,
    object: &mut StoredObject,
    reason: RevocationReasonCode,
) -> Outcome<bool> {
    if reason == HOLD {
        hold(context, object)?;
        return Ok(true);
    }
    reinstate(context, object)?;
    Ok(false)
}

/// Active to Deactivated; the Deactivation Date that was planned is remembered.
fn hold(context: &mut Context<'_>, object: &mut StoredObject) -> Outcome<()> {
    if object.state() != Some(State::ACTIVE) {
        return Err(refused(context, "only an Active certificate can be put on hold"));
    }
    let planned = object.attribute(tag::DEACTIVATION_DATE).map(|a| record_of(a.value.clone())).unwrap_or_default();
    context.transaction.put_record(TABLE, &object.id, Some(&planned));
    lifecycle::deactivate(object, context.now);
    Ok(())
}

/// Back to Active, with the Deactivation Date from before: the one way out of Deactivated. A certificate that was compromised
/// meanwhile, or whose planned end has come, has none.
fn reinstate(context: &mut Context<'_>, object: &mut StoredObject) -> Outcome<()> {
    let planned = context.transaction.record(TABLE, &object.id).filter(|_| object.state() == Some(State::DEACTIVATED));
    let Some(planned) = planned else {
        return Err(refused(context, "the certificate is not on hold"));
    };
    context.transaction.put_record(TABLE, &object.id, None);
    object.attributes.retain(|a| !matches!(a.value.tag, tag::REVOCATION_REASON | tag::DEACTIVATION_DATE));
    if let Some(date) = item(&planned) {
        object.set(date);
    }
    object.set(Item::enumeration(tag::STATE, State::ACTIVE.0));
    lifecycle::settle(object, context.now);
    Ok(())
}

/// The certificate is in another state.
fn refused(context: &Context<'_>, message: &'static str) -> Failure {
    Failure::by_version(
        context.version,
        ResultReason::PERMISSION_DENIED,
        ResultReason::WRONG_KEY_LIFECYCLE_STATE,
        message,
    )
}
