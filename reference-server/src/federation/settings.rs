//! Which other servers there are, and what passes between them and this one.

use kmipspec_protocol::registry::{ObjectType, Operation};
use kmipspec_protocol::version::Version;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// A link to another server. As text: `NAME=HOST:PORT`, then options, separated by commas: `does=forward`, `does=send`,
/// `does=move` or `does=fetch`, `ca=FILE`, `cert=FILE`, `key=FILE`, `server-name=NAME`, `version=2.1`, `operation=Certify`,
/// `client=NAME`, `group=NAME`, `name=NAME`, `type=SymmetricKey`, `owner=NAME`, `wrap=ID`, `qualifier=TEXT`, `allowance=N`,
/// `lease=yes`, `every=SECONDS`, `page=N`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerLink {
    /// What the link is called here.
    pub name: String,
    /// Host and port of the other server.
    pub address: String,
    /// PEM file of the CA its certificate comes from.
    pub ca: PathBuf,
    /// PEM file of the certificate that this server shows.
    pub certificate: PathBuf,
    /// PEM file of its key.
    pub key: PathBuf,
    /// The name the other server's certificate must carry; none: the host of the address.
    pub server_name: Option<String>,
    /// The version objects travel in: 1.4 or later, which have Export and Import.
    pub version: Version,
    /// Requests for what this server has not are forwarded.
    pub forward: bool,
    /// Operations that are always forwarded.
    pub operations: Vec<Operation>,
    /// Clients whose requests are forwarded; empty: every authenticated one.
    pub clients: Vec<String>,
    /// Objects are sent there, and again after each change.
    pub send: bool,
    /// What the other server has is removed here.
    pub moving: bool,
    /// Objects are fetched from there.
    pub fetch: bool,
    /// Objects in these groups only; empty: in any or none.
    pub groups: Vec<String>,
    /// Objects with these names only; empty: with any or none.
    pub names: Vec<String>,
    /// Objects of these types only; empty: all.
    pub object_types: Vec<ObjectType>,
    /// `send`: objects of this client only. `fetch`: who owns the copies; none: a client with the name of the link.
    pub owner: Option<String>,
    /// `send`: keys travel wrapped with this key, which both servers hold under this identifier.
    pub wrap: Option<String>,
    /// What stands before a Name that is taken at the receiver.
    pub qualifier: Option<String>,
    /// How much of the Usage Limits the receiver gets; none: nothing.
    pub allowance: Option<i64>,
    /// `fetch`: copies can be used as long as their lease lasts.
    pub lease: bool,
    /// `fetch`: how often it is looked what there is.
    pub every: Duration,
    /// `fetch`: how many objects are asked for at once.
    pub page: i32,
}

/// Another server that sends objects here. As text: `NAME`, then options: `owner=NAME`, `writable=yes`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receive {
    /// The common name of its certificate.
    pub name: String,
    /// Who owns what it imports; none: itself.
    pub owner: Option<String>,
    /// Clients here may change what came; otherwise they have read-only copies.
    pub writable: bool,
}

/// Why a text is no link and no sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkError {
    /// No `NAME=HOST:PORT`.
    NoAddress,
    /// An option without value.
    NoValue(String),
    /// An option nobody knows.
    UnknownOption(String),
    /// A value that the option does not have.
    BadValue(String, String),
    /// An option that has to be there.
    Missing(&'static str),
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAddress => write!(f, "a link to a server is NAME=HOST:PORT,does=...,ca=...,cert=...,key=..."),
            Self::NoValue(option) => write!(f, "option {option:?} is no NAME=VALUE"),
            Self::UnknownOption(option) => write!(f, "unknown option {option:?}"),
            Self::BadValue(option, value) => write!(f, "option {option} cannot be {value:?}"),
            Self::Missing(option) => write!(f, "option {option} is missing"),
        }
    }
}

impl std::error::Error for LinkError {}

impl ServerLink {
    /// A link that does nothing yet.
    pub fn new(name: impl Into<String>, address: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            address: address.into(),
            ca: PathBuf::new(),
            certificate: PathBuf::new(),
            key: PathBuf::new(),
            server_name: None,
            version: Version::V2_1,
            forward: false,
            operations: Vec::new(),
            clients: Vec::new(),
            send: false,
            moving: false,
            fetch: false,
            groups: Vec::new(),
            names: Vec::new(),
            object_types: Vec::new(),
            owner: None,
            wrap: None,
            qualifier: None,
            allowance: None,
            lease: false,
            every: Duration::from_secs(60),
            page: 100,
        }
    }

    /// Sets one option.
    fn set(&mut self, option: &str, value: &str) -> Result<(), LinkError> {
        let bad = || LinkError::BadValue(option.to_owned(), value.to_owned());
        match option {
            "does" => match value {
                "forward" => self.forward = true,
                "send" => self.send = true,
                "move" => (self.send, self.moving) = (true, true),
                "fetch" => self.fetch = true,
                _ => return Err(bad()),
            },
            "ca" => self.ca = PathBuf::from(value),
            "cert" => self.certificate = PathBuf::from(value),
            "key" => self.key = PathBuf::from(value),
            "server-name" => self.server_name = Some(value.to_owned()),
            "version" => {
                let version: Option<Version> = value.parse().ok();
                self.version = version.filter(|v| (Version::V1_4..=Version::V2_1).contains(v)).ok_or_else(bad)?;
            }
            "operation" => {
                let row = Operation::TABLE.named(value).ok_or_else(bad)?;
                self.operations.push(Operation(row.code));
            }
            "client" => self.clients.push(value.to_owned()),
            "group" => self.groups.push(value.to_owned()),
            "name" => self.names.push(value.to_owned()),
            "type" => {
                let row = ObjectType::TABLE.named(value).ok_or_else(bad)?;
                self.object_types.push(ObjectType(row.code));
            }
            "owner" => self.owner = Some(value.to_owned()),
            "wrap" => self.wrap = Some(value.to_owned()),
            "qualifier" => self.qualifier = Some(value.to_owned()),
            "allowance" => self.allowance = Some(value.parse().ok().filter(|n| *n > 0).ok_or_else(bad)?),
            "lease" => self.lease = yes_or_no(value).ok_or_else(bad)?,
            "every" => {
                let seconds: Option<u64> = value.parse().ok();
                self.every = Duration::from_secs(seconds.filter(|n| *n > 0).ok_or_else(bad)?);
            }
            "page" => self.page = value.parse().ok().filter(|n| *n > 0).ok_or_else(bad)?,
            _ => return Err(LinkError::UnknownOption(option.to_owned())),
        }
        Ok(())
    }
}

/// A switch.
fn yes_or_no(value: &str) -> Option<bool> {
    match value {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

/// An option and its value.
fn option(part: &str) -> Result<(&str, &str), LinkError> {
    part.split_once('=').ok_or_else(|| LinkError::NoValue(part.to_owned()))
}

impl FromStr for ServerLink {
    type Err = LinkError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split(',');
        let (name, address) = parts.next().and_then(|first| first.split_once('=')).ok_or(LinkError::NoAddress)?;
        let port = address.rsplit_once(':').filter(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
        if name.is_empty() || name.contains('/') || port.is_none() {
            return Err(LinkError::NoAddress);
        }
        let mut link = Self::new(name, address);
        for part in parts {
            let (name, value) = option(part)?;
            link.set(name, value)?;
        }
        for (there, name) in [
            (link.forward || link.send || link.fetch, "does"),
            (!link.ca.as_os_str().is_empty(), "ca"),
            (!link.certificate.as_os_str().is_empty(), "cert"),
            (!link.key.as_os_str().is_empty(), "key"),
        ] {
            if !there {
                return Err(LinkError::Missing(name));
            }
        }
        Ok(link)
    }
}

impl FromStr for Receive {
    type Err = LinkError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split(',');
        let name = parts.next().unwrap_or_default();
        if name.is_empty() || name.contains('=') {
            return Err(LinkError::NoAddress);
        }
        let mut receive = Self { name: name.to_owned(), owner: None, writable: false };
        for part in parts {
            match option(part)? {
                ("owner", owner) => receive.owner = Some(owner.to_owned()),
                (name @ "writable", value) => {
                    let bad = || LinkError::BadValue(name.to_owned(), value.to_owned());
                    receive.writable = yes_or_no(value).ok_or_else(bad)?;
                }
                (name, _) => return Err(LinkError::UnknownOption(name.to_owned())),
            }
        }
        Ok(receive)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_senders_can_be_written_on_one_line() {
        let link: ServerLink = "up=[::1]:5696,does=fetch,does=forward,ca=c,cert=d,key=e,group=g,allowance=5,lease=yes,every=1,page=2,operation=Certify"
            .parse()
            .expect("sound");
        assert_eq!((link.address.as_str(), link.fetch, link.forward, link.send), ("[::1]:5696", true, true, false));
        assert_eq!((link.allowance, link.lease, link.page), (Some(5), true, 2));
        assert_eq!(link.operations, [Operation::CERTIFY]);
        for bad in [
            "",
            "up",
            "up=host",
            "=h:1,does=send,ca=a,cert=b,key=c",
            "up=h:1,ca=a,cert=b,key=c",
            "up=h:1,does=send,cert=b,key=c",
            "up=h:1,does=nothing,ca=a,cert=b,key=c",
            "up=h:1,does=send,ca=a,cert=b,key=c,version=1.3",
            "up=h:1,does=send,ca=a,cert=b,key=c,colour=red",
        ] {
            assert!(bad.parse::<ServerLink>().is_err(), "{bad}");
        }
        let receive: Receive = "central,owner=shop,writable=yes".parse().expect("sound");
        assert_eq!((receive.owner.as_deref(), receive.writable), (Some("shop"), true));
        assert!("central,writable=perhaps".parse::<Receive>().is_err());
    }
}
