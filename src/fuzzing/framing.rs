//! The two readers of the length prefix, the server's and the client's, fed in pieces of any size.

use crate::client::pieces::{Ended, read_in_pieces};
use kmipspec_reference_server::in_process::{Framed, frame};

/// What the readers are told is the largest message.
const LIMIT: usize = 1 << 16;

/// Checks one input: the first byte says how the rest is cut into pieces.
///
/// # Panics
///
/// `P3` when a cut changes what is read; `O7` when a reader does not do what the length field says.
pub fn framing(input: &[u8]) {
    let Some((how, stream)) = input.split_first() else { return };
    let pieces = cut(*how, stream);
    let served = frame(pieces.iter().copied(), LIMIT);
    assert_eq!(served, frame([stream], LIMIT), "P3: the server's reader depends on the pieces");
    assert_eq!(served, Some(wanted(stream)), "O7: the server's reader against the length field");

    let read = read_in_pieces(&pieces, LIMIT);
    let whole = read_in_pieces(&[stream], LIMIT);
    assert_eq!(read.0, whole.0, "P3: the client's reader depends on the pieces");
    match (read.0, wanted(stream)) {
        (Some(Ended::Message(size)), Framed::Whole(wanted)) => assert_eq!(size, wanted, "O7: another length"),
        (Some(Ended::Message(_)), other) => panic!("O7: a message was read, and the stream is {other:?}"),
        (Some(Ended::Closed), Framed::Whole(_)) if starts_a_structure(stream) => {
            panic!("O7: a whole message was not read")
        }
        (Some(Ended::NotTtlv), framed) => {
            assert!(!starts_a_structure(stream) || framed == Framed::TooLong, "O7: a message was refused");
        }
        (Some(Ended::Closed), _) => {}
        (None, _) => panic!("O8: the client's reader waits at the end of the stream"),
    }
    assert!(stream.starts_with(&read.1), "O13: the client keeps bytes that did not come");
}

/// By the length field alone.
fn wanted(stream: &[u8]) -> Framed {
    let Some(&[_, _, _, _, a, b, c, d]) = stream.first_chunk::<8>() else { return Framed::Cut };
    let total = u64::from(u32::from_be_bytes([a, b, c, d])) + 8;
    match usize::try_from(total) {
        Ok(total) if total <= LIMIT && total <= stream.len() => Framed::Whole(total),
        Ok(total) if total <= LIMIT => Framed::Cut,
        _ => Framed::TooLong,
    }
}

/// Whether tag prefix and type, as far as they are there, are those of a message.
fn starts_a_structure(stream: &[u8]) -> bool {
    stream.first().is_none_or(|byte| matches!(byte, 0x42 | 0x54)) && stream.get(3).is_none_or(|byte| *byte == 1)
}

/// Pieces of sizes that follow from one byte.
fn cut(how: u8, mut stream: &[u8]) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    let mut size = usize::from(how % 16) + 1;
    let step = usize::from(how / 16);
    while !stream.is_empty() {
        let (piece, rest) = stream.split_at_checked(size).unwrap_or((stream, &[]));
        pieces.push(piece);
        stream = rest;
        // Pieces grow, so that a long stream is not ten thousand of them.
        size = size.saturating_mul(1 + step % 3) + step;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn messages_and_what_is_none(
            how in any::<u8>(), first in prop::sample::select(vec![0x42u8, 0x54, 0x41]), ty in 0u8..3, length in 0u8..60,
            rest in prop::collection::vec(any::<u8>(), 0..80),
        ) {
            let mut input = vec![how, first, 0, 0x78, ty, 0, 0, 0, length];
            input.extend(rest);
            for end in 0..input.len() {
                framing(&input[..end]);
            }
        }
    }

    #[test]
    fn nothing_is_lost_by_a_cut() {
        let stream: Vec<u8> = (0..=255).collect();
        for how in 0..=255 {
            assert_eq!(cut(how, &stream).concat(), stream);
        }
    }
}
