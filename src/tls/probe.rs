//! The whole look at a host: what it is, versions and suites, certificates, who must show one, a second connection, well-known clients.

use super::enumerate;
use super::flight::{self, Flight};
use super::handshakes;
use super::hello::Hello;
use super::observation::{
    Answer, Chain, ClientCertificate, Features, Host, Mode, Observation, Persona, VersionObservation,
};
use super::persona;
use super::prober::{Prober, Until};
use super::suite::{self, Suite};
use super::version::TlsVersion;
use super::{certificate, stranger};
use crate::client::Target;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// How a host is looked at.
#[derive(Clone, Debug)]
pub struct Options {
    /// How suites are asked for.
    pub mode: Mode,
    /// Longest wait for a connection, and for an answer on it.
    pub timeout: Duration,
    /// Connections side by side.
    pub jobs: usize,
    /// Connections in all.
    pub limit: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { mode: Mode::Fast, timeout: Duration::from_secs(2), jobs: 8, limit: 10_000 }
    }
}

/// Looks at a host. It always comes to an end: every wait is bounded, and so is their number.
pub async fn probe(target: &Target, options: &Options) -> Observation {
    let began = Instant::now();
    let mut seen = Observation {
        address: target.address.clone(),
        mode: options.mode,
        host: Host::Tls,
        versions: Vec::new(),
        certificates: Vec::new(),
        trust: None,
        client_certificate: ClientCertificate::default(),
        features: Features::default(),
        resumption: Vec::new(),
        personas: Vec::new(),
        connections: 0,
        milliseconds: 0,
        notes: Vec::new(),
    };
    match reach(&target.address, options.timeout).await {
        Ok(address) => {
            let is_name = target.server_name().parse::<IpAddr>().is_err();
            let name = is_name.then(|| target.server_name().to_owned());
            let prober = Prober::new(address, name, options.timeout, options.jobs, options.limit);
            look(&mut seen, target, &prober, options).await;
            seen.connections = prober.made();
            if prober.is_spent() {
                seen.notes.push(format!("the limit of {} connections was reached: more is not known", options.limit));
            }
        }
        Err(because) => seen.host = Host::Unreachable { because },
    }
    seen.milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    seen
}

/// The first of the host's addresses that takes a connection.
async fn reach(address: &str, limit: Duration) -> Result<SocketAddr, String> {
    let unresolved = || format!("the name in {address} has no address");
    let all: Vec<SocketAddr> = tokio::net::lookup_host(address).await.map_err(|_| unresolved())?.collect();
    let mut why = None;
    for one in all {
        let because = match tokio::time::timeout(limit, TcpStream::connect(one)).await {
            Ok(Ok(_)) => return Ok(one),
            Ok(Err(e)) if e.kind() == std::io::ErrorKind::ConnectionRefused => {
                "connection refused: nothing listens there".to_owned()
            }
            Ok(Err(e)) => format!("the connection failed: {}", e.kind()),
            Err(_) => "no answer in time while connecting (TCP)".to_owned(),
        };
        why.get_or_insert(because);
    }
    Err(why.unwrap_or_else(unresolved))
}

/// Everything, once there is a connection to be had.
async fn look(seen: &mut Observation, target: &Target, prober: &Arc<Prober>, options: &Options) {
    seen.host = stranger::look(prober).await;
    if seen.host != Host::Tls {
        return;
    }
    seen.versions = versions(prober, options).await;
    chains(seen, prober).await;
    features(seen, prober).await;
    handshakes::all(seen, target, prober).await;
    decline(seen, prober).await;
    #[cfg(feature = "legacy-tls")]
    super::renegotiation::look(seen, target, prober).await;
    seen.personas = personas(prober).await;
}

/// Where no library could shake hands: whether an empty list of certificates is refused, which is said in the clear.
async fn decline(seen: &mut Observation, prober: &Prober) {
    let client = &seen.client_certificate;
    if client.requested != Some(true) || client.required.is_some() {
        return;
    }
    let found = seen.versions.iter().rev().find_map(|v| {
        let suite = suites_of(v).find(|s| matches!(s.authentication, "RSA" | "ECDSA" | "DSS"))?;
        (TlsVersion::Tls10..TlsVersion::Tls13).contains(&v.version).then_some((v.version, suite.code))
    });
    let Some((version, code)) = found else { return };
    if let Some(refusal @ (Answer::Alert { .. } | Answer::Closed { .. } | Answer::Reset)) =
        prober.decline(version, code).await
    {
        seen.client_certificate.required = Some(true);
        seen.client_certificate.refusal = Some(refusal.to_string());
    }
}

/// Every version; side by side in `fast`, where each is a chain of few connections.
async fn versions(prober: &Arc<Prober>, options: &Options) -> Vec<VersionObservation> {
    let mut seen = Vec::new();
    if options.mode == Mode::Each {
        for version in TlsVersion::ALL {
            seen.push(enumerate::version(prober, version, options.mode, options.jobs).await);
        }
        return seen;
    }
    let mut running = JoinSet::new();
    for version in TlsVersion::ALL {
        let (prober, mode, jobs) = (Arc::clone(prober), options.mode, options.jobs);
        running.spawn(async move { enumerate::version(&prober, version, mode, jobs).await });
    }
    while let Some(one) = running.join_next().await {
        seen.extend(one);
    }
    seen.sort_by_key(|one| one.version);
    seen
}

/// The suites seen at a version, as rows of the table.
fn suites_of(version: &VersionObservation) -> impl Iterator<Item = &'static Suite> {
    let number = version.version;
    version.suites.iter().filter_map(move |seen| suite::by_code(number, seen.code))
}

/// Versions before TLS 1.3 show the chain to everyone who reads on: one connection for each kind of key, and one for DHE.
async fn chains(seen: &mut Observation, prober: &Prober) {
    let mut flights = Vec::new();
    for kind in ["RSA", "ECDSA", "DSS", "GOST"] {
        // The newest version that has it.
        let found = seen.versions.iter().rev().filter(|v| v.version < TlsVersion::Tls13).find_map(|v| {
            let suite = suites_of(v).find(|s| s.authentication == kind && !matches!(s.key_exchange, "ECDH" | "DH"))?;
            Some((v.version, suite.code))
        });
        if let Some((version, code)) = found {
            flights.push((version, prober.offer(version, &[code], Until::Done).await.1));
        }
    }
    for (version, flight) in &flights {
        if flight.done {
            let asked = seen.client_certificate.requested.unwrap_or(false) || flight.certificate_request;
            seen.client_certificate.requested = Some(asked);
        }
        add_chain(seen, *version, &flight.certificates);
    }
    let dhe = seen.versions.iter().rev().find_map(|v| {
        let suite = suites_of(v).find(|s| s.key_exchange == "DHE" && matches!(s.authentication, "RSA" | "DSS"))?;
        Some((v.version, suite.code))
    });
    if let Some((version, code)) = dhe {
        let (_, flight) = prober.offer(version, &[code], Until::Done).await;
        seen.features.dh_bits = flight.key_exchange.as_deref().and_then(flight::dh_bits);
    }
}

/// Adds a chain unless it is there.
pub(super) fn add_chain(seen: &mut Observation, version: TlsVersion, chain: &[Vec<u8>]) {
    let certificates: Vec<_> = chain.iter().filter_map(|der| certificate::facts(der)).collect();
    if certificates.len() < chain.len() {
        seen.notes.push(format!("{version}: a certificate of the chain cannot be read"));
    }
    let known = seen.certificates.iter().any(|c| c.certificates.first() == certificates.first());
    if !certificates.is_empty() && !known {
        seen.certificates.push(Chain { version, certificates });
    }
}

/// What the answer to a hello with everything in it shows.
async fn features(seen: &mut Observation, prober: &Prober) {
    let newest = seen
        .versions
        .iter()
        .rev()
        .find(|v| (TlsVersion::Tls10..TlsVersion::Tls13).contains(&v.version) && !v.suites.is_empty());
    let Some(newest) = newest else { return };
    let suites: Vec<u32> = newest.suites.iter().map(|s| s.code).collect();
    let mut hello = Hello::offering(newest.version, &suites, prober.server_name.as_deref());
    // DEFLATE, then none.
    hello.compression = vec![1, 0];
    let (_, flight): (Answer, Flight) = prober.greet(&hello, &[newest.version.code()]).await;
    if let Some(hello) = flight.hello {
        seen.features.secure_renegotiation = Some(hello.extensions.contains(&0xFF01));
        seen.features.extended_master_secret = Some(hello.extensions.contains(&23));
        seen.features.compression = Some(hello.compression);
    }
}

/// How well-known clients fare.
async fn personas(prober: &Arc<Prober>) -> Vec<Persona> {
    let mut seen = Vec::new();
    for client in persona::clients() {
        let hello = client.to(prober.server_name.as_deref());
        let (answer, flight) = prober.greet(&hello, &client.versions).await;
        let mut one = Persona { name: client.name.clone(), version: None, suite: None, answer: None };
        match (answer, flight.hello) {
            (Answer::Selected { suite }, Some(hello)) => {
                one.version = TlsVersion::from_code(hello.version);
                one.suite = Some(suite::suite_name(TlsVersion::Tls12, suite));
            }
            (answer, _) => one.answer = Some(answer),
        }
        seen.push(one);
    }
    seen
}
