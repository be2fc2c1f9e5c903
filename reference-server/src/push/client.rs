//! A client that is told of changes: where it listens, and what it wants to hear (UG 2.1 §3.3: registered by means outside of KMIP).

use kmipspec_protocol::registry::ObjectType;
use kmipspec_protocol::version::Version;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// A registered client. As text: `NAME=HOST:PORT` or `NAME=https://HOST:PORT/PATH`, then options, separated by commas:
/// `version=1.4`, `only=put` or `only=notify`, `objects=all`, `type=SymmetricKey`, `group=NAME`, `values=no`, `encoding=xml`,
/// `ca=FILE`, `server-name=NAME`, `attempts=N`, `queue=N`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushClient {
    /// The identity whose objects it is told of, unless it is told of all.
    pub name: String,
    /// Host and port of its TLS listener.
    pub address: String,
    /// Raw TTLV, or HTTPS.
    pub transport: PushTransport,
    /// PEM file of the CA its certificate must come from; none: the server's own CA.
    pub ca: Option<PathBuf>,
    /// The name its certificate must carry; none: the host of the address.
    pub server_name: Option<String>,
    /// The version of the messages; none: the best both speak, by the server-to-client Discover Versions (1.3 on).
    pub version: Option<Version>,
    /// Told of everybody's objects.
    pub all_objects: bool,
    /// Told of these types only; empty: all.
    pub object_types: Vec<ObjectType>,
    /// Told of objects in these groups only; empty: all.
    pub groups: Vec<String>,
    /// Gets Notify.
    pub notify: bool,
    /// Gets Put.
    pub put: bool,
    /// Notify carries the values of what changed; otherwise only Last Change Date (UG §4.3 recommends that).
    pub values: bool,
    /// How often a message is tried before it is given up.
    pub attempts: u32,
    /// Messages that wait for it at most; the oldest goes when there is one too many.
    pub queue: usize,
}

/// How messages travel to a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PushTransport {
    /// TTLV over TLS.
    Ttlv,
    /// HTTPS: the client is the HTTPS server (Additional Message Encodings 1.0 §2.5).
    Https {
        /// The target URI.
        path: String,
        /// The encoding of bodies.
        encoding: PushEncoding,
    },
}

/// The encoding of an HTTPS body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushEncoding {
    /// TTLV.
    Ttlv,
    /// XML.
    Xml,
    /// JSON.
    Json,
}

/// Why a text is no registered client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PushClientError {
    /// No `NAME=ADDRESS`.
    NoAddress,
    /// The address has no port.
    NoPort(String),
    /// An option without value.
    NoValue(String),
    /// An option nobody knows.
    UnknownOption(String),
    /// A value that the option does not have.
    BadValue(String, String),
}

impl fmt::Display for PushClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAddress => write!(f, "a client to notify is NAME=HOST:PORT"),
            Self::NoPort(address) => write!(f, "{address:?} is no HOST:PORT"),
            Self::NoValue(option) => write!(f, "option {option:?} is no NAME=VALUE"),
            Self::UnknownOption(option) => write!(f, "unknown option {option:?}"),
            Self::BadValue(option, value) => write!(f, "option {option} cannot be {value:?}"),
        }
    }
}

impl std::error::Error for PushClientError {}

impl PushClient {
    /// A client that is told of all changes to its objects at this address.
    pub fn new(name: impl Into<String>, address: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            address: address.into(),
            transport: PushTransport::Ttlv,
            ca: None,
            server_name: None,
            version: None,
            all_objects: false,
            object_types: Vec::new(),
            groups: Vec::new(),
            notify: true,
            put: true,
            values: true,
            attempts: 8,
            queue: 1_024,
        }
    }

    /// Sets one option.
    fn set(&mut self, option: &str, value: &str) -> Result<(), PushClientError> {
        let bad = || PushClientError::BadValue(option.to_owned(), value.to_owned());
        match option {
            "version" => self.version = Some(value.parse().map_err(|_| bad())?),
            "only" => match value {
                "notify" => self.put = false,
                "put" => self.notify = false,
                _ => return Err(bad()),
            },
            "objects" => match value {
                "all" => self.all_objects = true,
                "own" => self.all_objects = false,
                _ => return Err(bad()),
            },
            "type" => {
                let row = ObjectType::TABLE.named(value).ok_or_else(bad)?;
                self.object_types.push(ObjectType(row.code));
            }
            "group" => self.groups.push(value.to_owned()),
            "values" => match value {
                "yes" => self.values = true,
                "no" => self.values = false,
                _ => return Err(bad()),
            },
            "encoding" => {
                let PushTransport::Https { encoding, .. } = &mut self.transport else { return Err(bad()) };
                *encoding = match value {
                    "ttlv" => PushEncoding::Ttlv,
                    "xml" => PushEncoding::Xml,
                    "json" => PushEncoding::Json,
                    _ => return Err(bad()),
                };
            }
            "ca" => self.ca = Some(PathBuf::from(value)),
            "server-name" => self.server_name = Some(value.to_owned()),
            "attempts" => self.attempts = value.parse().ok().filter(|n| *n > 0).ok_or_else(bad)?,
            "queue" => self.queue = value.parse().ok().filter(|n| *n > 0).ok_or_else(bad)?,
            _ => return Err(PushClientError::UnknownOption(option.to_owned())),
        }
        Ok(())
    }
}

impl FromStr for PushClient {
    type Err = PushClientError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split(',');
        let first = parts.next().unwrap_or_default();
        let (name, address) = first.split_once('=').ok_or(PushClientError::NoAddress)?;
        if name.is_empty() {
            return Err(PushClientError::NoAddress);
        }
        let (address, transport) = match address.strip_prefix("https://") {
            None => (address, PushTransport::Ttlv),
            Some(rest) => {
                let (address, path) = rest.find('/').map_or((rest, "/kmip"), |at| rest.split_at(at));
                (address, PushTransport::Https { path: path.to_owned(), encoding: PushEncoding::Ttlv })
            }
        };
        let port = address.rsplit_once(':').filter(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
        if port.is_none() {
            return Err(PushClientError::NoPort(address.to_owned()));
        }
        let mut client = Self { transport, ..Self::new(name, address) };
        for part in parts {
            let (option, value) = part.split_once('=').ok_or_else(|| PushClientError::NoValue(part.to_owned()))?;
            client.set(option, value)?;
        }
        Ok(client)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_can_be_written_on_one_line() {
        let plain: PushClient = "alice=localhost:5697".parse().expect("sound");
        assert_eq!(plain, PushClient::new("alice", "localhost:5697"));
        let full: PushClient =
            "bob=https://[::1]:443/notify,encoding=xml,version=1.4,only=put,objects=all,type=SymmetricKey,group=g,values=no,ca=a.pem,server-name=b,attempts=2,queue=3"
                .parse()
                .expect("sound");
        assert_eq!(full.address, "[::1]:443");
        let path = "/notify".to_owned();
        assert_eq!(full.transport, PushTransport::Https { path, encoding: PushEncoding::Xml });
        assert_eq!((full.version, full.put, full.notify), (Some(Version::V1_4), true, false));
        assert_eq!((full.object_types.as_slice(), full.attempts, full.queue), (&[ObjectType::SYMMETRIC_KEY][..], 2, 3));
        for bad in [
            "",
            "alice",
            "=a:1",
            "alice=host",
            "a=h:1,x=y",
            "a=h:1,only",
            "a=h:1,only=x",
            "a=h:1,encoding=xml",
            "a=h:1,queue=0",
        ] {
            assert!(bad.parse::<PushClient>().is_err(), "{bad}");
        }
    }
}
