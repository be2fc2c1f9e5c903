//! RSA encryption: OAEP with any two of SHA-1 and SHA-2, and PKCS#1 v1.5.

use super::{Parameters, bad_parameters, failed, rsa_keys, unsupported};
use crate::failure::{Failure, Outcome};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, Pkcs1PrivateDecryptingKey, PrivateDecryptingKey};
use digest::{Digest, FixedOutputReset};
use kmipspec_protocol::registry::{HashingAlgorithm, MaskGenerator, PaddingMethod};
use kmipspec_protocol::version::Version;
use rsa::{Oaep, Pkcs1v15Encrypt, RsaPrivateKey, RsaPublicKey};
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};

/// Which way, with which key.
#[derive(Clone, Copy)]
enum Way<'a> {
    /// Encrypt.
    Forth(&'a RsaPublicKey),
    /// Decrypt.
    Back(&'a RsaPrivateKey),
}

/// Encrypts under a public key in PKCS#1 or X.509.
pub(crate) fn encrypt(key: &[u8], parameters: &Parameters, data: &[u8], version: Version) -> Outcome<Vec<u8>> {
    let key = rsa_keys::public(key)?;
    match parameters.padding {
        Some(PaddingMethod::OAEP) => oaep(Way::Forth(&key), parameters, data, version),
        Some(PaddingMethod::PKCS1_V1_5) => {
            key.encrypt(&mut rsa_keys::random()?, Pkcs1v15Encrypt, data).map_err(|_| refused())
        }
        _ => Err(bad_parameters(version, "RSA needs the padding OAEP or PKCS1 v1.5")),
    }
}

/// Decrypts with a private key in PKCS#1 or PKCS#8.
pub(crate) fn decrypt(key: &[u8], parameters: &Parameters, data: &[u8], version: Version) -> Outcome<Vec<u8>> {
    match parameters.padding {
        Some(PaddingMethod::OAEP) => oaep(Way::Back(&rsa_keys::private(key)?), parameters, data, version),
        // The other library answers a wrong padding with other data, not with a failure.
        Some(PaddingMethod::PKCS1_V1_5) => {
            let key = private_key(key).and_then(|key| Pkcs1PrivateDecryptingKey::new(key).ok()).ok_or_else(refused)?;
            let mut out = vec![0; key.min_output_size()];
            let written = key.decrypt(data, &mut out).map(|out| out.len());
            out.truncate(written.map_err(|_| refused())?);
            Ok(out)
        }
        _ => Err(bad_parameters(version, "RSA needs the padding OAEP or PKCS1 v1.5")),
    }
}

/// OAEP with a hash for the label and one for the mask: SHA-1 where none is named (RFC 8017 §A.2.1). UNCLEAR: 1.4 §3.6 has SHA-1
/// for a mask without a hash of its own; published cases (CS-AC-M-OAEP) name both, and libraries take one for both.
fn oaep(way: Way<'_>, parameters: &Parameters, data: &[u8], version: Version) -> Outcome<Vec<u8>> {
    if parameters.mask_generator.unwrap_or(MaskGenerator::MGF1) != MaskGenerator::MGF1 {
        return Err(unsupported(version, "OAEP is done with MGF1 only"));
    }
    let label = parameters.label.as_slice();
    let hash = parameters.hash.unwrap_or(HashingAlgorithm::SHA_1);
    let mask = parameters.mask_hash.unwrap_or(hash);
    match hash {
        HashingAlgorithm::SHA_1 => masked::<Sha1>(way, mask, label, data),
        HashingAlgorithm::SHA_224 => masked::<Sha224>(way, mask, label, data),
        HashingAlgorithm::SHA_256 => masked::<Sha256>(way, mask, label, data),
        HashingAlgorithm::SHA_384 => masked::<Sha384>(way, mask, label, data),
        HashingAlgorithm::SHA_512 => masked::<Sha512>(way, mask, label, data),
        _ => None,
    }
    .unwrap_or_else(|| Err(unsupported(version, "OAEP is not done with these hashes")))
}

/// OAEP with the first hash known; none where the second is none of these.
fn masked<D: Digest + FixedOutputReset>(
    way: Way<'_>,
    mask: HashingAlgorithm,
    label: &[u8],
    data: &[u8],
) -> Option<Outcome<Vec<u8>>> {
    Some(match mask {
        HashingAlgorithm::SHA_1 => done::<D, Sha1>(way, label, data),
        HashingAlgorithm::SHA_224 => done::<D, Sha224>(way, label, data),
        HashingAlgorithm::SHA_256 => done::<D, Sha256>(way, label, data),
        HashingAlgorithm::SHA_384 => done::<D, Sha384>(way, label, data),
        HashingAlgorithm::SHA_512 => done::<D, Sha512>(way, label, data),
        _ => return None,
    })
}

/// OAEP with both hashes known.
fn done<D, M>(way: Way<'_>, label: &[u8], data: &[u8]) -> Outcome<Vec<u8>>
where
    D: Digest + FixedOutputReset,
    M: Digest + FixedOutputReset,
{
    let padding = Oaep::<D, M>::new_with_mgf_hash_and_label(label);
    match way {
        Way::Forth(key) => key.encrypt(&mut rsa_keys::random()?, padding, data),
        Way::Back(key) => key.decrypt_blinded(&mut rsa_keys::random()?, padding, data),
    }
    .map_err(|_| refused())
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
