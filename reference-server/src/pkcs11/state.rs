//! What a client has going: an instance of the interface between C_Initialize and C_Finalize, named by its Correlation Value.

use super::mechanism::Mechanism;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Instances at one time; the next C_Initialize is refused.
pub(super) const MOST_INSTANCES: usize = 1_024;
/// Sessions of one instance.
pub(super) const MOST_SESSIONS: usize = 64;

/// All instances, by Correlation Value.
#[derive(Debug, Default)]
pub(crate) struct Instances(Mutex<HashMap<Vec<u8>, Instance>>);

impl Instances {
    /// The table; a panic elsewhere does not make it unusable.
    pub(super) fn lock(&self) -> MutexGuard<'_, HashMap<Vec<u8>, Instance>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One instance.
#[derive(Clone, Debug)]
pub(super) struct Instance {
    /// Whose it is.
    pub(super) client: String,
    /// Open sessions by handle.
    pub(super) sessions: BTreeMap<u64, Session>,
    /// The next session's handle.
    pub(super) next: u64,
    /// Unique Identifiers by object handle, which counts from one.
    pub(super) handles: Vec<String>,
}

impl Instance {
    /// A new one.
    pub(super) fn new(client: &str) -> Self {
        Self { client: client.to_owned(), sessions: BTreeMap::new(), next: 1, handles: Vec::new() }
    }

    /// The handle of an object; a new one for an object not seen before.
    pub(super) fn handle(&mut self, id: &str) -> u64 {
        let place = self.handles.iter().position(|known| known == id).unwrap_or_else(|| {
            self.handles.push(id.to_owned());
            self.handles.len() - 1
        });
        u64::try_from(place).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// The object of a handle.
    pub(super) fn object(&self, handle: u64) -> Option<String> {
        let place = usize::try_from(handle.checked_sub(1)?).ok()?;
        self.handles.get(place).cloned()
    }
}

/// One session.
#[derive(Clone, Debug, Default)]
pub(super) struct Session {
    /// CK_FLAGS of C_OpenSession.
    pub(super) flags: u64,
    /// Found and not fetched; none when no search is on.
    pub(super) found: Option<VecDeque<u64>>,
    /// Initialised operations: C_EncryptInit, C_DecryptInit, C_DigestInit, C_SignInit, C_VerifyInit.
    pub(super) active: HashMap<Kind, Prepared>,
}

/// What a session is prepared for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// C_Encrypt.
    Encrypt,
    /// C_Decrypt.
    Decrypt,
    /// C_Digest.
    Digest,
    /// C_Sign.
    Sign,
    /// C_Verify.
    Verify,
}

/// An initialised operation.
#[derive(Clone, Debug)]
pub(super) struct Prepared {
    /// How.
    pub(super) mechanism: Mechanism,
    /// With which key; none for a digest.
    pub(super) key: Option<String>,
}
