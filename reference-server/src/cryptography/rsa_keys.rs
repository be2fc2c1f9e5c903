//! RSA keys in the forms they are kept in, and the random numbers that RSA needs.

use super::failed;
use crate::failure::Outcome;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;
use rsa::pkcs1::{DecodeRsaPrivateKey, DecodeRsaPublicKey};
use rsa::pkcs8::{DecodePrivateKey, DecodePublicKey};
use rsa::{RsaPrivateKey, RsaPublicKey};

/// A private key in PKCS#1 or PKCS#8.
pub(crate) fn private(der: &[u8]) -> Outcome<RsaPrivateKey> {
    RsaPrivateKey::from_pkcs1_der(der)
        .or_else(|_| RsaPrivateKey::from_pkcs8_der(der).map_err(|_| ()))
        .map_err(|()| unusable())
}

/// A public key in PKCS#1 or X.509.
pub(crate) fn public(der: &[u8]) -> Outcome<RsaPublicKey> {
    RsaPublicKey::from_pkcs1_der(der)
        .or_else(|_| RsaPublicKey::from_public_key_der(der).map_err(|_| ()))
        .map_err(|()| unusable())
}

/// A generator with a seed of the system's.
pub(crate) fn random() -> Outcome<ChaCha20Rng> {
    let mut seed = [0; 32];
    SystemRandom::new().fill(&mut seed).map_err(|_| failed("the random generator gave nothing"))?;
    Ok(ChaCha20Rng::from_seed(seed))
}

/// The key is in no form that can be used here.
fn unusable() -> crate::failure::Failure {
    failed("the key is no RSA key of this server's formats")
}
