//! Register: an object that the client already has (1.0 §4.3, 1.4 §4.3, 2.1 §6.1.43).

use crate::attributes::{Attribute, AttributeKey, decode_attributes};
use crate::certificate;
use crate::context::Context;
use crate::creation::{self, Origin, requested_attributes};
use crate::failure::{Failure, Outcome};
use kmipspec_protocol::registry::{ObjectType, ResultReason, enumeration_for, tag};
use kmipspec_protocol::ttlv::{Cursor, Item, ItemRef, ItemType, Tag, Writer};
use kmipspec_protocol::version::Version;

/// The object must be of the Object Type stated; what it says of itself becomes attributes.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let version = context.version;
    let mut fields = Cursor::new(payload);
    let object_type = ObjectType(fields.req_enumeration(tag::OBJECT_TYPE)?);
    let attributes = requested_attributes(context, &mut fields)?;
    let known = enumeration_for(tag::OBJECT_TYPE).is_none_or(|names| names.valid(object_type.0, version));
    let Some(expected) = structure_of(object_type).filter(|_| known) else {
        return Err(Failure::by_version(
            version,
            ResultReason::INVALID_FIELD,
            ResultReason::INVALID_OBJECT_TYPE,
            "objects of this type cannot be registered",
        ));
    };
    let object = match fields.peek() {
        Some(object) if object.tag() == expected => fields.req(expected)?,
        Some(other) if is_object(other.tag()) => {
            return Err(Failure::invalid_field("the object is not of the Object Type stated"));
        }
        _ => fields.req(expected)?,
    };
    if version >= Version::V2_0 {
        fields.opt(tag::PROTECTION_STORAGE_MASKS);
    }
    fields.finish()?;
    let (material, told) = read_object(object_type, object, version)?;
    let id = creation::create(context, object_type, material, attributes, told, Origin::Registered)?;
    response.text(tag::UNIQUE_IDENTIFIER, &id);
    Ok(())
}

/// The structure that holds objects of a type.
fn structure_of(object_type: ObjectType) -> Option<Tag> {
    Some(match object_type {
        ObjectType::CERTIFICATE => tag::CERTIFICATE,
        ObjectType::SYMMETRIC_KEY => tag::SYMMETRIC_KEY,
        ObjectType::PUBLIC_KEY => tag::PUBLIC_KEY,
        ObjectType::PRIVATE_KEY => tag::PRIVATE_KEY,
        ObjectType::SPLIT_KEY => tag::SPLIT_KEY,
        ObjectType::TEMPLATE => tag::TEMPLATE,
        ObjectType::SECRET_DATA => tag::SECRET_DATA,
        ObjectType::OPAQUE_OBJECT => tag::OPAQUE_OBJECT,
        ObjectType::PGP_KEY => tag::PGP_KEY,
        ObjectType::CERTIFICATE_REQUEST => tag::CERTIFICATE_REQUEST,
        _ => return None,
    })
}

/// Whether a tag is that of some object's structure.
fn is_object(tag: Tag) -> bool {
    (1..=10).any(|code| structure_of(ObjectType(code)) == Some(tag))
}

/// The object for the store, and the attributes that it carries or implies.
fn read_object(object_type: ObjectType, object: ItemRef<'_>, version: Version) -> Outcome<(Item, Vec<Attribute>)> {
    if object.ty() != ItemType::STRUCTURE {
        return Err(Failure::invalid_message("the object is no Structure"));
    }
    let mut fields = Cursor::new(object);
    match object_type {
        ObjectType::CERTIFICATE => {
            let kind = fields.req_enumeration(tag::CERTIFICATE_TYPE)?;
            let value = fields.req_bytes(tag::CERTIFICATE_VALUE)?;
            fields.finish()?;
            Ok((Item::from_ref(object), certificate::attributes(kind, value)))
        }
        ObjectType::TEMPLATE => {
            let attributes = decode_attributes(object, version)?;
            // From 1.2 on a template's own Name stands beside it, not inside (1.2 §11.4).
            if version >= Version::V1_2 && attributes.iter().any(|a| a.key == AttributeKey::Standard(tag::NAME)) {
                return Err(Failure::invalid_field("a Template structure cannot contain a Name"));
            }
            Ok((Item::from_ref(object), attributes))
        }
        ObjectType::OPAQUE_OBJECT => {
            let kind = fields.req_enumeration(tag::OPAQUE_DATA_TYPE)?;
            fields.req_bytes(tag::OPAQUE_DATA_VALUE)?;
            fields.finish()?;
            Ok((Item::from_ref(object), vec![standard(Item::enumeration(tag::OPAQUE_DATA_TYPE, kind))]))
        }
        ObjectType::CERTIFICATE_REQUEST => {
            fields.req_enumeration(tag::CERTIFICATE_REQUEST_TYPE)?;
            fields.req_bytes(tag::CERTIFICATE_REQUEST_VALUE)?;
            fields.finish()?;
            Ok((Item::from_ref(object), Vec::new()))
        }
        _ => {
            let block = object.child(tag::KEY_BLOCK).ok_or_else(|| Failure::invalid_message("the Key Block is missing"))?;
            let attributes = read_key_block(block, version)?;
            Ok((without_attributes(object), attributes))
        }
    }
}

/// Algorithm and length of a Key Block, and the attributes inside its Key Value (1.4 §2.1.3, §2.1.4).
fn read_key_block(block: ItemRef<'_>, version: Version) -> Outcome<Vec<Attribute>> {
    let mut fields = Cursor::new(block);
    fields.req_enumeration(tag::KEY_FORMAT_TYPE)?;
    fields.opt_enumeration(tag::KEY_COMPRESSION_TYPE)?;
    let value = fields.opt(tag::KEY_VALUE);
    let algorithm = fields.opt_enumeration(tag::CRYPTOGRAPHIC_ALGORITHM)?;
    let length = fields.opt_i32(tag::CRYPTOGRAPHIC_LENGTH)?;
    fields.opt_structure(tag::KEY_WRAPPING_DATA)?;
    fields.finish()?;
    let mut attributes = Vec::new();
    if let Some(value) = value.filter(|v| v.ty() == ItemType::STRUCTURE) {
        value.child(tag::KEY_MATERIAL).ok_or_else(|| Failure::invalid_message("the Key Material is missing"))?;
        if version >= Version::V2_0 {
            if let Some(container) = value.child(tag::ATTRIBUTES) {
                attributes = decode_attributes(container, version)?;
            }
        } else {
            attributes = decode_attributes(value, version)?;
        }
    } else if value.is_none() && version < Version::V1_2 {
        // Objects without their value came with 1.2 (1.2 §2.1.3).
        return Err(Failure::invalid_message("the Key Value is missing"));
    }
    if let Some(algorithm) = algorithm {
        attributes.push(standard(Item::enumeration(tag::CRYPTOGRAPHIC_ALGORITHM, algorithm)));
    }
    if let Some(length) = length {
        attributes.push(standard(Item::integer(tag::CRYPTOGRAPHIC_LENGTH, length)));
    }
    Ok(attributes)
}

/// The object with nothing but Key Material in its Key Value: attributes live beside it, where they can change.
fn without_attributes(object: ItemRef<'_>) -> Item {
    let mut object = Item::from_ref(object);
    let block = object.items_mut().and_then(|items| items.iter_mut().find(|i| i.tag == tag::KEY_BLOCK));
    let value = block.and_then(Item::items_mut).and_then(|items| items.iter_mut().find(|i| i.tag == tag::KEY_VALUE));
    if let Some(items) = value.and_then(Item::items_mut) {
        items.retain(|item| item.tag == tag::KEY_MATERIAL);
    }
    object
}

/// A standard attribute of one instance.
pub(crate) fn standard(value: Item) -> Attribute {
    Attribute { key: AttributeKey::Standard(value.tag), index: None, value }
}
