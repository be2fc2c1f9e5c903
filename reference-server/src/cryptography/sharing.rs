//! Splitting a secret in parts, and joining them: XOR, and Shamir's polynomials in three fields (1.4 §2.2.5, 2.1 §13.1).

use super::fields::{Field, Gf256, Gf65536, PrimeField, evaluate, interpolate};
use crate::random::Random;
use crypto_bigint::BoxedUint;
use crypto_primes::Flavor;
use kmipspec_protocol::registry::SplitKeyMethod;

/// Parts of one secret: as many as GF(2^8) has places.
pub(crate) const MOST_PARTS: u16 = 255;
/// Bytes of a Prime Field Size that a client may ask for: finding out whether it is prime takes time.
const LONGEST_PRIME: usize = 513;
/// Exponents of Mersenne primes: 2^p - 1 is prime. The smallest that holds the secret is taken where no Prime Field Size is given.
const MERSENNE: [usize; 11] = [521, 607, 1_279, 2_203, 2_281, 3_217, 4_253, 9_689, 11_213, 19_937, 21_701];

/// How a secret is split.
#[derive(Clone, Debug)]
pub(crate) enum Scheme {
    /// All parts are needed.
    Xor,
    /// Byte by byte.
    Gf256,
    /// Two bytes by two, over one of the two fields of bytes.
    Gf65536(Gf256),
    /// As one number.
    Prime(PrimeField),
}

/// Which field of bytes GF(2^16) is over: the texts before 2.0 and from 2.0 on name different polynomials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Base {
    /// 1.x.
    Fips197,
    /// 2.x.
    Kmip2,
}

impl Scheme {
    /// The scheme of a method; none of an unknown one, or where the field is missing.
    pub(crate) fn new(method: SplitKeyMethod, prime: Option<&[u8]>, base: Base) -> Option<Self> {
        Some(match method {
            SplitKeyMethod::XOR => Self::Xor,
            SplitKeyMethod::POLYNOMIAL_SHARING_GF_2_8 => Self::Gf256,
            SplitKeyMethod::POLYNOMIAL_SHARING_GF_2_16 => Self::Gf65536(match base {
                Base::Fips197 => Gf256::FIPS_197,
                Base::Kmip2 => Gf256::KMIP_2,
            }),
            SplitKeyMethod::POLYNOMIAL_SHARING_PRIME_FIELD => Self::Prime(PrimeField::new(prime?)?),
            _ => return None,
        })
    }

    /// So many parts, of which `threshold` give the secret; none when the random generator fails.
    pub(crate) fn split(&self, secret: &[u8], parts: u16, threshold: u16, random: &dyn Random) -> Option<Vec<Vec<u8>>> {
        let higher = usize::from(threshold.saturating_sub(1));
        match self {
            Self::Xor => {
                let mut last = secret.to_vec();
                let mut all = Vec::with_capacity(usize::from(parts));
                for _ in 1..parts {
                    let mut part = vec![0; secret.len()];
                    random.fill(&mut part).then_some(())?;
                    last.iter_mut().zip(&part).for_each(|(byte, other)| *byte ^= other);
                    all.push(part);
                }
                all.push(last);
                Some(all)
            }
            Self::Gf256 => {
                let mut shares = vec![Vec::with_capacity(secret.len()); usize::from(parts)];
                for byte in secret {
                    let mut coefficients = vec![0; higher];
                    random.fill(&mut coefficients).then_some(())?;
                    coefficients.insert(0, *byte);
                    for (number, share) in (1..).zip(&mut shares) {
                        share.push(evaluate(&Gf256::KMIP_2, &coefficients, &Gf256::KMIP_2.place(number))?);
                    }
                }
                Some(shares)
            }
            Self::Gf65536(base) => {
                let field = Gf65536(*base);
                let mut shares = vec![Vec::with_capacity(secret.len().saturating_add(1)); usize::from(parts)];
                for piece in secret.chunks(2) {
                    let mut coefficients = vec![pair(piece)];
                    for _ in 0..higher {
                        let mut coefficient = [0; 2];
                        random.fill(&mut coefficient).then_some(())?;
                        coefficients.push(coefficient);
                    }
                    for (number, share) in (1..).zip(&mut shares) {
                        share.extend(evaluate(&field, &coefficients, &field.place(number))?);
                    }
                }
                Some(shares)
            }
            Self::Prime(field) => {
                let mut coefficients = vec![field.element(secret)];
                for _ in 0..higher {
                    // Eight bytes more than the modulus, so that no remainder is likelier than another.
                    let mut bytes = vec![0; field.bytes.saturating_add(8)];
                    random.fill(&mut bytes).then_some(())?;
                    coefficients.push(field.element(&bytes));
                }
                (1..=parts)
                    .map(|number| Some(field.to_bytes(&evaluate(field, &coefficients, &field.place(number))?)))
                    .collect()
            }
        }
    }

    /// The secret of parts with their Key Part Identifiers, of which the first `threshold` are used and the rest compared; none
    /// when a part does not lie with the others, or they have different lengths. A number comes with all bytes of the prime, and
    /// pieces of two bytes with both.
    pub(crate) fn join(&self, parts: &[(u16, &[u8])], threshold: usize) -> Option<Vec<u8>> {
        let length = parts.first()?.1.len();
        if parts.len() < threshold || parts.iter().any(|(_, part)| part.len() != length) {
            return None;
        }
        match self {
            Self::Xor => {
                let mut secret = vec![0; length];
                for (_, part) in parts {
                    secret.iter_mut().zip(*part).for_each(|(byte, other)| *byte ^= other);
                }
                Some(secret)
            }
            Self::Gf256 => {
                (0..length).map(|at| joined(&Gf256::KMIP_2, parts, threshold, |part| part.get(at).copied())).collect()
            }
            Self::Gf65536(base) => {
                let pieces: Option<Vec<[u8; 2]>> = (0..length.div_ceil(2))
                    .map(|at| joined(&Gf65536(*base), parts, threshold, |part| part.chunks(2).nth(at).map(pair)))
                    .collect();
                pieces.map(|pieces| pieces.concat())
            }
            Self::Prime(field) => {
                joined(field, parts, threshold, |part| Some(field.element(part))).map(|secret| field.to_bytes(&secret))
            }
        }
    }
}

/// One element of the secret, from one of each part.
fn joined<F: Field>(
    field: &F,
    parts: &[(u16, &[u8])],
    threshold: usize,
    element: impl Fn(&[u8]) -> Option<F::Element>,
) -> Option<F::Element> {
    let points: Option<Vec<_>> =
        parts.iter().map(|(number, part)| Some((field.place(*number), element(part)?))).collect();
    let points = points?;
    let (used, rest) = points.split_at_checked(threshold)?;
    for (place, value) in rest {
        if interpolate(field, used, place)? != *value {
            return None;
        }
    }
    interpolate(field, used, &field.place(0))
}

/// A piece of two bytes; the last of an odd secret ends with a zero.
fn pair(piece: &[u8]) -> [u8; 2] {
    [piece.first().copied().unwrap_or(0), piece.get(1).copied().unwrap_or(0)]
}

/// A prime bigger than every secret of that many bytes; none is known here for the longest.
pub(crate) fn prime_for(bytes: usize) -> Option<Vec<u8>> {
    let exponent = MERSENNE.into_iter().find(|exponent| *exponent > bytes.saturating_mul(8))?;
    let mut prime = vec![0xff; exponent.div_ceil(8)];
    if let Some(first) = prime.first_mut() {
        *first = u8::MAX >> (exponent.next_multiple_of(8).saturating_sub(exponent));
    }
    Some(prime)
}

/// Whether a Prime Field Size is a prime bigger than every secret of that many bytes.
pub(crate) fn is_prime_for(prime: &[u8], bytes: usize) -> bool {
    if prime.len() > LONGEST_PRIME {
        return prime_for(bytes).is_some_and(|known| known == without_zeros(prime));
    }
    let number = BoxedUint::from_be_slice_vartime(prime);
    let bits = usize::try_from(number.bits()).unwrap_or(0);
    bits > bytes.saturating_mul(8) && crypto_primes::is_prime(Flavor::Any, &number)
}

/// A number without the zeros before it.
pub(crate) fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    fn schemes() -> Vec<Scheme> {
        let prime = prime_for(16).expect("a prime");
        [
            SplitKeyMethod::POLYNOMIAL_SHARING_GF_2_8,
            SplitKeyMethod::POLYNOMIAL_SHARING_GF_2_16,
            SplitKeyMethod::POLYNOMIAL_SHARING_PRIME_FIELD,
        ]
        .into_iter()
        .flat_map(|method| {
            [Base::Fips197, Base::Kmip2].map(|base| Scheme::new(method, Some(&prime), base).expect("a scheme"))
        })
        .collect()
    }

    #[test]
    fn any_three_of_five_parts_give_the_secret_and_two_do_not() {
        let secret: Vec<u8> = (1..17).collect();
        for scheme in schemes() {
            let parts = scheme.split(&secret, 5, 3, &SeededRandom::new(3)).expect("splits");
            assert_eq!(parts.len(), 5);
            let take = |numbers: &[u16]| -> Vec<(u16, &[u8])> {
                numbers.iter().map(|n| (*n, parts.get(usize::from(*n) - 1).expect("a part").as_slice())).collect()
            };
            for numbers in [[1, 2, 3], [5, 3, 1], [2, 4, 5], [1, 4, 5]] {
                let joined = scheme.join(&take(&numbers), 3).expect("joins");
                assert_eq!(without_zeros(&joined), secret, "{scheme:?} {numbers:?}");
            }
            assert!(scheme.join(&take(&[1, 2]), 3).is_none());
            let wrong = scheme.join(&take(&[1, 2]), 2).expect("two points are a line");
            assert_ne!(without_zeros(&wrong), secret);
            assert!(scheme.join(&take(&[1, 2, 3, 4, 5]), 3).is_some());
            let mut damaged = take(&[1, 2, 3, 4]);
            let other = vec![0x55; damaged[3].1.len()];
            damaged[3].1 = &other;
            assert!(scheme.join(&damaged, 3).is_none(), "{scheme:?}");
        }
    }

    #[test]
    fn all_parts_of_xor_are_needed() {
        let parts = Scheme::Xor.split(b"secret", 4, 4, &SeededRandom::new(3)).expect("splits");
        let all: Vec<(u16, &[u8])> = (1..).zip(parts.iter().map(Vec::as_slice)).collect();
        assert_eq!(Scheme::Xor.join(&all, 4).as_deref(), Some(&b"secret"[..]));
        assert!(Scheme::Xor.join(all.get(..3).unwrap_or_default(), 4).is_none());
    }

    #[test]
    fn published_parts_of_gf_2_8_give_the_published_key() {
        // TC-SJ-2-12: the first four bytes of four parts, two of which are needed.
        let parts: [(u16, &[u8]); 4] = [
            (1, &[0x66, 0xc4, 0x6a, 0x77]),
            (2, &[0xcf, 0x93, 0xd1, 0xe2]),
            (3, &[0xa8, 0x55, 0xb8, 0x91]),
            (4, &[0x80, 0x3d, 0xba, 0xd5]),
        ];
        assert_eq!(
            Scheme::Gf256.join(&parts, 2).as_deref(),
            Some(&[1, 2, 3, 4][..]),
            "the first two, and the rest fits"
        );
        assert_eq!(Scheme::Gf256.join(&parts[2..], 2).as_deref(), Some(&[1, 2, 3, 4][..]));
    }

    #[test]
    fn primes_are_told_from_other_numbers() {
        assert!(is_prime_for(&[1, 1], 1), "257");
        assert!(!is_prime_for(&[1, 1], 2), "too small");
        assert!(!is_prime_for(&[1, 3], 1), "259 is 7 times 37");
        assert_eq!(prime_for(16).map(|prime| prime.len()), Some(66));
        assert!(prime_for(1_000_000).is_none());
        assert!(is_prime_for(&prime_for(16).unwrap_or_default(), 16));
    }
}
