//! Time as the server sees it: passed in, so a test can stop it and move it.

use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
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

    /// Runs ahead of the machine's clock by this many seconds (negative: behind it).
    pub fn ahead_by(seconds: i64) -> Self {
        Self { value: AtomicI64::new(seconds.saturating_mul(1_000_000)), frozen: false }
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

/// A clock that a file moves while the server runs: it is read whenever the time is asked for, so that the next request after a
/// change sees it.
///
/// The file holds one line: a time in the form of RFC 3339, at which the clock then stands (`2026-01-01T00:00:00Z`), or an
/// offset to the clock behind it (`+90d`, `-1h30m`, `+5`: seconds). No file, or an empty one: that clock as it is.
#[derive(Debug)]
pub struct FileClock {
    /// What is moved.
    behind: Arc<dyn Clock>,
    /// What moves it.
    file: PathBuf,
    /// The last line that could be read, for when one cannot.
    last: Mutex<(String, Moved)>,
}

/// What a line of the file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// Time stands here, microseconds since 1970.
    To(i64),
    /// Time is ahead by this, microseconds.
    By(i64),
}

impl FileClock {
    /// Moves a clock by a file, which may not be there yet.
    pub fn new(behind: Arc<dyn Clock>, file: PathBuf) -> Self {
        Self { behind, file, last: Mutex::new((String::new(), Moved::By(0))) }
    }

    /// What the file says now.
    fn moved(&self) -> Moved {
        let text = std::fs::read_to_string(&self.file).unwrap_or_default();
        let text = text.trim();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.0 != text {
            match Moved::read(text) {
                Some(moved) => {
                    tracing::info!(file = %self.file.display(), to = text, "the clock is moved");
                    *last = (text.to_owned(), moved);
                }
                // Told once for each such text.
                None => {
                    tracing::warn!(file = %self.file.display(), text, "neither a time nor an offset; the clock stays as it was");
                    last.0 = text.to_owned();
                }
            }
        }
        last.1
    }
}

impl Clock for FileClock {
    fn now_micros(&self) -> i64 {
        match self.moved() {
            Moved::To(micros) => micros,
            Moved::By(micros) => self.behind.now_micros().saturating_add(micros),
        }
    }
}

impl Moved {
    /// Reads a line: a time, an offset, or nothing.
    pub fn read(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::By(0));
        }
        if let Ok(time) = text.parse::<jiff::Timestamp>() {
            return Some(Self::To(time.as_microsecond()));
        }
        offset(text).map(Self::By)
    }
}

/// `+90d`, `-1h30m`, `5` (seconds), `1w 2d`: microseconds.
fn offset(text: &str) -> Option<i64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut seconds = 0_i64;
    if rest.trim().is_empty() {
        return None;
    }
    while !rest.trim_start().is_empty() {
        rest = rest.trim_start();
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, after) = rest.split_at_checked(digits)?;
        let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(letters)?;
        let unit = match unit {
            "" | "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            "w" => 604_800,
            _ => return None,
        };
        seconds = seconds.checked_add(number.parse::<i64>().ok()?.checked_mul(unit)?)?;
        rest = after;
    }
    seconds.checked_mul(sign)?.checked_mul(1_000_000)
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

    #[test]
    fn a_file_moves_a_clock() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("clock");
        let clock = FileClock::new(Arc::new(MovableClock::frozen_at(1_000)), file.clone());
        let mut told = Vec::new();
        for text in [None, Some("+1h30m\n"), Some("-5"), Some("2026-01-01T00:00:00Z"), Some("tomorrow"), Some("")] {
            if let Some(text) = text {
                std::fs::write(&file, text).expect("written");
            }
            told.push(clock.now());
        }
        assert_eq!(told, [1_000, 6_400, 995, 1_767_225_600, 1_767_225_600, 1_000]);
    }

    #[test]
    fn offsets_have_units() {
        assert_eq!(Moved::read("+2w1d"), Some(Moved::By(15 * 86_400_000_000)));
        assert_eq!(Moved::read("- 1h"), Some(Moved::By(-3_600_000_000)));
        for text in ["+", "1y", "h", "1.5h", "+99999999999999999w", "2026-13-01T00:00:00Z"] {
            assert_eq!(Moved::read(text), None, "{text}");
        }
    }
}
