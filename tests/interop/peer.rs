//! Programs at the other end: started, waited for, stopped.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Where a test puts its files.
pub(crate) const SCRATCH: &str = env!("CARGO_TARGET_TMPDIR");

/// Says that a peer cannot be had here; CI must have it.
pub(crate) fn not_run(what: &str, why: &str) {
    assert!(std::env::var("CI").map_or(true, |v| v.is_empty()), "CI must have {what}: {why}");
    eprintln!("NOT RUN: {why}");
}

/// Runs a command to its end; what it printed if that was bad.
pub(crate) fn run(command: &mut Command) -> Result<Output, String> {
    let output = command.stdin(Stdio::null()).output().map_err(|e| format!("{command:?}: {e}"))?;
    if output.status.success() {
        Ok(output)
    } else {
        Err(format!("{command:?}: {}\n{}", output.status, printed(&output)))
    }
}

/// All that a command printed.
pub(crate) fn printed(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Has the client suite judge a client, told to speak 1.4, by these cases or all, and asks that it fails what
/// `tests/interop/client_suite/NAME.yaml` says and nothing else.
pub(crate) fn judge_client(name: &str, cases: &[String], command: &str) {
    let known = format!("{}/tests/interop/client_suite/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
    let mut suite = Command::new(env!("CARGO_BIN_EXE_kmipspec"));
    suite.current_dir(SCRATCH).args(["client", "--quiet", "--version", "1.4", "--timeout", "60s"]).args(cases);
    suite.args(["--expectations", &known, "--command", command]);
    let output = suite.stdin(Stdio::null()).output().expect("kmipspec runs");
    println!("{}", printed(&output));
    assert_eq!(output.status.code(), Some(0), "see above; with known failures written down the run is good");
}

/// A server that prints a JSON ready line; it is stopped when this is dropped.
pub(crate) struct Server {
    process: Child,
    ready: serde_json::Value,
}

impl Server {
    /// The reference server on a free port.
    pub(crate) fn ours() -> Self {
        Self::start(Command::new(env!("CARGO_BIN_EXE_kmipspec")).args(["serve", "--port", "0"]))
    }

    /// Starts it and waits for the line.
    pub(crate) fn start(command: &mut Command) -> Self {
        let started = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn();
        let mut process = started.unwrap_or_else(|e| panic!("{command:?}: {e}"));
        let mut line = String::new();
        let stdout = process.stdout.take().expect("stdout is piped");
        BufReader::new(stdout).read_line(&mut line).expect("a line of text");
        let Ok(ready) = serde_json::from_str(&line) else {
            let _ = process.kill();
            panic!("no ready line from {command:?}, but {line:?}");
        };
        Self { process, ready }
    }

    /// Has our suite judge it, at these versions and with these options, and asks that it fails what
    /// `vectors/expectations/NAME.yaml` says and nothing else.
    pub(crate) fn judge(&self, name: &str, options: &[&str]) {
        let expectations = format!("{}/vectors/expectations/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
        let bob = format!("bob={},{}", self.field("bob_cert"), self.field("bob_key"));
        let mut suite = Command::new(env!("CARGO_BIN_EXE_kmipspec"));
        suite
            .current_dir(SCRATCH)
            .args(["run", "--quiet", "--target", self.field("address"), "--ca", self.field("ca")])
            .args(["--cert", self.field("cert"), "--key", self.field("key"), "--identity", &bob])
            .args(options)
            .args(["--expectations", &expectations]);
        let output = suite.stdin(Stdio::null()).output().expect("kmipspec runs");
        println!("{}", printed(&output));
        assert_eq!(output.status.code(), Some(0), "see above; with known failures written down the run is good");
    }

    /// A field of the ready line.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.ready[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.ready))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // PyKMIP's starter ends when its standard input does, and takes the server with it; ours is killed.
        drop(self.process.stdin.take());
        let until = Instant::now() + Duration::from_secs(2);
        while Instant::now() < until {
            if let Ok(Some(_)) = self.process.try_wait() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
