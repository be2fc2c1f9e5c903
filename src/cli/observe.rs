//! `kmipspec observe`: stands between clients and a server until it is told to end.

use super::args::Color;
use super::dispatch::failed;
use super::observe_args::ObserveArgs;
use super::observe_report::{Look, Teller};
use super::output::use_color;
use super::peer::started;
use super::serve::gone;
use super::signal::Signals;
use super::sinks::{create, stdout_taken};
use super::welcome::Welcome;
use super::{profile_run, self_check, target};
use crate::exit::Exit;
use crate::fuzzing::as_server::{Client, End, Limits, last_line, words};
use crate::fuzzing::wire::record;
use crate::observe::Relay;
use crate::report::style::Paint;
use crate::runner::{Stop, bundled};
use kmipspec_reference_server::Config;
use kmipspec_reference_server::certificates::CertificateSettings;
use kmipspec_reference_server::config::ClientAuthentication;
use kmipspec_reference_server::quirks::Quirks;
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Longest wait for an answer where nothing else is said: a client has its own patience.
const PATIENCE: Duration = Duration::from_secs(120);

/// What is told where a second Ctrl-C ends it.
const WARNING: &str = "; conversations that went on are not written";

/// Everything that can be wrong before the first client comes is told before it.
pub(super) fn run(args: &ObserveArgs, color: Color) -> Exit {
    observe(args, color).unwrap_or_else(|exit| exit)
}

fn observe(args: &ObserveArgs, color: Color) -> Result<Exit, Exit> {
    let settings = args.target_settings();
    if settings.encoding.is_some() || settings.http_path.is_some() {
        eprintln!(
            "kmipspec: messages are passed on as the client writes them, by HTTP to the path that it names: observe has no use for --encoding and --http-path"
        );
        return Err(Exit::Usage);
    }
    let server = target::resolve(&settings, args.timeout).map_err(|e| {
        eprintln!("kmipspec: {e}");
        Exit::Usage
    })?;
    let quirks = self_check::named(&args.quirk)?;
    if server.is_some() && !quirks.is_empty() {
        eprintln!("kmipspec: --quirk is about the bundled server, and another one is to answer");
        return Err(Exit::Usage);
    }
    if let Some(folder) = &args.out {
        let folder = folder.join(crate::observe::scenario::SUITE);
        record::writable(&folder).map_err(|e| failed(&format!("write to {}", folder.display()), &e))?;
    }
    // One of an earlier start would have whoever waits for it begin too early.
    if let Some(Err(e)) = args.ready_file.as_deref().map(gone) {
        return Err(failed("remove the ready file of an earlier start", &e));
    }
    let catalogue = profile_run::load()?;
    let to_stderr = stdout_taken(&[("--json", &args.json), ("--results", &args.results)])?;
    let json = args.json.as_deref().map(create).transpose()?;
    let results = args.results.as_deref().map(create).transpose()?;
    let began = SystemTime::now();
    let settings = CertificateSettings {
        given: args.listen_cert.clone().zip(args.listen_key.clone()),
        ca: args.listen_ca.clone(),
        ..CertificateSettings::default()
    };
    let welcome = Welcome::at(&args.listen, &settings, args.cert_dir.as_deref())?;
    let color = if to_stderr { use_color(color, &io::stderr()) } else { use_color(color, &io::stdout()) };
    let paint = Paint { color };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|e| failed("start the runtime", &e))?;
    let (teller, unwell) = runtime.block_on(async {
        let stop = Stop::default();
        let signals = Signals::listen().map_err(|e| failed("wait for signals", &e))?;
        drop(tokio::spawn(signals.end(stop.clone(), WARNING)));
        let (bundled, mut server) = match server {
            Some(server) => (None, server),
            None => {
                // Whoever is passed on has the certificate that it showed us, or none.
                let client_authentication = ClientAuthentication::Optional;
                let config = Config { quirks: Quirks::of(quirks), client_authentication, ..Config::default() };
                let (bundled, server) = started(bundled::start_as_configured(config).await)?;
                (Some(bundled), server)
            }
        };
        if args.timeout.is_none() {
            server.timeouts.exchange = server.timeouts.exchange.max(PATIENCE);
        }
        let moving = io::stderr().is_terminal();
        let look = Look { paint, to_stderr, moving };
        let teller = Teller::new(&server.name, args.out.as_deref(), args.show_secrets, look, catalogue);
        let teller = Arc::new(teller);
        let relay = Relay::new(Arc::new(server), Arc::<Teller>::clone(&teller), stop.clone());
        let listening = relay.listen(&welcome.listener.clone().for_anybody()).await;
        let listening = listening.map_err(|e| failed(&format!("listen at {}", args.listen), &e))?;
        teller.welcome(&welcome);
        if let Some(file) = &args.ready_file {
            welcome.ready().write_to(file).map_err(|e| failed(&format!("write {}", file.display()), &e))?;
        }
        let enough = async {
            match args.max_conversations.and_then(|n| usize::try_from(n).ok()) {
                Some(n) => relay.ended(n).await,
                None => std::future::pending().await,
            }
        };
        let over = async {
            match args.time {
                Some(time) => tokio::time::sleep(time).await,
                None => std::future::pending().await,
            }
        };
        let client = async {
            match &args.command {
                Some(command) => client(command, welcome.environment(), &stop).await,
                None => std::future::pending().await,
            }
        };
        let unwell = tokio::select! {
            () = stop.asked() => None,
            () = enough => None,
            () = over => None,
            unwell = client => unwell,
        };
        stop.ask();
        relay.idle().await;
        drop(listening);
        if let Some(server) = bundled {
            server.shutdown().await;
        }
        Ok((teller, unwell))
    })?;
    let mut exit = teller.finish();
    if let Some(unwell) = unwell {
        eprintln!("kmipspec: {unwell}");
        exit = exit.and(Exit::CouldNotFindOut);
    }
    if let Some(mut file) = json
        && let Err(e) = file.write_all(teller.json(&args.listen, began).as_bytes()).and_then(|()| file.flush())
    {
        exit = exit.and(failed("write the outcome", &e));
    }
    if let Some(file) = results
        && let Err(e) = teller.results(file, began, args.show_secrets)
    {
        exit = exit.and(failed("write the results", &e));
    }
    Ok(exit)
}

/// Runs a client to its end; how that was, unless it was well.
async fn client(command: &str, environment: Vec<(String, String)>, stop: &Stop) -> Option<String> {
    let (client, stop) = (Client::new(command, environment, None), stop.clone());
    let limits = Limits { time: Duration::MAX, memory: u64::MAX };
    let run = tokio::task::spawn_blocking(move || client.run(limits, || stop.is_asked())).await;
    match run {
        Ok(Ok(run)) if matches!(run.end, End::Exit(0) | End::Stopped) => None,
        Ok(Ok(run)) => Some(format!("{}{}", words(&run.end), last_line(&run.said))),
        Ok(Err(e)) => Some(format!("the client cannot be run: {e}")),
        Err(e) => Some(format!("the client cannot be waited for: {e}")),
    }
}
