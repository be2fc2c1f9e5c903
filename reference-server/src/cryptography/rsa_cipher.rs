//! RSA encryption: OAEP with one hash for data and mask, and PKCS#1 v1.5.

use super::{Parameters, bad_parameters, failed, unsupported};
use crate::failure::{Failure, Outcome};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{
    KeyPair, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OAEP_SHA384_MGF1SHA384, OAEP_SHA512_MGF1SHA512, OaepAlgorithm,
    OaepPrivateDecryptingKey, OaepPublicEncryptingKey, Pkcs1PrivateDecryptingKey, Pkcs1PublicEncryptingKey,
    PrivateDecryptingKey, PublicEncryptingKey, PublicKey,
};
use kmipspec_protocol::registry::{HashingAlgorithm, MaskGenerator, PaddingMethod};
use kmipspec_protocol::version::Version;

/// Encrypts under a public key in PKCS#1 or X.509.
pub(crate) fn encrypt(key: &[u8], parameters: &Parameters, data: &[u8], version: Version) -> Outcome<Vec<u8>> {
    let key = public_key(key).ok_or_else(refused)?;
    let mut out = vec![0; key.key_size_bytes()];
    let written = match parameters.padding {
        Some(PaddingMethod::OAEP) => {
            let algorithm = oaep(parameters, version)?;
            let key = OaepPublicEncryptingKey::new(key).map_err(|_| refused())?;
            key.encrypt(algorithm, data, &mut out, Some(&parameters.label)).map(|out| out.len())
        }
        Some(PaddingMethod::PKCS1_V1_5) => {
            let key = Pkcs1PublicEncryptingKey::new(key).map_err(|_| refused())?;
            key.encrypt(data, &mut out).map(|out| out.len())
        }
        _ => return Err(bad_parameters(version, "RSA needs the padding OAEP or PKCS1 v1.5")),
    };
    out.truncate(written.map_err(|_| refused())?);
    Ok(out)
}

/// Decrypts with a private key in PKCS#1 or PKCS#8.
pub(crate) fn decrypt(key: &[u8], parameters: &Parameters, data: &[u8], version: Version) -> Outcome<Vec<u8>> {
    let key = private_key(key).ok_or_else(refused)?;
    let mut out = vec![0; key.key_size_bytes()];
    let written = match parameters.padding {
        Some(PaddingMethod::OAEP) => {
            let algorithm = oaep(parameters, version)?;
            let key = OaepPrivateDecryptingKey::new(key).map_err(|_| refused())?;
            key.decrypt(algorithm, data, &mut out, Some(&parameters.label)).map(|out| out.len())
        }
        Some(PaddingMethod::PKCS1_V1_5) => {
            let key = Pkcs1PrivateDecryptingKey::new(key).map_err(|_| refused())?;
            key.decrypt(data, &mut out).map(|out| out.len())
        }
        _ => return Err(bad_parameters(version, "RSA needs the padding OAEP or PKCS1 v1.5")),
    };
    out.truncate(written.map_err(|_| refused())?);
    Ok(out)
}

/// The OAEP of a hash, SHA-1 where none is named (RFC 8017 §A.2.1); the mask generator must use the same.
fn oaep(parameters: &Parameters, version: Version) -> Outcome<&'static OaepAlgorithm> {
    let hash = parameters.hash.unwrap_or(HashingAlgorithm::SHA_1);
    let mask = parameters.mask_hash.unwrap_or(hash);
    let generator = parameters.mask_generator.unwrap_or(MaskGenerator::MGF1);
    if mask != hash || generator != MaskGenerator::MGF1 {
        return Err(unsupported(version, "OAEP is done with MGF1 and the same hash in it only"));
    }
    match hash {
        HashingAlgorithm::SHA_1 => Ok(&OAEP_SHA1_MGF1SHA1),
        HashingAlgorithm::SHA_256 => Ok(&OAEP_SHA256_MGF1SHA256),
        HashingAlgorithm::SHA_384 => Ok(&OAEP_SHA384_MGF1SHA384),
        HashingAlgorithm::SHA_512 => Ok(&OAEP_SHA512_MGF1SHA512),
        _ => Err(unsupported(version, "OAEP is not done with this hash")),
    }
}

/// A public key, whichever of the two forms it is in.
fn public_key(der: &[u8]) -> Option<PublicEncryptingKey> {
    if let Ok(key) = PublicEncryptingKey::from_der(der) {
        return Some(key);
    }
    let x509: PublicKeyX509Der<'_> = PublicKey::from_der(der).ok()?.as_der().ok()?;
    PublicEncryptingKey::from_der(x509.as_ref()).ok()
}

/// A private key, whichever of the two forms it is in.
fn private_key(der: &[u8]) -> Option<PrivateDecryptingKey> {
    if let Ok(key) = PrivateDecryptingKey::from_pkcs8(der) {
        return Some(key);
    }
    let pkcs8: Pkcs8V1Der<'_> = KeyPair::from_der(der).ok()?.as_der().ok()?;
    PrivateDecryptingKey::from_pkcs8(pkcs8.as_ref()).ok()
}

/// The library refused key or data.
fn refused() -> Failure {
    failed("the key is no RSA key of this server's formats, or the data was refused")
}
