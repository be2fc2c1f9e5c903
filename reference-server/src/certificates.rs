//! Certificates made at start: a CA, the server's own, and identities good and bad for users' own tests (../shared/tls.md 3.4 has
//! the trial).

mod make;

use rcgen::Error;
use std::fmt;
use std::path::{Path, PathBuf};
use time::OffsetDateTime;

/// A certificate and its key, both PEM.
#[derive(Clone)]
pub struct Identity {
    /// What it is called in target files and file names: `alice`.
    pub name: String,
    /// The certificate, PEM; those of its issuers may follow.
    pub certificate: String,
    /// The private key, PEM: PKCS#8 where it was made here.
    pub key: String,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Kinds of key that certificates are made for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyKinds {
    /// P-256: made in less than a millisecond each.
    #[default]
    Ec,
    /// P-384: for Suite B minLOS_192.
    EcP384,
    /// RSA of 2048 bits; takes a second. Identities that are meant to fail share one key.
    Rsa,
    /// Both, each with its own CA; names of the RSA ones begin with `rsa-`, and the server shows what the client can verify.
    Both,
}

/// What certificates there are to be.
#[derive(Clone, Debug)]
pub struct CertificateSettings {
    /// Kinds of key.
    pub keys: KeyKinds,
    /// Which of [`SERVERS`] the server shows.
    pub server: String,
    /// What the server is called besides localhost: DNS names and addresses, for its certificates.
    pub names: Vec<String>,
    /// Certificate (chain) and key files that the server shows instead.
    pub given: Option<(PathBuf, PathBuf)>,
    /// CAs whose clients are let in beside those made here.
    pub ca: Option<PathBuf>,
    /// CAs that Validate trusts besides.
    pub trust_anchors: Vec<PathBuf>,
    /// Whether there is a client with an RSA key where the others have none: its key takes longer than the rest of a start.
    pub rsa_client: bool,
}

impl Default for CertificateSettings {
    fn default() -> Self {
        Self {
            keys: KeyKinds::default(),
            server: "server".to_owned(),
            names: Vec::new(),
            given: None,
            ca: None,
            trust_anchors: Vec::new(),
            rsa_client: false,
        }
    }
}

/// Everything made at one start.
#[derive(Clone, Debug)]
pub struct CertificateSet {
    /// CA certificates, PEM: what clients must trust, and what the server trusts.
    pub ca: String,
    /// What the CAs made here have revoked, PEM, one list each: the server lets none of it in.
    pub crl: String,
    /// What Validate trusts besides, PEM.
    pub trust_anchors: String,
    /// What the server shows.
    pub server: Identity,
    /// What it shows to clients that cannot verify the other: RSA beside EC.
    pub alternative: Option<Identity>,
    /// Server identities: see [`SERVERS`].
    pub servers: Vec<Identity>,
    /// Client identities: see [`CLIENTS`].
    pub clients: Vec<Identity>,
}

/// Name and purpose of each client identity.
pub const CLIENTS: [(&str, &str); 14] = [
    ("alice", "the default client"),
    ("bob", "another client of the same server"),
    ("expired", "validity ended yesterday"),
    ("not-yet-valid", "validity begins in a year"),
    ("no-eku", "no extended key usage: any purpose is allowed (RFC 5280 §4.2.1.12)"),
    ("wrong-eku", "extended key usage is server authentication only"),
    ("foreign-ca", "signed by a CA the server does not trust"),
    ("self-signed", "signed by its own key"),
    ("revoked", "on the list of what the CA has revoked"),
    ("no-san", "no alternative names: the common name alone says who it is"),
    ("no-cn", "neither common name nor alternative name: nobody"),
    ("chain", "signed by an intermediate CA, whose certificate follows it"),
    ("ec-key", "P-256, whatever the others have"),
    (RSA_CLIENT, "RSA of 2048 bits, whatever the others have; made only where it is asked for, or others are RSA, too"),
];

/// The client that has an RSA key whatever the others have.
const RSA_CLIENT: &str = "rsa-key";

/// Name and purpose of each server identity.
pub const SERVERS: [(&str, &str); 8] = [
    ("server", "alternative names localhost, 127.0.0.1 and ::1, and those it is given"),
    ("server-no-san", "no alternative names: the common name alone says localhost"),
    ("server-expired", "validity ended yesterday"),
    ("server-not-yet-valid", "validity begins in a year"),
    ("server-no-eku", "no extended key usage"),
    ("server-wrong-eku", "extended key usage is client authentication only"),
    ("server-foreign-ca", "signed by a CA that no client is told to trust"),
    ("server-self-signed", "signed by its own key"),
];

/// Why there are no certificates.
#[derive(Debug)]
pub enum CertificateError {
    /// The generator refused.
    Generate(Error),
    /// No RSA key could be made.
    Key,
    /// A file could not be read.
    Read(PathBuf, std::io::Error),
    /// No server identity has this name.
    Unknown(String),
    /// A file could not be written.
    Write(PathBuf, std::io::Error),
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Generate(e) => write!(f, "make certificates: {e}"),
            Self::Key => write!(f, "make certificates: no RSA key could be made"),
            Self::Read(path, e) => write!(f, "read {}: {e}", path.display()),
            Self::Unknown(name) => {
                let names: Vec<_> = SERVERS.iter().map(|(name, _)| *name).collect();
                write!(f, "show the certificate {name}: there are {}", names.join(", "))
            }
            Self::Write(path, e) => write!(f, "write {}: {e}", path.display()),
        }
    }
}

impl std::error::Error for CertificateError {}

impl From<Error> for CertificateError {
    fn from(e: Error) -> Self {
        Self::Generate(e)
    }
}

impl CertificateSet {
    /// Makes a new set as the defaults have it; every start has its own CA.
    pub fn generate() -> Result<Self, CertificateError> {
        Self::new(&CertificateSettings::default())
    }

    /// Makes a new set, and reads the files that are given.
    pub fn new(settings: &CertificateSettings) -> Result<Self, CertificateError> {
        let now = OffsetDateTime::now_utc();
        let rsa = settings.rsa_client;
        let set = |kind, prefix, rsa| make::set(kind, prefix, rsa, &settings.names, now);
        let mut sets = match settings.keys {
            KeyKinds::Ec => vec![set(make::KeyKind::Ec, "", rsa)?],
            KeyKinds::EcP384 => vec![set(make::KeyKind::EcP384, "", rsa)?],
            KeyKinds::Rsa => vec![set(make::KeyKind::Rsa, "", true)?],
            KeyKinds::Both => vec![set(make::KeyKind::Ec, "", true)?, set(make::KeyKind::Rsa, "rsa-", true)?],
        };
        let mut ca: String = sets.iter().map(|set| set.ca.as_str()).collect();
        let crl = sets.iter().map(|set| set.crl.as_str()).collect();
        if let Some(path) = &settings.ca {
            ca.push_str(&read(path)?);
        }
        let mut shown = match &settings.given {
            Some((certificate, key)) => {
                vec![Identity { name: "given".to_owned(), certificate: read(certificate)?, key: read(key)? }]
            }
            None => {
                let place = SERVERS.iter().position(|(name, _)| *name == settings.server);
                let place = place.ok_or_else(|| CertificateError::Unknown(settings.server.clone()))?;
                sets.iter().filter_map(|set| set.servers.get(place).cloned()).collect()
            }
        };
        let alternative = (shown.len() > 1).then(|| shown.pop()).flatten();
        let server = shown.pop().ok_or_else(|| CertificateError::Unknown(settings.server.clone()))?;
        let (mut servers, mut clients) = (Vec::new(), Vec::new());
        for set in &mut sets {
            servers.append(&mut set.servers);
            clients.append(&mut set.clients);
        }
        let mut trust_anchors = String::new();
        for path in &settings.trust_anchors {
            trust_anchors.push_str(&read(path)?);
        }
        Ok(Self { ca, crl, trust_anchors, server, alternative, servers, clients })
    }

    /// The client identity of that name.
    pub fn client(&self, name: &str) -> Option<&Identity> {
        self.clients.iter().find(|c| c.name == name)
    }

    /// Writes `ca.pem` and `crl.pem`, and `<name>.pem` with `<name>.key.pem` for each identity; keys readable by the owner only.
    pub fn write_to(&self, directory: &Path) -> Result<(), CertificateError> {
        std::fs::create_dir_all(directory).map_err(|e| CertificateError::Write(directory.to_owned(), e))?;
        write(&directory.join("ca.pem"), &self.ca, false)?;
        write(&directory.join("crl.pem"), &self.crl, false)?;
        for identity in self.servers.iter().chain(&self.clients) {
            write_identity(directory, identity)?;
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

/// Writes certificate and key of one identity.
pub(crate) fn write_identity(directory: &Path, identity: &Identity) -> Result<(), CertificateError> {
    write(&certificate_path(directory, &identity.name), &identity.certificate, false)?;
    write(&key_path(directory, &identity.name), &identity.key, true)
}

/// Reads one PEM file; a line end is added where it has none, so that another can follow.
fn read(path: &Path) -> Result<String, CertificateError> {
    let mut text = std::fs::read_to_string(path).map_err(|e| CertificateError::Read(path.to_owned(), e))?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
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
    use x509_parser::extensions::GeneralName;
    use x509_parser::pem::Pem;
    use x509_parser::public_key::PublicKey;

    fn with_rsa_client() -> CertificateSet {
        CertificateSet::new(&CertificateSettings { rsa_client: true, ..Default::default() }).expect("certificates")
    }

    #[test]
    fn a_client_with_an_rsa_key_is_made_where_it_is_asked_for() {
        assert!(CertificateSet::generate().expect("certificates").client(RSA_CLIENT).is_none());
        assert!(with_rsa_client().client(RSA_CLIENT).is_some());
    }

    #[test]
    fn every_listed_identity_is_made_and_written() {
        let set = with_rsa_client();
        let directory = tempfile::tempdir().expect("temporary directory");
        set.write_to(directory.path()).expect("files");
        for (name, _) in CLIENTS.iter().chain(&SERVERS) {
            let text = std::fs::read_to_string(key_path(directory.path(), name)).expect("key file");
            assert!(text.contains("PRIVATE KEY"), "{name}");
        }
        assert!(CLIENTS.iter().all(|(name, _)| set.client(name).is_some()));
    }

    #[test]
    fn each_bad_identity_is_bad_in_its_own_way() {
        let set = with_rsa_client();
        let pems = |text: &str| Pem::iter_from_buffer(text.as_bytes()).map(|pem| pem.expect("PEM")).collect::<Vec<_>>();
        let ca = pems(&set.ca);
        let ca = ca[0].parse_x509().expect("a CA");
        for identity in set.servers.iter().chain(&set.clients) {
            let pem = pems(&identity.certificate);
            let certificate = pem[0].parse_x509().expect("a certificate");
            let kind = identity.name.trim_start_matches("server-");
            assert_eq!(certificate.validity().is_valid(), !matches!(kind, "expired" | "not-yet-valid"), "{kind}");
            let ours = certificate.issuer() == ca.subject();
            assert_eq!(ours, !matches!(kind, "foreign-ca" | "self-signed" | "chain"), "{kind}");
            assert_eq!(pem.len(), if kind == "chain" { 2 } else { 1 }, "{kind}");
            let named = certificate.subject().iter_common_name().next().is_some();
            assert_eq!(named, kind != "no-cn", "{kind}");
            let rsa = certificate.public_key().parsed().is_ok_and(|key| matches!(key, PublicKey::RSA(_)));
            assert_eq!(rsa, kind == "rsa-key", "{kind}");
            assert_eq!(certificate.subject() == certificate.issuer(), kind == "self-signed", "{kind}");
            let usage = certificate.extended_key_usage().expect("one at most").map(|usage| usage.value.server_auth);
            let server = identity.name.starts_with("server");
            let expected = match kind {
                "no-eku" => None,
                "wrong-eku" => Some(!server),
                _ => Some(server),
            };
            assert_eq!(usage, expected, "{}", identity.name);
            let names = certificate.subject_alternative_name().expect("one at most").is_some();
            assert_eq!(names, !matches!(kind, "no-san" | "no-cn"), "{}", identity.name);
        }
    }

    #[test]
    fn the_server_is_called_what_it_is_told_besides_localhost() {
        let names = vec!["kms.example".to_owned(), "10.0.0.1".to_owned()];
        let set = CertificateSet::new(&CertificateSettings { names, ..Default::default() }).expect("certificates");
        let pem = Pem::iter_from_buffer(set.server.certificate.as_bytes()).next().expect("one").expect("PEM");
        let certificate = pem.parse_x509().expect("a certificate");
        let names = certificate.subject_alternative_name().expect("one at most").expect("one").value;
        let names: Vec<_> = names.general_names.iter().collect();
        let [GeneralName::DNSName(localhost), _, _, GeneralName::DNSName(name), GeneralName::IPAddress(address)] =
            names[..]
        else {
            panic!("{names:?}");
        };
        assert_eq!((*localhost, *name, *address), ("localhost", "kms.example", &[10, 0, 0, 1][..]));
    }

    #[test]
    fn both_kinds_of_key_are_beside_each_other_and_the_server_shows_either() {
        let settings =
            CertificateSettings { keys: KeyKinds::Both, server: "server-no-san".to_owned(), ..Default::default() };
        let set = CertificateSet::new(&settings).expect("certificates");
        assert_eq!(set.server.name, "server-no-san");
        assert_eq!(set.alternative.as_ref().map(|a| a.name.as_str()), Some("rsa-server-no-san"));
        assert_eq!(set.ca.matches("BEGIN CERTIFICATE").count(), 2);
        assert!(["alice", "rsa-alice", RSA_CLIENT].iter().all(|name| set.client(name).is_some()));
        let unknown = CertificateSettings { server: "nobody".to_owned(), ..Default::default() };
        assert!(matches!(CertificateSet::new(&unknown), Err(CertificateError::Unknown(_))));
    }
}
