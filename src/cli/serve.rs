//! `kmipspec serve`: the reference server, until it is told to stop.

use super::args::ServeArgs;
use super::dispatch::failed;
use super::output::Stdout;
use super::signal::Signals;
use crate::exit::Exit;
use kmipspec_reference_server::config::ClientAuthentication;
use kmipspec_reference_server::{Config, RunningServer, Server};
use std::io::{self, Write};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::Path;

/// Starts, tells that it is ready, serves.
pub(super) fn run(args: &ServeArgs, out: &mut Stdout) -> Exit {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => return failed("start the runtime", &e),
    };
    let config = match config(args) {
        Ok(config) => config,
        Err(e) => return failed(&format!("use {}:{}", args.host, args.port), &e),
    };
    runtime.block_on(async {
        // Before anyone is told that we are ready: whoever reads that may stop us at once.
        let mut signals = match Signals::listen() {
            Ok(signals) => signals,
            Err(e) => return failed("wait for signals", &e),
        };
        let server = match Server::start(config).await {
            Ok(server) => server,
            Err(e) => {
                eprintln!("kmipspec: failed to {e}");
                return Exit::Usage;
            }
        };
        let exit = match tell(&server, args.ready_file.as_deref(), out) {
            Ok(()) => {
                signals.next().await;
                Exit::Success
            }
            Err(e) => failed("write the ready line", &e),
        };
        server.shutdown().await;
        exit
    })
}

/// Flags to settings of the server.
fn config(args: &ServeArgs) -> io::Result<Config> {
    let mut config = Config { address: address(&args.host, args.port)?, ..Config::default() };
    config.directory = args.cert_dir.as_deref().map(std::path::absolute).transpose()?;
    if args.anonymous {
        config.client_authentication = ClientAuthentication::Optional;
    }
    if let Some(versions) = args.versions {
        config.versions = versions.iter().collect();
    }
    if let Some(vendor) = &args.vendor {
        config.vendor_identification.clone_from(vendor);
    }
    config.users.clone_from(&args.user);
    config.limits.idle = args.idle;
    Ok(config)
}

/// A name may have several addresses; the first is taken.
fn address(host: &str, port: u16) -> io::Result<SocketAddr> {
    let mut all = (host, port).to_socket_addrs()?;
    all.next().ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the name has no address"))
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
