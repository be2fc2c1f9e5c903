//! Scenarios as scripts: for each operation the smallest one in which it is done.

use crate::client::https::Shape;
use crate::fuzzing::oracles::pairs;
use crate::fuzzing::script::{MAX_STEPS, Script, Step, capture, refer, rewritten};
use crate::fuzzing::server::{ALICE, BOB, OWN, World, speak};
use crate::runner::event::Fate;
use crate::runner::verdict::Verdict;
use crate::scenario::file::Connection;
use crate::scenario::judge::Outcome;
use crate::scenario::library;
use crate::scenario::plan::{Plan, Request};
use crate::scenario::vars::Vars;
use kmipspec_protocol::registry::{Operation, tag};
use kmipspec_protocol::schema::{OPERATIONS, OperationRow};
use kmipspec_protocol::ttlv::{Doc, Limits};
use kmipspec_protocol::version::Version;
use kmipspec_reference_server::random::SecureRandom;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The time that requests are made at: that of the world.
const NOW: i64 = 1_700_000_000;

/// Files of an operation that are tried, smallest first.
const TRIED: usize = 16;

/// What one operation gives.
pub(super) struct Talk {
    /// The operation: `re-key`.
    pub(super) name: String,
    /// The conversation.
    pub(super) script: Script,
    /// The request that did it, about an object that is there from the start.
    pub(super) alone: Vec<u8>,
    /// That request and its answer in a row, where it is the same each time.
    pub(super) pair: Option<Vec<u8>>,
    /// The scenario.
    pub(super) text: Vec<u8>,
}

/// One for each operation that has a scenario in which it is done.
pub(super) fn read(operations: &Path) -> io::Result<Vec<Talk>> {
    let mut folders = entries(operations)?;
    folders.retain(|folder| folder.is_dir());
    let mut talks = Vec::new();
    for (place, folder) in folders.iter().enumerate() {
        let Some(name) = folder.file_name().and_then(|name| name.to_str()) else { continue };
        let plain = name.replace('-', "");
        let Some(row) = OPERATIONS.iter().find(|row| row.xml_name.to_lowercase() == plain) else { continue };
        // Both generations among the seeds; where an operation has one only, that one.
        let first =
            if place.is_multiple_of(2) { [Version::V1_2, Version::V1_4] } else { [Version::V2_1, Version::V2_0] };
        let versions = [first.as_slice(), &[Version::V1_4, Version::V2_1, Version::V3_0]].concat();
        talks.extend(smallest(name, row, folder, &versions)?);
    }
    Ok(talks)
}

/// What is in a folder, by name.
fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let found: io::Result<Vec<PathBuf>> = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect();
    let mut found = found?;
    found.sort();
    Ok(found)
}

/// The smallest script of an operation's scenarios, at the first of the versions that has one.
fn smallest(name: &str, row: &OperationRow, folder: &Path, versions: &[Version]) -> io::Result<Option<Talk>> {
    let mut texts = Vec::new();
    let is_scenario = |path: &&PathBuf| path.extension().is_some_and(|extension| extension == "yaml");
    for file in entries(folder)?.iter().filter(is_scenario) {
        texts.push(std::fs::read(file)?);
    }
    texts.sort_by_key(|text| (text.len(), text.clone()));
    for version in versions {
        let mut found: Vec<(Script, usize, &Vec<u8>)> = Vec::new();
        for text in texts.iter().take(TRIED) {
            let Ok(scenario) = library::read("seed.yaml", text) else { continue };
            if !scenario.versions.contains(*version) {
                continue;
            }
            let Ok(plan) = scenario.plan(*version) else { continue };
            if let Some((script, step)) = played(&plan, row.code, &World::default()) {
                found.push((script, step, text));
            }
        }
        found.sort_by_key(|(script, _, _)| script.write().len());
        for (script, step, text) in found {
            let Ok(scenario) = library::read("seed.yaml", text) else { continue };
            let Ok(plan) = scenario.plan(*version) else { continue };
            // What holds bytes that another run would have otherwise is no seed.
            let another = World::new(|config| config.random = Arc::new(SecureRandom::default()));
            if played(&plan, row.code, &another).is_none_or(|(again, _)| again != script) {
                continue;
            }
            let request = script.steps.get(step).map(|step| step.bytes.clone()).unwrap_or_default();
            let pair = pair(&script, step);
            let alone = about_own(&request);
            return Ok(Some(Talk { name: name.to_owned(), script, alone, pair, text: text.clone() }));
        }
    }
    Ok(None)
}

/// Plays a case against a world: the script, and the step that did the operation, if all went as expected.
fn played(plan: &Plan, operation: u32, world: &World) -> Option<(Script, usize)> {
    let mut vars = Vars::new("fuzz", &plan.id, plan.version, NOW);
    let (mut script, mut captured, mut done) = (Script::default(), Vec::new(), None);
    if plan.steps.len() > MAX_STEPS {
        return None;
    }
    for (number, step) in plan.steps.iter().enumerate() {
        let identity = match step.identity.as_str() {
            ALICE => 0,
            BOB => 1,
            _ => 2,
        };
        let connection = match &step.connection {
            Connection::Default => 0,
            Connection::New | Connection::Named(_) => 1,
        };
        if step.repeat != 1 || !step.wait.is_zero() || step.close_write || step.http != Shape::default() {
            return None;
        }
        // Nobody listens to this server.
        if matches!(step.request, Request::Receive(_)) {
            return None;
        }
        let bytes = step.request(&mut vars).ok()?;
        script.steps.push(Step { connection, identity, bytes: refer(&bytes, &captured) });
        let spoken = world.say(connection, identity, bytes);
        captured.push(capture(&spoken.answer));
        let limits = Limits::default();
        let (request, answer) = (Doc::lenient(&spoken.request, &limits), Doc::lenient(&spoken.answer, &limits));
        let found = step.judge(&Outcome { fate: &Fate::Answered, response: Some(&answer) }, &mut vars);
        if found.iter().any(|f| !matches!(f.verdict, Verdict::Pass | Verdict::Info)) {
            return None;
        }
        if pairs(&request, &answer).iter().any(|pair| pair.succeeded() && pair.operation() == Some(operation)) {
            done = Some(number);
        }
    }
    Some((script, done?))
}

/// A message with the first object that is there from the start in place of every reference.
fn about_own(message: &[u8]) -> Vec<u8> {
    rewritten(message, |bytes, text| (text && bytes.starts_with(b"$")).then(|| OWN[0].as_bytes().to_vec()))
}

/// A request and its answer, where nothing in the conversation makes keys: those are others in another process.
fn pair(script: &Script, step: usize) -> Option<Vec<u8>> {
    let makes = |bytes: &[u8]| {
        let doc = Doc::lenient(bytes, &Limits::default());
        let codes = [Operation::CREATE_KEY_PAIR, Operation::RE_KEY_KEY_PAIR, Operation::CERTIFY, Operation::RE_CERTIFY];
        doc.items()
            .any(|i| i.tag() == tag::OPERATION && i.as_u32().is_some_and(|code| codes.contains(&Operation(code))))
    };
    if script.steps.iter().any(|step| makes(&step.bytes)) {
        return None;
    }
    let (first, again) = (speak(&World::default(), script), speak(&World::default(), script));
    let spoken = first.get(step).filter(|_| first == again)?;
    Some([spoken.request.as_slice(), &spoken.answer].concat())
}
