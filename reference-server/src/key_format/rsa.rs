//! RSA keys in PKCS#1, PKCS#8 and X.509 (RFC 8017 §A.1, RFC 5280 §4.1.2.7).

use super::trimmed;
use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, OctetStringRef, UintRef};
use der::{Decode, Encode};
use num_bigint::BigUint;
use pkcs8::{AlgorithmIdentifierRef, PrivateKeyInfoRef, SubjectPublicKeyInfoRef};

/// rsaEncryption.
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// Bytes of the longest modulus whose missing numbers are computed.
const LONGEST: usize = 1_024;

/// The numbers of an RSA key, unsigned, without leading zeros; a private key has some of those after the exponent.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RsaKey {
    /// n.
    pub(crate) modulus: Vec<u8>,
    /// e.
    pub(crate) public_exponent: Option<Vec<u8>>,
    /// d.
    pub(crate) private_exponent: Option<Vec<u8>>,
    /// First prime.
    pub(crate) p: Option<Vec<u8>>,
    /// Second prime.
    pub(crate) q: Option<Vec<u8>>,
    /// d mod (p - 1).
    pub(crate) prime_exponent_p: Option<Vec<u8>>,
    /// d mod (q - 1).
    pub(crate) prime_exponent_q: Option<Vec<u8>>,
    /// q⁻¹ mod p.
    pub(crate) crt_coefficient: Option<Vec<u8>>,
}

impl RsaKey {
    /// Whether there is anything of a private key.
    pub(crate) fn is_private(&self) -> bool {
        self.private_exponent.is_some() || self.p.is_some() || self.prime_exponent_p.is_some()
    }

    /// The key with all its numbers, where those given suffice (SP 800-56B §6.2.2 and appendix C).
    pub(crate) fn complete(&self) -> Option<Self> {
        if self.modulus.len() > LONGEST {
            return None;
        }
        let number = |bytes: &Option<Vec<u8>>| bytes.as_deref().map(BigUint::from_bytes_be);
        let one = BigUint::from(1_u8);
        let modulus = BigUint::from_bytes_be(&self.modulus);
        let (mut e, mut d) = (number(&self.public_exponent), number(&self.private_exponent));
        let primes = match (number(&self.p), number(&self.q)) {
            (Some(p), Some(q)) => Some((p, q)),
            (Some(p), None) | (None, Some(p)) if p > one => Some((p.clone(), &modulus / &p)),
            _ => factors(&modulus, e.as_ref()?, d.as_ref()?),
        };
        let (p, q) = primes.filter(|(p, q)| *p > one && *q > one && p * q == modulus)?;
        let (p_less, q_less) = (&p - &one, &q - &one);
        // λ(n), which is what libraries use and RFC 8017 §3.1 allows, as it does φ(n).
        let totient = (&p_less * &q_less) / gcd(p_less.clone(), q_less.clone());
        if e.is_none() {
            e = d.as_ref()?.modinv(&totient);
        }
        if d.is_none() {
            d = e.as_ref()?.modinv(&totient);
        }
        let (e, d) = (e?, d?);
        let crt = q.modinv(&p)?;
        let given =
            |bytes: &Option<Vec<u8>>, computed: &BigUint| Some(bytes.clone().unwrap_or_else(|| computed.to_bytes_be()));
        Some(Self {
            modulus: self.modulus.clone(),
            public_exponent: given(&self.public_exponent, &e),
            private_exponent: given(&self.private_exponent, &d),
            p: Some(p.to_bytes_be()),
            q: Some(q.to_bytes_be()),
            prime_exponent_p: given(&self.prime_exponent_p, &(&d % &p_less)),
            prime_exponent_q: given(&self.prime_exponent_q, &(&d % &q_less)),
            crt_coefficient: given(&self.crt_coefficient, &crt),
        })
    }
}

/// The primes of a modulus, from both exponents (SP 800-56B appendix C); small bases do, each succeeds with even odds.
fn factors(modulus: &BigUint, e: &BigUint, d: &BigUint) -> Option<(BigUint, BigUint)> {
    let one = BigUint::from(1_u8);
    let product = e * d;
    if *modulus < BigUint::from(6_u8) || product <= one || product.bits() > modulus.bits().saturating_mul(3) {
        return None;
    }
    let even = product - &one;
    let twos = even.trailing_zeros()?;
    let odd = &even >> twos;
    let top = modulus - &one;
    for base in 2_u32..64 {
        let mut x = BigUint::from(base).modpow(&odd, modulus);
        for _ in 0..twos.min(64) {
            let square = (&x * &x) % modulus;
            if square == one && x != one && x != top {
                let p = gcd(x - &one, modulus.clone());
                let q = modulus / &p;
                return Some(if p > q { (p, q) } else { (q, p) });
            }
            x = square;
        }
    }
    None
}

/// Greatest common divisor.
fn gcd(mut a: BigUint, mut b: BigUint) -> BigUint {
    let zero = BigUint::from(0_u8);
    while b != zero {
        (a, b) = (b.clone(), a % b);
    }
    a
}

/// RSAPrivateKey or RSAPublicKey.
pub(super) fn from_pkcs1(der: &[u8], private: bool) -> Option<RsaKey> {
    if !private {
        let key = pkcs1::RsaPublicKeyRef::from_der(der).ok()?;
        return Some(RsaKey {
            modulus: trimmed(key.modulus.as_bytes()),
            public_exponent: Some(trimmed(key.public_exponent.as_bytes())),
            ..RsaKey::default()
        });
    }
    let key = pkcs1::RsaPrivateKeyRef::from_der(der).ok()?;
    if key.other_prime_infos.is_some() {
        return None;
    }
    let number = |number: UintRef<'_>| Some(trimmed(number.as_bytes()));
    Some(RsaKey {
        modulus: trimmed(key.modulus.as_bytes()),
        public_exponent: number(key.public_exponent),
        private_exponent: number(key.private_exponent),
        p: number(key.prime1),
        q: number(key.prime2),
        prime_exponent_p: number(key.exponent1),
        prime_exponent_q: number(key.exponent2),
        crt_coefficient: number(key.coefficient),
    })
}

/// The RSA key of a PrivateKeyInfo.
pub(super) fn from_pkcs8(info: &PrivateKeyInfoRef<'_>) -> Option<RsaKey> {
    if info.algorithm.oid != RSA {
        return None;
    }
    from_pkcs1(info.private_key.as_bytes(), true)
}

/// The RSA key of a SubjectPublicKeyInfo.
pub(super) fn from_x509(info: &SubjectPublicKeyInfoRef<'_>) -> Option<RsaKey> {
    if info.algorithm.oid != RSA {
        return None;
    }
    from_pkcs1(info.subject_public_key.as_bytes()?, false)
}

/// RSAPrivateKey, where all numbers are known or can be computed, or RSAPublicKey.
pub(super) fn to_pkcs1(key: &RsaKey) -> Option<Vec<u8>> {
    if !key.is_private() {
        return public(key);
    }
    let key = key.complete()?;
    let number = |bytes: &'_ Option<Vec<u8>>| bytes.clone();
    let (e, d, p, q) =
        (number(&key.public_exponent)?, number(&key.private_exponent)?, number(&key.p)?, number(&key.q)?);
    let (dp, dq, crt) = (number(&key.prime_exponent_p)?, number(&key.prime_exponent_q)?, number(&key.crt_coefficient)?);
    let private = pkcs1::RsaPrivateKeyRef {
        modulus: UintRef::new(&key.modulus).ok()?,
        public_exponent: UintRef::new(&e).ok()?,
        private_exponent: UintRef::new(&d).ok()?,
        prime1: UintRef::new(&p).ok()?,
        prime2: UintRef::new(&q).ok()?,
        exponent1: UintRef::new(&dp).ok()?,
        exponent2: UintRef::new(&dq).ok()?,
        coefficient: UintRef::new(&crt).ok()?,
        other_prime_infos: None,
    };
    private.to_der().ok()
}

/// RSAPublicKey.
fn public(key: &RsaKey) -> Option<Vec<u8>> {
    let exponent = key.public_exponent.as_ref()?;
    let public = pkcs1::RsaPublicKeyRef {
        modulus: UintRef::new(&key.modulus).ok()?,
        public_exponent: UintRef::new(exponent).ok()?,
    };
    public.to_der().ok()
}

/// rsaEncryption with its NULL parameters.
fn algorithm() -> AlgorithmIdentifierRef<'static> {
    AlgorithmIdentifierRef { oid: RSA, parameters: Some(AnyRef::NULL) }
}

/// PrivateKeyInfo.
pub(super) fn to_pkcs8(key: &RsaKey) -> Option<Vec<u8>> {
    if !key.is_private() {
        return None;
    }
    let inner = to_pkcs1(key)?;
    PrivateKeyInfoRef::new(algorithm(), OctetStringRef::new(&inner).ok()?).to_der().ok()
}

/// SubjectPublicKeyInfo.
pub(super) fn to_x509(key: &RsaKey) -> Option<Vec<u8>> {
    if key.is_private() {
        return None;
    }
    let inner = public(key)?;
    let info =
        SubjectPublicKeyInfoRef { algorithm: algorithm(), subject_public_key: BitStringRef::from_bytes(&inner).ok()? };
    info.to_der().ok()
}
