//! Register: an object that the client already has (1.0 §4.3, 1.4 §4.3, 2.1 §6.1.43).

use crate::attributes::{Attribute, AttributeKey, admit};
use crate::certificate;
use crate::context::Context;
use crate::creation::{self, Origin, requested_attributes};
use crate::defaults;
use crate::delivery;
use crate::digest;
use crate::failure::{Failure, Outcome};
use crate::key_format::pkcs12::Contents;
use crate::key_format::{self, chain};
use crate::key_pair::add_link;
use crate::key_wrapping;
use crate::protection;
use crate::split_key;
use kmipspec_protocol::objects::{KeyBlock, KeyValue, ManagedObject, Object};
use kmipspec_protocol::operations::register::{Request, Response};
use kmipspec_protocol::registry::{KeyFormatType, LinkType, tag};
use kmipspec_protocol::ttlv::{Item, ItemRef, Writer};
use kmipspec_protocol::version::Version;

/// The object must be of the Object Type stated; what it says of itself becomes attributes.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let version = context.version;
    let request = Request::decode(payload, context.reading)?;
    protection::check(request.protection_storage_masks.as_ref())?;
    let object_type = request.object_type;
    if !object_type.exists(version) {
        return Err(Failure::wrong_type(version, "the Object Type is not recognized"));
    }
    let attributes = requested_attributes(context, Some(&request.attributes))?;
    let Some(object) = request.object else { return Err(Failure::invalid_message("the object itself is missing")) };
    if object.object_type() != Some(object_type) {
        return Err(Failure::wrong_type(version, "the object is not of the Object Type stated"));
    }
    let Some(parsed) = object.decode(context.reading) else { return Err(Failure::invalid_message("no object")) };
    let parsed = parsed?;
    let mut told = told(&parsed, version)?;
    let mut known = [attributes.as_slice(), told.as_slice()].concat();
    let asked = known.len();
    defaults::fill(context, object_type, &mut known)?;
    told.extend(known.split_off(asked));
    let material = object.known(&parsed, context.reading);
    let material = material.ok_or_else(|| Failure::invalid_message("the object is of no type"))?;
    let taken = taken(context, material, &attributes, &mut told)?;
    let wrapping = if version >= Version::V2_1 { key_wrapping::wrapping_key(&taken.material) } else { None };
    let id = creation::create(context, taken.material, attributes, told, Origin::Registered)?;
    if let Some(contents) = &taken.contents {
        chain::keep(context, &id, contents)?;
    }
    // 2.1 §6.1.43: a wrapped key is linked to the key it is wrapped with, where that is here.
    if let Some(wrapping) = wrapping.filter(|wrapping| context.transaction.object(wrapping).is_some()) {
        add_link(context, &id, LinkType::WRAPPING_KEY_LINK, &wrapping)?;
    }
    Response { unique_identifier: id.into(), attributes: None }.encode(response, version);
    Ok(())
}

/// The object as it will be kept.
pub(super) struct Taken {
    /// The object.
    pub(super) material: ManagedObject,
    /// What a PKCS#12 container held besides the key.
    pub(super) contents: Option<Contents>,
}

/// Looks into the object as far as that can be done: the key of a PKCS#12 container, a wrapped key whose wrapping key is here.
/// What that tells is added to the attributes told.
pub(super) fn taken(
    context: &mut Context<'_>,
    material: ManagedObject,
    requested: &[Attribute],
    told: &mut Vec<Attribute>,
) -> Outcome<Taken> {
    let version = context.version;
    if material.key_format_type() == Some(KeyFormatType::PKCS_12) && !material.is_wrapped() {
        let taken = chain::take(context, &material, requested)?;
        told.extend(taken.told);
        return Ok(Taken { material: taken.key, contents: Some(taken.contents) });
    }
    if !material.is_wrapped() {
        let material = ManagedObject::new(delivery::without_attributes(material.into_item()));
        let material = material.ok_or_else(|| Failure::invalid_message("the object is of no type"))?;
        let more = key_format::check(&material, &[requested, told], version)?;
        told.extend(more);
        return Ok(Taken { material, contents: None });
    }
    // Without the wrapping key, or with one that does not fit, the key stays as it is and nothing is known of it.
    if let Ok((plain, attributes)) = key_wrapping::unwrap(context, &material) {
        told.extend(admit(attributes, version)?);
        let more = key_format::check(&plain, &[requested, told], version)?;
        told.extend(more);
        let digests = digest::digests(&plain, digest::key_format_type(&plain), version, &context.config.digests);
        told.extend(digests.into_iter().map(Attribute::standard));
    }
    Ok(Taken { material, contents: None })
}

/// What an object says of itself, as attributes.
pub(super) fn told(object: &Object<'_>, version: Version) -> Outcome<Vec<Attribute>> {
    match object {
        Object::Certificate(object) => Ok(certificate::attributes(object.certificate_type, &object.certificate_value)),
        Object::Template(object) => {
            let attributes = creation::admit_all(&object.attributes, version)?;
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
        Some(KeyValue::Plain { attributes: Some(attributes), .. }) => creation::admit_all(attributes, version)?,
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
