//! Target flags and target file to one description of the peer; what a flag says goes before what the file says.

use super::settings::TargetSettings;
use crate::client::target::{IdentityFile, SettingsError, TargetFile};
use crate::client::{ALICE, Target};
use crate::runner::data_file::DataFileError;
use crate::runner::target_file;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What is wrong with the description of the peer.
#[derive(Debug)]
pub(super) enum TargetError {
    /// The target file.
    File(DataFileError),
    /// The description, or a file it names.
    Settings(SettingsError),
    /// Flags describe a peer, but none says where it is.
    NoAddress,
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(e) => e.fmt(f),
            Self::Settings(e) => e.fmt(f),
            Self::NoAddress => f.write_str(
                "--ca, --cert, --identity, --username, --server-name and --insecure describe a server: say which with --target or --target-file",
            ),
        }
    }
}

/// The peer; none means the bundled server.
pub(super) fn resolve(settings: &TargetSettings, timeout: Option<Duration>) -> Result<Option<Target>, TargetError> {
    described(settings, timeout, false)
}

/// The same for who only looks at its TLS: without a CA any certificate will do, since nothing is entrusted to it.
pub(super) fn resolve_to_look_at(settings: &TargetSettings) -> Result<Option<Target>, TargetError> {
    described(settings, None, true)
}

fn described(
    settings: &TargetSettings,
    timeout: Option<Duration>,
    looks_only: bool,
) -> Result<Option<Target>, TargetError> {
    let (mut file, base) = match &settings.file {
        Some(path) => {
            let base = path.parent().map_or_else(PathBuf::new, Path::to_owned);
            (target_file::load(path).map_err(TargetError::File)?, base)
        }
        None if settings.address.is_some() => (TargetFile::default(), PathBuf::new()),
        None if describes_a_peer(settings) => return Err(TargetError::NoAddress),
        None => return Ok(None),
    };
    overlay(&mut file, settings).map_err(TargetError::Settings)?;
    file.insecure |= looks_only && file.ca.is_none();
    if timeout.is_some() {
        file.connect_timeout = timeout;
        file.exchange_timeout = timeout;
    }
    Target::from_file(&file, &base).map(Some).map_err(TargetError::Settings)
}

/// Whether a flag only makes sense with a server of the user's.
fn describes_a_peer(settings: &TargetSettings) -> bool {
    settings.ca.is_some()
        || settings.cert.is_some()
        || settings.key.is_some()
        || !settings.identities.is_empty()
        || settings.server_name.is_some()
        || settings.username.is_some()
        || settings.insecure
}

/// Puts the flags over the file. Paths of flags are relative to the working directory, so they are made absolute.
fn overlay(file: &mut TargetFile, settings: &TargetSettings) -> Result<(), SettingsError> {
    if let Some(address) = &settings.address {
        file.address.clone_from(address);
    }
    if let Some(ca) = &settings.ca {
        file.ca = Some(absolute(ca)?);
    }
    if let Some(name) = &settings.server_name {
        file.server_name = Some(name.clone());
    }
    file.encoding = settings.encoding.or(file.encoding);
    if let Some(path) = &settings.http_path {
        file.http_path = Some(path.clone());
    }
    file.insecure |= settings.insecure;
    let alice = |file: &mut TargetFile, set: &dyn Fn(&mut IdentityFile)| {
        set(file.identities.entry(ALICE.to_owned()).or_default());
    };
    if let (Some(cert), Some(key)) = (&settings.cert, &settings.key) {
        let (cert, key) = (absolute(cert)?, absolute(key)?);
        alice(file, &|a| (a.cert, a.key) = (Some(cert.clone()), Some(key.clone())));
    }
    if settings.username.is_some() {
        alice(file, &|a| (a.username, a.password) = (settings.username.clone(), settings.password.clone()));
    }
    for identity in &settings.identities {
        let entry = file.identities.entry(identity.name.clone()).or_default();
        entry.cert = Some(absolute(&identity.cert)?);
        entry.key = Some(absolute(&identity.key)?);
    }
    Ok(())
}

fn absolute(path: &Path) -> Result<PathBuf, SettingsError> {
    std::path::absolute(path).map_err(|e| SettingsError::Unreadable { path: path.to_owned(), kind: e.kind() })
}
