//! The ready line: one JSON object that says where the server is and how to reach it.

use serde::Serialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// What `kmipspec serve` prints when it can be connected to.
#[derive(Clone, Debug, Serialize)]
pub struct Ready {
    /// `host:port`.
    pub address: String,
    /// CA certificate, PEM file.
    pub ca: PathBuf,
    /// Certificate of the default client identity, PEM file.
    pub cert: PathBuf,
    /// Key of the default client identity, PEM file.
    pub key: PathBuf,
    /// Every client identity by name.
    pub identities: BTreeMap<String, IdentityFiles>,
    /// Process id of the server.
    pub pid: u32,
}

/// Where one identity's files are.
#[derive(Clone, Debug, Serialize)]
pub struct IdentityFiles {
    /// Certificate, PEM file.
    pub cert: PathBuf,
    /// Key, PEM file.
    pub key: PathBuf,
}

impl Ready {
    /// From the directory the certificates were written to; `names` are the identities, `files` names certificate and key of an identity.
    pub(crate) fn new<'n>(
        address: SocketAddr,
        directory: &Path,
        names: impl Iterator<Item = &'n str>,
        files: impl Fn(&str) -> (PathBuf, PathBuf),
    ) -> Self {
        let identity = |name: &str| {
            let (cert, key) = files(name);
            IdentityFiles { cert, key }
        };
        let default = identity("alice");
        Self {
            address: address.to_string(),
            ca: directory.join("ca.pem"),
            cert: default.cert,
            key: default.key,
            identities: names.map(|name| (name.to_owned(), identity(name))).collect(),
            pid: std::process::id(),
        }
    }

    /// One line of JSON, without the line end.
    pub fn to_line(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// Writes the line to a file that appears whole: written beside it, then renamed.
    pub fn write_to(&self, path: &Path) -> std::io::Result<()> {
        let mut line = self.to_line()?;
        line.push('\n');
        let mut beside = path.as_os_str().to_owned();
        beside.push(format!(".{}.tmp", self.pid));
        let beside = PathBuf::from(beside);
        std::fs::write(&beside, line)?;
        std::fs::rename(&beside, path)
    }
}
