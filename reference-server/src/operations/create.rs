//! Create: a new symmetric key (1.0 §4.1, 1.4 §4.1, 2.1 §6.1.8).

use crate::attributes::{Attribute, invalid_value, value_of};
use crate::context::Context;
use crate::creation::{self, Origin, requested_attributes};
use crate::defaults;
use crate::failure::{Failure, Outcome};
use crate::protection;
use kmipspec_protocol::objects::ManagedObject;
use kmipspec_protocol::operations::create::{Request, Response};
use kmipspec_protocol::registry::{CryptographicAlgorithm, ObjectType, ResultReason, tag};
use kmipspec_protocol::ttlv::{Item, ItemRef, Tag, Value, Writer};
use kmipspec_protocol::version::Version;

/// Algorithm and length must be given. The usage mask is required too (1.4 Table 164), yet no error is defined for its
/// absence and published cases leave it out (TC-CS-CORVAL-1-14): the key then has a mask of zero and no use.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let version = context.version;
    let request = Request::decode(payload, context.reading)?;
    protection::check(request.protection_storage_masks.as_ref())?;
    let object_type = request.object_type;
    let mut attributes = requested_attributes(context, &request.attributes)?;
    defaults::fill(context, object_type, &mut attributes)?;
    if object_type != ObjectType::SYMMETRIC_KEY {
        return Err(Failure::by_version(
            version,
            ResultReason::INVALID_FIELD,
            ResultReason::INVALID_OBJECT_TYPE,
            "only symmetric keys can be created",
        ));
    }
    let algorithm = required(&attributes, tag::CRYPTOGRAPHIC_ALGORITHM, version)?;
    let length = required(&attributes, tag::CRYPTOGRAPHIC_LENGTH, version)?;
    let (Some(Value::Enumeration(algorithm)), Some(Value::Integer(length))) = (algorithm.value(), length.value())
    else {
        return Err(Failure::invalid_field("algorithm or length has a wrong type"));
    };
    let bytes = key_length(CryptographicAlgorithm(algorithm), length)
        .ok_or_else(|| invalid_value(version, "no key of this algorithm and length can be made"))?;
    let quantum_safe = attributes.iter().any(|a| a.value == Item::boolean(tag::QUANTUM_SAFE, true));
    if quantum_safe && length < 256 {
        // 2.0 §4.43 has no reason of its own for this; published (QS-M-2) is General Failure.
        return Err(Failure::new(ResultReason::GENERAL_FAILURE, "a quantum safe key has 256 bits or more"));
    }
    let mut key = vec![0; bytes];
    if !context.config.random.fill(&mut key) {
        return Err(Failure::new(ResultReason::CRYPTOGRAPHIC_FAILURE, "the random generator gave nothing"));
    }
    let material = ManagedObject::symmetric_key(CryptographicAlgorithm(algorithm), length, key);
    let id = creation::create(context, material, attributes, Vec::new(), Origin::Generated)?;
    Response { object_type, unique_identifier: id.into(), attributes: None }.encode(response, version);
    Ok(())
}

/// An attribute that must be there. 1.x has no row for its absence; the payload tables make it part of the message.
pub(super) fn required(attributes: &[Attribute], wanted: Tag, version: Version) -> Outcome<&Item> {
    value_of(attributes, wanted).ok_or_else(|| {
        let name = kmipspec_protocol::registry::tag_row(wanted).map_or("an attribute", |row| row.name);
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
