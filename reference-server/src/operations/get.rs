//! Get: the object itself (1.0 §4.10, 1.4 §4.11, 2.1 §6.1.19).

use crate::context::Context;
use crate::digest::key_format_type;
use crate::failure::{Failure, Outcome};
use crate::object::ManagedObject;
use kmipspec_protocol::registry::{KeyFormatType, ObjectType, ResultReason, tag};
use kmipspec_protocol::ttlv::{Cursor, Item, ItemRef, Writer};
use kmipspec_protocol::version::Version;

/// The object as it was stored, without attributes in its Key Value.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let mut fields = Cursor::new(payload);
    let id = context.unique_identifier(&mut fields)?;
    let format = fields.opt_enumeration(tag::KEY_FORMAT_TYPE)?.map(KeyFormatType);
    if context.version >= Version::V1_4 {
        fields.opt_enumeration(tag::KEY_WRAP_TYPE)?;
    }
    let compression = fields.opt_enumeration(tag::KEY_COMPRESSION_TYPE)?;
    let wrapping = fields.opt(tag::KEY_WRAPPING_SPECIFICATION);
    fields.finish()?;
    let object = context.object(&id)?;
    let Some(material) = &object.material else { return Err(gone(&object, context.version)) };
    check_export(&object, wrapping.is_some())?;
    if let Some(wanted) = format {
        if key_format_type(object.object_type, material) != Some(wanted) {
            return Err(Failure::new(
                ResultReason::KEY_FORMAT_TYPE_NOT_SUPPORTED,
                "the object is not held in this Key Format Type and cannot be converted",
            ));
        }
    }
    if compression.is_some() {
        return Err(Failure::new(ResultReason::KEY_COMPRESSION_TYPE_NOT_SUPPORTED, "keys are not compressed here"));
    }
    if wrapping.is_some() {
        return Err(Failure::new(ResultReason::FEATURE_NOT_SUPPORTED, "key wrapping is not supported"));
    }
    let without_value = material.child(tag::KEY_BLOCK).is_some_and(|block| block.child(tag::KEY_VALUE).is_none());
    if without_value {
        return Err(gone(&object, context.version));
    }
    response.enumeration(tag::OBJECT_TYPE, object.object_type.0);
    response.text(tag::UNIQUE_IDENTIFIER, &id);
    response.item(material);
    if object.boolean(tag::FRESH) == Some(true) {
        // 1.4 §3.34: as soon as it has been served to a client, it is no longer fresh.
        let mut served = ManagedObject::clone(&object);
        served.set(Item::boolean(tag::FRESH, false));
        context.transaction.put(served);
    }
    Ok(())
}

/// What was destroyed is no longer found in 1.x (as published: TC-314), 2.x has Object Destroyed.
/// Where there are only attributes, 1.0 and 1.1 say Illegal Operation, later versions Key Value Not Present.
fn gone(object: &ManagedObject, version: Version) -> Failure {
    if object.is_destroyed() {
        return Failure::by_version(
            version,
            ResultReason::ITEM_NOT_FOUND,
            ResultReason::OBJECT_DESTROYED,
            "the object has been destroyed",
        );
    }
    let reason =
        if version < Version::V1_2 { ResultReason::ILLEGAL_OPERATION } else { ResultReason::KEY_VALUE_NOT_PRESENT };
    Failure::new(reason, "the server has only attributes of this object")
}

/// 1.4 §3.48 and §3.50: a Sensitive object leaves only wrapped, one that is not Extractable never.
fn check_export(object: &ManagedObject, wrapped: bool) -> Outcome<()> {
    if object.object_type == ObjectType::TEMPLATE {
        return Ok(());
    }
    if object.boolean(tag::EXTRACTABLE) == Some(false) {
        return Err(Failure::new(ResultReason::NOT_EXTRACTABLE, "the object is not extractable"));
    }
    if object.boolean(tag::SENSITIVE) == Some(true) && !wrapped {
        return Err(Failure::new(ResultReason::SENSITIVE, "the object is sensitive and can be had only wrapped"));
    }
    Ok(())
}
