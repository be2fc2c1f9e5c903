//! Digests of objects, and what else is computed from their material.

use kmipspec_protocol::objects::ManagedObject;
use kmipspec_protocol::registry::{HashingAlgorithm, KeyFormatType, ObjectType, tag};
use kmipspec_protocol::ttlv::{Item, ItemType};
use std::borrow::Cow;

/// The Digest attribute's values: SHA-256 is always there (1.4 §3.17).
pub(crate) fn digests(material: &ManagedObject, format: Option<KeyFormatType>) -> Vec<Item> {
    let Some(bytes) = digested(material) else { return Vec::new() };
    let mut fields = vec![
        Item::enumeration(tag::HASHING_ALGORITHM, HashingAlgorithm::SHA_256.0),
        Item::bytes(tag::DIGEST_VALUE, aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes).as_ref()),
    ];
    if let Some(format) = format {
        fields.push(Item::enumeration(tag::KEY_FORMAT_TYPE, format.0));
    }
    vec![Item::structure(tag::DIGEST, fields)]
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
