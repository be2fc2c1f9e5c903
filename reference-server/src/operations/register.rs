//! Register: an object that the client already has (1.0 §4.3, 1.4 §4.3, 2.1 §6.1.43).

use crate::attributes::{Attribute, AttributeKey, admit};
use crate::certificate;
use crate::context::Context;
use crate::creation::{self, Origin, requested_attributes};
use crate::defaults;
use crate::failure::{Failure, Outcome};
use crate::split_key;
use kmipspec_protocol::objects::{KeyBlock, KeyValue, ManagedObject, Object};
use kmipspec_protocol::operations::register::{Request, Response};
use kmipspec_protocol::registry::{ResultReason, enumeration_for, tag};
use kmipspec_protocol::ttlv::{Item, ItemRef, Writer};
use kmipspec_protocol::version::Version;

/// The object must be of the Object Type stated; what it says of itself becomes attributes.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let version = context.version;
    let request = Request::decode(payload, context.reading)?;
    let object_type = request.object_type;
    let known = enumeration_for(tag::OBJECT_TYPE).is_none_or(|names| names.valid(object_type.0, version));
    if !known {
        return Err(wrong_type(version, "the Object Type is not recognized"));
    }
    let attributes = requested_attributes(context, &request.attributes)?;
    let Some(object) = request.object else { return Err(Failure::invalid_message("the object itself is missing")) };
    if object.object_type() != Some(object_type) {
        return Err(wrong_type(version, "the object is not of the Object Type stated"));
    }
    let Some(parsed) = object.decode(context.reading) else { return Err(Failure::invalid_message("no object")) };
    let mut told = told(&parsed?, version)?;
    let mut known = [attributes.as_slice(), told.as_slice()].concat();
    let asked = known.len();
    defaults::fill(context, object_type, &mut known)?;
    told.extend(known.split_off(asked));
    let material = ManagedObject::new(without_attributes(object.0.into_item()));
    let material = material.ok_or_else(|| Failure::invalid_message("the object is of no type"))?;
    let id = creation::create(context, material, attributes, told, Origin::Registered)?;
    Response { unique_identifier: id.into(), attributes: None }.encode(response, version);
    Ok(())
}

/// 1.x §11.4 says Invalid Field of an unknown type and of one that does not fit; 2.x has Invalid Object Type.
fn wrong_type(version: Version, message: &'static str) -> Failure {
    Failure::by_version(version, ResultReason::INVALID_FIELD, ResultReason::INVALID_OBJECT_TYPE, message)
}

/// What an object says of itself, as attributes.
fn told(object: &Object<'_>, version: Version) -> Outcome<Vec<Attribute>> {
    match object {
        Object::Certificate(object) => Ok(certificate::attributes(object.certificate_type, &object.certificate_value)),
        Object::Template(object) => {
            let attributes = admit(object.attributes.to_vec()?, version)?;
            // From 1.2 on a template's own Name stands beside it, not inside (1.2 §11.4).
            if version >= Version::V1_2 && attributes.iter().any(|a| a.key == AttributeKey::Standard(tag::NAME)) {
                return Err(Failure::invalid_field("a Template structure cannot contain a Name"));
            }
            Ok(attributes)
        }
        Object::OpaqueObject(object) => {
            Ok(vec![Attribute::standard(Item::enumeration(tag::OPAQUE_DATA_TYPE, object.opaque_data_type.0))])
        }
        Object::CertificateRequest(_)
        | Object::PasswordCredential(_)
        | Object::DeviceCredential(_)
        | Object::OneTimePasswordCredential(_)
        | Object::HashedPasswordCredential(_) => Ok(Vec::new()),
        Object::SymmetricKey(object) => key_block(&object.key_block, version),
        Object::PublicKey(object) => key_block(&object.key_block, version),
        Object::PrivateKey(object) => key_block(&object.key_block, version),
        Object::SplitKey(object) => {
            split_key::check(object)?;
            key_block(&object.key_block, version)
        }
        Object::SecretData(object) => key_block(&object.key_block, version),
        Object::PGPKey(object) => key_block(&object.key_block, version),
    }
}

/// Algorithm and length of a Key Block, and the attributes inside its Key Value (1.4 §2.1.3, §2.1.4).
fn key_block(block: &KeyBlock<'_>, version: Version) -> Outcome<Vec<Attribute>> {
    let mut attributes = match &block.key_value {
        Some(KeyValue::Plain { attributes: Some(attributes), .. }) => admit(attributes.to_vec()?, version)?,
        // Objects without their value came with 1.2 (1.2 §2.1.3).
        None if version < Version::V1_2 => return Err(Failure::invalid_message("the Key Value is missing")),
        _ => Vec::new(),
    };
    attributes.extend(
        block
            .cryptographic_algorithm
            .map(|a| Attribute::standard(Item::enumeration(tag::CRYPTOGRAPHIC_ALGORITHM, a.0))),
    );
    attributes
        .extend(block.cryptographic_length.map(|n| Attribute::standard(Item::integer(tag::CRYPTOGRAPHIC_LENGTH, n))));
    Ok(attributes)
}

/// The object with nothing but Key Material in its Key Value: attributes live beside it, where they can change.
fn without_attributes(mut object: Item) -> Item {
    let block = object.items_mut().and_then(|items| items.iter_mut().find(|i| i.tag == tag::KEY_BLOCK));
    let value = block.and_then(Item::items_mut).and_then(|items| items.iter_mut().find(|i| i.tag == tag::KEY_VALUE));
    if let Some(items) = value.and_then(Item::items_mut) {
        items.retain(|item| item.tag == tag::KEY_MATERIAL);
    }
    object
}
