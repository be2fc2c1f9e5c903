//! Modes of operation that take their data part by part: ECB, CBC and PCBC by blocks, CFB, OFB and CTR by bytes.
//!
//! Where a part ends with a block, the mode goes on from the IV that it gives back.

use super::ciphers::{Keyed, Narrow, Wide};
use cipher::common::InnerInit;
use cipher::{
    Block, BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, BlockSizeUser, InnerIvInit,
    IvState, StreamCipherCore,
};
use ctr::CtrCore;
use ctr::flavors::{Ctr64BE, Ctr128BE};
use kmipspec_protocol::registry::BlockCipherMode;

/// Whether data has to come in whole blocks.
pub(crate) fn is_by_blocks(mode: BlockCipherMode) -> bool {
    matches!(mode, BlockCipherMode::ECB | BlockCipherMode::CBC | BlockCipherMode::PCBC)
}

/// Whether the mode is one of this file.
pub(crate) fn is_in_parts(mode: BlockCipherMode) -> bool {
    is_by_blocks(mode) || matches!(mode, BlockCipherMode::CFB | BlockCipherMode::OFB | BlockCipherMode::CTR)
}

/// One part in place; gives the IV to go on with. None where the IV has a wrong length, the mode is not one of this file, or the
/// data does not end with a block and has to.
pub(crate) fn pass(cipher: &Keyed, mode: BlockCipherMode, iv: &[u8], data: &mut [u8], forth: bool) -> Option<Vec<u8>> {
    match cipher {
        Keyed::Wide(cipher) if mode == BlockCipherMode::CTR => {
            keystream(CtrCore::<Wide, Ctr128BE>::inner_iv_slice_init(cipher.clone(), iv).ok()?, data)
        }
        Keyed::Narrow(cipher) if mode == BlockCipherMode::CTR => {
            keystream(CtrCore::<Narrow, Ctr64BE>::inner_iv_slice_init(cipher.clone(), iv).ok()?, data)
        }
        Keyed::Wide(cipher) => of(cipher.clone(), mode, iv, data, forth),
        Keyed::Narrow(cipher) => of(cipher.clone(), mode, iv, data, forth),
    }
}

/// The modes that do not care for the length of a block.
fn of<C>(cipher: C, mode: BlockCipherMode, iv: &[u8], data: &mut [u8], forth: bool) -> Option<Vec<u8>>
where
    C: BlockCipherEncrypt + BlockCipherDecrypt + Clone,
{
    match (mode, forth) {
        (BlockCipherMode::ECB, true) => encrypted(&mut ecb::Encryptor::inner_init(cipher), data).map(|()| Vec::new()),
        (BlockCipherMode::ECB, false) => decrypted(&mut ecb::Decryptor::inner_init(cipher), data).map(|()| Vec::new()),
        (BlockCipherMode::CBC, true) => {
            let mut mode = cbc::Encryptor::inner_iv_slice_init(cipher, iv).ok()?;
            encrypted(&mut mode, data)?;
            Some(mode.iv_state().to_vec())
        }
        (BlockCipherMode::CBC, false) => {
            let mut mode = cbc::Decryptor::inner_iv_slice_init(cipher, iv).ok()?;
            decrypted(&mut mode, data)?;
            Some(mode.iv_state().to_vec())
        }
        (BlockCipherMode::PCBC, true) => {
            let mut mode = pcbc::Encryptor::inner_iv_slice_init(cipher, iv).ok()?;
            encrypted(&mut mode, data)?;
            Some(mode.iv_state().to_vec())
        }
        (BlockCipherMode::PCBC, false) => {
            let mut mode = pcbc::Decryptor::inner_iv_slice_init(cipher, iv).ok()?;
            decrypted(&mut mode, data)?;
            Some(mode.iv_state().to_vec())
        }
        (BlockCipherMode::OFB, _) => keystream(ofb::OfbCore::inner_iv_slice_init(cipher, iv).ok()?, data),
        (BlockCipherMode::CFB, true) => {
            let mut mode = cfb_mode::BufEncryptor::inner_iv_slice_init(cipher, iv).ok()?;
            mode.encrypt(data);
            Some(last_block(iv, data))
        }
        (BlockCipherMode::CFB, false) => {
            let mut mode = cfb_mode::BufDecryptor::inner_iv_slice_init(cipher, iv).ok()?;
            let next = last_block(iv, data);
            mode.decrypt(data);
            Some(next)
        }
        _ => None,
    }
}

/// What cipher feedback goes on with: the last block of ciphertext (SP 800-38A §6.3).
fn last_block(iv: &[u8], ciphertext: &[u8]) -> Vec<u8> {
    let tail = ciphertext.len().checked_sub(iv.len()).and_then(|start| ciphertext.get(start..));
    tail.unwrap_or(iv).to_vec()
}

/// A key stream, which is the same both ways.
fn keystream<S: StreamCipherCore + IvState>(mut stream: S, data: &mut [u8]) -> Option<Vec<u8>> {
    let (blocks, rest) = Block::<S>::slice_as_chunks_mut(data);
    stream.apply_keystream_blocks(blocks);
    let next = stream.iv_state().to_vec();
    stream.try_apply_keystream_partial(rest.into()).ok()?;
    Some(next)
}

/// Whole blocks, encrypted.
fn encrypted<M: BlockModeEncrypt + BlockSizeUser>(mode: &mut M, data: &mut [u8]) -> Option<()> {
    let (blocks, rest) = Block::<M>::slice_as_chunks_mut(data);
    mode.encrypt_blocks(blocks);
    rest.is_empty().then_some(())
}

/// Whole blocks, decrypted.
fn decrypted<M: BlockModeDecrypt + BlockSizeUser>(mode: &mut M, data: &mut [u8]) -> Option<()> {
    let (blocks, rest) = Block::<M>::slice_as_chunks_mut(data);
    mode.decrypt_blocks(blocks);
    rest.is_empty().then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use kmipspec_protocol::registry::CryptographicAlgorithm;

    /// In parts the same comes out as at once, there and back, with both block lengths.
    #[test]
    fn parts_make_the_same_as_the_whole() {
        for (algorithm, key, block) in
            [(CryptographicAlgorithm::AES, vec![7; 32], 16), (CryptographicAlgorithm::DES3, (1..25).collect(), 8)]
        {
            let cipher = Keyed::new(algorithm, &key).expect("a key of the right length");
            for mode in [
                BlockCipherMode::ECB,
                BlockCipherMode::CBC,
                BlockCipherMode::PCBC,
                BlockCipherMode::CFB,
                BlockCipherMode::OFB,
                BlockCipherMode::CTR,
            ] {
                let iv = vec![9; if mode == BlockCipherMode::ECB { 0 } else { block }];
                let plain: Vec<u8> = (0..96).collect();
                let mut whole = plain.clone();
                pass(&cipher, mode, &iv, &mut whole, true).expect("encrypts");
                assert_ne!(whole, plain, "{mode:?}");
                for forth in [true, false] {
                    let (mut data, expected) = if forth { (plain.clone(), &whole) } else { (whole.clone(), &plain) };
                    let (first, second) = data.split_at_mut(48);
                    let next = pass(&cipher, mode, &iv, first, forth).expect("passes");
                    pass(&cipher, mode, &next, second, forth).expect("goes on");
                    assert_eq!(&data, expected, "{mode:?} {algorithm:?} {forth}");
                }
            }
        }
    }
}
