//! The Go library ovh/kmip-go, both ways: its client drives our server, our suite judges a server made with its toolkit. Needs Go and its
//! module proxy; without them the tests say NOT RUN, and fail where `CI` is set.

use crate::peer::{SCRATCH, Server, judge_client, not_run, run};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds a program of the module; go.sum pins what it is made of.
fn build(package: &str, name: &str) -> Result<PathBuf, String> {
    let binary = Path::new(SCRATCH).join(name);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/kmip-go");
    let mut go = Command::new("go");
    // The module asks for a later Go than some machines have: they fetch it.
    run(go
        .current_dir(folder)
        .env("GOTOOLCHAIN", "auto")
        .args(["build", "-mod=readonly", "-o"])
        .arg(&binary)
        .arg(package))?;
    Ok(binary)
}

#[test]
fn its_server_fails_what_is_written_down_and_nothing_else() {
    let binary = match build("./server", "kmip-go-server") {
        Ok(binary) => binary,
        Err(why) => return not_run("Go", &why),
    };
    let server = Server::start(Command::new(binary).arg(Path::new(SCRATCH).join("kmip-go-server.files")));
    // The first version and the last; `.ci/run known_failures_kmip_go` runs all.
    server.judge("kmip-go", &["--version", "1.0", "--version", "1.4"]);
}

#[test]
fn its_client_bears_what_is_legal_but_for_what_is_written_down() {
    let binary = match build("./life", "kmip-go-life") {
        Ok(binary) => binary,
        Err(why) => return not_run("Go", &why),
    };
    judge_client("kmip-go", &[], &format!("'{}'", binary.display()));
}

#[test]
fn its_client_gets_what_it_asks_of_our_server_at_every_version_it_speaks() {
    let binary = match build(".", "kmip-go") {
        Ok(binary) => binary,
        Err(why) => return not_run("Go", &why),
    };
    let server = Server::ours();
    let mut client = Command::new(binary);
    client.args(["address", "ca", "cert", "key"].map(|name| server.field(name)));
    let output = run(&mut client).unwrap_or_else(|why| panic!("{why}"));
    let text = String::from_utf8_lossy(&output.stdout);
    let done: Vec<&str> = text.lines().filter_map(|line| line.strip_suffix(" ok")).collect();
    assert_eq!(done, ["1.0", "1.1", "1.2", "1.3", "1.4"]);
}
