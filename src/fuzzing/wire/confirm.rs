//! A finding is told when it comes again: three times, on connections of its own. Then it is made small.

use super::alive::Alive;
use super::judge::{Seen, judge};
use super::peer::{Peer, Played};
use crate::fuzzing::minimise;
use crate::fuzzing::oracle::Finding;
use crate::fuzzing::script::Script;
use std::time::{Duration, Instant};

/// How often it has to come again.
pub(super) const TIMES: usize = 3;

/// Tries at making a finding smaller.
const TRIES: usize = 400;

/// And the time for it.
const TIME: Duration = Duration::from_secs(20);

/// A finding with what shows it.
#[derive(Clone, Debug)]
pub struct Found {
    /// What is wrong.
    pub finding: Finding,
    /// The step that shows it.
    pub step: usize,
    /// The conversation.
    pub script: Script,
    /// What was said the last time.
    pub played: Played,
    /// How often it came again on fresh connections; fewer than three times only where the server could not be asked any more.
    pub confirmed: usize,
    /// The bytes of the conversation before it was made small.
    pub before: usize,
    /// Executions up to it.
    pub executions: u64,
}

impl Found {
    /// What could not be asked for again.
    pub(super) fn unsure(finding: Finding, step: usize, script: Script, executions: u64) -> Self {
        let before = script.write().len();
        Self { finding, step, script, played: Played::default(), confirmed: 0, before, executions }
    }
}

/// Plays a script on fresh connections, and says what is to be seen.
pub(super) fn look(peer: &mut Peer, script: &Script, thorough: bool) -> (Played, Alive, Vec<Seen>) {
    peer.forget();
    let played = peer.play(script);
    let alive = if thorough || played.is_suspicious() { peer.alive(true) } else { Alive::Well };
    let seen = judge(&played, &alive, peer.compares);
    (played, alive, seen)
}

/// Whether a finding comes again each time; how often it did, and what was said. A server that is gone ends it.
pub fn confirmed(peer: &mut Peer, script: &Script, key: &Seen) -> (usize, Option<(Seen, Played)>) {
    let mut last = None;
    for time in 0..TIMES {
        let (played, alive, seen) = look(peer, script, true);
        let Some(same) = seen.into_iter().find(|other| other.key() == key.key()) else { return (time, last) };
        last = Some((same, played));
        if matches!(alive, Alive::Gone(_) | Alive::Silent(_)) && peer.revive().is_err() {
            return (time + 1, last);
        }
        if peer.stop.is_asked() {
            return (time + 1, last);
        }
    }
    (TIMES, last)
}

/// A smaller script with the same finding, as small as it gets within a time. What scripts made is taken away before each try: a server
/// that never met the rest of this one has to show it.
pub fn smaller(peer: &mut Peer, script: &Script, key: &Seen) -> Script {
    peer.tidy(TIME);
    let until = Instant::now() + TIME;
    let small = minimise::script(&script.write(), TRIES, |bytes| {
        if Instant::now() > until || peer.stop.is_asked() {
            return false;
        }
        let Ok(script) = Script::read(bytes) else { return false };
        let (_, alive, seen) = look(peer, &script, false);
        if matches!(alive, Alive::Gone(_) | Alive::Silent(_)) && peer.revive().is_err() {
            return false;
        }
        peer.tidy(TIME);
        seen.iter().any(|other| other.key() == key.key())
    });
    Script::read(&small.bytes).unwrap_or_else(|_| script.clone())
}
