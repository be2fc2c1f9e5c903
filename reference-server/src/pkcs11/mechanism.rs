//! Mechanisms: the CK_MECHANISM values served, as the Cryptographic Parameters of the KMIP operation that does the work.

use super::codec::{CodecError, Input};
use super::{MECHANISM_INVALID, MECHANISM_PARAM_INVALID};
use kmipspec_protocol::registry::{
    BlockCipherMode, CryptographicAlgorithm as Algorithm, HashingAlgorithm as Hash, PaddingMethod, tag,
};
use kmipspec_protocol::ttlv::{Item, Tag};

/// CKM_SHA_1.
const SHA_1: u64 = 0x220;
/// CKM_SHA256, and CKM_SHA256_HMAC.
const SHA256: u64 = 0x250;
const SHA256_HMAC: u64 = 0x251;
/// CKM_SHA384, and CKM_SHA384_HMAC.
const SHA384: u64 = 0x260;
const SHA384_HMAC: u64 = 0x261;
/// CKM_SHA512, and CKM_SHA512_HMAC.
const SHA512: u64 = 0x270;
const SHA512_HMAC: u64 = 0x271;
/// CKM_GENERIC_SECRET_KEY_GEN.
pub(super) const GENERIC_SECRET_KEY_GEN: u64 = 0x350;
/// CKM_AES_KEY_GEN.
pub(super) const AES_KEY_GEN: u64 = 0x1080;
/// CKM_AES_ECB, CKM_AES_CBC, CKM_AES_CBC_PAD, CKM_AES_GCM.
const AES_ECB: u64 = 0x1081;
const AES_CBC: u64 = 0x1082;
const AES_CBC_PAD: u64 = 0x1085;
const AES_GCM: u64 = 0x1087;

/// CKF_ENCRYPT | CKF_DECRYPT.
const CIPHER: u64 = 0x100 | 0x200;
/// CKF_DIGEST.
const DIGEST: u64 = 0x400;
/// CKF_SIGN | CKF_VERIFY.
const MAC: u64 = 0x800 | 0x2000;
/// CKF_GENERATE.
const GENERATE: u64 = 0x8000;

/// Every mechanism: its number, least and greatest key size (bytes; as PKCS#11 has it for AES), flags.
pub(super) const ALL: &[(u64, u64, u64, u64)] = &[
    (SHA_1, 0, 0, DIGEST),
    (SHA256, 0, 0, DIGEST),
    (SHA256_HMAC, 1, 512, MAC),
    (SHA384, 0, 0, DIGEST),
    (SHA384_HMAC, 1, 512, MAC),
    (SHA512, 0, 0, DIGEST),
    (SHA512_HMAC, 1, 512, MAC),
    (GENERIC_SECRET_KEY_GEN, 1, 512, GENERATE),
    (AES_KEY_GEN, 16, 32, GENERATE),
    (AES_ECB, 16, 32, CIPHER),
    (AES_CBC, 16, 32, CIPHER),
    (AES_CBC_PAD, 16, 32, CIPHER),
    (AES_GCM, 16, 32, CIPHER),
];

/// A CK_MECHANISM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mechanism {
    /// Its number.
    pub(super) number: u64,
    /// The IV.
    pub(super) iv: Option<Vec<u8>>,
    /// Additional data of GCM.
    pub(super) additional: Option<Vec<u8>>,
    /// Bytes of the tag of GCM, which follows the ciphertext.
    pub(super) tag: usize,
}

impl Mechanism {
    /// Number and parameter. The parameter of GCM is a CK_GCM_PARAMS: IV, its bits, additional data, bits of the tag.
    pub(super) fn read(input: &mut Input<'_>) -> Result<Result<Self, u32>, CodecError> {
        let number = input.long()?;
        let parameter = input.bytes()?;
        let mut mechanism = Self { number, iv: None, additional: None, tag: 0 };
        match number {
            AES_CBC | AES_CBC_PAD if parameter.len() == 16 => mechanism.iv = Some(parameter.to_vec()),
            AES_GCM => {
                let mut inner = Input::new(parameter);
                mechanism.iv = Some(inner.bytes()?.to_vec());
                inner.long()?;
                mechanism.additional = Some(inner.bytes()?.to_vec());
                let bits = inner.long()?;
                inner.finish()?;
                match usize::try_from(bits / 8) {
                    Ok(bytes @ 4..=16) if bits % 8 == 0 => mechanism.tag = bytes,
                    _ => return Ok(Err(MECHANISM_PARAM_INVALID)),
                }
            }
            _ if !ALL.iter().any(|(known, ..)| *known == number) => return Ok(Err(MECHANISM_INVALID)),
            _ if !parameter.is_empty() => return Ok(Err(MECHANISM_PARAM_INVALID)),
            AES_CBC | AES_CBC_PAD => return Ok(Err(MECHANISM_PARAM_INVALID)),
            _ => {}
        }
        Ok(Ok(mechanism))
    }

    /// Whether it does that: one of the flags.
    pub(super) fn does(&self, flag: u64) -> bool {
        ALL.iter().any(|(number, _, _, flags)| *number == self.number && flags & flag != 0)
    }

    /// Whether it encrypts.
    pub(super) fn is_cipher(&self) -> bool {
        self.does(CIPHER)
    }

    /// Whether it is a hash.
    pub(super) fn is_digest(&self) -> bool {
        self.does(DIGEST)
    }

    /// Whether it is a MAC.
    pub(super) fn is_mac(&self) -> bool {
        self.does(MAC)
    }

    /// The Cryptographic Parameters that say the same.
    pub(super) fn parameters(&self) -> Item {
        let mut fields = Vec::new();
        let mut push = |tag: Tag, value: u32| fields.push(Item::enumeration(tag, value));
        match self.number {
            AES_ECB => push(tag::BLOCK_CIPHER_MODE, BlockCipherMode::ECB.0),
            AES_CBC | AES_CBC_PAD => push(tag::BLOCK_CIPHER_MODE, BlockCipherMode::CBC.0),
            AES_GCM => push(tag::BLOCK_CIPHER_MODE, BlockCipherMode::GCM.0),
            _ => {}
        }
        match self.number {
            AES_ECB | AES_CBC => push(tag::PADDING_METHOD, PaddingMethod::NONE.0),
            AES_CBC_PAD => push(tag::PADDING_METHOD, PaddingMethod::PKCS5.0),
            _ => {}
        }
        match self.number {
            SHA_1 => push(tag::HASHING_ALGORITHM, Hash::SHA_1.0),
            SHA256 => push(tag::HASHING_ALGORITHM, Hash::SHA_256.0),
            SHA384 => push(tag::HASHING_ALGORITHM, Hash::SHA_384.0),
            SHA512 => push(tag::HASHING_ALGORITHM, Hash::SHA_512.0),
            SHA256_HMAC => push(tag::CRYPTOGRAPHIC_ALGORITHM, Algorithm::HMAC_SHA256.0),
            SHA384_HMAC => push(tag::CRYPTOGRAPHIC_ALGORITHM, Algorithm::HMAC_SHA384.0),
            SHA512_HMAC => push(tag::CRYPTOGRAPHIC_ALGORITHM, Algorithm::HMAC_SHA512.0),
            _ => {}
        }
        if self.tag != 0 {
            fields.push(Item::integer(tag::TAG_LENGTH, i32::try_from(self.tag).unwrap_or(16)));
        }
        Item::structure(tag::CRYPTOGRAPHIC_PARAMETERS, fields)
    }
}
