//! Handshakes that come to their end, where a library of this build can do them: the seam at which another library (legacy TLS) goes in
//! is [`can_complete`] and [`Hand`]. With the feature `legacy-tls` that is OpenSSL, for what rustls does not have.

use super::observation::{ClientCertificate, Completion, Observation, Resumed, Resumption, SuiteObservation, Trusted};
use super::probe::add_chain;
use super::prober::Prober;
use super::suite;
use super::version::TlsVersion;
#[cfg(feature = "legacy-tls")]
use crate::client::legacy::{self, LegacyTrial};
use crate::client::trial::{self, Completed, KeyKind, Resuming, Terms, Trial};
use crate::client::{ConnectError, Identity, Target, TlsError, Trust};
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Whether a library of this build can do a handshake with this suite.
fn can_complete(version: TlsVersion, suite: u32) -> bool {
    by_rustls(version, suite) || by_openssl(version, suite)
}

/// Whether the library of every connection can.
fn by_rustls(version: TlsVersion, suite: u32) -> bool {
    u16::try_from(suite).is_ok_and(|suite| trial::can_try(version.code(), suite))
}

/// Whether the library for old versions can, without a key that both sides know beforehand.
#[cfg(feature = "legacy-tls")]
fn by_openssl(version: TlsVersion, code: u32) -> bool {
    let Some(suite) = suite::by_code(version, code) else { return false };
    let by_certificate = matches!(suite.authentication, "RSA" | "ECDSA" | "DSS" | "anonymous" | "any")
        && matches!(suite.key_exchange, "RSA" | "DH" | "DHE" | "ECDH" | "ECDHE" | "any");
    by_certificate && u16::try_from(code).is_ok_and(|code| legacy::can_try(version.code(), code))
}

/// This build has none.
#[cfg(not(feature = "legacy-tls"))]
const fn by_openssl(_version: TlsVersion, _suite: u32) -> bool {
    false
}

/// What shakes hands.
enum Hand {
    /// The library of every connection.
    Rustls(Trial),
    /// The one for old versions and suites.
    #[cfg(feature = "legacy-tls")]
    OpenSsl(LegacyTrial),
}

impl Hand {
    /// By the library that has what the terms ask for.
    fn new(terms: Terms, trust: &Trust, identity: &Identity, server_name: &str) -> Result<Self, TlsError> {
        #[cfg(feature = "legacy-tls")]
        if let (Some(version), Some(suite)) = (terms.version, terms.suite)
            && !trial::can_try(version, suite)
        {
            return LegacyTrial::new(terms, trust, identity, server_name).map(Self::OpenSsl);
        }
        Trial::new(terms, trust, identity, server_name).map(Self::Rustls)
    }

    /// One handshake.
    async fn shake(&self, socket: TcpStream) -> Result<Completed, ConnectError> {
        match self {
            Self::Rustls(trial) => trial.shake(socket).await,
            #[cfg(feature = "legacy-tls")]
            Self::OpenSsl(trial) => trial.shake(socket).await,
        }
    }

    /// Whether a server has asked for a certificate so far; none where the library does not tell.
    fn was_asked(&self) -> Option<bool> {
        match self {
            Self::Rustls(trial) => Some(trial.was_asked()),
            #[cfg(feature = "legacy-tls")]
            Self::OpenSsl(_) => None,
        }
    }
}

/// Why a handshake did not come to its end.
#[derive(Debug)]
enum Ended {
    /// Our own settings are wrong.
    Settings(TlsError),
    /// The peer, or the way there.
    Connect(ConnectError),
    /// No connection any more.
    NoConnection(String),
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Settings(e) => e.fmt(f),
            Self::Connect(ConnectError::Alert(alert)) => write!(f, "alert {alert}"),
            Self::Connect(e) => e.fmt(f),
            Self::NoConnection(because) => f.write_str(because),
        }
    }
}

/// One handshake.
async fn attempt(prober: &Prober, hand: &Hand) -> Result<Completed, Ended> {
    let Some(_turn) = prober.turn().await else { return Err(Ended::NoConnection("no connection".to_owned())) };
    let socket = prober.connect().await.map_err(|answer| Ended::NoConnection(answer.to_string()))?;
    let stage = crate::client::failure::Stage::Handshake;
    match tokio::time::timeout(prober.timeout(), hand.shake(socket)).await {
        Ok(result) => result.map_err(Ended::Connect),
        Err(_) => Err(Ended::Connect(ConnectError::TimedOut { stage })),
    }
}

/// Everything that takes whole handshakes.
pub(super) async fn all(seen: &mut Observation, target: &Target, prober: &Arc<Prober>) {
    let identity = target.identity(target.default_identity()).cloned().unwrap_or_else(Identity::anonymous);
    complete(seen, target, &identity, prober).await;
    let Some(terms) = common(seen) else { return };
    chains(seen, target, &identity, prober).await;
    without_certificate(seen, terms, target, prober).await;
    if matches!(target.trust(), Trust::Ca(_)) {
        seen.trust = Some(trusted(terms, target, &identity, prober).await);
    }
    for (version, by, resuming) in [
        (TlsVersion::Tls12, "session ID", Resuming::SessionId),
        (TlsVersion::Tls12, "ticket", Resuming::Ticket),
        (TlsVersion::Tls13, "PSK", Resuming::Ticket),
    ] {
        if has(seen, version) {
            let terms = Terms { version: Some(version.code()), resuming: Some(resuming), ..Terms::default() };
            let result = twice(terms, target, &identity, prober).await;
            seen.resumption.push(Resumption {
                version,
                by: by.to_owned(),
                with_certificate: identity.certificate.is_some(),
                result,
            });
        }
    }
}

/// Whether there is a suite of a version that the library of every connection has: the other one sees neither a second connection nor
/// the chains of TLS 1.3.
fn has(seen: &Observation, version: TlsVersion) -> bool {
    seen.version(version).is_some_and(|v| v.suites.iter().any(|s| by_rustls(version, s.code)))
}

/// Terms on which a handshake with this server can be done: all that rustls has, else the newest of what OpenSSL has.
fn common(seen: &Observation) -> Option<Terms> {
    if TlsVersion::ALL.into_iter().any(|version| has(seen, version)) {
        return Some(Terms::default());
    }
    // One that shows a certificate, and came to its end if there is such a one.
    let shows = |(version, s): &(TlsVersion, &SuiteObservation)| {
        by_openssl(*version, s.code) && suite::by_code(*version, s.code).is_some_and(|suite| !suite.is_anonymous())
    };
    let newest = || seen.versions.iter().rev().flat_map(|v| v.suites.iter().map(|s| (v.version, s))).filter(shows);
    let (version, suite) = newest().find(|(_, s)| s.completion == Completion::Completed).or_else(|| newest().next())?;
    Some(Terms { version: Some(version.code()), suite: u16::try_from(suite.code).ok(), ..Terms::default() })
}

/// One handshake for each suite that can be tried, side by side.
async fn complete(seen: &mut Observation, target: &Target, identity: &Identity, prober: &Arc<Prober>) {
    let mut running = JoinSet::new();
    for of_version in &seen.versions {
        for suite in of_version.suites.iter().filter(|s| can_complete(of_version.version, s.code)) {
            let (version, code) = (of_version.version, suite.code);
            let terms = Terms { version: Some(version.code()), suite: u16::try_from(code).ok(), ..Terms::default() };
            let hand = Hand::new(terms, &Trust::Insecure, identity, target.server_name());
            let prober = Arc::clone(prober);
            running.spawn(async move {
                let result = match hand {
                    Ok(hand) => attempt(&prober, &hand).await,
                    Err(e) => Err(Ended::Settings(e)),
                };
                let completion = match result {
                    Ok(_) => Completion::Completed,
                    Err(e @ (Ended::Settings(_) | Ended::Connect(ConnectError::Protocol(_)))) => {
                        Completion::Failed { because: e.to_string() }
                    }
                    Err(e) => Completion::Refused { because: e.to_string() },
                };
                (version, code, completion)
            });
        }
    }
    while let Some(Ok((version, code, completion))) = running.join_next().await {
        let of_version = seen.versions.iter_mut().find(|v| v.version == version);
        if let Some(suite) = of_version.and_then(|v| v.suites.iter_mut().find(|s| s.code == code)) {
            suite.completion = completion;
        }
    }
}

/// In TLS 1.3 the chain is seen by whoever shakes hands: once for each kind of key.
async fn chains(seen: &mut Observation, target: &Target, identity: &Identity, prober: &Prober) {
    if !has(seen, TlsVersion::Tls13) {
        return;
    }
    for key in [KeyKind::Rsa, KeyKind::Ec] {
        let terms = Terms { version: Some(TlsVersion::Tls13.code()), key: Some(key), ..Terms::default() };
        let Ok(hand) = Hand::new(terms, &Trust::Insecure, identity, target.server_name()) else { continue };
        // A server without such a key turns us away; that is no news.
        if let Ok(completed) = attempt(prober, &hand).await {
            add_chain(seen, TlsVersion::Tls13, &completed.chain);
        }
        if hand.was_asked() == Some(true) {
            seen.client_certificate.requested = Some(true);
        }
    }
}

/// Whether a client without a certificate is turned away.
async fn without_certificate(seen: &mut Observation, terms: Terms, target: &Target, prober: &Prober) {
    let Ok(hand) = Hand::new(terms, &Trust::Insecure, &Identity::anonymous(), target.server_name()) else {
        return;
    };
    let result = attempt(prober, &hand).await;
    // Before TLS 1.3 whoever reads on sees it, too.
    let Some(asked) = hand.was_asked().or(seen.client_certificate.requested) else { return };
    let ClientCertificate { requested, required, refusal } = &mut seen.client_certificate;
    match result {
        Ok(completed) => {
            (*requested, *required) = (Some(asked), Some(false));
            let version = TlsVersion::from_code(completed.version).unwrap_or(TlsVersion::Tls13);
            add_chain(seen, version, &completed.chain);
        }
        // Whoever is turned away before a certificate is asked for is turned away for something else.
        Err(e @ Ended::Connect(ConnectError::Alert(_) | ConnectError::Closed { .. })) if asked => {
            (*requested, *required, *refusal) = (Some(true), Some(true), Some(e.to_string()));
        }
        Err(_) => {}
    }
}

/// Whether the certificate is acceptable to the user.
async fn trusted(terms: Terms, target: &Target, identity: &Identity, prober: &Prober) -> Trusted {
    let result = match Hand::new(terms, target.trust(), identity, target.server_name()) {
        Ok(hand) => attempt(prober, &hand).await,
        Err(e) => Err(Ended::Settings(e)),
    };
    match result {
        Ok(_) => Trusted::Yes,
        Err(Ended::Connect(ConnectError::Certificate(because))) => Trusted::No { because },
        Err(e) => Trusted::NotFoundOut { because: e.to_string() },
    }
}

/// Connects twice and says what became of the second time: servers with mutual TLS have been seen to drop it.
async fn twice(terms: Terms, target: &Target, identity: &Identity, prober: &Prober) -> Resumed {
    let hand = match Hand::new(terms, &Trust::Insecure, identity, target.server_name()) {
        Ok(hand) => hand,
        Err(e) => return Resumed::NotFoundOut { because: e.to_string() },
    };
    if let Err(e) = attempt(prober, &hand).await {
        return Resumed::NotFoundOut { because: e.to_string() };
    }
    match attempt(prober, &hand).await {
        Ok(Completed { resumed: true, .. }) => Resumed::Resumed,
        Ok(_) => Resumed::Full,
        Err(e) => Resumed::Broken { because: e.to_string() },
    }
}
