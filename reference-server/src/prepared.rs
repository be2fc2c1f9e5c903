//! What is done for a batch item before its transaction begins, so that nobody else waits for it: an RSA key is made.

use crate::failure::{Failure, Outcome};
use crate::random::Random;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use kmipspec_protocol::registry::ResultReason;
use tokio::runtime::{Handle, RuntimeFlavor};

/// What was done before.
#[derive(Debug, Default)]
pub(crate) struct Prepared {
    /// Whether an operation that was put off was done because of this item.
    pub(crate) hastened: bool,
    /// An RSA key.
    pub(crate) rsa: RsaKey,
}

/// An RSA key that an operation needs.
#[derive(Debug, Default)]
pub(crate) enum RsaKey {
    /// None was needed, or it is not known: one is made when it is.
    #[default]
    None,
    /// It is to be found out whether one is needed: then the operation goes no further.
    Asked,
    /// One of this size is needed.
    Wanted(KeySize),
    /// Here it is.
    Made(KeySize, KeyPair),
}

impl RsaKey {
    /// The key that was made before, or one that is made now.
    pub(crate) fn take(&mut self, size: KeySize, random: &dyn Random) -> Outcome<KeyPair> {
        match std::mem::take(self) {
            Self::Made(made, key) if made == size => Ok(key),
            Self::Asked | Self::Wanted(_) => {
                *self = Self::Wanted(size);
                Err(failed())
            }
            Self::None | Self::Made(..) => key_pair(size, random).ok_or_else(failed),
        }
    }

    /// Makes the key that is wanted, if one is.
    pub(crate) fn make(self, random: &dyn Random) -> Self {
        let Self::Wanted(size) = self else { return Self::None };
        aside(|| key_pair(size, random)).map_or(Self::None, |key| Self::Made(size, key))
    }
}

/// A key of this size: the one that is to be given out, or a new one.
fn key_pair(size: KeySize, random: &dyn Random) -> Option<KeyPair> {
    match random.rsa_key(size.len().saturating_mul(8)) {
        Some(given) => KeyPair::from_pkcs8(&given).ok(),
        None => KeyPair::generate(size).ok(),
    }
}

/// 1.4 §11.3: making the keys failed.
fn failed() -> Failure {
    Failure::new(ResultReason::CRYPTOGRAPHIC_FAILURE, "the key pair could not be made")
}

/// Does something that takes long; other connections of the same thread go on elsewhere meanwhile.
pub(crate) fn aside<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current() {
        Ok(runtime) if runtime.runtime_flavor() == RuntimeFlavor::MultiThread => tokio::task::block_in_place(work),
        _ => work(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SecureRandom;

    #[test]
    fn asking_makes_no_key_and_what_was_made_is_used_once() -> Outcome<()> {
        let random = SecureRandom::default();
        let mut key = RsaKey::Asked;
        assert!(key.take(KeySize::Rsa2048, &random).is_err());
        let mut key = key.make(&random);
        assert!(matches!(key, RsaKey::Made(KeySize::Rsa2048, _)));
        key.take(KeySize::Rsa2048, &random)?;
        assert!(matches!(key, RsaKey::None));
        assert!(matches!(RsaKey::Asked.make(&random), RsaKey::None));
        Ok(())
    }
}
