//! Digests of objects, and what else is computed from their material.

use crate::cryptography::hashing;
use crate::key_format;
use kmipspec_protocol::objects::ManagedObject;
use kmipspec_protocol::registry::{HashingAlgorithm, KeyFormatType, ObjectType, tag};
use kmipspec_protocol::ttlv::{Item, ItemType};
use kmipspec_protocol::version::Version;
use std::borrow::Cow;

/// The Digest attribute's values: SHA-256 of the object in its format, then its digests by `more` algorithms; since 2.0 the same of
/// its default format, too (1.4 §3.17, 2.1 §4.21). What is wrapped has none.
pub(crate) fn digests(
    material: &ManagedObject,
    format: Option<KeyFormatType>,
    version: Version,
    more: &[HashingAlgorithm],
) -> Vec<Item> {
    if material.is_wrapped() {
        return Vec::new();
    }
    let default =
        key_format::default_format(material).filter(|default| version >= Version::V2_0 && Some(*default) != format);
    let converted = default.and_then(|default| key_format::convert(material, Some(default), None, version).ok());
    let others = more.iter().copied().filter(|hash| *hash != HashingAlgorithm::SHA_256);
    let hashes: Vec<_> = std::iter::once(HashingAlgorithm::SHA_256).chain(others).collect();
    let formats = std::iter::once((material, format)).chain(converted.as_ref().map(|converted| (converted, default)));
    formats.flat_map(|(object, format)| hashes.iter().filter_map(move |hash| digest(object, format, *hash))).collect()
}

/// The digest of an object in a format.
fn digest(material: &ManagedObject, format: Option<KeyFormatType>, hash: HashingAlgorithm) -> Option<Item> {
    let bytes = digested(material)?;
    let mut fields = vec![
        Item::enumeration(tag::HASHING_ALGORITHM, hash.0),
        Item::bytes(tag::DIGEST_VALUE, hashing::digest(hash, &bytes)?),
    ];
    // 1.4 §3.17 requires the format for keys and secrets; published TC-PKCS12-2 has none for certificates.
    if let Some(format) = format.filter(|_| material.object_type() != ObjectType::CERTIFICATE) {
        fields.push(Item::enumeration(tag::KEY_FORMAT_TYPE, format.0));
    }
    Some(Item::structure(tag::DIGEST, fields))
}

/// What a digest is taken over: Key Material (its encoding when it is a structure), Certificate Value or Opaque Data Value.
fn digested(material: &ManagedObject) -> Option<Cow<'_, [u8]>> {
    match material.key_material() {
        Some(key) if key.ty == ItemType::STRUCTURE => Some(Cow::Owned(key.encode())),
        _ => material.material().map(Cow::Borrowed),
    }
}

/// The format of an object's material: of its Key Block; certificates are X.509 (2.1 §4.26).
pub(crate) fn key_format_type(material: &ManagedObject) -> Option<KeyFormatType> {
    material.key_format_type().or(match material.object_type() {
        ObjectType::CERTIFICATE => Some(KeyFormatType::X_509),
        ObjectType::OPAQUE_OBJECT => Some(KeyFormatType::OPAQUE),
        _ => None,
    })
}

/// Short Unique Identifier: SHA-256 of the Unique Identifier (2.1 §4.56).
pub(crate) fn short_identifier(id: &str) -> Vec<u8> {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, id.as_bytes()).as_ref().to_vec()
}
