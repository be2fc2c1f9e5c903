//! Time as the server sees it: passed in, so a test can stop it and move it.

use std::fmt::Debug;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Where dates come from. Every date the server writes or compares is taken here.
pub trait Clock: Send + Sync + Debug {
    /// Microseconds since 1970, UTC; negative before.
    fn now_micros(&self) -> i64;

    /// Seconds since 1970, UTC: the resolution of Date-Time.
    fn now(&self) -> i64 {
        self.now_micros().div_euclid(1_000_000)
    }
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_micros(&self) -> i64 {
        let micros = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => i128::try_from(after.as_micros()).unwrap_or(i128::MAX),
            Err(before) => -i128::try_from(before.duration().as_micros()).unwrap_or(i128::MAX),
        };
        i64::try_from(micros).unwrap_or(i64::MAX)
    }
}

/// A clock that runs or stands still, and can be moved in both directions.
#[derive(Debug)]
pub struct MovableClock {
    /// Added to the machine's clock, or the whole time when frozen; microseconds.
    value: AtomicI64,
    /// Whether time stands still.
    frozen: bool,
}

impl MovableClock {
    /// Stands still at this second until moved.
    pub fn frozen_at(seconds: i64) -> Self {
        Self { value: AtomicI64::new(seconds.saturating_mul(1_000_000)), frozen: true }
    }

    /// Runs with the machine's clock until moved.
    pub fn running() -> Self {
        Self { value: AtomicI64::new(0), frozen: false }
    }

    /// Lets this many seconds pass (negative: back in time).
    pub fn advance(&self, seconds: i64) {
        self.value.fetch_add(seconds.saturating_mul(1_000_000), Ordering::SeqCst);
    }
}

impl Clock for MovableClock {
    fn now_micros(&self) -> i64 {
        let value = self.value.load(Ordering::SeqCst);
        if self.frozen { value } else { SystemClock.now_micros().saturating_add(value) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frozen_clock_moves_only_when_told() {
        let clock = MovableClock::frozen_at(1_000);
        assert_eq!(clock.now(), 1_000);
        clock.advance(60);
        assert_eq!(clock.now(), 1_060);
        clock.advance(-2_000);
        assert_eq!(clock.now(), -940);
    }

    #[test]
    fn a_running_clock_keeps_its_offset() {
        let clock = MovableClock::running();
        clock.advance(3_600);
        let ahead = clock.now() - SystemClock.now();
        assert!((3_599..=3_601).contains(&ahead), "{ahead}");
    }
}
