//! An object on its way out, for Get and Export: in the Key Format Type, Key Compression Type and wrapping asked for
//! (1.4 §4.11, 2.1 §6.1.19).

use crate::attributes::{has_foreign_field, is_foreign};
use crate::context::Context;
use crate::cryptography;
use crate::failure::{Failure, Outcome};
use crate::key_format::{self, chain};
use crate::key_wrapping;
use crate::object::StoredObject;
use kmipspec_protocol::objects::{KeyWrappingSpecification, ManagedObject};
use kmipspec_protocol::registry::{
    CryptographicAlgorithm, Enumeration, KeyCompressionType, KeyFormatType, KeyWrapType, ObjectType, ResultReason,
    enumeration_for, tag, tag_row,
};
use kmipspec_protocol::ttlv::{Item, ItemType, Value};
use kmipspec_protocol::version::Version;

/// What the request wants.
#[derive(Debug)]
pub(crate) struct Wanted<'d> {
    /// The format; as it is held, if omitted.
    pub(crate) format: Option<KeyFormatType>,
    /// Whether a key that was registered wrapped is wanted as it was.
    pub(crate) wrap_type: Option<KeyWrapType>,
    /// For public keys on elliptic curves.
    pub(crate) compression: Option<KeyCompressionType>,
    /// How to wrap it.
    pub(crate) wrapping: Option<KeyWrappingSpecification<'d>>,
}

/// An older version, and a newer one with Templates, has no field that the object could be in, or no number for its algorithm. A number
/// that nobody has assigned is the client's own at every version.
pub(crate) fn check_type(object: &StoredObject, version: Version) -> Outcome<()> {
    let table = CryptographicAlgorithm::TABLE;
    let of_another =
        |algorithm: CryptographicAlgorithm| table.value(algorithm.0).is_some() && !table.valid(algorithm.0, version);
    if !ObjectType::TABLE.valid(object.object_type.0, version) {
        Err(Failure::wrong_type(version, "this version has no objects of this type"))
    } else if cryptography::algorithm(object).is_some_and(of_another) {
        Err(Failure::wrong_type(version, "this version has no such algorithm"))
    } else {
        Ok(())
    }
}

/// The object as asked for. A Key Wrapping Specification wins over a Key Wrap Type (published TC-WRAP-3-20); with neither, a
/// wrapped key goes out as it was registered.
pub(crate) fn deliver(
    context: &mut Context<'_>,
    object: &StoredObject,
    material: &ManagedObject,
    wanted: &Wanted<'_>,
) -> Outcome<ManagedObject> {
    let made = made(context, object, material, wanted)?;
    sayable(made, context.version)
}

/// The object, where a version has words for all of it.
pub(crate) fn sayable(made: ManagedObject, version: Version) -> Outcome<ManagedObject> {
    // What attributes of a Key Value cannot be told here are left out: none has to be there (1.4 §2.1.4, 2.1 §3.1).
    let made = match is_of_another_version(made.item(), version) {
        true => ManagedObject::new(without_attributes(made.item().clone())).unwrap_or(made),
        false => made,
    };
    // Objects without their value came with 1.2 (1.2 §2.1.3).
    let valueless = version < Version::V1_2 && made.lacks_key_value();
    if valueless || is_of_another_version(made.item(), version) {
        return Err(Failure::wrong_type(version, "this version cannot say what the object holds"));
    }
    Ok(made)
}

/// The object with nothing but Key Material in its Key Value.
pub(crate) fn without_attributes(mut object: Item) -> Item {
    let block = object.items_mut().and_then(|items| items.iter_mut().find(|i| i.tag == tag::KEY_BLOCK));
    let value = block.and_then(Item::items_mut).and_then(|items| items.iter_mut().find(|i| i.tag == tag::KEY_VALUE));
    if let Some(items) = value.and_then(Item::items_mut) {
        items.retain(|item| item.tag == tag::KEY_MATERIAL);
    }
    object
}

/// Whether an object has a field, or a value of an enumeration, that other versions have and this one has not.
fn is_of_another_version(object: &Item, version: Version) -> bool {
    let mut todo = vec![object];
    while let Some(item) = todo.pop() {
        // What Key Material is made of is the Key Format Type's business, and a custom attribute its vendor's: either may be anything.
        todo.extend(item.items().iter().filter(|inside| match item.tag {
            tag::KEY_MATERIAL => inside.ty != ItemType::STRUCTURE,
            tag::ATTRIBUTE => false,
            _ => true,
        }));
        let is_other = |table: &Enumeration, value: u32| table.value(value).is_some() && !table.valid(value, version);
        let value = match item.value() {
            Some(Value::Enumeration(value)) => enumeration_for(item.tag).is_some_and(|table| is_other(table, value)),
            _ => false,
        };
        let field = item.tag != tag::KEY_MATERIAL && has_foreign_field(item, version);
        let attribute = item.tag == tag::ATTRIBUTE && version < Version::V2_0 && is_foreign(item, version);
        if value || field || attribute || tag_row(item.tag).is_some_and(|row| !row.exists(version)) {
            return true;
        }
    }
    false
}

/// The object in the form that is wanted.
fn made(
    context: &mut Context<'_>,
    object: &StoredObject,
    material: &ManagedObject,
    wanted: &Wanted<'_>,
) -> Outcome<ManagedObject> {
    let version = context.version;
    if let Some(kind) = wanted.wrap_type
        && kind != KeyWrapType::NOT_WRAPPED
        && kind != KeyWrapType::AS_REGISTERED
    {
        return Err(unknown_wrap_type(version));
    }
    let stays_wrapped = material.is_wrapped() && wanted.wrap_type != Some(KeyWrapType::NOT_WRAPPED);
    check_export(object, wanted.wrapping.is_some() || stays_wrapped)?;
    if wanted.format == Some(KeyFormatType::PKCS_12) && material.key_format_type() != Some(KeyFormatType::PKCS_12) {
        return chain::container(context, object, material);
    }
    if wanted.wrapping.is_some() && object.object_type == ObjectType::TEMPLATE {
        return Err(Failure::invalid_field("a Template cannot be wrapped"));
    }
    if material.lacks_key_value() && wanted.wrapping.is_some() {
        return Err(Failure::by_version(
            version,
            ResultReason::ILLEGAL_OPERATION,
            ResultReason::KEY_VALUE_NOT_PRESENT,
            "this server has only the attributes of the object",
        ));
    }
    let opened = match &wanted.wrapping {
        None if stays_wrapped => None,
        _ if material.is_wrapped() => Some(key_wrapping::unwrap(context, material)?.0),
        _ => None,
    };
    let plain = opened.as_ref().unwrap_or(material);
    let converted = key_format::convert(plain, wanted.format, wanted.compression, version)?;
    match &wanted.wrapping {
        Some(specification) => {
            key_wrapping::wrap(context, object, &converted, specification, key_wrapping::is_structured(material))
        }
        None => Ok(converted),
    }
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

/// 1.4 has the Key Wrap Type and no Result Reason for it (§11.12 prints one that its enumeration does not have).
pub(crate) fn unknown_wrap_type(version: Version) -> Failure {
    Failure::by_version(
        version,
        ResultReason::FEATURE_NOT_SUPPORTED,
        ResultReason::KEY_WRAP_TYPE_NOT_SUPPORTED,
        "of the Key Wrap Types Not Wrapped and As Registered are supported",
    )
}
