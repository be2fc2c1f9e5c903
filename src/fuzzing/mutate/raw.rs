//! Bytes as bytes.

use super::rng::Rng;

/// A few changes without any regard to what the bytes mean; at most `max` of them stay.
pub(super) fn mutate(input: &[u8], max: usize, rng: &mut Rng) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=rng.below(3) {
        let place = rng.below(bytes.len());
        match rng.below(6) {
            0 => {
                if let Some(byte) = bytes.get_mut(place) {
                    *byte ^= 1 << rng.below(8);
                }
            }
            1 => {
                let value = rng.choose(&[0, 1, 7, 8, 0x7F, 0x80, 0xFF, b'$'], 0);
                if let Some(byte) = bytes.get_mut(place) {
                    *byte = value;
                }
            }
            2 => bytes.insert(place, rng.below(256) as u8),
            3 if !bytes.is_empty() => drop(bytes.remove(place)),
            4 => {
                // A piece again, behind itself.
                let end = (place + 1 + rng.below(32)).min(bytes.len());
                let piece = bytes.get(place..end).unwrap_or_default().to_vec();
                bytes.splice(end..end, piece);
            }
            _ => bytes.truncate(bytes.len().saturating_sub(rng.below(16))),
        }
    }
    bytes.truncate(max);
    bytes
}
