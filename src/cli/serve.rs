//! `kmipspec serve`: the reference server, until it is told to stop.

use super::dispatch::failed;
use super::output::Stdout;
use super::serve_args::{CertificateKeys, ServeArgs, TlsPresetName};
use super::settings::Requests;
use super::signal::Signals;
use super::{self_check, serve_access, serve_objects};
use crate::exit::Exit;
use crate::runner::data_file::DataFileError;
use kmipspec_reference_server::certificates::{CertificateSettings, KeyKinds};
use kmipspec_reference_server::clock::{Clock, FileClock, MovableClock, SystemClock};
use kmipspec_reference_server::config::{ClientAuthentication, ServerInformation, ServerLimits, State};
use kmipspec_reference_server::planted::PlantedBugs;
use kmipspec_reference_server::quirks::Quirks;
use kmipspec_reference_server::random::{SameRsaKeys, SeededRandom};
use kmipspec_reference_server::registration::Registry;
use kmipspec_reference_server::tls_preset::TlsPreset;
use kmipspec_reference_server::users::User;
use kmipspec_reference_server::{Config, RunningServer, SeedObject, Server};
use std::fmt;
use std::io::{self, Write};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::Path;
use std::sync::Arc;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};

/// Starts, tells that it is ready, serves.
pub(super) fn run(args: &ServeArgs, out: &mut Stdout) -> Exit {
    if args.list_quirks {
        return match self_check::list_quirks(out) {
            Ok(()) => Exit::Success,
            Err(e) => failed("write", &e),
        };
    }
    // What is still to be written when the server has stopped is written before we return.
    let _log = match log(&args.log) {
        Ok(log) => log,
        Err(e) => {
            eprintln!("kmipspec: failed to use --log {:?}: {e}", args.log);
            return Exit::Usage;
        }
    };
    let quirks = match self_check::named(&args.quirk) {
        Ok(quirks) => Quirks::of(quirks),
        Err(exit) => return exit,
    };
    let config = match config(args) {
        Ok(config) if args.planted.is_empty() => Config { quirks, ..config },
        Ok(config) => {
            let (planted, random) = (PlantedBugs::of(args.planted.iter().copied()), SameRsaKeys(config.random));
            Config { quirks, planted, random: Arc::new(random), ..config }
        }
        Err(e) => {
            eprintln!("kmipspec: failed to {e}");
            return Exit::Usage;
        }
    };
    make_room_for_connections(config.limits.connections);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => return failed("start the runtime", &e),
    };
    runtime.block_on(async {
        // Before anyone is told that we are ready: whoever reads that may stop us at once.
        let mut signals = match Signals::listen() {
            Ok(signals) => signals,
            Err(e) => return failed("wait for signals", &e),
        };
        // One of an earlier start would have whoever waits for it begin too early.
        if let Some(Err(e)) = args.ready_file.as_deref().map(gone) {
            return failed("remove the ready line of an earlier start", &e);
        }
        let server = match Server::start(config).await {
            Ok(server) => server,
            Err(e) => {
                eprintln!("kmipspec: failed to {e}");
                return Exit::Usage;
            }
        };
        match tell(&server, args.ready_file.as_deref(), out) {
            Ok(()) => tokio::select! {
                () = signals.next() => {}
                () = expected(&server, args) => {}
            },
            Err(e) => {
                server.shutdown().await;
                return failed("write the ready line", &e);
            }
        }
        let requests = server.shutdown().await;
        match args.expect_requests {
            Some(expected) if !expected.has(requests) => {
                eprintln!("kmipspec: {requests} requests came, {expected} were expected");
                Exit::CheckFailed
            }
            _ => Exit::Success,
        }
    })
}

/// File descriptors for so many connections and what the server needs itself, as far as the system allows.
fn make_room_for_connections(connections: usize) {
    let wanted = u64::try_from(connections).unwrap_or(u64::MAX).saturating_add(OWN_DESCRIPTORS);
    let before = rlimit::Resource::NOFILE.get().map_or(0, |(soft, _)| soft);
    match rlimit::increase_nofile_limit(wanted.max(before)) {
        Ok(now) if now < wanted => {
            tracing::warn!(
                now,
                wanted,
                "fewer file descriptors than --max-connections needs; silent connections will make room"
            );
        }
        Ok(_) => {}
        Err(error) => tracing::debug!(%error, "the limit of file descriptors is unknown"),
    }
}

/// File descriptors beside connections: listener, state file, journal, clients that are told of changes.
const OWN_DESCRIPTORS: u64 = 128;

/// Lines of the log that wait for somebody to read them.
const WAITING_LINES: usize = 10_000;

/// The log goes to standard error; refusals and the state of connections are counted there, and summed up at the end.
/// A thread of its own writes it: where standard error is a pipe that nobody reads, lines are lost, and clients are served.
fn log(filter: &str) -> Result<WorkerGuard, tracing_subscriber::filter::ParseError> {
    let filter = tracing_subscriber::EnvFilter::builder().parse(filter)?;
    let (writer, guard) =
        NonBlockingBuilder::default().buffered_lines_limit(WAITING_LINES).thread_name("log").finish(io::stderr());
    // A program that runs this in one process with others has a log already.
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_target(false).try_init();
    Ok(guard)
}

/// Until the requests that are expected have come, or their time is over; for ever when nobody says how long.
async fn expected(server: &RunningServer, args: &ServeArgs) {
    match (args.expect_requests, args.expect_within) {
        (Some(Requests::Exactly(count)), Some(within)) => {
            // What came instead is told at the end.
            let _ = tokio::time::timeout(within, server.requests_reach(count)).await;
        }
        // Nobody knows which is the last.
        (Some(Requests::AtLeast(_)), Some(within)) => tokio::time::sleep(within).await,
        _ => std::future::pending().await,
    }
}

/// Why settings make no sense.
#[derive(Debug)]
enum SettingsError {
    /// The objects to begin with.
    Objects(DataFileError),
    /// Users, policies or attestation.
    Access(DataFileError),
    /// No address of this machine.
    Address(String, io::Error),
    /// No such folder.
    Folder(io::Error),
    /// No folder of registered clients.
    Registry(io::Error),
    /// One needs the other.
    Needs(&'static str, &'static str),
    /// Both at once.
    Excludes(&'static str, &'static str),
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Objects(e) => write!(f, "read the objects to begin with\n{e}"),
            Self::Access(e) => write!(f, "read who may come in\n{e}"),
            Self::Address(address, e) => write!(f, "use {address}: {e}"),
            Self::Registry(e) => write!(f, "use the registry: {e}"),
            Self::Folder(e) => write!(f, "use the folder for certificates: {e}"),
            Self::Needs(one, other) => write!(f, "start: {one} needs {other}"),
            Self::Excludes(one, other) => write!(f, "start: {one} and {other} exclude each other"),
        }
    }
}

/// What certificates there are to be.
fn certificates(args: &ServeArgs) -> Result<CertificateSettings, SettingsError> {
    let keys = match (args.certificates, args.tls) {
        (None, TlsPresetName::SuiteB192) | (Some(CertificateKeys::EcP384), _) => KeyKinds::EcP384,
        (Some(CertificateKeys::Rsa), _) | (None, TlsPresetName::Basic10 | TlsPresetName::Tls12) => KeyKinds::Rsa,
        (None | Some(CertificateKeys::Ec), _) => KeyKinds::Ec,
        (Some(CertificateKeys::Both), _) => KeyKinds::Both,
    };
    let given = match (&args.cert, &args.key) {
        (Some(certificate), Some(key)) => Some((certificate.clone(), key.clone())),
        (None, None) => None,
        (Some(_), None) => return Err(SettingsError::Needs("--cert", "--key")),
        (None, Some(_)) => return Err(SettingsError::Needs("--key", "--cert")),
    };
    Ok(CertificateSettings {
        keys,
        server: args.server_certificate.clone(),
        names: args.certificate_name.clone(),
        given,
        ca: args.ca.clone(),
        trust_anchors: args.trust_anchor.clone(),
        rsa_client: false,
    })
}

/// Flags, variables and file to settings of the server.
fn config(args: &ServeArgs) -> Result<Config, SettingsError> {
    let at = |e| SettingsError::Address(format!("{}:{}", args.host, args.port), e);
    let mut config = Config { address: address(&args.host, args.port).map_err(at)?, ..Config::default() };
    let directory = args.cert_dir.as_deref().map(std::path::absolute).transpose();
    config.directory = directory.map_err(SettingsError::Folder)?;
    config.certificates = certificates(args)?;
    config.tls = match args.tls {
        TlsPresetName::Default => TlsPreset::Default,
        TlsPresetName::Strict21 => TlsPreset::Strict21,
        TlsPresetName::SuiteB128 => TlsPreset::SuiteB128,
        TlsPresetName::SuiteB192 => TlsPreset::SuiteB192,
        TlsPresetName::Basic10 => TlsPreset::Basic10,
        TlsPresetName::Tls12 => TlsPreset::Tls12,
    };
    for (given, one, is_there, other) in [
        (args.state_key.is_some(), "--state-key", args.state.is_some(), "--state"),
        (args.expect_within.is_some(), "--expect-within", args.expect_requests.is_some(), "--expect-requests"),
    ] {
        if given && !is_there {
            return Err(SettingsError::Needs(one, other));
        }
    }
    for (one, name, other, excluded) in [
        (args.clock.is_some(), "--clock", args.clock_offset.is_some(), "--clock-offset"),
        // The sequence would begin anew at each start, with identifiers that the file has already.
        (args.random_seed.is_some(), "--random-seed", args.state.is_some(), "--state"),
    ] {
        if one && other {
            return Err(SettingsError::Excludes(name, excluded));
        }
    }
    config.state = args.state.clone().map(|file| State { file, key: args.state_key.clone() });
    config.journal.clone_from(&args.journal);
    config.time_stamp_tolerance = args.time_stamp_tolerance;
    config.clock = clock(args);
    config.objects = objects(args, config.clock.now()).map_err(SettingsError::Objects)?;
    if let Some(seed) = args.random_seed {
        eprintln!("kmipspec: WARNING: keys come from --random-seed {seed}; anybody can make the same ones");
        config.random = Arc::new(SeededRandom::new(seed));
    }
    if args.anonymous {
        config.client_authentication = ClientAuthentication::Optional;
    }
    if let Some(versions) = args.versions {
        config.versions = versions.iter().collect();
    }
    if let Some(vendor) = &args.vendor {
        config.vendor_identification.clone_from(vendor);
    }
    config.digests.clone_from(&args.digest);
    config.generate_fresh = args.generate_fresh;
    config.server_information = ServerInformation {
        name: args.server_name.clone(),
        serial_number: args.server_serial_number.clone(),
        failover_endpoints: args.failover_endpoint.clone(),
        ..ServerInformation::default()
    };
    config.application_namespaces.clone_from(&args.application_namespace);
    let access = serve_access::read(&args.access).map_err(SettingsError::Access)?;
    config.users = access.users;
    config.users.extend(args.user.iter().map(|(name, password)| User::with_password(name, password)));
    (config.policies, config.attestation) = (access.policies, access.attestation);
    if let Some(delay) = args.async_delay {
        (config.asynchronous.delay, config.asynchronous.poll_hastens) = (delay, false);
    }
    if !args.async_operation.is_empty() {
        config.asynchronous.operations = Some(args.async_operation.clone());
    }
    config.http_path.clone_from(&args.http_path);
    config.push_clients.clone_from(&args.notify);
    config.endpoint_role_return = args.endpoint_role_return;
    config.limits = limits(args);
    config.registry = args.registry.as_ref().map(Registry::new).transpose().map_err(SettingsError::Registry)?;
    config.links.clone_from(&args.link);
    config.receive.clone_from(&args.receive);
    Ok(config)
}

/// Objects to begin with: those of the settings, then those of a file of their own.
fn objects(args: &ServeArgs, now: i64) -> Result<Vec<SeedObject>, DataFileError> {
    let mut all = match (&args.objects, &args.config) {
        (Some(node), Some(file)) => serve_objects::read(node, file, now)?,
        _ => Vec::new(),
    };
    if let Some(file) = &args.seed_objects {
        all.extend(serve_objects::load(file, now)?);
    }
    Ok(all)
}

/// Bounds on what one peer may use.
fn limits(args: &ServeArgs) -> ServerLimits {
    // Four bytes fit wherever this program runs.
    let size = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    ServerLimits {
        message_size: size(args.max_message),
        depth: size(args.max_depth),
        items: size(args.max_items),
        batch_items: size(args.max_batch),
        attributes: size(args.max_attributes),
        located: args.max_located.map_or(usize::MAX, size),
        connections: size(args.max_connections),
        handshake: args.max_handshake,
        idle: args.idle,
        transfer: args.max_transfer,
        ..ServerLimits::default()
    }
}

/// The clock: the machine's, or one that stands, runs elsewhere, or is moved by a file.
fn clock(args: &ServeArgs) -> Arc<dyn Clock> {
    let behind: Arc<dyn Clock> = match (args.clock, args.clock_offset) {
        (Some(moment), _) => Arc::new(MovableClock::frozen_at(moment)),
        (None, Some(offset)) => Arc::new(MovableClock::ahead_by(offset)),
        (None, None) => Arc::new(SystemClock),
    };
    match &args.clock_file {
        Some(file) => Arc::new(FileClock::new(behind, file.clone())),
        None => behind,
    }
}

/// A name may have several addresses; the first is taken.
fn address(host: &str, port: u16) -> io::Result<SocketAddr> {
    let mut all = (host, port).to_socket_addrs()?;
    all.next().ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the name has no address"))
}

/// Sees to it that there is no such file.
pub(super) fn gone(file: &Path) -> io::Result<()> {
    match std::fs::remove_file(file) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

/// The ready line, to the file first: who reads it on standard output may look at the file at once.
fn tell(server: &RunningServer, file: Option<&Path>, out: &mut Stdout) -> io::Result<()> {
    let ready = server.ready();
    if let Some(file) = file {
        ready.write_to(file)?;
    }
    writeln!(out, "{}", ready.to_line()?)?;
    out.flush()
}
