//! `kmipspec observe` between PyKMIP's client and its server, and ours: what was recorded is played again to the other one.

use crate::observed::{Observed, Seen};
use crate::peer::{SCRATCH, Server, printed, run};
use crate::program::program;
use crate::pykmip::{SCRIPTS, python_or_not_run};
use std::path::Path;
use std::process::{Command, Stdio};

/// PyKMIP's client has its conversation.
fn talk(python: &Path, observed: Observed) -> Seen {
    let mut client = Command::new(python);
    client.args(["-W", "ignore"]).arg(Path::new(SCRIPTS).join("observed.py"));
    client.args(["address", "ca", "cert", "key"].map(|name| observed.ready(name)));
    let said = run(&mut client);
    let seen = observed.ended();
    println!("{}{}", seen.out, seen.err);
    assert!(said.is_ok(), "{said:?}");
    assert_eq!((seen.code, seen.breaches()), (Some(0), Vec::new()), "{}", seen.json);
    seen
}

/// Plays it again; without flags, to the bundled server.
fn again(seen: &Seen, target: &[&str]) {
    let mut replay = program();
    replay.args(["run", "observed", "--scenarios"]).arg(&seen.recorded).args(target);
    let replayed = replay.stdin(Stdio::null()).output().expect("it ran");
    println!("{}", printed(&replayed));
    assert_eq!(replayed.status.code(), Some(0), "see above");
    assert!(printed(&replayed).contains("observed      1     1     1     -"), "it was played");
}

#[test]
fn what_pykmip_says_to_its_server_is_played_to_ours_and_the_other_way_round() {
    let Some(python) = python_or_not_run() else { return };
    let folder = Path::new(SCRATCH).join("pykmip-observed");
    let _ = std::fs::remove_dir_all(&folder);
    let mut start = Command::new(python);
    let server = Server::start(start.args(["-W", "ignore"]).arg(Path::new(SCRIPTS).join("serve.py")).arg(&folder));
    let [address, ca, cert, key] = ["address", "ca", "cert", "key"].map(|name| server.field(name));
    let flags = ["--ca", ca, "--cert", cert, "--key", key];
    let theirs = [&["--upstream", address, "--max-conversations", "1"][..], &flags].concat();
    let between = talk(python, Observed::start("pykmip-to-pykmip", &theirs));
    again(&between, &[]);
    let ours = talk(python, Observed::start("pykmip-to-ours", &["--max-conversations", "1"]));
    again(&ours, &[&["--target", address][..], &flags].concat());
}
