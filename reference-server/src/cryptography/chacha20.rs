//! The stream cipher ChaCha20, which the library has within ChaCha20-Poly1305 only: RFC 8439 with a nonce of 12 bytes, the
//! original with one of 8.

use super::{bad_parameters, failed};
use crate::failure::Outcome;
use kmipspec_protocol::version::Version;

/// Encrypts, and decrypts, from the first block on.
pub(crate) fn apply(key: &[u8], nonce: &[u8], data: &[u8], version: Version) -> Outcome<Vec<u8>> {
    let Ok(key) = <[u8; 32]>::try_from(key) else { return Err(failed("ChaCha20 keys have 256 bits here")) };
    // The counter takes what the nonce leaves of 16 bytes.
    let (first, wide) = match nonce.len() {
        8 => (0_u64, true),
        12 => (0, false),
        _ => return Err(bad_parameters(version, "ChaCha20 nonces have 8 or 12 bytes")),
    };
    let mut out = Vec::with_capacity(data.len());
    for (counter, chunk) in (first..).zip(data.chunks(64)) {
        let counter = counter.to_le_bytes();
        let (low, high) = counter.split_at(4);
        let position = if wide { [low, high, nonce].concat() } else { [low, nonce].concat() };
        out.extend(chunk.iter().zip(block(&key, &position)).map(|(byte, stream)| byte ^ stream));
    }
    Ok(out)
}

/// One block of key stream; `position` is counter and nonce.
fn block(key: &[u8; 32], position: &[u8]) -> [u8; 64] {
    let mut start = [0_u32; 16];
    let input = [b"expand 32-byte k".as_slice(), key, position].concat();
    for (word, bytes) in start.iter_mut().zip(input.chunks_exact(4)) {
        *word = bytes.iter().rev().fold(0, |sum, byte| (sum << 8) | u32::from(*byte));
    }
    let mut state = start;
    for _ in 0..10 {
        quarter::<0, 4, 8, 12>(&mut state);
        quarter::<1, 5, 9, 13>(&mut state);
        quarter::<2, 6, 10, 14>(&mut state);
        quarter::<3, 7, 11, 15>(&mut state);
        quarter::<0, 5, 10, 15>(&mut state);
        quarter::<1, 6, 11, 12>(&mut state);
        quarter::<2, 7, 8, 13>(&mut state);
        quarter::<3, 4, 9, 14>(&mut state);
    }
    let mut out = [0; 64];
    for (bytes, (end, begin)) in out.chunks_exact_mut(4).zip(state.into_iter().zip(start)) {
        bytes.copy_from_slice(&end.wrapping_add(begin).to_le_bytes());
    }
    out
}

/// The quarter round (RFC 8439 §2.1).
fn quarter<const A: usize, const B: usize, const C: usize, const D: usize>(state: &mut [u32; 16]) {
    for (left, right) in [(16, 12), (8, 7)] {
        state[A] = state[A].wrapping_add(state[B]);
        state[D] = (state[D] ^ state[A]).rotate_left(left);
        state[C] = state[C].wrapping_add(state[D]);
        state[B] = (state[B] ^ state[C]).rotate_left(right);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_block_is_that_of_rfc_8439_appendix_a() {
        let stream = apply(&[0; 32], &[0; 12], &[0; 64], Version::V2_0).unwrap_or_default();
        assert_eq!(stream.get(..8), Some(&[0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90][..]));
        assert_eq!(apply(&[0; 32], &[0; 8], &[0; 64], Version::V2_0).unwrap_or_default(), stream, "all zero: the same");
    }

    #[test]
    fn applied_twice_it_gives_the_data_back() {
        let data: Vec<u8> = (0..200).collect();
        for nonce in [&[3; 8][..], &[3; 12]] {
            let once = apply(&[1; 32], nonce, &data, Version::V2_0).unwrap_or_default();
            assert_ne!(once, data);
            assert_eq!(apply(&[1; 32], nonce, &once, Version::V2_0).unwrap_or_default(), data);
        }
        assert!(apply(&[1; 32], &[3; 16], &data, Version::V2_0).is_err());
        assert!(apply(&[1; 16], &[3; 12], &data, Version::V2_0).is_err());
    }
}
