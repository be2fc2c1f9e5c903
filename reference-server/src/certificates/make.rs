//! Makes the identities of one kind of key.

use super::{CLIENTS, CertificateError, Identity, SERVERS};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P384_SHA384, PKCS_RSA_SHA256, SanType, SerialNumber,
};
use rustls_pki_types::PrivatePkcs8KeyDer;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use time::{Duration, OffsetDateTime};

/// The kind of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyKind {
    /// P-256.
    Ec,
    /// P-384.
    EcP384,
    /// RSA of 2048 bits.
    Rsa,
}

/// What is made for one kind.
#[derive(Debug)]
pub(super) struct Made {
    /// The CA's certificate, PEM.
    pub(super) ca: String,
    /// In the order of [`SERVERS`].
    pub(super) servers: Vec<Identity>,
    /// In the order of [`CLIENTS`].
    pub(super) clients: Vec<Identity>,
}

/// A CA, another that nobody trusts, and every identity. `prefix` goes before the names.
pub(super) fn set(kind: KeyKind, prefix: &str, now: OffsetDateTime) -> Result<Made, CertificateError> {
    let mut keys = Keys { kind, shared: None };
    let (ca, issuer) = authority(&format!("kmipspec test CA{}", kind.label()), &mut keys, now)?;
    let (_, foreign) = authority(&format!("kmipspec foreign CA{}", kind.label()), &mut keys, now)?;
    let mut made = Made { ca, servers: Vec::new(), clients: Vec::new() };
    for (name, _) in SERVERS {
        let mut params = leaf("localhost", name, now, &ExtendedKeyUsagePurpose::ServerAuth);
        if name != "server-no-san" {
            params.subject_alt_names = vec![
                SanType::DnsName("localhost".try_into()?),
                SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)),
                SanType::IpAddress(IpAddr::V6(Ipv6Addr::LOCALHOST)),
            ];
        }
        made.servers.push(sign(prefix, name, params, &mut keys, &issuer, &foreign)?);
    }
    for (name, _) in CLIENTS {
        let params = leaf(name, name, now, &ExtendedKeyUsagePurpose::ClientAuth);
        made.clients.push(sign(prefix, name, params, &mut keys, &issuer, &foreign)?);
    }
    Ok(made)
}

impl KeyKind {
    /// What goes behind the name of a CA, so that the two can be told apart.
    fn label(self) -> &'static str {
        match self {
            Self::Ec | Self::EcP384 => "",
            Self::Rsa => " (RSA)",
        }
    }
}

/// Where keys come from.
#[derive(Debug)]
struct Keys {
    /// Their kind.
    kind: KeyKind,
    /// An RSA key, PKCS#8, for identities that do not need one of their own.
    shared: Option<Vec<u8>>,
}

impl Keys {
    /// A key of one's own.
    fn own(&self) -> Result<KeyPair, CertificateError> {
        match self.kind {
            KeyKind::Ec => Ok(KeyPair::generate()?),
            KeyKind::EcP384 => Ok(KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384)?),
            KeyKind::Rsa => rsa(&new_rsa().ok_or(CertificateError::Key)?),
        }
    }

    /// A key that others may have, too, where making one takes long.
    fn any(&mut self) -> Result<KeyPair, CertificateError> {
        if self.kind != KeyKind::Rsa {
            return self.own();
        }
        if self.shared.is_none() {
            self.shared = new_rsa();
        }
        rsa(self.shared.as_deref().ok_or(CertificateError::Key)?)
    }
}

/// A new RSA key, PKCS#8.
fn new_rsa() -> Option<Vec<u8>> {
    let key = aws_lc_rs::rsa::KeyPair::generate(KeySize::Rsa2048).ok()?;
    let der: Pkcs8V1Der<'_> = key.as_der().ok()?;
    Some(der.as_ref().to_vec())
}

/// An RSA key as the generator of certificates wants it.
fn rsa(pkcs_8: &[u8]) -> Result<KeyPair, CertificateError> {
    Ok(KeyPair::from_pkcs8_der_and_sign_algo(&PrivatePkcs8KeyDer::from(pkcs_8), &PKCS_RSA_SHA256)?)
}

/// A self-signed CA: certificate and what signs with it.
fn authority(
    name: &str,
    keys: &mut Keys,
    now: OffsetDateTime,
) -> Result<(String, Issuer<'static, KeyPair>), CertificateError> {
    let key = keys.own()?;
    let mut params = named(name, now);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let certificate = params.self_signed(&key)?;
    Ok((certificate.pem(), Issuer::new(params, key)))
}

/// What an identity is for, out of its name.
fn flaw(name: &str) -> &str {
    name.trim_start_matches("server-")
}

/// An end-entity certificate's parameters, with the flaw that its name tells.
fn leaf(subject: &str, name: &str, now: OffsetDateTime, usage: &ExtendedKeyUsagePurpose) -> CertificateParams {
    let mut params = named(subject, now);
    params.is_ca = IsCa::ExplicitNoCa;
    // Key encipherment is what static RSA suites of old clients ask for; nothing else looks at it.
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    params.use_authority_key_identifier_extension = true;
    params.extended_key_usages = match (flaw(name), usage) {
        ("no-eku", _) => Vec::new(),
        ("wrong-eku", ExtendedKeyUsagePurpose::ServerAuth) => vec![ExtendedKeyUsagePurpose::ClientAuth],
        ("wrong-eku", _) => vec![ExtendedKeyUsagePurpose::ServerAuth],
        (_, usage) => vec![usage.clone()],
    };
    if name == "server" {
        // To its clients' own listeners it is the client (1.4 §5.1).
        params.extended_key_usages.push(ExtendedKeyUsagePurpose::ClientAuth);
    }
    match flaw(name) {
        "expired" => (params.not_before, params.not_after) = (now - Duration::days(30), now - Duration::days(1)),
        "not-yet-valid" => params.not_before = now + Duration::days(365),
        _ => {}
    }
    params
}

/// Subject and validity: a day back, so a slow clock does not hurt, ten years ahead.
fn named(name: &str, now: OffsetDateTime) -> CertificateParams {
    let mut params = CertificateParams::default();
    let mut subject = DistinguishedName::new();
    subject.push(DnType::OrganizationName, "kmipspec");
    subject.push(DnType::CommonName, name);
    params.distinguished_name = subject;
    params.not_before = now - Duration::days(1);
    params.not_after = now + Duration::days(3650);
    params.serial_number = None::<SerialNumber>;
    params
}

/// Makes a key and has its certificate signed by whom its name tells.
fn sign(
    prefix: &str,
    name: &str,
    params: CertificateParams,
    keys: &mut Keys,
    issuer: &Issuer<'static, KeyPair>,
    foreign: &Issuer<'static, KeyPair>,
) -> Result<Identity, CertificateError> {
    let key = if matches!(name, "server" | "alice" | "bob") { keys.own()? } else { keys.any()? };
    let certificate = match flaw(name) {
        "self-signed" => params.self_signed(&key)?,
        "foreign-ca" => params.signed_by(&key, foreign)?,
        _ => params.signed_by(&key, issuer)?,
    };
    Ok(Identity { name: format!("{prefix}{name}"), certificate: certificate.pem(), key: key.serialize_pem() })
}
