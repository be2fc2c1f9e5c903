//! Certificates made at start: one CA, the server's own, and client identities good and bad (../shared/tls.md 3.4 has the trial).
//!
//! Keys are EC P-256; ring makes one in well under a millisecond, RSA would need another provider.

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType, SerialNumber,
};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use time::{Duration, OffsetDateTime};

/// A certificate and its key, both PEM.
#[derive(Clone)]
pub struct Identity {
    /// What it is called in target files and file names: `alice`.
    pub name: String,
    /// The certificate, PEM.
    pub certificate: String,
    /// The private key, PKCS#8 PEM.
    pub key: String,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Everything made at one start.
#[derive(Clone, Debug)]
pub struct CertificateSet {
    /// The CA's certificate, PEM: what clients must trust, and what the server trusts.
    pub ca: String,
    /// The server's own, with subject alternative names localhost, 127.0.0.1 and ::1.
    pub server: Identity,
    /// Client identities: see [`CLIENTS`].
    pub clients: Vec<Identity>,
}

/// Name and purpose of each client identity.
pub const CLIENTS: [(&str, &str); 6] = [
    ("alice", "the default client"),
    ("bob", "another client of the same server"),
    ("expired", "validity ended yesterday"),
    ("no-eku", "no extended key usage: any purpose is allowed (RFC 5280 §4.2.1.12)"),
    ("wrong-eku", "extended key usage is server authentication only"),
    ("foreign-ca", "signed by a CA the server does not trust"),
];

/// Why there are no certificates.
#[derive(Debug)]
pub enum CertificateError {
    /// The generator refused.
    Generate(rcgen::Error),
    /// A file could not be written.
    Write(PathBuf, std::io::Error),
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Generate(e) => write!(f, "make certificates: {e}"),
            Self::Write(path, e) => write!(f, "write {}: {e}", path.display()),
        }
    }
}

impl std::error::Error for CertificateError {}

impl From<rcgen::Error> for CertificateError {
    fn from(e: rcgen::Error) -> Self {
        Self::Generate(e)
    }
}

impl CertificateSet {
    /// Makes a new set; every start has its own CA.
    pub fn generate() -> Result<Self, CertificateError> {
        let now = OffsetDateTime::now_utc();
        let (ca, issuer) = authority("kmipspec test CA", now)?;
        let (_, foreign) = authority("kmipspec foreign CA", now)?;
        let server = {
            let mut params =
                leaf("localhost", now, &[ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth]);
            params.subject_alt_names = vec![
                SanType::DnsName("localhost".try_into()?),
                SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)),
                SanType::IpAddress(IpAddr::V6(Ipv6Addr::LOCALHOST)),
            ];
            sign("server", params, &issuer)?
        };
        let mut clients = Vec::with_capacity(CLIENTS.len());
        for (name, _) in CLIENTS {
            let usage: &[ExtendedKeyUsagePurpose] = match name {
                "no-eku" => &[],
                "wrong-eku" => &[ExtendedKeyUsagePurpose::ServerAuth],
                _ => &[ExtendedKeyUsagePurpose::ClientAuth],
            };
            let mut params = leaf(name, now, usage);
            if name == "expired" {
                params.not_before = now - Duration::days(30);
                params.not_after = now - Duration::days(1);
            }
            clients.push(sign(name, params, if name == "foreign-ca" { &foreign } else { &issuer })?);
        }
        Ok(Self { ca, server, clients })
    }

    /// The client identity of that name.
    pub fn client(&self, name: &str) -> Option<&Identity> {
        self.clients.iter().find(|c| c.name == name)
    }

    /// Writes `ca.pem`, `server.pem`, and `<name>.pem` with `<name>.key.pem` for each client; keys readable by the owner only.
    pub fn write_to(&self, directory: &Path) -> Result<(), CertificateError> {
        std::fs::create_dir_all(directory).map_err(|e| CertificateError::Write(directory.to_owned(), e))?;
        write(&directory.join("ca.pem"), &self.ca, false)?;
        for identity in std::iter::once(&self.server).chain(&self.clients) {
            write(&certificate_path(directory, &identity.name), &identity.certificate, false)?;
            write(&key_path(directory, &identity.name), &identity.key, true)?;
        }
        Ok(())
    }
}

/// Where [`CertificateSet::write_to`] puts an identity's certificate.
pub fn certificate_path(directory: &Path, name: &str) -> PathBuf {
    directory.join(format!("{name}.pem"))
}

/// Where [`CertificateSet::write_to`] puts an identity's key.
pub fn key_path(directory: &Path, name: &str) -> PathBuf {
    directory.join(format!("{name}.key.pem"))
}

/// A self-signed CA: certificate and what signs with it.
fn authority(name: &str, now: OffsetDateTime) -> Result<(String, Issuer<'static, KeyPair>), CertificateError> {
    let key = KeyPair::generate()?;
    let mut params = named(name, now);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let certificate = params.self_signed(&key)?;
    Ok((certificate.pem(), Issuer::new(params, key)))
}

/// An end-entity certificate's parameters.
fn leaf(name: &str, now: OffsetDateTime, usage: &[ExtendedKeyUsagePurpose]) -> CertificateParams {
    let mut params = named(name, now);
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = usage.to_vec();
    params.use_authority_key_identifier_extension = true;
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

/// Makes a key and signs its certificate.
fn sign(
    name: &str,
    params: CertificateParams,
    issuer: &Issuer<'static, KeyPair>,
) -> Result<Identity, CertificateError> {
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, issuer)?;
    Ok(Identity { name: name.to_owned(), certificate: certificate.pem(), key: key.serialize_pem() })
}

/// Writes one file; a key for the owner's eyes only.
fn write(path: &Path, text: &str, secret: bool) -> Result<(), CertificateError> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    if secret {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    #[cfg(not(unix))]
    let _ = secret;
    options
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|e| CertificateError::Write(path.to_owned(), e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_client_is_made_and_written() {
        let set = CertificateSet::generate().expect("certificates");
        let directory = tempfile::tempdir().expect("temporary directory");
        set.write_to(directory.path()).expect("files");
        for (name, _) in CLIENTS {
            assert!(set.client(name).is_some(), "{name}");
            let text = std::fs::read_to_string(key_path(directory.path(), name)).expect("key file");
            assert!(text.contains("PRIVATE KEY"), "{name}");
        }
    }
}
