//! Flags of `serve`; `args.rs` has those of other verbs.

use super::serve_access;
use super::settings::{Requests, parse_clock, parse_duration, parse_offset, parse_server_name, parse_user};
use crate::scenario::node::{Entry, Node};
use crate::scenario::version_set::VersionSet;
use clap::{Args, ValueEnum, ValueHint};
use kmipspec_protocol::registry::{HashingAlgorithm, Operation};
use kmipspec_reference_server::planted::{self, Planted};
use kmipspec_reference_server::{PushClient, Receive, ServerLink};
use std::path::PathBuf;
use std::time::Duration;

/// Keys of the certificates that `serve` makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CertificateKeys {
    /// P-256
    Ec,
    /// P-384
    EcP384,
    /// RSA of 2048 bits; starts a second later
    Rsa,
    /// Both; names of the RSA ones begin with `rsa-`
    Both,
}

/// What `serve --tls` takes.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum TlsPresetName {
    /// TLS 1.3 and 1.2, three suites each
    Default,
    /// Profiles 2.1 §3.1 and nothing else: TLS 1.3 with two suites
    #[value(name = "strict-2.1")]
    Strict21,
    /// Suite B minLOS_128: TLS 1.2 with one suite
    #[value(name = "suite-b-128")]
    SuiteB128,
    /// Suite B minLOS_192: TLS 1.2 with one suite, P-384
    #[value(name = "suite-b-192")]
    SuiteB192,
    /// Profiles 1.0 §3.1 and nothing else: TLS 1.0 with TLS_RSA_WITH_AES_128_CBC_SHA (only in builds with --features legacy-tls)
    #[value(name = "basic-1.0")]
    Basic10,
    /// Profiles 1.x §3.2 and nothing else: TLS 1.2 with its two suites of static RSA (only in builds with --features legacy-tls)
    #[value(name = "tls12-1.x")]
    Tls12,
}

/// Flags of `serve`. Each has a variable and a key in the file of `--config` by itself, see `definition` and `serve_file.rs`; so
/// none may require or exclude another here (`serve.rs` checks that when all three are put together).
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Settings in YAML: the names of these flags, and `objects`; command line and environment go before it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1", env = "KMIPSPEC_HOST")]
    pub host: String,
    /// Port to listen on; 0 takes a free one, told in the ready line
    #[arg(long, value_name = "PORT", default_value_t = 5696, env = "KMIPSPEC_PORT")]
    pub port: u16,
    /// Folder for the certificates made at start [default: a temporary one, removed at the end]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, env = "KMIPSPEC_CERT_DIR")]
    pub cert_dir: Option<PathBuf>,
    /// Versions and suites of TLS
    #[arg(long, help_heading = "Certificates", value_enum, value_name = "PRESET", default_value = "default")]
    pub tls: TlsPresetName,
    /// Keys of those certificates; with `both` the server shows what the client can verify [default: ec; ec-p384 with --tls
    /// suite-b-192; rsa with basic-1.0 and tls12-1.x]
    #[arg(long, help_heading = "Certificates", value_enum, value_name = "KIND")]
    pub certificates: Option<CertificateKeys>,
    /// Which of the server certificates in that folder to show: `server-no-san`, `server-expired`, ...
    #[arg(long, help_heading = "Certificates", value_name = "NAME", default_value = "server")]
    pub server_certificate: String,
    /// What clients call this server besides localhost, a DNS name or an address: its certificates have it; may be repeated
    #[arg(long, help_heading = "Certificates", value_name = "NAME", value_parser = parse_server_name)]
    pub certificate_name: Vec<String>,
    /// Certificate of your own to show instead (PEM; its issuers may follow)
    #[arg(long, help_heading = "Certificates", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub cert: Option<PathBuf>,
    /// Its private key (PEM)
    #[arg(long, help_heading = "Certificates", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub key: Option<PathBuf>,
    /// CA certificates (PEM) whose clients are let in, beside those made at start; `ca.pem` then holds both
    #[arg(long, help_heading = "Certificates", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub ca: Option<PathBuf>,
    /// CA certificates (PEM) that Validate trusts besides; may be repeated
    #[arg(long, help_heading = "Certificates", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub trust_anchor: Vec<PathBuf>,
    /// Write the ready line to this file, too (whole, by rename)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub ready_file: Option<PathBuf>,
    /// Versions to serve: `1.4`, `1.0..=2.1`, `1.x` [default: 1.0 to 3.0]
    #[arg(long, value_name = "VERSIONS", value_parser = VersionSet::parse)]
    pub versions: Option<VersionSet>,
    /// A user that Credentials may name; may be repeated
    #[arg(long, value_name = "NAME=PASSWORD", value_parser = parse_user)]
    pub user: Vec<(String, String)>,
    /// Another server, and what passes: `NAME=HOST:PORT,does=forward|send|move|fetch,ca=FILE,cert=FILE,key=FILE`, more options in the README; may be repeated
    #[arg(long, help_heading = "Other servers", value_name = "NAME=ADDRESS,...")]
    pub link: Vec<ServerLink>,
    /// Common name of a server that sends objects here, then `,owner=NAME` (whose they are), `,writable=yes` (else they are read-only copies); may be repeated
    #[arg(long, help_heading = "Other servers", value_name = "NAME,...")]
    pub receive: Vec<Receive>,
    /// Folder with the clients that `kmipspec enroll` has registered
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub registry: Option<PathBuf>,
    /// Accept connections without a client certificate
    #[arg(long)]
    pub anonymous: bool,
    /// Path of KMIP over HTTPS, which is served on the same port
    #[arg(long, value_name = "PATH", default_value = "/kmip")]
    pub http_path: String,
    /// What to log on standard error: `off`, `warn`, `info`, `debug`, or a filter of the crate tracing-subscriber
    #[arg(long, value_name = "FILTER", default_value = "info")]
    pub log: String,
    /// Time a connection may stay silent
    #[arg(long, help_heading = "Limits", value_name = "TIME", default_value = "300s", value_parser = parse_duration)]
    pub idle: Duration,
    /// Time for a TLS handshake
    #[arg(long, help_heading = "Limits", value_name = "TIME", default_value = "10s", value_parser = parse_duration)]
    pub max_handshake: Duration,
    /// Time for a message to arrive, from its first byte to its last, and for an answer to be taken
    #[arg(long, help_heading = "Limits", value_name = "TIME", default_value = "30s", value_parser = parse_duration)]
    pub max_transfer: Duration,
    /// Connections at one time; when all are taken, one that is silent makes room for a new one
    #[arg(long, help_heading = "Limits", value_name = "N", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_connections: u32,
    /// Bytes of a message
    #[arg(long, help_heading = "Limits", value_name = "BYTES", default_value_t = 16 << 20, value_parser = clap::value_parser!(u32).range(64..))]
    pub max_message: u32,
    /// Levels of structures inside structures
    #[arg(long, help_heading = "Limits", value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u32).range(4..=1000))]
    pub max_depth: u32,
    /// Items of a message, structures included
    #[arg(long, help_heading = "Limits", value_name = "N", default_value_t = 200_000, value_parser = clap::value_parser!(u32).range(8..))]
    pub max_items: u32,
    /// Batch items of a message
    #[arg(long, help_heading = "Limits", value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_batch: u32,
    /// Attributes of an object, each instance counted
    #[arg(long, help_heading = "Limits", value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(16..))]
    pub max_attributes: u32,
    /// Objects that one Locate tells of, for clients that have to ask for the next page [default: all]
    #[arg(long, help_heading = "Limits", value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_located: Option<u32>,
    /// Tell a client of changes to its objects, by Notify and Put at its own TLS listener; may be repeated. Options follow after
    /// commas: version=1.4, only=put, only=notify, objects=all, type=SymmetricKey, group=NAME, values=no, ca=FILE,
    /// server-name=NAME, attempts=N, queue=N; with https://HOST:PORT/PATH as address also encoding=xml or json
    #[arg(long, help_heading = "Server to client", value_name = "NAME=HOST:PORT[,OPTION=VALUE]", value_parser = str::parse::<PushClient>)]
    pub notify: Vec<PushClient>,
    /// After Set Endpoint Role: give the client role back when nothing happened for so long [default: keep it]
    #[arg(long, help_heading = "Server to client", value_name = "TIME", value_parser = parse_duration)]
    pub endpoint_role_return: Option<Duration>,
    /// Deviate from the standard in this way, by name or pattern with `*`; may be repeated
    #[arg(long, value_name = "NAME")]
    pub quirk: Vec<String>,
    /// Have this bug, which no case of the suite reports, for a fuzzer to find, and the same RSA keys each time; may be repeated
    #[arg(long, value_name = "NAME", value_parser = planted_bug)]
    pub planted: Vec<&'static Planted>,
    /// Show every quirk, and every bug for fuzzers: its name, what it does, what it imitates
    #[arg(long)]
    pub list_quirks: bool,
    /// Vendor Identification in answers to Query
    #[arg(long, value_name = "TEXT")]
    pub vendor: Option<String>,
    /// A further Digest of each object, beside that by SHA-256: SHA-512, say; may be repeated
    #[arg(long, value_name = "HASHING ALGORITHM", value_parser = serve_access::parse_hash)]
    pub digest: Vec<HashingAlgorithm>,
    /// Make a fresh member when Locate asks for one of a group that has none left
    #[arg(long)]
    pub generate_fresh: bool,
    /// Server Name in answers to Query
    #[arg(long, value_name = "TEXT")]
    pub server_name: Option<String>,
    /// Server Serial Number in answers to Query
    #[arg(long, value_name = "TEXT")]
    pub server_serial_number: Option<String>,
    /// An alternative failover endpoint in answers to Query; may be repeated
    #[arg(long, value_name = "HOST:PORT")]
    pub failover_endpoint: Vec<String>,
    /// An Application Namespace that the server makes Application Data for; may be repeated
    #[arg(long, value_name = "NAME")]
    pub application_namespace: Vec<String>,
    /// How far the Time Stamp of a request may lie from the server's time [default: any]
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub time_stamp_tolerance: Option<Duration>,
    /// Keep objects in this file (SQLite) instead of in memory; what was answered survives a crash
    #[arg(long, help_heading = "Store", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub state: Option<PathBuf>,
    /// Encrypt everything in it with this key: 32 bytes, or 64 hexadecimal digits
    #[arg(long, help_heading = "Store", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub state_key: Option<PathBuf>,
    /// Objects to begin with (YAML)
    #[arg(long, help_heading = "Store", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub seed_objects: Option<PathBuf>,
    /// The list `objects` of the file of `--config`.
    #[arg(skip)]
    pub objects: Option<Node>,
    /// The keys `users`, `policies` and `attestation` of the file of `--config`.
    #[arg(skip)]
    pub access: Vec<Entry>,
    /// Keep operations Pending for this time when a client allows it [default: until it polls, at most 1s]
    #[arg(long, help_heading = "For tests", value_name = "TIME", value_parser = parse_duration)]
    pub async_delay: Option<Duration>,
    /// Only do these later: `Locate`; may be repeated [default: all that can be]
    #[arg(long, help_heading = "For tests", value_name = "OPERATION", value_parser = serve_access::parse_operation)]
    pub async_operation: Vec<Operation>,
    /// Write every request and its answer here, one line of JSON each; secrets in them are not covered
    #[arg(long, help_heading = "For tests", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub journal: Option<PathBuf>,
    /// End with exit code 4 unless exactly so many requests came; `1..`: or more
    #[arg(long, help_heading = "For tests", value_name = "N")]
    pub expect_requests: Option<Requests>,
    /// End by itself: with the last request expected (when it is known which that is), or after this time
    #[arg(long, help_heading = "For tests", value_name = "TIME", value_parser = parse_duration)]
    pub expect_within: Option<Duration>,
    /// Let time stand still at this moment: `2026-01-01T00:00:00Z`
    #[arg(long, help_heading = "For tests", value_name = "TIME", value_parser = parse_clock)]
    pub clock: Option<i64>,
    /// Run ahead of the machine's clock, or behind it: `+90d`, `-1h30m`
    #[arg(long, help_heading = "For tests", value_name = "OFFSET", value_parser = parse_offset, allow_hyphen_values = true)]
    pub clock_offset: Option<i64>,
    /// Move time while the server runs: write such a time or offset into this file, the next request sees it
    #[arg(long, help_heading = "For tests", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub clock_file: Option<PathBuf>,
    /// INSECURE: the same identifiers and keys in every run with the same number (but not key pairs)
    #[arg(long, help_heading = "For tests", value_name = "N")]
    pub random_seed: Option<u64>,
}

/// A planted bug by its name.
fn planted_bug(name: &str) -> Result<&'static Planted, String> {
    planted::named(name).ok_or_else(|| "there is no such bug; `kmipspec serve --list-quirks` shows all".to_owned())
}
