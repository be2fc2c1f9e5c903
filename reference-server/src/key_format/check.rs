//! Registered material must be what its format, algorithm and length say (1.4 §2.1.3, §11.4 "incorrect attribute values").

use super::{Key, read};
use crate::attributes::{Attribute, AttributeKey, invalid_value};
use crate::der;
use crate::failure::{Failure, Outcome};
use kmipspec_protocol::objects::ManagedObject;
use kmipspec_protocol::registry::{CryptographicAlgorithm, KeyFormatType, ObjectType, tag};
use kmipspec_protocol::ttlv::{Item, ItemType, Tag, Value};
use kmipspec_protocol::version::Version;

/// Compares a key in the clear with the attributes asked for and told; gives those that the request leaves out and the key
/// tells, Cryptographic Algorithm and Length.
pub(crate) fn check(object: &ManagedObject, attributes: &[&[Attribute]], version: Version) -> Outcome<Vec<Attribute>> {
    if object.key_material().is_none() || object.object_type() == ObjectType::SECRET_DATA {
        return Ok(Vec::new());
    }
    let Some(key) = read(object) else { return unread(object) };
    let stated = |wanted: Tag| {
        let all = attributes.iter().flat_map(|some| some.iter());
        all.filter(move |a| a.key == AttributeKey::Standard(wanted)).filter_map(|a| a.value.value())
    };
    let mut told = Vec::new();
    let mut algorithm = None;
    for value in stated(tag::CRYPTOGRAPHIC_ALGORITHM) {
        let Value::Enumeration(number) = value else { continue };
        let named = CryptographicAlgorithm(number);
        if !key.fits(named) {
            return Err(invalid_value(version, "the key is not one of the Cryptographic Algorithm stated"));
        }
        algorithm = Some(named);
    }
    if algorithm.is_none() {
        told.extend(
            key.algorithm(version).map(|a| Attribute::standard(Item::enumeration(tag::CRYPTOGRAPHIC_ALGORITHM, a.0))),
        );
    }
    let Some(length) = key.length() else { return Ok(told) };
    let mut lengths = stated(tag::CRYPTOGRAPHIC_LENGTH).peekable();
    if lengths.peek().is_none() && (!told.is_empty() || algorithm.is_some()) {
        told.push(Attribute::standard(Item::integer(tag::CRYPTOGRAPHIC_LENGTH, length)));
    }
    for value in lengths {
        let Value::Integer(stated) = value else { continue };
        if !is_length(&key, algorithm, length, stated) {
            return Err(invalid_value(version, "the key does not have the Cryptographic Length stated"));
        }
    }
    Ok(told)
}

/// Whether a stated length can be this key's. DES counts its parity bits, or does not.
fn is_length(key: &Key, algorithm: Option<CryptographicAlgorithm>, length: i32, stated: i32) -> bool {
    if length == stated {
        return true;
    }
    let parity = matches!(algorithm, Some(CryptographicAlgorithm::DES | CryptographicAlgorithm::DES3));
    parity && matches!(key, Key::Bytes(_)) && stated.checked_mul(8) == length.checked_mul(7)
}

/// Material that nobody here can read: an encoded format must at least be one DER element; algorithms may be unknown.
fn unread(object: &ManagedObject) -> Outcome<Vec<Attribute>> {
    let refused = || Err(Failure::invalid_field("the Key Material is not of its Key Format Type"));
    let Some(material) = object.key_material() else { return Ok(Vec::new()) };
    let format = object.key_format_type();
    if material.ty == ItemType::STRUCTURE {
        let known = matches!(
            format,
            Some(
                KeyFormatType::TRANSPARENT_SYMMETRIC_KEY
                    | KeyFormatType::TRANSPARENT_RSA_PRIVATE_KEY
                    | KeyFormatType::TRANSPARENT_RSA_PUBLIC_KEY
                    | KeyFormatType::TRANSPARENT_DSA_PRIVATE_KEY
                    | KeyFormatType::TRANSPARENT_DSA_PUBLIC_KEY
                    | KeyFormatType::TRANSPARENT_DH_PRIVATE_KEY
                    | KeyFormatType::TRANSPARENT_DH_PUBLIC_KEY
            )
        );
        return if known { refused() } else { Ok(Vec::new()) };
    }
    let encoded = matches!(
        format,
        Some(KeyFormatType::PKCS_1 | KeyFormatType::PKCS_8 | KeyFormatType::X_509 | KeyFormatType::EC_PRIVATE_KEY)
    );
    let Some(Value::ByteString(bytes)) = material.value() else { return refused() };
    let whole = der::expect(bytes, der::SEQUENCE).is_some_and(|(_, rest)| rest.is_empty());
    if encoded && !whole { refused() } else { Ok(Vec::new()) }
}
