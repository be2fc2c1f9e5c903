//! The peer as the user describes it: address, trust, identities, limits, and what it supports.

use super::connection::{Connection, Limits};
use super::encoding::{DEFAULT_HTTP_PATH, Encoding};
use super::failure::ConnectError;
use super::https::Post;
use super::identity::{ALICE, ANONYMOUS, CertificatePem, Identity, Password};
use super::listener::Listener;
use super::tls::{Connector, TlsError, Trust};
use kmipspec_protocol::registry::{ObjectType, Operation};
use kmipspec_protocol::version::Version;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The port IANA has registered for KMIP, used when an address names none.
pub const DEFAULT_PORT: u16 = 5696;

/// How long things may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// TCP connection and TLS handshake together.
    pub connect: Duration,
    /// One request and its answer.
    pub exchange: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), exchange: Duration::from_secs(10) }
    }
}

/// What the user says the peer supports, over and above what it says itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Supports {
    /// The versions to test, instead of those Discover Versions names; oldest first.
    pub versions: Option<Vec<Version>>,
    /// Operations supported though Query does not name them.
    pub operations: Vec<Operation>,
    /// Operations not to be asked for although Query names them.
    pub without_operations: Vec<Operation>,
    /// Object types supported though Query does not name them.
    pub objects: Vec<ObjectType>,
    /// Object types not to be asked for although Query names them.
    pub without_objects: Vec<ObjectType>,
    /// Anything a scenario may need that no operation tells: `credential`, `http`, `notify`.
    pub features: Vec<String>,
}

/// A target file (YAML). Paths in it are relative to the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TargetFile {
    /// `host:port`; without a port 5696 is meant.
    pub address: String,
    /// PEM file of the authority (or the very certificate) the server must show.
    pub ca: Option<PathBuf>,
    /// The name expected in the server's certificate, where it is not the host of the address.
    pub server_name: Option<String>,
    /// Take any server certificate.
    pub insecure: bool,
    /// Client identities by the name scenarios use; `alice` is the default one.
    pub identities: BTreeMap<String, IdentityFile>,
    /// For TCP and TLS together.
    pub connect_timeout: Option<Duration>,
    /// For one request and its answer.
    pub exchange_timeout: Option<Duration>,
    /// How messages travel.
    pub encoding: Option<Encoding>,
    /// The path of KMIP over HTTPS, where it is not `/kmip`.
    pub http_path: Option<String>,
    /// What is known of the peer's abilities.
    pub supports: Supports,
    /// Cases never to run against this peer: ids or patterns, each with a reason.
    pub disabled: Vec<DisabledCase>,
    /// Where the peer tells us of changes, if it was told to.
    pub listener: Option<ListenerFile>,
}

/// The listener of a target file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListenerFile {
    /// `host:port` of ours.
    pub address: String,
    /// PEM file with the certificate chain we show.
    pub cert: PathBuf,
    /// PEM file with its private key.
    pub key: PathBuf,
    /// PEM file of the authority of the certificate that the peer shows.
    pub ca: PathBuf,
}

/// One client identity of a target file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdentityFile {
    /// PEM file with the certificate chain; without it no certificate is shown.
    pub cert: Option<PathBuf>,
    /// PEM file with the private key; may be the same file.
    pub key: Option<PathBuf>,
    /// User name for Credential, where the server is configured with passwords.
    pub username: Option<String>,
    /// Password for Credential.
    pub password: Option<String>,
    /// User name and password are sent only where a case asks for them: the certificate is enough for the server.
    pub withhold_password: bool,
}

/// A case switched off by the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisabledCase {
    /// Case id; `*` stands for any run of characters.
    pub case: String,
    /// Why.
    pub because: String,
}

/// What is wrong with the description of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingsError {
    /// A file named in it cannot be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        kind: io::ErrorKind,
    },
    /// The address has no host, or its port is no number.
    BadAddress(String),
    /// The path of KMIP over HTTPS is none.
    BadPath(String),
    /// Neither a CA nor `insecure`.
    NoTrust,
    /// A certificate without key, or the other way round.
    HalfIdentity {
        /// The identity.
        identity: String,
    },
    /// A user name without password, or the other way round.
    HalfPassword {
        /// The identity.
        identity: String,
    },
    /// Certificates and keys.
    Tls(TlsError),
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { path, kind: io::ErrorKind::NotFound } => {
                write!(f, "cannot read {}: no such file", path.display())
            }
            Self::Unreadable { path, kind } => write!(f, "cannot read {}: {kind}", path.display()),
            Self::BadAddress(address) => write!(f, "{address:?} is not host:port"),
            Self::BadPath(path) => write!(f, "{path:?} is no path of a URL; it begins with a slash"),
            Self::NoTrust => f.write_str("no CA to judge the server's certificate by: give --ca FILE, or --insecure"),
            Self::HalfIdentity { identity } => write!(f, "identity {identity} needs both a certificate and a key"),
            Self::HalfPassword { identity } => write!(f, "identity {identity} needs both username and password"),
            Self::Tls(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SettingsError {}

impl From<TlsError> for SettingsError {
    fn from(error: TlsError) -> Self {
        Self::Tls(error)
    }
}

/// A peer that can be connected to: every file read, every certificate parsed.
#[derive(Clone, Debug)]
pub struct Target {
    /// `host:port`, or `bundled`, for people.
    pub name: String,
    /// `host:port`.
    pub address: String,
    /// Time limits.
    pub timeouts: Timeouts,
    /// Size limits.
    pub limits: Limits,
    /// How messages travel.
    pub encoding: Encoding,
    http_path: String,
    /// What the user says it supports.
    pub supports: Supports,
    /// Cases switched off.
    pub disabled: Vec<DisabledCase>,
    /// Where it tells us of changes, if it does.
    pub listener: Option<Listener>,
    identities: BTreeMap<String, (Identity, Connector)>,
    trust: Trust,
    server_name: String,
}

impl Target {
    /// A peer at `address` with these identities; [`ANONYMOUS`] is added when it is missing.
    pub fn new(
        address: &str,
        server_name: Option<&str>,
        trust: &Trust,
        identities: impl IntoIterator<Item = Identity>,
    ) -> Result<Self, SettingsError> {
        let (host, port) = split_address(address)?;
        let server_name = server_name.unwrap_or(&host).to_owned();
        let mut ready = BTreeMap::new();
        for identity in std::iter::once(Identity::anonymous()).chain(identities) {
            let connector = Connector::new(trust, &identity, &server_name)?;
            ready.insert(identity.name.clone(), (identity, connector));
        }
        let host = if host.contains(':') { format!("[{host}]") } else { host };
        let address = format!("{host}:{port}");
        Ok(Self {
            name: address.clone(),
            address,
            timeouts: Timeouts::default(),
            limits: Limits::default(),
            encoding: Encoding::Ttlv,
            http_path: DEFAULT_HTTP_PATH.to_owned(),
            supports: Supports::default(),
            disabled: Vec::new(),
            listener: None,
            identities: ready,
            trust: trust.clone(),
            server_name,
        })
    }

    /// Reads the files a target file names, relative to `base`.
    pub fn from_file(file: &TargetFile, base: &Path) -> Result<Self, SettingsError> {
        let trust = match (&file.ca, file.insecure) {
            (_, true) => Trust::Insecure,
            (Some(path), false) => Trust::Ca(read(base, path)?),
            (None, false) => return Err(SettingsError::NoTrust),
        };
        let identities =
            file.identities.iter().map(|(name, identity)| identity.load(name, base)).collect::<Result<Vec<_>, _>>()?;
        let mut target = Self::new(&file.address, file.server_name.as_deref(), &trust, identities)?;
        if let Some(limit) = file.connect_timeout {
            target.timeouts.connect = limit;
        }
        if let Some(limit) = file.exchange_timeout {
            target.timeouts.exchange = limit;
        }
        target.encoding = file.encoding.unwrap_or_default();
        if let Some(path) = &file.http_path {
            target.set_http_path(path)?;
        }
        target.supports = file.supports.clone();
        target.disabled = file.disabled.clone();
        target.listener = file.listener.as_ref().map(|listener| listener.load(base)).transpose()?;
        Ok(target)
    }

    /// Sets the path of KMIP over HTTPS.
    pub fn set_http_path(&mut self, path: &str) -> Result<(), SettingsError> {
        if !path.starts_with('/') || path.parse::<hyper::http::uri::PathAndQuery>().is_err() {
            return Err(SettingsError::BadPath(path.to_owned()));
        }
        path.clone_into(&mut self.http_path);
        Ok(())
    }

    /// The same peer, with messages that travel in another way.
    #[must_use]
    pub fn speaking(&self, encoding: Encoding) -> Self {
        Self { encoding, ..self.clone() }
    }

    /// Who a step can speak as.
    pub fn identity(&self, name: &str) -> Option<&Identity> {
        self.identities.get(name).map(|(identity, _)| identity)
    }

    /// Every identity, by name.
    pub fn identities(&self) -> impl Iterator<Item = &Identity> {
        self.identities.values().map(|(identity, _)| identity)
    }

    /// The identity of a step that names none: `alice`, or the only other one there is.
    pub fn default_identity(&self) -> &str {
        if self.identities.contains_key(ALICE) {
            return ALICE;
        }
        self.identities.keys().map(String::as_str).find(|name| *name != ANONYMOUS).unwrap_or(ANONYMOUS)
    }

    /// How the server's certificate is judged.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// The name the server's certificate must carry.
    pub fn server_name(&self) -> &str {
        &self.server_name
    }

    /// Opens a connection as an identity, within the connect timeout. An unknown name connects without a certificate.
    pub async fn connect(&self, identity: &str) -> Result<Connection, ConnectError> {
        self.connect_in(identity, self.encoding).await
    }

    /// The same for messages in another encoding than that of the target.
    pub async fn connect_in(&self, identity: &str, encoding: Encoding) -> Result<Connection, ConnectError> {
        let known = self.identities.get(identity).or_else(|| self.identities.get(ANONYMOUS));
        let Some((_, connector)) = known else {
            return Err(ConnectError::Socket(io::ErrorKind::NotFound));
        };
        let post = encoding.is_http().then(|| self.post(encoding));
        Connection::open(&self.address, connector, self.limits, post, Instant::now() + self.timeouts.connect).await
    }

    /// Where and how its requests are posted.
    pub fn post(&self, encoding: Encoding) -> Post {
        Post { encoding, path: self.http_path.clone(), authority: self.address.clone() }
    }
}

impl ListenerFile {
    fn load(&self, base: &Path) -> Result<Listener, SettingsError> {
        let own = CertificatePem { chain: read(base, &self.cert)?, key: read(base, &self.key)? };
        Listener::new(&self.address, &own, &read(base, &self.ca)?)
    }
}

impl IdentityFile {
    fn load(&self, name: &str, base: &Path) -> Result<Identity, SettingsError> {
        let identity = || name.to_owned();
        let certificate = match (&self.cert, &self.key) {
            (None, None) => None,
            (Some(cert), Some(key)) => Some(CertificatePem { chain: read(base, cert)?, key: read(base, key)? }),
            _ => return Err(SettingsError::HalfIdentity { identity: identity() }),
        };
        let password = match (&self.username, &self.password) {
            (None, None) => None,
            (Some(username), Some(password)) => {
                Some(Password { username: username.clone(), password: password.clone() })
            }
            _ => return Err(SettingsError::HalfPassword { identity: identity() }),
        };
        Ok(Identity { name: name.to_owned(), certificate, password, withholds_password: self.withhold_password })
    }
}

fn read(base: &Path, path: &Path) -> Result<Vec<u8>, SettingsError> {
    let path = base.join(path);
    std::fs::read(&path).map_err(|e| SettingsError::Unreadable { path, kind: e.kind() })
}

/// Host and port of `host`, `host:port`, `[v6]`, `[v6]:port` or a bare v6 address.
pub fn split_address(address: &str) -> Result<(String, u16), SettingsError> {
    let bad = || SettingsError::BadAddress(address.to_owned());
    let (host, port) = if let Some(rest) = address.strip_prefix('[') {
        let (host, after) = rest.split_once(']').ok_or_else(bad)?;
        match after.strip_prefix(':') {
            Some(port) => (host, Some(port)),
            None if after.is_empty() => (host, None),
            None => return Err(bad()),
        }
    } else {
        match address.split_once(':') {
            Some((_, rest)) if rest.contains(':') => (address, None),
            Some((host, port)) => (host, Some(port)),
            None => (address, None),
        }
    };
    if host.is_empty() || host.contains(char::is_whitespace) || host.contains('/') {
        return Err(bad());
    }
    let port = port.map_or(Ok(DEFAULT_PORT), |p| p.parse().map_err(|_| bad()))?;
    Ok((host.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_addresses() {
        let split = |a: &str| split_address(a).map(|(h, p)| format!("{h} {p}"));
        assert_eq!(split("kms.example:5697").as_deref(), Ok("kms.example 5697"));
        assert_eq!(split("kms.example").as_deref(), Ok("kms.example 5696"));
        assert_eq!(split("[::1]:9").as_deref(), Ok("::1 9"));
        assert_eq!(split("::1").as_deref(), Ok("::1 5696"));
        for bad in ["", ":5696", "host:port", "host:99999", "[::1", "[::1]x", "https://host", "a b:1"] {
            assert_eq!(split(bad), Err(SettingsError::BadAddress(bad.to_owned())), "{bad}");
        }
    }

    #[test]
    fn says_which_file_is_missing() {
        let file =
            TargetFile { address: "localhost".into(), ca: Some("no-such-ca.pem".into()), ..TargetFile::default() };
        let error = Target::from_file(&file, Path::new("/nowhere")).expect_err("there is no such file");
        assert_eq!(error.to_string(), "cannot read /nowhere/no-such-ca.pem: no such file");
        let error = Target::from_file(&TargetFile { ca: None, ..file }, Path::new("/")).expect_err("no trust");
        assert_eq!(error, SettingsError::NoTrust);
    }
}
