//! The program from outside: exit codes, what goes to stdout and what to stderr, closed pipes.

use crate::program::program;
use assert_cmd::Command;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

/// An integer item, 16 bytes, from the examples of the standard (1.4 §9.1.2).
const INTEGER: &str = "42 00 20 | 02 | 00 00 00 04 | 00 00 00 08 00 00 00 00";

pub(crate) fn kmipspec(arguments: &[&str]) -> Command {
    let mut command = Command::from_std(program());
    command.args(arguments);
    command
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn usage_errors_exit_with_1_and_say_so_on_stderr() {
    for arguments in [
        &[][..],
        &["walk"],
        &["run", "--no-such-flag"],
        &["run", "--version", "1.5"],
        &["run", "--shard", "3/2"],
        &["run", "--level", "PERHAPS"],
        &["run", "--timeout", "0s"],
        &["run", "--jobs", "0"],
        &["run", "--cert", "only-half.pem"],
        &["run", "--password", "without-username"],
        &["run", "--oasis", ".", "--read-only"],
        &["run", "--identity", "bob"],
        &["decode", "no-such-file.hex"],
        &["decode", "--to", "yaml"],
        &["serve", "--port", "70000"],
        &["serve", "--user", "nobody"],
        &["serve", "--host", "not a host", "--port", "0"],
        &["completions", "tcsh-of-old"],
    ] {
        let output = kmipspec(arguments).output().expect("started");
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", text(&output.stderr));
        assert!(output.stdout.is_empty(), "{arguments:?} wrote to stdout: {}", text(&output.stdout));
        assert!(!output.stderr.is_empty(), "{arguments:?} said nothing");
    }
}

#[test]
fn help_and_version_are_results() {
    for arguments in
        [&["--help"][..], &["--version"], &["run", "--help"], &["help", "run"], &["man"], &["completions", "bash"]]
    {
        let output = kmipspec(arguments).output().expect("started");

        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output.stderr));
        assert!(!output.stdout.is_empty(), "{arguments:?}");
    }
    let help = text(&kmipspec(&["--help"]).output().expect("started").stdout);
    for line in ["Exit codes:", "4  a check failed", "Where several apply"] {
        assert!(help.contains(line), "{line:?} is missing in\n{help}");
    }
}

#[test]
fn decode_reads_an_example_of_the_standard() {
    let output = kmipspec(&["decode", "--to", "xml"]).write_stdin(INTEGER).output().expect("started");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), "<CompromiseDate type=\"Integer\" value=\"8\"/>\n");
}

#[test]
fn decode_and_encode_are_each_other_s_inverse() {
    let hex = "420020020000000400000008 00000000";
    for form in ["xml", "json", "hex", "binary"] {
        let there = kmipspec(&["decode", "--to", form]).write_stdin(hex).output().expect("started");
        assert_eq!(there.status.code(), Some(0), "{form}: {}", text(&there.stderr));
        let back = kmipspec(&["encode", "--to", "hex"]).write_stdin(there.stdout).output().expect("started");
        assert_eq!(back.status.code(), Some(0), "{form}: {}", text(&back.stderr));
        assert_eq!(text(&back.stdout), "42002002000000040000000800000000\n", "{form}");
    }
}

#[test]
fn what_a_report_shows_can_be_read_back() {
    let listing = "  > 00000000:  42002002 00000004                    # CompromiseDate  Integer 4 = 8\n    00000008:  00000008 00000000\n";
    let output = kmipspec(&["decode", "--to", "hex"]).write_stdin(listing).output().expect("started");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), "42002002000000040000000800000000\n");
}

#[test]
fn decode_tells_unreadable_from_unsound() {
    for (verb, unreadable) in [
        ("decode", "42 00 2x"),
        ("decode", "42 0"),
        ("decode", "<RequestMessage"),
        ("decode", "{\"tag\":"),
        ("decode", ""),
        ("encode", " \n"),
    ] {
        let output = kmipspec(&[verb]).write_stdin(unreadable).output().expect("started");
        assert_eq!(output.status.code(), Some(2), "{unreadable:?}: {}", text(&output.stdout));
        assert!(output.stdout.is_empty(), "{unreadable:?}");
        let err = text(&output.stderr);
        assert!(err.starts_with("kmipspec: standard input: "), "{err}");
    }
    // Length 5 for an Integer, whose length is always 4.
    let output = kmipspec(&["decode"]).write_stdin("4200200200000005 0000000800000000").output().expect("started");
    assert_eq!(output.status.code(), Some(4), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("offset 4"), "{}", text(&output.stdout));
}

#[test]
fn a_closed_pipe_is_not_an_error() {
    // The reader takes one line of a page that is far longer than a pipe holds.
    let shell = format!("{} man | head -n 1; echo \"${{PIPESTATUS[0]}}\"", env!("CARGO_BIN_EXE_kmipspec"));
    let output = std::process::Command::new("bash").args(["-c", &shell]).output().expect("started");
    assert!(text(&output.stdout).ends_with("\n0\n"), "{}", text(&output.stdout));
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
}

#[test]
fn serve_tells_when_it_is_ready_and_stops_on_a_signal() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let file = dir.path().join("ready.json");
    let mut server = std::process::Command::new(env!("CARGO_BIN_EXE_kmipspec"))
        .args(["serve", "--port", "0", "--cert-dir"])
        .arg(dir.path().join("pem"))
        .arg("--ready-file")
        .arg(&file)
        .stdout(Stdio::piped())
        .spawn()
        .expect("started");
    let mut line = String::new();
    BufReader::new(server.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
    let ready: serde_json::Value = serde_json::from_str(&line).expect("the ready line is JSON");
    for key in ["ca", "cert", "key"] {
        let path = ready[key].as_str().expect("a path");
        let pem = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{key} {path}: {e}"));
        assert!(pem.starts_with("-----BEGIN "), "{key}");
    }
    std::net::TcpStream::connect(ready["address"].as_str().expect("an address")).expect("it listens");
    assert_eq!(std::fs::read_to_string(&file).expect("the ready file"), line);
    let killed = std::process::Command::new("kill").arg(server.id().to_string()).status().expect("kill ran");
    assert!(killed.success());
    assert_eq!(server.wait().expect("it ends").code(), Some(0), "SIGTERM is a way to stop");
}

/// Writes a file in a new folder and gives back both.
fn file(name: &str, text: &str) -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let path = dir.path().join(name);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    std::fs::write(&path, text).expect("written");
    let path = path.display().to_string();
    (dir, path)
}

/// A port of the loopback interface that nothing listens on.
fn closed_port() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").to_string()
}

/// A case of the suite that the bundled server passes.
const CASE: &str = "operations.query.two-functions";

#[test]
fn run_judges_the_bundled_server_without_any_setting() {
    let output = kmipspec(&["run", CASE, "--version", "1.4"]).output().expect("started");
    let out = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{out}{}", text(&output.stderr));
    assert!(out.starts_with("target    bundled"), "{out}");
    assert!(out.contains("1 case x 1 version = 1 execution in "), "{out}");
    assert!(out.trim_end().ends_with(": 1 pass, 0 fail"), "{out}");
}

#[test]
fn what_is_not_there_is_nothing_selected() {
    for arguments in [
        &["run", "operations.no-such-case"][..],
        &["run", "--suite", "no-such-suite"],
        &["list", "operations.no-such-case"],
        &["list", "operations.login", "--version", "1.0"],
        &["explain", "operations.no-such-case"],
        &["explain", "operations.login.ticket", "--version", "1.0"],
        &["explain", "client.get.transparent", "--version", "2.1"],
    ] {
        let output = kmipspec(arguments).output().expect("started");
        assert_eq!(output.status.code(), Some(5), "{arguments:?}: {}", text(&output.stderr));
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_server_that_is_not_there_exits_with_3_and_reports_say_so() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let junit = dir.path().join("out.xml");
    let json = dir.path().join("out.json");
    let output = kmipspec(&["run", "--insecure", "--target", &closed_port(), "--junit"])
        .arg(&junit)
        .arg("--json")
        .arg(&json)
        .output()
        .expect("started");
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("connection refused"), "{}", text(&output.stdout));
    let xml = std::fs::read_to_string(junit).expect("JUnit is written");
    assert!(xml.contains("errors=\"1\"") && xml.contains("connection refused"), "{xml}");
    let json = std::fs::read_to_string(json).expect("JSON is written");
    let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert!(value["broken"].as_str().is_some_and(|b| b.contains("connection refused")), "{value}");
}

#[test]
fn invalid_files_exit_with_2_unless_the_command_line_is_wrong_too() {
    let (dir, _) = file("operations/bad.yaml", "id: operations.bad\ntittle: x\n");
    let scenarios = dir.path().display().to_string();
    let (_keep, known) = file("known.yaml", "- {case: a, outcome: pass, because: x}\n");
    for arguments in [
        &["run", "--scenarios", &scenarios][..],
        &["list", "--scenarios", &scenarios],
        &["lint", &scenarios],
        &["run", "--expectations", &known],
        &["lint", &known],
    ] {
        let output = kmipspec(arguments).output().expect("started");
        let err = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {err}");
        assert!(err.contains(".yaml:") && err.contains(" | ") && err.contains('^'), "no place and caret in {err}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
    let both = ["run", "--scenarios", &scenarios, "--target", "localhost:1"];
    let output = kmipspec(&both).output().expect("started");
    let err = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "no CA is a matter of the command line: {err}");
    assert!(err.contains("--insecure") && err.contains("tittle"), "both are told: {err}");
}

#[test]
fn claims_that_are_not_true_exit_with_4() {
    let (_keep, stale) = file("known.yaml", "- {case: operations.gone, outcome: fail, because: x}\n");
    let output = kmipspec(&["run", CASE, "--version", "1.4", "--expectations", &stale]).output().expect("started");
    assert_eq!(output.status.code(), Some(4), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("no case has the id `operations.gone`"), "{}", text(&output.stdout));

    let mended = format!("- {{case: {CASE}, outcome: fail, because: x}}\n");
    let (_keep, mended) = file("known.yaml", &mended);
    let output = kmipspec(&["run", CASE, "--version", "1.4", "--expectations", &mended]).output().expect("started");
    assert_eq!(output.status.code(), Some(4), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("is pass, not fail"), "{}", text(&output.stdout));

    let output = kmipspec(&["lint", &stale]).output().expect("started");
    assert_eq!(output.status.code(), Some(2), "lint finds it without a server: {}", text(&output.stderr));
}

#[test]
fn results_on_stdout_are_nothing_but_results() {
    let output = kmipspec(&["run", CASE, "--version", "1.4", "--json", "-"]).output().expect("started");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON and nothing else");
    let result = &value["results"][0];
    assert_eq!((&result["id"], &result["version"], &result["verdict"]), (&CASE.into(), &"1.4".into(), &"pass".into()));
    assert!(text(&output.stderr).contains("1 pass"), "what is for people goes to stderr");

    let output = kmipspec(&["list", CASE, "--json"]).output().expect("started");
    assert_eq!(output.status.code(), Some(0));
    for line in text(&output.stdout).lines() {
        let value: serde_json::Value = serde_json::from_str(line).expect("a line is an object");
        assert_eq!(value["id"], CASE);
    }
    for (one, other) in [("--junit", "--json"), ("--markdown", "--tap"), ("--html", "--sarif")] {
        let both = kmipspec(&["run", one, "-", other, "-"]).output().expect("started");
        assert_eq!(both.status.code(), Some(1));
        let told = format!("{one} and {other} cannot both go to standard output");
        assert!(text(&both.stderr).contains(&told), "{}", text(&both.stderr));
    }
    let output = kmipspec(&["run", CASE, "--version", "1.4", "--tap", "-"]).output().expect("started");
    let html = kmipspec(&["run", CASE, "--version", "1.4", "--html", "-"]).output().expect("started");
    assert!(text(&html.stdout).starts_with("<!doctype html>") && text(&html.stdout).ends_with("</html>"));
    let first = format!("TAP version 14\n1..1\nok 1 - {CASE} @1.4\n");
    assert!(text(&output.stdout).starts_with(&first), "{}", text(&output.stdout));
}

#[test]
fn a_step_summary_keeps_what_was_there_and_another_file_does_not() {
    let (_keep, summary) = file("summary.md", "before\n");
    for (variable, kept) in [("GITHUB_STEP_SUMMARY", true), ("ANOTHER", false)] {
        std::fs::write(&summary, "before\n").expect("written");
        let arguments = ["run", CASE, "--version", "1.4", "--markdown", &summary];
        let output = kmipspec(&arguments).env(variable, &summary).output().expect("started");
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let written = std::fs::read_to_string(&summary).expect("there");
        assert_eq!(written.starts_with("before\n"), kept, "{written}");
        assert!(written.contains("## ✅ kmipspec: 1 passed\n"), "{written}");
    }
}

#[test]
fn explain_says_what_and_why() {
    let output = kmipspec(&["explain", CASE]).output().expect("started");
    let out = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    for part in [CASE, "KMIP 3.0 §", "sends", "expects", "vectors/scenarios/operations/query/two-functions.yaml"] {
        assert!(out.contains(part), "{part:?} is missing in\n{out}");
    }
    for id in [
        "capability.advertised-but-refused",
        "schema.batch-count",
        "schema.batch-option",
        "E1-0001",
        "client.get.transparent",
    ] {
        let output = kmipspec(&["explain", id]).output().expect("started");
        assert_eq!(output.status.code(), Some(0), "{id}: {}", text(&output.stderr));
        assert!(text(&output.stdout).contains('§'), "{id} has no section: {}", text(&output.stdout));
    }
    let output = kmipspec(&["explain", "client.get.transparent", "--version", "1.4"]).output().expect("started");
    let out = text(&output.stdout);
    for part in ["MAY", "expects  the client", "KMIP 1.4 §4.11", "kmipspec client --command"] {
        assert!(out.contains(part) && !out.contains("KMIP 1.3"), "{part:?} is missing in\n{out}");
    }
    let output = kmipspec(&["explain", "client.requests"]).output().expect("started");
    assert!(text(&output.stdout).contains("every run of `kmipspec client`"), "{}", text(&output.stdout));
    let output = kmipspec(&["explain", "ttlv.limit"]).output().expect("started");
    assert!(text(&output.stdout).contains("no section: "), "it says why: {}", text(&output.stdout));
}

/// What comes before the step of a scenario.
const HEAD: &str = "title: A case\nspec: {\"1.2\": \"4.1\"}\nlevel: SHALL\nversions: \"1.2..=1.4\"\nsteps:\n";

#[test]
fn each_kind_of_broken_scenario_is_told_with_its_place() {
    let step = |step: &str| format!("id: operations.bad\n{HEAD}  - {step}\n").into_bytes();
    for (bytes, words) in [
        (step("send: [{Query: {QueryFunction: QueryOperations}}]\n    expct: []"), "bad.yaml:8:5: unknown key `expct`"),
        (step("send: [{Query: {QueryFuncton: QueryOperations}}]"), "did you mean `QueryFunction`?"),
        (step("send: [{Locate: {OffsetItems: 1}}]"), "bad.yaml:7:22: `OffsetItems` is not a tag of KMIP 1.2"),
        (step("send: [{Get: {UniqueIdentifier: $nokey}}]"), "bad.yaml:7:37: `$nokey` is not bound here"),
        (b"id: operations.bad\ntitle: caf\xE9\n".to_vec(), "bad.yaml:2:11: not UTF-8: the byte at offset 29"),
    ] {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("operations/bad.yaml");
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(&path, bytes).expect("written");
        let folder = dir.path().display().to_string();
        let file = path.display().to_string();
        for arguments in [&["lint", &folder][..], &["lint", &file], &["run", "--scenarios", &folder]] {
            let output = kmipspec(arguments).output().expect("started");
            let err = text(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{arguments:?}: {err}");
            assert!(err.contains(words) && err.contains(" | ") && err.contains('^'), "{arguments:?}: {err}");
            assert!(!err.contains("\n\n") && output.stdout.is_empty(), "{arguments:?}: {err}");
        }
    }
}

#[test]
fn schemas_are_those_of_the_repository() {
    for kind in ["results", "scenario", "tls", "observed"] {
        let output = kmipspec(&["schema", kind]).output().expect("started");
        assert_eq!(output.status.code(), Some(0), "{kind}: {}", text(&output.stderr));
        let path = format!("{}/vectors/schema/{kind}.schema.json", env!("CARGO_MANIFEST_DIR"));
        assert!(text(&output.stdout) == std::fs::read_to_string(&path).expect("published"), "{path} is stale");
    }
}

#[test]
fn the_built_in_data_is_sound() {
    let output = kmipspec(&["lint"]).output().expect("started");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).starts_with("sound: ") && text(&output.stdout).ends_with(" scenarios\n"));
    let empty = tempfile::tempdir().expect("a temporary folder");
    let output = kmipspec(&["lint"]).arg(empty.path()).output().expect("started");
    assert_eq!(output.status.code(), Some(5), "nothing is not sound: {}", text(&output.stderr));
}

#[test]
fn settings_can_come_from_the_environment() {
    let output = kmipspec(&["list"]).env("KMIPSPEC_VERSION", "1.5").output().expect("started");
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let output = kmipspec(&["run", CASE]).env("KMIPSPEC_TARGET", closed_port()).output().expect("started");
    assert_eq!(output.status.code(), Some(1), "there is no CA: {}", text(&output.stderr));
}

#[test]
fn two_runs_can_be_compared() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let file = |name: &str| dir.path().join(name).display().to_string();
    let (good, bad) = (file("good.json"), file("bad.json"));
    let output = kmipspec(&["run", CASE, "--version", "1.4", "--json", &good]).output().expect("started");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let results = std::fs::read_to_string(&good).expect("written");
    let worse = results
        .replace("\"verdict\": \"pass\"", "\"verdict\": \"fail\"")
        .replace("\"counts_as_failure\": false", "\"counts_as_failure\": true");
    std::fs::write(&bad, worse).expect("written");
    for (before, after, code, says) in [
        (&good, &good, 0, "1 as before, of them 0 failing"),
        (&good, &bad, 4, "pass → fail"),
        (&bad, &good, 0, "fail → pass"),
        (&bad, &bad, 0, "1 as before, of them 1 failing"),
    ] {
        let output = kmipspec(&["diff", before, after]).output().expect("started");
        assert_eq!(output.status.code(), Some(code), "{}", text(&output.stdout));
        assert!(text(&output.stdout).contains(says), "{says:?} is missing in {}", text(&output.stdout));
    }
    let output = kmipspec(&["diff", &good, &bad, "--json", "-"]).output().expect("started");
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON and nothing else");
    assert_eq!((output.status.code(), &value["new_failures"][0]["id"]), (Some(4), &CASE.into()));
    let (missing, nothing) = (file("none.json"), file("nothing.json"));
    std::fs::write(&nothing, "{}").expect("written");
    for (before, after, code) in [(&good, &missing, 1), (&nothing, &good, 2), (&nothing, &missing, 1)] {
        let output = kmipspec(&["diff", before, after]).output().expect("started");
        assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains(before.as_str()) || text(&output.stderr).contains(after.as_str()));
    }
}
