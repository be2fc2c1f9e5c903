//! What came back against the oracles.

use super::alive::Alive;
use super::differences::difference;
use super::peer::{Peer, Played};
use super::requests::{LIMITS, PARTING, SLOW, operations, sound_at};
use crate::fuzzing::oracle::{Finding, Oracle};
use crate::fuzzing::oracles::Conversation;
use crate::report::text::duration;
use crate::runner::event::Fate;
use kmipspec_protocol::registry::Operation;
use kmipspec_protocol::ttlv::Doc;
use kmipspec_protocol::version::Version;

/// Where a connection is closed in place of an answer.
pub(super) const CLOSED: &str = "closed";

/// A finding, and the step that shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What is wrong.
    pub finding: Finding,
    /// The step's place in the script.
    pub step: usize,
}

impl Seen {
    /// Findings of the same key are one.
    pub fn key(&self) -> (Oracle, String, String) {
        (self.finding.oracle, self.finding.operation.clone(), self.finding.place.clone())
    }
}

/// Every finding of a script that was played, the server being so afterwards; with what the bundled server does otherwise, if that
/// `compares` (O7).
pub fn judge(played: &Played, alive: &Alive, compares: bool) -> Vec<Seen> {
    let mut conversation = Conversation::default();
    let mut all = Vec::new();
    for step in &played.steps {
        let asked = operations(&step.request);
        let operation = asked.first().map(Operation::to_string).unwrap_or_default();
        let mut see = |oracle, place: &str, detail: String| {
            let finding = Finding { oracle, operation: operation.clone(), place: place.to_owned(), detail };
            all.push(Seen { finding, step: step.step });
        };
        match &step.fate {
            Fate::Answered => {
                if let Some(usual) = step.usual.filter(|_| !asked.iter().any(|o| SLOW.contains(o))) {
                    let (took, usual) = (duration(step.took), duration(usual));
                    see(Oracle::O9, "time", format!("an answer took {took}, where {usual} is usual: a measurement"));
                }
                let found = conversation.look(&Peer::exchange(step));
                all.extend(found.into_iter().map(|finding| Seen { finding, step: step.step }));
            }
            // To what is no message there may be any answer: some servers speak HTTP on the same port.
            Fate::NotTtlv(why) if step.honest => see(Oracle::O2, "no message", why.clone()),
            // What is not as long as it says may be waited for, and prime numbers take their time.
            fate @ Fate::TimedOut { .. }
                if step.honest && played.held.is_none() && !asked.iter().any(|o| SLOW.contains(o)) =>
            {
                see(Oracle::O8, "no answer", fate.told());
            }
            // Where the server is gone, that is what is told.
            Fate::Closed { after: 0 }
                if *alive == Alive::Well
                    && step.honest
                    && step.who.is_some()
                    && !asked.iter().any(|o| PARTING.contains(o))
                    && sound_at(&Doc::lenient(&step.request, &LIMITS))
                        .is_some_and(|v| Version::WITH_TEXT.contains(&v)) =>
            {
                see(Oracle::O8, CLOSED, "a request as the tables have it is not answered: closed".to_owned());
            }
            Fate::NotTtlv(_) | Fate::Closed { .. } | Fate::Alert(_) | Fate::TimedOut { .. } | Fate::Failed(_) => {}
        }
    }
    if compares {
        all.extend(difference(played));
    }
    let last = played.steps.last();
    let (step, operation) = last.map_or((0, String::new()), |last| {
        (last.step, operations(&last.request).first().map(Operation::to_string).unwrap_or_default())
    });
    if let (Alive::Silent(why), Some((step, kind))) = (alive, played.held) {
        let place = format!("others, beside {kind}");
        all.push(Seen {
            finding: Finding { oracle: Oracle::O8, operation: String::new(), place, detail: why.clone() },
            step,
        });
        return all;
    }
    let (oracle, place, detail) = match alive {
        Alive::Well => return all,
        Alive::Cut => {
            (Oracle::O1, "other clients", "a client that was connected all the time has been cut off".to_owned())
        }
        Alive::Silent(why) => (Oracle::O8, "other clients", why.clone()),
        Alive::Gone(why) => (Oracle::O1, "server", format!("a new client is not served: {why}")),
    };
    all.push(Seen { finding: Finding { oracle, operation, place: place.to_owned(), detail }, step });
    all
}
