//! Planted bugs are found by what a fuzzer found for them, once: in `tests/planted/NAME.kseq`, small, and sound on a server without.

use kmipspec::fuzzing::minimise;
use kmipspec::fuzzing::oracle::Oracle;
use kmipspec::fuzzing::oracles::{Conversation, Exchange};
use kmipspec::fuzzing::script::Script;
use kmipspec::fuzzing::server::{ALICE, CANARY, OWN, World, speak};
use kmipspec_reference_server::planted::{self, Planted, PlantedBugs};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/planted")
}

/// The oracle that sees a fault in what a server with this bug, or without any, says to a script.
fn seen(bug: Option<&'static Planted>, script: &Script) -> Option<Oracle> {
    let world = World::new(|config| config.planted = PlantedBugs::of(bug));
    let mut conversation = Conversation::with_canary(&CANARY);
    OWN.iter().for_each(|id| conversation.owned(id, ALICE));
    let spoken = match catch_unwind(AssertUnwindSafe(|| speak(&world, script))) {
        Ok(spoken) => spoken,
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().copied().unwrap_or_default();
            return Oracle::from_id(text.split(':').next().unwrap_or_default());
        }
    };
    spoken.iter().find_map(|said| {
        let exchange = Exchange { request: &said.request, answer: &said.answer, who: said.who };
        conversation.look(&exchange).first().map(|finding| finding.oracle)
    })
}

/// `KMIPSPEC_KEEP_PLANTED=FOLDER` makes the files from those that `benches/planted.py` left there: small, as long as the bug shows.
#[test]
fn findings_are_kept() {
    let Some(from) = std::env::var_os("KMIPSPEC_KEEP_PLANTED") else { return };
    for bug in planted::all() {
        let whole = std::fs::read(Path::new(&from).join(format!("{}-1.kseq", bug.name)));
        let Ok(whole) = whole else { continue };
        let shows = |bytes: &[u8]| {
            let Ok(script) = Script::read(bytes) else { return false };
            seen(Some(bug), &script).is_some() && seen(None, &script).is_none()
        };
        if !shows(&whole) {
            println!("{}: not shown by what was found", bug.name);
            continue;
        }
        let small = minimise::script(&whole, 2000, shows);
        println!("{}: {} bytes of {}", bug.name, small.bytes.len(), whole.len());
        std::fs::write(folder().join(format!("{}.kseq", bug.name)), small.bytes).expect("the folder takes it");
    }
}

#[test]
fn each_bug_is_seen_and_nothing_is_without() {
    let mut there = BTreeSet::new();
    for entry in std::fs::read_dir(folder()).expect("the folder of findings") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let script = Script::read(&std::fs::read(&path).expect("a finding")).expect("a script");
        let bug = planted::named(&name).unwrap_or_else(|| panic!("{}: no such bug", path.display()));
        assert!(seen(Some(bug), &script).is_some(), "{name} is not seen any more");
        assert_eq!(seen(None, &script), None, "{name}: a sound server has it, too");
        assert!(script.steps.len() >= usize::from(bug.steps), "{name} takes {} steps only", script.steps.len());
        there.insert(name);
    }
    let missing: Vec<&str> = planted::all().iter().map(|bug| bug.name).filter(|name| !there.contains(*name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
