//! How a run is asked to end early.

use std::sync::Arc;
use tokio::sync::watch;

/// Ends a run early: no exchange is begun any more except those that remove objects. Clones belong to the same run.
///
/// An exchange in flight is waited for, within its time limit: an object whose identifier never arrived could not be
/// removed.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Stop {
    /// Asks for the end.
    pub fn ask(&self) {
        self.0.send_replace(true);
    }

    /// Whether the end was asked for.
    pub fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is.
    pub async fn asked(&self) {
        // The sender lives as long as `self`, so this cannot end otherwise.
        let _ = self.0.subscribe().wait_for(|asked| *asked).await;
    }
}
