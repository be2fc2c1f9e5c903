//! Digests of objects, and what else is computed from their material.

use kmipspec_protocol::registry::{HashingAlgorithm, KeyFormatType, ObjectType, tag};
use kmipspec_protocol::ttlv::{Item, ItemType, Value};

/// The Digest attribute's values: SHA-256 is always there (1.4 §3.17).
pub(crate) fn digests(material: &Item, format: Option<KeyFormatType>) -> Vec<Item> {
    let Some(bytes) = digested(material) else { return Vec::new() };
    let mut fields = vec![
        Item::enumeration(tag::HASHING_ALGORITHM, HashingAlgorithm::SHA_256.0),
        Item::bytes(tag::DIGEST_VALUE, ring::digest::digest(&ring::digest::SHA256, &bytes).as_ref()),
    ];
    if let Some(format) = format {
        fields.push(Item::enumeration(tag::KEY_FORMAT_TYPE, format.0));
    }
    vec![Item::structure(tag::DIGEST, fields)]
}

/// What a digest is taken over: Key Material (its encoding when it is a structure), Certificate Value or Opaque Data Value.
fn digested(material: &Item) -> Option<Vec<u8>> {
    let bytes = |item: &Item| match item.value()? {
        Value::ByteString(bytes) => Some(bytes.to_vec()),
        _ => None,
    };
    if let Some(block) = material.child(tag::KEY_BLOCK) {
        let value = block.child(tag::KEY_VALUE)?;
        if value.ty == ItemType::BYTE_STRING {
            return bytes(value);
        }
        let key = value.child(tag::KEY_MATERIAL)?;
        return if key.ty == ItemType::STRUCTURE { Some(key.encode()) } else { bytes(key) };
    }
    [tag::CERTIFICATE_VALUE, tag::OPAQUE_DATA_VALUE, tag::CERTIFICATE_REQUEST_VALUE]
        .into_iter()
        .find_map(|field| material.child(field))
        .and_then(bytes)
}

/// The format of an object's material: of its Key Block; certificates are X.509 (2.1 §4.26).
pub(crate) fn key_format_type(object_type: ObjectType, material: &Item) -> Option<KeyFormatType> {
    if let Some(block) = material.child(tag::KEY_BLOCK) {
        return match block.child(tag::KEY_FORMAT_TYPE)?.value()? {
            Value::Enumeration(code) => Some(KeyFormatType(code)),
            _ => None,
        };
    }
    match object_type {
        ObjectType::CERTIFICATE => Some(KeyFormatType::X_509),
        ObjectType::OPAQUE_OBJECT => Some(KeyFormatType::OPAQUE),
        _ => None,
    }
}

/// Short Unique Identifier: SHA-256 of the Unique Identifier (2.1 §4.56).
pub(crate) fn short_identifier(id: &str) -> Vec<u8> {
    ring::digest::digest(&ring::digest::SHA256, id.as_bytes()).as_ref().to_vec()
}
