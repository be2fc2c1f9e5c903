//! What an X.509 certificate says of itself, as attributes (1.4 §3.8 to §3.16, 2.1 §4.6 to §4.8, §4.61 to §4.63).

use crate::attributes::Attribute;
use crate::x509::{key_usage, subject_name};
use kmipspec_protocol::registry::{CertificateType, CryptographicAlgorithm, DigitalSignatureAlgorithm, tag};
use kmipspec_protocol::ttlv::{Item, Tag};
use std::net::{Ipv4Addr, Ipv6Addr};
use x509_cert::der::{Decode, Encode};
use x509_cert::ext::pkix::name::{GeneralName, GeneralNames};
use x509_cert::name::Name;
use x509_parser::certificate::X509Certificate;
use x509_parser::oid_registry::{OID_X509_EXT_ISSUER_ALT_NAME, OID_X509_EXT_SUBJECT_ALT_NAME, Oid};
use x509_parser::public_key::PublicKey;
use x509_parser::x509::{SubjectPublicKeyInfo, X509Name};

/// Attributes of a certificate; of one that cannot be read, and of PGP, only type and length.
pub(crate) fn attributes(kind: CertificateType, value: &[u8]) -> Vec<Attribute> {
    let mut attributes = vec![
        Attribute::standard(Item::enumeration(tag::CERTIFICATE_TYPE, kind.0)),
        Attribute::standard(Item::integer(tag::CERTIFICATE_LENGTH, i32::try_from(value.len()).unwrap_or(i32::MAX))),
    ];
    if kind == CertificateType::X_509
        && let Ok((_, parsed)) = x509_parser::parse_x509_certificate(value)
    {
        attributes.extend(x509(&parsed).into_iter().map(Attribute::standard));
    }
    attributes
}

/// Names, serial number, usage, key and signature of a certificate.
fn x509(certificate: &X509Certificate<'_>) -> Vec<Item> {
    let (subject, issuer) = (certificate.subject(), certificate.issuer());
    let subject_names = alternative_names(certificate, &OID_X509_EXT_SUBJECT_ALT_NAME);
    let issuer_names = alternative_names(certificate, &OID_X509_EXT_ISSUER_ALT_NAME);
    let serial = certificate.raw_serial();
    let mut items = vec![
        Item::structure(
            tag::X_509_CERTIFICATE_IDENTIFIER,
            vec![
                Item::bytes(tag::ISSUER_DISTINGUISHED_NAME, issuer.as_raw()),
                Item::bytes(tag::CERTIFICATE_SERIAL_NUMBER, serial),
            ],
        ),
        named(
            tag::X_509_CERTIFICATE_SUBJECT,
            Item::bytes(tag::SUBJECT_DISTINGUISHED_NAME, subject.as_raw()),
            subject_names.iter().filter_map(|name| encoded(tag::SUBJECT_ALTERNATIVE_NAME, name)),
        ),
        named(
            tag::X_509_CERTIFICATE_ISSUER,
            Item::bytes(tag::ISSUER_DISTINGUISHED_NAME, issuer.as_raw()),
            issuer_names.iter().filter_map(|name| encoded(tag::ISSUER_ALTERNATIVE_NAME, name)),
        ),
        // The 1.0 forms are texts (1.0 §3.9 to §3.11).
        Item::structure(
            tag::CERTIFICATE_IDENTIFIER,
            vec![
                Item::text(tag::ISSUER, distinguished_name(issuer)),
                Item::text(tag::SERIAL_NUMBER, hexadecimal(serial)),
            ],
        ),
        named(
            tag::CERTIFICATE_SUBJECT,
            Item::text(tag::CERTIFICATE_SUBJECT_DISTINGUISHED_NAME, distinguished_name(subject)),
            subject_names.iter().filter_map(|name| written(tag::CERTIFICATE_SUBJECT_ALTERNATIVE_NAME, name)),
        ),
        named(
            tag::CERTIFICATE_ISSUER,
            Item::text(tag::CERTIFICATE_ISSUER_DISTINGUISHED_NAME, distinguished_name(issuer)),
            issuer_names.iter().filter_map(|name| written(tag::CERTIFICATE_ISSUER_ALTERNATIVE_NAME, name)),
        ),
    ];
    items.extend(parts(subject, |part| part.subject));
    items.extend(parts(issuer, |part| part.issuer));
    if let Some((algorithm, bits)) = public_key(certificate.public_key()) {
        items.push(Item::enumeration(tag::CRYPTOGRAPHIC_ALGORITHM, algorithm.0));
        items.push(Item::integer(tag::CRYPTOGRAPHIC_LENGTH, bits));
    }
    if let Some(signature) = signature_algorithm(&certificate.signature_algorithm.algorithm.to_id_string()) {
        items.push(Item::enumeration(tag::DIGITAL_SIGNATURE_ALGORITHM, signature.0));
    }
    if let Ok(Some(usage)) = certificate.key_usage() {
        items.push(Item::integer(tag::CRYPTOGRAPHIC_USAGE_MASK, key_usage::mask(usage.value.flags)));
    }
    items
}

/// A structure of a name and its alternatives.
fn named(tag: Tag, name: Item, alternatives: impl Iterator<Item = Item>) -> Item {
    Item::structure(tag, std::iter::once(name).chain(alternatives).collect())
}

/// The items of 2.1 §4.6: one for each part of a name that the table has.
fn parts(name: &X509Name<'_>, side: fn(&subject_name::Part) -> Tag) -> Vec<Item> {
    let values = name.iter_attributes().filter_map(|value| {
        let part = subject_name::part(&value.attr_type().to_id_string())?;
        Some(Item::text(side(part), value.as_str().ok()?))
    });
    values.collect()
}

/// The alternative names of an extension; none where it cannot be read.
fn alternative_names(certificate: &X509Certificate<'_>, extension: &Oid<'_>) -> Vec<GeneralName> {
    let found = certificate.extensions().iter().find(|e| e.oid == *extension);
    found.and_then(|e| GeneralNames::from_der(e.value).ok()).unwrap_or_default()
}

/// An alternative name as DER (1.4 §3.11: a Byte String).
fn encoded(tag: Tag, name: &GeneralName) -> Option<Item> {
    name.to_der().ok().map(|der| Item::bytes(tag, der))
}

/// An alternative name as text (1.0 §3.10), where it has a common one.
fn written(tag: Tag, name: &GeneralName) -> Option<Item> {
    let text = match name {
        GeneralName::Rfc822Name(text) | GeneralName::DnsName(text) | GeneralName::UniformResourceIdentifier(text) => {
            text.to_string()
        }
        GeneralName::DirectoryName(name) => name.to_string(),
        GeneralName::RegisteredId(oid) => oid.to_string(),
        GeneralName::IpAddress(address) => match <[u8; 4]>::try_from(address.as_bytes()) {
            Ok(address) => Ipv4Addr::from(address).to_string(),
            Err(_) => Ipv6Addr::from(<[u8; 16]>::try_from(address.as_bytes()).ok()?).to_string(),
        },
        GeneralName::OtherName(_) | GeneralName::EdiPartyName(_) => return None,
    };
    Some(Item::text(tag, text))
}

/// A name as text, most specific part first (RFC 4514), as published cases write it: `CN=KMIP,O=TEST,C=US`.
fn distinguished_name(name: &X509Name<'_>) -> String {
    Name::from_der(name.as_raw()).map_or_else(|_| name.to_string(), |name| name.to_string())
}

/// A serial number as published cases write it: every byte of the INTEGER, lower case (TC-PKCS12-2, TC-132).
fn hexadecimal(serial: &[u8]) -> String {
    serial.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether two Certificate Serial Numbers are the same: some clients send the whole INTEGER with tag and length, others its
/// content (the published TC-PKCS12-2 asks with the one and answers with the other), some without leading zeros.
pub(crate) fn same_serial(one: &[u8], other: &[u8]) -> bool {
    fn number(serial: &[u8]) -> &[u8] {
        let content = match serial {
            [0x02, length, content @ ..] if !content.is_empty() && usize::from(*length) == content.len() => content,
            _ => serial,
        };
        let zeros = content.iter().take_while(|byte| **byte == 0).count();
        content.get(zeros..).unwrap_or_default()
    }
    number(one) == number(other)
}

/// Algorithm and length of a certified key.
pub(crate) fn public_key(key: &SubjectPublicKeyInfo<'_>) -> Option<(CryptographicAlgorithm, i32)> {
    if key.algorithm.algorithm == x509_parser::oid_registry::OID_SIG_ED25519 {
        return Some((CryptographicAlgorithm::ED25519, 256));
    }
    let key = key.parsed().ok()?;
    let bits = i32::try_from(key.key_size()).ok()?;
    match key {
        PublicKey::RSA(_) => Some((CryptographicAlgorithm::RSA, bits)),
        PublicKey::DSA(_) => Some((CryptographicAlgorithm::DSA, bits)),
        PublicKey::EC(_) => Some((CryptographicAlgorithm::ECDSA, bits)),
        _ => None,
    }
}

/// The enumeration value of a signature's object identifier.
fn signature_algorithm(oid: &str) -> Option<DigitalSignatureAlgorithm> {
    Some(match oid {
        "1.2.840.113549.1.1.2" => DigitalSignatureAlgorithm::MD2_WITH_RSA_ENCRYPTION,
        "1.2.840.113549.1.1.4" => DigitalSignatureAlgorithm::MD5_WITH_RSA_ENCRYPTION,
        "1.2.840.113549.1.1.5" => DigitalSignatureAlgorithm::SHA_1_WITH_RSA_ENCRYPTION,
        "1.2.840.113549.1.1.14" => DigitalSignatureAlgorithm::SHA_224_WITH_RSA_ENCRYPTION,
        "1.2.840.113549.1.1.11" => DigitalSignatureAlgorithm::SHA_256_WITH_RSA_ENCRYPTION,
        "1.2.840.113549.1.1.12" => DigitalSignatureAlgorithm::SHA_384_WITH_RSA_ENCRYPTION,
        "1.2.840.113549.1.1.13" => DigitalSignatureAlgorithm::SHA_512_WITH_RSA_ENCRYPTION,
        "1.2.840.113549.1.1.10" => DigitalSignatureAlgorithm::RSASSA_PSS,
        "2.16.840.1.101.3.4.3.14" => DigitalSignatureAlgorithm::SHA3_256_WITH_RSA_ENCRYPTION,
        "2.16.840.1.101.3.4.3.15" => DigitalSignatureAlgorithm::SHA3_384_WITH_RSA_ENCRYPTION,
        "2.16.840.1.101.3.4.3.16" => DigitalSignatureAlgorithm::SHA3_512_WITH_RSA_ENCRYPTION,
        "1.2.840.10040.4.3" => DigitalSignatureAlgorithm::DSA_WITH_SHA_1,
        "2.16.840.1.101.3.4.3.1" => DigitalSignatureAlgorithm::DSA_WITH_SHA224,
        "2.16.840.1.101.3.4.3.2" => DigitalSignatureAlgorithm::DSA_WITH_SHA256,
        "1.2.840.10045.4.1" => DigitalSignatureAlgorithm::ECDSA_WITH_SHA_1,
        "1.2.840.10045.4.3.1" => DigitalSignatureAlgorithm::ECDSA_WITH_SHA224,
        "1.2.840.10045.4.3.2" => DigitalSignatureAlgorithm::ECDSA_WITH_SHA256,
        "1.2.840.10045.4.3.3" => DigitalSignatureAlgorithm::ECDSA_WITH_SHA384,
        "1.2.840.10045.4.3.4" => DigitalSignatureAlgorithm::ECDSA_WITH_SHA512,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::same_serial;

    #[test]
    fn serial_numbers_are_the_same_with_and_without_their_der() {
        let content = [0x00, 0xd2, 0xf5];
        assert!(same_serial(&content, &[0x02, 0x03, 0x00, 0xd2, 0xf5]), "tag and length");
        assert!(same_serial(&content, &[0xd2, 0xf5]), "no leading zero");
        assert!(!same_serial(&content, &[0xd2, 0xf6]));
        assert!(same_serial(&[0x02, 0x05], &[0x02, 0x05]), "a serial number that looks like the head of an INTEGER");
        assert!(!same_serial(&[0x02, 0x00], &[]), "and one that looks like an empty INTEGER");
    }
}
