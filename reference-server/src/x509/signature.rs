//! Whether a signature on a certificate or a request is that of a key: object identifiers to algorithms of AWS-LC.

use aws_lc_rs::signature as lib;
use aws_lc_rs::signature::{ParsedPublicKey, VerificationAlgorithm};
use x509_parser::signature_algorithm::RsaSsaPssParams;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

/// What can be said of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is that of the key.
    Good,
    /// It is not.
    Bad,
    /// The algorithm is not known here.
    Unsupported,
}

/// Verifies what an X.509 structure is signed with.
pub(crate) fn verify(
    key: &SubjectPublicKeyInfo<'_>,
    algorithm: &AlgorithmIdentifier<'_>,
    message: &[u8],
    signature: &[u8],
) -> Verdict {
    let candidates = candidates(algorithm);
    let Some(first) = candidates.first() else { return Verdict::Unsupported };
    // Several candidates are curves: the one that the key is on.
    let fitting = candidates.iter().find_map(|algorithm| ParsedPublicKey::new(*algorithm, key.raw).ok());
    // A key of another kind than the signature's is found out by the first.
    let key = match fitting {
        Some(key) => key,
        None if candidates.len() == 1 => match ParsedPublicKey::new(*first, key.subject_public_key.data.as_ref()) {
            Ok(key) => key,
            Err(_) => return Verdict::Bad,
        },
        None => return Verdict::Unsupported,
    };
    if key.verify_sig(message, signature).is_ok() { Verdict::Good } else { Verdict::Bad }
}

/// The algorithms that an identifier may stand for: one of RSA, or one for each curve.
fn candidates(algorithm: &AlgorithmIdentifier<'_>) -> Vec<&'static dyn VerificationAlgorithm> {
    match algorithm.algorithm.to_id_string().as_str() {
        "1.2.840.113549.1.1.5" => vec![&lib::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY],
        "1.2.840.113549.1.1.11" => vec![&lib::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY],
        "1.2.840.113549.1.1.12" => vec![&lib::RSA_PKCS1_2048_8192_SHA384],
        "1.2.840.113549.1.1.13" => vec![&lib::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY],
        "1.2.840.113549.1.1.10" => pss(algorithm),
        "1.2.840.10045.4.1" => vec![&lib::ECDSA_P521_SHA1_ASN1],
        "1.2.840.10045.4.3.1" => vec![&lib::ECDSA_P521_SHA224_ASN1],
        "1.2.840.10045.4.3.2" => vec![
            &lib::ECDSA_P256_SHA256_ASN1,
            &lib::ECDSA_P384_SHA256_ASN1,
            &lib::ECDSA_P521_SHA256_ASN1,
            &lib::ECDSA_P256K1_SHA256_ASN1,
        ],
        "1.2.840.10045.4.3.3" => {
            vec![&lib::ECDSA_P256_SHA384_ASN1, &lib::ECDSA_P384_SHA384_ASN1, &lib::ECDSA_P521_SHA384_ASN1]
        }
        "1.2.840.10045.4.3.4" => vec![&lib::ECDSA_P521_SHA512_ASN1],
        "1.3.101.112" => vec![&lib::ED25519],
        _ => Vec::new(),
    }
}

/// RSASSA-PSS by the hash that its parameters name.
fn pss(algorithm: &AlgorithmIdentifier<'_>) -> Vec<&'static dyn VerificationAlgorithm> {
    let parameters = algorithm.parameters.as_ref().and_then(|any| RsaSsaPssParams::try_from(any).ok());
    let Some(parameters) = parameters else { return Vec::new() };
    match parameters.hash_algorithm_oid().to_id_string().as_str() {
        "2.16.840.1.101.3.4.2.1" => vec![&lib::RSA_PSS_2048_8192_SHA256],
        "2.16.840.1.101.3.4.2.2" => vec![&lib::RSA_PSS_2048_8192_SHA384],
        "2.16.840.1.101.3.4.2.3" => vec![&lib::RSA_PSS_2048_8192_SHA512],
        _ => Vec::new(),
    }
}
