//! Elliptic curve keys in ECPrivateKey, PKCS#8 and X.509 (RFC 5915 §3, RFC 5480 §2), and their points compressed and not.

use super::Curve;
use der::asn1::{BitStringRef, ObjectIdentifier, OctetStringRef};
use der::{Decode, Encode};
use kmipspec_protocol::registry::{KeyCompressionType, RecommendedCurve};
use p256::elliptic_curve::sec1::ToSec1Point;
use pkcs8::{AlgorithmIdentifierRef, PrivateKeyInfoRef, SubjectPublicKeyInfoRef};
use sec1::EcParameters;

/// id-ecPublicKey.
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

/// A key on a curve.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct EcKey {
    /// The curve.
    pub(crate) curve: Curve,
    /// D, as long as the order of the curve; none in a public key.
    pub(crate) private: Option<Vec<u8>>,
    /// The point Q (SEC 1 §2.3.3).
    pub(crate) point: Option<Vec<u8>>,
}

impl EcKey {
    /// A private key; its point is computed where the curve is one that we compute on.
    pub(crate) fn private(curve: Curve, d: &[u8], point: Option<&[u8]>) -> Option<Self> {
        let d = super::trimmed(d);
        let length = curve.coordinate();
        let missing = length.checked_sub(d.len())?;
        let private = [vec![0; missing], d].concat();
        let point = point.map(<[u8]>::to_vec).or_else(|| point_of(curve, &private));
        Some(Self { curve, private: Some(private), point })
    }

    /// A public key; on curves that we compute on the point must be one of the curve.
    pub(crate) fn public(curve: Curve, point: &[u8]) -> Option<Self> {
        let key = Self { curve, private: None, point: Some(point.to_vec()) };
        let length = curve.coordinate();
        match point.first()? {
            2 | 3 if point.len() == length.checked_add(1)? => {}
            4 | 6 | 7 if point.len() == length.checked_mul(2)?.checked_add(1)? => {}
            _ => return None,
        }
        (!computes_on(curve) || key.uncompressed().is_some()).then_some(key)
    }

    /// The point in its uncompressed form; `None` where it would have to be computed and cannot.
    fn uncompressed(&self) -> Option<Vec<u8>> {
        let point = self.point.as_deref()?;
        match point.split_first()? {
            (6 | 7, coordinates) => uncompress(self.curve, &[&[4], coordinates].concat()),
            (4, _) if !computes_on(self.curve) => Some(point.to_vec()),
            _ => uncompress(self.curve, point),
        }
    }

    /// Brings the point to its uncompressed form, where that can be done.
    pub(crate) fn decompress(&mut self) {
        if let Some(point) = self.uncompressed() {
            self.point = Some(point);
        }
    }

    /// Brings the point of a public key to a Key Compression Type.
    pub(crate) fn compress(&mut self, wanted: KeyCompressionType) -> Option<()> {
        if self.private.is_some() {
            return None;
        }
        let point = self.uncompressed()?;
        let (_, coordinates) = point.split_first()?;
        let (x, y) = coordinates.split_at_checked(self.curve.coordinate())?;
        let odd = y.last()? & 1;
        self.point = Some(match wanted {
            KeyCompressionType::EC_PUBLIC_KEY_TYPE_UNCOMPRESSED => point,
            KeyCompressionType::EC_PUBLIC_KEY_TYPE_X9_62_COMPRESSED_PRIME if computes_on(self.curve) => {
                [&[2 | odd], x].concat()
            }
            KeyCompressionType::EC_PUBLIC_KEY_TYPE_X9_62_HYBRID if computes_on(self.curve) => {
                [&[6 | odd], x, y].concat()
            }
            _ => return None,
        });
        Some(())
    }
}

/// Whether points of the curve can be computed here: all four are over prime fields.
fn computes_on(curve: Curve) -> bool {
    matches!(
        curve.number(),
        RecommendedCurve::P_256 | RecommendedCurve::P_384 | RecommendedCurve::P_521 | RecommendedCurve::SECP256K1
    )
}

/// The uncompressed point of a point in any form but hybrid; `None` when it is not on the curve.
fn uncompress(curve: Curve, point: &[u8]) -> Option<Vec<u8>> {
    let uncompressed = match curve.number() {
        RecommendedCurve::P_256 => {
            p256::PublicKey::from_sec1_bytes(point).ok()?.to_sec1_point(false).as_bytes().to_vec()
        }
        RecommendedCurve::P_384 => {
            p384::PublicKey::from_sec1_bytes(point).ok()?.to_sec1_point(false).as_bytes().to_vec()
        }
        RecommendedCurve::P_521 => {
            p521::PublicKey::from_sec1_bytes(point).ok()?.to_sec1_point(false).as_bytes().to_vec()
        }
        RecommendedCurve::SECP256K1 => {
            k256::PublicKey::from_sec1_bytes(point).ok()?.to_sec1_point(false).as_bytes().to_vec()
        }
        _ => return None,
    };
    Some(uncompressed)
}

/// The uncompressed point that belongs to a private key.
fn point_of(curve: Curve, d: &[u8]) -> Option<Vec<u8>> {
    let point = match curve.number() {
        RecommendedCurve::P_256 => {
            p256::SecretKey::from_slice(d).ok()?.public_key().to_sec1_point(false).as_bytes().to_vec()
        }
        RecommendedCurve::P_384 => {
            p384::SecretKey::from_slice(d).ok()?.public_key().to_sec1_point(false).as_bytes().to_vec()
        }
        RecommendedCurve::P_521 => {
            p521::SecretKey::from_slice(d).ok()?.public_key().to_sec1_point(false).as_bytes().to_vec()
        }
        RecommendedCurve::SECP256K1 => {
            k256::SecretKey::from_slice(d).ok()?.public_key().to_sec1_point(false).as_bytes().to_vec()
        }
        _ => return None,
    };
    Some(point)
}

/// ECPrivateKey; the curve stands in it, or around it.
pub(super) fn from_ec_private_key(der: &[u8], around: Option<Curve>) -> Option<EcKey> {
    let key = sec1::EcPrivateKey::from_der(der).ok()?;
    let inside = key.parameters.and_then(EcParameters::named_curve);
    let curve = match inside {
        Some(oid) => Curve::named(oid)?,
        None => around?,
    };
    EcKey::private(curve, key.private_key, key.public_key)
}

/// The curve that an algorithm names.
fn curve_of(algorithm: &AlgorithmIdentifierRef<'_>) -> Option<Curve> {
    if algorithm.oid != EC {
        return None;
    }
    Curve::named(algorithm.parameters_oid().ok()?)
}

/// The key of a PrivateKeyInfo.
pub(super) fn from_pkcs8(info: &PrivateKeyInfoRef<'_>) -> Option<EcKey> {
    from_ec_private_key(info.private_key.as_bytes(), Some(curve_of(&info.algorithm)?))
}

/// The key of a SubjectPublicKeyInfo.
pub(super) fn from_x509(info: &SubjectPublicKeyInfoRef<'_>) -> Option<EcKey> {
    EcKey::public(curve_of(&info.algorithm)?, info.subject_public_key.as_bytes()?)
}

/// ECPrivateKey with its curve.
pub(super) fn to_ec_private_key(key: &EcKey) -> Option<Vec<u8>> {
    inner(key, Some(EcParameters::NamedCurve(key.curve.oid())))
}

/// ECPrivateKey.
fn inner(key: &EcKey, parameters: Option<EcParameters>) -> Option<Vec<u8>> {
    let private_key = key.private.as_deref()?;
    sec1::EcPrivateKey { private_key, parameters, public_key: key.point.as_deref() }.to_der().ok()
}

/// PrivateKeyInfo; the curve stands outside alone, as most write it.
pub(super) fn to_pkcs8(key: &EcKey) -> Option<Vec<u8>> {
    let inner = inner(key, None)?;
    let oid = key.curve.oid();
    let algorithm = AlgorithmIdentifierRef { oid: EC, parameters: Some((&oid).into()) };
    PrivateKeyInfoRef::new(algorithm, OctetStringRef::new(&inner).ok()?).to_der().ok()
}

/// SubjectPublicKeyInfo.
pub(super) fn to_x509(key: &EcKey) -> Option<Vec<u8>> {
    if key.private.is_some() {
        return None;
    }
    let oid = key.curve.oid();
    let info = SubjectPublicKeyInfoRef {
        algorithm: AlgorithmIdentifierRef { oid: EC, parameters: Some((&oid).into()) },
        subject_public_key: BitStringRef::from_bytes(key.point.as_deref()?).ok()?,
    };
    info.to_der().ok()
}
