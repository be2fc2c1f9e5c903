//! ECDSA on P-256, P-384, P-521 and secp256k1 over digests of any hash; signatures are the DER of RFC 3279.

use ::k256::elliptic_curve::pkcs8::{DecodePrivateKey, DecodePublicKey};
use ::p256::ecdsa::signature::hazmat::{PrehashSigner, PrehashVerifier};

/// Signing and verifying on one curve; none if the key is not on it.
macro_rules! curve {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        $($(#[$doc])*
        mod $name {
            use super::*;
            use ::$name::ecdsa::{Signature, SigningKey, VerifyingKey};
            use ::$name::{PublicKey, SecretKey};

            /// Signs a digest with a key in ECPrivateKey or PKCS#8.
            pub(super) fn sign(key: &[u8], digest: &[u8]) -> Option<Vec<u8>> {
                let key = SecretKey::from_sec1_der(key).ok().or_else(|| SecretKey::from_pkcs8_der(key).ok())?;
                let signature: Signature = SigningKey::from(key).sign_prehash(digest).ok()?;
                Some(signature.to_der().as_bytes().to_vec())
            }

            /// Whether a signature is that of a digest, under a key in X.509 or as a point.
            pub(super) fn verify(key: &[u8], digest: &[u8], signature: &[u8]) -> Option<bool> {
                let key = PublicKey::from_public_key_der(key).ok().or_else(|| PublicKey::from_sec1_bytes(key).ok())?;
                let signature = Signature::from_der(signature);
                Some(signature.is_ok_and(|signature| VerifyingKey::from(key).verify_prehash(digest, &signature).is_ok()))
            }
        })*
    };
}

curve! {
    /// P-256.
    p256;
    /// P-384.
    p384;
    /// P-521.
    p521;
    /// secp256k1.
    k256;
}

/// A signature of a digest; none if the key is on no curve of this file, or the digest shorter than half of the curve's numbers.
pub(crate) fn sign(key: &[u8], digest: &[u8]) -> Option<Vec<u8>> {
    p256::sign(key, digest)
        .or_else(|| p384::sign(key, digest))
        .or_else(|| p521::sign(key, digest))
        .or_else(|| k256::sign(key, digest))
}

/// Whether a signature is that of a digest; none if the key is on no curve of this file.
pub(crate) fn verify(key: &[u8], digest: &[u8], signature: &[u8]) -> Option<bool> {
    p256::verify(key, digest, signature)
        .or_else(|| p384::verify(key, digest, signature))
        .or_else(|| p521::verify(key, digest, signature))
        .or_else(|| k256::verify(key, digest, signature))
}
