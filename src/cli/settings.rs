//! Settings as plain data: what the command line comes to, and what library code takes. No clap here.

use crate::client::Encoding;
use crate::runner::Selection;
use crate::runner::target_file;
use crate::runner::verdict::Level;
use crate::scenario::version_set::VersionSet;
use kmipspec_reference_server::clock::Moved;
use rustls_pki_types::ServerName;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// Where the peer is and who we are to it, as far as the command line says.
#[derive(Clone, Debug, Default)]
pub struct TargetSettings {
    /// `host:port`; none means the bundled server, unless a file names one.
    pub address: Option<String>,
    /// A target file; what the command line says goes before it.
    pub file: Option<PathBuf>,
    /// PEM of the authorities that may have signed the server's certificate.
    pub ca: Option<PathBuf>,
    /// PEM chain of the identity `alice`.
    pub cert: Option<PathBuf>,
    /// PEM key of the identity `alice`.
    pub key: Option<PathBuf>,
    /// Further identities.
    pub identities: Vec<NamedIdentity>,
    /// Name for SNI and for checking the server's certificate, where it is not the host.
    pub server_name: Option<String>,
    /// Take any server certificate.
    pub insecure: bool,
    /// How messages travel.
    pub encoding: Option<Encoding>,
    /// The path of KMIP over HTTPS.
    pub http_path: Option<String>,
    /// Username of the Credential that requests carry.
    pub username: Option<String>,
    /// Password of the Credential that requests carry.
    pub password: Option<String>,
}

impl TargetSettings {
    /// The same on a command line, for commands that run a case again; passwords stay out of it.
    pub fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        let mut flag = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                words.extend([format!("--{name}"), value]);
            }
        };
        let path = |p: &Option<PathBuf>| p.as_ref().map(|p| p.display().to_string());
        flag("target", self.address.clone());
        flag("target-file", path(&self.file));
        flag("ca", path(&self.ca));
        flag("cert", path(&self.cert));
        flag("key", path(&self.key));
        flag("server-name", self.server_name.clone());
        flag("encoding", self.encoding.map(|e| e.name().to_owned()));
        flag("http-path", self.http_path.clone());
        flag("username", self.username.clone());
        for identity in &self.identities {
            let (cert, key) = (identity.cert.display(), identity.key.display());
            flag("identity", Some(format!("{}={cert},{key}", identity.name)));
        }
        if self.insecure {
            words.push("--insecure".to_owned());
        }
        words
    }
}

impl SelectionSettings {
    /// What the runner takes.
    pub fn selection(&self) -> Selection {
        Selection {
            patterns: self.patterns.clone(),
            versions: self.versions.iter().flat_map(|set| set.iter()).collect(),
            suites: self.suites.clone(),
            level: self.level,
            shard: self.shard.map(|s| (s.index, s.of)),
            read_only: self.read_only,
            executions: None,
        }
    }
}

/// `NAME=CERT,KEY`: a client identity a scenario can ask for with `as:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedIdentity {
    /// The name scenarios use: `bob`, `expired`, `foreign-ca`.
    pub name: String,
    /// PEM chain.
    pub cert: PathBuf,
    /// PEM key.
    pub key: PathBuf,
}

impl FromStr for NamedIdentity {
    type Err = SettingError;
    fn from_str(s: &str) -> Result<Self, SettingError> {
        let (name, files) = s.split_once('=').ok_or(SettingError::Identity)?;
        let (cert, key) = files.split_once(',').ok_or(SettingError::Identity)?;
        if name.is_empty() || cert.is_empty() || key.is_empty() {
            return Err(SettingError::Identity);
        }
        Ok(Self { name: name.to_owned(), cert: cert.into(), key: key.into() })
    }
}

/// Which cases, at which versions.
#[derive(Clone, Debug, Default)]
pub struct SelectionSettings {
    /// Ids, beginnings of ids up to a dot, or patterns with `*`; empty means all.
    pub patterns: Vec<String>,
    /// Versions to run at; none means every version of a case.
    pub versions: Option<VersionSet>,
    /// Suites; empty means all.
    pub suites: Vec<String>,
    /// Only cases of this level or stronger.
    pub level: Option<Level>,
    /// One part of the selection.
    pub shard: Option<Shard>,
    /// Only cases that change nothing on the server.
    pub read_only: bool,
    /// Only what judges these conformance profiles.
    pub profiles: Vec<String>,
    /// Folders with the user's own scenarios.
    pub scenarios: Vec<PathBuf>,
}

/// How to run, and where results go.
#[derive(Clone, Debug)]
pub struct RunSettings {
    /// The peer.
    pub target: TargetSettings,
    /// The cases.
    pub selection: SelectionSettings,
    /// A folder of published cases to run in place of scenarios.
    pub oasis: Option<PathBuf>,
    /// What is asked of the server's TLS.
    pub tls: TlsSettings,
    /// Cases in flight at once; none means as many as there are processors.
    pub jobs: Option<usize>,
    /// Longest wait for a connection, a handshake or an answer; none leaves it to the target file or the default.
    pub timeout: Option<Duration>,
    /// Files of known failures.
    pub expectations: Vec<PathBuf>,
    /// Where JUnit goes; `-` is stdout.
    pub junit: Option<PathBuf>,
    /// Where JSON goes; `-` is stdout.
    pub json: Option<PathBuf>,
    /// Where the summary in Markdown goes; `-` is stdout.
    pub markdown: Option<PathBuf>,
    /// Where TAP goes; `-` is stdout.
    pub tap: Option<PathBuf>,
    /// Where SARIF goes; `-` is stdout.
    pub sarif: Option<PathBuf>,
    /// Where the HTML page goes; `-` is stdout.
    pub html: Option<PathBuf>,
    /// A SHOULD that is not met fails the run.
    pub strict: bool,
    /// Key material and passwords are shown in reports.
    pub show_secrets: bool,
    /// Only failures and totals.
    pub quiet: bool,
}

/// What a run asks of the server's TLS.
#[derive(Clone, Debug, Default)]
pub struct TlsSettings {
    /// When it is looked at.
    pub look: LookAtTls,
    /// The authentication suites that have to be met.
    pub suites: Vec<String>,
    /// By what matters in practice, and not by the text.
    pub practical: bool,
}

/// When a run looks at the server's TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LookAtTls {
    /// Where it is asked for, and in a run that is about the whole server and has readers.
    #[default]
    Auto,
    /// In every run.
    Always,
    /// In none.
    Never,
}

impl RunSettings {
    /// Whether the server's TLS is looked at. A run of one case or of the smoke suite is about something else; of a run in parts the
    /// first does it; a quiet one has no place for it but in a report.
    pub fn looks_at_tls(&self) -> bool {
        let selection = &self.selection;
        match self.tls.look {
            LookAtTls::Always => true,
            LookAtTls::Never => false,
            LookAtTls::Auto => {
                let asked = !self.tls.suites.is_empty() || !selection.profiles.is_empty();
                let whole = selection.patterns.is_empty()
                    && selection.suites.is_empty()
                    && selection.shard.is_none_or(|shard| shard.index == 1);
                let reported = [&self.json, &self.markdown, &self.html].into_iter().any(Option::is_some);
                // Each published case has a bundled server of its own.
                let one_server = self.oasis.is_none() || self.target.address.is_some() || self.target.file.is_some();
                asked || whole && one_server && (!self.quiet || reported)
            }
        }
    }
}

/// `i/n`: the i-th of n parts, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which part, from 1.
    pub index: usize,
    /// Of how many.
    pub of: usize,
}

impl FromStr for Shard {
    type Err = SettingError;
    fn from_str(s: &str) -> Result<Self, SettingError> {
        let (index, of) = s.split_once('/').ok_or(SettingError::Shard)?;
        let index: usize = index.parse().map_err(|_| SettingError::Shard)?;
        let of: usize = of.parse().map_err(|_| SettingError::Shard)?;
        if index == 0 || index > of {
            return Err(SettingError::Shard);
        }
        Ok(Self { index, of })
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

/// `10s`, `500ms`, `2m`, or a bare number of seconds.
pub fn parse_duration(s: &str) -> Result<Duration, SettingError> {
    target_file::parse_duration(s).ok_or(SettingError::Duration)
}

/// A moment of the form of RFC 3339: seconds since 1970.
pub fn parse_clock(s: &str) -> Result<i64, SettingError> {
    match Moved::read(s) {
        Some(Moved::To(micros)) => Ok(micros.div_euclid(1_000_000)),
        _ => Err(SettingError::Clock),
    }
}

/// `+90d`, `-1h30m`, `5`: seconds.
pub fn parse_offset(s: &str) -> Result<i64, SettingError> {
    match Moved::read(s) {
        Some(Moved::By(micros)) if !s.is_empty() => Ok(micros.div_euclid(1_000_000)),
        _ => Err(SettingError::ClockOffset),
    }
}

/// `NAME=PASSWORD`.
pub fn parse_user(s: &str) -> Result<(String, String), SettingError> {
    match s.split_once('=') {
        Some((name, password)) if !name.is_empty() => Ok((name.to_owned(), password.to_owned())),
        _ => Err(SettingError::User),
    }
}

/// What a client may call a server: a DNS name or an address.
pub fn parse_server_name(s: &str) -> Result<String, SettingError> {
    ServerName::try_from(s).map(|_| s.to_owned()).map_err(|_| SettingError::ServerName)
}

/// How many requests are expected: `3`, or `3..` for three and more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requests {
    /// So many.
    Exactly(u64),
    /// So many, or more.
    AtLeast(u64),
}

impl Requests {
    /// Whether so many are as expected.
    pub fn has(self, requests: u64) -> bool {
        match self {
            Self::Exactly(count) => requests == count,
            Self::AtLeast(count) => requests >= count,
        }
    }
}

impl FromStr for Requests {
    type Err = SettingError;

    fn from_str(s: &str) -> Result<Self, SettingError> {
        let requests = match s.strip_suffix("..") {
            Some(count) => count.parse().map(Self::AtLeast),
            None => s.parse().map(Self::Exactly),
        };
        requests.map_err(|_| SettingError::Requests)
    }
}

impl fmt::Display for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(count) => write!(f, "{count}"),
            Self::AtLeast(count) => write!(f, "{count} or more"),
        }
    }
}

/// `SHALL`, `SHOULD` or `MAY`, in any case.
pub fn parse_level(s: &str) -> Result<Level, SettingError> {
    [Level::Shall, Level::Should, Level::May]
        .into_iter()
        .find(|l| l.as_str().eq_ignore_ascii_case(s))
        .ok_or(SettingError::Level)
}

/// A value of a flag that says nothing we know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingError {
    /// Not `NAME=CERT,KEY`.
    Identity,
    /// Not `i/n` with 1 <= i <= n.
    Shard,
    /// Not a duration.
    Duration,
    /// Not a level.
    Level,
    /// Not `NAME=PASSWORD`.
    User,
    /// No moment.
    Clock,
    /// No offset.
    ClockOffset,
    /// Neither a DNS name nor an address.
    ServerName,
    /// Not `N` or `N..`.
    Requests,
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Identity => f.write_str("an identity is written NAME=CERT,KEY with two PEM files"),
            Self::Shard => f.write_str("a shard is written i/n, with i from 1 to n"),
            Self::Duration => f.write_str("a duration is written 10s, 500ms or 2m, and is longer than nothing"),
            Self::User => f.write_str("a user is written NAME=PASSWORD"),
            Self::Clock => f.write_str("a time is written 2026-01-01T00:00:00Z"),
            Self::ClockOffset => f.write_str("an offset is written +90d, -1h30m or 5 (seconds)"),
            Self::Level => f.write_str("a level is SHALL, SHOULD or MAY"),
            Self::ServerName => f.write_str("a server is called by a DNS name or an address, without port"),
            Self::Requests => f.write_str("a number of requests is written 3, or 3.. for three and more"),
        }
    }
}

impl std::error::Error for SettingError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        assert_eq!(parse_duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_duration("2"), Ok(Duration::from_secs(2)));
        assert_eq!(parse_duration("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(parse_duration("2m"), Ok(Duration::from_secs(120)));
        for bad in ["", "s", "10h", "0s", "-1s", "1e400", "99999999999999999999s"] {
            assert_eq!(parse_duration(bad), Err(SettingError::Duration), "{bad:?}");
        }
    }

    #[test]
    fn requests_are_so_many_or_at_least_so_many() {
        for (text, few, enough, many) in [("3", false, true, false), ("3..", false, true, true)] {
            let requests: Requests = text.parse().expect("a number of requests");
            assert_eq!([2, 3, 4].map(|n| requests.has(n)), [few, enough, many], "{text}");
        }
        for bad in ["", "..", "..3", "1..3", "-1", "three"] {
            assert_eq!(bad.parse::<Requests>(), Err(SettingError::Requests), "{bad:?}");
        }
    }

    #[test]
    fn a_server_is_called_by_a_dns_name_or_an_address() {
        for good in ["kms", "kms.example", "10.0.0.1", "::1"] {
            assert_eq!(parse_server_name(good).as_deref(), Ok(good));
        }
        for bad in ["", "kms:5696", "two words", "*.example", "https://kms"] {
            assert_eq!(parse_server_name(bad), Err(SettingError::ServerName), "{bad:?}");
        }
    }

    #[test]
    fn shards_count_from_one() {
        assert_eq!("2/3".parse(), Ok(Shard { index: 2, of: 3 }));
        for bad in ["0/3", "4/3", "1", "a/b", "/", "1/0"] {
            assert_eq!(bad.parse::<Shard>(), Err(SettingError::Shard), "{bad:?}");
        }
    }

    #[test]
    fn identities_name_two_files() {
        let bob = NamedIdentity { name: "bob".into(), cert: "b.pem".into(), key: "b.key".into() };
        assert_eq!("bob=b.pem,b.key".parse(), Ok(bob));
        for bad in ["bob", "bob=b.pem", "=a,b", "bob=,b", "bob=a,"] {
            assert_eq!(bad.parse::<NamedIdentity>(), Err(SettingError::Identity), "{bad:?}");
        }
    }
}
