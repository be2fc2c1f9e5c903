//! Seats for connections: at most so many at one time. When all are taken, who does least gives way to who comes new.

use crate::config::ServerLimits;
use crate::metrics::Metrics;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

/// What a connection is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Activity {
    /// Shaking hands: nobody is known yet.
    Handshake,
    /// Between two messages.
    Idle,
    /// A message has begun to arrive.
    Reading,
    /// The answer is being made.
    Answering,
    /// The answer is being written.
    Writing,
}

/// After this long, a handshake or a silent connection may be ended in favour of another.
const PATIENCE: Duration = Duration::from_secs(1);
/// The same for one that sends a message slowly, or takes its answer slowly.
const PATIENCE_IN_MESSAGE: Duration = Duration::from_secs(5);
/// How often a newcomer looks for somebody who can leave.
const LOOK: Duration = Duration::from_millis(50);

/// All seats of a server.
#[derive(Debug)]
pub(crate) struct Seats {
    /// How many.
    limit: usize,
    /// Those taken, by number of the connection.
    taken: Mutex<BTreeMap<u64, Arc<State>>>,
    /// Told when one is left.
    freed: Notify,
    /// Where they are counted.
    metrics: Arc<Metrics>,
}

/// What a seat knows of its connection.
#[derive(Debug)]
struct State {
    /// What it is about, since when.
    activity: Mutex<(Activity, Instant)>,
    /// Whether it was asked to leave.
    leaving: AtomicBool,
    /// Tells it to.
    leave: Notify,
}

/// One connection's seat; dropping it makes room.
#[derive(Debug)]
pub(crate) struct Seat {
    /// Number of the connection.
    number: u64,
    /// Its state.
    state: Arc<State>,
    /// Where it stands.
    seats: Arc<Seats>,
}

impl Seats {
    /// An empty room.
    pub(crate) fn new(limit: usize, metrics: Arc<Metrics>) -> Arc<Self> {
        Arc::new(Self { limit: limit.max(1), taken: Mutex::default(), freed: Notify::new(), metrics })
    }

    /// A seat for this connection; when all are taken, asks the one that does least to leave, and waits.
    pub(crate) async fn take(self: &Arc<Self>, number: u64) -> Seat {
        loop {
            if let Some(seat) = self.try_take(number) {
                return seat;
            }
            self.make_room();
            // Woken early by the first that leaves; a wake-up that was missed costs one look.
            let _ = timeout(LOOK, self.freed.notified()).await;
        }
    }

    /// A seat if there is one.
    fn try_take(self: &Arc<Self>, number: u64) -> Option<Seat> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.len() >= self.limit {
            return None;
        }
        let state = Arc::new(State {
            activity: Mutex::new((Activity::Handshake, Instant::now())),
            leaving: AtomicBool::new(false),
            leave: Notify::new(),
        });
        taken.insert(number, Arc::clone(&state));
        self.metrics.open.add();
        Some(Seat { number, state, seats: Arc::clone(self) })
    }

    /// Asks one connection to leave: a handshake that drags on, else a message that does, else the longest silent one.
    ///
    /// Nobody is asked while an earlier one is still on its way out. False when everybody is busy.
    pub(crate) fn make_room(&self) -> bool {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.len() >= self.limit && taken.values().any(|state| state.leaving.load(Ordering::Relaxed)) {
            return true;
        }
        let least =
            taken.values().filter_map(|state| state.rank().map(|rank| (rank, state))).min_by_key(|(rank, _)| *rank);
        let Some((_, state)) = least else { return false };
        state.leaving.store(true, Ordering::Relaxed);
        state.leave.notify_one();
        self.metrics.evicted.add();
        true
    }
}

impl State {
    /// Who goes first: a lower rank. None: stays.
    fn rank(&self) -> Option<(u8, Instant)> {
        let (activity, since) = *self.activity.lock().unwrap_or_else(PoisonError::into_inner);
        let order = match activity {
            Activity::Handshake if since.elapsed() >= PATIENCE => 0,
            Activity::Reading | Activity::Writing if since.elapsed() >= PATIENCE_IN_MESSAGE => 1,
            Activity::Idle if since.elapsed() >= PATIENCE => 2,
            _ => return None,
        };
        (!self.leaving.load(Ordering::Relaxed)).then_some((order, since))
    }
}

impl Seat {
    /// Notes what the connection is about now.
    pub(crate) fn set(&self, activity: Activity) {
        *self.state.activity.lock().unwrap_or_else(PoisonError::into_inner) = (activity, Instant::now());
    }

    /// What it is about.
    pub(crate) fn activity(&self) -> Activity {
        self.state.activity.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    /// Ends when somebody else needs the seat.
    pub(crate) async fn wanted(&self) {
        self.state.leave.notified().await;
    }

    /// When what it is about has taken too long; none for what has no limit.
    pub(crate) fn deadline(&self, limits: &ServerLimits) -> Option<Instant> {
        let (activity, since) = *self.state.activity.lock().unwrap_or_else(PoisonError::into_inner);
        let limit = match activity {
            Activity::Handshake => limits.handshake,
            Activity::Idle => limits.idle,
            Activity::Reading | Activity::Writing => limits.transfer,
            Activity::Answering => return None,
        };
        since.checked_add(limit)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.seats.taken.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.number);
        self.seats.metrics.open.sub();
        self.seats.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(limit: usize) -> Arc<Seats> {
        Seats::new(limit, Arc::default())
    }

    /// Makes a seat be about something for so long already.
    fn since(seat: &Seat, activity: Activity, long: Duration) {
        let then = Instant::now().checked_sub(long).expect("the machine has run longer");
        *seat.state.activity.lock().expect("no test panicked") = (activity, then);
    }

    #[tokio::test]
    async fn the_longest_silent_connection_gives_way() {
        let seats = room(2);
        let (first, second) = (seats.take(1).await, seats.take(2).await);
        since(&first, Activity::Answering, PATIENCE);
        second.set(Activity::Idle);
        assert!(!seats.make_room(), "silent for too short a time");
        since(&second, Activity::Idle, PATIENCE);
        let newcomer = tokio::spawn({
            let seats = Arc::clone(&seats);
            async move { seats.take(3).await }
        });
        second.wanted().await;
        drop(second);
        let third = newcomer.await.expect("a seat");
        assert_eq!(seats.metrics.open.value(), 2);
        assert_eq!(seats.metrics.evicted.value(), 1);
        drop((first, third));
        assert_eq!(seats.metrics.open.value(), 0);
    }

    #[tokio::test]
    async fn strangers_go_before_clients() {
        let seats = room(3);
        let (idle, stranger, slow) = (seats.take(1).await, seats.take(2).await, seats.take(3).await);
        since(&idle, Activity::Idle, 2 * PATIENCE_IN_MESSAGE);
        since(&stranger, Activity::Handshake, PATIENCE);
        since(&slow, Activity::Reading, PATIENCE_IN_MESSAGE);
        assert!(seats.make_room());
        stranger.wanted().await;
        drop(stranger);
        assert!(seats.make_room());
        slow.wanted().await;
        drop(slow);
        assert!(seats.make_room());
        idle.wanted().await;
    }

    #[tokio::test]
    async fn nobody_is_disturbed_at_work() {
        let seats = room(1);
        let busy = seats.take(1).await;
        since(&busy, Activity::Answering, 10 * PATIENCE_IN_MESSAGE);
        assert!(!seats.make_room());
    }
}
