//! Modes that need all of their data: GCM and CCM with tags, ChaCha20-Poly1305, XTS, and the key wraps of RFC 3394 and RFC 5649.

use super::ciphers::Wide;
use aes_gcm::AesGcm;
use aes_gcm::aead::AeadInOut;
use aes_gcm::aead::array::{Array, ArraySize};
use aes_gcm::aead::consts::*;
use aes_kw::{AesKw, AesKwp};
use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use ccm::Ccm;
use cipher::common::InnerInit;
use xts_mode::Xts128;

/// Bytes of a whole GCM tag.
pub(crate) const TAG: usize = 16;

/// Calls a generic function with the type-level number of a length that is known only now.
macro_rules! by_length {
    ($length:expr, $call:ident $arguments:tt for $($number:literal = $name:ident,)*) => {
        match $length {
            $($number => $call::<$name> $arguments,)*
            _ => None,
        }
    };
}

/// GCM forth, in place; gives the whole tag. None for a nonce of a length that is not here.
pub(crate) fn gcm(cipher: &Wide, nonce: &[u8], additional: &[u8], data: &mut [u8]) -> Option<Vec<u8>> {
    by_length!(nonce.len(), gcm_of(cipher, nonce, additional, data) for
        1 = U1, 2 = U2, 3 = U3, 4 = U4, 5 = U5, 6 = U6, 7 = U7, 8 = U8, 9 = U9, 10 = U10, 11 = U11, 12 = U12, 13 = U13,
        14 = U14, 15 = U15, 16 = U16, 20 = U20, 24 = U24, 28 = U28, 32 = U32, 36 = U36, 40 = U40, 44 = U44, 48 = U48,
        52 = U52, 56 = U56, 60 = U60, 64 = U64, 128 = U128,)
}

/// GCM with a nonce of one length.
fn gcm_of<N: ArraySize>(cipher: &Wide, nonce: &[u8], additional: &[u8], data: &mut [u8]) -> Option<Vec<u8>> {
    let nonce = Array::<u8, N>::try_from(nonce).ok()?;
    let tag =
        AesGcm::<Wide, N, U16>::from(cipher.clone()).encrypt_inout_detached(&nonce, additional, data.into()).ok()?;
    Some(tag.to_vec())
}

/// GCM back with a tag of any length, which the library does not have: its key stream is the same both ways, so a second time
/// forth gives the plaintext, and a third its tag (SP 800-38D §7.2).
pub(crate) fn gcm_open(cipher: &Wide, nonce: &[u8], additional: &[u8], data: &[u8], tag: &[u8]) -> Option<Vec<u8>> {
    let mut plain = data.to_vec();
    gcm(cipher, nonce, additional, &mut plain)?;
    let expected = gcm(cipher, nonce, additional, &mut plain.clone())?;
    verify_slices_are_equal(expected.get(..tag.len())?, tag).ok()?;
    Some(plain)
}

/// CCM: the tag's length counts from the first block on (SP 800-38C §A.2).
struct Sealing<'a> {
    /// The cipher with its key.
    cipher: &'a Wide,
    /// 7 to 13 bytes.
    nonce: &'a [u8],
    /// What is authenticated only.
    additional: &'a [u8],
    /// The tag to compare; none to make one.
    tag: Option<&'a [u8]>,
}

/// CCM in place, forth: gives a tag of that length, an even one from 4 to 16.
pub(crate) fn ccm(cipher: &Wide, nonce: &[u8], additional: &[u8], data: &mut [u8], length: usize) -> Option<Vec<u8>> {
    ccm_by_tag(&Sealing { cipher, nonce, additional, tag: None }, data, length)
}

/// CCM in place, back.
pub(crate) fn ccm_open(cipher: &Wide, nonce: &[u8], additional: &[u8], data: &[u8], tag: &[u8]) -> Option<Vec<u8>> {
    let mut plain = data.to_vec();
    ccm_by_tag(&Sealing { cipher, nonce, additional, tag: Some(tag) }, &mut plain, tag.len())?;
    Some(plain)
}

/// Finds the type of the tag's length.
fn ccm_by_tag(sealing: &Sealing<'_>, data: &mut [u8], length: usize) -> Option<Vec<u8>> {
    by_length!(length, ccm_by_nonce(sealing, data) for
        4 = U4, 6 = U6, 8 = U8, 10 = U10, 12 = U12, 14 = U14, 16 = U16,)
}

/// Finds the type of the nonce's length, and does it.
fn ccm_by_nonce<M: ArraySize + ccm::TagSize>(sealing: &Sealing<'_>, data: &mut [u8]) -> Option<Vec<u8>> {
    /// CCM with a nonce and a tag of one length each.
    macro_rules! with {
        ($($length:literal = $name:ident,)*) => {
            match sealing.nonce.len() {
                $($length => {
                    let ccm = Ccm::<Wide, M, $name>::from(sealing.cipher.clone());
                    let nonce = Array::<u8, $name>::try_from(sealing.nonce).ok()?;
                    match sealing.tag {
                        None => {
                            let tag = ccm.encrypt_inout_detached(&nonce, sealing.additional, data.into()).ok()?;
                            Some(tag.to_vec())
                        }
                        Some(tag) => {
                            let tag = Array::<u8, M>::try_from(tag).ok()?;
                            ccm.decrypt_inout_detached(&nonce, sealing.additional, data.into(), &tag).ok()?;
                            Some(Vec::new())
                        }
                    }
                })*
                _ => None,
            }
        };
    }
    with!(7 = U7, 8 = U8, 9 = U9, 10 = U10, 11 = U11, 12 = U12, 13 = U13,)
}

/// ChaCha20-Poly1305 in place, forth (RFC 8439 §2.8).
pub(crate) fn chacha20_poly1305(key: &[u8], nonce: &[u8], additional: &[u8], data: &mut [u8]) -> Option<Vec<u8>> {
    let key = LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, key).ok()?);
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    Some(key.seal_in_place_separate_tag(nonce, Aad::from(additional), data).ok()?.as_ref().to_vec())
}

/// ChaCha20-Poly1305, back.
pub(crate) fn chacha20_poly1305_open(
    key: &[u8],
    nonce: &[u8],
    additional: &[u8],
    data: &[u8],
    tag: &[u8],
) -> Option<Vec<u8>> {
    let key = LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, key).ok()?);
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut sealed = [data, tag].concat();
    Some(key.open_in_place(nonce, Aad::from(additional), &mut sealed).ok()?.to_vec())
}

/// XTS of one data unit in place (IEEE 1619): the first half of the key is for the data, the second for the tweak.
pub(crate) fn xts(data_cipher: Wide, tweak_cipher: Wide, tweak: &[u8], data: &mut [u8], forth: bool) -> Option<()> {
    let tweak = Array::<u8, U16>::try_from(tweak).ok()?;
    if data.len() < 16 {
        return None;
    }
    let xts = Xts128::new(data_cipher, tweak_cipher);
    if forth {
        xts.encrypt_sector(data, tweak);
    } else {
        xts.decrypt_sector(data, tweak);
    }
    Some(())
}

/// AES Key Wrap, without padding (RFC 3394) or with it (RFC 5649).
pub(crate) fn wrap(cipher: Wide, padded: bool, data: &[u8]) -> Option<Vec<u8>> {
    let mut out = vec![0; data.len().checked_add(16)?];
    let wrapped = if padded {
        AesKwp::inner_init(cipher).wrap_key(data, &mut out)
    } else {
        AesKw::inner_init(cipher).wrap_key(data, &mut out)
    };
    wrapped.ok().map(<[u8]>::to_vec)
}

/// The same, back.
pub(crate) fn unwrap(cipher: Wide, padded: bool, data: &[u8]) -> Option<Vec<u8>> {
    let mut out = vec![0; data.len()];
    let plain = if padded {
        AesKwp::inner_init(cipher).unwrap_key(data, &mut out)
    } else {
        AesKw::inner_init(cipher).unwrap_key(data, &mut out)
    };
    plain.ok().map(<[u8]>::to_vec)
}
