//! What the parts of a run come to together: scenarios in one form or another, published cases, a look at TLS. Sinks see one run.

use super::dispatch::failed;
use super::profile_run::{self, Asked};
use crate::exit::Exit;
use crate::report::Sink;
use crate::runner::event::{Event, RunFinished};
use crate::runner::verdict::Verdict;
use std::io;

/// Listens to the events of every part: passes them to the sinks, and keeps what the exit code depends on.
pub(super) struct Tally {
    sinks: Vec<Box<dyn Sink>>,
    strict: bool,
    exit: Exit,
    unwritten: Option<io::Error>,
    /// The profiles to be judged at the end.
    pub(super) profiles: Option<Box<Asked>>,
    /// What follows the part that runs: the first one to begin tells the sinks of all.
    pub(super) later: Vec<(String, usize)>,
    started: bool,
    /// What the parts so far came to.
    sum: Option<RunFinished>,
}

impl Tally {
    pub(super) fn new(sinks: Vec<Box<dyn Sink>>, strict: bool) -> Self {
        Self {
            sinks,
            strict,
            exit: Exit::Success,
            unwritten: None,
            profiles: None,
            later: Vec::new(),
            started: false,
            sum: None,
        }
    }

    /// Takes an event of a part. That a part has come to its end is no news for the sinks.
    pub(super) fn event(&mut self, event: &Event) {
        if let Some(asked) = &mut self.profiles {
            asked.event(event);
        }
        match event {
            Event::CaseFinished(e) => {
                if e.counts_as_failure(self.strict) {
                    self.exit = self.exit.and(Exit::CheckFailed);
                } else if e.verdict == Verdict::Error && !e.is_as_expected() {
                    self.exit = self.exit.and(Exit::CouldNotFindOut);
                }
                self.tell(event);
            }
            Event::RunStarted(run) => {
                if !std::mem::replace(&mut self.started, true) {
                    let mut run = run.clone();
                    run.later.clone_from(&self.later);
                    run.total = run.later.iter().fold(run.total, |sum, (_, n)| sum.saturating_add(*n));
                    self.tell(&Event::RunStarted(run));
                }
            }
            Event::Tls(look) => {
                if let Some(asked) = &mut self.profiles {
                    asked.look(&look.seen, self.strict);
                }
                self.tell(event);
            }
            Event::CaseStarted { .. } | Event::Notice(_) => self.tell(event),
            Event::RunFinished(_) | Event::Profiles(_) => {}
        }
    }

    /// A part has come to its end.
    pub(super) fn add(&mut self, part: &RunFinished) {
        self.sum = Some(self.sum.take().map_or_else(|| part.clone(), |sum| sum.and(part)));
    }

    /// Whether nothing should follow: the peer is gone, or the run was interrupted.
    pub(super) fn is_broken(&self) -> bool {
        self.sum.as_ref().is_some_and(|sum| sum.broken.is_some())
    }

    /// Nothing came of the run, or not all: the peer is to blame, and reports say so. A CI server should not show an old file.
    pub(super) fn broken(&mut self, why: String) {
        if self.sum.is_none() {
            // Nothing was seen of which a profile could be judged.
            self.profiles = None;
        }
        self.sum.get_or_insert_default().broken.get_or_insert(why);
    }

    /// The end of all parts; what the run comes to.
    pub(super) fn finish(mut self) -> Exit {
        let Some(run) = self.sum.take() else { return Exit::NothingSelected };
        if !run.stale.is_empty() || !run.unexpected.is_empty() {
            self.exit = self.exit.and(Exit::CheckFailed);
        }
        if run.broken.is_some() {
            self.exit = self.exit.and(Exit::CouldNotFindOut);
        }
        if let Some(asked) = &self.profiles {
            let judged = asked.judge();
            self.exit = self.exit.and(profile_run::exit(&judged));
            self.tell(&Event::Profiles(judged));
        }
        self.tell(&Event::RunFinished(run));
        match self.unwritten {
            Some(e) => self.exit.and(failed("write the results", &e)),
            None => self.exit,
        }
    }

    fn tell(&mut self, event: &Event) {
        for sink in &mut self.sinks {
            if let Err(e) = sink.event(event) {
                self.unwritten.get_or_insert(e);
            }
        }
    }
}
