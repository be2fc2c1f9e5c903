//! One case at one version: its exchanges, the judgement, and the cleanup that follows whatever happened.

use super::capability::{Capabilities, HTTPS};
use super::event::{Exchange, Execution, Finding};
use super::inbox::Inbox;
use super::receive::{Received, receive};
use super::sanity::{self, authentication_of};
use super::standing::Standing;
use super::stop::Stop;
use super::verdict::Verdict;
use super::{cleanup, message, reproduce};
use crate::client::session::{Connections, Options};
use crate::client::{Encoding, Pool, Session, Target};
use crate::scenario::file::Connection;
use crate::scenario::judge::Outcome;
use crate::scenario::plan::{Plan, Step, password_of, user_name_of};
use crate::scenario::vars::{BuildError, Created, Vars};
use kmipspec_protocol::registry::tag;
use kmipspec_protocol::ttlv::Item;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::OwnedSemaphorePermit;

/// What every case of a run shares.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) target: Arc<Target>,
    pub(super) pool: Arc<Pool>,
    pub(super) capabilities: Capabilities,
    pub(super) standing: Standing,
    /// What the peer tells us, where some case asks for it.
    pub(super) inbox: Option<Arc<Inbox>>,
    pub(super) run_id: String,
    pub(super) reproduce: Vec<String>,
    pub(super) case_timeout: Duration,
    pub(super) stop: Stop,
}

/// A case that was run.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) execution: Execution,
    /// Objects that could not be removed, ready to print.
    pub(super) left_behind: Vec<String>,
    /// Whether something went wrong that a dead peer would explain.
    pub(super) in_doubt: bool,
}

/// One of the places that `--jobs` allows. A case that has to let time pass gives it up for good: it does nothing
/// meanwhile, and is not to queue up again behind all the others.
pub(super) type Place = Option<OwnedSemaphorePermit>;

/// Runs a case. Where a connection used before turned out to be closed, the case is run again on new connections.
pub(super) async fn execute(shared: &Shared, plan: &Plan, mut place: Place) -> Done {
    let started = Instant::now();
    let mut attempt = Attempt::new(shared, plan, &shared.run_id, Connections::Shared);
    attempt.run(shared, plan, &mut place).await;
    let mut left_behind = attempt.clean(shared, plan).await;
    if !attempt.cut && attempt.session.reuse_failed() && !matches!(attempt.verdict(), Verdict::Pass | Verdict::Info) {
        // Its names must not meet those of the first attempt.
        let run_id = format!("{}-again", shared.run_id);
        attempt = Attempt::new(shared, plan, &run_id, Connections::OnePerExchange);
        attempt.run(shared, plan, &mut place).await;
        left_behind.extend(attempt.clean(shared, plan).await);
    }
    let mut verdict = attempt.verdict();
    // What is proven stays proven; anything else a case cut short says is about us.
    let unsayable = attempt.unsayable.filter(|_| verdict != Verdict::Fail);
    let interrupted = attempt.cut && verdict != Verdict::Fail;
    let transcript = attempt.transcript;
    shared.standing.look(&plan.id, plan.version, &transcript);
    let unanswered = transcript.iter().any(|e| e.fate != super::event::Fate::Answered);
    let in_doubt = verdict == Verdict::Error || unanswered && !matches!(verdict, Verdict::Pass | Verdict::Info);
    let mut findings = attempt.findings;
    findings.sort_by_key(|f| rank(f.verdict));
    let mut why = reason(verdict, &findings);
    if interrupted {
        findings.clear();
        verdict = Verdict::Skip;
        why = Some("not run to its end: the run was interrupted".to_owned());
    }
    if let Some(unsayable) = unsayable {
        findings.clear();
        verdict = Verdict::Skip;
        why = Some(unsayable);
    }
    let execution = Execution {
        reason: why,
        duration: started.elapsed(),
        verdict,
        findings,
        transcript,
        ..not_run(plan, verdict, None, shared)
    };
    Done { execution, left_behind, in_doubt }
}

/// The execution of a case that is not run.
pub(super) fn not_run(plan: &Plan, verdict: Verdict, reason: Option<String>, shared: &Shared) -> Execution {
    Execution {
        id: plan.id.clone(),
        suite: plan.suite.clone(),
        title: plan.title.clone(),
        version: plan.version,
        encoding: encoding_of(plan, &shared.target).name(),
        level: plan.level,
        spec: plan.spec.clone(),
        verdict,
        reason,
        findings: Vec::new(),
        transcript: Vec::new(),
        duration: Duration::ZERO,
        expected: None,
        reproduce: reproduce::command(&shared.reproduce, plan.version, &plan.id),
    }
}

/// How the messages of a case travel: as those of the run do, unless it is about HTTPS.
fn encoding_of(plan: &Plan, target: &Target) -> Encoding {
    let by_http = plan.needs.features.iter().any(|f| f == HTTPS) && !target.encoding.is_http();
    if by_http { Encoding::Https } else { target.encoding }
}

/// The state of one attempt; it outlives a time limit or a panic, so that cleanup knows what to remove.
struct Attempt {
    vars: Vars,
    /// Dates are those of the peer's clock.
    clock_ahead: i64,
    session: Session,
    findings: Vec<Finding>,
    transcript: Vec<Exchange>,
    connections: Connections,
    /// The latest thing told before the latest request was sent.
    told_before: u64,
    /// Whether the run was asked to end before the last step.
    cut: bool,
    /// Why the encoding of the run has no form for a request, when that was so.
    unsayable: Option<String>,
}

impl Attempt {
    fn new(shared: &Shared, plan: &Plan, run_id: &str, connections: Connections) -> Self {
        Self {
            vars: with_passwords(Vars::new(run_id, &plan.id, plan.version, now()), &shared.target),
            clock_ahead: shared.capabilities.clock_ahead,
            session: Session::new(Arc::clone(&shared.target), Arc::clone(&shared.pool), connections)
                .speaking(encoding_of(plan, &shared.target)),
            findings: Vec::new(),
            transcript: Vec::new(),
            connections,
            told_before: 0,
            cut: false,
            unsayable: None,
        }
    }

    /// All steps, within the time limit. A panic is ours, not the peer's.
    async fn run(&mut self, shared: &Shared, plan: &Plan, place: &mut Place) {
        let ended = tokio::time::timeout(shared.case_timeout, caught(self.steps(shared, plan, place))).await;
        let broken = match ended {
            Ok(Ok(())) => None,
            Ok(Err(what)) => Some(("the case to run".to_owned(), format!("the harness failed: {what}"))),
            Err(_) => Some((
                format!("the case to end within {:?}", shared.case_timeout),
                "it was still running; the peer answers slowly".to_owned(),
            )),
        };
        if let Some((expected, actual)) = broken {
            self.findings.push(Finding { expected, actual, ..own_finding(plan, Verdict::Error) });
        }
        self.session.release();
        self.transcript.extend(self.session.take_transcript());
    }

    async fn steps(&mut self, shared: &Shared, plan: &Plan, place: &mut Place) {
        for step in &plan.steps {
            for round in 1..=step.repeat {
                self.cut = shared.stop.is_asked();
                if self.cut {
                    return;
                }
                self.vars.set_iteration(round);
                if !step.wait.is_zero() {
                    drop(place.take());
                    tokio::select! {
                        () = tokio::time::sleep(step.wait) => (),
                        () = shared.stop.asked() => {
                            self.cut = true;
                            return;
                        }
                    }
                }
                if self.step(shared, plan, step).await.is_break() {
                    return;
                }
            }
        }
    }

    async fn step(&mut self, shared: &Shared, plan: &Plan, step: &Step) -> std::ops::ControlFlow<()> {
        use std::ops::ControlFlow::Break;
        self.vars.set_now(now().saturating_add(self.clock_ahead));
        if step.waits() {
            return self.wait_to_be_told(shared, plan, step).await;
        }
        self.told_before = shared.inbox.as_ref().map_or(0, |inbox| inbox.latest());
        self.vars.set_authentication(authentication_of(&self.session, &step.identity));
        let bytes = match step.request(&mut self.vars) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.findings.push(unbuilt(plan, step, &error));
                return Break(());
            }
        };
        self.unsayable = unsayable(self.session.encoding(), step, &bytes);
        if self.unsayable.is_some() {
            return Break(());
        }
        let (connection, new_connection) = match &step.connection {
            Connection::Default => ("", false),
            Connection::New => ("", true),
            Connection::Named(name) => (name.as_str(), false),
        };
        let options = Options {
            connection,
            new_connection,
            close_write: step.close_write,
            http: Some(&step.http),
            ..Options::new(&step.name, &step.identity)
        };
        let place = self.session.exchange(options, bytes).await;
        let mut found = {
            let Some(exchange) = self.session.transcript().get(place) else { return Break(()) };
            let doc = (!exchange.received.is_empty()).then(|| message::tree(&exchange.received));
            step.judge(&Outcome { fate: &exchange.fate, response: doc.as_ref() }, &mut self.vars)
        };
        if step.alive
            && let Err(error) = sanity::check(&mut self.session, plan.version).await
        {
            found.push(step.not_alive(&error.to_string()));
        }
        self.conclude(plan, step, found, Some(place))
    }

    /// Waits to be told of something since the latest request.
    async fn wait_to_be_told(&mut self, shared: &Shared, plan: &Plan, step: &Step) -> std::ops::ControlFlow<()> {
        let (Some(inbox), Some(listener)) = (&shared.inbox, &shared.target.listener) else {
            let findings = step.not_told(plan.version, Duration::ZERO, "nobody listens");
            return self.conclude(plan, step, findings, None);
        };
        let patience = shared.target.timeouts.exchange.min(listener.patience);
        let since = (self.told_before, patience);
        match receive(inbox, step, plan.version, &mut self.vars, since).await {
            Ok(Received { exchange, findings }) => {
                let place = exchange.map(|exchange| self.session.note(exchange));
                self.conclude(plan, step, findings, place)
            }
            Err(error) => {
                self.findings.push(unbuilt(plan, step, &error));
                std::ops::ControlFlow::Break(())
            }
        }
    }

    /// Takes the findings of a step, which are about an exchange; says whether the case is to go on.
    fn conclude(
        &mut self,
        plan: &Plan,
        step: &Step,
        mut found: Vec<Finding>,
        place: Option<usize>,
    ) -> std::ops::ControlFlow<()> {
        use std::ops::ControlFlow::{Break, Continue};
        for finding in &mut found {
            finding.exchange = finding.exchange.or(place);
        }
        let ends = step.ends_scenario(&found);
        for finding in
            found.iter_mut().filter(|f| !plan.counts && matches!(f.verdict, Verdict::Fail | Verdict::NonStrict))
        {
            finding.verdict = Verdict::Info;
            finding.statement.push_str(" (recorded only: no published case of this version shows it)");
        }
        self.findings.append(&mut found);
        if ends { Break(()) } else { Continue(()) }
    }

    /// Removes what the case made. Bounded by the time limits of the exchanges; given up when the peer is silent.
    async fn clean(&mut self, shared: &Shared, plan: &Plan) -> Vec<String> {
        let created: Vec<Created> = self.vars.created().cloned().collect();
        if created.is_empty() {
            return Vec::new();
        }
        let mut session = Session::new(Arc::clone(&shared.target), Arc::clone(&shared.pool), self.connections);
        let mut left = Vec::new();
        for object in &created {
            let id = &object.unique_identifier;
            if let Err(why) = cleanup::remove(&mut session, &object.identity, plan.version, id).await {
                left.push(format!(
                    "{} at {}: object {id} of {} stays behind: {why}",
                    plan.id, plan.version, object.identity
                ));
            }
        }
        session.release();
        self.transcript.extend(session.take_transcript());
        left
    }

    fn verdict(&self) -> Verdict {
        self.findings.iter().map(|f| f.verdict).min_by_key(|v| rank(*v)).unwrap_or(Verdict::Pass)
    }
}

/// What a case knows from the beginning: who has which user name and password.
fn with_passwords(mut vars: Vars, target: &Target) -> Vars {
    for identity in target.identities() {
        if let Some(password) = &identity.password {
            vars.bind(&user_name_of(&identity.name), Item::text(tag::USERNAME, &password.username));
            vars.bind(&password_of(&identity.name), Item::text(tag::PASSWORD, &password.password));
        }
    }
    vars
}

/// Why a request cannot be sent in an encoding: its bytes are damaged on purpose, or it needs what HTTP has not.
fn unsayable(encoding: Encoding, step: &Step, bytes: &[u8]) -> Option<String> {
    if !encoding.is_http() {
        return None;
    }
    if step.close_write {
        return Some(format!("{}: HTTP knows no connection closed on one side", step.name));
    }
    encoding.body(bytes).err().map(|why| format!("{}: {why}", step.name))
}

/// Of several findings the first in this order decides: what is proven against the peer, then what could not be found out.
const fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Fail => 0,
        Verdict::Error => 1,
        Verdict::NonStrict => 2,
        Verdict::Inconclusive => 3,
        Verdict::Info => 4,
        Verdict::Pass => 5,
        Verdict::Skip => 6,
        Verdict::Disabled => 7,
    }
}

/// The line that says why, for outcomes that are about us or about a precondition.
fn reason(verdict: Verdict, findings: &[Finding]) -> Option<String> {
    if !matches!(verdict, Verdict::Inconclusive | Verdict::Error) {
        return None;
    }
    let first = findings.iter().find(|f| f.verdict == verdict)?;
    let what = if verdict == Verdict::Inconclusive { "a precondition broke" } else { "could not find out" };
    Some(format!("{what}: expected {}, got {}", first.expected, first.actual))
}

/// A request that could not be made: an answer before did not bring what it needs, or the file is wrong.
fn unbuilt(plan: &Plan, step: &Step, error: &BuildError) -> Finding {
    let verdict = match error {
        BuildError::Unbound { .. } | BuildError::WrongType { .. } => Verdict::Inconclusive,
        BuildError::NoSuchItem { .. } | BuildError::BadEdit { .. } => Verdict::Error,
    };
    Finding {
        place: Some(error.place().file_line()),
        expected: format!("{} to be sent", step.name),
        actual: error.to_string(),
        ..own_finding(plan, verdict)
    }
}

fn own_finding(plan: &Plan, verdict: Verdict) -> Finding {
    Finding {
        verdict,
        rule: plan.id.clone(),
        statement: plan.title.clone(),
        spec: plan.spec.clone(),
        place: None,
        exchange: None,
        path: String::new(),
        offset: None,
        expected: String::new(),
        actual: String::new(),
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// Runs a future to its end or to its panic, whose message is returned.
async fn caught(future: impl Future<Output = ()>) -> Result<(), String> {
    let mut future = pin!(future);
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(())) => Poll::Ready(Ok(())),
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
            Poll::Ready(Err(text.unwrap_or_else(|| "a panic without a message".to_owned())))
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_error_with_its_message() {
        assert_eq!(caught(async {}).await, Ok(()));
        assert_eq!(caught(async { panic!("at {}", 7) }).await, Err("at 7".to_owned()));
    }
}
