//! Randomness as the server sees it: passed in, so a run can be repeated.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use kmipspec_protocol::operations::information::RNGParameters;
use kmipspec_protocol::registry::{CryptographicAlgorithm, RngAlgorithm};
use std::fmt::{Debug, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

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
}
