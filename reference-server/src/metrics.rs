//! What a running server counts: connections, messages, refusals. In the log once a minute while something happens, and at the end.

use std::sync::atomic::{AtomicU64, Ordering};

/// One number that many connections change.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    /// One more.
    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// One less, for what comes and goes.
    pub(crate) fn sub(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    /// How many now.
    pub(crate) fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// All numbers; each counts from the start of the server.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    /// Connections open now.
    pub(crate) open: Counter,
    /// Connections accepted.
    pub(crate) accepted: Counter,
    /// Handshakes that failed: no TLS, no acceptable certificate, no common suite, gone.
    pub(crate) handshakes_failed: Counter,
    /// Handshakes and messages that took too long.
    pub(crate) timed_out: Counter,
    /// Connections closed to make room for others.
    pub(crate) evicted: Counter,
    /// Times that no connection could be accepted, file descriptors being short for example.
    pub(crate) accept_failed: Counter,
    /// Messages read whole, in any encoding.
    pub(crate) messages: Counter,
    /// Messages refused as a whole: no TTLV, no request, too long, no such version.
    pub(crate) refused: Counter,
    /// HTTP requests answered by an HTTP error.
    pub(crate) http_refused: Counter,
    /// Notify and Put that clients acknowledged.
    pub(crate) pushed: Counter,
    /// Those that clients refused.
    pub(crate) push_refused: Counter,
    /// Those given up after the last attempt.
    pub(crate) push_failed: Counter,
    /// Those dropped since too many waited, or the server stopped.
    pub(crate) push_dropped: Counter,
}

impl Metrics {
    /// One line in the log.
    pub(crate) fn log(&self, when: &'static str) {
        tracing::info!(
            open = self.open.value(),
            accepted = self.accepted.value(),
            handshakes_failed = self.handshakes_failed.value(),
            timed_out = self.timed_out.value(),
            evicted = self.evicted.value(),
            accept_failed = self.accept_failed.value(),
            messages = self.messages.value(),
            refused = self.refused.value(),
            http_refused = self.http_refused.value(),
            pushed = self.pushed.value(),
            push_refused = self.push_refused.value(),
            push_failed = self.push_failed.value(),
            push_dropped = self.push_dropped.value(),
            "{when}",
        );
    }

    /// Changes whenever something happened that is worth a line.
    pub(crate) fn activity(&self) -> u64 {
        self.accepted.value().wrapping_add(self.messages.value()).wrapping_add(self.accept_failed.value())
    }
}
