//! Cryptographic Usage Mask and the Key Usage extension (1.4 Table 96, 2.1 §4.18).

use kmipspec_protocol::registry::CryptographicUsageMask as Mask;
use x509_cert::ext::pkix::{KeyUsage, KeyUsages};

/// Bit of the extension (RFC 5280 §4.2.1.3) and bits of the mask.
const TABLE: [(u16, u32); 9] = [
    (DIGITAL_SIGNATURE, Mask::SIGN.0 | Mask::VERIFY.0),
    (CONTENT_COMMITMENT, Mask::CONTENT_COMMITMENT_NON_REPUDIATION.0),
    (1 << 2, Mask::WRAP_KEY.0 | Mask::UNWRAP_KEY.0),
    (1 << 3, Mask::ENCRYPT.0 | Mask::DECRYPT.0),
    (KEY_AGREEMENT, Mask::KEY_AGREEMENT.0),
    (KEY_CERT_SIGN, Mask::CERTIFICATE_SIGN.0),
    (CRL_SIGN, Mask::CRL_SIGN.0),
    (1 << 7, Mask::ENCRYPT.0),
    (1 << 8, Mask::DECRYPT.0),
];

/// digitalSignature.
pub(crate) const DIGITAL_SIGNATURE: u16 = 1;
/// contentCommitment, once nonRepudiation.
const CONTENT_COMMITMENT: u16 = 1 << 1;
/// keyAgreement.
const KEY_AGREEMENT: u16 = 1 << 4;
/// keyCertSign.
pub(crate) const KEY_CERT_SIGN: u16 = 1 << 5;
/// cRLSign.
pub(crate) const CRL_SIGN: u16 = 1 << 6;
/// encipherOnly and decipherOnly narrow keyAgreement and mean nothing alone (RFC 5280 §4.2.1.3).
const NARROWING: u16 = 1 << 7 | 1 << 8;

/// The mask of an extension's bits.
pub(crate) fn mask(bits: u16) -> i32 {
    let mask = TABLE.iter().filter(|(bit, _)| bits & bit != 0).fold(0, |all, (_, mask)| all | mask);
    mask.cast_signed()
}

/// The extension's bits for a mask.
pub(crate) fn bits(mask: i32) -> u16 {
    let mask = mask.cast_unsigned();
    TABLE.iter().filter(|(bit, there)| bit & NARROWING == 0 && mask & there != 0).fold(0, |all, (bit, _)| all | bit)
}

/// The extension of bits.
pub(crate) fn extension(bits: u16) -> KeyUsage {
    let flags = [
        KeyUsages::DigitalSignature,
        KeyUsages::NonRepudiation,
        KeyUsages::KeyEncipherment,
        KeyUsages::DataEncipherment,
        KeyUsages::KeyAgreement,
        KeyUsages::KeyCertSign,
        KeyUsages::CRLSign,
        KeyUsages::EncipherOnly,
        KeyUsages::DecipherOnly,
    ];
    // The number of a flag is its place, not its bit.
    let set = flags.into_iter().enumerate().filter(|(place, _)| bits & (1 << place) != 0);
    let mut usage = KeyUsage(Default::default());
    for (_, flag) in set {
        usage.0 |= flag;
    }
    usage
}

#[cfg(test)]
mod tests {
    use super::*;
    use x509_cert::der::Encode;

    #[test]
    fn bits_become_the_string_that_rfc_5280_has() {
        for (bits, der) in [
            (DIGITAL_SIGNATURE, &[3, 2, 7, 0x80][..]),
            (KEY_CERT_SIGN | CRL_SIGN, &[3, 2, 1, 0x06]),
            (1 << 8, &[3, 3, 7, 0x00, 0x80]),
        ] {
            let usage = extension(bits);
            assert_eq!(usage.to_der().expect("DER"), der);
            assert_eq!(usage.0.bits(), bits);
        }
    }

    #[test]
    fn the_table_is_read_in_both_directions() {
        assert_eq!(mask(DIGITAL_SIGNATURE), 0x3);
        assert_eq!(mask(KEY_CERT_SIGN | CRL_SIGN), 0x3000);
        assert_eq!(bits(0x2), DIGITAL_SIGNATURE, "Verify");
        assert_eq!(bits(0x10 | 0x4), 1 << 2 | 1 << 3, "Wrap Key and Encrypt");
        assert_eq!(bits(0x80), 0, "MAC Generate is nothing a certificate knows");
    }
}
