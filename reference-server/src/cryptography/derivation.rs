//! Derivation of keys: HASH, HMAC, ENCRYPT, PBKDF2, SP 800-108 in three modes, HKDF, AWS Signature Version 4 (1.4 §4.6, 2.1 §6.1.14).

use super::symmetric::{Cipher, Progress};
use super::{Parameters, failed, hashing};
use crate::failure::{Failure, Outcome};
use crate::random::Random;
use aws_lc_rs::{hkdf, pbkdf2};
use kmipspec_protocol::registry::{CryptographicAlgorithm, DerivationMethod, HashingAlgorithm};
use kmipspec_protocol::version::Version;
use std::num::NonZeroU32;

/// Iterations of PBKDF2 that one request may ask for.
const MOST_ITERATIONS: u32 = 1_000_000;

/// What goes into a derivation.
#[derive(Clone, Copy)]
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
    /// Its pieces, where a method has several.
    pub(crate) parts: &'a [&'a [u8]],
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
            let digest = input.parameters.hash.and_then(|hash| hashing::digest(hash, input.data.unwrap_or(input.key)));
            digest.ok_or_else(|| unusable("HASH needs a Hashing Algorithm that is supported"))?
        }
        DerivationMethod::HMAC => {
            let data = input.data.ok_or_else(|| unusable("HMAC needs Derivation Data"))?;
            prf(input, input.key, &[data])?
        }
        DerivationMethod::NIST800_108_C | DerivationMethod::NIST800_108_F | DerivationMethod::NIST800_108_DPI => {
            sp_800_108(input, length)?
        }
        DerivationMethod::AWS_SIGNATURE_VERSION_4 => signing_key(input)?,
        DerivationMethod::HKDF => extract_and_expand(input, length)?,
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
fn prf(input: &Input<'_>, key: &[u8], data: &[&[u8]]) -> Outcome<Vec<u8>> {
    let hash = input.algorithm.and_then(hashing::hash_of_hmac).or(input.parameters.hash);
    let mac = hash.and_then(|hash| hashing::hmac(hash, key, &data.concat()));
    mac.ok_or_else(|| unusable("HMAC needs an HMAC key, or a Hashing Algorithm that is supported"))
}

/// SP 800-108 in counter, feedback and double-pipeline mode, over HMAC: Derivation Data is all of the fixed input, the counter has
/// four bytes before it, and the Initialization Vector is what feedback begins with.
fn sp_800_108(input: &Input<'_>, length: usize) -> Outcome<Vec<u8>> {
    let data = input.data.ok_or_else(|| unusable("SP 800-108 needs Derivation Data"))?;
    let mut out = Vec::new();
    let mut earlier = match input.method {
        DerivationMethod::NIST800_108_F => input.iv.unwrap_or_default().to_vec(),
        _ => data.to_vec(),
    };
    for counter in 1_u32.. {
        if out.len() >= length {
            break;
        }
        let counter = counter.to_be_bytes();
        let block = match input.method {
            DerivationMethod::NIST800_108_C => prf(input, input.key, &[&counter, data])?,
            DerivationMethod::NIST800_108_F => {
                earlier = prf(input, input.key, &[&earlier, &counter, data])?;
                earlier.clone()
            }
            _ => {
                earlier = prf(input, input.key, &[&earlier])?;
                prf(input, input.key, &[&earlier, &counter, data])?
            }
        };
        out.extend(block);
    }
    Ok(out)
}

/// The signing key of AWS Signature Version 4: Derivation Data is date, region and service (2.1 §7.10).
fn signing_key(input: &Input<'_>) -> Outcome<Vec<u8>> {
    let [date, region, service] = input.parts else {
        return Err(unusable("AWS Signature Version 4 needs date, region and service as Derivation Data"));
    };
    let mut key = [b"AWS4".as_slice(), input.key].concat();
    for step in [date, region, service, b"aws4_request".as_slice()] {
        let mac = hashing::hmac(HashingAlgorithm::SHA_256, &key, step);
        key = mac.ok_or_else(|| unusable("HMAC with SHA-256 is missing"))?;
    }
    Ok(key)
}

/// HKDF (RFC 5869): Derivation Data is its info.
fn extract_and_expand(input: &Input<'_>, length: usize) -> Outcome<Vec<u8>> {
    /// So many bytes.
    struct Length(usize);
    impl hkdf::KeyType for Length {
        fn len(&self) -> usize {
            self.0
        }
    }
    let hash = input.algorithm.and_then(hashing::hash_of_hmac).or(input.parameters.hash);
    let algorithm = match hash {
        Some(HashingAlgorithm::SHA_1) => hkdf::HKDF_SHA1_FOR_LEGACY_USE_ONLY,
        None | Some(HashingAlgorithm::SHA_256) => hkdf::HKDF_SHA256,
        Some(HashingAlgorithm::SHA_384) => hkdf::HKDF_SHA384,
        Some(HashingAlgorithm::SHA_512) => hkdf::HKDF_SHA512,
        _ => return Err(unusable("HKDF needs SHA-1, SHA-256, SHA-384 or SHA-512")),
    };
    let key = hkdf::Salt::new(algorithm, input.salt.unwrap_or_default()).extract(input.key);
    let info = [input.data.unwrap_or_default()];
    let mut out = vec![0; length];
    let filled = key.expand(&info, Length(length)).and_then(|key| key.fill(&mut out));
    filled.map_err(|_| failed("HKDF gives fewer bytes than Cryptographic Length asks for"))?;
    Ok(out)
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
            parts: &[],
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
            parts: &[],
            iv: None,
            salt: None,
            iterations: None,
        };
        assert_eq!(derive(&input, 16, &SeededRandom::new(1), Version::V1_4).unwrap_or_default().len(), 16);
        assert!(derive(&input, 33, &SeededRandom::new(1), Version::V1_4).is_err());
    }

    #[test]
    fn hkdf_is_that_of_rfc_5869_and_counter_mode_that_of_hmac() {
        let parameters = Parameters { hash: Some(HashingAlgorithm::SHA_256), ..Parameters::default() };
        let salt: Vec<u8> = (0..13).collect();
        let info: Vec<u8> = (0xf0..=0xf9).collect();
        let input = Input {
            method: DerivationMethod::HKDF,
            key: &[0x0b; 22],
            algorithm: None,
            parameters: &parameters,
            data: Some(&info),
            parts: &[],
            iv: None,
            salt: Some(&salt),
            iterations: None,
        };
        let random = SeededRandom::new(1);
        let out = derive(&input, 42, &random, Version::V2_1).unwrap_or_default();
        assert_eq!(out.get(..4), Some(&[0x3c, 0xb2, 0x5f, 0x25][..]), "RFC 5869 appendix A.1");
        assert_eq!(out.len(), 42);
        let counted = Input { method: DerivationMethod::NIST800_108_C, ..input };
        let first = hashing::hmac(HashingAlgorithm::SHA_256, &[0x0b; 22], &[&[0, 0, 0, 1][..], &info].concat());
        let out = derive(&counted, 40, &random, Version::V2_1).unwrap_or_default();
        assert_eq!(out.get(..32), first.as_deref());
        assert_eq!(out.len(), 40);
        for method in [DerivationMethod::NIST800_108_F, DerivationMethod::NIST800_108_DPI] {
            let other = derive(&Input { method, ..counted }, 40, &random, Version::V2_1).unwrap_or_default();
            assert_eq!(other.len(), 40);
            assert_ne!(other, out, "{method:?}");
        }
    }

    #[test]
    fn the_signing_key_is_that_of_the_published_example() {
        let parameters = Parameters::default();
        let input = Input {
            method: DerivationMethod::AWS_SIGNATURE_VERSION_4,
            key: b"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            algorithm: None,
            parameters: &parameters,
            data: None,
            parts: &[b"20120215", b"us-east-1", b"iam"],
            iv: None,
            salt: None,
            iterations: None,
        };
        let out = derive(&input, 32, &SeededRandom::new(1), Version::V2_1).unwrap_or_default();
        assert_eq!(out.get(..4), Some(&[0xf4, 0x78, 0x0e, 0x2d][..]));
        assert!(derive(&Input { parts: &[], ..input }, 32, &SeededRandom::new(1), Version::V2_1).is_err());
    }
}
