//! `kmipspec pack` and `kmipspec verify` as a vendor and a reader call them.

use super::cli::{kmipspec, text};
use std::path::Path;

const SHEET: &str = "product: Example KMS\nversion: \"3.1\"\nvendor: Example Inc.\nrole: server\n";

/// What a command comes to, in this folder: exit code, standard output, standard error.
fn call(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = kmipspec(arguments).current_dir(folder).output().expect("started");
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn evidence_is_packed_by_one_and_verified_by_another() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let at = folder.path();
    std::fs::write(at.join("sheet.yaml"), SHEET).expect("written");
    let run = ["run", "use-cases.registration", "--version", "1.4", "--tls-look", "always"];
    assert_eq!(call(at, &[&run[..], &["--json", "a.json"]].concat()).0, Some(0));
    let shown = ["run", "operations.get", "--version", "1.4", "--show-secrets", "--json", "shown.json"];
    assert_eq!(call(at, &shown).0, Some(0));

    let (code, _, err) = call(at, &["pack", "a.json", "--sheet", "sheet.yaml", "--output", "e.tar.gz"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(err.contains("secrets covered"), "{err}");
    let (code, out, err) = call(at, &["verify", "e.tar.gz"]);
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("product   Example KMS 3.1 by Example Inc.\n"), "{out}");
    assert!(out.contains("run       results/01.json: bundled, ") && out.contains("the cases of this program"), "{out}");
    assert!(out.lines().last().is_some_and(|line| line.starts_with("sound ")), "{out}");

    // Results of another program say so, and are none the worse.
    let results = std::fs::read_to_string(at.join("a.json")).expect("results");
    let value: serde_json::Value = serde_json::from_str(&results).expect("JSON");
    let own = value["case_set"].as_str().expect("it tells its cases");
    let other = own.chars().rev().collect::<String>();
    std::fs::write(at.join("other.json"), results.replace(own, &other)).expect("written");
    assert_eq!(call(at, &["pack", "other.json", "--sheet", "sheet.yaml", "-o", "o.tar.gz"]).0, Some(0));
    let (code, out, _) = call(at, &["verify", "o.tar.gz"]);
    assert!(code == Some(0) && out.contains(&format!("another case set ({other}; this program has {own})")), "{out}");

    let whole = std::fs::read(at.join("e.tar.gz")).expect("an archive");
    std::fs::write(at.join("cut.tar.gz"), &whole[..whole.len() / 2]).expect("written");
    std::fs::write(at.join("more.tar.gz"), [&whole[..], b"more"].concat()).expect("written");
    std::fs::write(at.join("cut.json"), &results[..results.len() / 2]).expect("written");
    std::fs::write(at.join("empty.yaml"), "product: A\n").expect("written");
    for (arguments, code, said) in [
        (&["verify", "cut.tar.gz"][..], 2, "no archive, or a damaged one"),
        (&["verify", "a.json"], 2, "no archive, or a damaged one"),
        (&["verify", "none.tar.gz"], 1, "failed to read none.tar.gz"),
        (&["verify", "more.tar.gz"], 4, "unsound   1 fault\n"),
        (&["pack", "shown.json", "--sheet", "sheet.yaml", "-o", "x.tar.gz"], 1, "shows passwords or key material"),
        (&["pack", "cut.json", "--sheet", "sheet.yaml", "-o", "x.tar.gz"], 2, "cut.json: not what"),
        (&["pack", "none.json", "--sheet", "sheet.yaml", "-o", "x.tar.gz"], 1, "failed to read none.json"),
        (&["pack", "a.json", "--sheet", "empty.yaml", "-o", "x.tar.gz"], 2, "empty.yaml:"),
        (&["pack", "a.json", "--sheet", "none.yaml", "-o", "x.tar.gz"], 1, "none.yaml"),
        (
            &["pack", "a.json", "--sheet", "sheet.yaml", "--target-file", "empty.yaml", "-o", "x.tar.gz"],
            2,
            "empty.yaml:",
        ),
        (&["pack", "a.json", "--sheet", "sheet.yaml", "-o", "no-folder/x.tar.gz"], 1, "no-folder/x.tar.gz"),
        (&["pack", "a.json", "-o", "x.tar.gz"], 1, "--sheet"),
    ] {
        let (found, out, err) = call(at, arguments);
        assert_eq!(found, Some(code), "{arguments:?}: {out}{err}");
        assert!(format!("{out}{err}").contains(said), "{arguments:?}: {said:?} is missing in {out}{err}");
        assert!(!at.join("x.tar.gz").exists(), "{arguments:?} left half an archive");
    }
}

#[test]
fn a_folder_of_published_results_gets_a_page() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let at = folder.path();
    std::fs::create_dir(at.join("published")).expect("made");
    std::fs::write(at.join("sheet.yaml"), SHEET).expect("written");
    assert_eq!(call(at, &["index", "published"]).0, Some(5), "there is nothing");
    assert_eq!(call(at, &["index", "nowhere"]).0, Some(1));
    let results = "published/run.json";
    let run = ["run", "operations.query.two-functions", "--version", "1.4", "--tls-look", "never", "--json", results];
    assert_eq!(call(at, &run).0, Some(0));
    assert_eq!(call(at, &["pack", results, "--sheet", "sheet.yaml", "-o", "published/kms.tar.gz"]).0, Some(0));
    let (code, out, err) = call(at, &["index", "published"]);
    assert_eq!((code, out.as_str()), (Some(0), ""), "{err}");
    let page = std::fs::read_to_string(at.join("published/index.html")).expect("a page");
    for part in ["Example KMS", "3.1", "1 pass", "href=\"./kms.tar.gz\"", "href=\"./run.json\""] {
        assert!(page.contains(part), "{part:?} is missing in {page}");
    }
    let archive = std::fs::read(at.join("published/kms.tar.gz")).expect("an archive");
    std::fs::write(at.join("published/kms.tar.gz"), [&archive[..], b"more"].concat()).expect("written");
    let (code, page, err) = call(at, &["index", "published", "--html", "-"]);
    assert!(code == Some(4) && page.contains("unsound: 1 fault"), "{err}{page}");
    std::fs::write(at.join("published/other.json"), "{}").expect("written");
    let (code, _, err) = call(at, &["index", "published"]);
    assert!(code == Some(2) && err.contains("other.json: not what"), "{err}");
}
