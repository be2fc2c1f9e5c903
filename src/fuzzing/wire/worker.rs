//! One worker: plays inputs, learns from what they show, and makes sure of what looks like a fault.

use super::alive::Alive;
use super::confirm::{Found, TIMES, confirmed, look, smaller};
use super::engine::Ended;
use super::features::features;
use super::judge::{Seen, judge};
use super::peer::{Peer, Played};
use super::shared::{ASKED_EVERY, Own, Shared, Turn};
use crate::fuzzing::oracle::Finding;
use crate::fuzzing::script::Script;
use crate::runner::event::Fate;
use std::time::{Duration, Instant};

/// How long it is looked for which of the last inputs it was.
const SUSPECTED_FOR: Duration = Duration::from_secs(20);

/// A worker, with connections of its own.
pub(super) struct Worker<'w, 'r> {
    place: usize,
    shared: &'w Shared<'r>,
    peer: &'w mut Peer,
}

impl<'w, 'r> Worker<'w, 'r> {
    pub(super) fn new(place: usize, shared: &'w Shared<'r>, peer: &'w mut Peer) -> Self {
        Self { place, shared, peer }
    }

    /// Plays inputs until the run is over.
    pub(super) fn run(mut self) {
        let stop = self.peer.stop.clone();
        while let Some(turn) = self.shared.next(|| stop.is_asked()) {
            self.one(&turn);
            self.tell(false);
        }
        self.tell(true);
    }

    fn tell(&self, last: bool) {
        let peer = &self.peer;
        let own = || Own {
            exchanges: peer.exchanges,
            waited: peer.waited,
            open: peer.connections(),
            latency: peer.median_latency(),
        };
        self.shared.report(self.place, own, last);
    }

    /// One input.
    fn one(&mut self, turn: &Turn) {
        let script = &turn.script;
        let among = self.shared.among_others();
        let were_alone = *among;
        let mut played = self.peer.play(script);
        if self.peer.stop.is_asked() {
            return;
        }
        let silent = played.steps.iter().any(|step| step.honest && matches!(step.fate, Fate::TimedOut { .. }));
        let mut alive = match silent || played.held.is_some() || turn.number.is_multiple_of(ASKED_EVERY) {
            true => self.peer.alive(true),
            false if played.is_suspicious() => self.peer.alive(false),
            false => Alive::Well,
        };
        if alive == Alive::Well {
            self.peer.tidy_now_and_then();
        }
        drop(among);
        self.shared.learn(turn, &features(&played));
        // What was interrupted tells nothing of the server.
        if self.peer.stop.is_asked() {
            return;
        }
        let mut seen = self.shared.unknown(judge(&played, &alive, self.peer.compares));
        if seen.is_empty() && !is_down(&alive) {
            return;
        }
        let mut alone = self.shared.alone();
        if self.shared.is_over() {
            return;
        }
        if *alone != were_alone {
            // Somebody has made sure of something since: what was seen may be what that did.
            (played, alive, seen) = look(self.peer, script, true);
            seen = self.shared.unknown(seen);
        }
        *alone += 1;
        let mut is_there = self.made_sure_of(script, &played, seen, &alive);
        if is_there.is_ok() && is_down(&alive) {
            is_there = self.peer.revive();
        }
        // Before others come in: they would find it gone as well.
        if let Err(why) = is_there
            && !self.peer.stop.is_asked()
        {
            self.shared.over(Ended::Gone(why));
        }
    }

    /// Makes sure of what was seen and is not known yet.
    fn made_sure_of(&mut self, script: &Script, played: &Played, seen: Vec<Seen>, alive: &Alive) -> Result<(), String> {
        for seen in seen {
            // One of those before may have been told meanwhile, by another name.
            let Some(seen) = self.shared.unknown(vec![seen]).pop() else { continue };
            if is_down(alive)
                && let Err(why) = self.peer.revive()
            {
                // It cannot be asked any more: what is known is told.
                let mut found = Found::unsure(seen.finding, seen.step, script.clone(), self.shared.executions());
                found.played = played.clone();
                self.shared.add(found);
                return Err(why);
            }
            // That it is gone may have another reason than the last input.
            let suspects = match alive {
                Alive::Well => vec![script.clone()],
                _ => self.shared.suspects(script),
            };
            let until = Instant::now() + SUSPECTED_FOR;
            let mut in_time = suspects.into_iter().take_while(|_| Instant::now() < until);
            match in_time.find_map(|suspect| self.sure(&suspect, &seen)) {
                Some(found) => self.shared.add(found),
                // Whether it would have come again is not known.
                None if self.peer.stop.is_asked() => {}
                None => self.shared.doubt(seen),
            }
            if self.peer.stop.is_asked() {
                break;
            }
        }
        Ok(())
    }

    /// The finding made small, where it comes again each time.
    fn sure(&mut self, script: &Script, seen: &Seen) -> Option<Found> {
        if self.peer.stop.is_asked() {
            return None;
        }
        let key =
            Seen { finding: Finding { operation: operation_of(script, seen), ..seen.finding.clone() }, ..seen.clone() };
        let (times, last) = confirmed(self.peer, script, &key);
        let (again, played) = last.filter(|_| times == TIMES)?;
        let before = script.write().len();
        let small = smaller(self.peer, script, &key);
        let mut found = Found {
            finding: again.finding,
            step: again.step,
            script: script.clone(),
            played,
            confirmed: times,
            before,
            executions: self.shared.executions(),
        };
        if small != *script
            && let (TIMES, Some((again, played))) = confirmed(self.peer, &small, &key)
        {
            (found.finding, found.step, found.script, found.played) = (again.finding, again.step, small, played);
        }
        Some(found)
    }
}

/// Whether new clients get nothing.
const fn is_down(alive: &Alive) -> bool {
    matches!(alive, Alive::Gone(_) | Alive::Silent(_))
}

/// That the server is gone is about the last operation of the script that did it.
fn operation_of(script: &Script, seen: &Seen) -> String {
    if !matches!(seen.finding.place.as_str(), "server" | "other clients") {
        return seen.finding.operation.clone();
    }
    let asked = script.steps.iter().rev().find(|step| !step.bytes.is_empty());
    let asked = asked.map(|step| super::requests::operations(&step.bytes)).unwrap_or_default();
    asked.first().map(ToString::to_string).unwrap_or_default()
}
