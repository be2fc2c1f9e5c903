//! Cryptographic Parameters (1.4 §3.6): those of the request, else the first of the key (1.4 §4.29).

use crate::object::StoredObject;
use kmipspec_protocol::attributes::CryptographicParameters;
use kmipspec_protocol::registry::{
    BlockCipherMode, CryptographicAlgorithm, DigitalSignatureAlgorithm, HashingAlgorithm, MaskGenerator, PaddingMethod,
    tag,
};
use kmipspec_protocol::ttlv::{Item, Tag, Value};

/// What matters of them here, owned.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parameters {
    /// Block Cipher Mode.
    pub(crate) mode: Option<BlockCipherMode>,
    /// Padding Method.
    pub(crate) padding: Option<PaddingMethod>,
    /// Hashing Algorithm.
    pub(crate) hash: Option<HashingAlgorithm>,
    /// Digital Signature Algorithm, which says padding and hash at once.
    pub(crate) signature: Option<DigitalSignatureAlgorithm>,
    /// Cryptographic Algorithm.
    pub(crate) algorithm: Option<CryptographicAlgorithm>,
    /// Random IV.
    pub(crate) random_iv: bool,
    /// IV Length in bits.
    pub(crate) iv_length: Option<i32>,
    /// Counter Length in bits.
    pub(crate) counter_length: Option<i32>,
    /// Initial Counter Value.
    pub(crate) initial_counter: Option<i32>,
    /// Tag Length in bytes.
    pub(crate) tag_length: Option<i32>,
    /// Salt Length in bytes.
    pub(crate) salt_length: Option<i32>,
    /// Mask Generator.
    pub(crate) mask_generator: Option<MaskGenerator>,
    /// Mask Generator Hashing Algorithm.
    pub(crate) mask_hash: Option<HashingAlgorithm>,
    /// Trailer Field of PSS.
    pub(crate) trailer: Option<i32>,
    /// P Source: the label of OAEP.
    pub(crate) label: Vec<u8>,
}

impl Parameters {
    /// Those of the request, else those of the key with the lowest index, else none.
    pub(crate) fn of(object: &StoredObject, given: Option<&CryptographicParameters>) -> Self {
        match given {
            Some(given) => Self::from(given),
            None => object.attribute(tag::CRYPTOGRAPHIC_PARAMETERS).map(|a| Self::held(&a.value)).unwrap_or_default(),
        }
    }

    /// Those of an attribute.
    pub(crate) fn held(item: &Item) -> Self {
        let number = |tag| enumeration(item, tag);
        Self {
            mode: number(tag::BLOCK_CIPHER_MODE).map(BlockCipherMode),
            padding: number(tag::PADDING_METHOD).map(PaddingMethod),
            hash: number(tag::HASHING_ALGORITHM).map(HashingAlgorithm),
            signature: number(tag::DIGITAL_SIGNATURE_ALGORITHM).map(DigitalSignatureAlgorithm),
            algorithm: number(tag::CRYPTOGRAPHIC_ALGORITHM).map(CryptographicAlgorithm),
            random_iv: matches!(item.child(tag::RANDOM_IV).and_then(Item::value), Some(Value::Boolean(true))),
            iv_length: integer(item, tag::IV_LENGTH),
            counter_length: integer(item, tag::COUNTER_LENGTH),
            initial_counter: integer(item, tag::INITIAL_COUNTER_VALUE),
            tag_length: integer(item, tag::TAG_LENGTH),
            salt_length: integer(item, tag::SALT_LENGTH),
            mask_generator: number(tag::MASK_GENERATOR).map(MaskGenerator),
            mask_hash: number(tag::MASK_GENERATOR_HASHING_ALGORITHM).map(HashingAlgorithm),
            trailer: integer(item, tag::TRAILER_FIELD),
            label: match item.child(tag::P_SOURCE).and_then(Item::value) {
                Some(Value::ByteString(label)) => label.to_vec(),
                _ => Vec::new(),
            },
        }
    }
}

impl From<&CryptographicParameters> for Parameters {
    fn from(given: &CryptographicParameters) -> Self {
        Self {
            mode: given.block_cipher_mode,
            padding: given.padding_method,
            hash: given.hashing_algorithm,
            signature: given.digital_signature_algorithm,
            algorithm: given.cryptographic_algorithm,
            random_iv: given.random_iv == Some(true),
            iv_length: given.iv_length,
            counter_length: given.counter_length,
            initial_counter: given.initial_counter_value,
            tag_length: given.tag_length,
            salt_length: given.salt_length,
            mask_generator: given.mask_generator,
            mask_hash: given.mask_generator_hashing_algorithm,
            trailer: given.trailer_field,
            label: given.p_source.as_ref().map(|label| label.0.clone()).unwrap_or_default(),
        }
    }
}

/// An Enumeration of a structure.
fn enumeration(item: &Item, wanted: Tag) -> Option<u32> {
    match item.child(wanted)?.value()? {
        Value::Enumeration(value) => Some(value),
        _ => None,
    }
}

/// An Integer of a structure.
fn integer(item: &Item, wanted: Tag) -> Option<i32> {
    match item.child(wanted)?.value()? {
        Value::Integer(value) => Some(value),
        _ => None,
    }
}
