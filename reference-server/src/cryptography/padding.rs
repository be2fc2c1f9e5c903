//! Paddings of block ciphers: how the last block is filled, and how that is taken off again.

use super::{failed, unsupported};
use crate::failure::Outcome;
use crate::random::Random;
use kmipspec_protocol::registry::PaddingMethod;
use kmipspec_protocol::version::Version;

/// Whether the method is one of block ciphers that this server has.
pub(crate) fn check(method: PaddingMethod, version: Version) -> Outcome<()> {
    match method {
        PaddingMethod::NONE
        | PaddingMethod::PKCS5
        | PaddingMethod::SSL3
        | PaddingMethod::ZEROS
        | PaddingMethod::ANSI_X9_23
        | PaddingMethod::ISO_10126 => Ok(()),
        _ => Err(unsupported(version, "this Padding Method is not one of block ciphers")),
    }
}

/// Fills the last block. PKCS5 repeats the number of bytes added; ANSI X9.23 and ISO 10126 put it last, after zeros or random
/// bytes; SSL 3 puts one less than that last; Zeros adds nothing to whole blocks.
pub(crate) fn add(method: PaddingMethod, data: &mut Vec<u8>, block: usize, random: &dyn Random) -> Outcome<()> {
    let over = data.len() % block;
    let fill = block.saturating_sub(over);
    let number = u8::try_from(fill).unwrap_or(0);
    let body = fill.saturating_sub(1);
    match method {
        PaddingMethod::PKCS5 => data.extend(std::iter::repeat_n(number, fill)),
        PaddingMethod::ZEROS if over == 0 => {}
        PaddingMethod::ZEROS => data.extend(std::iter::repeat_n(0, fill)),
        PaddingMethod::ANSI_X9_23 => {
            data.extend(std::iter::repeat_n(0, body));
            data.push(number);
        }
        PaddingMethod::ISO_10126 | PaddingMethod::SSL3 => {
            let mut filling = vec![0; body];
            if !random.fill(&mut filling) {
                return Err(failed("the random generator gave nothing"));
            }
            data.extend(filling);
            data.push(if method == PaddingMethod::SSL3 { number.saturating_sub(1) } else { number });
        }
        _ if over != 0 => return Err(failed("without padding the data must be whole blocks")),
        _ => {}
    }
    Ok(())
}

/// Takes the padding off; what cannot be one is a failure.
pub(crate) fn remove(method: PaddingMethod, data: &mut Vec<u8>, block: usize) -> Outcome<()> {
    let last = data.last().copied();
    let fill = match method {
        PaddingMethod::PKCS5 | PaddingMethod::ANSI_X9_23 | PaddingMethod::ISO_10126 => last.map(usize::from),
        PaddingMethod::SSL3 => last.map(|number| usize::from(number).saturating_add(1)),
        // The zeros that were data are not told from those that were added: at most a block goes.
        PaddingMethod::ZEROS => {
            let zeros = data.iter().rev().take_while(|byte| **byte == 0).count();
            data.truncate(data.len().saturating_sub(zeros.min(block.saturating_sub(1))));
            return Ok(());
        }
        _ => return Ok(()),
    };
    let fill = fill.filter(|fill| (1..=block).contains(fill)).ok_or_else(wrong)?;
    let kept = data.len().checked_sub(fill).ok_or_else(wrong)?;
    let body = data.iter().skip(kept).take(fill.saturating_sub(1));
    let right = match method {
        PaddingMethod::PKCS5 => body.copied().all(|byte| Some(byte) == last),
        PaddingMethod::ANSI_X9_23 => body.copied().all(|byte| byte == 0),
        _ => true,
    };
    if !right {
        return Err(wrong());
    }
    data.truncate(kept);
    Ok(())
}

/// The data did not end as the method says.
fn wrong() -> crate::failure::Failure {
    failed("the padding is wrong")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    #[test]
    fn what_was_added_is_taken_off() {
        for method in [
            PaddingMethod::PKCS5,
            PaddingMethod::SSL3,
            PaddingMethod::ZEROS,
            PaddingMethod::ANSI_X9_23,
            PaddingMethod::ISO_10126,
        ] {
            for length in 0..17_u8 {
                let plain: Vec<u8> = (1..=length).collect();
                let mut data = plain.clone();
                add(method, &mut data, 8, &SeededRandom::new(1)).expect("pads");
                assert!(data.len().is_multiple_of(8), "{method:?} {length}");
                remove(method, &mut data, 8).expect("is padded");
                assert_eq!(data, plain, "{method:?} {length}");
            }
        }
    }

    #[test]
    fn the_last_bytes_are_those_of_the_method() {
        let padded = |method| {
            let mut data = vec![9; 5];
            add(method, &mut data, 8, &SeededRandom::new(1)).expect("pads");
            data.split_off(5)
        };
        assert_eq!(padded(PaddingMethod::PKCS5), [3, 3, 3]);
        assert_eq!(padded(PaddingMethod::ANSI_X9_23), [0, 0, 3]);
        assert_eq!(padded(PaddingMethod::ZEROS), [0, 0, 0]);
        assert_eq!(padded(PaddingMethod::SSL3).last(), Some(&2));
        assert_eq!(padded(PaddingMethod::ISO_10126).last(), Some(&3));
    }

    #[test]
    fn a_wrong_padding_is_found() {
        for (method, data) in [
            (PaddingMethod::PKCS5, [1, 1, 1, 1, 1, 1, 2, 3]),
            (PaddingMethod::PKCS5, [1, 1, 1, 1, 1, 1, 2, 0]),
            (PaddingMethod::ANSI_X9_23, [1, 1, 1, 1, 1, 1, 9, 2]),
            (PaddingMethod::ISO_10126, [1, 1, 1, 1, 1, 1, 2, 9]),
            (PaddingMethod::SSL3, [1, 1, 1, 1, 1, 1, 2, 8]),
        ] {
            assert!(remove(method, &mut data.to_vec(), 8).is_err(), "{method:?}");
        }
        assert!(remove(PaddingMethod::PKCS5, &mut Vec::new(), 8).is_err());
    }
}
