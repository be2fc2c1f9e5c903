//! PyKMIP's server with an RSA certificate: the verdicts that were found by hand once come out by themselves.

use crate::looking::{look, suites};
use crate::openssl::{Host, compare, in_target, known};
use crate::tools::{not_run, with_tools};
use kmipspec::tls::observation::{Answer, Order};
use kmipspec::tls::verdict::Outcome;
use kmipspec::tls::{Judgement, Mode, SuiteVerdict, TlsVersion, authentication_suite, judge};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The server; it ends when its standard input does.
struct PyKmip {
    process: Child,
    ready: serde_json::Value,
}

impl PyKmip {
    fn start(python: &Path) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pykmip-tls");
        let _ = std::fs::remove_dir_all(&folder);
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/pykmip/serve.py");
        let mut start = Command::new(python);
        start.args(["-W", "ignore", script, "--rsa"]).arg(&folder);
        let mut process = start.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("Python runs");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        let ready = serde_json::from_str(&line).expect("a ready line");
        Self { process, ready }
    }
}

impl PyKmip {
    /// A field of the ready line.
    fn field(&self, name: &str) -> &str {
        self.ready[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.ready))
    }
}

impl Drop for PyKmip {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        for _ in 0..200 {
            if matches!(self.process.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a verdict has against the server.
fn against(verdict: &SuiteVerdict) -> Vec<&str> {
    verdict.findings.iter().filter(|f| f.outcome == Outcome::Violated).map(|f| f.because.as_str()).collect()
}

#[test]
fn its_server_gets_the_verdicts_found_by_hand() {
    // The list is written when all is installed.
    let python = in_target("pykmip-venv/installed.txt").and_then(|_| in_target("pykmip-venv/bin/python"));
    let Some(python) = python else {
        return not_run("PyKMIP", "there is no PyKMIP (.ci/run peers installs it)");
    };
    let server = PyKmip::start(&python);
    let looks = [Mode::Fast, Mode::Each].map(|mode| look(server.field("address"), mode));
    for seen in &looks {
        let mode = seen.mode;
        println!("PyKMIP, {mode:?}: {} connections in {} ms", seen.connections, seen.milliseconds);
        for version in TlsVersion::ALL {
            let of = seen.version(version).expect("looked at");
            assert!(of.complete, "{version}: {:?}", of.refusal);
            assert_eq!(of.suites.is_empty(), version != TlsVersion::Tls12, "{version}");
        }
        let names: Vec<String> = suites(seen, TlsVersion::Tls12).into_iter().collect();
        let wanted = [
            "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
            "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
            "TLS_RSA_WITH_AES_128_CBC_SHA256",
            "TLS_RSA_WITH_AES_256_CBC_SHA256",
        ];
        assert_eq!(names, wanted);
        // Asked for TLS 1.3, it answers TLS 1.2: that is no suite of TLS 1.3.
        if mode == Mode::Fast {
            let of = seen.version(TlsVersion::Tls13).expect("looked at");
            assert!(!matches!(of.refusal, None | Some(Answer::TimedOut { .. })), "{:?}", of.refusal);
            assert_ne!(seen.version(TlsVersion::Tls12).expect("looked at").order, Order::Unknown);
        }
        assert_eq!((seen.client_certificate.requested, seen.client_certificate.required), (Some(true), Some(true)));
        let of = |id| judge(seen, authentication_suite(id).expect("known"));
        let basic = of("basic-2.1");
        assert_eq!(basic.strict, Judgement::NotMet);
        // TLS 1.3 is missing and nothing else: all four suites are in the list, the two mandatory ones among them.
        assert_eq!(
            against(&basic),
            [
                "TLS 1.3 is not taken",
                "TLS_CHACHA20_POLY1305_SHA256 is not selected at TLS 1.3; TLS_AES_256_GCM_SHA384 is not selected at TLS 1.3",
            ]
        );
        for id in ["tls12-1.0", "basic-1.4"] {
            let verdict = of(id);
            let both = (verdict.strict, verdict.practical);
            assert_eq!(both, (Judgement::IndicativeMet, Judgement::IndicativeMet), "{id}: {:?}", against(&verdict));
        }
        assert_eq!(of("basic-1.0").strict, Judgement::IndicativeNotMet);
        assert_eq!(of("suiteb-128").strict, Judgement::NotMet);
        let fares = |name: &str| seen.personas.iter().find(|p| p.name == name).and_then(|p| p.suite.clone());
        // As the field has it: Go and rustls share no suite with it, nor does the vCenter that knows SHA-1 only.
        for name in ["Go 1.26", "rustls 0.23", "vCenter 6.5"] {
            assert_eq!(fares(name), None, "{name}");
        }
        for name in ["OpenSSL 3.0", "Java 17", "vCenter 8"] {
            assert!(fares(name).is_some(), "{name}");
        }
    }
    let identity = Some((server.field("cert"), server.field("key")));
    let host = Host { address: server.field("address"), identity };
    if let Some(known) = known() {
        assert_eq!(compare(&host, &known, &looks), [0, 0, 4, 0]);
    }
    with_tools(&host, &looks[0]);
}
