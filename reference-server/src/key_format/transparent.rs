//! The transparent formats: Key Material as a structure of numbers (1.4 §2.1.7, 2.1 §3.4 to §3.12).

use super::{Curve, EcKey, FieldKey, Key, RsaKey, trimmed};
use kmipspec_protocol::registry::{CryptographicAlgorithm, KeyFormatType, RecommendedCurve, tag};
use kmipspec_protocol::ttlv::{Item, Tag, Value};

/// Reads a structure of a transparent format.
pub(super) fn read(material: &Item, format: KeyFormatType) -> Option<Key> {
    let number = |wanted| unsigned(material, wanted);
    match format {
        KeyFormatType::TRANSPARENT_SYMMETRIC_KEY => match material.child(tag::KEY)?.value()? {
            Value::ByteString(bytes) => Some(Key::Bytes(bytes.to_vec())),
            _ => None,
        },
        KeyFormatType::TRANSPARENT_RSA_PUBLIC_KEY => Some(Key::Rsa(RsaKey {
            modulus: number(tag::MODULUS)?,
            public_exponent: Some(number(tag::PUBLIC_EXPONENT)?),
            ..RsaKey::default()
        })),
        KeyFormatType::TRANSPARENT_RSA_PRIVATE_KEY => {
            let key = RsaKey {
                modulus: number(tag::MODULUS)?,
                public_exponent: number(tag::PUBLIC_EXPONENT),
                private_exponent: number(tag::PRIVATE_EXPONENT),
                p: number(tag::P),
                q: number(tag::Q),
                prime_exponent_p: number(tag::PRIME_EXPONENT_P),
                prime_exponent_q: number(tag::PRIME_EXPONENT_Q),
                crt_coefficient: number(tag::CRT_COEFFICIENT),
            };
            // 1.4 §2.1.7.4: one of these must be there.
            let told = key.private_exponent.is_some()
                || (key.p.is_some() && key.q.is_some())
                || (key.prime_exponent_p.is_some() && key.prime_exponent_q.is_some());
            told.then_some(Key::Rsa(key))
        }
        KeyFormatType::TRANSPARENT_DSA_PRIVATE_KEY => field(material, CryptographicAlgorithm::DSA, true),
        KeyFormatType::TRANSPARENT_DSA_PUBLIC_KEY => field(material, CryptographicAlgorithm::DSA, false),
        KeyFormatType::TRANSPARENT_DH_PRIVATE_KEY => field(material, CryptographicAlgorithm::DH, true),
        KeyFormatType::TRANSPARENT_DH_PUBLIC_KEY => field(material, CryptographicAlgorithm::DH, false),
        _ if is_ec(format, true) => EcKey::private(curve(material)?, &number(tag::D)?, None).map(Key::Ec),
        _ if is_ec(format, false) => match material.child(tag::Q_STRING)?.value()? {
            Value::ByteString(point) => EcKey::public(curve(material)?, point).map(Key::Ec),
            _ => None,
        },
        _ => None,
    }
}

/// Writes a structure of a transparent format; `None` for other formats and keys of other kinds.
pub(super) fn write(key: &Key, format: KeyFormatType) -> Option<Item> {
    let fields = match (key, format) {
        (Key::Bytes(bytes), KeyFormatType::TRANSPARENT_SYMMETRIC_KEY) => vec![Item::bytes(tag::KEY, bytes.clone())],
        (Key::Rsa(key), KeyFormatType::TRANSPARENT_RSA_PUBLIC_KEY) if !key.is_private() => {
            vec![big(tag::MODULUS, &key.modulus), big(tag::PUBLIC_EXPONENT, key.public_exponent.as_deref()?)]
        }
        (Key::Rsa(key), KeyFormatType::TRANSPARENT_RSA_PRIVATE_KEY) if key.is_private() => {
            let optional = [
                (tag::PRIVATE_EXPONENT, &key.private_exponent),
                (tag::PUBLIC_EXPONENT, &key.public_exponent),
                (tag::P, &key.p),
                (tag::Q, &key.q),
                (tag::PRIME_EXPONENT_P, &key.prime_exponent_p),
                (tag::PRIME_EXPONENT_Q, &key.prime_exponent_q),
                (tag::CRT_COEFFICIENT, &key.crt_coefficient),
            ];
            let rest = optional.into_iter().filter_map(|(tag, number)| Some(big(tag, number.as_deref()?)));
            std::iter::once(big(tag::MODULUS, &key.modulus)).chain(rest).collect()
        }
        (Key::Ec(key), _) if key.private.is_some() && is_ec(format, true) => {
            vec![recommended(key.curve), big(tag::D, &trimmed(key.private.as_deref()?))]
        }
        (Key::Ec(key), _) if key.private.is_none() && is_ec(format, false) => {
            vec![recommended(key.curve), Item::bytes(tag::Q_STRING, key.point.clone()?)]
        }
        (Key::Field(key), _) if Some(format) == field_format(key) => {
            let last = if key.is_private { tag::X } else { tag::Y };
            let optional = |tag, number: &Option<Vec<u8>>| number.as_deref().map(|number| big(tag, number));
            let fields = [
                Some(big(tag::P, &key.p)),
                optional(tag::Q, &key.q),
                Some(big(tag::G, &key.g)),
                optional(tag::J, &key.j),
                Some(big(last, &key.number)),
            ];
            fields.into_iter().flatten().collect()
        }
        _ => return None,
    };
    Some(Item::structure(tag::KEY_MATERIAL, fields))
}

/// Whether the format is one of keys on curves; up to 1.4 there is one for each use (1.4 §2.1.7.8 to §2.1.7.15).
fn is_ec(format: KeyFormatType, private: bool) -> bool {
    if private {
        matches!(
            format,
            KeyFormatType::TRANSPARENT_EC_PRIVATE_KEY
                | KeyFormatType::TRANSPARENT_ECDSA_PRIVATE_KEY
                | KeyFormatType::TRANSPARENT_ECDH_PRIVATE_KEY
                | KeyFormatType::TRANSPARENT_ECMQV_PRIVATE_KEY
        )
    } else {
        matches!(
            format,
            KeyFormatType::TRANSPARENT_EC_PUBLIC_KEY
                | KeyFormatType::TRANSPARENT_ECDSA_PUBLIC_KEY
                | KeyFormatType::TRANSPARENT_ECDH_PUBLIC_KEY
                | KeyFormatType::TRANSPARENT_ECMQV_PUBLIC_KEY
        )
    }
}

/// The transparent format of a DSA or Diffie-Hellman key.
fn field_format(key: &FieldKey) -> Option<KeyFormatType> {
    Some(match (key.algorithm, key.is_private) {
        (CryptographicAlgorithm::DSA, true) => KeyFormatType::TRANSPARENT_DSA_PRIVATE_KEY,
        (CryptographicAlgorithm::DSA, false) => KeyFormatType::TRANSPARENT_DSA_PUBLIC_KEY,
        (CryptographicAlgorithm::DH, true) => KeyFormatType::TRANSPARENT_DH_PRIVATE_KEY,
        (CryptographicAlgorithm::DH, false) => KeyFormatType::TRANSPARENT_DH_PUBLIC_KEY,
        _ => return None,
    })
}

/// A DSA or Diffie-Hellman key; DSA needs Q.
fn field(material: &Item, algorithm: CryptographicAlgorithm, is_private: bool) -> Option<Key> {
    let number = |wanted| unsigned(material, wanted);
    let q = number(tag::Q);
    if algorithm == CryptographicAlgorithm::DSA && q.is_none() {
        return None;
    }
    Some(Key::Field(FieldKey {
        algorithm,
        p: number(tag::P)?,
        q,
        g: number(tag::G)?,
        j: number(tag::J),
        is_private,
        number: number(if is_private { tag::X } else { tag::Y })?,
    }))
}

/// The curve that a structure names.
fn curve(material: &Item) -> Option<Curve> {
    match material.child(tag::RECOMMENDED_CURVE)?.value()? {
        Value::Enumeration(curve) => Curve::recommended(RecommendedCurve(curve)),
        _ => None,
    }
}

/// Recommended Curve.
fn recommended(curve: Curve) -> Item {
    Item::enumeration(tag::RECOMMENDED_CURVE, curve.number().0)
}

/// A Big Integer that is not negative, without leading zeros.
fn unsigned(material: &Item, wanted: Tag) -> Option<Vec<u8>> {
    match material.child(wanted)?.value()? {
        Value::BigInteger(bytes) if bytes.first().is_some_and(|first| *first < 0x80) => Some(trimmed(bytes)),
        _ => None,
    }
}

/// A Big Integer from an unsigned number: a sign bit of zero, whole words of eight bytes (1.4 §9.1.1.4).
fn big(tag: Tag, number: &[u8]) -> Item {
    let sign = usize::from(number.first().is_none_or(|first| *first >= 0x80));
    let fill = (number.len() + sign).next_multiple_of(8).saturating_sub(number.len());
    Item::big_integer(tag, [vec![0; fill], number.to_vec()].concat())
}
