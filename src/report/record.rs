//! A run kept until its end, once for all reports that are written of it as a whole.

use super::Sink;
use crate::profiles::Judged;
use crate::runner::event::{Event, Execution, RunFinished, RunStarted, TlsLook};
use std::io;

/// All that a run told.
#[derive(Debug, Default)]
pub struct Record {
    /// What was known before the first case; none where the run never began.
    pub started: Option<RunStarted>,
    /// In order of id, version and encoding.
    pub executions: Vec<Execution>,
    /// What the run says of conformance profiles.
    pub profiles: Vec<Judged>,
    /// What a look at the peer's TLS shows.
    pub tls: Option<Box<TlsLook>>,
    /// Totals.
    pub finished: RunFinished,
}

/// A report that is written when everything is known.
pub trait Report {
    /// Writes all of it.
    fn write(&mut self, record: &Record) -> io::Result<()>;
}

/// The sink that keeps the run and has the reports written at its end.
#[derive(Default)]
pub struct Recorder {
    record: Record,
    reports: Vec<Box<dyn Report>>,
}

impl Recorder {
    /// Has these written.
    pub fn new(reports: Vec<Box<dyn Report>>) -> Self {
        Self { reports, ..Self::default() }
    }
}

impl Sink for Recorder {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        let record = &mut self.record;
        match event {
            Event::RunStarted(run) => record.started = Some(run.clone()),
            Event::CaseStarted { .. } | Event::Notice(_) => {}
            Event::Profiles(judged) => record.profiles.clone_from(judged),
            Event::Tls(look) => record.tls = Some(look.clone()),
            Event::CaseFinished(execution) => record.executions.push((**execution).clone()),
            Event::RunFinished(run) => {
                record.finished = run.clone();
                record.executions.sort_by(|a, b| (&a.id, a.version, a.encoding).cmp(&(&b.id, b.version, b.encoding)));
                // One that cannot be written keeps no other from it.
                let mut result = Ok(());
                for report in &mut self.reports {
                    let written = report.write(record);
                    result = result.and(written);
                }
                return result;
            }
        }
        Ok(())
    }
}
