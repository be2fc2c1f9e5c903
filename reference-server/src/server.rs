//! Start and stop.

use crate::acceptor::{self, Acceptor};
use crate::certificates::{CertificateError, CertificateSet, Identity, certificate_path, key_path};
use crate::config::Config;
use crate::dispatch::{Core, CoreError};
use crate::federation::{Caller, Fetcher, Gateway, Sender, ServerLink};
use crate::journal::JournalError;
use crate::listener::Listener;
use crate::push::{self, Worker};
use crate::ready::Ready;
use crate::seed::SeedError;
use crate::store::StateError;
use crate::tls::{Dialer, TlsError};
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The way in: [`Server::start`].
#[derive(Debug)]
pub struct Server;

/// Why the server is not running.
#[derive(Debug)]
pub enum StartError {
    /// No certificates.
    Certificates(CertificateError),
    /// The CA of a client's listener cannot be read.
    ClientCa(PathBuf, std::io::Error),
    /// A file of a link to another server cannot be read.
    Link(PathBuf, std::io::Error),
    /// No TLS.
    Tls(TlsError),
    /// The address is not to be had.
    Bind(SocketAddr, std::io::Error),
    /// No directory for the PEM files.
    Directory(std::io::Error),
    /// No use of the state file.
    State(StateError),
    /// No journal.
    Journal(JournalError),
    /// No use of an object to begin with.
    Seed(SeedError),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificates(e) => write!(f, "{e}"),
            Self::ClientCa(path, e) => write!(f, "read {}: {e}", path.display()),
            Self::Link(path, e) => write!(f, "read {}: {e}", path.display()),
            Self::Tls(e) => write!(f, "{e}"),
            Self::Bind(address, e) => write!(f, "listen on {address}: {e}"),
            Self::State(e) => write!(f, "{e}"),
            Self::Journal(e) => write!(f, "{e}"),
            Self::Seed(e) => write!(f, "{e}"),
            Self::Directory(e) => write!(f, "make a directory for certificates: {e}"),
        }
    }
}

impl std::error::Error for StartError {}

impl From<CoreError> for StartError {
    fn from(error: CoreError) -> Self {
        match error {
            CoreError::State(e) => Self::State(e),
            CoreError::Journal(e) => Self::Journal(e),
            CoreError::Seed(e) => Self::Seed(e),
        }
    }
}

impl Server {
    /// Makes certificates, writes them, listens, and serves on the current tokio runtime until [`RunningServer::shutdown`].
    pub async fn start(mut config: Config) -> Result<RunningServer, StartError> {
        acceptor::check(config.tls).map_err(StartError::Tls)?;
        let certificates = CertificateSet::new(&config.certificates).map_err(StartError::Certificates)?;
        for text in [&certificates.ca, &certificates.trust_anchors] {
            if !text.is_empty() {
                let trusted = crate::tls::chain(text).map_err(StartError::Tls)?;
                config.trust_anchors.extend(trusted.into_iter().map(|certificate| certificate.as_ref().to_vec()));
            }
        }
        let (directory, temporary) = match &config.directory {
            Some(given) => (given.clone(), None),
            None => {
                let made = TemporaryDirectory::create().map_err(StartError::Directory)?;
                (made.0.clone(), Some(made))
            }
        };
        certificates.write_to(&directory).map_err(StartError::Certificates)?;
        let socket = TcpListener::bind(config.address).await.map_err(|e| StartError::Bind(config.address, e))?;
        let address = socket.local_addr().map_err(|e| StartError::Bind(config.address, e))?;
        let (stop, stopped) = watch::channel(false);
        let callers = config.links.iter().map(caller).collect::<Result<Vec<_>, _>>()?;
        let mut core = Core::new(config)?;
        let forwarding: Vec<_> = callers.iter().filter(|caller| caller.link.forward).cloned().collect();
        if !forwarding.is_empty() {
            core.forward_by(Gateway { callers: forwarding });
        }
        let core = core.shared();
        let acceptor = Acceptor::new(&certificates, &core).map_err(StartError::Tls)?;
        let listener = Listener { socket, acceptor, core: Arc::clone(&core) };
        let workers = workers(&core, &certificates)?;
        let mut pushing: Vec<_> = workers.into_iter().map(|worker| tokio::spawn(worker.run(stopped.clone()))).collect();
        for caller in callers {
            let core = || Arc::clone(&core);
            if caller.link.send {
                let sender = Sender { caller: Arc::clone(&caller), core: core() };
                pushing.push(tokio::spawn(sender.run(stopped.clone())));
            }
            if caller.link.fetch {
                let fetcher = Fetcher { caller, core: core() };
                pushing.push(tokio::spawn(fetcher.run(stopped.clone())));
            }
        }
        let task = tokio::spawn(listener.serve(stopped));
        tracing::info!(%address, directory = %directory.display(), "listening");
        Ok(RunningServer { address, certificates, directory, core, stop, task, pushing, _temporary: temporary })
    }
}

/// What calls another server.
fn caller(link: &ServerLink) -> Result<Arc<Caller>, StartError> {
    let text = |path: &PathBuf| std::fs::read_to_string(path).map_err(|e| StartError::Link(path.clone(), e));
    let identity = Identity { name: link.name.clone(), certificate: text(&link.certificate)?, key: text(&link.key)? };
    let ca = text(&link.ca)?;
    let dialer = Dialer::new(&identity, ca.as_bytes(), &link.address, link.server_name.as_deref());
    let dialer = dialer.map_err(StartError::Tls)?;
    Ok(Arc::new(Caller::new(link.clone(), dialer)))
}

/// What tells each registered client; they hear of every change from now on.
fn workers(core: &Arc<Core>, certificates: &CertificateSet) -> Result<Vec<Worker>, StartError> {
    let mut workers = Vec::new();
    for client in &core.config().push_clients {
        let ca = match &client.ca {
            Some(path) => std::fs::read(path).map_err(|e| StartError::ClientCa(path.clone(), e))?,
            None => certificates.ca.clone().into_bytes(),
        };
        let dialer = Dialer::new(&certificates.server, &ca, &client.address, client.server_name.as_deref());
        let dialer = dialer.map_err(StartError::Tls)?;
        let listener = push::Listener::of_client(client, &core.services().metrics);
        core.services().push.register(&listener);
        workers.push(Worker { client: client.clone(), listener, dialer, core: Arc::clone(core) });
    }
    Ok(workers)
}

/// A server that answers; dropping it stops it without waiting.
#[derive(Debug)]
pub struct RunningServer {
    /// Where it listens.
    address: SocketAddr,
    /// What was made at start.
    certificates: CertificateSet,
    /// Where the PEM files are.
    directory: PathBuf,
    /// Behind the listener.
    core: Arc<Core>,
    /// Tells the listener to stop.
    stop: watch::Sender<bool>,
    /// The listener.
    task: JoinHandle<()>,
    /// One for each client that is told of changes.
    pushing: Vec<JoinHandle<()>>,
    /// Removes the directory when it was ours.
    _temporary: Option<TemporaryDirectory>,
}

impl RunningServer {
    /// Where it listens, with the port that was chosen.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// CA certificate, PEM: what a client must trust.
    pub fn ca(&self) -> &str {
        &self.certificates.ca
    }

    /// Everything made at start, as PEM texts.
    pub fn certificates(&self) -> &CertificateSet {
        &self.certificates
    }

    /// A client identity by name: `alice`, `bob`, `expired`, `no-eku`, `wrong-eku`, `foreign-ca`.
    pub fn identity(&self, name: &str) -> Option<&Identity> {
        self.certificates.client(name)
    }

    /// How many messages have come so far, whatever became of them.
    pub fn requests(&self) -> u64 {
        *self.core.requests().borrow()
    }

    /// Waits until so many messages have come.
    pub async fn requests_reach(&self, count: u64) {
        // The other end lives as long as the server.
        let _ = self.core.requests().wait_for(|have| *have >= count).await;
    }

    /// Where the PEM files are.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// What the ready line says.
    pub fn ready(&self) -> Ready {
        let names = self.certificates.clients.iter().map(|client| client.name.as_str());
        Ready::new(self.address, &self.directory, names, |name| {
            (certificate_path(&self.directory, name), key_path(&self.directory, name))
        })
    }

    /// Stops accepting, lets running exchanges end within the configured time, cuts what is left, and closes the store.
    /// Gives how many messages came in all.
    pub async fn shutdown(self) -> u64 {
        // The listener may be gone already: then there is nothing to tell.
        let _ = self.stop.send(true);
        // A panic in the listener task has been logged by the runtime.
        let _ = self.task.await;
        for task in self.pushing {
            let _ = task.await;
        }
        self.core.close();
        *self.core.requests().borrow()
    }
}

/// A directory of our own under the system's temporary one; removed on drop.
#[derive(Debug)]
struct TemporaryDirectory(PathBuf);

impl TemporaryDirectory {
    /// Makes one nobody else can read.
    fn create() -> std::io::Result<Self> {
        use crate::random::{Random, SecureRandom};
        let name =
            SecureRandom::default().uuid().ok_or_else(|| std::io::Error::other("the random generator gave nothing"))?;
        let path = std::env::temp_dir().join(format!("kmipspec-{name}"));
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        {
            use std::os::unix::fs::DirBuilderExt;
            builder.mode(0o700);
        }
        builder.create(&path)?;
        Ok(Self(path))
    }
}

impl Drop for TemporaryDirectory {
    fn drop(&mut self) {
        // Nothing can be done about a directory that will not go.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
