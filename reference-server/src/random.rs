//! Randomness as the server sees it: passed in, so a run can be repeated.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use kmipspec_protocol::operations::information::RNGParameters;
use kmipspec_protocol::registry::{CryptographicAlgorithm, RngAlgorithm};
use rsa::RsaPrivateKey;
use rsa::pkcs8::EncodePrivateKey;
use std::fmt::{Debug, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Where identifiers and key material come from.
pub trait Random: Send + Sync + Debug {
    /// Fills the whole buffer; false when the source gave nothing.
    fn fill(&self, buffer: &mut [u8]) -> bool;

    /// Takes seed material of a client; gives the bytes of it that were used (1.4 §4.36).
    fn seed(&self, _data: &[u8]) -> usize {
        0
    }

    /// An RSA key of this many bits as PKCS#8, where there is one to be given out in place of a new one.
    fn rsa_key(&self, _bits: usize) -> Option<Vec<u8>> {
        None
    }

    /// RNG Parameters as far as they are known (1.4 §2.1.18).
    fn parameters(&self) -> RNGParameters {
        RNGParameters::new(RngAlgorithm::UNSPECIFIED)
    }

    /// A random UUID (version 4) as text: the form of Unique Identifiers here.
    fn uuid(&self) -> Option<String> {
        let mut bytes = [0_u8; 16];
        if !self.fill(&mut bytes) {
            return None;
        }
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        let mut text = String::with_capacity(36);
        for (i, byte) in bytes.iter().enumerate() {
            if matches!(i, 4 | 6 | 8 | 10) {
                text.push('-');
            }
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        Some(text)
    }
}

/// The generator of AWS-LC: a CTR_DRBG with AES-256, seeded by the operating system. What clients seed goes in on top of it, so
/// that nobody can make it weaker.
#[derive(Debug)]
pub struct SecureRandom {
    /// The generator.
    system: SystemRandom,
    /// SHA-256 over all seed material of clients, if there was any.
    seeded: Mutex<Option<[u8; 32]>>,
}

impl Default for SecureRandom {
    fn default() -> Self {
        Self { system: SystemRandom::new(), seeded: Mutex::new(None) }
    }
}

impl Random for SecureRandom {
    fn fill(&self, buffer: &mut [u8]) -> bool {
        if aws_lc_rs::rand::SecureRandom::fill(&self.system, buffer).is_err() {
            return false;
        }
        let Some(seeded) = *self.seeded.lock().unwrap_or_else(PoisonError::into_inner) else { return true };
        let mut fresh = [0; 32];
        if aws_lc_rs::rand::SecureRandom::fill(&self.system, &mut fresh).is_err() {
            return false;
        }
        let mut more = vec![0; buffer.len()];
        ChaCha20Rng::from_seed(hashed(&seeded, &fresh)).fill_bytes(&mut more);
        buffer.iter_mut().zip(more).for_each(|(byte, other)| *byte ^= other);
        true
    }

    fn seed(&self, data: &[u8]) -> usize {
        let mut seeded = self.seeded.lock().unwrap_or_else(PoisonError::into_inner);
        *seeded = Some(hashed(&seeded.unwrap_or_default(), data));
        data.len()
    }

    fn parameters(&self) -> RNGParameters {
        RNGParameters {
            cryptographic_algorithm: Some(CryptographicAlgorithm::AES),
            cryptographic_length: Some(256),
            ..RNGParameters::new(RngAlgorithm::DRBG)
        }
    }
}

/// SHA-256 of two pieces.
fn hashed(first: &[u8], second: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    for (to, from) in out.iter_mut().zip(digest(&SHA256, &[first, second].concat()).as_ref()) {
        *to = *from;
    }
    out
}

/// Repeatable bytes for tests: SHA-256 over seed and counter. Not for real keys.
#[derive(Debug)]
pub struct SeededRandom {
    /// What makes this sequence different from another.
    seed: u64,
    /// Blocks given out so far.
    block: AtomicU64,
}

impl SeededRandom {
    /// The sequence of this seed, from its start.
    pub fn new(seed: u64) -> Self {
        Self { seed, block: AtomicU64::new(0) }
    }
}

impl Random for SeededRandom {
    fn fill(&self, buffer: &mut [u8]) -> bool {
        for chunk in buffer.chunks_mut(32) {
            let mut input = [0_u8; 16];
            input[..8].copy_from_slice(&self.seed.to_be_bytes());
            input[8..].copy_from_slice(&self.block.fetch_add(1, Ordering::SeqCst).to_be_bytes());
            for (to, from) in chunk.iter_mut().zip(digest(&SHA256, &input).as_ref()) {
                *to = *from;
            }
        }
        true
    }
}

/// Another source, with one RSA key of each size for the whole process: making keys would take nearly all the time of a fuzzer.
/// Not for real keys.
#[derive(Debug)]
pub struct SameRsaKeys(pub Arc<dyn Random>);

impl SameRsaKeys {
    /// Over the repeatable bytes of this seed.
    pub fn seeded(seed: u64) -> Self {
        Self(Arc::new(SeededRandom::new(seed)))
    }
}

impl Random for SameRsaKeys {
    fn fill(&self, buffer: &mut [u8]) -> bool {
        self.0.fill(buffer)
    }

    fn seed(&self, data: &[u8]) -> usize {
        self.0.seed(data)
    }

    fn parameters(&self) -> RNGParameters {
        self.0.parameters()
    }

    fn rsa_key(&self, bits: usize) -> Option<Vec<u8>> {
        static KEYS: [OnceLock<Option<Vec<u8>>>; 4] = [const { OnceLock::new() }; 4];
        let (place, size) = match bits {
            1024 => (0, None),
            2048 => (1, Some(KeySize::Rsa2048)),
            3072 => (2, Some(KeySize::Rsa3072)),
            4096 => (3, Some(KeySize::Rsa4096)),
            _ => return None,
        };
        KEYS.get(place)?
            .get_or_init(|| match size {
                Some(size) => {
                    let key = KeyPair::generate(size).ok()?;
                    let der: Pkcs8V1Der<'_> = key.as_der().ok()?;
                    Some(der.as_ref().to_vec())
                }
                None => {
                    let key = RsaPrivateKey::new(&mut crate::cryptography::rsa_keys::random().ok()?, 1024).ok()?;
                    Some(key.to_pkcs8_der().ok()?.as_bytes().to_vec())
                }
            })
            .clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_itself() {
        let (a, b) = (SeededRandom::new(7), SeededRandom::new(7));
        assert_eq!(a.uuid(), b.uuid());
        assert_ne!(a.uuid(), SeededRandom::new(7).uuid());
    }

    #[test]
    fn a_uuid_has_version_and_variant() {
        let text = SecureRandom::default().uuid().unwrap_or_default();
        assert_eq!(text.len(), 36);
        assert_eq!(text.as_bytes().get(14), Some(&b'4'));
        assert!(matches!(text.as_bytes().get(19), Some(b'8' | b'9' | b'a' | b'b')));
    }

    #[test]
    fn seed_material_is_used_and_does_not_make_bytes_predictable() {
        let bytes = |random: &SecureRandom| {
            let mut bytes = [0; 64];
            assert!(random.fill(&mut bytes));
            bytes
        };
        let (a, b) = (SecureRandom::default(), SecureRandom::default());
        assert_eq!((a.seed(b"seed"), b.seed(b"seed")), (4, 4));
        assert_ne!(bytes(&a), bytes(&b), "the same seed, and still the system's bytes");
        assert_ne!(bytes(&a), bytes(&a));
        assert_eq!(SeededRandom::new(1).seed(b"seed"), 0, "a repeatable sequence stays as it is");
    }

    #[test]
    fn an_rsa_key_is_made_once() {
        let (a, b) = (SameRsaKeys::seeded(1), SameRsaKeys(Arc::new(SecureRandom::default())));
        let key = a.rsa_key(2048).expect("a key");
        assert_eq!(b.rsa_key(2048), Some(key.clone()));
        assert!(KeyPair::from_pkcs8(&key).is_ok());
        assert_eq!(a.rsa_key(1000), None);
    }
}
