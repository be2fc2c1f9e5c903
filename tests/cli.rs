//! The program from outside: exit codes, what goes to stdout and what to stderr, closed pipes.

use assert_cmd::Command;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

/// An integer item, 16 bytes, from the examples of the standard (1.4 §9.1.2).
const INTEGER: &str = "42 00 20 | 02 | 00 00 00 04 | 00 00 00 08 00 00 00 00";

fn kmipspec(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("kmipspec").expect("the program is built");
    // The caller's settings are not the test's.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("KMIPSPEC_") {
            command.env_remove(name);
        }
    }
    command.args(arguments);
    command
}

fn text(bytes: &[u8]) -> String {
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
fn decode_tells_unreadable_from_unsound() {
    for unreadable in ["42 00 2x", "42 0", "<RequestMessage", "{\"tag\":"] {
        let output = kmipspec(&["decode"]).write_stdin(unreadable).output().expect("started");
        assert_eq!(output.status.code(), Some(2), "{unreadable:?}: {}", text(&output.stdout));
        assert!(output.stdout.is_empty(), "{unreadable:?}");
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
