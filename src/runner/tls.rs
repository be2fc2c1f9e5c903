//! The peer's TLS as a part of a run: what is seen of it, and the authentication suites that have to be met as cases.
//!
//! What a suite asks and what came of it is said by `crate::tls`; here it becomes executions, which expectations files and reports know
//! how to deal with. Without a suite to be met nothing about TLS can fail a run.

use super::event::{Event, Execution, Finding, RunFinished, TlsLook};
use super::expectations::{self, Expectations};
use super::reproduce;
use super::run::RunError;
use super::stop::Stop;
use super::verdict::{Level, Verdict};
use crate::client::Target;
use crate::scenario::version_set::VersionSet;
use crate::tls::observation::Host;
use crate::tls::requirement::{AuthenticationSuite, Evidence, Strength};
use crate::tls::verdict::{self, Outcome};
use crate::tls::{Judgement, Options, SuiteVerdict, authentication_suites, judge, probe};
use kmipspec_protocol::version::Version;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedSender;

/// The first part of the ids of these cases.
const SUITE: &str = "tls";

/// Everything a look at TLS needs to know.
#[derive(Debug)]
pub struct TlsRun {
    /// The peer.
    pub target: Arc<Target>,
    /// How it is looked at.
    pub options: Options,
    /// The authentication suites that have to be met.
    pub required: Vec<&'static AuthenticationSuite>,
    /// By what matters in practice, and not by the text.
    pub practical: bool,
    /// Known failures.
    pub expectations: Expectations,
    /// How the target is named on a command line.
    pub reproduce: Vec<String>,
    /// Ends the look early.
    pub stop: Stop,
}

/// The cases there are, whether they are asked for or not: an entry of an expectations file may be about any.
pub fn cases() -> Vec<(String, VersionSet)> {
    let version = |suite: &AuthenticationSuite| std::iter::once(version_of(suite)).collect();
    authentication_suites().iter().map(|suite| (id_of(suite), version(suite))).collect()
}

/// Entries of expectations files about none of these cases, as every part of a run says it of its own.
pub fn stale(expectations: &Expectations) -> Vec<String> {
    let cases = cases();
    let of = |id: &str| cases.iter().find(|(known, _)| known == id).map(|(_, versions)| *versions);
    expectations.stale(cases.iter().map(|(id, _)| id.as_str()), of)
}

/// Looks. The events tell the same as the result; nothing is printed.
pub async fn run(run: TlsRun, events: UnboundedSender<Event>) -> Result<RunFinished, RunError> {
    let started = Instant::now();
    let seen = tokio::select! {
        seen = probe(&run.target, &run.options) => seen,
        () = run.stop.asked() => return Err(RunError::Interrupted),
    };
    let suites = authentication_suites().iter().filter(|_| seen.host == Host::Tls);
    let verdicts: Vec<SuiteVerdict> = suites.map(|suite| judge(&seen, suite)).collect();
    let took = started.elapsed();
    let mut finished = RunFinished { stale: stale(&run.expectations), duration: took, ..RunFinished::default() };
    for suite in &run.required {
        let mut execution = run.execution(suite, verdicts.iter().find(|v| v.suite == suite.id), took);
        run.expectations.apply(&mut execution);
        finished.unexpected.extend(expectations::contradiction(&execution));
        finished.counts.push((execution.verdict, 1));
        // A listener that went away changes nothing: the result is returned as well.
        let _ = events.send(Event::CaseFinished(Box::new(execution)));
    }
    let required = run.required.iter().map(|suite| suite.id.clone()).collect();
    let _ = events.send(Event::Tls(Box::new(TlsLook { seen, verdicts, required })));
    let _ = events.send(Event::RunFinished(finished.clone()));
    Ok(finished)
}

impl TlsRun {
    /// A suite as a case; without a verdict nothing could be seen.
    fn execution(&self, suite: &AuthenticationSuite, judged: Option<&SuiteVerdict>, took: Duration) -> Execution {
        let (id, version) = (id_of(suite), version_of(suite));
        let how = if self.practical { "in practice" } else { "by the text" };
        let mut execution = Execution {
            suite: SUITE.to_owned(),
            title: format!("TLS is as the {} asks, {how}", suite.title),
            version,
            encoding: "ttlv",
            level: Level::Shall,
            spec: vec![spec(&suite.section)],
            verdict: Verdict::Error,
            reason: None,
            findings: Vec::new(),
            transcript: Vec::new(),
            duration: took,
            expected: None,
            reproduce: reproduce::tls_command(&self.reproduce, &suite.id, self.practical),
            id,
        };
        if let Some(entry) = self.expectations.disabled(&execution.id, version) {
            (execution.verdict, execution.reason) = (Verdict::Disabled, Some(entry.because.clone()));
        } else if let Some(judged) = judged {
            self.conclude(judged, &mut execution);
        } else {
            execution.reason = Some("the peer could not be looked at: no TLS was seen".to_owned());
        }
        execution
    }

    /// What the verdict of a suite comes to. Only what was read in the text can fail a server; what is known at second hand alone, and
    /// what could not be found out, is an error: the suite was asked for, and it cannot be said that it is met.
    fn conclude(&self, judged: &SuiteVerdict, execution: &mut Execution) {
        let (judgement, found) = match self.practical {
            true => (judged.practical, &judged.practical_findings),
            false => (judged.strict, &judged.findings),
        };
        let mut findings: Vec<Finding> = found
            .iter()
            .filter(|f| f.outcome == Outcome::Violated)
            .map(|f| finding(f, &execution.id, &execution.title))
            .collect();
        findings.sort_by_key(|f| f.verdict != Verdict::Fail);
        let open = found.iter().find(|f| f.outcome == Outcome::NotFoundOut && f.level != Some(Strength::Should));
        (execution.verdict, execution.reason) = match judgement {
            Judgement::Met | Judgement::IndicativeMet if findings.is_empty() => (Verdict::Pass, None),
            Judgement::Met | Judgement::IndicativeMet => (Verdict::NonStrict, None),
            Judgement::NotMet => (Verdict::Fail, None),
            Judgement::IndicativeNotMet => {
                let why = "something stands against it, but its text is known at second hand only";
                (Verdict::Error, Some(why.to_owned()))
            }
            Judgement::Undecided => {
                let why = open.map_or("nothing is known of it that could be looked for", |f| f.because.as_str());
                (Verdict::Error, Some(why.to_owned()))
            }
        };
        execution.findings = findings;
    }
}

/// One requirement that is not met.
fn finding(found: &verdict::Finding, rule: &str, title: &str) -> Finding {
    let verdict = match (found.evidence, found.level) {
        (_, Some(Strength::Should)) => Verdict::NonStrict,
        (Evidence::Primary, _) => Verdict::Fail,
        (Evidence::Secondary, _) => Verdict::Info,
    };
    Finding {
        verdict,
        rule: rule.to_owned(),
        statement: title.to_owned(),
        spec: found.level.map(|_| spec(&found.section)).into_iter().collect(),
        place: None,
        exchange: None,
        path: String::new(),
        offset: None,
        expected: found.says.clone(),
        actual: found.because.clone(),
    }
}

/// `tls.basic-2.1`.
fn id_of(suite: &AuthenticationSuite) -> String {
    format!("{SUITE}.{}", suite.id)
}

/// The version it counts for: the newest that has it.
fn version_of(suite: &AuthenticationSuite) -> Version {
    suite.versions.iter().last().unwrap_or(Version::V2_1)
}

/// Document and section, as the cases name them.
fn spec(section: &str) -> String {
    format!("KMIP {section}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::bundled;
    use crate::tls::authentication_suite;
    use kmipspec_reference_server::Config;
    use kmipspec_reference_server::tls_preset::TlsPreset;

    /// Looks at the bundled server; what came of each suite, in their order, and the events.
    async fn look(tls: TlsPreset, required: &[&str], practical: bool) -> (Vec<Execution>, Option<TlsLook>) {
        let (server, target) = bundled::start(Config { tls, ..Config::default() }).await.expect("it starts");
        let (sender, mut events) = tokio::sync::mpsc::unbounded_channel();
        let run = TlsRun {
            target: Arc::new(target),
            options: Options::default(),
            required: required.iter().map(|id| authentication_suite(id).expect("a suite")).collect(),
            practical,
            expectations: Expectations::default(),
            reproduce: Vec::new(),
            stop: Stop::default(),
        };
        super::run(run, sender).await.expect("it was not interrupted");
        server.shutdown().await;
        let (mut executions, mut seen) = (Vec::new(), None);
        while let Ok(event) = events.try_recv() {
            match event {
                Event::CaseFinished(execution) => executions.push(*execution),
                Event::Tls(look) => seen = Some(*look),
                Event::RunStarted(_)
                | Event::CaseStarted { .. }
                | Event::Notice(_)
                | Event::Profiles(_)
                | Event::RunFinished(_) => {}
            }
        }
        (executions, seen)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_suite_is_a_case_and_fails_with_what_is_against_it() {
        let suites = ["basic-2.1", "suiteb-128", "basic-1.4", "https-1.3"];
        let (executions, seen) = look(TlsPreset::Strict21, &suites, false).await;
        let verdicts: Vec<Verdict> = executions.iter().map(|e| e.verdict).collect();
        // TLS 1.2 as well is a SHOULD; what is known at second hand fails nobody.
        assert_eq!(verdicts, [Verdict::NonStrict, Verdict::Fail, Verdict::Error, Verdict::Error], "{executions:#?}");
        let suite_b = &executions[1];
        assert_eq!((suite_b.id.as_str(), suite_b.version), ("tls.suiteb-128", Version::V1_4));
        assert_eq!(suite_b.reproduce, "kmipspec tls --suite suiteb-128");
        let first = suite_b.findings.first().expect("a reason");
        assert_eq!((first.verdict, first.actual.as_str()), (Verdict::Fail, "TLS 1.2 is not taken"));
        assert_eq!(first.spec, ["KMIP Suite B Profile 1.0 §2.1.1"]);
        assert!(executions[2].findings.iter().all(|f| f.verdict != Verdict::Fail), "{:#?}", executions[2]);
        let seen = seen.expect("what was seen is told");
        assert_eq!((seen.seen.host, seen.verdicts.len()), (Host::Tls, authentication_suites().len()));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn in_practice_is_another_question_and_no_suite_is_no_case() {
        let (executions, _) = look(TlsPreset::Default, &["suiteb-128"], true).await;
        assert_eq!(executions.first().map(|e| e.verdict), Some(Verdict::Pass), "{executions:#?}");
        let (executions, seen) = look(TlsPreset::Default, &[], false).await;
        assert!(executions.is_empty() && seen.is_some_and(|look| look.required.is_empty()));
    }
}
