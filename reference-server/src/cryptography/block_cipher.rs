//! AES in the modes ECB, CBC, CTR, CFB, OFB and GCM, with the paddings None and PKCS5.

use super::{Parameters, bad_parameters, failed, unsupported};
use crate::failure::{Failure, Outcome};
use aws_lc_rs::aead::{AES_128_GCM, AES_192_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, Algorithm, DecryptingKey, DecryptionContext, EncryptingKey, EncryptionContext,
    UnboundCipherKey,
};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::iv::FixedLength;
use kmipspec_protocol::registry::{BlockCipherMode, PaddingMethod, ResultReason};
use kmipspec_protocol::version::Version;

/// Bytes of a block, of an IV, and of a whole GCM tag.
const BLOCK: usize = 16;
/// Bytes of a GCM nonce; other lengths are not supported.
const NONCE: usize = 12;

/// Ciphertext, and the tag of an authenticated mode.
pub(crate) struct Sealed {
    /// Ciphertext without tag.
    pub(crate) data: Vec<u8>,
    /// Authentication tag.
    pub(crate) tag: Option<Vec<u8>>,
}

/// Bytes of IV that a mode takes; none for ECB.
pub(crate) fn iv_length(parameters: &Parameters, version: Version) -> Outcome<usize> {
    match parameters.mode {
        Some(BlockCipherMode::ECB) => Ok(0),
        Some(BlockCipherMode::CBC | BlockCipherMode::CTR | BlockCipherMode::CFB | BlockCipherMode::OFB) => Ok(BLOCK),
        Some(BlockCipherMode::GCM) => Ok(NONCE),
        Some(_) => Err(unsupported(version, "this Block Cipher Mode is not supported")),
        None => Err(bad_parameters(version, "no Block Cipher Mode is given, with the request or with the key")),
    }
}

/// The IV as the mode wants it: its length right, none where the mode takes none.
pub(crate) fn check_iv(given: Option<&[u8]>, wanted: usize, version: Version) -> Outcome<&[u8]> {
    match given {
        _ if wanted == 0 => Ok(&[]),
        Some(iv) if iv.len() == wanted => Ok(iv),
        Some(_) => Err(bad_parameters(version, "the IV/Counter/Nonce does not have the length of the mode")),
        None => Err(Failure::by_version(
            version,
            ResultReason::CRYPTOGRAPHIC_FAILURE,
            ResultReason::MISSING_INITIALIZATION_VECTOR,
            "the mode needs an IV/Counter/Nonce",
        )),
    }
}

/// Encrypts with an IV that [`check_iv`] has seen.
pub(crate) fn encrypt(
    key: &[u8],
    parameters: &Parameters,
    iv: &[u8],
    additional: &[u8],
    data: &[u8],
    version: Version,
) -> Outcome<Sealed> {
    let mut data = data.to_vec();
    if parameters.mode == Some(BlockCipherMode::GCM) {
        let length = tag_length(parameters, version)?;
        let mut tag = seal(key, iv, additional, &mut data).ok_or_else(refused)?;
        tag.truncate(length);
        return Ok(Sealed { data, tag: Some(tag) });
    }
    if is_padded(parameters, version)? {
        let fill = BLOCK.saturating_sub(data.len() % BLOCK);
        data.extend(std::iter::repeat_n(u8::try_from(fill).unwrap_or(0), fill));
    } else if needs_whole_blocks(parameters) && !data.len().is_multiple_of(BLOCK) {
        return Err(failed("without padding the data must be whole blocks"));
    }
    if !data.is_empty() {
        stream_or_block(key, parameters, iv, &mut data, true).ok_or_else(refused)?;
    }
    Ok(Sealed { data, tag: None })
}

/// Decrypts; for GCM the tag decides whether anything is given out.
pub(crate) fn decrypt(
    key: &[u8],
    parameters: &Parameters,
    iv: &[u8],
    additional: &[u8],
    data: &[u8],
    tag: Option<&[u8]>,
    version: Version,
) -> Outcome<Vec<u8>> {
    if parameters.mode == Some(BlockCipherMode::GCM) {
        let tag = tag.filter(|tag| (4..=BLOCK).contains(&tag.len()));
        let tag =
            tag.ok_or_else(|| bad_parameters(version, "the Authenticated Encryption Tag is missing or too short"))?;
        return open(key, iv, additional, data, tag).ok_or_else(|| failed("the data is not authentic"));
    }
    if needs_whole_blocks(parameters) && !data.len().is_multiple_of(BLOCK) {
        return Err(failed("the data is not made of whole blocks"));
    }
    let padded = is_padded(parameters, version)?;
    let mut data = data.to_vec();
    if !data.is_empty() {
        stream_or_block(key, parameters, iv, &mut data, false).ok_or_else(refused)?;
    }
    if padded {
        let fill = data.last().copied().unwrap_or(0);
        let kept = data.len().checked_sub(usize::from(fill)).filter(|_| (1..=16).contains(&fill));
        let kept = kept.filter(|kept| data.iter().skip(*kept).all(|byte| *byte == fill));
        data.truncate(kept.ok_or_else(|| failed("the padding is wrong"))?);
    }
    Ok(data)
}

/// Whether the mode works on whole blocks only.
fn needs_whole_blocks(parameters: &Parameters) -> bool {
    matches!(parameters.mode, Some(BlockCipherMode::ECB | BlockCipherMode::CBC))
}

/// Whether PKCS5 padding is asked for; a mode that needs none ignores it.
fn is_padded(parameters: &Parameters, version: Version) -> Outcome<bool> {
    match parameters.padding {
        None | Some(PaddingMethod::NONE) => Ok(false),
        Some(PaddingMethod::PKCS5) => Ok(needs_whole_blocks(parameters)),
        Some(_) if !needs_whole_blocks(parameters) => Ok(false),
        Some(_) => Err(unsupported(version, "of the paddings of block ciphers None and PKCS5 are supported")),
    }
}

/// Tag Length; all 16 bytes where none is given.
fn tag_length(parameters: &Parameters, version: Version) -> Outcome<usize> {
    let Some(length) = parameters.tag_length else { return Ok(BLOCK) };
    let length = usize::try_from(length).ok().filter(|length| (4..=BLOCK).contains(length));
    length.ok_or_else(|| bad_parameters(version, "a GCM tag has 4 to 16 bytes"))
}

/// AES of the key's length.
fn aes(key: &[u8]) -> Option<&'static Algorithm> {
    Some(match key.len() {
        16 => &AES_128,
        24 => &AES_192,
        32 => &AES_256,
        _ => return None,
    })
}

/// One pass of a mode other than GCM, in place.
fn stream_or_block(key: &[u8], parameters: &Parameters, iv: &[u8], data: &mut [u8], forth: bool) -> Option<()> {
    let key = UnboundCipherKey::new(aes(key)?, key).ok()?;
    let iv = if iv.is_empty() { None } else { Some(<[u8; BLOCK]>::try_from(iv).ok()?) };
    let mode = parameters.mode?;
    let done = if forth {
        let key = encrypting(key, mode)?.ok()?;
        let context = iv.map_or(EncryptionContext::None, |iv| EncryptionContext::Iv128(FixedLength::from(iv)));
        key.less_safe_encrypt(data, context).is_ok()
    } else {
        let key = decrypting(key, mode)?.ok()?;
        let context = iv.map_or(DecryptionContext::None, |iv| DecryptionContext::Iv128(FixedLength::from(iv)));
        key.decrypt(data, context).is_ok()
    };
    done.then_some(())
}

/// The key in a mode.
fn encrypting(key: UnboundCipherKey, mode: BlockCipherMode) -> Option<Result<EncryptingKey, Unspecified>> {
    Some(match mode {
        BlockCipherMode::ECB => EncryptingKey::ecb(key),
        BlockCipherMode::CBC => EncryptingKey::cbc(key),
        BlockCipherMode::CTR => EncryptingKey::ctr(key),
        BlockCipherMode::CFB => EncryptingKey::cfb128(key),
        BlockCipherMode::OFB => EncryptingKey::ofb(key),
        _ => return None,
    })
}

/// The key in a mode.
fn decrypting(key: UnboundCipherKey, mode: BlockCipherMode) -> Option<Result<DecryptingKey, Unspecified>> {
    Some(match mode {
        BlockCipherMode::ECB => DecryptingKey::ecb(key),
        BlockCipherMode::CBC => DecryptingKey::cbc(key),
        BlockCipherMode::CTR => DecryptingKey::ctr(key),
        BlockCipherMode::CFB => DecryptingKey::cfb128(key),
        BlockCipherMode::OFB => DecryptingKey::ofb(key),
        _ => return None,
    })
}

/// GCM in place; gives the whole tag.
fn seal(key: &[u8], nonce: &[u8], additional: &[u8], data: &mut [u8]) -> Option<Vec<u8>> {
    let algorithm = match key.len() {
        16 => &AES_128_GCM,
        24 => &AES_192_GCM,
        32 => &AES_256_GCM,
        _ => return None,
    };
    let key = LessSafeKey::new(UnboundKey::new(algorithm, key).ok()?);
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let tag = key.seal_in_place_separate_tag(nonce, Aad::from(additional), data).ok()?;
    Some(tag.as_ref().to_vec())
}

/// GCM with a tag of any length, which the library does not have: the plaintext by counter mode, from the counter that follows
/// the tag's (SP 800-38D §7.2), then its tag once more to compare.
fn open(key: &[u8], nonce: &[u8], additional: &[u8], data: &[u8], tag: &[u8]) -> Option<Vec<u8>> {
    let counter = [nonce, &[0, 0, 0, 2]].concat();
    let parameters = Parameters { mode: Some(BlockCipherMode::CTR), ..Parameters::default() };
    let mut plain = data.to_vec();
    if !plain.is_empty() {
        stream_or_block(key, &parameters, &counter, &mut plain, false)?;
    }
    let expected = seal(key, nonce, additional, &mut plain.clone())?;
    verify_slices_are_equal(expected.get(..tag.len())?, tag).ok()?;
    Some(plain)
}

/// The library refused key or data.
fn refused() -> Failure {
    failed("the key is no AES key, or the data was refused")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(mode: BlockCipherMode, padding: Option<PaddingMethod>) -> Parameters {
        Parameters { mode: Some(mode), padding, ..Parameters::default() }
    }

    #[test]
    fn what_is_encrypted_comes_back_in_every_mode() {
        let key = [7; 32];
        for mode in [
            BlockCipherMode::ECB,
            BlockCipherMode::CBC,
            BlockCipherMode::CTR,
            BlockCipherMode::CFB,
            BlockCipherMode::OFB,
            BlockCipherMode::GCM,
        ] {
            let parameters = parameters(mode, Some(PaddingMethod::PKCS5));
            let length = iv_length(&parameters, Version::V2_1).unwrap_or(99);
            let iv = vec![9; length];
            for plain in [&b""[..], b"fifteen bytes..", b"sixteen bytes..."] {
                let sealed = encrypt(&key, &parameters, &iv, b"more", plain, Version::V2_1).expect("encrypts");
                assert!(plain.is_empty() || sealed.data != plain, "{mode:?}");
                let tag = sealed.tag.as_deref();
                let back = decrypt(&key, &parameters, &iv, b"more", &sealed.data, tag, Version::V2_1);
                assert_eq!(back.expect("decrypts"), plain, "{mode:?}");
            }
        }
    }

    #[test]
    fn gcm_refuses_what_was_changed_also_with_a_short_tag() {
        let parameters = Parameters { tag_length: Some(12), ..parameters(BlockCipherMode::GCM, None) };
        let sealed = encrypt(&[1; 16], &parameters, &[2; 12], b"aad", b"secret", Version::V2_1).expect("encrypts");
        let tag = sealed.tag.unwrap_or_default();
        assert_eq!(tag.len(), 12);
        let open = |aad: &[u8], data: &[u8]| {
            decrypt(&[1; 16], &parameters, &[2; 12], aad, data, Some(&tag), Version::V2_1).is_ok()
        };
        assert!(open(b"aad", &sealed.data));
        assert!(!open(b"other", &sealed.data));
        assert!(!open(b"aad", b"secret"));
    }

    #[test]
    fn a_block_mode_without_padding_takes_whole_blocks_only() {
        let parameters = parameters(BlockCipherMode::ECB, None);
        assert!(encrypt(&[1; 16], &parameters, &[], &[], &[0; 15], Version::V1_4).is_err());
        assert!(decrypt(&[1; 16], &parameters, &[], &[], &[0; 15], None, Version::V1_4).is_err());
        assert!(encrypt(&[1; 15], &parameters, &[], &[], &[0; 16], Version::V1_4).is_err(), "no AES key");
    }
}
