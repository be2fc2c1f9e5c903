//! A step that waits to be told of something by the peer, at our listener.

use super::event::{Exchange, Fate, Finding};
use super::inbox::{Inbox, Told};
use super::message;
use super::verdict::Verdict;
use crate::scenario::plan::Step;
use crate::scenario::vars::{BuildError, Vars};
use kmipspec_protocol::version::Version;
use std::time::{Duration, Instant};
use tokio::time::timeout_at;

/// What came of it.
#[derive(Debug)]
pub(super) struct Received {
    /// The message and our answer, if one came.
    pub(super) exchange: Option<Exchange>,
    /// What is to be said of it.
    pub(super) findings: Vec<Finding>,
}

/// Waits for the first message that is as expected: a peer may tell of one thing in several messages, and of what was before.
/// Only where none is, the last one is judged; where none came at all, nothing is held against the peer, for no sentence
/// obliges it to tell.
pub(super) async fn receive(
    inbox: &Inbox,
    step: &Step,
    version: Version,
    vars: &mut Vars,
    (mut after, patience): (u64, Duration),
) -> Result<Received, BuildError> {
    let started = Instant::now();
    let deadline = tokio::time::Instant::from_std(started) + patience;
    let Some((operation, about)) = step.awaits(vars)? else {
        return Ok(Received { exchange: None, findings: Vec::new() });
    };
    let mut came = inbox.watch();
    let mut judged: Option<(Told, Vec<Finding>)> = None;
    let mut other: Option<Told> = None;
    'waiting: loop {
        came.borrow_and_update();
        for told in inbox.about(operation, &about, after) {
            after = told.number;
            if told.version != Some(version) {
                other = Some(told);
                continue;
            }
            let mut trial = vars.clone();
            let findings = step.judge_told(&message::tree(&told.message), told.index, &mut trial);
            let as_expected = findings.iter().all(|f| matches!(f.verdict, Verdict::Pass | Verdict::Info));
            judged = Some((told, findings));
            if as_expected {
                *vars = trial;
                break 'waiting;
            }
        }
        // What was told at another version is not told once more.
        if judged.is_none() && other.is_some() || !matches!(timeout_at(deadline, came.changed()).await, Ok(Ok(()))) {
            break;
        }
    }
    let whole = |told: &Told| Exchange {
        step: step.name.clone(),
        identity: step.identity.clone(),
        sent: told.answer.to_vec(),
        received: told.message.to_vec(),
        fate: Fate::Answered,
        duration: started.elapsed(),
        http: None,
        asked_by_peer: true,
    };
    if let Some(told) = judged.as_ref().map(|(told, _)| told).or(other.as_ref()) {
        inbox.forget(operation, &about, told.number);
    }
    Ok(match (judged, other) {
        (Some((told, findings)), _) => Received { exchange: Some(whole(&told)), findings },
        (None, Some(told)) => {
            let theirs = told.version.map_or_else(|| "no published version".to_owned(), |v| format!("KMIP {v}"));
            let why = format!("it was told at {theirs}");
            Received { exchange: Some(whole(&told)), findings: step.not_told(version, patience, &why) }
        }
        (None, None) => {
            let trouble =
                inbox.last_trouble().map_or_else(String::new, |t| format!("; the last connection that failed: {t}"));
            let why = format!("nothing came, and no sentence obliges a server to tell{trouble}");
            Received { exchange: None, findings: step.not_told(version, patience, &why) }
        }
    })
}
