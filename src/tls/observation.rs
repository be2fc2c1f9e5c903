//! What the probe saw of a host. Plain data: verdicts, the table and the JSON file are made from this alone.

use super::version::{TlsVersion, version_name};
use crate::client::Alert;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// All that was seen of one host.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Deserialize, Serialize)]
pub struct Observation {
    /// `host:port`.
    pub address: String,
    /// How suites were asked for.
    pub mode: Mode,
    /// What the host is.
    pub host: Host,
    /// Every version, oldest first; empty where the host does not speak TLS.
    pub versions: Vec<VersionObservation>,
    /// The certificate chains shown, one for each kind of key.
    pub certificates: Vec<Chain>,
    /// What the given authorities and name say of the certificate, where `--ca` is given.
    pub trust: Option<Trusted>,
    /// Whether clients have to show a certificate.
    pub client_certificate: ClientCertificate,
    /// Small features of the answer to a ClientHello.
    pub features: Features,
    /// What a second connection gets.
    pub resumption: Vec<Resumption>,
    /// How well-known clients fare.
    pub personas: Vec<Persona>,
    /// Connections made.
    pub connections: usize,
    /// How long it took.
    pub milliseconds: u64,
    /// What cut the probe short.
    pub notes: Vec<String>,
}

/// How suites are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// All at once, then all but those selected before: few connections, and the server's order.
    #[default]
    Fast,
    /// One connection for each suite and version.
    Each,
}

/// What the host is.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Host {
    /// It answered in SSL or TLS.
    Tls,
    /// It answered in something else.
    NotTls {
        /// What that is.
        what: Stranger,
        /// The first bytes it sent, as hexadecimal digits.
        first: String,
    },
    /// It takes connections and says nothing, whatever it is told.
    Silent,
    /// It began to answer in TLS and stopped in the middle.
    Stalls {
        /// Bytes that came.
        after: usize,
    },
    /// It takes connections and closes them without a word.
    Closes,
    /// No connection came about.
    Unreachable {
        /// Why.
        because: String,
    },
}

/// What answers where TLS was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stranger {
    /// KMIP messages without TLS.
    PlainKmip,
    /// HTTP without TLS.
    Http,
    /// A mail server.
    Smtp,
    /// A file server's greeting.
    Ftp,
    /// SSH.
    Ssh,
    /// None of these.
    Unknown,
}

impl Stranger {
    /// For people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PlainKmip => "a KMIP server without TLS",
            Self::Http => "an HTTP server without TLS",
            Self::Smtp => "a mail server (SMTP)",
            Self::Ftp => "an FTP server",
            Self::Ssh => "an SSH server",
            Self::Unknown => "something that does not speak TLS",
        }
    }
}

/// What one ClientHello came to.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", tag = "came")]
pub enum Answer {
    /// A suite of those offered, at the version offered.
    Selected {
        /// The suite's number.
        suite: u32,
    },
    /// A ServerHello of another version: nothing is known of the version asked for but that it was not taken.
    OtherVersion {
        /// The version answered.
        version: u16,
        /// The suite answered.
        suite: u32,
    },
    /// A suite that was not offered.
    Unoffered {
        /// The suite's number.
        suite: u32,
    },
    /// A TLS alert.
    Alert {
        /// 1 is a warning, 2 is fatal.
        level: u8,
        /// RFC 8446 §6.
        code: u8,
    },
    /// An error message of SSL 2.0.
    Ssl2Error {
        /// 1: no common cipher.
        code: u16,
    },
    /// The connection was closed.
    Closed {
        /// Bytes that came before.
        after: usize,
    },
    /// The connection was reset.
    Reset,
    /// Nothing more came in time.
    TimedOut {
        /// Bytes that came before; 0 is silence.
        after: usize,
    },
    /// Nothing listens there.
    Refused,
    /// The connection failed otherwise.
    Failed {
        /// Why.
        because: String,
    },
    /// Bytes that are no TLS.
    NotTls {
        /// What they look like.
        what: Stranger,
        /// The first of them, as hexadecimal digits.
        first: String,
    },
    /// TLS records with something in them that no ServerHello is.
    Malformed {
        /// What is wrong.
        because: String,
    },
    /// Not asked: the limit on connections was reached.
    NotAsked,
}

impl Answer {
    /// Whether it settles that the suite or version is not taken. What only shows that we heard nothing settles nothing.
    pub const fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::OtherVersion { .. } | Self::Alert { .. } | Self::Ssl2Error { .. } | Self::Closed { .. } | Self::Reset
        )
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Selected { suite } => write!(f, "selected 0x{suite:04X}"),
            Self::OtherVersion { version, .. } => write!(f, "answered {}", version_name(*version)),
            Self::Unoffered { suite } => write!(f, "selected 0x{suite:04X}, which was not offered"),
            Self::Alert { level, code } => {
                let level = if *level == 1 { "warning" } else { "alert" };
                write!(f, "{level} {}", Alert(*code))
            }
            Self::Ssl2Error { code } => write!(f, "SSL 2.0 error {code}"),
            Self::Closed { after: 0 } => f.write_str("closed"),
            Self::Closed { after } => write!(f, "closed after {after} bytes"),
            Self::Reset => f.write_str("reset"),
            Self::TimedOut { after: 0 } => f.write_str("silent until the time limit"),
            Self::TimedOut { after } => write!(f, "stopped after {after} bytes until the time limit"),
            Self::Refused => f.write_str("connection refused"),
            Self::Failed { because } => f.write_str(because),
            Self::NotTls { what, .. } => f.write_str(what.name()),
            Self::Malformed { because } => f.write_str(because),
            Self::NotAsked => f.write_str("not asked: the limit on connections was reached"),
        }
    }
}

/// One protocol version.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Deserialize, Serialize)]
pub struct VersionObservation {
    /// The version.
    pub version: TlsVersion,
    /// The suites selected at it, in the server's order where there is one, else by number.
    pub suites: Vec<SuiteObservation>,
    /// Whose order decides.
    pub order: Order,
    /// How the offer of what is left was turned down.
    pub refusal: Option<Answer>,
    /// Whether every suite was asked for and answered.
    pub complete: bool,
}

/// Whose order of suites decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// The server's.
    Server,
    /// The client's.
    Client,
    /// Not found out, or there is no choice.
    Unknown,
}

/// A suite that was selected.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Deserialize, Serialize)]
pub struct SuiteObservation {
    /// Its number.
    pub code: u32,
    /// Its name.
    pub name: String,
    /// Whether a handshake with it comes to its end.
    pub completion: Completion,
}

/// Whether a handshake came to its end.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", tag = "result")]
pub enum Completion {
    /// It did.
    Completed,
    /// The server ended it, as servers do that want a certificate or another one than ours.
    Refused {
        /// How.
        because: String,
    },
    /// We ended it, or could not begin it: that says nothing of the server.
    Failed {
        /// Why.
        because: String,
    },
    /// No library of this build can do it.
    NotTried,
}

/// A certificate chain as it was shown.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Deserialize, Serialize)]
pub struct Chain {
    /// The version at which it was seen.
    pub version: TlsVersion,
    /// The server's own certificate first.
    pub certificates: Vec<CertificateFacts>,
}

/// What a certificate says.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Deserialize, Serialize)]
pub struct CertificateFacts {
    /// Subject.
    pub subject: String,
    /// Issuer.
    pub issuer: String,
    /// Serial number, as hexadecimal digits.
    pub serial: String,
    /// `RSA`, `EC`, `Ed25519`, or the object identifier.
    pub key: String,
    /// Bits of an RSA modulus, or of the field of a curve.
    pub key_bits: Option<usize>,
    /// The curve: `P-256`, or its object identifier.
    pub curve: Option<String>,
    /// How it is signed.
    pub signature: String,
    /// Names and addresses of the subjectAltName extension.
    pub names: Vec<String>,
    /// Start of validity (RFC 3339).
    pub not_before: String,
    /// End of validity (RFC 3339).
    pub not_after: String,
    /// Whether it is valid today.
    pub is_current: bool,
    /// Bits of keyUsage; none where the extension is missing.
    pub key_usage: Option<Vec<String>>,
    /// Purposes of extendedKeyUsage; none where the extension is missing.
    pub extended_key_usage: Option<Vec<String>>,
    /// Whether it says of itself that it is an authority.
    pub is_authority: bool,
}

/// What `--ca` and the expected name say of the server's certificate.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", tag = "result")]
pub enum Trusted {
    /// The chain ends in one of the authorities, and the name is right.
    Yes,
    /// It is not acceptable.
    No {
        /// Why.
        because: String,
    },
    /// The handshake failed for another reason.
    NotFoundOut {
        /// Which.
        because: String,
    },
}

/// Whether clients have to show a certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Deserialize, Serialize)]
pub struct ClientCertificate {
    /// The server asked for one.
    pub requested: Option<bool>,
    /// A handshake without one is refused.
    pub required: Option<bool>,
    /// How it was refused.
    pub refusal: Option<String>,
}

/// Small features of the answer to a ClientHello of TLS 1.2 or older; none where no such answer came.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Deserialize, Serialize)]
pub struct Features {
    /// RFC 5746: renegotiation, if any, is bound to the connection.
    pub secure_renegotiation: Option<bool>,
    /// RFC 7627.
    pub extended_master_secret: Option<bool>,
    /// The compression method selected when DEFLATE was offered first; 0 is none.
    pub compression: Option<u8>,
    /// Bits of the group of ephemeral Diffie-Hellman, where such a suite is taken.
    pub dh_bits: Option<usize>,
    /// What becomes of a client that shakes hands anew on an open connection; none where that was not asked (`legacy-tls` asks).
    pub client_renegotiation: Option<Renegotiation>,
}

/// What becomes of a client that shakes hands anew on an open connection.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", tag = "result")]
pub enum Renegotiation {
    /// The second handshake came to its end.
    Accepted,
    /// It did not.
    Refused {
        /// How: an alert, or `closed`.
        how: String,
    },
    /// Neither was seen.
    NotFoundOut {
        /// Why.
        because: String,
    },
}

/// What a second connection gets.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Deserialize, Serialize)]
pub struct Resumption {
    /// The version.
    pub version: TlsVersion,
    /// By what it is resumed: session ID, ticket, or PSK.
    pub by: String,
    /// Whether a client certificate was shown.
    pub with_certificate: bool,
    /// How it went.
    pub result: Resumed,
}

/// How a second connection went.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", tag = "result")]
pub enum Resumed {
    /// The session was resumed.
    Resumed,
    /// A whole handshake, as for a stranger.
    Full,
    /// The second connection failed though the first one had not.
    Broken {
        /// How.
        because: String,
    },
    /// The first connection failed.
    NotFoundOut {
        /// How.
        because: String,
    },
}

/// How a well-known client fares.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Deserialize, Serialize)]
pub struct Persona {
    /// Its name.
    pub name: String,
    /// The version selected.
    pub version: Option<TlsVersion>,
    /// The suite selected.
    pub suite: Option<String>,
    /// The answer in other cases.
    pub answer: Option<Answer>,
}

impl Observation {
    /// What was seen of a version.
    pub fn version(&self, version: TlsVersion) -> Option<&VersionObservation> {
        self.versions.iter().find(|seen| seen.version == version)
    }

    /// Whether a version is taken; none where that was not found out.
    pub fn takes(&self, version: TlsVersion) -> Option<bool> {
        let seen = self.version(version)?;
        if !seen.suites.is_empty() {
            return Some(true);
        }
        seen.complete.then_some(false)
    }

    /// Whether a suite is selected at a version; none where that was not found out.
    pub fn selects(&self, version: TlsVersion, name: &str) -> Option<bool> {
        let seen = self.version(version)?;
        if seen.suites.iter().any(|suite| suite.name == name) {
            return Some(true);
        }
        seen.complete.then_some(false)
    }
}
