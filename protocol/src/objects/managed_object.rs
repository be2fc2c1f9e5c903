//! An object as a server keeps it: byte for byte what was registered, with the few facts that operations ask for.

use super::object::OBJECTS;
use crate::registry::{CertificateType, CryptographicAlgorithm, KeyFormatType, ObjectType, SecretDataType, tag};
use crate::ttlv::{Item, ItemType, Tag, Value};

/// A managed object, held as its structure.
#[derive(Clone, Debug, PartialEq)]
pub struct ManagedObject {
    item: Item,
    object_type: ObjectType,
}

impl ManagedObject {
    /// The object in this structure; `None` if its tag is that of no object type. Identifiers of 3.0 are kept as the text they
    /// were before.
    pub fn new(mut item: Item) -> Option<Self> {
        retype_identifiers(&mut item, ItemType::TEXT_STRING);
        let object_type = OBJECTS.iter().find(|(_, tag, ..)| *tag == item.tag)?.0;
        Some(Self { item, object_type })
    }

    /// A Symmetric Key in the clear, of the format Raw.
    pub fn symmetric_key(algorithm: CryptographicAlgorithm, length: i32, key: impl Into<Vec<u8>>) -> Self {
        let block = key_block(KeyFormatType::RAW, key.into(), Some((algorithm, length)));
        let item = Item::structure(tag::SYMMETRIC_KEY, vec![block]);
        Self { item, object_type: ObjectType::SYMMETRIC_KEY }
    }

    /// A Public Key in the clear.
    pub fn public_key(
        format: KeyFormatType,
        algorithm: CryptographicAlgorithm,
        length: i32,
        key: impl Into<Vec<u8>>,
    ) -> Self {
        let block = key_block(format, key.into(), Some((algorithm, length)));
        Self { item: Item::structure(tag::PUBLIC_KEY, vec![block]), object_type: ObjectType::PUBLIC_KEY }
    }

    /// A Private Key in the clear.
    pub fn private_key(
        format: KeyFormatType,
        algorithm: CryptographicAlgorithm,
        length: i32,
        key: impl Into<Vec<u8>>,
    ) -> Self {
        let block = key_block(format, key.into(), Some((algorithm, length)));
        Self { item: Item::structure(tag::PRIVATE_KEY, vec![block]), object_type: ObjectType::PRIVATE_KEY }
    }

    /// A secret in the clear, of the format Opaque.
    pub fn secret_data(secret_data_type: SecretDataType, secret: impl Into<Vec<u8>>) -> Self {
        let kind = Item::enumeration(tag::SECRET_DATA_TYPE, secret_data_type.0);
        let block = key_block(KeyFormatType::OPAQUE, secret.into(), None);
        Self { item: Item::structure(tag::SECRET_DATA, vec![kind, block]), object_type: ObjectType::SECRET_DATA }
    }

    /// A certificate.
    pub fn certificate(certificate_type: CertificateType, value: impl Into<Vec<u8>>) -> Self {
        let kind = Item::enumeration(tag::CERTIFICATE_TYPE, certificate_type.0);
        let value = Item::bytes(tag::CERTIFICATE_VALUE, value);
        Self { item: Item::structure(tag::CERTIFICATE, vec![kind, value]), object_type: ObjectType::CERTIFICATE }
    }

    /// What it is.
    pub fn object_type(&self) -> ObjectType {
        self.object_type
    }

    /// Its structure.
    pub fn item(&self) -> &Item {
        &self.item
    }

    /// Its structure, without a copy.
    pub fn into_item(self) -> Item {
        self.item
    }

    /// Key Block, if objects of this type have one.
    pub fn key_block(&self) -> Option<&Item> {
        self.item.child(tag::KEY_BLOCK)
    }

    /// Key Format Type.
    pub fn key_format_type(&self) -> Option<KeyFormatType> {
        self.number(tag::KEY_FORMAT_TYPE).map(KeyFormatType)
    }

    /// Cryptographic Algorithm, as the Key Block states it.
    pub fn cryptographic_algorithm(&self) -> Option<CryptographicAlgorithm> {
        self.number(tag::CRYPTOGRAPHIC_ALGORITHM).map(CryptographicAlgorithm)
    }

    /// Cryptographic Length in bits, as the Key Block states it.
    pub fn cryptographic_length(&self) -> Option<i32> {
        match self.key_block()?.child(tag::CRYPTOGRAPHIC_LENGTH)?.value() {
            Some(Value::Integer(bits)) => Some(bits),
            _ => None,
        }
    }

    /// Whether the key is wrapped: Key Wrapping Data is there if and only if it is.
    pub fn is_wrapped(&self) -> bool {
        self.key_block().is_some_and(|block| block.child(tag::KEY_WRAPPING_DATA).is_some())
    }

    /// Whether only the attributes of the key are here (since 1.2).
    pub fn lacks_key_value(&self) -> bool {
        self.key_block().is_some_and(|block| block.child(tag::KEY_VALUE).is_none())
    }

    /// Key Material of a key in the clear: a Byte String, or the structure of a transparent format.
    pub fn key_material(&self) -> Option<&Item> {
        self.key_block()?.child(tag::KEY_VALUE)?.child(tag::KEY_MATERIAL)
    }

    /// The bytes that matter: of the key material, of the key inside a Transparent Symmetric Key, of a wrapped key, of
    /// a certificate, of an opaque object. `None` for other transparent formats.
    pub fn material(&self) -> Option<&[u8]> {
        let item = match self.object_type {
            ObjectType::CERTIFICATE => self.item.child(tag::CERTIFICATE_VALUE)?,
            ObjectType::CERTIFICATE_REQUEST => self.item.child(tag::CERTIFICATE_REQUEST_VALUE)?,
            ObjectType::OPAQUE_OBJECT => self.item.child(tag::OPAQUE_DATA_VALUE)?,
            _ => match self.key_material() {
                Some(material) => material.child(tag::KEY).unwrap_or(material),
                None => self.key_block()?.child(tag::KEY_VALUE)?,
            },
        };
        match item.value() {
            Some(Value::ByteString(bytes)) => Some(bytes),
            _ => None,
        }
    }

    /// An enumeration of the Key Block.
    fn number(&self, tag: Tag) -> Option<u32> {
        match self.key_block()?.child(tag)?.value() {
            Some(Value::Enumeration(number)) => Some(number),
            _ => None,
        }
    }
}

/// Gives every Unique Identifier that is a text this type: Text String up to 2.1, Identifier at 3.0.
pub(super) fn retype_identifiers(item: &mut Item, ty: ItemType) {
    let mut rest = vec![item];
    while let Some(item) = rest.pop() {
        if item.tag == tag::UNIQUE_IDENTIFIER && matches!(item.ty, ItemType::TEXT_STRING | ItemType::IDENTIFIER) {
            item.ty = ty;
        }
        rest.extend(item.items_mut().into_iter().flatten());
    }
}

/// A Key Block in the clear.
fn key_block(format: KeyFormatType, key: Vec<u8>, algorithm: Option<(CryptographicAlgorithm, i32)>) -> Item {
    let value = Item::structure(tag::KEY_VALUE, vec![Item::bytes(tag::KEY_MATERIAL, key)]);
    let mut items = vec![Item::enumeration(tag::KEY_FORMAT_TYPE, format.0), value];
    if let Some((algorithm, length)) = algorithm {
        items.push(Item::enumeration(tag::CRYPTOGRAPHIC_ALGORITHM, algorithm.0));
        items.push(Item::integer(tag::CRYPTOGRAPHIC_LENGTH, length));
    }
    Item::structure(tag::KEY_BLOCK, items)
}
