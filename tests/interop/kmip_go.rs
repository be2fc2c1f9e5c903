//! The Go client library ovh/kmip-go against our server. Needs Go and its module proxy; without them the test says NOT RUN, and
//! fails where `CI` is set.

use crate::peer::{SCRATCH, Server, not_run, run};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds the client; go.sum pins what it is made of.
fn build() -> Result<PathBuf, String> {
    let binary = Path::new(SCRATCH).join("kmip-go");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/kmip-go");
    let mut go = Command::new("go");
    // The module asks for a later Go than some machines have: they fetch it.
    run(go
        .current_dir(folder)
        .env("GOTOOLCHAIN", "auto")
        .args(["build", "-mod=readonly", "-o"])
        .arg(&binary)
        .arg("."))?;
    Ok(binary)
}

#[test]
fn its_client_gets_what_it_asks_of_our_server_at_every_version_it_speaks() {
    let binary = match build() {
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
