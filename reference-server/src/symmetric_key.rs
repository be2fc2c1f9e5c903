//! Symmetric keys that are made here: what a request must say of them, their lengths, and new ones.

use crate::attributes::{Attribute, invalid_value, value_of};
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use kmipspec_protocol::registry::{CryptographicAlgorithm, ResultReason, tag, tag_row};
use kmipspec_protocol::ttlv::{Item, Tag, Value};
use kmipspec_protocol::version::Version;

/// Cryptographic Algorithm and Cryptographic Length, which a request must give.
pub(crate) fn asked(attributes: &[Attribute], version: Version) -> Outcome<(CryptographicAlgorithm, i32)> {
    let algorithm = required(attributes, tag::CRYPTOGRAPHIC_ALGORITHM, version)?;
    let length = required(attributes, tag::CRYPTOGRAPHIC_LENGTH, version)?;
    match (algorithm.value(), length.value()) {
        (Some(Value::Enumeration(algorithm)), Some(Value::Integer(length))) => {
            Ok((CryptographicAlgorithm(algorithm), length))
        }
        _ => Err(Failure::invalid_field("algorithm or length has a wrong type")),
    }
}

/// The bytes of a new key.
pub(crate) fn make(context: &Context<'_>, algorithm: CryptographicAlgorithm, length: i32) -> Outcome<Vec<u8>> {
    let bytes = key_length(algorithm, length)
        .ok_or_else(|| invalid_value(context.version, "no key of this algorithm and length can be made"))?;
    context.random(bytes)
}

/// An attribute that must be there. 1.x has no row for its absence; the payload tables make it part of the message.
pub(crate) fn required(attributes: &[Attribute], wanted: Tag, version: Version) -> Outcome<&Item> {
    value_of(attributes, wanted).ok_or_else(|| {
        let name = tag_row(wanted).map_or("an attribute", |row| row.name);
        Failure::by_version(
            version,
            ResultReason::INVALID_FIELD,
            ResultReason::INVALID_ATTRIBUTE,
            format!("{name} is required"),
        )
    })
}

/// Bytes of a key of that many bits; none where the algorithm has no such key.
///
/// 3DES lengths count without parity bits (112, 168) or with them (128, 192).
pub(crate) fn key_length(algorithm: CryptographicAlgorithm, bits: i32) -> Option<usize> {
    let bits = usize::try_from(bits).ok()?;
    let whole = bits.is_multiple_of(8).then_some(bits / 8);
    match algorithm {
        CryptographicAlgorithm::AES => whole.filter(|n| matches!(n, 16 | 24 | 32)),
        CryptographicAlgorithm::DES => matches!(bits, 56 | 64).then_some(8),
        CryptographicAlgorithm::DES3 => match bits {
            56 | 64 => Some(8),
            112 | 128 => Some(16),
            168 | 192 => Some(24),
            _ => None,
        },
        CryptographicAlgorithm::CAMELLIA | CryptographicAlgorithm::ARIA => whole.filter(|n| matches!(n, 16 | 24 | 32)),
        CryptographicAlgorithm::CHA_CHA20 | CryptographicAlgorithm::CHA_CHA20POLY1305 => {
            whole.filter(|n| matches!(n, 16 | 32))
        }
        CryptographicAlgorithm::SKIPJACK => whole.filter(|n| *n == 10),
        CryptographicAlgorithm::SEED | CryptographicAlgorithm::IDEA => whole.filter(|n| *n == 16),
        CryptographicAlgorithm::HMAC_SHA1
        | CryptographicAlgorithm::HMAC_SHA224
        | CryptographicAlgorithm::HMAC_SHA256
        | CryptographicAlgorithm::HMAC_SHA384
        | CryptographicAlgorithm::HMAC_SHA512
        | CryptographicAlgorithm::HMAC_MD5
        | CryptographicAlgorithm::BLOWFISH
        | CryptographicAlgorithm::CAST5
        | CryptographicAlgorithm::RC4
        | CryptographicAlgorithm::RC5
        | CryptographicAlgorithm::RC2
        | CryptographicAlgorithm::TWOFISH => whole.filter(|n| (1..=512).contains(n)),
        _ => None,
    }
}
