//! Who is fuzzed, and who talks to it.

use super::dispatch::failed;
use super::fuzz_args::FuzzPeerArgs;
use super::peer::started;
use super::signal::Signals;
use super::target;
use crate::client::{ALICE, ANONYMOUS, BOB, EXPIRED, Encoding, FOREIGN_CA, Target};
use crate::exit::Exit;
use crate::fuzzing::wire::{Alive, Peer};
use crate::runner::{Stop, bundled};
use kmipspec_reference_server::random::SameRsaKeys;
use kmipspec_reference_server::{Config, RunningServer};
use std::sync::Arc;
use std::time::Duration;

/// Longest wait for an answer where nothing else is said.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server that was reached, and what has to live as long as it is fuzzed.
pub(super) struct Reached {
    pub(super) peer: Peer,
    /// The server, for people.
    pub(super) name: String,
    pub(super) talkers: Vec<String>,
    pub(super) stop: Stop,
    server: Option<RunningServer>,
    runtime: tokio::runtime::Runtime,
}

impl Reached {
    /// Ends the bundled server.
    pub(super) fn close(self) {
        let Self { peer, server, runtime, .. } = self;
        drop(peer);
        if let Some(server) = server {
            runtime.block_on(server.shutdown());
        }
    }
}

/// The user's server or the bundled one, after it has answered once. `before` is told who it will be,
/// and whether it is the bundled one, before a byte is sent.
pub(super) fn reach(
    args: &FuzzPeerArgs,
    warning: &'static str,
    before: impl FnOnce(&str, &[String], bool),
) -> Result<Reached, Exit> {
    let settings = args.target_settings();
    let usage = |text: String| {
        eprintln!("kmipspec: {text}");
        Exit::Usage
    };
    let target =
        target::resolve(&settings, Some(args.timeout.unwrap_or(PATIENCE))).map_err(|e| usage(e.to_string()))?;
    if target.is_none() && args.restart_cmd.is_some() {
        return Err(usage("--restart-cmd starts a server of yours again: say which with --target".to_owned()));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|e| failed("start the runtime", &e))?;
    let stop = Stop::default();
    {
        let _inside = runtime.enter();
        let signals = Signals::listen().map_err(|e| failed("wait for signals", &e))?;
        drop(runtime.spawn(signals.end(stop.clone(), warning)));
    }
    let (server, target) = match target {
        Some(target) => (None, target),
        None => {
            // Who asks for keys all the time would wait for nothing else.
            let random = Arc::new(SameRsaKeys(Config::default().random));
            let config = Config { random, ..Config::default() };
            let (server, mut target) = started(runtime.block_on(bundled::start(config)))?;
            if let Some(timeout) = args.timeout {
                target.timeouts.connect = timeout;
                target.timeouts.exchange = timeout;
            }
            (Some(server), target)
        }
    };
    if settings.encoding.unwrap_or(target.encoding) != Encoding::Ttlv {
        return Err(usage("conversations are sent as raw TTLV: leave --encoding away".to_owned()));
    }
    let talkers = talkers(&target, &args.talkers).map_err(usage)?;
    let name = if server.is_some() { "the bundled server".to_owned() } else { target.name.clone() };
    before(&name, &talkers, server.is_some());
    let peer = Peer::new(Arc::new(target), talkers.clone(), args.restart_cmd.clone(), stop.clone());
    let mut peer = peer.map_err(|e| failed("start the runtime", &e))?;
    match peer.alive(true) {
        Alive::Well | Alive::Cut => {}
        Alive::Silent(why) | Alive::Gone(why) => {
            eprintln!("kmipspec: {name}: {why}");
            return Err(Exit::CouldNotFindOut);
        }
    }
    Ok(Reached { peer, name, talkers, stop, server, runtime })
}

/// Who talks: those that are named, or alice and bob; else the first that there are.
fn talkers(target: &Target, named: &[String]) -> Result<Vec<String>, String> {
    let known: Vec<&str> = target.identities().map(|i| i.name.as_str()).filter(|name| *name != ANONYMOUS).collect();
    if let Some(unknown) = named.iter().find(|name| !known.contains(&name.as_str())) {
        let known =
            if known.is_empty() { "there is none".to_owned() } else { format!("there are {}", known.join(", ")) };
        return Err(format!("no identity {unknown:?} (--identity {unknown}=CERT,KEY); {known}"));
    }
    if named.len() > 2 {
        return Err("two identities talk, not more".to_owned());
    }
    if !named.is_empty() {
        return Ok(named.to_vec());
    }
    let first = target.default_identity();
    let good = |name: &&&str| ![first, EXPIRED, FOREIGN_CA].contains(*name);
    let second = match known.contains(&BOB) && first == ALICE {
        true => Some(BOB),
        // Other names may be of identities that are bad on purpose, unless they are all there is.
        false => known.iter().find(good).copied().filter(|_| known.len() == 2),
    };
    Ok(std::iter::once(first).chain(second).map(str::to_owned).collect())
}
