//! Recommended Curves and their object identifiers (SEC 2, X9.62, RFC 5639). A table.

use der::asn1::ObjectIdentifier;
use kmipspec_protocol::registry::RecommendedCurve;

/// A named curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Curve(&'static Row);

/// Recommended Curve, object identifier, bits of the field.
#[derive(Debug, PartialEq, Eq)]
struct Row(RecommendedCurve, ObjectIdentifier, i32);

/// A row by the text of its object identifier.
const fn row(curve: RecommendedCurve, oid: &str, bits: i32) -> Row {
    Row(curve, ObjectIdentifier::new_unwrap(oid), bits)
}

/// In the order of the enumeration.
static CURVES: &[Row] = &[
    row(RecommendedCurve::P_192, "1.2.840.10045.3.1.1", 192),
    row(RecommendedCurve::K_163, "1.3.132.0.1", 163),
    row(RecommendedCurve::B_163, "1.3.132.0.15", 163),
    row(RecommendedCurve::P_224, "1.3.132.0.33", 224),
    row(RecommendedCurve::K_233, "1.3.132.0.26", 233),
    row(RecommendedCurve::B_233, "1.3.132.0.27", 233),
    row(RecommendedCurve::P_256, "1.2.840.10045.3.1.7", 256),
    row(RecommendedCurve::K_283, "1.3.132.0.16", 283),
    row(RecommendedCurve::B_283, "1.3.132.0.17", 283),
    row(RecommendedCurve::P_384, "1.3.132.0.34", 384),
    row(RecommendedCurve::K_409, "1.3.132.0.36", 409),
    row(RecommendedCurve::B_409, "1.3.132.0.37", 409),
    row(RecommendedCurve::P_521, "1.3.132.0.35", 521),
    row(RecommendedCurve::K_571, "1.3.132.0.38", 571),
    row(RecommendedCurve::B_571, "1.3.132.0.39", 571),
    row(RecommendedCurve::SECP112R1, "1.3.132.0.6", 112),
    row(RecommendedCurve::SECP112R2, "1.3.132.0.7", 112),
    row(RecommendedCurve::SECP128R1, "1.3.132.0.28", 128),
    row(RecommendedCurve::SECP128R2, "1.3.132.0.29", 128),
    row(RecommendedCurve::SECP160K1, "1.3.132.0.9", 160),
    row(RecommendedCurve::SECP160R1, "1.3.132.0.8", 160),
    row(RecommendedCurve::SECP160R2, "1.3.132.0.30", 160),
    row(RecommendedCurve::SECP192K1, "1.3.132.0.31", 192),
    row(RecommendedCurve::SECP224K1, "1.3.132.0.32", 224),
    row(RecommendedCurve::SECP256K1, "1.3.132.0.10", 256),
    row(RecommendedCurve::SECT113R1, "1.3.132.0.4", 113),
    row(RecommendedCurve::SECT113R2, "1.3.132.0.5", 113),
    row(RecommendedCurve::SECT131R1, "1.3.132.0.22", 131),
    row(RecommendedCurve::SECT131R2, "1.3.132.0.23", 131),
    row(RecommendedCurve::SECT163R1, "1.3.132.0.2", 163),
    row(RecommendedCurve::SECT193R1, "1.3.132.0.24", 193),
    row(RecommendedCurve::SECT193R2, "1.3.132.0.25", 193),
    row(RecommendedCurve::SECT239K1, "1.3.132.0.3", 239),
    row(RecommendedCurve::ANSIX9P192V2, "1.2.840.10045.3.1.2", 192),
    row(RecommendedCurve::ANSIX9P192V3, "1.2.840.10045.3.1.3", 192),
    row(RecommendedCurve::ANSIX9P239V1, "1.2.840.10045.3.1.4", 239),
    row(RecommendedCurve::ANSIX9P239V2, "1.2.840.10045.3.1.5", 239),
    row(RecommendedCurve::ANSIX9P239V3, "1.2.840.10045.3.1.6", 239),
    row(RecommendedCurve::ANSIX9C2PNB163V1, "1.2.840.10045.3.0.1", 163),
    row(RecommendedCurve::ANSIX9C2PNB163V2, "1.2.840.10045.3.0.2", 163),
    row(RecommendedCurve::ANSIX9C2PNB163V3, "1.2.840.10045.3.0.3", 163),
    row(RecommendedCurve::ANSIX9C2PNB176V1, "1.2.840.10045.3.0.4", 176),
    row(RecommendedCurve::ANSIX9C2TNB191V1, "1.2.840.10045.3.0.5", 191),
    row(RecommendedCurve::ANSIX9C2TNB191V2, "1.2.840.10045.3.0.6", 191),
    row(RecommendedCurve::ANSIX9C2TNB191V3, "1.2.840.10045.3.0.7", 191),
    row(RecommendedCurve::ANSIX9C2PNB208W1, "1.2.840.10045.3.0.10", 208),
    row(RecommendedCurve::ANSIX9C2TNB239V1, "1.2.840.10045.3.0.11", 239),
    row(RecommendedCurve::ANSIX9C2TNB239V2, "1.2.840.10045.3.0.12", 239),
    row(RecommendedCurve::ANSIX9C2TNB239V3, "1.2.840.10045.3.0.13", 239),
    row(RecommendedCurve::ANSIX9C2PNB272W1, "1.2.840.10045.3.0.16", 272),
    row(RecommendedCurve::ANSIX9C2PNB304W1, "1.2.840.10045.3.0.17", 304),
    row(RecommendedCurve::ANSIX9C2TNB359V1, "1.2.840.10045.3.0.18", 359),
    row(RecommendedCurve::ANSIX9C2PNB368W1, "1.2.840.10045.3.0.19", 368),
    row(RecommendedCurve::ANSIX9C2TNB431R1, "1.2.840.10045.3.0.20", 431),
    row(RecommendedCurve::BRAINPOOLP160R1, "1.3.36.3.3.2.8.1.1.1", 160),
    row(RecommendedCurve::BRAINPOOLP160T1, "1.3.36.3.3.2.8.1.1.2", 160),
    row(RecommendedCurve::BRAINPOOLP192R1, "1.3.36.3.3.2.8.1.1.3", 192),
    row(RecommendedCurve::BRAINPOOLP192T1, "1.3.36.3.3.2.8.1.1.4", 192),
    row(RecommendedCurve::BRAINPOOLP224R1, "1.3.36.3.3.2.8.1.1.5", 224),
    row(RecommendedCurve::BRAINPOOLP224T1, "1.3.36.3.3.2.8.1.1.6", 224),
    row(RecommendedCurve::BRAINPOOLP256R1, "1.3.36.3.3.2.8.1.1.7", 256),
    row(RecommendedCurve::BRAINPOOLP256T1, "1.3.36.3.3.2.8.1.1.8", 256),
    row(RecommendedCurve::BRAINPOOLP320R1, "1.3.36.3.3.2.8.1.1.9", 320),
    row(RecommendedCurve::BRAINPOOLP320T1, "1.3.36.3.3.2.8.1.1.10", 320),
    row(RecommendedCurve::BRAINPOOLP384R1, "1.3.36.3.3.2.8.1.1.11", 384),
    row(RecommendedCurve::BRAINPOOLP384T1, "1.3.36.3.3.2.8.1.1.12", 384),
    row(RecommendedCurve::BRAINPOOLP512R1, "1.3.36.3.3.2.8.1.1.13", 512),
    row(RecommendedCurve::BRAINPOOLP512T1, "1.3.36.3.3.2.8.1.1.14", 512),
];

impl Curve {
    /// The curve of a Recommended Curve; Curve25519 and Curve448 have keys of other shapes and are not among them.
    pub(crate) fn recommended(curve: RecommendedCurve) -> Option<Self> {
        CURVES.iter().find(|row| row.0 == curve).map(Self)
    }

    /// The curve of an object identifier.
    pub(crate) fn named(oid: ObjectIdentifier) -> Option<Self> {
        CURVES.iter().find(|row| row.1 == oid).map(Self)
    }

    /// Recommended Curve.
    pub(crate) fn number(self) -> RecommendedCurve {
        self.0.0
    }

    /// Object identifier.
    pub(crate) fn oid(self) -> ObjectIdentifier {
        self.0.1
    }

    /// Bits of the field: the Cryptographic Length of a key.
    pub(crate) fn bits(self) -> i32 {
        self.0.2
    }

    /// Bytes of a coordinate.
    pub(crate) fn coordinate(self) -> usize {
        usize::try_from(self.0.2).map_or(0, |bits| bits.div_ceil(8))
    }
}
