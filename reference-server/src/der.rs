//! The little DER that key formats need: one element after the other.

/// Tag, content, and what follows the element.
type Element<'a> = (u8, &'a [u8], &'a [u8]);

/// ASN.1 SEQUENCE.
pub(crate) const SEQUENCE: u8 = 0x30;
/// ASN.1 INTEGER.
pub(crate) const INTEGER: u8 = 0x02;
/// ASN.1 OCTET STRING.
pub(crate) const OCTET_STRING: u8 = 0x04;

/// The first element of some DER.
pub(crate) fn element(der: &[u8]) -> Option<Element<'_>> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        if digits.is_empty() || digits.len() > 4 {
            return None;
        }
        (digits.iter().fold(0_usize, |sum, digit| (sum << 8) | usize::from(*digit)), rest)
    };
    let (content, after) = rest.split_at_checked(length)?;
    Some((tag, content, after))
}

/// The first element, which must have this tag: its content and what follows.
pub(crate) fn expect(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    element(der).filter(|found| found.0 == tag).map(|(_, content, rest)| (content, rest))
}

/// The key inside a PKCS#8 PrivateKeyInfo (RFC 5208 §5): for RSA a PKCS#1 RSAPrivateKey.
pub(crate) fn inside_pkcs8(der: &[u8]) -> Option<&[u8]> {
    let (info, _) = expect(der, SEQUENCE)?;
    let (_, rest) = expect(info, INTEGER)?;
    let (_, rest) = expect(rest, SEQUENCE)?;
    expect(rest, OCTET_STRING).map(|(key, _)| key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_in_both_forms_and_never_beyond_the_end() {
        assert_eq!(element(&[4, 2, 7, 8, 9]), Some((4, &[7, 8][..], &[9][..])));
        assert_eq!(element(&[4, 0x81, 1, 7]), Some((4, &[7][..], &[][..])));
        for broken in [&[][..], &[4], &[4, 2, 7], &[4, 0x80], &[4, 0x85, 0, 0, 0, 0, 1, 7], &[4, 0x82, 1]] {
            assert_eq!(element(broken), None, "{broken:?}");
        }
    }

    #[test]
    fn the_key_inside_pkcs8_is_the_octet_string() {
        let info = [0x30, 9, 2, 1, 0, 0x30, 0, 4, 2, 0xaa, 0xbb];
        assert_eq!(inside_pkcs8(&info), Some(&[0xaa, 0xbb][..]));
        assert_eq!(inside_pkcs8(&info[2..]), None);
    }
}
