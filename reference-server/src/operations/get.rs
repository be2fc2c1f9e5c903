//! Get: the object itself (1.0 §4.10, 1.4 §4.11, 2.1 §6.1.19).

use crate::context::Context;
use crate::cryptography;
use crate::failure::{Failure, Outcome};
use crate::key_format;
use crate::object::StoredObject;
use kmipspec_protocol::objects::AnyObject;
use kmipspec_protocol::operations::get::{Request, Response};
use kmipspec_protocol::registry::{CryptographicAlgorithm, ObjectType, ResultReason, tag};
use kmipspec_protocol::ttlv::{Item, ItemRef, Writer};
use kmipspec_protocol::version::Version;

/// The object as it was stored, without attributes in its Key Value.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let request = Request::decode(payload, context.reading)?;
    let id = context.unique_identifier(request.unique_identifier.as_ref())?;
    let object = context.object(&id)?;
    let Some(material) = &object.material else { return Err(gone(context.version)) };
    let wrapped = request.key_wrapping_specification.is_some();
    check_export(&object, wrapped)?;
    let converted =
        key_format::convert(material, request.key_format_type, request.key_compression_type, context.version)?;
    if wrapped {
        return Err(Failure::new(ResultReason::FEATURE_NOT_SUPPORTED, "key wrapping is not supported"));
    }
    // A key without its value is given as it was registered: Key Block without Key Value (1.2 §4.11, published TC-MDO-1).
    let answer =
        Response { object_type: object.object_type, unique_identifier: id.into(), object: AnyObject::from(converted) };
    answer.encode(response, context.version);
    if object.boolean(tag::FRESH) == Some(true) {
        // 1.4 §3.34: as soon as it has been served to a client, it is no longer fresh.
        let mut served = StoredObject::clone(&object);
        served.set(Item::boolean(tag::FRESH, false));
        context.transaction.put(served);
    }
    Ok(())
}

/// What was destroyed is no longer found in 1.x (as published: TC-314), 2.x has Object Destroyed.
fn gone(version: Version) -> Failure {
    Failure::by_version(
        version,
        ResultReason::ITEM_NOT_FOUND,
        ResultReason::OBJECT_DESTROYED,
        "the object has been destroyed",
    )
}

/// 1.4 §3.48 and §3.50: a Sensitive object leaves only wrapped, one that is not Extractable never.
fn check_export(object: &StoredObject, wrapped: bool) -> Outcome<()> {
    if object.object_type == ObjectType::TEMPLATE {
        return Ok(());
    }
    // UNCLEAR: no text says so, but a published case does (TC-OTP-4): a one time pad is to be used, not seen.
    if cryptography::algorithm(object) == Some(CryptographicAlgorithm::ONE_TIME_PAD) {
        return Err(Failure::permission_denied());
    }
    if object.boolean(tag::EXTRACTABLE) == Some(false) {
        return Err(Failure::new(ResultReason::NOT_EXTRACTABLE, "the object is not extractable"));
    }
    if object.boolean(tag::SENSITIVE) == Some(true) && !wrapped {
        return Err(Failure::new(ResultReason::SENSITIVE, "the object is sensitive and can be had only wrapped"));
    }
    Ok(())
}
