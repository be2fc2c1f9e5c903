//! What a running server keeps beside the store: gone at its end, never part of a transaction. What must last is a record of the store.

use crate::attestation::Nonces;
use crate::interop;
use crate::jobs::Jobs;
use crate::metrics::Metrics;
use crate::pkcs11;
use crate::push::Push;
use crate::rotation;
use crate::sessions::Sessions;
use crate::streams::Streams;
use std::sync::Arc;

/// One server's working state; each member guards itself, so that requests of all connections can share it.
#[derive(Debug, Default)]
pub(crate) struct Services {
    /// Tests between Begin and End.
    pub(crate) interop: interop::Sessions,
    /// What is counted.
    pub(crate) metrics: Arc<Metrics>,
    /// Operations that are done later.
    pub(crate) jobs: Jobs,
    /// Nonces that were given out for attestations.
    pub(crate) nonces: Nonces,
    /// When objects are to be rotated.
    pub(crate) rotation: rotation::Schedule,
    /// Tickets.
    pub(crate) sessions: Sessions,
    /// Who is told of changes.
    pub(crate) push: Arc<Push>,
    /// What clients have going of PKCS#11.
    pub(crate) pkcs11: pkcs11::Instances,
    /// Cryptographic operations in parts.
    pub(crate) streams: Streams,
}
