//! Keys freed of their Key Format Type, and put into another one (1.4 §2.1.3, §2.1.7, 2.1 §3.1, §4.26).

pub(crate) mod chain;
mod check;
mod curve;
mod elliptic;
mod finite_field;
pub(crate) mod pkcs12;
mod rsa;
#[cfg(test)]
mod tests;
mod transparent;

use crate::failure::{Failure, Outcome};
use kmipspec_protocol::objects::ManagedObject;
use kmipspec_protocol::registry::{
    CryptographicAlgorithm, KeyCompressionType, KeyFormatType, ObjectType, ResultReason, tag,
};
use kmipspec_protocol::ttlv::{Item, ItemType, Value};
use kmipspec_protocol::version::Version;

pub(crate) use check::check;
pub(crate) use curve::Curve;
pub(crate) use elliptic::EcKey;
pub(crate) use finite_field::FieldKey;
pub(crate) use rsa::RsaKey;

/// A key without its format.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Key {
    /// The bytes of a symmetric key, a secret, or part of a split key.
    Bytes(Vec<u8>),
    /// RSA, private when it has anything beyond modulus and public exponent.
    Rsa(RsaKey),
    /// On an elliptic curve.
    Ec(EcKey),
    /// DSA or Diffie-Hellman.
    Field(FieldKey),
}

/// Takes the key of a Key Block in the clear out of its format; `None` where the format is not understood, or the material is
/// not what the format says.
pub(crate) fn read(object: &ManagedObject) -> Option<Key> {
    let material = object.key_material()?;
    let private = object.object_type() == ObjectType::PRIVATE_KEY;
    let format = object.key_format_type()?;
    if material.ty == ItemType::STRUCTURE {
        return transparent::read(material, format);
    }
    let Some(Value::ByteString(bytes)) = material.value() else { return None };
    match format {
        KeyFormatType::RAW | KeyFormatType::OPAQUE if has_bytes(object.object_type()) => {
            Some(Key::Bytes(bytes.to_vec()))
        }
        KeyFormatType::PKCS_1 => rsa::from_pkcs1(bytes, private).map(Key::Rsa),
        KeyFormatType::EC_PRIVATE_KEY if private => elliptic::from_ec_private_key(bytes, None).map(Key::Ec),
        KeyFormatType::PKCS_8 if private => from_pkcs8(bytes),
        KeyFormatType::X_509 if object.object_type() == ObjectType::PUBLIC_KEY => from_x509(bytes),
        _ => None,
    }
}

/// Whether objects of the type are bytes without inner structure.
fn has_bytes(object_type: ObjectType) -> bool {
    matches!(object_type, ObjectType::SYMMETRIC_KEY | ObjectType::SECRET_DATA)
}

/// PrivateKeyInfo of any algorithm known here.
pub(crate) fn from_pkcs8(der: &[u8]) -> Option<Key> {
    let info = pkcs8::PrivateKeyInfoRef::try_from(der).ok()?;
    rsa::from_pkcs8(&info)
        .map(Key::Rsa)
        .or_else(|| elliptic::from_pkcs8(&info).map(Key::Ec))
        .or_else(|| finite_field::from_pkcs8(&info).map(Key::Field))
}

/// SubjectPublicKeyInfo of any algorithm known here.
fn from_x509(der: &[u8]) -> Option<Key> {
    let info = pkcs8::SubjectPublicKeyInfoRef::try_from(der).ok()?;
    rsa::from_x509(&info)
        .map(Key::Rsa)
        .or_else(|| elliptic::from_x509(&info).map(Key::Ec))
        .or_else(|| finite_field::from_x509(&info).map(Key::Field))
}

/// Key Material in a format; `None` where the key cannot be expressed in it.
fn write(key: &Key, format: KeyFormatType) -> Option<Item> {
    if let Some(material) = transparent::write(key, format) {
        return Some(material);
    }
    let bytes = match (key, format) {
        (Key::Bytes(bytes), KeyFormatType::RAW | KeyFormatType::OPAQUE) => bytes.clone(),
        (Key::Rsa(key), KeyFormatType::PKCS_1) => rsa::to_pkcs1(key)?,
        (Key::Rsa(key), KeyFormatType::PKCS_8) => rsa::to_pkcs8(key)?,
        (Key::Rsa(key), KeyFormatType::X_509) => rsa::to_x509(key)?,
        (Key::Ec(key), KeyFormatType::EC_PRIVATE_KEY) => elliptic::to_ec_private_key(key)?,
        (Key::Ec(key), KeyFormatType::PKCS_8) => elliptic::to_pkcs8(key)?,
        (Key::Ec(key), KeyFormatType::X_509) => elliptic::to_x509(key)?,
        (Key::Field(key), KeyFormatType::PKCS_8) => finite_field::to_pkcs8(key)?,
        (Key::Field(key), KeyFormatType::X_509) => finite_field::to_x509(key)?,
        _ => return None,
    };
    Some(Item::bytes(tag::KEY_MATERIAL, bytes))
}

/// The object in another Key Format Type, its elliptic curve point in another Key Compression Type; as it is where nothing
/// else is asked for (1.4 §4.11: the format it was registered in can always be had).
pub(crate) fn convert(
    object: &ManagedObject,
    format: Option<KeyFormatType>,
    compression: Option<KeyCompressionType>,
    version: Version,
) -> Outcome<ManagedObject> {
    let held = crate::digest::key_format_type(object);
    let wanted = format.or(held);
    let exists = wanted.is_none_or(|wanted| wanted.exists(version));
    if wanted == held && compression.is_none() {
        return Ok(object.clone());
    }
    let refused = || {
        Failure::new(ResultReason::KEY_FORMAT_TYPE_NOT_SUPPORTED, "the object cannot be given in this Key Format Type")
    };
    let uncompressible = || {
        Failure::new(
            ResultReason::KEY_COMPRESSION_TYPE_NOT_SUPPORTED,
            "the key cannot be given in this Key Compression Type",
        )
    };
    let Some(wanted) = wanted.filter(|_| exists) else {
        return Err(if format.is_some() { refused() } else { uncompressible() });
    };
    let key = read(object);
    let mut key = match (key, compression) {
        (Some(key), _) => key,
        (None, Some(_)) if format.is_none() => return Err(uncompressible()),
        (None, _) => return Err(refused()),
    };
    let mut told = None;
    if let Some(compression) = compression {
        let Key::Ec(key) = &mut key else { return Err(uncompressible()) };
        key.compress(compression).ok_or_else(uncompressible)?;
        told = Some(compression);
    } else if let Key::Ec(key) = &mut key {
        // By default the public key is uncompressed (1.4 §2.1.3).
        key.decompress();
    }
    // A private key is not given as a public one, nor the other way round.
    if key.is_private() != (object.object_type() == ObjectType::PRIVATE_KEY) {
        return Err(refused());
    }
    let material = write(&key, wanted).ok_or_else(refused)?;
    replace_material(object, wanted, told, material).ok_or_else(refused)
}

/// The object with other Key Material.
fn replace_material(
    object: &ManagedObject,
    format: KeyFormatType,
    compression: Option<KeyCompressionType>,
    material: Item,
) -> Option<ManagedObject> {
    let mut item = object.item().clone();
    let block = item.items_mut()?.iter_mut().find(|i| i.tag == tag::KEY_BLOCK)?.items_mut()?;
    block.retain(|i| i.tag != tag::KEY_COMPRESSION_TYPE);
    for field in block.iter_mut() {
        match field.tag {
            tag::KEY_FORMAT_TYPE => *field = Item::enumeration(tag::KEY_FORMAT_TYPE, format.0),
            tag::KEY_VALUE => *field = Item::structure(tag::KEY_VALUE, vec![material.clone()]),
            _ => {}
        }
    }
    if let Some(compression) = compression {
        let place = block.len().min(1);
        block.insert(place, Item::enumeration(tag::KEY_COMPRESSION_TYPE, compression.0));
    }
    ManagedObject::new(item)
}

/// The object as libraries read its key: transparent and compressed keys in PKCS#8 and X.509; `None` where it is that already,
/// or cannot be.
pub(crate) fn for_libraries(object: &ManagedObject) -> Option<ManagedObject> {
    if object.key_format_type() == Some(KeyFormatType::TRANSPARENT_SYMMETRIC_KEY) {
        return None;
    }
    let structured = object.key_material().is_some_and(|material| material.ty == ItemType::STRUCTURE);
    let compressed = object.key_block().is_some_and(|block| block.child(tag::KEY_COMPRESSION_TYPE).is_some());
    if !structured && !compressed {
        return None;
    }
    let mut key = read(object)?;
    if let Key::Ec(key) = &mut key {
        key.decompress();
    }
    let format = if key.is_private() { KeyFormatType::PKCS_8 } else { KeyFormatType::X_509 };
    replace_material(object, format, None, write(&key, format)?)
}

/// The default Key Format Type of an object by its type and algorithm (2.1 §4.26 Table 81).
pub(crate) fn default_format(object: &ManagedObject) -> Option<KeyFormatType> {
    let private = match object.object_type() {
        ObjectType::CERTIFICATE => return Some(KeyFormatType::X_509),
        ObjectType::CERTIFICATE_REQUEST => return Some(KeyFormatType::PKCS_10),
        ObjectType::OPAQUE_OBJECT => return Some(KeyFormatType::OPAQUE),
        ObjectType::PRIVATE_KEY => true,
        ObjectType::PUBLIC_KEY => false,
        ObjectType::TEMPLATE => return None,
        _ => return Some(KeyFormatType::RAW),
    };
    match object.cryptographic_algorithm()? {
        CryptographicAlgorithm::RSA => Some(KeyFormatType::PKCS_1),
        CryptographicAlgorithm::EC | CryptographicAlgorithm::ECDSA | CryptographicAlgorithm::ECDH if private => {
            Some(KeyFormatType::TRANSPARENT_EC_PRIVATE_KEY)
        }
        CryptographicAlgorithm::EC | CryptographicAlgorithm::ECDSA | CryptographicAlgorithm::ECDH => {
            Some(KeyFormatType::TRANSPARENT_EC_PUBLIC_KEY)
        }
        CryptographicAlgorithm::DSA if private => Some(KeyFormatType::TRANSPARENT_DSA_PRIVATE_KEY),
        CryptographicAlgorithm::DSA => Some(KeyFormatType::TRANSPARENT_DSA_PUBLIC_KEY),
        _ => None,
    }
}

impl Key {
    /// Whether it holds a private half; bytes never do.
    pub(crate) fn is_private(&self) -> bool {
        match self {
            Self::Bytes(_) => false,
            Self::Rsa(key) => key.is_private(),
            Self::Ec(key) => key.private.is_some(),
            Self::Field(key) => key.is_private,
        }
    }

    /// Whether a Cryptographic Algorithm can be this key's.
    pub(crate) fn fits(&self, algorithm: CryptographicAlgorithm) -> bool {
        let asymmetric = matches!(
            algorithm,
            CryptographicAlgorithm::RSA
                | CryptographicAlgorithm::DSA
                | CryptographicAlgorithm::DH
                | CryptographicAlgorithm::EC
                | CryptographicAlgorithm::ECDSA
                | CryptographicAlgorithm::ECDH
                | CryptographicAlgorithm::ECMQV
        );
        match self {
            Self::Bytes(_) => !asymmetric,
            Self::Rsa(_) => algorithm == CryptographicAlgorithm::RSA,
            Self::Ec(_) => matches!(
                algorithm,
                CryptographicAlgorithm::EC
                    | CryptographicAlgorithm::ECDSA
                    | CryptographicAlgorithm::ECDH
                    | CryptographicAlgorithm::ECMQV
            ),
            Self::Field(key) => key.fits(algorithm),
        }
    }

    /// Cryptographic Algorithm, as far as the key tells.
    pub(crate) fn algorithm(&self, version: Version) -> Option<CryptographicAlgorithm> {
        match self {
            Self::Bytes(_) => None,
            Self::Rsa(_) => Some(CryptographicAlgorithm::RSA),
            Self::Ec(_) => {
                // Before there was EC, a key on a curve was for one use.
                let general = CryptographicAlgorithm::EC.exists(version);
                Some(if general { CryptographicAlgorithm::EC } else { CryptographicAlgorithm::ECDSA })
            }
            Self::Field(key) => Some(key.algorithm),
        }
    }

    /// Cryptographic Length in bits.
    pub(crate) fn length(&self) -> Option<i32> {
        match self {
            Self::Bytes(bytes) => i32::try_from(bytes.len().checked_mul(8)?).ok(),
            Self::Rsa(key) => bits(&key.modulus),
            Self::Ec(key) => Some(key.curve.bits()),
            Self::Field(key) => bits(&key.p),
        }
    }
}

/// Length in bits of an unsigned number without leading zeros.
fn bits(number: &[u8]) -> Option<i32> {
    let first = number.first()?;
    let whole = i32::try_from(number.len().checked_mul(8)?).ok()?;
    i32::try_from(first.leading_zeros()).ok().and_then(|zeros| whole.checked_sub(zeros))
}

/// An unsigned number without leading zeros.
fn trimmed(number: &[u8]) -> Vec<u8> {
    number.iter().copied().skip_while(|byte| *byte == 0).collect()
}
