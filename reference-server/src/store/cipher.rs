//! Encryption at rest: AES-256-GCM with a fresh nonce for everything written, bound to the place it is written to.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use std::fmt;
use std::path::{Path, PathBuf};

/// The key of a state file.
pub(super) struct StateKey(LessSafeKey);

impl fmt::Debug for StateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StateKey")
    }
}

/// Why a key file cannot be used.
#[derive(Debug)]
pub enum StateKeyError {
    /// Not readable.
    Read(PathBuf, std::io::Error),
    /// Neither 32 bytes nor 64 hexadecimal digits.
    Form(PathBuf),
}

impl fmt::Display for StateKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(path, e) => write!(f, "read the state key {}: {e}", path.display()),
            Self::Form(path) => write!(
                f,
                "use the state key {}: it is 32 bytes or 64 hexadecimal digits (openssl rand -hex 32 makes some)",
                path.display()
            ),
        }
    }
}

impl std::error::Error for StateKeyError {}

impl StateKey {
    /// Reads a key file: 32 bytes, or 64 hexadecimal digits with white space around them.
    pub(super) fn read(path: &Path) -> Result<Self, StateKeyError> {
        let bytes = std::fs::read(path).map_err(|e| StateKeyError::Read(path.to_owned(), e))?;
        let key = if bytes.len() == 32 { Some(bytes) } else { digits(&bytes) };
        let key = key.and_then(|key| UnboundKey::new(&AES_256_GCM, &key).ok());
        key.map(|key| Self(LessSafeKey::new(key))).ok_or_else(|| StateKeyError::Form(path.to_owned()))
    }

    /// Nonce, ciphertext, tag; none when there is no randomness.
    pub(super) fn seal(&self, place: &[u8], mut text: Vec<u8>) -> Option<Vec<u8>> {
        // Not the server's own generator, which a test may have made repeatable: a nonce must never come twice.
        let mut nonce = [0; NONCE_LEN];
        aws_lc_rs::rand::fill(&mut nonce).ok()?;
        self.0.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(place), &mut text).ok()?;
        let mut sealed = nonce.to_vec();
        sealed.append(&mut text);
        Some(sealed)
    }

    /// The text; none if key or place are others, or a bit has changed.
    pub(super) fn open(&self, place: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, rest) = sealed.split_at_checked(NONCE_LEN)?;
        let mut text = rest.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let length = self.0.open_in_place(nonce, Aad::from(place), &mut text).ok()?.len();
        text.truncate(length);
        Some(text)
    }
}

/// 64 hexadecimal digits.
fn digits(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.trim_ascii();
    if text.len() != 64 {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let byte = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    };
    text.chunks(2).map(byte).collect()
}
