//! `kmipspec observe` as a process of its own.

use crate::program::program;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// Between clients and a server.
pub(crate) struct Observed {
    pub(crate) child: Child,
    ready: serde_json::Value,
    folder: PathBuf,
}

impl Drop for Observed {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An empty folder for the files of a test.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("observe").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("made");
    folder
}

impl Observed {
    /// Starts it, with what it writes in the folder of that name.
    pub(crate) fn start(name: &str, flags: &[&str]) -> Self {
        let folder = folder(name);
        let ready = folder.join("ready.json");
        let mut command = program();
        command.args(["observe", "--listen", "127.0.0.1:0", "--out"]).arg(folder.join("out")).arg("--json");
        command.arg(folder.join("seen.json")).arg("--ready-file").arg(&ready).args(flags);
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
        let until = Instant::now() + Duration::from_secs(60);
        let text = loop {
            match std::fs::read(&ready) {
                Ok(text) => break text,
                Err(_) if Instant::now() < until && child.try_wait().expect("asked").is_none() => {
                    std::thread::sleep(Duration::from_millis(20));
                }
                Err(why) => {
                    let _ = child.kill();
                    panic!("it is not ready: {why}, {:?}", child.wait_with_output());
                }
            }
        };
        Self { child, ready: serde_json::from_slice(&text).expect("JSON"), folder }
    }

    /// A field of the ready file.
    pub(crate) fn ready(&self, field: &str) -> &str {
        self.ready[field].as_str().expect("a text")
    }

    /// What it printed and wrote, once it has ended.
    pub(crate) fn ended(mut self) -> Seen {
        let until = Instant::now() + Duration::from_secs(60);
        while self.child.try_wait().expect("asked").is_none() {
            assert!(Instant::now() < until, "it does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
        let read = |pipe: &mut dyn std::io::Read| {
            let mut text = String::new();
            pipe.read_to_string(&mut text).expect("text");
            text
        };
        let out = read(self.child.stdout.as_mut().expect("a pipe"));
        let err = read(self.child.stderr.as_mut().expect("a pipe"));
        let json = std::fs::read(self.folder.join("seen.json")).expect("it was written");
        let json = serde_json::from_slice(&json).expect("JSON");
        Seen { code: self.child.wait().expect("ended").code(), out, err, json, recorded: self.folder.join("out") }
    }
}

/// What became of it.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) json: serde_json::Value,
    pub(crate) recorded: PathBuf,
}

impl Seen {
    /// Side, verdict and rule of each kind of breach.
    pub(crate) fn breaches(&self) -> Vec<[String; 3]> {
        let all = self.json["breaches"].as_array().expect("a list");
        let text = |of: &serde_json::Value, field: &str| of[field].as_str().expect("a text").to_owned();
        all.iter().map(|of| ["side", "verdict", "rule"].map(|field| text(of, field))).collect()
    }
}
