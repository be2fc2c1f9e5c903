//! What a run of the client comes to.

use super::answer::Habits;
use super::case::{Case, Expects};
use super::stage::Seen;
use crate::fuzzing::as_server::{End, Run, Told, last_line, words};
use crate::runner::event::{Exchange, Fate, Finding};
use crate::runner::message::{operations, tree};
use crate::runner::verdict::{Level, Verdict};
use kmipspec_protocol::registry::{Operation, ResultStatus, tag};
use kmipspec_protocol::version::{ProtocolVersion, Version};
use std::time::Duration;

/// What the client does where nothing is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Usual {
    /// The version it speaks once it knows which.
    pub(super) version: Version,
    /// The operations that it asks for, all of them.
    pub(super) operations: Vec<u32>,
    /// Whether it asks only about the server.
    pub(super) probes_only: bool,
}

impl Usual {
    /// Looks at a run; none where the client has not asked anything that can be read.
    pub(super) fn of(seen: &Seen) -> Option<Self> {
        let version = seen.told.iter().rev().find_map(|told| spoken(&told.request)?.known())?;
        let operations = seen.told.iter().flat_map(|told| operations(&told.request)).collect();
        Some(Self { version, operations, probes_only: seen.probes_only() })
    }

    /// What answers are made by.
    pub(super) fn habits(&self) -> Habits {
        Habits {
            probes_only: self.probes_only,
            speaks: Some(self.version),
            names_objects: self.operations.contains(&Operation::IMPORT.0),
        }
    }
}

/// What a case came to.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) verdict: Verdict,
    pub(super) reason: Option<String>,
    pub(super) finding: Option<Finding>,
}

impl Outcome {
    fn plain(verdict: Verdict, reason: Option<String>) -> Self {
        Self { verdict, reason, finding: None }
    }

    /// What did not come again: it is recorded.
    pub(super) fn doubted(self) -> Self {
        let actual = self.finding.map(|finding| finding.actual).unwrap_or_default();
        Self::plain(Verdict::Info, Some(format!("the first of two runs only: {actual}")))
    }
}

/// Judges a run of a case at a version.
pub(super) fn judge(case: &Case, usual: &Usual, run: &Run, seen: &Seen, patience: Duration) -> Outcome {
    let how = || match &run.end {
        End::Hang => format!("the client does not end within {} s{}", patience.as_secs_f64(), last_line(&run.said)),
        end => format!("{}{}", words(end), last_line(&run.said)),
    };
    if run.end == End::Stopped {
        return Outcome::plain(Verdict::Error, Some("interrupted".to_owned()));
    }
    let Some(first) = seen.told.iter().position(|told| told.damaged) else {
        return match run.end {
            End::Exit(_) => {
                Outcome::plain(Verdict::Skip, Some(format!("the client does not ask for it: {}", case.needs)))
            }
            _ => Outcome::plain(Verdict::Error, Some(format!("before anything was changed, {}", how()))),
        };
    };
    let met = || Outcome::plain(Verdict::Pass, None);
    let recorded = |why: String| Outcome::plain(Verdict::Info, Some(why));
    let broken = |expected: &str, actual: String, exchange: usize| {
        let verdict = case.level.not_met();
        let finding = Finding {
            verdict,
            rule: case.id.to_owned(),
            statement: case.statement.to_owned(),
            spec: case.spec_at(usual.version),
            place: None,
            exchange: Some(exchange),
            path: String::new(),
            offset: None,
            expected: expected.to_owned(),
            actual,
        };
        // A finding is printed where it counts, a remark has a reason.
        let reason = (case.level == Level::May).then(|| finding.actual.clone());
        Outcome { verdict, reason, finding: Some(finding) }
    };
    // The last answer that was changed is the one that it did not bear.
    let last = seen.told.iter().rposition(|told| told.damaged).unwrap_or(first);
    match (case.expects, &run.end) {
        (Expects::Agreed, end) => match beyond(&seen.told, first) {
            Some((place, actual)) => broken("a version that Discover Versions has named", actual, place),
            None if matches!(end, End::Exit(0)) => met(),
            None if matches!(end, End::Crash(_)) => broken("it goes on at that version, or ends", how(), last),
            None => recorded(how()),
        },
        (Expects::Done | Expects::Polled, End::Exit(0)) => {
            if let Some(place) = left_pending(&seen.told).filter(|_| case.expects == Expects::Polled) {
                let actual = format!("{}, and does not ask for the result", how());
                return broken("a Poll with the Asynchronous Correlation Value", actual, place);
            }
            let asked: Vec<u32> = seen.told.iter().flat_map(|told| operations(&told.request)).collect();
            match usual.operations.iter().find(|o| count(&asked, **o) < count(&usual.operations, **o)) {
                Some(missing) => {
                    recorded(format!("the client ends with 0, and asks less often for {}", Operation(*missing)))
                }
                None => met(),
            }
        }
        // How often and how long it polls is its own business, as long as it does not say that all is done.
        (Expects::Polled, _) => recorded(how()),
        (Expects::Done, _) => broken("the client ends with 0, as it does where the answer is not changed", how(), last),
        (Expects::Refused | Expects::NotDone, End::Exit(0)) => {
            broken("the client ends with another exit code than 0", how(), first)
        }
        (Expects::Refused | Expects::NotDone | Expects::Bears, End::Exit(_)) | (Expects::Ends, End::Exit(0)) => met(),
        (Expects::Ends | Expects::Bears, End::Crash(_)) => broken("the client ends by itself", how(), last),
        // No text says how a client ends that does not say that all is well.
        (Expects::Refused | Expects::NotDone | Expects::Ends | Expects::Bears, _) => recorded(how()),
    }
}

/// The first request behind this one, at a version that no answer before it has named.
fn beyond(told: &[Told], first: usize) -> Option<(usize, String)> {
    let mut listed: Vec<ProtocolVersion> = Vec::new();
    let later = told.iter().enumerate().skip(first);
    let other = |(place, told): (usize, &Told)| {
        if told.damaged {
            listed.extend(versions_in(&told.answer));
        }
        let version = spoken(&told.request)?;
        let asks_again = operations(&told.request).iter().all(|o| *o == Operation::DISCOVER_VERSIONS.0);
        let named: Vec<String> = listed.iter().map(ToString::to_string).collect();
        (!asks_again && !listed.contains(&version))
            .then(|| (place, format!("a request at {version}; named was {}", named.join(", "))))
    };
    later.into_iter().find_map(other)
}

/// The first answer with something pending that nobody asks for behind it, whether to have it or to cancel it.
fn left_pending(told: &[Told]) -> Option<usize> {
    told.iter().enumerate().find_map(|(place, one)| {
        let answer = tree(&one.answer);
        let items = crate::runner::message::batch_items(&answer);
        let pending = items.filter(|item| {
            item.child(tag::RESULT_STATUS).and_then(|s| s.as_u32()) == Some(ResultStatus::OPERATION_PENDING.0)
        });
        let mut values = pending.filter_map(|item| item.child(tag::ASYNCHRONOUS_CORRELATION_VALUE)?.as_bytes());
        let left = values.any(|value| {
            let mut later = told.iter().skip(place.saturating_add(1));
            !later.any(|later| tree(&later.request).items().any(|item| item.as_bytes() == Some(value)))
        });
        left.then_some(place)
    })
}

/// The versions in the payloads of an answer.
fn versions_in(answer: &[u8]) -> Vec<ProtocolVersion> {
    let doc = tree(answer);
    let items = crate::runner::message::batch_items(&doc);
    let payloads = items.filter_map(|item| item.child(tag::RESPONSE_PAYLOAD));
    payloads.flat_map(|payload| payload.children()).filter_map(ProtocolVersion::of).collect()
}

/// The version in the header of a request.
pub(super) fn spoken(request: &[u8]) -> Option<ProtocolVersion> {
    ProtocolVersion::in_header(&tree(request), tag::REQUEST_HEADER)
}

fn count(all: &[u32], one: u32) -> usize {
    all.iter().filter(|o| **o == one).count()
}

/// What was said, as reports show what a peer asked and was answered.
pub(super) fn transcript(told: &[Told]) -> Vec<Exchange> {
    let exchange = |(number, told): (usize, &Told)| Exchange {
        step: format!("request {}", number.saturating_add(1)),
        identity: "alice".to_owned(),
        sent: told.answer.clone(),
        received: told.request.clone(),
        fate: Fate::Answered,
        duration: Duration::ZERO,
        http: None,
        asked_by_peer: true,
    };
    told.iter().enumerate().map(exchange).collect()
}
