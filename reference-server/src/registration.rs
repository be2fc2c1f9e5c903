//! How clients become known: a folder with one file per registered certificate, which `kmipspec enroll` writes and the running
//! server reads. A certificate in it is admitted as it is, whoever signed it.
//!
//! Three models: the whole package is handed over (`client`); a bootstrap certificate gets another one issued, at once or after
//! somebody has approved (`bootstrap`); sub-clients of a registered client show a certificate of their own that carries its tenant
//! identifier as organization, and then go on like the second.

use crate::certificates::{CertificateError, Identity};
use crate::channel;
use crate::config::Config;
use crate::failure::{Failure, Outcome};
use crate::peer::Peer;
use crate::random::{Random, SecureRandom};
use crate::store::Transaction;
use kmipspec_protocol::registry::{Operation, ResultReason};
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair};
use serde::{Deserialize, Serialize};
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// What a registered certificate is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Everything a client may do.
    Client,
    /// Getting another certificate.
    Bootstrap,
}

/// One registered certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// Who it is: owner of what it makes.
    pub name: String,
    /// What it is good for.
    pub kind: Kind,
    /// SHA-256 of the certificate, hexadecimal.
    pub fingerprint: String,
    /// Whether a certificate may be issued for it.
    pub approved: bool,
    /// What its sub-clients have to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// Whether each sub-client has to be approved.
    #[serde(default)]
    pub approve_sub_clients: bool,
    /// Sub-clients come from this address only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_clients_from: Option<IpAddr>,
}

/// The folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registry {
    /// Where it is.
    folder: PathBuf,
}

/// What a new client is to be.
#[derive(Clone, Debug)]
pub struct Enrollment {
    /// Its name.
    pub name: String,
    /// What the certificate of the package is good for.
    pub kind: Kind,
    /// Whether somebody has to approve before a certificate is issued.
    pub needs_approval: bool,
    /// Whether it gets a tenant identifier for sub-clients.
    pub tenant: bool,
    /// Whether those have to be approved, too.
    pub approve_sub_clients: bool,
    /// Where those come from.
    pub sub_clients_from: Option<IpAddr>,
}

impl Registry {
    /// In a folder, which is made if it is not there.
    pub fn new(folder: impl Into<PathBuf>) -> io::Result<Self> {
        let folder = folder.into();
        std::fs::create_dir_all(&folder)?;
        Ok(Self { folder })
    }

    /// Everybody in it. A file that is none of ours is passed over.
    pub fn all(&self) -> io::Result<Vec<Registration>> {
        let mut all = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "json")
                && let Ok(registration) = serde_json::from_slice(&std::fs::read(&path)?)
            {
                all.push(registration);
            }
        }
        Ok(all)
    }

    /// Writes one, whole or not at all.
    pub fn save(&self, registration: &Registration) -> io::Result<()> {
        let path = self.folder.join(format!("{}.json", registration.fingerprint));
        let temporary = path.with_extension("part");
        std::fs::write(&temporary, serde_json::to_vec_pretty(registration)?)?;
        std::fs::rename(temporary, path)
    }

    /// Approves the certificate with this name or fingerprint; gives all that it could mean, and approves none unless it is one.
    pub fn approve(&self, which: &str) -> io::Result<Vec<Registration>> {
        let mut meant = self.all()?;
        meant.retain(|one| one.name == which || one.fingerprint == which);
        if let [one] = meant.as_slice() {
            self.save(&Registration { approved: true, ..one.clone() })?;
        }
        Ok(meant)
    }

    /// Makes key and certificate, registers it, and writes the package: both, the CA's certificate, and `registration.json` with
    /// name, address, and the tenant identifier if there is one.
    pub fn enroll(
        &self,
        wanted: &Enrollment,
        package: &Path,
        ca: &str,
        address: &str,
    ) -> Result<Registration, CertificateError> {
        let at = |e| CertificateError::Write(package.to_owned(), e);
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, wanted.name.as_str());
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = params.self_signed(&key)?;
        let tenant = match wanted.tenant {
            true => Some(SecureRandom::default().uuid().ok_or(CertificateError::Key)?),
            false => None,
        };
        let registration = Registration {
            name: wanted.name.clone(),
            kind: wanted.kind,
            fingerprint: channel::fingerprint(certificate.der()),
            approved: !wanted.needs_approval,
            tenant,
            approve_sub_clients: wanted.approve_sub_clients,
            sub_clients_from: wanted.sub_clients_from,
        };
        std::fs::create_dir_all(package).map_err(at)?;
        let identity = Identity { name: "client".to_owned(), certificate: certificate.pem(), key: key.serialize_pem() };
        crate::certificates::write_identity(package, &identity)?;
        std::fs::write(package.join("ca.pem"), ca).map_err(at)?;
        let told = serde_json::json!({
            "name": registration.name, "address": address, "kind": registration.kind, "tenant": registration.tenant,
        });
        std::fs::write(package.join("registration.json"), format!("{told:#}\n")).map_err(at)?;
        self.save(&registration).map_err(at)?;
        Ok(registration)
    }

    /// The registration of a certificate (DER): its own, or that of a sub-client by the tenant identifier it carries.
    pub(crate) fn find(&self, certificate: &[u8]) -> Option<Registration> {
        let fingerprint = channel::fingerprint(certificate);
        if let Ok(bytes) = std::fs::read(self.folder.join(format!("{fingerprint}.json"))) {
            return serde_json::from_slice(&bytes).ok();
        }
        let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
        let tenant = parsed.subject().iter_organization().next()?.as_str().ok()?;
        let name = parsed.subject().iter_common_name().next()?.as_str().ok()?;
        let primary = self.primary(tenant)?;
        Some(Registration {
            name: format!("{}/{name}", primary.name),
            kind: Kind::Bootstrap,
            fingerprint,
            approved: !primary.approve_sub_clients,
            tenant: None,
            approve_sub_clients: false,
            sub_clients_from: primary.sub_clients_from,
        })
    }

    /// The client with this tenant identifier.
    fn primary(&self, tenant: &str) -> Option<Registration> {
        let own = |one: &Registration| one.kind == Kind::Client && one.tenant.as_deref() == Some(tenant);
        self.all().ok()?.into_iter().find(own)
    }
}

/// What a client without a certificate of its own may do.
const BOOTSTRAP: [Operation; 7] = [
    Operation::QUERY,
    Operation::DISCOVER_VERSIONS,
    Operation::REGISTER,
    Operation::CERTIFY,
    Operation::RE_PROVISION,
    Operation::GET,
    Operation::PING,
];

/// Whether the certificate of the connection is good for the operation; gives true for a bootstrap certificate.
pub(crate) fn check(
    config: &Config,
    peer: &Peer,
    transaction: &dyn Transaction,
    operation: Operation,
) -> Outcome<bool> {
    let (Some(registry), Some(certificate)) = (&config.registry, peer.certificate.as_deref()) else { return Ok(false) };
    if channel::standing(transaction, certificate) != channel::Standing::Unknown {
        return Ok(false);
    }
    let Some(found) = registry.find(certificate).filter(|found| found.kind == Kind::Bootstrap) else {
        return Ok(false);
    };
    let denied = |message| Err(Failure::new(ResultReason::PERMISSION_DENIED, message));
    let from = peer.address.map(|address| address.ip());
    if found.sub_clients_from.is_some_and(|wanted| Some(wanted) != from) {
        return denied("sub-clients of this tenant come from another address");
    }
    if !BOOTSTRAP.contains(&operation) {
        return denied("with this certificate another one can be had, and nothing else");
    }
    let issues = matches!(operation, Operation::CERTIFY | Operation::RE_PROVISION);
    // Two certificates may say the same of themselves; the objects of the first are none of the other's.
    if channel::is_taken(transaction, &found.name) {
        return denied("another client is registered under this name");
    }
    if !found.approved && issues {
        if let Err(error) = registry.save(&found) {
            tracing::warn!(%error, client = found.name, "a registration could not be written");
        }
        tracing::info!(client = found.name, "a registration waits for approval");
        return denied("the registration waits for approval");
    }
    Ok(true)
}

/// After Certify by a bootstrap certificate: what was issued is the client's from now on, the other nobody's.
pub(crate) fn issued(peer: &Peer, transaction: &mut dyn Transaction, id: Option<&str>) {
    let object = id.and_then(|id| transaction.object(id));
    let new = object.as_ref().and_then(|object| object.material.as_ref()?.material());
    if let (Some(old), Some(new), Some(name)) = (peer.certificate.as_deref(), new, peer.name.as_deref()) {
        channel::replace(transaction, name, old, new);
    }
}
