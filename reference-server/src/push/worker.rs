//! Tells one registered client at its own TLS listener: one message at a time, again and again until it is acknowledged.

use super::link::{Delivered, Link};
use super::wire::{Wire, WireError};
use super::{Event, Listener, PushClient, PushTransport};
use crate::dispatch::Core;
use crate::tls::Dialer;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// Wait before the second attempt; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// What tells one client.
pub(crate) struct Worker {
    /// Where it is and what it wants.
    pub(crate) client: PushClient,
    /// Its queue.
    pub(crate) listener: Arc<Listener>,
    /// Makes TLS connections to it.
    pub(crate) dialer: Dialer,
    /// The server.
    pub(crate) core: Arc<Core>,
}

impl Worker {
    /// Runs until the server stops.
    pub(crate) async fn run(self, mut stopped: watch::Receiver<bool>) {
        let mut link = None;
        loop {
            let event = tokio::select! {
                biased;
                _ = stopped.wait_for(|stop| *stop) => break,
                event = self.listener.next() => event,
            };
            tokio::select! {
                biased;
                () = self.deliver(&event, &mut link) => {}
                _ = stopped.wait_for(|stop| *stop) => {
                    self.core.services().metrics.push_dropped.add();
                    break;
                }
            }
        }
        let waiting = self.listener.waiting();
        if waiting > 0 {
            tracing::warn!(client = self.client.name, waiting, "stopped before everything was told");
        }
    }

    /// Gets an event to the client, or gives up after the last attempt.
    async fn deliver<'a>(&'a self, event: &Event, link: &mut Option<Link<'a>>) {
        let (name, metrics) = (&self.client.name, &self.core.services().metrics);
        if self.core.saved(event.horizon).await.is_err() {
            // What was not saved did not happen.
            return;
        }
        let mut wait = FIRST_WAIT;
        for attempt in 1..=self.client.attempts {
            match self.attempt(event, link).await {
                Ok(Delivered::Acknowledged) => return metrics.pushed.add(),
                Ok(Delivered::NotSent) => return,
                Ok(Delivered::Refused(reason, message)) => {
                    tracing::warn!(
                        client = name,
                        object = event.object.id,
                        ?reason,
                        message,
                        "a client refused what it was told"
                    );
                    return metrics.push_refused.add();
                }
                Err(error) => {
                    *link = None;
                    tracing::debug!(client = name, attempt, %error, "a client was not reached");
                }
            }
            if attempt < self.client.attempts {
                tokio::time::sleep(wait).await;
                wait = wait.saturating_mul(2).min(LONGEST_WAIT);
            }
        }
        tracing::warn!(
            client = name,
            object = event.object.id,
            attempts = self.client.attempts,
            "gave up telling a client"
        );
        metrics.push_failed.add();
    }

    /// One attempt, over the connection that is there if it still is.
    async fn attempt<'a>(&'a self, event: &Event, link: &mut Option<Link<'a>>) -> Result<Delivered, WireError> {
        let mut kept = link.take();
        if let Some(open) = &mut kept
            && !open.is_quiet().await
        {
            kept = None;
        }
        let mut open = match kept {
            Some(open) => open,
            None => self.connect().await?,
        };
        let delivered = open.deliver(event, self.client.values).await?;
        *link = Some(open);
        Ok(delivered)
    }

    /// A new connection, introduced.
    async fn connect(&self) -> Result<Link<'_>, WireError> {
        let config = self.core.config();
        let dialed = timeout(config.limits.handshake, self.dialer.dial()).await;
        let stream = dialed.map_err(|_| WireError::TimedOut)??;
        let wire = match &self.client.transport {
            PushTransport::Ttlv => Wire::Ttlv(Box::new(stream)),
            PushTransport::Https { path, encoding } => {
                Wire::https(stream, &self.client.address, path, *encoding).await?
            }
        };
        let link = Link::introduce(wire, config, self.client.version).await?;
        tracing::info!(client = self.client.name, address = self.client.address, version = %link.version(), "telling a client");
        Ok(link)
    }
}
