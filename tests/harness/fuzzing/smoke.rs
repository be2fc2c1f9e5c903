//! A little fuzzing without a fuzzer: mutants of the seeds through every target, the same ones each time.
//!
//! `KMIPSPEC_FUZZ_MUTANTS=100000 cargo test --release --test harness fuzzing::smoke::` does more of it; `KMIPSPEC_FUZZ_TARGET=server_seq` one target.
//! What breaks a promise is written to `target/fuzz-smoke/`, made small, with the panic as its message.

use kmipspec::fuzzing::mutate::Mutator;
use kmipspec::fuzzing::{FUZZ_TARGETS, FuzzTarget, Input, minimise};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Mutants of each target.
const MUTANTS: u64 = 300;

/// Bytes of a mutant at most.
const LARGEST: usize = 4096;

/// The seeds of a target, in the order of their names.
fn seeds(target: &FuzzTarget) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target.name);
    let entries = std::fs::read_dir(folder).expect("the target has seeds");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files.iter().map(|file| std::fs::read(file).expect("a readable seed")).collect()
}

/// What the panic says, if there is one.
fn panics(target: &FuzzTarget, input: &[u8]) -> Option<String> {
    let panic = catch_unwind(AssertUnwindSafe(|| (target.check)(input))).err()?;
    let text = panic.downcast_ref::<String>().cloned();
    Some(text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default())
}

/// The oracle of a message, and the first words: what tells one finding from another.
fn kind(message: &str) -> String {
    message.split([':', '\n']).next().unwrap_or_default().to_owned()
}

#[test]
fn mutants_of_the_seeds_break_no_promise() {
    let mutants = std::env::var("KMIPSPEC_FUZZ_MUTANTS").ok().and_then(|n| n.parse().ok()).unwrap_or(MUTANTS);
    let only = std::env::var("KMIPSPEC_FUZZ_TARGET").ok();
    let from: u64 = std::env::var("KMIPSPEC_FUZZ_FROM").ok().and_then(|n| n.parse().ok()).unwrap_or(0);
    let mut found: Vec<(String, String)> = Vec::new();
    for target in FUZZ_TARGETS.iter().filter(|target| only.as_ref().is_none_or(|only| only == target.name)) {
        let mut pool = seeds(target);
        let began = std::time::Instant::now();
        for seed in from..from + mutants {
            let mut mutator = Mutator::new(seed);
            let place = usize::try_from(seed).unwrap_or(0).wrapping_mul(7919) % pool.len();
            let other = usize::try_from(seed).unwrap_or(0).wrapping_mul(104_729) % pool.len();
            let (input, other) = (&pool[place], &pool[other]);
            let mutant = match (target.input, seed % 8) {
                (Input::Script, 0) => mutator.cross_scripts(input, other, LARGEST),
                (Input::Script, _) => mutator.script(input, LARGEST),
                _ if !input.starts_with(&[0x42]) => mutator.bytes(input, LARGEST),
                (_, 0) => mutator.cross_messages(input, other, LARGEST),
                (Input::Message | Input::Text, _) => mutator.message(input, LARGEST),
            };
            if let Some(message) = panics(target, &mutant) {
                let kind = kind(&message);
                if !found.iter().any(|(name, other)| name == target.name && *other == kind) {
                    keep(target, seed, &mutant, &message, &kind);
                    found.push((target.name.to_owned(), kind));
                }
            } else if seed % 16 == 5 {
                // Mutants of mutants go further.
                pool.push(mutant);
            }
        }
        println!("{}: {mutants} mutants in {:.1} s", target.name, began.elapsed().as_secs_f64());
    }
    assert!(found.is_empty(), "findings, in target/fuzz-smoke: {found:#?}");
}

/// Writes a finding, as small as it gets.
fn keep(target: &FuzzTarget, seed: u64, mutant: &[u8], message: &str, kind: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/fuzz-smoke").join(target.name);
    std::fs::create_dir_all(&folder).expect("a folder for findings");
    let still = |bytes: &[u8]| panics(target, bytes).is_some_and(|message| self::kind(&message) == kind);
    let small = minimise::script(mutant, 300, still);
    std::fs::write(folder.join(format!("{seed}.{}", target.input.extension())), &small.bytes)
        .expect("a finding is written");
    println!("{} seed {seed}: {message} ({} bytes, {} when small)", target.name, mutant.len(), small.bytes.len());
}
