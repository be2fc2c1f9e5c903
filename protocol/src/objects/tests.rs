//! Objects survive untouched, and say what they are. Objects of other implementations: `operations/tests.rs`.

use super::*;
use crate::attributes::Attributes;
use crate::message::DecodeError;
use crate::registry::{CryptographicAlgorithm, KeyFormatType, ObjectType, SecretDataType, tag};
use crate::ttlv::{Doc, Item, Limits, Writer};
use crate::version::Version;

fn scan(bytes: &[u8]) -> Doc<'_> {
    Doc::strict(bytes, &Limits::default()).expect("well-formed")
}

fn aes() -> ManagedObject {
    ManagedObject::symmetric_key(CryptographicAlgorithm::AES, 128, [7; 16])
}

#[test]
fn a_symmetric_key_says_what_it_is() {
    let key = aes();
    assert_eq!(key.object_type(), ObjectType::SYMMETRIC_KEY);
    assert_eq!(key.key_format_type(), Some(KeyFormatType::RAW));
    assert_eq!(key.cryptographic_algorithm(), Some(CryptographicAlgorithm::AES));
    assert_eq!(key.cryptographic_length(), Some(128));
    assert_eq!(key.material(), Some([7; 16].as_slice()));
    assert!(!key.is_wrapped() && !key.lacks_key_value());
}

#[test]
fn what_we_build_has_the_fields_its_type_asks_for() {
    let rsa = CryptographicAlgorithm::RSA;
    let objects = [
        aes(),
        ManagedObject::public_key(KeyFormatType::PKCS_1, rsa, 2048, [1]),
        ManagedObject::private_key(KeyFormatType::PKCS_8, rsa, 2048, [2]),
        ManagedObject::secret_data(SecretDataType::PASSWORD, *b"secret"),
        ManagedObject::certificate(crate::registry::CertificateType::X_509, [0x30, 0]),
    ];
    for object in objects {
        let bytes = object.item().encode();
        let doc = scan(&bytes);
        let typed =
            Object::decode(doc.root().expect("one"), Version::V1_0).unwrap_or_else(|e| panic!("{object:?}: {e}"));
        let mut w = Writer::new();
        typed.encode(&mut w, Version::V1_0);
        assert_eq!(w.finish(), bytes);
        assert!(object.material().is_some(), "{object:?}");
    }
}

#[test]
fn a_wrapped_key_is_a_byte_string_with_wrapping_data() {
    let wrapping = vec![Item::enumeration(tag::WRAPPING_METHOD, 1)];
    let block = vec![
        Item::enumeration(tag::KEY_FORMAT_TYPE, KeyFormatType::RAW.0),
        Item::bytes(tag::KEY_VALUE, [9; 24]),
        Item::structure(tag::KEY_WRAPPING_DATA, wrapping),
    ];
    let item = Item::structure(tag::SYMMETRIC_KEY, vec![Item::structure(tag::KEY_BLOCK, block)]);
    let key = ManagedObject::new(item).expect("a key");
    assert!(key.is_wrapped());
    assert_eq!(key.material(), Some([9; 24].as_slice()));
    assert_eq!(key.key_material(), None);
}

#[test]
fn other_structures_are_no_objects() {
    assert_eq!(ManagedObject::new(Item::structure(tag::KEY_BLOCK, vec![])), None);
    let bytes = Item::structure(tag::KEY_BLOCK, vec![]).encode();
    let read = Object::decode(scan(&bytes).root().expect("one"), Version::V1_4).map(|_| ());
    assert_eq!(read, Err(DecodeError::Unknown { tag: tag::KEY_BLOCK, at: 0 }));
}

#[test]
fn an_object_lacks_a_field_its_type_asks_for() {
    let bytes = Item::structure(tag::SECRET_DATA, vec![]).encode();
    let read = Object::decode(scan(&bytes).root().expect("one"), Version::V1_4).map(|_| ());
    assert_eq!(read, Err(DecodeError::Missing { tag: tag::SECRET_DATA_TYPE, at: 0 }));
}

/// Key Material is a Byte String, or the structure of a transparent format (1.4 §2.1.4).
#[test]
fn key_material_has_one_of_two_types() {
    let read = |material: Item| {
        let value = Item::structure(tag::KEY_VALUE, vec![material]);
        let block = vec![Item::enumeration(tag::KEY_FORMAT_TYPE, KeyFormatType::RAW.0), value];
        let bytes = Item::structure(tag::SYMMETRIC_KEY, vec![Item::structure(tag::KEY_BLOCK, block)]).encode();
        Object::decode(scan(&bytes).root().expect("one"), Version::V2_1).map(|_| ())
    };
    assert_eq!(read(Item::bytes(tag::KEY_MATERIAL, [1])), Ok(()));
    assert_eq!(read(Item::structure(tag::KEY_MATERIAL, vec![])), Ok(()));
    let text = read(Item::text(tag::KEY_MATERIAL, "password"));
    assert!(matches!(text, Err(DecodeError::WrongType { tag: tag::KEY_MATERIAL, .. })), "{text:?}");
}

/// Attributes inside a Key Value follow the version like any others.
#[test]
fn attributes_inside_a_key_value_change_versions() {
    let mask = Item::structure(
        tag::ATTRIBUTE,
        vec![Item::text(tag::ATTRIBUTE_NAME, "Cryptographic Usage Mask"), Item::integer(tag::ATTRIBUTE_VALUE, 12)],
    );
    let value = Item::structure(tag::KEY_VALUE, vec![Item::bytes(tag::KEY_MATERIAL, [1]), mask]);
    let block = vec![Item::enumeration(tag::KEY_FORMAT_TYPE, KeyFormatType::RAW.0), value];
    let bytes = Item::structure(tag::SYMMETRIC_KEY, vec![Item::structure(tag::KEY_BLOCK, block)]).encode();
    let doc = scan(&bytes);
    let key = Object::decode(doc.root().expect("one"), Version::V1_4).expect("readable");
    let mut w = Writer::new();
    key.encode(&mut w, Version::V2_0);
    let bytes = w.finish();
    let doc = scan(&bytes);
    let Object::SymmetricKey(key) = Object::decode(doc.root().expect("one"), Version::V2_0).expect("readable") else {
        panic!("still a key")
    };
    let Some(KeyValue::Plain { attributes: Some(Attributes::Wire(all)), .. }) = key.key_block.key_value else {
        panic!("a key in the clear with attributes")
    };
    let tags: Vec<_> = all.iter().map(|one| one.item.tag()).collect();
    assert_eq!(tags, [tag::CRYPTOGRAPHIC_USAGE_MASK]);
}
