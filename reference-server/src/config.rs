//! Everything that can be set; each setting has a default that suits a test server.

use crate::access::OperationPolicy;
use crate::attestation::Attestation;
use crate::certificates::CertificateSettings;
use crate::clock::{Clock, SystemClock};
use crate::federation::{Receive, ServerLink};
use crate::jobs::Asynchronous;
use crate::planted::PlantedBugs;
use crate::push::PushClient;
use crate::quirks::Quirks;
use crate::random::{Random, SecureRandom};
use crate::registration::Registry;
use crate::seed::SeedObject;
use crate::tls_preset::TlsPreset;
use crate::users::User;
use kmipspec_protocol::registry::HashingAlgorithm;
use kmipspec_protocol::version::Version;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// What [`crate::Server::start`] needs to know.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen; port 0 lets the system choose.
    pub address: SocketAddr,
    /// Where the PEM files go; none: a new directory under the system's temporary one, removed at shutdown.
    pub directory: Option<PathBuf>,
    /// Where objects outlast the server; none: they are kept in memory.
    pub state: Option<State>,
    /// Objects to begin with.
    pub objects: Vec<SeedObject>,
    /// Where every request and its answer is written, one line of JSON each; none: nowhere.
    pub journal: Option<PathBuf>,
    /// What certificates are made, and which are shown.
    pub certificates: CertificateSettings,
    /// Versions and suites of TLS.
    pub tls: TlsPreset,
    /// Whether a connection needs a client certificate.
    pub client_authentication: ClientAuthentication,
    /// Protocol versions served, any order.
    pub versions: Vec<Version>,
    /// Whom a Credential may name; with none at all, only Tickets and Attestations are looked at.
    pub users: Vec<User>,
    /// What an Operation Policy Name may name, beside `default` and `public`, which may be given another meaning here.
    pub policies: Vec<OperationPolicy>,
    /// How operations are done that a client lets be done later.
    pub asynchronous: Asynchronous,
    /// Operations that need an Attestation; none if it is not set.
    pub attestation: Option<Attestation>,
    /// Bounds on what one peer may use.
    pub limits: ServerLimits,
    /// How far a request's Time Stamp may lie from the clock; none: any (1.4 §6.5 lets a server decide).
    pub time_stamp_tolerance: Option<Duration>,
    /// Where KMIP is over HTTPS (Profiles 2.1 §5.3: should be /kmip).
    pub http_path: String,
    /// Certificates (DER) that Validate trusts beside the server's own authorities and the CAs of its clients.
    pub trust_anchors: Vec<Vec<u8>>,
    /// Clients that are told of changes at their own listeners, by Notify and Put.
    pub push_clients: Vec<PushClient>,
    /// Where clients are registered; none: nowhere.
    pub registry: Option<Registry>,
    /// Other servers, and what passes between them and this one.
    pub links: Vec<ServerLink>,
    /// Other servers that send objects here.
    pub receive: Vec<Receive>,
    /// After Set Endpoint Role: how long nothing has to happen until the server gives the client role back; none: it keeps it.
    pub endpoint_role_return: Option<Duration>,
    /// Algorithms of further Digests of each object, beside SHA-256 (1.4 §3.17, 2.1 §4.21).
    pub digests: Vec<HashingAlgorithm>,
    /// Whether Locate makes a fresh member of a group that has none left.
    pub generate_fresh: bool,
    /// Server Information in Query since 2.0, beside name, version and product.
    pub server_information: ServerInformation,
    /// Application Namespaces that the server makes Application Data for.
    pub application_namespaces: Vec<String>,
    /// Vendor Identification in Query.
    pub vendor_identification: String,
    /// Deliberate faults.
    pub quirks: Quirks,
    /// Bugs for fuzzers to find.
    pub planted: PlantedBugs,
    /// What is called where one of them ends the process; if it returns, the process is aborted.
    pub crash: fn(),
    /// Source of time.
    pub clock: Arc<dyn Clock>,
    /// Source of identifiers and key material.
    pub random: Arc<dyn Random>,
}

/// What a server says of itself (2.1 §7.37); nothing of what is not set.
#[derive(Clone, Debug, Default)]
pub struct ServerInformation {
    /// Its name, in place of `kmipspec`.
    pub name: Option<String>,
    /// Its serial number.
    pub serial_number: Option<String>,
    /// The cluster it belongs to.
    pub cluster: Option<String>,
    /// Where clients can go when it is away.
    pub failover_endpoints: Vec<String>,
}

/// A file that keeps a server's objects.
#[derive(Clone, Debug)]
pub struct State {
    /// A SQLite database; made if it is not there.
    pub file: PathBuf,
    /// A file with the key that everything in it is encrypted with (AES-256-GCM): 32 bytes, or 64 hexadecimal digits.
    pub key: Option<PathBuf>,
}

/// Whether a connection needs a client certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// Without a certificate of the server's CA the handshake fails (Profiles 2.1 §3.1.3).
    Required,
    /// A client may leave its certificate out; it then has no identity unless a Credential gives one.
    Optional,
}

/// Bounds on what one peer may use.
#[derive(Clone, Debug)]
pub struct ServerLimits {
    /// Bytes of one message.
    pub message_size: usize,
    /// Levels of nested structures.
    pub depth: usize,
    /// Items of one message.
    pub items: usize,
    /// Batch items of one message.
    pub batch_items: usize,
    /// Instances of attributes of one object.
    pub attributes: usize,
    /// Objects that one Locate tells of (1.0 §4.8 leaves a limit to the server).
    pub located: usize,
    /// Connections at one time; when all are taken, one that is silent for more than a second gives way to a new one.
    pub connections: usize,
    /// From accept to the end of the TLS handshake.
    pub handshake: Duration,
    /// Between two messages.
    pub idle: Duration,
    /// From the first byte of a message to its last, and for writing an answer.
    pub transfer: Duration,
    /// From the wish to stop until open connections are cut.
    pub shutdown: Duration,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            message_size: 16 << 20,
            depth: 32,
            items: 200_000,
            batch_items: 1_000,
            attributes: 1_000,
            located: usize::MAX,
            connections: 1_024,
            handshake: Duration::from_secs(10),
            idle: Duration::from_secs(300),
            transfer: Duration::from_secs(30),
            shutdown: Duration::from_secs(2),
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            directory: None,
            state: None,
            objects: Vec::new(),
            journal: None,
            certificates: CertificateSettings::default(),
            tls: TlsPreset::default(),
            client_authentication: ClientAuthentication::Required,
            versions: Version::ALL.to_vec(),
            users: Vec::new(),
            policies: Vec::new(),
            asynchronous: Asynchronous::default(),
            attestation: None,
            limits: ServerLimits::default(),
            time_stamp_tolerance: None,
            http_path: "/kmip".to_owned(),
            trust_anchors: Vec::new(),
            push_clients: Vec::new(),
            registry: None,
            links: Vec::new(),
            receive: Vec::new(),
            endpoint_role_return: None,
            digests: Vec::new(),
            generate_fresh: false,
            server_information: ServerInformation::default(),
            application_namespaces: Vec::new(),
            vendor_identification: "kmipspec reference server".to_owned(),
            quirks: Quirks::default(),
            planted: PlantedBugs::default(),
            crash: || eprintln!("kmipspec: a planted bug ends the server"),
            clock: Arc::new(SystemClock),
            random: Arc::new(SecureRandom::default()),
        }
    }
}
