//! JUnit XML for CI servers: a testcase for each execution. The only file that names the JUnit crate.

use super::Sink;
use super::failure::{Telling, block};
use super::group::group;
use super::outcome::{self, Outcome};
use super::profiles;
use super::style::Paint;
use super::text::printable;
use crate::profiles::{Judged, Standing};
use crate::runner::event::{Event, Execution, RunFinished};
use junit_report::{Duration, OffsetDateTime, ReportBuilder, TestCase, TestCaseBuilder, TestSuiteBuilder};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::SystemTime;

/// The sink; writes when the run is finished.
#[derive(Debug)]
pub struct Junit<W> {
    out: W,
    started: SystemTime,
    strict: bool,
    show_secrets: bool,
    executions: Vec<Execution>,
    profiles: Vec<Judged>,
}

impl<W: Write> Junit<W> {
    /// Writes to `out`; `started` is the time stamp of every suite.
    pub fn new(out: W, started: SystemTime, strict: bool, show_secrets: bool) -> Self {
        Self { out, started, strict, show_secrets, executions: Vec::new(), profiles: Vec::new() }
    }

    fn write(&mut self, run: &RunFinished) -> io::Result<()> {
        let mut suites: BTreeMap<String, Vec<TestCase>> = BTreeMap::new();
        for e in &self.executions {
            suites.entry(e.suite.clone()).or_default().push(self.testcase(e));
        }
        for judged in &self.profiles {
            suites.entry("profiles".to_owned()).or_default().push(profile(judged));
        }
        let claims = suites_of_claims(run);
        suites.extend(claims);
        let mut report = ReportBuilder::new();
        for (name, mut cases) in suites {
            cases.sort_by(|a, b| a.name.cmp(&b.name));
            let mut suite = TestSuiteBuilder::new(&name);
            suite.set_timestamp(OffsetDateTime::from(self.started)).add_testcases(cases);
            report.add_testsuite(suite.build());
        }
        report.build().write_xml(&mut self.out).map_err(io::Error::other)?;
        writeln!(self.out)?;
        self.out.flush()
    }

    fn testcase(&self, e: &Execution) -> TestCase {
        let name = attribute(&outcome::name(e));
        let time = Duration::try_from(e.duration).unwrap_or(Duration::ZERO);
        let (verdict, message) = (e.verdict.as_str(), attribute(&outcome::headline(e)));
        let mut case = match Outcome::of(e, self.strict) {
            Outcome::Failed => TestCaseBuilder::failure(&name, time, verdict, &message),
            Outcome::Known => TestCaseBuilder::skipped_with_cause(&name, "known", &message),
            Outcome::Errored => TestCaseBuilder::error(&name, time, verdict, &message),
            Outcome::Passed => TestCaseBuilder::success(&name, time),
            Outcome::Aside => TestCaseBuilder::skipped_with_cause(&name, verdict, &message),
        };
        case.set_classname(&attribute(&e.suite));
        if let Some((file, _)) = outcome::place(e) {
            case.set_filepath(&attribute(file));
        }
        let telling = Telling { paint: Paint::PLAIN, show_secrets: self.show_secrets, messages: true };
        let text: Vec<String> = group([e]).iter().flat_map(|g| block(g, telling)).collect();
        // Only failures and errors take a text; for the rest the message says it.
        case.set_trace(&cdata(&text.join("\n")));
        case.build()
    }
}

/// A conformance profile: not met is a failure, and what was not decided or is indicative only was not judged.
fn profile(judged: &Judged) -> TestCase {
    let name = attribute(&judged.id);
    let line = attribute(&judged.line());
    let mut case = match judged.standing {
        Standing::Met => TestCaseBuilder::success(&name, Duration::ZERO),
        Standing::NotMet => TestCaseBuilder::failure(&name, Duration::ZERO, "not met", &line),
        Standing::NotDecided | Standing::Indicative => {
            TestCaseBuilder::skipped_with_cause(&name, judged.standing.as_str(), &line)
        }
    };
    case.set_classname("profiles");
    case.set_trace(&cdata(&profiles::block(judged, Paint::PLAIN).join("\n")));
    case.build()
}

/// A suite of failures, each with a name and a message; where there is none, one success of the name `sound`.
pub fn plain(suite: &str, sound: &str, failures: &[(String, String)], took: std::time::Duration) -> String {
    let took = Duration::try_from(took).unwrap_or(Duration::ZERO);
    let mut cases: Vec<TestCase> = failures
        .iter()
        .map(|(name, text)| {
            TestCaseBuilder::failure(&attribute(name), Duration::ZERO, "fail", &attribute(text)).build()
        })
        .collect();
    if cases.is_empty() {
        cases.push(TestCaseBuilder::success(sound, took).build());
    }
    let mut written = TestSuiteBuilder::new(suite);
    written.set_timestamp(OffsetDateTime::from(SystemTime::now())).add_testcases(cases);
    let mut report = ReportBuilder::new();
    report.add_testsuite(written.build());
    let mut out = Vec::new();
    // A vector takes all.
    let _ = report.build().write_xml(&mut out);
    String::from_utf8_lossy(&out).into_owned() + "\n"
}

/// Claims of expectations files that are not true, and a run cut short, as failures of their own.
fn suites_of_claims(run: &RunFinished) -> BTreeMap<String, Vec<TestCase>> {
    let mut suites: BTreeMap<String, Vec<TestCase>> = BTreeMap::new();
    for stale in &run.stale {
        let mut case = TestCaseBuilder::failure(&attribute(stale), Duration::ZERO, "stale", &attribute(stale));
        suites.entry("expectations".to_owned()).or_default().push(case.set_classname("expectations").build());
    }
    if let Some(broken) = &run.broken {
        let mut case = TestCaseBuilder::error("the run was cut short", Duration::ZERO, "error", &attribute(broken));
        suites.entry("run".to_owned()).or_default().push(case.set_classname("run").build());
    }
    suites
}

/// Safe in an attribute: no control characters, one line.
fn attribute(text: &str) -> String {
    printable(text, false)
}

/// Safe in a CDATA section, which the crate does not see to: `]]>` would end it.
fn cdata(text: &str) -> String {
    printable(text, true).replace("]]>", "]] >")
}

impl<W: Write> Sink for Junit<W> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            // What has to be met of TLS is a case.
            Event::RunStarted(_) | Event::CaseStarted { .. } | Event::Notice(_) | Event::Tls(_) => Ok(()),
            Event::Profiles(judged) => {
                self.profiles.clone_from(judged);
                Ok(())
            }
            Event::CaseFinished(execution) => {
                self.executions.push((**execution).clone());
                Ok(())
            }
            Event::RunFinished(run) => self.write(run),
        }
    }
}
