//! Cryptography behind Encrypt, Decrypt, Sign, Signature Verify, MAC, MAC Verify and Hash: parameters to algorithms of AWS-LC.

mod authenticated;
mod ciphers;
pub(crate) mod derivation;
mod ecdsa;
pub(crate) mod fields;
pub(crate) mod hashing;
mod modes;
mod padding;
mod parameters;
pub(crate) mod rsa_cipher;
pub(crate) mod rsa_keys;
pub(crate) mod sharing;
pub(crate) mod signature;
pub(crate) mod symmetric;

use crate::failure::{Failure, Outcome};
use crate::object::StoredObject;
use kmipspec_protocol::registry::{CryptographicAlgorithm, ResultReason, tag};
use kmipspec_protocol::ttlv::Value;
use kmipspec_protocol::version::Version;

pub(crate) use parameters::Parameters;

/// The algorithm itself refuses: wrong length, wrong padding, wrong tag.
pub(crate) fn failed(message: &'static str) -> Failure {
    Failure::new(ResultReason::CRYPTOGRAPHIC_FAILURE, message)
}

/// The parameters do not make sense with the key; 1.x has no finer reason than that the cryptography failed.
pub(crate) fn bad_parameters(version: Version, message: &'static str) -> Failure {
    Failure::by_version(
        version,
        ResultReason::CRYPTOGRAPHIC_FAILURE,
        ResultReason::BAD_CRYPTOGRAPHIC_PARAMETERS,
        message,
    )
}

/// The parameters make sense, but not to this server.
pub(crate) fn unsupported(version: Version, message: &'static str) -> Failure {
    Failure::by_version(
        version,
        ResultReason::CRYPTOGRAPHIC_FAILURE,
        ResultReason::UNSUPPORTED_CRYPTOGRAPHIC_PARAMETERS,
        message,
    )
}

/// Cryptographic Algorithm of a key.
pub(crate) fn algorithm(object: &StoredObject) -> Option<CryptographicAlgorithm> {
    match object.value(tag::CRYPTOGRAPHIC_ALGORITHM)? {
        Value::Enumeration(algorithm) => Some(CryptographicAlgorithm(algorithm)),
        _ => None,
    }
}

/// The bytes of a key that is not wrapped.
pub(crate) fn key(object: &StoredObject) -> Outcome<&[u8]> {
    let material = object.material.as_ref().filter(|material| !material.is_wrapped());
    let bytes = material.and_then(|material| material.material());
    bytes.ok_or_else(|| failed("the key is held in a form that cannot be used: wrapped or transparent"))
}
