//! What an X.509 certificate says of itself, as attributes (1.4 §3.8 to §3.16).

use crate::attributes::Attribute;
use kmipspec_protocol::registry::{CertificateType, CryptographicAlgorithm, DigitalSignatureAlgorithm, tag};
use kmipspec_protocol::ttlv::Item;
use x509_parser::certificate::X509Certificate;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::X509Name;

/// Attributes of a certificate; of one that cannot be read, only type and length.
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

/// Names, serial number, key and signature of a certificate.
fn x509(certificate: &X509Certificate<'_>) -> Vec<Item> {
    let (subject, issuer) = (certificate.subject(), certificate.issuer());
    let serial = certificate.raw_serial();
    let mut items = vec![
        Item::structure(
            tag::X_509_CERTIFICATE_IDENTIFIER,
            vec![
                Item::bytes(tag::ISSUER_DISTINGUISHED_NAME, issuer.as_raw()),
                Item::bytes(tag::CERTIFICATE_SERIAL_NUMBER, serial),
            ],
        ),
        Item::structure(
            tag::X_509_CERTIFICATE_SUBJECT,
            vec![Item::bytes(tag::SUBJECT_DISTINGUISHED_NAME, subject.as_raw())],
        ),
        Item::structure(
            tag::X_509_CERTIFICATE_ISSUER,
            vec![Item::bytes(tag::ISSUER_DISTINGUISHED_NAME, issuer.as_raw())],
        ),
        // The 1.0 forms are texts (1.0 §3.9 to §3.11).
        Item::structure(
            tag::CERTIFICATE_IDENTIFIER,
            vec![
                Item::text(tag::ISSUER, distinguished_name(issuer)),
                Item::text(tag::SERIAL_NUMBER, certificate.raw_serial_as_string()),
            ],
        ),
        Item::structure(
            tag::CERTIFICATE_SUBJECT,
            vec![Item::text(tag::CERTIFICATE_SUBJECT_DISTINGUISHED_NAME, distinguished_name(subject))],
        ),
        Item::structure(
            tag::CERTIFICATE_ISSUER,
            vec![Item::text(tag::CERTIFICATE_ISSUER_DISTINGUISHED_NAME, distinguished_name(issuer))],
        ),
    ];
    if let Some((algorithm, bits)) = public_key(certificate) {
        items.push(Item::enumeration(tag::CRYPTOGRAPHIC_ALGORITHM, algorithm.0));
        items.push(Item::integer(tag::CRYPTOGRAPHIC_LENGTH, bits));
    }
    if let Some(signature) = signature_algorithm(&certificate.signature_algorithm.algorithm.to_id_string()) {
        items.push(Item::enumeration(tag::DIGITAL_SIGNATURE_ALGORITHM, signature.0));
    }
    items
}

/// A name as text, most specific part first, as published cases write it (RFC 4514 without its escapes): `CN=KMIP,O=TEST,C=US`.
fn distinguished_name(name: &X509Name<'_>) -> String {
    let mut parts: Vec<String> = name.to_string().split(", ").map(str::to_owned).collect();
    parts.reverse();
    parts.join(",")
}

/// Algorithm and length of the certified key.
fn public_key(certificate: &X509Certificate<'_>) -> Option<(CryptographicAlgorithm, i32)> {
    let key = certificate.public_key().parsed().ok()?;
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
        "1.2.840.10045.4.1" => DigitalSignatureAlgorithm::ECDSA_WITH_SHA_1,
        "1.2.840.10045.4.3.1" => DigitalSignatureAlgorithm::ECDSA_WITH_SHA224,
        "1.2.840.10045.4.3.2" => DigitalSignatureAlgorithm::ECDSA_WITH_SHA256,
        "1.2.840.10045.4.3.3" => DigitalSignatureAlgorithm::ECDSA_WITH_SHA384,
        "1.2.840.10045.4.3.4" => DigitalSignatureAlgorithm::ECDSA_WITH_SHA512,
        _ => return None,
    })
}
