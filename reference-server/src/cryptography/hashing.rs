//! Digests and message authentication codes: every Hashing Algorithm of the enumeration, HMAC with each, CMAC and CBC-MAC.

use super::ciphers::Keyed;
use super::{Parameters, algorithm, bad_parameters, failed, key};
use crate::failure::Outcome;
use crate::object::StoredObject;
use cbc_mac::CbcMac;
use cipher::common::InnerInit;
use cmac::Cmac;
use digest::{Digest, Mac};
use hmac::{KeyInit, SimpleHmac};
use kmipspec_protocol::registry::{BlockCipherMode, CryptographicAlgorithm, HashingAlgorithm};
use kmipspec_protocol::version::Version;

/// Evaluates an expression with the type of a Hashing Algorithm; none where there is no such algorithm.
macro_rules! with_digest {
    ($hash:expr, $name:ident => $body:expr) => {
        with_digest!(@ $hash, $name, $body,
            MD2 = md2::Md2, MD4 = md4::Md4, MD5 = md5::Md5, SHA_1 = sha1::Sha1, SHA_224 = sha2::Sha224,
            SHA_256 = sha2::Sha256, SHA_384 = sha2::Sha384, SHA_512 = sha2::Sha512, RIPEMD_160 = ripemd::Ripemd160,
            TIGER = tiger::Tiger, WHIRLPOOL = whirlpool::Whirlpool, SHA_512_224 = sha2::Sha512_224,
            SHA_512_256 = sha2::Sha512_256, SHA3_224 = sha3::Sha3_224, SHA3_256 = sha3::Sha3_256,
            SHA3_384 = sha3::Sha3_384, SHA3_512 = sha3::Sha3_512,)
    };
    (@ $hash:expr, $name:ident, $body:expr, $($number:ident = $digest:ty,)*) => {
        match $hash {
            $(HashingAlgorithm::$number => {
                /// The digest of this algorithm.
                type $name = $digest;
                Some($body)
            })*
            _ => None,
        }
    };
}

/// The digest of some data, if there is such an algorithm.
pub(crate) fn digest(hash: HashingAlgorithm, data: &[u8]) -> Option<Vec<u8>> {
    with_digest!(hash, D => D::digest(data).to_vec())
}

/// The digest of some data.
pub(crate) fn hash(parameters: &Parameters, data: &[u8]) -> Outcome<Vec<u8>> {
    let digest = parameters.hash.and_then(|hash| digest(hash, data));
    digest.ok_or_else(|| failed("no Hashing Algorithm is given, or one that is not supported"))
}

/// HMAC with a hash (RFC 2104), if there is such a hash.
pub(crate) fn hmac(hash: HashingAlgorithm, key: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    with_digest!(hash, D => {
        // HMAC takes keys of every length.
        let mut mac = SimpleHmac::<D>::new_from_slice(key).ok()?;
        mac.update(data);
        mac.finalize().into_bytes().to_vec()
    })
}

/// The hash within an HMAC algorithm.
pub(crate) fn hash_of_hmac(algorithm: CryptographicAlgorithm) -> Option<HashingAlgorithm> {
    Some(match algorithm {
        CryptographicAlgorithm::HMAC_MD5 => HashingAlgorithm::MD5,
        CryptographicAlgorithm::HMAC_SHA1 => HashingAlgorithm::SHA_1,
        CryptographicAlgorithm::HMAC_SHA224 => HashingAlgorithm::SHA_224,
        CryptographicAlgorithm::HMAC_SHA256 => HashingAlgorithm::SHA_256,
        CryptographicAlgorithm::HMAC_SHA384 => HashingAlgorithm::SHA_384,
        CryptographicAlgorithm::HMAC_SHA512 => HashingAlgorithm::SHA_512,
        CryptographicAlgorithm::HMAC_SHA3_224 => HashingAlgorithm::SHA3_224,
        CryptographicAlgorithm::HMAC_SHA3_256 => HashingAlgorithm::SHA3_256,
        CryptographicAlgorithm::HMAC_SHA3_384 => HashingAlgorithm::SHA3_384,
        CryptographicAlgorithm::HMAC_SHA3_512 => HashingAlgorithm::SHA3_512,
        _ => return None,
    })
}

/// The MAC of some data under a key: HMAC by the algorithm that parameters or key name, CMAC and CBC-MAC by the mode.
pub(crate) fn mac(object: &StoredObject, parameters: &Parameters, data: &[u8], version: Version) -> Outcome<Vec<u8>> {
    let bytes = key(object)?;
    let named = parameters.algorithm.or_else(|| algorithm(object));
    if let (Some(algorithm), Some(mode @ (BlockCipherMode::CMAC | BlockCipherMode::CBC_MAC))) = (named, parameters.mode)
    {
        let cipher = Keyed::new(algorithm, bytes);
        let cipher =
            cipher.ok_or_else(|| bad_parameters(version, "the key is none of a block cipher of this server"))?;
        return Ok(cipher_mac(cipher, mode, data));
    }
    let mac = named.and_then(hash_of_hmac).and_then(|hash| hmac(hash, bytes, data));
    mac.ok_or_else(|| bad_parameters(version, "no MAC algorithm that this server has is named"))
}

/// CMAC (SP 800-38B), or CBC-MAC with zeros after the last block.
fn cipher_mac(cipher: Keyed, mode: BlockCipherMode, data: &[u8]) -> Vec<u8> {
    match (cipher, mode) {
        (Keyed::Wide(cipher), BlockCipherMode::CMAC) => finished(Cmac::inner_init(cipher), data),
        (Keyed::Narrow(cipher), BlockCipherMode::CMAC) => finished(Cmac::inner_init(cipher), data),
        (Keyed::Wide(cipher), _) => finished(CbcMac::inner_init(cipher), data),
        (Keyed::Narrow(cipher), _) => finished(CbcMac::inner_init(cipher), data),
    }
}

/// The code of all data at once.
fn finished<M: Mac>(mut mac: M, data: &[u8]) -> Vec<u8> {
    mac.update(data);
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_of_abc_are_the_published_ones() {
        for (hash, length, start) in [
            (HashingAlgorithm::MD2, 16, [0xda, 0x85, 0x3b, 0x0d]),
            (HashingAlgorithm::MD4, 16, [0xa4, 0x48, 0x01, 0x7a]),
            (HashingAlgorithm::MD5, 16, [0x90, 0x01, 0x50, 0x98]),
            (HashingAlgorithm::SHA_1, 20, [0xa9, 0x99, 0x3e, 0x36]),
            (HashingAlgorithm::SHA_224, 28, [0x23, 0x09, 0x7d, 0x22]),
            (HashingAlgorithm::SHA_256, 32, [0xba, 0x78, 0x16, 0xbf]),
            (HashingAlgorithm::SHA_384, 48, [0xcb, 0x00, 0x75, 0x3f]),
            (HashingAlgorithm::SHA_512, 64, [0xdd, 0xaf, 0x35, 0xa1]),
            (HashingAlgorithm::RIPEMD_160, 20, [0x8e, 0xb2, 0x08, 0xf7]),
            (HashingAlgorithm::TIGER, 24, [0x2a, 0xab, 0x14, 0x84]),
            (HashingAlgorithm::WHIRLPOOL, 64, [0x4e, 0x24, 0x48, 0xa4]),
            (HashingAlgorithm::SHA_512_224, 28, [0x46, 0x34, 0x27, 0x0f]),
            (HashingAlgorithm::SHA_512_256, 32, [0x53, 0x04, 0x8e, 0x26]),
            (HashingAlgorithm::SHA3_224, 28, [0xe6, 0x42, 0x82, 0x4c]),
            (HashingAlgorithm::SHA3_256, 32, [0x3a, 0x98, 0x5d, 0xa7]),
            (HashingAlgorithm::SHA3_384, 48, [0xec, 0x01, 0x49, 0x82]),
            (HashingAlgorithm::SHA3_512, 64, [0xb7, 0x51, 0x85, 0x0b]),
        ] {
            let digest = digest(hash, b"abc").unwrap_or_default();
            assert_eq!(digest.len(), length, "{hash:?}");
            assert_eq!(digest.get(..4), Some(&start[..]), "{hash:?}");
        }
        assert_eq!(digest(HashingAlgorithm(99), b"abc"), None);
    }

    #[test]
    fn codes_are_the_published_ones() {
        // RFC 2202 case 2, RFC 4231 case 2.
        let of = |hash| hmac(hash, b"Jefe", b"what do ya want for nothing?").unwrap_or_default();
        assert_eq!(of(HashingAlgorithm::MD5).get(..4), Some(&[0x75, 0x0c, 0x78, 0x3e][..]));
        assert_eq!(of(HashingAlgorithm::SHA_1).get(..4), Some(&[0xef, 0xfc, 0xdf, 0x6a][..]));
        assert_eq!(of(HashingAlgorithm::SHA_512).get(..4), Some(&[0x16, 0x4b, 0x7a, 0x7b][..]));
        // RFC 4493 §4: AES-CMAC of nothing.
        let key = [0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c];
        let aes = || Keyed::new(CryptographicAlgorithm::AES, &key).expect("a key");
        assert_eq!(cipher_mac(aes(), BlockCipherMode::CMAC, &[]).get(..4), Some(&[0xbb, 0x1d, 0x69, 0x29][..]));
        // CBC-MAC of one block is the block encrypted (FIPS 197 key and block of SP 800-38A F.1.1).
        let block = [0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96, 0xe9, 0x3d, 0x7e, 0x11, 0x73, 0x93, 0x17, 0x2a];
        assert_eq!(cipher_mac(aes(), BlockCipherMode::CBC_MAC, &block).get(..4), Some(&[0x3a, 0xd7, 0x7b, 0xb4][..]));
    }
}
