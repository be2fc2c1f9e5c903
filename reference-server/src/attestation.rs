//! Attestation: a fresh nonce to the client, and evidence over it back (1.2 §2.1.2 and §6.17, 2.1 §9.3, §9.11 and §9.14).

use crate::config::Config;
use crate::failure::{Failure, Outcome};
use aws_lc_rs::hmac;
use kmipspec_protocol::message::{AttestationCredential, Nonce};
use kmipspec_protocol::registry::{AttestationType, Operation, ResultReason};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// Nonces that wait for evidence at one time; the oldest is forgotten first.
const MOST: usize = 1_024;

/// How long a nonce may be used, in seconds.
const FRESH: i64 = 300;

/// Which operations need an attestation, and how evidence is checked.
///
/// What the evidence of a TPM or an identity provider looks like is not for KMIP to say; a test server needs evidence that a
/// test can make: HMAC-SHA-256 under `key` over Nonce ID, Nonce Value and Attestation Type (four bytes), as Measurement or Assertion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attestation {
    /// The operations that need it.
    pub operations: Vec<Operation>,
    /// The types that are taken.
    pub types: Vec<AttestationType>,
    /// The key of the evidence.
    pub key: Vec<u8>,
}

/// The nonces that were given out and not used yet, with the time of each.
#[derive(Debug, Default)]
pub(crate) struct Nonces(Mutex<VecDeque<(i64, Nonce<'static>)>>);

impl Nonces {
    /// A new one.
    pub(crate) fn issue(&self, config: &Config, now: i64) -> Option<Nonce<'static>> {
        let (mut id, mut value) = (vec![0; 8], vec![0; 32]);
        if !config.random.fill(&mut id) || !config.random.fill(&mut value) {
            return None;
        }
        let nonce = Nonce { nonce_id: id.into(), nonce_value: value.into() };
        let mut nonces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if nonces.len() >= MOST {
            nonces.pop_front();
        }
        nonces.push_back((now, nonce.clone()));
        Some(nonce)
    }

    /// Whether it was given out a short while ago; it cannot be used again.
    fn spend(&self, nonce: &Nonce<'_>, now: i64) -> bool {
        let mut nonces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = nonces.iter().position(|(_, given)| given == nonce);
        place.and_then(|place| nonces.remove(place)).is_some_and(|(at, _)| now.saturating_sub(at) <= FRESH)
    }
}

/// Checks the evidence (1.2 §11.1: Attestation Failed).
pub(crate) fn check(config: &Config, nonces: &Nonces, credential: &AttestationCredential<'_>, now: i64) -> Outcome<()> {
    let failed = |what: &'static str| Failure::new(ResultReason::ATTESTATION_FAILED, what);
    let rules = config.attestation.as_ref().ok_or_else(|| failed("this server does not check attestations"))?;
    if !nonces.spend(&credential.nonce, now) {
        return Err(failed("the nonce is not one of ours, or was used before"));
    }
    if !rules.types.contains(&credential.attestation_type) {
        return Err(failed("attestations of this type are not taken"));
    }
    let signed = signed(credential);
    let evidence = [&credential.attestation_measurement, &credential.attestation_assertion];
    let mut evidence = evidence.into_iter().flatten().peekable();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &rules.key);
    if evidence.peek().is_none() || !evidence.all(|evidence| hmac::verify(&key, &signed, evidence).is_ok()) {
        return Err(failed("the evidence is not over this nonce"));
    }
    Ok(())
}

/// What the evidence is over.
fn signed(credential: &AttestationCredential<'_>) -> Vec<u8> {
    let kind = credential.attestation_type.0.to_be_bytes();
    [credential.nonce.nonce_id.as_ref(), credential.nonce.nonce_value.as_ref(), &kind].concat()
}

/// What an operation that needs an attestation gets without one: whether the client can make one decides the reason (1.2 §11.1).
pub(crate) fn missing(capable: bool) -> Failure {
    let reason = if capable { ResultReason::ATTESTATION_REQUIRED } else { ResultReason::PERMISSION_DENIED };
    Failure::new(reason, "this operation needs an attestation")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_is_good_once_and_over_its_nonce_only() -> Result<(), &'static str> {
        let key = b"evidence".to_vec();
        let kind = AttestationType::TPM_QUOTE;
        let rules = Attestation { operations: vec![Operation::GET], types: vec![kind], key: key.clone() };
        let config = Config { attestation: Some(rules), ..Config::default() };
        let nonces = Nonces::default();
        let nonce = nonces.issue(&config, 100).ok_or("a nonce")?;
        let mut credential = AttestationCredential {
            nonce,
            attestation_type: kind,
            attestation_measurement: None,
            attestation_assertion: None,
        };
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), &signed(&credential));
        credential.attestation_measurement = Some(tag.as_ref().to_vec().into());
        assert!(check(&config, &nonces, &credential, 100).is_ok());
        assert!(check(&config, &nonces, &credential, 100).is_err(), "a nonce is good once");
        credential.nonce = nonces.issue(&config, 100).ok_or("a nonce")?;
        assert!(check(&config, &nonces, &credential, 100).is_err(), "the evidence is over another nonce");
        credential.nonce = nonces.issue(&config, 100).ok_or("a nonce")?;
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), &signed(&credential));
        credential.attestation_measurement = Some(tag.as_ref().to_vec().into());
        assert!(check(&config, &nonces, &credential, 401).is_err(), "the nonce is old");
        Ok(())
    }
}
