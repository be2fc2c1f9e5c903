//! The fields in which keys are split (1.4 §2.2.5, 2.1 §13.1).
//!
//! GF(2^8) and GF(2^16) are this project's own arithmetic: the standard states the polynomials, and no kept library has the second
//! field, an extension of the first. The prime field is crypto-bigint's.

use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, Odd};

/// A field, as far as secret sharing needs one.
pub(crate) trait Field {
    /// Its elements.
    type Element: Clone + PartialEq;

    /// The element of a small number: where the part of that Key Part Identifier is taken.
    fn place(&self, number: u16) -> Self::Element;

    /// Sum.
    fn add(&self, a: &Self::Element, b: &Self::Element) -> Self::Element;

    /// Difference.
    fn subtract(&self, a: &Self::Element, b: &Self::Element) -> Self::Element;

    /// Product.
    fn multiply(&self, a: &Self::Element, b: &Self::Element) -> Self::Element;

    /// Inverse; none of zero.
    fn invert(&self, a: &Self::Element) -> Option<Self::Element>;
}

/// The value at a place of the polynomial with these coefficients, the secret first.
pub(crate) fn evaluate<F: Field>(field: &F, coefficients: &[F::Element], at: &F::Element) -> Option<F::Element> {
    let mut reversed = coefficients.iter().rev();
    let highest = reversed.next()?.clone();
    Some(reversed.fold(highest, |sum, next| field.add(&field.multiply(&sum, at), next)))
}

/// The value at a place of the polynomial through these points (Lagrange); none if two points have one place.
pub(crate) fn interpolate<F: Field>(
    field: &F,
    points: &[(F::Element, F::Element)],
    at: &F::Element,
) -> Option<F::Element> {
    let mut sum: Option<F::Element> = None;
    for (i, (x, y)) in points.iter().enumerate() {
        let mut term = y.clone();
        for (_, (other, _)) in points.iter().enumerate().filter(|(j, _)| *j != i) {
            term = field.multiply(&term, &field.subtract(at, other));
            term = field.multiply(&term, &field.invert(&field.subtract(x, other))?);
        }
        sum = Some(match sum {
            Some(sum) => field.add(&sum, &term),
            None => term,
        });
    }
    sum
}

/// GF(2^8) modulo a polynomial of degree eight.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gf256(u16);

impl Gf256 {
    /// x^8+x^4+x^3+x+1, of FIPS 197: what GF(2^16) is built on before 2.0 (1.4 §2.2.5).
    pub(crate) const FIPS_197: Self = Self(0x11b);
    /// x^8+x^4+x^3+x^2+1: 2.0 §13.1, and what the published parts of 1.2 to 2.0 are made with (TC-SJ-2).
    pub(crate) const KMIP_2: Self = Self(0x11d);

    /// Product of two bytes.
    fn product(self, a: u8, b: u8) -> u8 {
        let (mut sum, mut doubled) = (0_u16, u16::from(a));
        for bit in 0..8 {
            sum ^= doubled & 0_u16.wrapping_sub(u16::from((b >> bit) & 1));
            doubled <<= 1;
            doubled ^= self.0 & 0_u16.wrapping_sub(doubled >> 8);
        }
        sum.to_le_bytes()[0]
    }

    /// Inverse as the power of 254.
    fn inverse(self, a: u8) -> Option<u8> {
        let (mut power, mut result) = (a, 1);
        for _ in 1..8 {
            power = self.product(power, power);
            result = self.product(result, power);
        }
        (a != 0).then_some(result)
    }
}

impl Field for Gf256 {
    type Element = u8;

    fn place(&self, number: u16) -> u8 {
        number.to_le_bytes()[0]
    }

    fn add(&self, a: &u8, b: &u8) -> u8 {
        a ^ b
    }

    fn subtract(&self, a: &u8, b: &u8) -> u8 {
        a ^ b
    }

    fn multiply(&self, a: &u8, b: &u8) -> u8 {
        self.product(*a, *b)
    }

    fn invert(&self, a: &u8) -> Option<u8> {
        self.inverse(*a)
    }
}

/// GF(2^16) as `GF(2^8)[y]/(y^2+y+m)`; an element uy+v is the pair of bytes u, v.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gf65536(pub(crate) Gf256);

/// m = x^5+x^4+x^3+x.
const M: u8 = 0x3a;

impl Field for Gf65536 {
    type Element = [u8; 2];

    fn place(&self, number: u16) -> [u8; 2] {
        number.to_be_bytes()
    }

    fn add(&self, [r, s]: &[u8; 2], [u, v]: &[u8; 2]) -> [u8; 2] {
        [r ^ u, s ^ v]
    }

    fn subtract(&self, a: &[u8; 2], b: &[u8; 2]) -> [u8; 2] {
        self.add(a, b)
    }

    // (ry + s)(uy + v) = ((r + s)(u + v) + sv)y + (ru·m + sv), since y^2 = y + m. UNCLEAR: the texts print (ru + svm) for the last
    // term, which is no product of this field: one times one would be m.
    fn multiply(&self, [r, s]: &[u8; 2], [u, v]: &[u8; 2]) -> [u8; 2] {
        let (base, sv) = (self.0, self.0.product(*s, *v));
        [base.product(r ^ s, u ^ v) ^ sv, base.product(base.product(*r, *u), M) ^ sv]
    }

    fn invert(&self, [u, v]: &[u8; 2]) -> Option<[u8; 2]> {
        let base = self.0;
        let d = base.product(u ^ v, *v) ^ base.product(M, base.product(*u, *u));
        let d = base.inverse(d)?;
        Some([base.product(*u, d), base.product(u ^ v, d)])
    }
}

/// The integers modulo a prime.
#[derive(Clone, Debug)]
pub(crate) struct PrimeField {
    /// The modulus as the library prepares it.
    parameters: BoxedMontyParams,
    /// Bytes of the modulus, and so of every part.
    pub(crate) bytes: usize,
    /// Bits of the numbers to calculate with.
    precision: u32,
}

impl PrimeField {
    /// The field of a modulus, which has to be odd; whether it is prime is the caller's care.
    pub(crate) fn new(modulus: &[u8]) -> Option<Self> {
        let modulus = BoxedUint::from_be_slice_vartime(modulus);
        let bytes = usize::try_from(modulus.bits().div_ceil(8)).ok()?;
        let precision = modulus.bits_precision();
        let parameters = BoxedMontyParams::new_vartime(Option::<Odd<BoxedUint>>::from(Odd::new(modulus))?);
        Some(Self { parameters, bytes, precision })
    }

    /// The element of some bytes, modulo the prime.
    pub(crate) fn element(&self, bytes: &[u8]) -> BoxedMontyForm {
        // A byte at a time: the library takes numbers of the modulus' width only.
        let base = self.small(256);
        let zero = BoxedMontyForm::zero(&self.parameters);
        bytes.iter().fold(zero, |sum, byte| &(&sum * &base) + &self.small(u16::from(*byte)))
    }

    /// The bytes of an element, as many as the modulus has.
    pub(crate) fn to_bytes(&self, element: &BoxedMontyForm) -> Vec<u8> {
        let all = element.retrieve().to_be_bytes();
        let kept = all.len().saturating_sub(self.bytes);
        let padding = self.bytes.saturating_sub(all.len());
        std::iter::repeat_n(0, padding).chain(all.iter().skip(kept).copied()).collect()
    }

    /// A small number as an element.
    fn small(&self, number: u16) -> BoxedMontyForm {
        let number = BoxedUint::from_be_slice_truncated(&number.to_be_bytes(), self.precision);
        BoxedMontyForm::new(number, &self.parameters)
    }
}

impl Field for PrimeField {
    type Element = BoxedMontyForm;

    fn place(&self, number: u16) -> BoxedMontyForm {
        self.small(number)
    }

    fn add(&self, a: &BoxedMontyForm, b: &BoxedMontyForm) -> BoxedMontyForm {
        a + b
    }

    fn subtract(&self, a: &BoxedMontyForm, b: &BoxedMontyForm) -> BoxedMontyForm {
        a - b
    }

    fn multiply(&self, a: &BoxedMontyForm, b: &BoxedMontyForm) -> BoxedMontyForm {
        a * b
    }

    fn invert(&self, a: &BoxedMontyForm) -> Option<BoxedMontyForm> {
        a.invert().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_multiply_as_fips_197_says() {
        // FIPS 197 §4.2: {57} times {83} is {c1}, and times {13} {fe}.
        assert_eq!(Gf256::FIPS_197.product(0x57, 0x83), 0xc1);
        assert_eq!(Gf256::FIPS_197.product(0x57, 0x13), 0xfe);
        for field in [Gf256::FIPS_197, Gf256::KMIP_2] {
            for a in 1..=255 {
                assert_eq!(field.inverse(a).map(|inverse| field.product(a, inverse)), Some(1), "{a}");
            }
            assert_eq!(field.inverse(0), None);
        }
    }

    #[test]
    fn the_pairs_are_a_field_over_either_polynomial() {
        for field in [Gf65536(Gf256::FIPS_197), Gf65536(Gf256::KMIP_2)] {
            for number in (1..=u16::MAX).step_by(97) {
                let a = field.place(number);
                assert_eq!(field.multiply(&a, &[0, 1]), a, "one is one");
                let inverse = field.invert(&a).expect("not zero");
                assert_eq!(field.multiply(&a, &inverse), [0, 1], "{number}");
            }
            // y times y is y + m.
            assert_eq!(field.multiply(&[1, 0], &[1, 0]), [1, M]);
            assert_eq!(field.invert(&[0, 0]), None);
        }
    }

    #[test]
    fn the_prime_field_of_seventeen_is_that() {
        let field = PrimeField::new(&[17]).expect("odd");
        let bytes = |element: &BoxedMontyForm| field.to_bytes(element);
        assert_eq!(bytes(&field.element(&[1, 5])), [6], "261 is 6");
        assert_eq!(bytes(&field.multiply(&field.place(5), &field.place(7))), [1]);
        assert_eq!(field.invert(&field.place(5)).map(|inverse| bytes(&inverse)), Some(vec![7]));
        assert_eq!(bytes(&field.subtract(&field.place(3), &field.place(5))), [15]);
        assert!(PrimeField::new(&[16]).is_none() && PrimeField::new(&[]).is_none());
    }
}
