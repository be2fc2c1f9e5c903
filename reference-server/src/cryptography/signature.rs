//! Signatures: RSA PKCS#1 v1.5 and PSS, ECDSA, each with every hash there is.

use super::{Parameters, algorithm, bad_parameters, ecdsa, failed, hashing, key, rsa_keys, unsupported};
use crate::failure::{Failure, Outcome};
use crate::object::StoredObject;
use digest::const_oid::AssociatedOid;
use digest::{Digest, FixedOutputReset};
use kmipspec_protocol::registry::{
    CryptographicAlgorithm, DigitalSignatureAlgorithm, HashingAlgorithm, MaskGenerator, PaddingMethod,
};
use kmipspec_protocol::version::Version;
use rsa::traits::PublicKeyParts;
use rsa::{Pkcs1v15Sign, Pss, RsaPrivateKey, RsaPublicKey};

/// What is signed: the data, or the digest that the client took of it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Message<'a> {
    /// The data itself.
    Data(&'a [u8]),
    /// Its digest.
    Digested(&'a [u8]),
}

/// Signs with a private key.
pub(crate) fn sign(
    object: &StoredObject,
    parameters: &Parameters,
    message: Message<'_>,
    version: Version,
) -> Outcome<Vec<u8>> {
    let bytes = key(object)?;
    check_algorithm(object, parameters, version)?;
    let digest = digest_of(message, hash_of(parameters), version)?;
    if !is_rsa(object) {
        return ecdsa::sign(bytes, &digest).ok_or_else(|| bad_parameters(version, "the key signs neither so nor this"));
    }
    let key = rsa_keys::private(bytes)?;
    let scheme = Rsa::new(parameters, version)?;
    scheme.sign(&key, &digest, version)
}

/// Whether a signature is that of the message under a public key.
pub(crate) fn verify(
    object: &StoredObject,
    parameters: &Parameters,
    message: Message<'_>,
    signature: &[u8],
    version: Version,
) -> Outcome<bool> {
    let bytes = key(object)?;
    check_algorithm(object, parameters, version)?;
    let digest = digest_of(message, hash_of(parameters), version)?;
    if !is_rsa(object) {
        let holds = ecdsa::verify(bytes, &digest, signature);
        return holds.ok_or_else(|| bad_parameters(version, "the key is on no curve of this server"));
    }
    let key = rsa_keys::public(bytes)?;
    let scheme = Rsa::new(parameters, version)?;
    scheme.verify(&key, &digest, signature, version)
}

/// Whether the key is one of RSA.
fn is_rsa(object: &StoredObject) -> bool {
    algorithm(object) == Some(CryptographicAlgorithm::RSA)
}

/// A Digital Signature Algorithm that is named must be one of the key's kind.
fn check_algorithm(object: &StoredObject, parameters: &Parameters, version: Version) -> Outcome<()> {
    let Some(named) = parameters.signature else { return Ok(()) };
    let ecdsa = matches!(
        named,
        DigitalSignatureAlgorithm::ECDSA_WITH_SHA_1
            | DigitalSignatureAlgorithm::ECDSA_WITH_SHA224
            | DigitalSignatureAlgorithm::ECDSA_WITH_SHA256
            | DigitalSignatureAlgorithm::ECDSA_WITH_SHA384
            | DigitalSignatureAlgorithm::ECDSA_WITH_SHA512
    );
    if ecdsa == is_rsa(object) {
        return Err(bad_parameters(version, "the key is not one of that Digital Signature Algorithm"));
    }
    Ok(())
}

/// The digest to sign: the client's, or that of the data.
fn digest_of(message: Message<'_>, hash: Option<HashingAlgorithm>, version: Version) -> Outcome<Vec<u8>> {
    match message {
        Message::Digested(digest) => Ok(digest.to_vec()),
        Message::Data(data) => {
            let hash = hash.ok_or_else(|| bad_parameters(version, "no Hashing Algorithm is given"))?;
            hashing::digest(hash, data).ok_or_else(|| unsupported(version, "this Hashing Algorithm is not supported"))
        }
    }
}

/// The hash that the parameters name, by itself or within a Digital Signature Algorithm.
fn hash_of(parameters: &Parameters) -> Option<HashingAlgorithm> {
    Some(match parameters.signature {
        None | Some(DigitalSignatureAlgorithm::RSASSA_PSS) => return parameters.hash,
        Some(DigitalSignatureAlgorithm::MD2_WITH_RSA_ENCRYPTION) => HashingAlgorithm::MD2,
        Some(DigitalSignatureAlgorithm::MD5_WITH_RSA_ENCRYPTION) => HashingAlgorithm::MD5,
        Some(DigitalSignatureAlgorithm::SHA_1_WITH_RSA_ENCRYPTION | DigitalSignatureAlgorithm::ECDSA_WITH_SHA_1) => {
            HashingAlgorithm::SHA_1
        }
        Some(DigitalSignatureAlgorithm::SHA_224_WITH_RSA_ENCRYPTION | DigitalSignatureAlgorithm::ECDSA_WITH_SHA224) => {
            HashingAlgorithm::SHA_224
        }
        Some(DigitalSignatureAlgorithm::SHA_256_WITH_RSA_ENCRYPTION | DigitalSignatureAlgorithm::ECDSA_WITH_SHA256) => {
            HashingAlgorithm::SHA_256
        }
        Some(DigitalSignatureAlgorithm::SHA_384_WITH_RSA_ENCRYPTION | DigitalSignatureAlgorithm::ECDSA_WITH_SHA384) => {
            HashingAlgorithm::SHA_384
        }
        Some(DigitalSignatureAlgorithm::SHA_512_WITH_RSA_ENCRYPTION | DigitalSignatureAlgorithm::ECDSA_WITH_SHA512) => {
            HashingAlgorithm::SHA_512
        }
        Some(DigitalSignatureAlgorithm::SHA3_256_WITH_RSA_ENCRYPTION) => HashingAlgorithm::SHA3_256,
        Some(DigitalSignatureAlgorithm::SHA3_384_WITH_RSA_ENCRYPTION) => HashingAlgorithm::SHA3_384,
        Some(DigitalSignatureAlgorithm::SHA3_512_WITH_RSA_ENCRYPTION) => HashingAlgorithm::SHA3_512,
        Some(_) => return None,
    })
}

/// How RSA signs and verifies.
struct Rsa {
    /// PSS, not PKCS#1 v1.5.
    pss: bool,
    /// The hash.
    hash: HashingAlgorithm,
    /// Salt Length of PSS. UNCLEAR: 1.4 §3.6 makes it the block size of the mask's hash where it is left out, which no library
    /// takes; a signature has one as long as the digest then, and any is good to verify.
    salt: Option<usize>,
}

/// Calls a generic function with the type of a hash that RSA signs; none for others.
macro_rules! with_rsa_hash {
    ($hash:expr, $call:ident $arguments:tt) => {
        match $hash {
            HashingAlgorithm::MD5 => Some($call::<md5::Md5> $arguments),
            HashingAlgorithm::SHA_1 => Some($call::<sha1::Sha1> $arguments),
            HashingAlgorithm::SHA_224 => Some($call::<sha2::Sha224> $arguments),
            HashingAlgorithm::SHA_256 => Some($call::<sha2::Sha256> $arguments),
            HashingAlgorithm::SHA_384 => Some($call::<sha2::Sha384> $arguments),
            HashingAlgorithm::SHA_512 => Some($call::<sha2::Sha512> $arguments),
            HashingAlgorithm::SHA_512_224 => Some($call::<sha2::Sha512_224> $arguments),
            HashingAlgorithm::SHA_512_256 => Some($call::<sha2::Sha512_256> $arguments),
            HashingAlgorithm::SHA3_224 => Some($call::<sha3::Sha3_224> $arguments),
            HashingAlgorithm::SHA3_256 => Some($call::<sha3::Sha3_256> $arguments),
            HashingAlgorithm::SHA3_384 => Some($call::<sha3::Sha3_384> $arguments),
            HashingAlgorithm::SHA3_512 => Some($call::<sha3::Sha3_512> $arguments),
            HashingAlgorithm::RIPEMD_160 => Some($call::<ripemd::Ripemd160> $arguments),
            _ => None,
        }
    };
}

impl Rsa {
    /// Padding, hash and salt that the parameters name.
    fn new(parameters: &Parameters, version: Version) -> Outcome<Self> {
        let pss = match (parameters.signature, parameters.padding) {
            (Some(DigitalSignatureAlgorithm::RSASSA_PSS), _) | (None, Some(PaddingMethod::PSS)) => true,
            (Some(_), _) | (None, Some(PaddingMethod::PKCS1_V1_5)) => false,
            _ => return Err(bad_parameters(version, "RSA signs with the padding PSS or PKCS1 v1.5")),
        };
        let hash = hash_of(parameters).ok_or_else(|| bad_parameters(version, "no Hashing Algorithm is given"))?;
        let same_mask = parameters.mask_hash.is_none_or(|mask| mask == hash);
        let generator = parameters.mask_generator.unwrap_or(MaskGenerator::MGF1);
        if pss && (!same_mask || generator != MaskGenerator::MGF1 || parameters.trailer.is_some_and(|field| field != 1))
        {
            return Err(unsupported(
                version,
                "PSS is done with MGF1, the same hash in it, and the standard trailer only",
            ));
        }
        let salt = parameters.salt_length.map(usize::try_from).transpose();
        let salt = salt.map_err(|_| bad_parameters(version, "Salt Length is negative"))?;
        Ok(Self { pss, hash, salt })
    }

    /// Signs a digest.
    fn sign(&self, key: &RsaPrivateKey, digest: &[u8], version: Version) -> Outcome<Vec<u8>> {
        let salt = self.salt.unwrap_or(digest.len());
        if salt > key.size() {
            return Err(bad_parameters(version, "Salt Length does not fit in the key"));
        }
        let signature = with_rsa_hash!(self.hash, signed(self.pss, salt, key, digest));
        signature.unwrap_or_else(|| Err(unsupported(version, "RSA does not sign with this Hashing Algorithm")))
    }

    /// Compares a signature with a digest.
    fn verify(&self, key: &RsaPublicKey, digest: &[u8], signature: &[u8], version: Version) -> Outcome<bool> {
        let holds = with_rsa_hash!(self.hash, verified(self.pss, self.salt, key, digest, signature));
        holds.ok_or_else(|| unsupported(version, "RSA does not sign with this Hashing Algorithm"))
    }
}

/// A signature with a hash.
fn signed<D: Digest + FixedOutputReset + AssociatedOid>(
    pss: bool,
    salt: usize,
    key: &RsaPrivateKey,
    digest: &[u8],
) -> Outcome<Vec<u8>> {
    let mut random = rsa_keys::random()?;
    if pss {
        key.sign_with_rng(&mut random, Pss::<D>::new_with_salt(salt), digest)
    } else {
        key.sign_with_rng(&mut random, Pkcs1v15Sign::new::<D>(), digest)
    }
    .map_err(|_| refused())
}

/// Whether a signature with a hash holds.
fn verified<D: Digest + FixedOutputReset + AssociatedOid>(
    pss: bool,
    salt: Option<usize>,
    key: &RsaPublicKey,
    digest: &[u8],
    signature: &[u8],
) -> bool {
    if pss {
        key.verify(Pss::<D> { salt_len: salt, ..Pss::new() }, digest, signature).is_ok()
    } else {
        key.verify(Pkcs1v15Sign::new::<D>(), digest, signature).is_ok()
    }
}

/// The library refused to sign.
fn refused() -> Failure {
    failed("the signature could not be made: the digest is none of the Hashing Algorithm, or does not fit in the key")
}
