//! New key pairs: RSA and the NIST curves, in the Key Format Types that 2.1 §7.20 has as defaults.

use crate::attributes::{Attribute, AttributeKey, invalid_value, value_of};
use crate::context::Context;
use crate::creation::{self, Origin, merge, requested_attributes};
use crate::cryptography::rsa_keys;
use crate::der;
use crate::failure::{Failure, Outcome};
use crate::object::StoredObject;
use crate::prepared::RsaKey;
use aws_lc_rs::encoding::{AsDer, EcPrivateKeyRfc5915Der, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256K1_SHA256_ASN1, ECDSA_P256K1_SHA256_ASN1_SIGNING,
    ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1, ECDSA_P521_SHA512_ASN1_SIGNING,
    EcdsaKeyPair, EcdsaSigningAlgorithm, EcdsaVerificationAlgorithm, KeyPair, ParsedPublicKey,
};
use kmipspec_protocol::attributes::Template;
use kmipspec_protocol::objects::ManagedObject;
use kmipspec_protocol::registry::{
    CryptographicAlgorithm, KeyFormatType, LinkType, RecommendedCurve, ResultReason, tag,
};
use kmipspec_protocol::ttlv::{Item, Value};
use kmipspec_protocol::version::Version;
use rsa::RsaPrivateKey;
use rsa::pkcs1::{EncodeRsaPrivateKey, EncodeRsaPublicKey};

/// The two halves, not stored yet.
pub(crate) struct Pair {
    /// The private half.
    pub(crate) private: ManagedObject,
    /// The public half.
    pub(crate) public: ManagedObject,
}

/// Attributes of one key: its own win over the common ones, several instances add up (1.4 §4.2).
pub(crate) fn attributes(
    context: &mut Context<'_>,
    common: Option<&Template<'_>>,
    own: Option<&Template<'_>>,
) -> Outcome<Vec<Attribute>> {
    let mut all = requested_attributes(context, common)?;
    for attribute in requested_attributes(context, own)? {
        merge(&mut all, attribute, context.version);
    }
    Ok(all)
}

/// Makes the pair that the attributes of both keys describe; what 1.4 Table 168 wants to be equal must be.
pub(crate) fn generate(context: &mut Context<'_>, private: &[Attribute], public: &[Attribute]) -> Outcome<Pair> {
    let version = context.version;
    for shared in [tag::CRYPTOGRAPHIC_ALGORITHM, tag::CRYPTOGRAPHIC_LENGTH, tag::CRYPTOGRAPHIC_DOMAIN_PARAMETERS] {
        if value_of(private, shared) != value_of(public, shared) {
            return Err(invalid_value(version, "both keys must have the same algorithm, length and domain parameters"));
        }
    }
    let Some(Value::Enumeration(algorithm)) = value_of(private, tag::CRYPTOGRAPHIC_ALGORITHM).and_then(Item::value)
    else {
        return Err(Failure::by_version(
            version,
            ResultReason::INVALID_FIELD,
            ResultReason::INVALID_ATTRIBUTE,
            "Cryptographic Algorithm is required",
        ));
    };
    let length = match value_of(private, tag::CRYPTOGRAPHIC_LENGTH).and_then(Item::value) {
        Some(Value::Integer(length)) => Some(length),
        _ => None,
    };
    let algorithm = CryptographicAlgorithm(algorithm);
    match algorithm {
        CryptographicAlgorithm::RSA => rsa_pair(context, length),
        CryptographicAlgorithm::EC | CryptographicAlgorithm::ECDSA | CryptographicAlgorithm::ECDH => {
            let domain = value_of(private, tag::CRYPTOGRAPHIC_DOMAIN_PARAMETERS);
            let curve = match domain.and_then(|d| d.child(tag::RECOMMENDED_CURVE)).and_then(Item::value) {
                Some(Value::Enumeration(curve)) => Some(RecommendedCurve(curve)),
                _ => None,
            };
            ec_pair(algorithm, length, curve, version)
        }
        _ => Err(invalid_value(version, "no key pair of this algorithm can be made")),
    }
}

/// Stores both halves with their Links to each other; the private key is the new ID Placeholder.
pub(crate) fn store(
    context: &mut Context<'_>,
    pair: Pair,
    private: Vec<Attribute>,
    public: Vec<Attribute>,
) -> Outcome<(String, String)> {
    let first = context.references.returned.len();
    let public = creation::create(context, pair.public, public, Vec::new(), Origin::Generated)?;
    let private = creation::create(context, pair.private, private, Vec::new(), Origin::Generated)?;
    // The response names the private key first.
    if let Some(both) = context.references.returned.get_mut(first..) {
        both.reverse();
    }
    link(context, &private, LinkType::PUBLIC_KEY_LINK, &public)?;
    link(context, &public, LinkType::PRIVATE_KEY_LINK, &private)?;
    Ok((private, public))
}

/// Adds a Link to a stored object, in place of others of its type.
pub(crate) fn link(context: &mut Context<'_>, from: &str, kind: LinkType, to: &str) -> Outcome<()> {
    let object = context.transaction.object(from).ok_or_else(|| Failure::not_found(context.version))?;
    let mut object = StoredObject::clone(&object);
    unlink(&mut object, kind);
    context.transaction.put(object);
    add_link(context, from, kind, to)
}

/// Adds a Link to a stored object, beside others of its type.
pub(crate) fn add_link(context: &mut Context<'_>, from: &str, kind: LinkType, to: &str) -> Outcome<()> {
    let object = context.transaction.object(from).ok_or_else(|| Failure::not_found(context.version))?;
    let mut object = StoredObject::clone(&object);
    let fields = vec![Item::enumeration(tag::LINK_TYPE, kind.0), Item::text(tag::LINKED_OBJECT_IDENTIFIER, to)];
    object.add(AttributeKey::Standard(tag::LINK), Item::structure(tag::LINK, fields));
    context.save(object);
    Ok(())
}

/// Removes the Links of a type.
fn unlink(object: &mut StoredObject, kind: LinkType) {
    let wanted = Item::enumeration(tag::LINK_TYPE, kind.0);
    object
        .attributes
        .retain(|a| a.key != AttributeKey::Standard(tag::LINK) || a.value.child(tag::LINK_TYPE) != Some(&wanted));
}

/// What a Link of a type leads to.
pub(crate) fn linked(object: &StoredObject, kind: LinkType) -> Option<String> {
    let wanted = Item::enumeration(tag::LINK_TYPE, kind.0);
    let key = AttributeKey::Standard(tag::LINK);
    let link = object.instances(&key).find(|a| a.value.child(tag::LINK_TYPE) == Some(&wanted))?;
    link.value.child(tag::LINKED_OBJECT_IDENTIFIER)?.value()?.text().map(str::to_owned)
}

/// RSA in PKCS#1.
fn rsa_pair(context: &mut Context<'_>, length: Option<i32>) -> Outcome<Pair> {
    let size = match length {
        Some(1024) => return short_rsa_pair(context),
        Some(2048) => KeySize::Rsa2048,
        Some(3072) => KeySize::Rsa3072,
        Some(4096) => KeySize::Rsa4096,
        _ => return Err(invalid_value(context.version, "RSA keys of 1024, 2048, 3072 and 4096 bits can be made")),
    };
    let key = context.prepared.rsa.take(size, context.config.random.as_ref())?;
    let pkcs8: Pkcs8V1Der<'_> = key.as_der().map_err(|_| failed())?;
    let private = der::inside_pkcs8(pkcs8.as_ref()).ok_or_else(failed)?;
    let (algorithm, length) = (CryptographicAlgorithm::RSA, length.unwrap_or_default());
    Ok(Pair {
        private: ManagedObject::private_key(KeyFormatType::PKCS_1, algorithm, length, private),
        public: ManagedObject::public_key(KeyFormatType::PKCS_1, algorithm, length, key.public_key().as_ref()),
    })
}

/// RSA of 1024 bits, which no text forbids and clients of the first versions ask for; AWS-LC makes none.
fn short_rsa_pair(context: &Context<'_>) -> Outcome<Pair> {
    if matches!(context.prepared.rsa, RsaKey::Asked) {
        return Err(failed());
    }
    let key = match context.config.random.rsa_key(1024) {
        Some(given) => rsa_keys::private(&given)?,
        None => RsaPrivateKey::new(&mut rsa_keys::random()?, 1024).map_err(|_| failed())?,
    };
    let private = key.to_pkcs1_der().map_err(|_| failed())?;
    let public = key.to_public_key().to_pkcs1_der().map_err(|_| failed())?;
    let algorithm = CryptographicAlgorithm::RSA;
    Ok(Pair {
        private: ManagedObject::private_key(KeyFormatType::PKCS_1, algorithm, 1024, private.as_bytes()),
        public: ManagedObject::public_key(KeyFormatType::PKCS_1, algorithm, 1024, public.as_bytes()),
    })
}

/// A curve's keys in ECPrivateKey and X.509 SubjectPublicKeyInfo.
fn ec_pair(
    algorithm: CryptographicAlgorithm,
    length: Option<i32>,
    curve: Option<RecommendedCurve>,
    version: Version,
) -> Outcome<Pair> {
    let (bits, signing, verification) = curve_of(length, curve)
        .ok_or_else(|| invalid_value(version, "key pairs are made on P-256, P-384, P-521 and secp256k1 only"))?;
    if length.is_some_and(|length| length != bits) {
        return Err(invalid_value(version, "Cryptographic Length is not that of the Recommended Curve"));
    }
    let key = EcdsaKeyPair::generate(signing).map_err(|_| failed())?;
    let private: EcPrivateKeyRfc5915Der<'_> = key.private_key().as_der().map_err(|_| failed())?;
    let public = ParsedPublicKey::new(verification, key.public_key().as_ref()).map_err(|_| failed())?;
    let public = public.as_der().map_err(|_| failed())?;
    Ok(Pair {
        private: ManagedObject::private_key(KeyFormatType::EC_PRIVATE_KEY, algorithm, bits, private.as_ref()),
        public: ManagedObject::public_key(KeyFormatType::X_509, algorithm, bits, public.as_ref()),
    })
}

/// Field size and algorithms of a curve, named or known by its size.
fn curve_of(
    length: Option<i32>,
    curve: Option<RecommendedCurve>,
) -> Option<(i32, &'static EcdsaSigningAlgorithm, &'static EcdsaVerificationAlgorithm)> {
    match (curve, length) {
        (Some(RecommendedCurve::P_256), _) | (None, Some(256)) => {
            Some((256, &ECDSA_P256_SHA256_ASN1_SIGNING, &ECDSA_P256_SHA256_ASN1))
        }
        (Some(RecommendedCurve::SECP256K1), _) => {
            Some((256, &ECDSA_P256K1_SHA256_ASN1_SIGNING, &ECDSA_P256K1_SHA256_ASN1))
        }
        (Some(RecommendedCurve::P_384), _) | (None, Some(384)) => {
            Some((384, &ECDSA_P384_SHA384_ASN1_SIGNING, &ECDSA_P384_SHA384_ASN1))
        }
        (Some(RecommendedCurve::P_521), _) | (None, Some(521)) => {
            Some((521, &ECDSA_P521_SHA512_ASN1_SIGNING, &ECDSA_P521_SHA512_ASN1))
        }
        _ => None,
    }
}

/// 1.4 §11.3: making the keys failed.
fn failed() -> Failure {
    Failure::new(ResultReason::CRYPTOGRAPHIC_FAILURE, "the key pair could not be made")
}
