//! `kmipspec matrix` as a user calls it.

use super::cli::{kmipspec, text};
use std::path::{Path, PathBuf};

/// A case that the bundled server passes.
const CASE: &str = "operations.query.two-functions";

/// Results of that case at a version, in a file of that name.
fn results(folder: &Path, name: &str, version: &str) -> PathBuf {
    let file = folder.join(name);
    let output = kmipspec(&["run", CASE, "--version", version, "--tls-look", "never", "--json"]).arg(&file).output();
    let output = output.expect("started");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    file
}

#[test]
fn files_are_put_side_by_side_in_every_form() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // A name with an equals sign is a file where there is one.
    let files = [results(folder.path(), "a=b.json", "1.4"), results(folder.path(), "c.json", "1.4")];
    let broken = std::fs::read_to_string(&files[1]).expect("results").replace("\"pass\"", "\"fail\"");
    std::fs::write(&files[1], broken.replace("\"counts_as_failure\": false", "\"counts_as_failure\": true"))
        .expect("written");
    let [html, csv, json] = ["m.html", "m.csv", "m.json"].map(|name| folder.path().join(name));
    let output = kmipspec(&["matrix"])
        .arg(&files[0])
        .arg(format!("PyKMIP/kms={}", files[1].display()))
        .args([
            "--html".as_ref(),
            html.as_os_str(),
            "--csv".as_ref(),
            csv.as_os_str(),
            "--json".as_ref(),
            json.as_os_str(),
        ])
        .output()
        .expect("started");
    let out = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "it tells, and judges nothing: {}", text(&output.stderr));
    assert!(out.contains(&format!("  pass          fail           {CASE} @1.4\n")), "{out}");
    assert!(out.contains("kms, asked by PyKMIP") && out.contains("  a=b.json\n"), "{out}");
    let told: serde_json::Value = serde_json::from_slice(&std::fs::read(&json).expect("JSON")).expect("JSON");
    assert_eq!(told["rows"][0]["cells"][1]["verdict"], "fail");
    assert_eq!(told["columns"][1]["client"], "PyKMIP");
    let csv = std::fs::read_to_string(csv).expect("CSV");
    assert!(csv.lines().nth(1).is_some_and(|line| line.starts_with(&format!("\"case\",\"{CASE}\""))), "{csv}");
    assert!(std::fs::read_to_string(html).expect("HTML").starts_with("<!doctype html>"));
    let output = kmipspec(&["matrix", "--json", "-"]).args(&files).output().expect("started");
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&output.stdout).expect("only JSON")["format"], 1);
}

#[test]
fn what_cannot_be_read_or_written_is_told() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let good = results(folder.path(), "good.json", "1.4");
    let cut = folder.path().join("cut.json");
    let whole = std::fs::read(&good).expect("results");
    std::fs::write(&cut, &whole[..whole.len() / 2]).expect("written");
    let other = folder.path().join("other.json");
    std::fs::write(&other, r#"{"format": 1, "kmipspec": "0.1.0", "observation": {}}"#).expect("written");
    let nowhere = folder.path().join("no-folder").join("m.html");
    let missing = folder.path().join("missing.json");
    for (arguments, code, said) in [
        (vec![cut.as_os_str()], 2, "cut.json: not what `kmipspec run --json` writes"),
        (vec![other.as_os_str()], 2, "other.json: not what `kmipspec run --json` writes"),
        (vec![missing.as_os_str(), good.as_os_str()], 1, "failed to read"),
        (vec![good.as_os_str(), "--html".as_ref(), nowhere.as_os_str()], 1, "failed to create"),
        (vec![good.as_os_str(), "--html".as_ref(), "-".as_ref(), "--csv".as_ref(), "-".as_ref()], 1, "cannot both go"),
        (vec![], 1, "required"),
    ] {
        let output = kmipspec(&["matrix"]).args(&arguments).output().expect("started");
        let err = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {err}");
        assert!(err.contains(said), "{arguments:?}: {err}");
    }
}
