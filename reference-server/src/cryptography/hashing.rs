//! Digests and message authentication codes: SHA-1, SHA-2, SHA-3, HMAC with the first two, AES-CMAC.

use super::{Parameters, algorithm, bad_parameters, failed, key};
use crate::failure::Outcome;
use crate::object::StoredObject;
use aws_lc_rs::{cmac, digest, hmac};
use kmipspec_protocol::registry::{BlockCipherMode, CryptographicAlgorithm, HashingAlgorithm};
use kmipspec_protocol::version::Version;

/// The digest algorithm of a Hashing Algorithm, if there is one here.
pub(crate) fn digest_of(hash: HashingAlgorithm) -> Option<&'static digest::Algorithm> {
    Some(match hash {
        HashingAlgorithm::SHA_1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        HashingAlgorithm::SHA_224 => &digest::SHA224,
        HashingAlgorithm::SHA_256 => &digest::SHA256,
        HashingAlgorithm::SHA_384 => &digest::SHA384,
        HashingAlgorithm::SHA_512 => &digest::SHA512,
        HashingAlgorithm::SHA_512_256 => &digest::SHA512_256,
        HashingAlgorithm::SHA3_256 => &digest::SHA3_256,
        HashingAlgorithm::SHA3_384 => &digest::SHA3_384,
        HashingAlgorithm::SHA3_512 => &digest::SHA3_512,
        _ => return None,
    })
}

/// The digest of some data.
pub(crate) fn hash(parameters: &Parameters, data: &[u8]) -> Outcome<Vec<u8>> {
    let algorithm = parameters.hash.and_then(digest_of);
    let algorithm = algorithm.ok_or_else(|| failed("no Hashing Algorithm is given, or one that is not supported"))?;
    Ok(digest::digest(algorithm, data).as_ref().to_vec())
}

/// The MAC of some data under a key: HMAC by the algorithm that parameters or key name, AES-CMAC by its mode.
pub(crate) fn mac(object: &StoredObject, parameters: &Parameters, data: &[u8], version: Version) -> Outcome<Vec<u8>> {
    let bytes = key(object)?;
    let named = parameters.algorithm.or_else(|| algorithm(object));
    if named == Some(CryptographicAlgorithm::AES) && parameters.mode == Some(BlockCipherMode::CMAC) {
        let algorithm = match bytes.len() {
            16 => cmac::AES_128,
            24 => cmac::AES_192,
            32 => cmac::AES_256,
            _ => return Err(bad_parameters(version, "the key is no AES key")),
        };
        let key = cmac::Key::new(algorithm, bytes).map_err(|_| failed("the key was refused"))?;
        let tag = cmac::sign(&key, data).map_err(|_| failed("the MAC could not be made"))?;
        return Ok(tag.as_ref().to_vec());
    }
    let algorithm = match (named, parameters.hash) {
        (Some(CryptographicAlgorithm::HMAC_SHA1), _) => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        (Some(CryptographicAlgorithm::HMAC_SHA224), _) => hmac::HMAC_SHA224,
        (Some(CryptographicAlgorithm::HMAC_SHA256), _) => hmac::HMAC_SHA256,
        (Some(CryptographicAlgorithm::HMAC_SHA384), _) => hmac::HMAC_SHA384,
        (Some(CryptographicAlgorithm::HMAC_SHA512), _) => hmac::HMAC_SHA512,
        _ => return Err(bad_parameters(version, "no MAC algorithm that this server has is named")),
    };
    Ok(hmac::sign(&hmac::Key::new(algorithm, bytes), data).as_ref().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sha_256_of_abc_is_that_of_fips_180() {
        let parameters = Parameters { hash: Some(HashingAlgorithm::SHA_256), ..Parameters::default() };
        let digest = hash(&parameters, b"abc").unwrap_or_default();
        assert_eq!(digest.get(..4), Some(&[0xba, 0x78, 0x16, 0xbf][..]));
        assert_eq!(digest.len(), 32);
        let unknown = Parameters { hash: Some(HashingAlgorithm::TIGER), ..Parameters::default() };
        assert!(hash(&unknown, b"abc").is_err());
    }
}
