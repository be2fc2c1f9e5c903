//! Derivation of keys: HASH, HMAC, ENCRYPT and PBKDF2 (1.4 §4.6).

use super::hashing::digest_of;
use super::symmetric::{Cipher, Progress};
use super::{Parameters, failed};
use crate::failure::{Failure, Outcome};
use crate::random::Random;
use aws_lc_rs::{digest, hmac, pbkdf2};
use kmipspec_protocol::registry::{CryptographicAlgorithm, DerivationMethod, HashingAlgorithm};
use kmipspec_protocol::version::Version;
use std::num::NonZeroU32;

/// Iterations of PBKDF2 that one request may ask for.
const MOST_ITERATIONS: u32 = 1_000_000;

/// What goes into a derivation.
pub(crate) struct Input<'a> {
    /// The method.
    pub(crate) method: DerivationMethod,
    /// The key that is derived from.
    pub(crate) key: &'a [u8],
    /// Its algorithm.
    pub(crate) algorithm: Option<CryptographicAlgorithm>,
    /// Hash, or mode and padding.
    pub(crate) parameters: &'a Parameters,
    /// Derivation Data.
    pub(crate) data: Option<&'a [u8]>,
    /// Initialization Vector.
    pub(crate) iv: Option<&'a [u8]>,
    /// Salt of PBKDF2.
    pub(crate) salt: Option<&'a [u8]>,
    /// Iteration Count of PBKDF2.
    pub(crate) iterations: Option<i32>,
}

/// So many bytes by the method; one that gives fewer fails.
pub(crate) fn derive(input: &Input<'_>, length: usize, random: &dyn Random, version: Version) -> Outcome<Vec<u8>> {
    let mut out = match input.method {
        DerivationMethod::HASH => {
            let algorithm = input.parameters.hash.and_then(digest_of);
            let algorithm = algorithm.ok_or_else(|| unusable("HASH needs a Hashing Algorithm that is supported"))?;
            digest::digest(algorithm, input.data.unwrap_or(input.key)).as_ref().to_vec()
        }
        DerivationMethod::HMAC => {
            let data = input.data.ok_or_else(|| unusable("HMAC needs Derivation Data"))?;
            hmac::sign(&hmac::Key::new(hmac_of(input)?, input.key), data).as_ref().to_vec()
        }
        DerivationMethod::ENCRYPT => {
            let data = input.data.ok_or_else(|| unusable("ENCRYPT needs Derivation Data"))?;
            let algorithm = input.algorithm.ok_or_else(|| unusable("ENCRYPT needs a key with an algorithm"))?;
            let cipher = Cipher::new(algorithm, input.key, input.parameters, random, version)?;
            let (iv, made) = cipher.iv(input.iv)?;
            if made {
                return Err(cipher.lacks_iv());
            }
            let mut progress = Progress::default();
            progress.begin(iv, &[]);
            cipher.encrypt(&mut progress, data, true)?.data
        }
        DerivationMethod::PBKDF2 => return password(input, length),
        _ => return Err(unusable("this Derivation Method is not supported")),
    };
    if out.len() < length {
        return Err(failed("the method gives fewer bytes than Cryptographic Length asks for"));
    }
    out.truncate(length);
    Ok(out)
}

/// PBKDF2; its PRF is HMAC-SHA-1 unless a hash is named (RFC 8018 §B.1).
fn password(input: &Input<'_>, length: usize) -> Outcome<Vec<u8>> {
    let algorithm = match input.parameters.hash {
        None | Some(HashingAlgorithm::SHA_1) => pbkdf2::PBKDF2_HMAC_SHA1,
        Some(HashingAlgorithm::SHA_256) => pbkdf2::PBKDF2_HMAC_SHA256,
        Some(HashingAlgorithm::SHA_384) => pbkdf2::PBKDF2_HMAC_SHA384,
        Some(HashingAlgorithm::SHA_512) => pbkdf2::PBKDF2_HMAC_SHA512,
        Some(_) => return Err(unusable("PBKDF2 is not done with this hash")),
    };
    let salt = input.salt.ok_or_else(|| unusable("PBKDF2 needs a Salt"))?;
    let iterations = input.iterations.and_then(|n| u32::try_from(n).ok()).filter(|n| *n <= MOST_ITERATIONS);
    let iterations = iterations.and_then(NonZeroU32::new);
    let iterations = iterations.ok_or_else(|| unusable("PBKDF2 needs an Iteration Count from 1 to 1000000"))?;
    let mut out = vec![0; length];
    pbkdf2::derive(algorithm, iterations, salt, input.data.unwrap_or(input.key), &mut out);
    Ok(out)
}

/// HMAC by the key's algorithm, or by the hash of the parameters.
fn hmac_of(input: &Input<'_>) -> Outcome<hmac::Algorithm> {
    Ok(match (input.algorithm, input.parameters.hash) {
        (Some(CryptographicAlgorithm::HMAC_SHA1), _) | (_, Some(HashingAlgorithm::SHA_1)) => {
            hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY
        }
        (Some(CryptographicAlgorithm::HMAC_SHA224), _) | (_, Some(HashingAlgorithm::SHA_224)) => hmac::HMAC_SHA224,
        (Some(CryptographicAlgorithm::HMAC_SHA256), _) | (_, Some(HashingAlgorithm::SHA_256)) => hmac::HMAC_SHA256,
        (Some(CryptographicAlgorithm::HMAC_SHA384), _) | (_, Some(HashingAlgorithm::SHA_384)) => hmac::HMAC_SHA384,
        (Some(CryptographicAlgorithm::HMAC_SHA512), _) | (_, Some(HashingAlgorithm::SHA_512)) => hmac::HMAC_SHA512,
        _ => return Err(unusable("HMAC needs an HMAC key, or a Hashing Algorithm that is supported")),
    })
}

/// Method or parameters cannot be used (1.4 §11.7).
fn unusable(message: &'static str) -> Failure {
    Failure::invalid_field(message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    #[test]
    fn pbkdf2_is_that_of_rfc_6070() {
        let parameters = Parameters::default();
        let input = Input {
            method: DerivationMethod::PBKDF2,
            key: b"password",
            algorithm: None,
            parameters: &parameters,
            data: None,
            iv: None,
            salt: Some(b"salt"),
            iterations: Some(2),
        };
        let out = derive(&input, 20, &SeededRandom::new(1), Version::V1_4).unwrap_or_default();
        assert_eq!(out.get(..4), Some(&[0xea, 0x6c, 0x01, 0x4d][..]));
        for iterations in [None, Some(0), Some(-1), Some(i32::MAX)] {
            assert!(
                derive(&Input { iterations, ..input }, 20, &SeededRandom::new(1), Version::V1_4).is_err(),
                "{iterations:?}"
            );
        }
    }

    #[test]
    fn a_hash_cannot_be_made_longer_than_it_is() {
        let parameters = Parameters { hash: Some(HashingAlgorithm::SHA_256), ..Parameters::default() };
        let input = Input {
            method: DerivationMethod::HASH,
            key: b"key",
            algorithm: None,
            parameters: &parameters,
            data: None,
            iv: None,
            salt: None,
            iterations: None,
        };
        assert_eq!(derive(&input, 16, &SeededRandom::new(1), Version::V1_4).unwrap_or_default().len(), 16);
        assert!(derive(&input, 33, &SeededRandom::new(1), Version::V1_4).is_err());
    }
}
