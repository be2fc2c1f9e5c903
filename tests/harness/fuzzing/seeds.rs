//! The seeds and the dictionary in `fuzz/` are those that `vectors/` and the tables give.
//!
//! `KMIPSPEC_WRITE_SEEDS=1 cargo test --test harness fuzzing::seeds::` writes them. They are not to follow the server's quirks: a seed, or a word
//! of the dictionary, that leads to one would make its being found worthless.

use kmipspec::fuzzing::seeds::{MOST, Seed, dictionary, seeds};
use kmipspec::fuzzing::{FUZZ_TARGETS, server};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn folder(target: &str) -> PathBuf {
    root().join("fuzz/seeds").join(target)
}

#[test]
fn seeds_and_dictionary_are_current() {
    let all = seeds(&root().join("vectors")).expect("the vectors can be read");
    let mut wanted: BTreeMap<PathBuf, Vec<u8>> = all.iter().map(|seed| (path(seed), seed.bytes.clone())).collect();
    assert_eq!(wanted.len(), all.len(), "two seeds of one name");
    wanted.insert(root().join("fuzz/kmip.dict"), dictionary().into_bytes());
    // What is over the wire begins with the conversations, and a package of this crate has no `fuzz/`.
    let embedded = root().join("vectors/conversations");
    let conversations = all.iter().filter(|seed| seed.target == "server_seq");
    wanted.extend(conversations.map(|seed| (embedded.join(seed.file()), seed.bytes.clone())).collect::<Vec<_>>());
    for target in FUZZ_TARGETS {
        let count = all.iter().filter(|seed| seed.target == target.name).count();
        assert!((1..=MOST).contains(&count), "{}: {count} seeds", target.name);
    }
    let folders = FUZZ_TARGETS.iter().map(|target| folder(target.name)).chain([embedded]);
    let there = folders.flat_map(|folder| std::fs::read_dir(folder).into_iter().flatten());
    let there: Vec<PathBuf> = there.map(|entry| entry.expect("an entry").path()).collect();
    if std::env::var_os("KMIPSPEC_WRITE_SEEDS").is_some() {
        there.iter().filter(|path| !wanted.contains_key(*path)).for_each(|path| {
            std::fs::remove_file(path).expect("an old seed goes");
        });
        for (path, bytes) in &wanted {
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, bytes).expect("a seed is written");
        }
        return;
    }
    let again = "KMIPSPEC_WRITE_SEEDS=1 cargo test --test harness fuzzing::seeds::";
    for (path, bytes) in &wanted {
        let is = std::fs::read(path).unwrap_or_default();
        assert!(is == *bytes, "{} is not current; {again}", path.display());
    }
    for path in there {
        assert!(wanted.contains_key(&path), "{} is no seed any more; {again}", path.display());
    }
}

fn path(seed: &Seed) -> PathBuf {
    folder(seed.target).join(seed.file())
}

#[test]
fn no_seed_and_no_word_names_a_quirk_or_a_planted_bug() {
    let all = seeds(&root().join("vectors")).expect("the vectors can be read");
    let words = dictionary();
    let quirks = kmipspec_reference_server::quirks::all().iter().map(|quirk| quirk.name);
    for fault in quirks.chain(kmipspec_reference_server::planted::all().iter().map(|planted| planted.name)) {
        assert!(!words.contains(fault), "{fault}");
        let names = |bytes: &[u8]| bytes.windows(fault.len()).any(|window| window == fault.as_bytes());
        for seed in &all {
            assert!(!names(&seed.bytes) && seed.name != fault, "{fault} in {}/{}", seed.target, seed.name);
        }
    }
}

#[test]
fn the_conversations_of_the_seeds_reach_most_operations() {
    let scripts = std::fs::read_dir(folder("server_seq")).expect("seeds of server_seq");
    let mut done = std::collections::BTreeSet::new();
    for entry in scripts {
        let bytes = std::fs::read(entry.expect("an entry").path()).expect("a seed");
        let script = kmipspec::fuzzing::script::Script::read(&bytes).expect("a script");
        for spoken in server::speak(&server::World::default(), &script) {
            let limits = kmipspec_protocol::ttlv::Limits::default();
            let request = kmipspec_protocol::ttlv::Doc::lenient(&spoken.request, &limits);
            let answer = kmipspec_protocol::ttlv::Doc::lenient(&spoken.answer, &limits);
            let pairs = kmipspec::fuzzing::oracles::pairs(&request, &answer);
            done.extend(pairs.iter().filter(|pair| pair.succeeded()).filter_map(|pair| pair.operation()));
        }
    }
    assert!(done.len() >= 45, "{} operations: {done:?}", done.len());
}
