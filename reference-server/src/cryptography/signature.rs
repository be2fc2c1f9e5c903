//! Signatures: RSA PKCS#1 v1.5 and PSS with SHA-2, ECDSA on the NIST curves and secp256k1.

use super::{Parameters, algorithm, bad_parameters, failed, hashing, key};
use crate::failure::{Failure, Outcome};
use crate::object::StoredObject;
use aws_lc_rs::digest::Digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{
    self as lib, EcdsaKeyPair, EcdsaSigningAlgorithm, EcdsaVerificationAlgorithm, RsaParameters, RsaPssSaltLength,
    RsaSignatureEncoding, UnparsedPublicKey, VerificationAlgorithm,
};
use kmipspec_protocol::registry::{CryptographicAlgorithm, DigitalSignatureAlgorithm, HashingAlgorithm, PaddingMethod};
use kmipspec_protocol::version::Version;

/// What is signed: the data, or the digest that the client took of it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Message<'a> {
    /// The data itself.
    Data(&'a [u8]),
    /// Its digest.
    Digested(&'a [u8]),
}

/// How RSA signs and verifies.
type RsaScheme = (&'static RsaSignatureEncoding, &'static RsaParameters);
/// How ECDSA signs and verifies on a curve.
type EcdsaScheme = (&'static EcdsaSigningAlgorithm, &'static EcdsaVerificationAlgorithm);

/// PSS with as much salt as fits, which is what a Salt Length of that many bytes asks for.
static SIGN_256: RsaSignatureEncoding = lib::RSA_PSS_SHA256.with_pss_salt_length(RsaPssSaltLength::Max);
/// The same for SHA-384.
static SIGN_384: RsaSignatureEncoding = lib::RSA_PSS_SHA384.with_pss_salt_length(RsaPssSaltLength::Max);
/// The same for SHA-512.
static SIGN_512: RsaSignatureEncoding = lib::RSA_PSS_SHA512.with_pss_salt_length(RsaPssSaltLength::Max);
/// To verify the same.
static VERIFY_256: RsaParameters = lib::RSA_PSS_2048_8192_SHA256.with_pss_salt_length(RsaPssSaltLength::Max);
/// The same for SHA-384.
static VERIFY_384: RsaParameters = lib::RSA_PSS_2048_8192_SHA384.with_pss_salt_length(RsaPssSaltLength::Max);
/// The same for SHA-512.
static VERIFY_512: RsaParameters = lib::RSA_PSS_2048_8192_SHA512.with_pss_salt_length(RsaPssSaltLength::Max);

/// Signs with a private key.
pub(crate) fn sign(
    object: &StoredObject,
    parameters: &Parameters,
    message: Message<'_>,
    version: Version,
) -> Outcome<Vec<u8>> {
    let bytes = key(object)?;
    let hash = hash_of(parameters);
    if is_rsa(object) {
        let key = KeyPair::from_pkcs8(bytes).or_else(|_| KeyPair::from_der(bytes)).map_err(|_| unusable())?;
        let (encoding, _) = rsa(parameters, hash, key.public_modulus_len(), version)?;
        let mut signature = vec![0; key.public_modulus_len()];
        match message {
            Message::Data(data) => key.sign(encoding, &SystemRandom::new(), data, &mut signature),
            Message::Digested(digest) => key.sign_digest(encoding, &digest_of(digest, hash)?, &mut signature),
        }
        .map_err(|_| failed("the signature could not be made"))?;
        return Ok(signature);
    }
    for (signing, _) in ecdsa(hash) {
        let Ok(key) = EcdsaKeyPair::from_private_key_der(signing, bytes) else { continue };
        let signature = match message {
            Message::Data(data) => key.sign(&SystemRandom::new(), data),
            Message::Digested(digest) => key.sign_digest(&digest_of(digest, hash)?),
        };
        return signature.map(|s| s.as_ref().to_vec()).map_err(|_| failed("the signature could not be made"));
    }
    Err(bad_parameters(version, "the key signs neither with this hash nor with this algorithm"))
}

/// Whether a signature is that of the message under a public key.
pub(crate) fn verify(
    object: &StoredObject,
    parameters: &Parameters,
    message: Message<'_>,
    signature: &[u8],
    version: Version,
) -> Outcome<bool> {
    let bytes = key(object)?;
    let hash = hash_of(parameters);
    let holds = |algorithm: &'static dyn VerificationAlgorithm| {
        let key = UnparsedPublicKey::new(algorithm, bytes);
        Ok(match message {
            Message::Data(data) => key.verify(data, signature).is_ok(),
            Message::Digested(digest) => key.verify_digest(&digest_of(digest, hash)?, signature).is_ok(),
        })
    };
    if is_rsa(object) {
        let length = lib::RsaParameters::public_modulus_len(bytes).ok();
        // The library tells bits.
        let length = length.and_then(|bits| usize::try_from(bits.div_ceil(8)).ok());
        let (_, verification) = rsa(parameters, hash, length.unwrap_or(signature.len()), version)?;
        if holds(verification)? {
            return Ok(true);
        }
        // Without a Salt Length the signer chose it, and as much as fits is the other common choice.
        let longest = length.unwrap_or(signature.len()).saturating_sub(2);
        let salt = hash.and_then(hashing::digest_of).and_then(|a| longest.checked_sub(a.output_len()));
        let Some(salt) = salt.filter(|_| parameters.salt_length.is_none()) else { return Ok(false) };
        let salted = Parameters { salt_length: i32::try_from(salt).ok(), ..parameters.clone() };
        let (_, verification) = rsa(&salted, hash, length.unwrap_or(signature.len()), version)?;
        return holds(verification);
    }
    for (_, verification) in ecdsa(hash) {
        if lib::ParsedPublicKey::new(verification, bytes).is_ok() {
            return holds(verification);
        }
    }
    Err(bad_parameters(version, "the key verifies neither with this hash nor with this algorithm"))
}

/// Whether the key is one of RSA.
fn is_rsa(object: &StoredObject) -> bool {
    algorithm(object) == Some(CryptographicAlgorithm::RSA)
}

/// The hash that the parameters name, by itself or within a Digital Signature Algorithm.
fn hash_of(parameters: &Parameters) -> Option<HashingAlgorithm> {
    match parameters.signature {
        Some(DigitalSignatureAlgorithm::SHA_256_WITH_RSA_ENCRYPTION | DigitalSignatureAlgorithm::ECDSA_WITH_SHA256) => {
            Some(HashingAlgorithm::SHA_256)
        }
        Some(DigitalSignatureAlgorithm::SHA_384_WITH_RSA_ENCRYPTION | DigitalSignatureAlgorithm::ECDSA_WITH_SHA384) => {
            Some(HashingAlgorithm::SHA_384)
        }
        Some(DigitalSignatureAlgorithm::SHA_512_WITH_RSA_ENCRYPTION | DigitalSignatureAlgorithm::ECDSA_WITH_SHA512) => {
            Some(HashingAlgorithm::SHA_512)
        }
        None | Some(DigitalSignatureAlgorithm::RSASSA_PSS) => parameters.hash,
        Some(_) => None,
    }
}

/// Padding, hash and salt of RSA. No Salt Length is one digest long; another has to be that, or all that fits.
fn rsa(
    parameters: &Parameters,
    hash: Option<HashingAlgorithm>,
    modulus: usize,
    version: Version,
) -> Outcome<RsaScheme> {
    let pss = match parameters.signature {
        Some(DigitalSignatureAlgorithm::RSASSA_PSS) => true,
        Some(_) => false,
        None => match parameters.padding {
            Some(PaddingMethod::PSS) => true,
            Some(PaddingMethod::PKCS1_V1_5) => false,
            _ => return Err(bad_parameters(version, "RSA signs with the padding PSS or PKCS1 v1.5")),
        },
    };
    let digest = match hash {
        Some(HashingAlgorithm::SHA_256) => 32_usize,
        Some(HashingAlgorithm::SHA_384) => 48,
        Some(HashingAlgorithm::SHA_512) => 64,
        _ => return Err(bad_parameters(version, "RSA signs with SHA-256, SHA-384 and SHA-512")),
    };
    if !pss {
        return Ok(match digest {
            32 => (&lib::RSA_PKCS1_SHA256, &lib::RSA_PKCS1_2048_8192_SHA256),
            48 => (&lib::RSA_PKCS1_SHA384, &lib::RSA_PKCS1_2048_8192_SHA384),
            _ => (&lib::RSA_PKCS1_SHA512, &lib::RSA_PKCS1_2048_8192_SHA512),
        });
    }
    if parameters.mask_hash.is_some() && parameters.mask_hash != hash {
        return Err(bad_parameters(version, "PSS is done with the same hash in its mask generator only"));
    }
    let longest = modulus.saturating_sub(digest).saturating_sub(2);
    match parameters.salt_length.map(usize::try_from) {
        None => {}
        Some(Ok(salt)) if salt == digest => {}
        Some(Ok(salt)) if salt == longest => {
            return Ok(match digest {
                32 => (&SIGN_256, &VERIFY_256),
                48 => (&SIGN_384, &VERIFY_384),
                _ => (&SIGN_512, &VERIFY_512),
            });
        }
        Some(_) => return Err(bad_parameters(version, "PSS salts are as long as the digest, or as long as fits")),
    }
    Ok(match digest {
        32 => (&lib::RSA_PSS_SHA256, &lib::RSA_PSS_2048_8192_SHA256),
        48 => (&lib::RSA_PSS_SHA384, &lib::RSA_PSS_2048_8192_SHA384),
        _ => (&lib::RSA_PSS_SHA512, &lib::RSA_PSS_2048_8192_SHA512),
    })
}

/// The curves that go with a hash; the key says which it is on. Signatures are the DER of RFC 3279.
fn ecdsa(hash: Option<HashingAlgorithm>) -> Vec<EcdsaScheme> {
    match hash {
        Some(HashingAlgorithm::SHA_256) => vec![
            (&lib::ECDSA_P256_SHA256_ASN1_SIGNING, &lib::ECDSA_P256_SHA256_ASN1),
            (&lib::ECDSA_P256K1_SHA256_ASN1_SIGNING, &lib::ECDSA_P256K1_SHA256_ASN1),
            (&lib::ECDSA_P521_SHA256_ASN1_SIGNING, &lib::ECDSA_P521_SHA256_ASN1),
        ],
        Some(HashingAlgorithm::SHA_384) => vec![
            (&lib::ECDSA_P384_SHA384_ASN1_SIGNING, &lib::ECDSA_P384_SHA384_ASN1),
            (&lib::ECDSA_P521_SHA384_ASN1_SIGNING, &lib::ECDSA_P521_SHA384_ASN1),
        ],
        Some(HashingAlgorithm::SHA_512) => vec![(&lib::ECDSA_P521_SHA512_ASN1_SIGNING, &lib::ECDSA_P521_SHA512_ASN1)],
        _ => Vec::new(),
    }
}

/// A digest that the client took.
fn digest_of(bytes: &[u8], hash: Option<HashingAlgorithm>) -> Outcome<Digest> {
    let digest = hash.and_then(hashing::digest_of).and_then(|a| Digest::import_less_safe(bytes, a).ok());
    digest.ok_or_else(|| failed("the Digested Data is no digest of the Hashing Algorithm"))
}

/// The key is in no form that can be used here.
fn unusable() -> Failure {
    failed("the key is no RSA key of this server's formats")
}
