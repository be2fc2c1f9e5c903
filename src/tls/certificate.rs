//! What a server's certificate says; the only file of the harness that names x509-parser.

use super::observation::CertificateFacts;
use crate::report::text::{hex, printable};
use std::net::{Ipv4Addr, Ipv6Addr};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::public_key::PublicKey;
use x509_parser::time::ASN1Time;

/// Names of object identifiers of curves, with the bits of their fields.
const CURVES: &[(&str, &str, usize)] = &[
    ("1.2.840.10045.3.1.7", "P-256", 256),
    ("1.3.132.0.34", "P-384", 384),
    ("1.3.132.0.35", "P-521", 521),
    ("1.2.840.10045.3.1.1", "P-192", 192),
    ("1.3.132.0.33", "P-224", 224),
    ("1.3.132.0.10", "secp256k1", 256),
    ("1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1", 256),
    ("1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1", 384),
    ("1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1", 512),
];

/// Names of object identifiers of signature algorithms and keys.
const ALGORITHMS: &[(&str, &str)] = &[
    ("1.2.840.113549.1.1.4", "md5WithRSA"),
    ("1.2.840.113549.1.1.5", "sha1WithRSA"),
    ("1.2.840.113549.1.1.11", "sha256WithRSA"),
    ("1.2.840.113549.1.1.12", "sha384WithRSA"),
    ("1.2.840.113549.1.1.13", "sha512WithRSA"),
    ("1.2.840.113549.1.1.10", "RSASSA-PSS"),
    ("1.2.840.10045.4.1", "ecdsa-with-SHA1"),
    ("1.2.840.10045.4.3.2", "ecdsa-with-SHA256"),
    ("1.2.840.10045.4.3.3", "ecdsa-with-SHA384"),
    ("1.2.840.10045.4.3.4", "ecdsa-with-SHA512"),
    ("1.2.840.10040.4.1", "DSA"),
    ("1.2.840.10040.4.3", "dsa-with-SHA1"),
    ("2.16.840.1.101.3.4.3.2", "dsa-with-SHA256"),
    ("1.3.101.112", "Ed25519"),
    ("1.3.101.113", "Ed448"),
];

/// Reads one certificate; none where it cannot be read.
pub(super) fn facts(der: &[u8]) -> Option<CertificateFacts> {
    let (_, certificate) = x509_parser::parse_x509_certificate(der).ok()?;
    let (key, key_bits, curve) = key(&certificate);
    let validity = certificate.validity();
    Some(CertificateFacts {
        subject: printable(&certificate.subject().to_string(), false),
        issuer: printable(&certificate.issuer().to_string(), false),
        serial: hex(certificate.raw_serial()),
        key,
        key_bits,
        curve,
        signature: named(&certificate.signature_algorithm.algorithm.to_id_string()),
        names: names(&certificate),
        not_before: moment(&validity.not_before),
        not_after: moment(&validity.not_after),
        is_current: validity.is_valid(),
        key_usage: certificate.key_usage().ok().flatten().map(|usage| key_usage(usage.value)),
        extended_key_usage: certificate.extended_key_usage().ok().flatten().map(|usage| purposes(usage.value)),
        is_authority: certificate.is_ca(),
    })
}

/// The Common Name of the subject of a certificate (DER), as it stands there.
pub(crate) fn common_name(der: &[u8]) -> Option<String> {
    let (_, certificate) = x509_parser::parse_x509_certificate(der).ok()?;
    certificate.subject().iter_common_name().next()?.as_str().ok().map(str::to_owned)
}

/// Kind of key, bits, and curve.
fn key(certificate: &X509Certificate<'_>) -> (String, Option<usize>, Option<String>) {
    let info = certificate.public_key();
    match info.parsed() {
        Ok(PublicKey::RSA(rsa)) => {
            let zeros = rsa.modulus.iter().take_while(|byte| **byte == 0).count();
            let first = rsa.modulus.get(zeros).copied().unwrap_or(0);
            let bits = (rsa.modulus.len() - zeros) * 8 - first.leading_zeros() as usize % 8;
            ("RSA".to_owned(), Some(bits), None)
        }
        Ok(PublicKey::EC(_)) => {
            let curve = info.algorithm.parameters.as_ref().and_then(|p| p.as_oid().ok()).map(|oid| oid.to_id_string());
            let known = curve.as_deref().and_then(|oid| CURVES.iter().find(|(known, ..)| *known == oid));
            match known {
                Some((_, name, bits)) => ("EC".to_owned(), Some(*bits), Some((*name).to_owned())),
                None => ("EC".to_owned(), None, curve),
            }
        }
        _ => (named(&info.algorithm.algorithm.to_id_string()), None, None),
    }
}

/// The name of an algorithm, or its number.
fn named(oid: &str) -> String {
    ALGORITHMS.iter().find(|(known, _)| *known == oid).map_or(oid, |(_, name)| name).to_owned()
}

/// A moment as RFC 3339 has it.
fn moment(time: &ASN1Time) -> String {
    jiff::Timestamp::from_second(time.timestamp()).map_or_else(|_| time.to_string(), |t| t.to_string())
}

/// Names and addresses of subjectAltName.
fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else { return Vec::new() };
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some(format!("DNS:{name}")),
        GeneralName::RFC822Name(name) => Some(format!("email:{name}")),
        GeneralName::URI(uri) => Some(format!("URI:{uri}")),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|b| format!("IP:{}", Ipv4Addr::from(b))),
            _ => <[u8; 16]>::try_from(*bytes).ok().map(|b| format!("IP:{}", Ipv6Addr::from(b))),
        },
        _ => None,
    };
    extension.value.general_names.iter().filter_map(name).map(|n| printable(&n, false)).collect()
}

/// Bits of keyUsage by their names (RFC 5280 §4.2.1.3).
fn key_usage(usage: &x509_parser::extensions::KeyUsage) -> Vec<String> {
    let bits = [
        (usage.digital_signature(), "digitalSignature"),
        (usage.non_repudiation(), "nonRepudiation"),
        (usage.key_encipherment(), "keyEncipherment"),
        (usage.data_encipherment(), "dataEncipherment"),
        (usage.key_agreement(), "keyAgreement"),
        (usage.key_cert_sign(), "keyCertSign"),
        (usage.crl_sign(), "cRLSign"),
        (usage.encipher_only(), "encipherOnly"),
        (usage.decipher_only(), "decipherOnly"),
    ];
    bits.into_iter().filter(|(set, _)| *set).map(|(_, name)| name.to_owned()).collect()
}

/// Purposes of extendedKeyUsage.
fn purposes(usage: &x509_parser::extensions::ExtendedKeyUsage<'_>) -> Vec<String> {
    let known = [
        (usage.any, "any"),
        (usage.server_auth, "serverAuth"),
        (usage.client_auth, "clientAuth"),
        (usage.code_signing, "codeSigning"),
        (usage.email_protection, "emailProtection"),
        (usage.time_stamping, "timeStamping"),
        (usage.ocsp_signing, "OCSPSigning"),
    ];
    let others = usage.other.iter().map(|oid| oid.to_id_string());
    known.into_iter().filter(|(set, _)| *set).map(|(_, name)| name.to_owned()).chain(others).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use kmipspec_reference_server::certificates::CertificateSet;
    use rustls_pki_types::CertificateDer;
    use rustls_pki_types::pem::PemObject;

    #[test]
    fn the_facts_of_a_certificate_are_read() {
        let set = CertificateSet::generate().expect("made");
        let der = CertificateDer::from_pem_slice(set.server.certificate.as_bytes()).expect("PEM");
        let facts = facts(&der).expect("a certificate");
        assert_eq!((facts.key.as_str(), facts.key_bits, facts.curve.as_deref()), ("EC", Some(256), Some("P-256")));
        assert_eq!(facts.signature, "ecdsa-with-SHA256");
        assert!(facts.names.iter().any(|n| n == "DNS:localhost") && facts.names.iter().any(|n| n == "IP:127.0.0.1"));
        assert!(facts.is_current && !facts.is_authority);
        assert!(facts.key_usage.is_some_and(|bits| bits.iter().any(|bit| bit == "digitalSignature")));
        assert!(super::facts(&der[..der.len() - 1]).is_none());
    }
}
