//! The reference server in this process, as the target when the user names none.

use crate::client::identity::CertificatePem;
use crate::client::{ALICE, BOB, Identity, Listener, SettingsError, Target, Trust};
use crate::runner::capability::HTTPS;
use kmipspec_protocol::version::Version;
use kmipspec_reference_server::users::User;
use kmipspec_reference_server::{Config, PushClient, RunningServer, Server, StartError};
use std::fmt;
use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

/// Why the bundled server cannot be used.
#[derive(Debug)]
pub enum BundledError {
    /// It did not start.
    Start(StartError),
    /// There is no port for it to tell us of changes.
    Listener(std::io::Error),
    /// Its certificates or address are of no use to us.
    Settings(SettingsError),
}

impl fmt::Display for BundledError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(error) => write!(f, "the bundled server did not start: {error}"),
            Self::Listener(error) => write!(f, "no port to listen on for the bundled server: {error}"),
            Self::Settings(error) => write!(f, "the bundled server cannot be reached: {error}"),
        }
    }
}

impl std::error::Error for BundledError {}

/// Starts it, and says how to reach it. It runs until it is shut down or dropped.
///
/// Where it is to have no users of its own, alice and bob have passwords: cases may ask for them, and nothing else sends them.
/// There is a client with an RSA key besides, for the same reason. Of alice's objects in the groups
/// `kmipspec-listener-1.0` to `-2.1` it tells us by Notify and Put, at the version of the group.
pub async fn start(mut config: Config) -> Result<(RunningServer, Target), BundledError> {
    let ours = config.users.is_empty();
    config.certificates.rsa_client = true;
    if ours {
        config.users = [ALICE, BOB].map(|name| User::with_password(name, password(name))).to_vec();
    }
    let open = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(BundledError::Listener)?;
    let address = open.local_addr().map_err(BundledError::Listener)?.to_string();
    let told = config.versions.iter().copied().filter(|version| *version <= Version::V2_1);
    let clients: Vec<PushClient> = told
        .map(|version| PushClient {
            version: Some(version),
            groups: vec![told_group(version)],
            ..PushClient::new(ALICE, address.clone())
        })
        .collect();
    config.push_clients.extend(clients);
    let (server, mut target) = serve(config, ours).await?;
    let own = &server.certificates().server;
    let own = CertificatePem { chain: own.certificate.clone().into_bytes(), key: own.key.clone().into_bytes() };
    let mut listener = Listener::on(open, &own, server.ca().as_bytes()).map_err(BundledError::Settings)?;
    listener.patience = PATIENCE;
    target.listener = Some(listener);
    Ok((server, target))
}

/// It tells, so there is no haste to find that it does not.
const PATIENCE: Duration = Duration::from_secs(2);

/// The group of the objects that it tells of at a version: all others are none of the listener's business.
fn told_group(version: Version) -> String {
    format!("kmipspec-listener-{version}")
}

/// The same with the users that are configured, and no others: published cases make their own.
pub async fn start_as_configured(config: Config) -> Result<(RunningServer, Target), BundledError> {
    serve(config, false).await
}

/// Starts it; `ours` says whether alice and bob have our passwords.
async fn serve(config: Config, ours: bool) -> Result<(RunningServer, Target), BundledError> {
    let http_path = config.http_path.clone();
    let server = Server::start(config).await.map_err(BundledError::Start)?;
    let identities = server
        .certificates()
        .clients
        .iter()
        .map(|i| Identity::with_certificate(i.name.clone(), i.certificate.as_bytes(), i.key.as_bytes()))
        .map(|i| match i.name.as_str() {
            name @ (ALICE | BOB) if ours => i.clone().knowing(name, password(name)),
            _ => i,
        });
    let trust = Trust::Ca(server.ca().as_bytes().to_vec());
    let address = server.address().to_string();
    let mut target = Target::new(&address, None, &trust, identities).map_err(BundledError::Settings)?;
    target.set_http_path(&http_path).map_err(BundledError::Settings)?;
    target.name = "bundled".to_owned();
    target.supports.features.push(HTTPS.to_owned());
    Ok((server, target))
}

/// The password of a user: the certificate is what keeps others out.
fn password(name: &str) -> String {
    format!("password of {name}")
}
