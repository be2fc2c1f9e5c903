//! DSA and Diffie-Hellman keys in PKCS#8 and X.509 (RFC 3279 §2.3.2, §2.3.3; PKCS #3 for Diffie-Hellman without Q).

use super::trimmed;
use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, OctetStringRef, UintRef};
use der::{Decode, Encode, Sequence};
use kmipspec_protocol::registry::CryptographicAlgorithm;
use pkcs8::{AlgorithmIdentifierRef, PrivateKeyInfoRef, SubjectPublicKeyInfoRef};

/// id-dsa.
const DSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10040.4.1");
/// dhpublicnumber of X9.42.
const DH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10046.2.1");
/// dhKeyAgreement of PKCS #3.
const PKCS_3: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.3.1");

/// A DSA or Diffie-Hellman key: unsigned numbers without leading zeros.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FieldKey {
    /// DSA or DH.
    pub(crate) algorithm: CryptographicAlgorithm,
    /// The field.
    pub(crate) p: Vec<u8>,
    /// The subgroup; Diffie-Hellman may do without.
    pub(crate) q: Option<Vec<u8>>,
    /// The generator.
    pub(crate) g: Vec<u8>,
    /// The cofactor; Diffie-Hellman only.
    pub(crate) j: Option<Vec<u8>>,
    /// Whether the next number is X, not Y.
    pub(crate) is_private: bool,
    /// X or Y.
    pub(crate) number: Vec<u8>,
}

impl FieldKey {
    /// Whether this is a key of the algorithm.
    pub(crate) fn fits(&self, algorithm: CryptographicAlgorithm) -> bool {
        self.algorithm == algorithm
    }
}

/// Dss-Parms.
#[derive(Sequence)]
struct DsaParameters<'a> {
    p: UintRef<'a>,
    q: UintRef<'a>,
    g: UintRef<'a>,
}

/// DomainParameters of X9.42; what else may follow is not kept by KMIP.
#[derive(Sequence)]
struct DhParameters<'a> {
    p: UintRef<'a>,
    g: UintRef<'a>,
    q: UintRef<'a>,
    #[asn1(optional = "true")]
    j: Option<UintRef<'a>>,
}

/// DHParameter of PKCS #3.
#[derive(Sequence)]
struct Pkcs3Parameters<'a> {
    p: UintRef<'a>,
    g: UintRef<'a>,
    #[asn1(optional = "true")]
    length: Option<UintRef<'a>>,
}

/// The key whose parameters an algorithm carries.
fn parse(algorithm: &AlgorithmIdentifierRef<'_>, key: &[u8], is_private: bool) -> Option<FieldKey> {
    let number = trimmed(UintRef::from_der(key).ok()?.as_bytes());
    let bytes = |number: UintRef<'_>| trimmed(number.as_bytes());
    let parameters = algorithm.parameters?.to_der().ok()?;
    match algorithm.oid {
        DSA => {
            let parsed = DsaParameters::from_der(&parameters).ok()?;
            Some(FieldKey {
                algorithm: CryptographicAlgorithm::DSA,
                p: bytes(parsed.p),
                q: Some(bytes(parsed.q)),
                g: bytes(parsed.g),
                j: None,
                is_private,
                number,
            })
        }
        DH => {
            let parsed = DhParameters::from_der(&parameters).ok()?;
            Some(FieldKey {
                algorithm: CryptographicAlgorithm::DH,
                p: bytes(parsed.p),
                q: Some(bytes(parsed.q)),
                g: bytes(parsed.g),
                j: parsed.j.map(bytes),
                is_private,
                number,
            })
        }
        PKCS_3 => {
            let parsed = Pkcs3Parameters::from_der(&parameters).ok()?;
            let (p, g) = (bytes(parsed.p), bytes(parsed.g));
            let algorithm = CryptographicAlgorithm::DH;
            Some(FieldKey { algorithm, p, q: None, g, j: None, is_private, number })
        }
        _ => None,
    }
}

/// The key of a PrivateKeyInfo.
pub(super) fn from_pkcs8(info: &PrivateKeyInfoRef<'_>) -> Option<FieldKey> {
    parse(&info.algorithm, info.private_key.as_bytes(), true)
}

/// The key of a SubjectPublicKeyInfo.
pub(super) fn from_x509(info: &SubjectPublicKeyInfoRef<'_>) -> Option<FieldKey> {
    parse(&info.algorithm, info.subject_public_key.as_bytes()?, false)
}

/// Object identifier and parameters of the key's algorithm.
fn parameters(key: &FieldKey) -> Option<(ObjectIdentifier, Vec<u8>)> {
    let uint = |bytes| UintRef::new(bytes).ok();
    let (p, g) = (uint(&key.p)?, uint(&key.g)?);
    match (key.algorithm, key.q.as_deref()) {
        (CryptographicAlgorithm::DSA, q) => Some((DSA, DsaParameters { p, q: uint(q?)?, g }.to_der().ok()?)),
        (_, Some(q)) => {
            let j = match key.j.as_deref() {
                Some(j) => Some(uint(j)?),
                None => None,
            };
            Some((DH, DhParameters { p, g, q: uint(q)?, j }.to_der().ok()?))
        }
        (_, None) => Some((PKCS_3, Pkcs3Parameters { p, g, length: None }.to_der().ok()?)),
    }
}

/// PrivateKeyInfo.
pub(super) fn to_pkcs8(key: &FieldKey) -> Option<Vec<u8>> {
    if !key.is_private {
        return None;
    }
    let (oid, parameters) = parameters(key)?;
    let inner = UintRef::new(&key.number).ok()?.to_der().ok()?;
    let algorithm = AlgorithmIdentifierRef { oid, parameters: Some(AnyRef::from_der(&parameters).ok()?) };
    PrivateKeyInfoRef::new(algorithm, OctetStringRef::new(&inner).ok()?).to_der().ok()
}

/// SubjectPublicKeyInfo.
pub(super) fn to_x509(key: &FieldKey) -> Option<Vec<u8>> {
    if key.is_private {
        return None;
    }
    let (oid, parameters) = parameters(key)?;
    let inner = UintRef::new(&key.number).ok()?.to_der().ok()?;
    let info = SubjectPublicKeyInfoRef {
        algorithm: AlgorithmIdentifierRef { oid, parameters: Some(AnyRef::from_der(&parameters).ok()?) },
        subject_public_key: BitStringRef::from_bytes(&inner).ok()?,
    };
    info.to_der().ok()
}
