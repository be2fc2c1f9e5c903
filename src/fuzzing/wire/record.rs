//! What is written of a finding: its bytes, a scenario, and a record of it all.

use super::confirm::Found;
use super::scenario;
use crate::fuzzing::as_server;
use crate::fuzzing::oracle::{Finding, Oracle};
use crate::fuzzing::script::Script;
use crate::report::text::{hex, printable};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

/// The folder, in that of the findings, that scenarios are in: the first part of their ids.
pub const SCENARIOS: &str = "fuzz";

/// A finding in a file, and in the JSON of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its name; the files are called so.
    pub id: String,
    /// What tells it: `O5`.
    pub oracle: String,
    /// The operation it happened in.
    pub operation: String,
    /// Where.
    pub place: String,
    /// How sure it is that it is wrong: `fault`; `measurement`, which depends on the machines; or `difference`.
    #[serde(default = "fault")]
    pub grade: String,
    /// What was seen.
    pub detail: String,
    /// How often it came again on fresh connections.
    pub confirmed: usize,
    /// The step that shows it, from 0.
    pub step: usize,
    /// Bytes of the conversation when it was found, and as it is here.
    pub bytes: [usize; 2],
    /// Executions up to it.
    pub executions: u64,
    /// Where chance began.
    pub seed: u64,
    /// The server.
    pub target: String,
    /// The file with the conversation, beside this one.
    pub input: String,
    /// The scenario, from here; empty where no scenario can say it.
    pub scenario: String,
    /// What was said the last time.
    pub messages: Vec<Message>,
}

/// The grade of a record that is older than grades.
fn fault() -> String {
    Oracle::O1.grade().to_owned()
}

/// One exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The step.
    pub step: usize,
    /// Who sent it.
    pub identity: String,
    /// What was sent, in hexadecimal.
    pub sent: String,
    /// What came.
    pub received: String,
    /// How it ended.
    pub fate: String,
}

/// The bytes of a finding: a message where one does, else the conversation; and their extension.
pub fn bytes(script: &Script) -> (Vec<u8>, &'static str) {
    match script.steps.as_slice() {
        [only] if only.connection == 0 && only.identity == 0 && !only.bytes.is_empty() => (only.bytes.clone(), "ttlv"),
        _ => (script.write(), "kseq"),
    }
}

/// What a finding is called: the same for the same finding, whenever it is found.
pub fn name(finding: &Finding) -> String {
    let words = format!("{} {} {}", finding.oracle.id(), finding.operation, finding.place);
    let mark = words.bytes().fold(0x811c_9dc5_u32, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193));
    let place = finding.place.rsplit(['/', ' ']).next().unwrap_or_default();
    let mut name = String::new();
    for c in format!("{}-{}-{place}", finding.oracle.id(), finding.operation).to_lowercase().chars() {
        match c {
            'a'..='z' | '0'..='9' => name.push(c),
            _ if name.ends_with('-') => {}
            _ => name.push('-'),
        }
    }
    name.truncate(48);
    format!("{}-{mark:08x}", name.trim_end_matches('-'))
}

/// The record of a finding.
pub fn record(found: &Found, seed: u64, target: &str) -> Record {
    let finding = &found.finding;
    let id = name(finding);
    let (input, extension) = bytes(&found.script);
    let messages = found.played.steps.iter().map(|step| Message {
        step: step.step,
        identity: step.who.clone().unwrap_or_else(|| crate::client::ANONYMOUS.to_owned()),
        sent: hex(&step.request),
        received: hex(&step.answer),
        fate: step.fate.told(),
    });
    Record {
        oracle: finding.oracle.id(),
        operation: finding.operation.clone(),
        place: finding.place.clone(),
        detail: printable(&finding.detail, false),
        confirmed: found.confirmed,
        step: found.step,
        bytes: [found.before, input.len()],
        executions: found.executions,
        seed,
        target: target.to_owned(),
        input: format!("{id}.{extension}"),
        scenario: if scenario::can_say(&found.script) { format!("{SCENARIOS}/{id}.yaml") } else { String::new() },
        grade: finding.oracle.grade().to_owned(),
        messages: messages.collect(),
        id,
    }
}

impl Record {
    /// Whether it says only that two servers differ, which is no fault.
    pub fn is_difference(&self) -> bool {
        self.grade == Oracle::O7.grade()
    }

    /// The record of answers that were given to a client: `sent` is an answer, `received` the request before it. Without a finding
    /// it says what was said alone.
    pub fn of_answers(
        id: String,
        found: Option<&as_server::Found>,
        told: &[as_server::Told],
        seed: u64,
        client: &str,
    ) -> Self {
        let finding = found.map(|found| &found.finding);
        let messages = told.iter().enumerate().map(|(step, told)| Message {
            step,
            identity: "client".to_owned(),
            sent: hex(&told.answer),
            received: hex(&told.request),
            fate: if told.damaged { "damaged".to_owned() } else { "honest".to_owned() },
        });
        let step = told.iter().rposition(|told| told.damaged).unwrap_or(0);
        let length = told.get(step).map_or(0, |told| told.answer.len());
        Self {
            oracle: finding.map(|finding| finding.oracle.id()).unwrap_or_default(),
            operation: finding.map(|finding| finding.operation.clone()).unwrap_or_default(),
            place: finding.map(|finding| printable(&finding.place, false)).unwrap_or_default(),
            grade: finding.map(|finding| finding.oracle.grade().to_owned()).unwrap_or_default(),
            detail: finding.map(|finding| printable(&finding.detail, false)).unwrap_or_default(),
            confirmed: found.map_or(0, |found| found.confirmed),
            step,
            bytes: [found.map_or(length, |found| found.before), length],
            executions: found.map_or(0, |found| found.runs),
            seed,
            target: client.to_owned(),
            input: format!("{id}.ttlv"),
            scenario: String::new(),
            messages: messages.collect(),
            id,
        }
    }

    /// Writes such a record, and the last damaged answer; the path of the record.
    pub fn write_answers(&self, folder: &Path, told: &[as_server::Told]) -> io::Result<PathBuf> {
        let answer = told.get(self.step).map_or(&[][..], |told| told.answer.as_slice());
        std::fs::write(folder.join(&self.input), answer)?;
        self.write(folder)
    }

    fn write(&self, folder: &Path) -> io::Result<PathBuf> {
        let path = folder.join(format!("{}.json", self.id));
        let mut text = serde_json::to_string_pretty(self).map_err(io::Error::other)?;
        text.push('\n');
        std::fs::write(&path, text)?;
        Ok(path)
    }
}

/// Whether files can be written to a folder, which is made if it is not there.
pub fn writable(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    tempfile::tempfile_in(folder).map(drop)
}

/// Writes a finding; the path of its record.
pub fn write(folder: &Path, found: &Found, record: &Record, talkers: &[String]) -> io::Result<PathBuf> {
    std::fs::create_dir_all(folder.join(SCENARIOS))?;
    std::fs::write(folder.join(&record.input), bytes(&found.script).0)?;
    if !record.scenario.is_empty() {
        std::fs::write(folder.join(&record.scenario), scenario::text(found, &record.id, talkers))?;
    }
    record.write(folder)
}

/// The scenario of a conversation, whether or not it shows anything.
pub fn as_scenario(found: &Found, name: &str, talkers: &[String]) -> String {
    scenario::text(found, name, talkers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzzing::oracles::test::{answer, ok, request};
    use crate::fuzzing::script::Step;
    use crate::fuzzing::wire::{Played, Spoken};
    use crate::runner::event::Fate;
    use crate::scenario::library;
    use kmipspec_protocol::registry::{Operation, tag};
    use kmipspec_protocol::ttlv::Item;
    use kmipspec_protocol::version::Version;

    fn found(version: Version) -> Found {
        let id = |text: &str| vec![Item::text(tag::UNIQUE_IDENTIFIER, text)];
        let create = request(version, Operation::CREATE, vec![Item::enumeration(tag::OBJECT_TYPE, 2)]);
        let get = |text: &str| request(version, Operation::GET, id(text));
        let step = |identity, bytes| Step { connection: identity, identity, bytes };
        let script = Script { steps: vec![step(0, create.clone()), step(0, Vec::new()), step(1, get("$0.0"))] };
        let spoken = |step, who: &str, request, operation| Spoken {
            step,
            who: Some(who.to_owned()),
            request,
            answer: answer(version, vec![ok(operation, id("an identifier"))]),
            fate: Fate::Answered,
            honest: true,
            took: std::time::Duration::ZERO,
            usual: None,
        };
        let steps =
            vec![spoken(0, "alice", create, Operation::CREATE), spoken(2, "bob", get("an identifier"), Operation::GET)];
        let finding = Finding {
            oracle: Oracle::O5,
            operation: "Get".into(),
            place: "other client".into(),
            detail: "a \"quoted\"\nline".into(),
        };
        Found {
            finding,
            step: 2,
            script,
            played: Played { steps, ..Played::default() },
            confirmed: 3,
            before: 900,
            executions: 7,
        }
    }

    #[test]
    fn a_finding_is_an_ordinary_scenario() {
        for version in [Version::V1_0, Version::V1_4, Version::V2_1] {
            let found = found(version);
            let name = name(&found.finding);
            let text = as_scenario(&found, &name, &["alice".to_owned(), "bob".to_owned()]);
            let scenario = library::read("a.yaml", text.as_bytes()).unwrap_or_else(|e| panic!("{e:?}\n{text}"));
            assert_eq!(crate::scenario::lint::scenario(&scenario), [], "{text}");
            let plan = scenario.plan(version).expect("it can be sent");
            assert_eq!(plan.steps.len(), 2);
            assert!(text.contains("{payload: {UniqueIdentifier: {bind: id-0-0}}}"), "{text}");
            assert!(text.contains("expect: [{status: OperationFailed}]"), "{text}");
        }
    }

    #[test]
    fn files_have_the_name_of_what_they_are_about() {
        let found = found(Version::V1_4);
        let folder = tempfile::tempdir().expect("a folder");
        let record = record(&found, 1, "host:1");
        let path = write(folder.path(), &found, &record, &["alice".to_owned()]).expect("written");
        assert!(record.id.starts_with("o5-get-client-"), "{}", record.id);
        let read: Record = serde_json::from_slice(&std::fs::read(path).expect("there")).expect("a record");
        assert_eq!(read, record);
        let input = std::fs::read(folder.path().join(&record.input)).expect("there");
        assert_eq!(Script::read(&input), Ok(found.script));
        let single = Script { steps: vec![Step { connection: 0, identity: 0, bytes: b"x".to_vec() }] };
        assert_eq!(bytes(&single), (b"x".to_vec(), "ttlv"));
    }
}
