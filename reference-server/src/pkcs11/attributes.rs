//! Attributes of PKCS#11 objects: read from managed objects, and written into requests that make them.

use super::{ATTRIBUTE_TYPE_INVALID, ATTRIBUTE_VALUE_INVALID};
use crate::attributes::AttributeKey;
use crate::object::{StoredObject, name_parts};
use kmipspec_protocol::registry::{CryptographicAlgorithm, CryptographicUsageMask, ObjectType, tag};
use kmipspec_protocol::ttlv::{Item, Tag, Value};

/// CKA_CLASS.
pub(super) const CLASS: u64 = 0x00;
/// CKA_TOKEN.
const TOKEN: u64 = 0x01;
/// CKA_PRIVATE.
const PRIVATE: u64 = 0x02;
/// CKA_LABEL: the Name.
pub(super) const LABEL: u64 = 0x03;
/// CKA_UNIQUE_ID: the Unique Identifier.
const UNIQUE_ID: u64 = 0x04;
/// CKA_VALUE.
pub(super) const VALUE: u64 = 0x11;
/// CKA_KEY_TYPE.
pub(super) const KEY_TYPE: u64 = 0x100;
/// CKA_ID: a vendor attribute.
const ID: u64 = 0x102;
/// CKA_SENSITIVE.
const SENSITIVE: u64 = 0x103;
/// CKA_VALUE_LEN.
pub(super) const VALUE_LEN: u64 = 0x161;
/// CKA_EXTRACTABLE.
const EXTRACTABLE: u64 = 0x162;
/// CKA_LOCAL.
const LOCAL: u64 = 0x163;
/// CKA_NEVER_EXTRACTABLE.
const NEVER_EXTRACTABLE: u64 = 0x164;
/// CKA_ALWAYS_SENSITIVE.
const ALWAYS_SENSITIVE: u64 = 0x165;

/// CKO_SECRET_KEY.
pub(super) const SECRET_KEY: u64 = 4;
/// CKK_GENERIC_SECRET.
pub(super) const GENERIC_SECRET: u64 = 0x10;
/// CKK_AES.
pub(super) const AES: u64 = 0x1F;

/// Attributes that stand for bits of the Cryptographic Usage Mask; signing by a secret key is a MAC.
const USES: [(u64, CryptographicUsageMask); 7] = [
    (0x104, CryptographicUsageMask::ENCRYPT),
    (0x105, CryptographicUsageMask::DECRYPT),
    (0x106, CryptographicUsageMask::WRAP_KEY),
    (0x107, CryptographicUsageMask::UNWRAP_KEY),
    (0x108, CryptographicUsageMask::MAC_GENERATE),
    (0x10A, CryptographicUsageMask::MAC_VERIFY),
    (0x10C, CryptographicUsageMask::DERIVE_KEY),
];

/// The vendor attribute that holds CKA_ID.
fn id_key() -> AttributeKey {
    AttributeKey::Custom { vendor: "PKCS11".to_owned(), name: "CKA_ID".to_owned() }
}

/// The value of an attribute of an object; none where it has none. CKA_VALUE is for Get to give.
pub(super) fn of(object: &StoredObject, wanted: u64) -> Option<Vec<u8>> {
    let long = |value: u64| Some(value.to_be_bytes().to_vec());
    let boolean = |value: bool| Some(vec![u8::from(value)]);
    let of_tag = |tag: Tag| object.boolean(tag).map(|value| vec![u8::from(value)]);
    if let Some((_, bit)) = USES.iter().find(|(number, _)| *number == wanted) {
        let mask = object.integer(tag::CRYPTOGRAPHIC_USAGE_MASK)?.cast_unsigned();
        return boolean(mask & bit.0 != 0);
    }
    match wanted {
        CLASS => long(match object.object_type {
            ObjectType::CERTIFICATE => 1,
            ObjectType::PUBLIC_KEY => 2,
            ObjectType::PRIVATE_KEY => 3,
            ObjectType::SYMMETRIC_KEY => SECRET_KEY,
            _ => 0,
        }),
        TOKEN => boolean(true),
        PRIVATE => boolean(!matches!(object.object_type, ObjectType::CERTIFICATE | ObjectType::PUBLIC_KEY)),
        LABEL => {
            let name = object.attribute(tag::NAME)?;
            name_parts(&name.value).map(|(_, text)| text.as_bytes().to_vec())
        }
        UNIQUE_ID => Some(object.id.as_bytes().to_vec()),
        KEY_TYPE => match object.value(tag::CRYPTOGRAPHIC_ALGORITHM)? {
            Value::Enumeration(algorithm) => long(match CryptographicAlgorithm(algorithm) {
                CryptographicAlgorithm::RSA => 0,
                CryptographicAlgorithm::EC | CryptographicAlgorithm::ECDSA | CryptographicAlgorithm::ECDH => 3,
                CryptographicAlgorithm::AES => AES,
                CryptographicAlgorithm::DES3 => 0x15,
                CryptographicAlgorithm::CHA_CHA20 => 0x33,
                _ => GENERIC_SECRET,
            }),
            _ => None,
        },
        ID => match object.instances(&id_key()).next()?.value.value()? {
            Value::ByteString(id) => Some(id.to_vec()),
            _ => None,
        },
        SENSITIVE => of_tag(tag::SENSITIVE),
        ALWAYS_SENSITIVE => of_tag(tag::ALWAYS_SENSITIVE),
        EXTRACTABLE => of_tag(tag::EXTRACTABLE),
        NEVER_EXTRACTABLE => of_tag(tag::NEVER_EXTRACTABLE),
        LOCAL => boolean(object.attribute(tag::RANDOM_NUMBER_GENERATOR).is_some()),
        VALUE_LEN if object.object_type == ObjectType::SYMMETRIC_KEY => {
            let bits = u64::try_from(object.integer(tag::CRYPTOGRAPHIC_LENGTH)?).ok()?;
            long(bits / 8)
        }
        _ => None,
    }
}

/// A CK_ULONG of a template.
pub(super) fn number(template: &[(u64, &[u8])], wanted: u64) -> Result<Option<u64>, u32> {
    let Some((_, value)) = template.iter().find(|(number, _)| *number == wanted) else { return Ok(None) };
    let value = <[u8; 8]>::try_from(*value).map_err(|_| ATTRIBUTE_VALUE_INVALID)?;
    Ok(Some(u64::from_be_bytes(value)))
}

/// The template of a new key as attributes of KMIP, without algorithm and length. A key that nothing is said of can be used for
/// nothing; it is active from now on, since PKCS#11 knows no states.
pub(super) fn requested(template: &[(u64, &[u8])], now: i64) -> Result<Vec<Item>, u32> {
    let mut mask = 0;
    let mut items = vec![Item::date_time(tag::ACTIVATION_DATE, now)];
    for (number, value) in template {
        let truth = || match value {
            [0] => Ok(false),
            [1] => Ok(true),
            _ => Err(ATTRIBUTE_VALUE_INVALID),
        };
        if let Some((_, bit)) = USES.iter().find(|(of, _)| of == number) {
            mask |= if truth()? { bit.0 } else { 0 };
            continue;
        }
        match *number {
            CLASS | KEY_TYPE | VALUE | VALUE_LEN => {}
            TOKEN | PRIVATE => drop(truth()?),
            LABEL => {
                let text = std::str::from_utf8(value).map_err(|_| ATTRIBUTE_VALUE_INVALID)?;
                let fields = vec![Item::text(tag::NAME_VALUE, text), Item::enumeration(tag::NAME_TYPE, 1)];
                items.push(Item::structure(tag::NAME, fields));
            }
            ID => items.push(Item::structure(
                tag::ATTRIBUTE,
                vec![
                    Item::text(tag::VENDOR_IDENTIFICATION, "PKCS11"),
                    Item::text(tag::ATTRIBUTE_NAME, "CKA_ID"),
                    Item::bytes(tag::ATTRIBUTE_VALUE, *value),
                ],
            )),
            SENSITIVE => items.push(Item::boolean(tag::SENSITIVE, truth()?)),
            EXTRACTABLE => items.push(Item::boolean(tag::EXTRACTABLE, truth()?)),
            _ => return Err(ATTRIBUTE_TYPE_INVALID),
        }
    }
    items.push(Item::integer(tag::CRYPTOGRAPHIC_USAGE_MASK, mask.cast_signed()));
    Ok(items)
}
