//! Handshakes that come to their end, where a library of this build can do them: the seam at which another library (legacy TLS) goes in
//! is [`can_complete`] and [`attempt`].

use super::observation::{ClientCertificate, Completion, Observation, Resumed, Resumption, Trusted};
use super::probe::add_chain;
use super::prober::Prober;
use super::version::TlsVersion;
use crate::client::trial::{self, Completed, KeyKind, Resuming, Terms, Trial};
use crate::client::{ConnectError, Identity, Target, TlsError, Trust};
use std::sync::Arc;
use tokio::task::JoinSet;

/// Whether a library of this build can do a handshake with this suite.
fn can_complete(version: TlsVersion, suite: u32) -> bool {
    u16::try_from(suite).is_ok_and(|suite| trial::can_try(version.code(), suite))
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
async fn attempt(prober: &Prober, trial: &Trial) -> Result<Completed, Ended> {
    let Some(_turn) = prober.turn().await else { return Err(Ended::NoConnection("no connection".to_owned())) };
    let socket = prober.connect().await.map_err(|answer| Ended::NoConnection(answer.to_string()))?;
    let stage = crate::client::failure::Stage::Handshake;
    match tokio::time::timeout(prober.timeout(), trial.shake(socket)).await {
        Ok(result) => result.map_err(Ended::Connect),
        Err(_) => Err(Ended::Connect(ConnectError::TimedOut { stage })),
    }
}

/// Everything that takes whole handshakes.
pub(super) async fn all(seen: &mut Observation, target: &Target, prober: &Arc<Prober>) {
    let identity = target.identity(target.default_identity()).cloned().unwrap_or_else(Identity::anonymous);
    complete(seen, target, &identity, prober).await;
    if !has_any(seen) {
        return;
    }
    chains(seen, target, &identity, prober).await;
    without_certificate(seen, target, prober).await;
    if matches!(target.trust(), Trust::Ca(_)) {
        seen.trust = Some(trusted(target, &identity, prober).await);
    }
    for (version, by, resuming) in [
        (TlsVersion::Tls12, "session ID", Resuming::SessionId),
        (TlsVersion::Tls12, "ticket", Resuming::Ticket),
        (TlsVersion::Tls13, "PSK", Resuming::Ticket),
    ] {
        if has(seen, version) {
            let terms = Terms { version: Some(version.code()), resuming: Some(resuming), ..Terms::default() };
            let result = twice(terms, target, &identity, prober).await;
            seen.resumption.push(Resumption { version, by, with_certificate: identity.certificate.is_some(), result });
        }
    }
}

/// Whether there is a suite of a version to shake hands with.
fn has(seen: &Observation, version: TlsVersion) -> bool {
    seen.version(version).is_some_and(|v| v.suites.iter().any(|s| can_complete(version, s.code)))
}

/// Whether there is one of any version.
fn has_any(seen: &Observation) -> bool {
    TlsVersion::ALL.into_iter().any(|version| has(seen, version))
}

/// One handshake for each suite that can be tried, side by side.
async fn complete(seen: &mut Observation, target: &Target, identity: &Identity, prober: &Arc<Prober>) {
    let mut running = JoinSet::new();
    for of_version in &seen.versions {
        for suite in of_version.suites.iter().filter(|s| can_complete(of_version.version, s.code)) {
            let (version, code) = (of_version.version, suite.code);
            let terms = Terms { version: Some(version.code()), suite: u16::try_from(code).ok(), ..Terms::default() };
            let trial = Trial::new(terms, &Trust::Insecure, identity, target.server_name());
            let prober = Arc::clone(prober);
            running.spawn(async move {
                let result = match trial {
                    Ok(trial) => attempt(&prober, &trial).await,
                    Err(e) => Err(Ended::Settings(e)),
                };
                let completion = match result {
                    Ok(_) => Completion::Completed,
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
        let Ok(trial) = Trial::new(terms, &Trust::Insecure, identity, target.server_name()) else { continue };
        // A server without such a key turns us away; that is no news.
        if let Ok(completed) = attempt(prober, &trial).await {
            add_chain(seen, TlsVersion::Tls13, &completed.chain);
        }
        if trial.was_asked() {
            seen.client_certificate.requested = Some(true);
        }
    }
}

/// Whether a client without a certificate is turned away.
async fn without_certificate(seen: &mut Observation, target: &Target, prober: &Prober) {
    let Ok(trial) = Trial::new(Terms::default(), &Trust::Insecure, &Identity::anonymous(), target.server_name()) else {
        return;
    };
    let result = attempt(prober, &trial).await;
    let asked = trial.was_asked();
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
async fn trusted(target: &Target, identity: &Identity, prober: &Prober) -> Trusted {
    let result = match Trial::new(Terms::default(), target.trust(), identity, target.server_name()) {
        Ok(trial) => attempt(prober, &trial).await,
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
    let trial = match Trial::new(terms, &Trust::Insecure, identity, target.server_name()) {
        Ok(trial) => trial,
        Err(e) => return Resumed::NotFoundOut { because: e.to_string() },
    };
    if let Err(e) = attempt(prober, &trial).await {
        return Resumed::NotFoundOut { because: e.to_string() };
    }
    match attempt(prober, &trial).await {
        Ok(Completed { resumed: true, .. }) => Resumed::Resumed,
        Ok(_) => Resumed::Full,
        Err(e) => Resumed::Broken { because: e.to_string() },
    }
}
