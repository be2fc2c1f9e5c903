//! Every seed and every input that once was a finding, through the check of its fuzz target.

use kmipspec::fuzzing::FUZZ_TARGETS;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The files of a folder under `fuzz/`, none if the folder is not there.
fn files(folder: &str, target: &str) -> Vec<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(folder).join(target);
    let Ok(entries) = std::fs::read_dir(path) else { return Vec::new() };
    let mut files: Vec<_> = entries.map(|e| e.expect("a readable folder").path()).collect();
    files.sort();
    files
}

#[test]
fn every_seed_and_every_old_finding_passes() {
    let mut seeds = 0;
    for target in FUZZ_TARGETS {
        for file in files("seeds", target.name).into_iter().chain(files("regressions", target.name)) {
            println!("{}", file.display());
            (target.check)(&std::fs::read(&file).expect("a readable file"));
            seeds += 1;
        }
    }
    assert!(seeds >= FUZZ_TARGETS.len(), "a target without seeds");
}

#[test]
fn every_target_has_its_file_and_every_folder_its_target() {
    let names: BTreeSet<String> = FUZZ_TARGETS.iter().map(|t| t.name.to_owned()).collect();
    assert!(FUZZ_TARGETS.is_sorted_by_key(|t| t.name), "targets are sorted by name");
    let in_folder = |folder: &str| -> BTreeSet<String> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(folder);
        let entries = std::fs::read_dir(path).expect("the folder is in the repository");
        entries
            .map(|e| e.expect("an entry").path().file_stem().expect("a name").to_string_lossy().into_owned())
            .collect()
    };
    assert_eq!(in_folder("fuzz_targets"), names);
    assert_eq!(in_folder("seeds"), names);
    assert!(in_folder("regressions").is_subset(&names));
    let readme =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/README.md")).expect("a README");
    let list = format!("[{}]", names.into_iter().collect::<Vec<_>>().join(", "));
    assert_eq!(readme.matches(&list).count(), 2, "fuzz/README.md runs {list} in two services");
}
