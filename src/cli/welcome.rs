//! What clients that come to us need: a port, and certificates of both sides.

use super::dispatch::failed;
use crate::client::identity::CertificatePem;
use crate::client::{ALICE, Listener};
use crate::exit::Exit;
use kmipspec_reference_server::certificates::{CertificateSet, CertificateSettings, certificate_path, key_path};
use kmipspec_reference_server::{IdentityFiles, Ready};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A port that is open, and certificates in a folder; one of our own is gone when this is dropped.
pub(super) struct Welcome {
    /// Where it is.
    pub(super) address: SocketAddr,
    /// To be listened on.
    pub(super) listener: Listener,
    folder: PathBuf,
    names: Vec<String>,
    _own: Option<TempDir>,
}

impl Welcome {
    /// Opens the port, makes certificates and writes them to the folder, or to a temporary one.
    pub(super) fn at(listen: &str, settings: &CertificateSettings, folder: Option<&Path>) -> Result<Self, Exit> {
        let cannot = |e| failed(&format!("listen at {listen}"), &e);
        let socket = TcpListener::bind(listen).map_err(cannot)?;
        let address = socket.local_addr().map_err(cannot)?;
        let own = match folder {
            Some(_) => None,
            None => Some(tempfile::tempdir().map_err(|e| failed("make a directory for certificates", &e))?),
        };
        let folder = folder.or(own.as_ref().map(TempDir::path)).unwrap_or(Path::new(""));
        let folder = std::path::absolute(folder).map_err(|e| failed("use the folder for certificates", &e))?;
        let set = CertificateSet::new(settings).map_err(|e| failed("make certificates", &e))?;
        set.write_to(&folder).map_err(|e| failed("write certificates", &e))?;
        let pem = |text: &str| text.as_bytes().to_vec();
        let shown = CertificatePem { chain: pem(&set.server.certificate), key: pem(&set.server.key) };
        let listener = Listener::on(socket, &shown, set.ca.as_bytes());
        let listener = listener.map_err(|e| failed("use the certificates", &e))?;
        let names = set.clients.iter().map(|client| client.name.clone()).collect();
        Ok(Self { address, listener, folder, names, _own: own })
    }

    /// The files of a client: CA, certificate, key.
    pub(super) fn files(&self) -> [(&'static str, PathBuf); 3] {
        let folder = &self.folder;
        [
            ("CA", folder.join("ca.pem")),
            ("certificate", certificate_path(folder, ALICE)),
            ("key", key_path(folder, ALICE)),
        ]
    }

    /// What a client finds among its variables.
    pub(super) fn environment(&self) -> Vec<(String, String)> {
        let mut all = vec![
            ("KMIP_HOST".to_owned(), self.address.ip().to_string()),
            ("KMIP_PORT".to_owned(), self.address.port().to_string()),
        ];
        let names = ["KMIP_CA", "KMIP_CERT", "KMIP_KEY"];
        let paths = self.files().map(|(_, path)| path.display().to_string());
        all.extend(names.into_iter().map(str::to_owned).zip(paths));
        all
    }

    /// The same for programs.
    pub(super) fn ready(&self) -> Ready {
        let files = |name: &str| IdentityFiles {
            cert: certificate_path(&self.folder, name),
            key: key_path(&self.folder, name),
        };
        let [(_, ca), (_, cert), (_, key)] = self.files();
        let identities = self.names.iter().map(|name| (name.clone(), files(name))).collect();
        Ready { address: self.address.to_string(), ca, cert, key, identities, pid: std::process::id() }
    }
}
