//! Against `openssl s_client`, one suite at a time: on `openssl s_server` with everything it has, and on our own server.

use crate::looking::{look, look_as, suites};
use crate::tools::{not_run, output};
use kmipspec::runner::bundled;
use kmipspec::tls::{Mode, Observation, Options, TlsVersion};
use kmipspec_reference_server::Config;
use kmipspec_reference_server::certificates::{CertificateSettings, KeyKinds};
use kmipspec_reference_server::config::ClientAuthentication;
use kmipspec_reference_server::tls_preset::TlsPreset;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Everything this OpenSSL has, at every level of security.
const ALL: &str = "ALL:COMPLEMENTOFALL:@SECLEVEL=0";

/// Its suites of TLS 1.3, most of which are off by default.
const TLS13: &str = "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256";

/// A key that both sides know, for the suites that take one.
const PSK: &str = "1a2b3c4d";

/// One cipher suite: the name of the registry, and OpenSSL's own.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    standard: String,
    own: String,
    is_13: bool,
}

/// The suites this OpenSSL knows; none where there is no OpenSSL.
pub(crate) fn known() -> Option<Vec<Known>> {
    let list = ["ciphers", "-V", "-stdname", "-ciphersuites", TLS13, ALL];
    let text = output(Command::new("openssl").args(list)).ok()?;
    let row = |line: &str| {
        // `0x13,0x02 - TLS_AES_256_GCM_SHA384 - TLS_AES_256_GCM_SHA384 TLSv1.3 Kx=any ...`
        let words: Vec<&str> = line.split_whitespace().filter(|word| *word != "-").collect();
        let [_, standard, own, version, ..] = words.as_slice() else { return None };
        Some(Known { standard: (*standard).to_owned(), own: (*own).to_owned(), is_13: *version == "TLSv1.3" })
    };
    Some(text.lines().filter_map(row).collect())
}

/// `openssl s_server` with everything on, stopped when it is dropped.
pub(crate) struct SServer {
    process: Child,
    pub(crate) address: String,
}

impl SServer {
    /// With an RSA and an EC certificate.
    pub(crate) fn start() -> Result<Self, String> {
        Self::start_with(&["-cipher", ALL, "-ciphersuites", TLS13, "-psk", PSK])
    }

    /// With these settings in place of everything on.
    pub(crate) fn start_with(settings: &[&str]) -> Result<Self, String> {
        // Each has its own files: tests run side by side.
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let folder =
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("s_server-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
        let file = |name: &str| folder.join(name).display().to_string();
        for (name, key) in [
            ("rsa", ["-newkey", "rsa:2048"].as_slice()),
            ("ec", &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]),
        ] {
            let (pem, out) = (file(&format!("{name}.pem")), file(&format!("{name}.key")));
            let mut make = Command::new("openssl");
            make.args(["req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=localhost"]).args(key);
            output(make.args(["-keyout", &out, "-out", &pem]))?;
        }
        let mut command = Command::new("openssl");
        command.args(["s_server", "-accept", "127.0.0.1:0", "-www"]).args(settings);
        command.args([
            "-cert",
            &file("rsa.pem"),
            "-key",
            &file("rsa.key"),
            "-dcert",
            &file("ec.pem"),
            "-dkey",
            &file("ec.key"),
        ]);
        let started = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut process = started.map_err(|e| e.to_string())?;
        let mut lines = BufReader::new(process.stdout.take().ok_or("no standard output")?).lines();
        // `ACCEPT 127.0.0.1:41234`
        let accepts = lines.by_ref().map_while(Result::ok).find_map(|l| l.strip_prefix("ACCEPT ").map(str::to_owned));
        // It prints a line for each connection; someone has to read them.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        match accepts {
            Some(address) => Ok(Self { process, address }),
            None => {
                let _ = process.kill();
                Err("openssl s_server does not say where it listens".to_owned())
            }
        }
    }
}

impl Drop for SServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A host, and who we are to it: files with a certificate and its key.
pub(crate) struct Host<'a> {
    pub(crate) address: &'a str,
    pub(crate) identity: Option<(&'a str, &'a str)>,
}

/// One handshake of `s_client` with these suites alone; what it says of it if it came to its end.
fn s_client(host: &Host<'_>, version: TlsVersion, suites: &str) -> Option<String> {
    let mut client = Command::new("openssl");
    client.args(["s_client", "-connect", host.address]);
    if let Some((cert, key)) = host.identity {
        client.args(["-cert", cert, "-key", key]);
    }
    match version {
        TlsVersion::Tls10 => client.args(["-tls1", "-psk", PSK, "-cipher", suites]),
        TlsVersion::Tls11 => client.args(["-tls1_1", "-psk", PSK, "-cipher", suites]),
        TlsVersion::Tls12 => client.args(["-tls1_2", "-psk", PSK, "-cipher", suites]),
        _ => client.args(["-tls1_3", "-ciphersuites", suites]),
    };
    let client = client.stdin(Stdio::null()).stderr(Stdio::null()).output().expect("openssl runs");
    client.status.success().then(|| String::from_utf8_lossy(&client.stdout).into_owned())
}

/// The suites with which `s_client` comes to the end of a handshake, one connection each.
fn by_s_client(host: &Host<'_>, version: TlsVersion, known: &[Known]) -> BTreeSet<String> {
    let is_13 = version == TlsVersion::Tls13;
    // With all of them at once there is nothing to be had: so there is not with any one.
    if s_client(host, version, if is_13 { TLS13 } else { ALL }).is_none() {
        return BTreeSet::new();
    }
    let queue = Mutex::new(known.iter().filter(|suite| suite.is_13 == is_13));
    let done = Mutex::new(BTreeSet::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let Some(suite) = queue.lock().expect("whole").next() else { return };
                    let alone = if is_13 { suite.own.clone() } else { format!("{}:@SECLEVEL=0", suite.own) };
                    let told = s_client(host, version, &alone).unwrap_or_default();
                    let chosen = format!("Cipher is {}", suite.own);
                    if told.lines().any(|line| line.starts_with("New, ") && line.ends_with(&chosen)) {
                        done.lock().expect("whole").insert(suite.standard.clone());
                    }
                }
            });
        }
    });
    done.into_inner().expect("whole")
}

/// The versions that OpenSSL can speak.
const VERSIONS: [TlsVersion; 4] = [TlsVersion::Tls10, TlsVersion::Tls11, TlsVersion::Tls12, TlsVersion::Tls13];

/// Both modes must say what s_client says, of the suites that it knows.
pub(crate) fn compare(host: &Host<'_>, known: &[Known], seen: &[Observation]) -> Vec<usize> {
    let names: BTreeSet<String> = known.iter().map(|suite| suite.standard.clone()).collect();
    let mut sizes = Vec::new();
    for version in VERSIONS {
        let theirs = by_s_client(host, version, known);
        for one in seen {
            let ours: BTreeSet<String> = suites(one, version).intersection(&names).cloned().collect();
            assert_eq!(ours, theirs, "{version} of {}, {:?}", host.address, one.mode);
            assert!(one.version(version).is_some_and(|v| v.complete), "{version}, {:?}", one.mode);
        }
        sizes.push(theirs.len());
    }
    sizes
}

#[test]
fn the_sets_of_s_server_are_those_of_s_client() {
    let Some(known) = known() else { return not_run("openssl", "there is no openssl") };
    let server = SServer::start().unwrap_or_else(|why| panic!("{why}"));
    let seen = [Mode::Fast, Mode::Each].map(|mode| look(&server.address, mode));
    for one in &seen {
        println!("{:?}: {} connections in {} ms", one.mode, one.connections, one.milliseconds);
        // Nothing that this OpenSSL does not know can be selected by it.
        for version in VERSIONS {
            let names: BTreeSet<String> = known.iter().map(|suite| suite.standard.clone()).collect();
            assert!(suites(one, version).is_subset(&names), "{version}");
        }
        let mut keys: Vec<&str> = one.certificates.iter().map(|c| c.certificates[0].key.as_str()).collect();
        keys.sort_unstable();
        assert_eq!(keys, ["EC", "RSA"]);
        assert_eq!(one.client_certificate.requested, Some(false));
        assert!(one.features.dh_bits.is_some_and(|bits| bits >= 1024));
    }
    let sizes = compare(&Host { address: &server.address, identity: None }, &known, &seen);
    println!("s_server and s_client: {sizes:?} suites at TLS 1.0 to 1.3");
    // Some builds have no old versions any more.
    assert!(sizes.iter().skip(2).all(|size| *size > 0), "it was meant to have everything on: {sizes:?}");
}

#[test]
fn whether_a_certificate_is_needed_is_seen_without_a_library_too() {
    if known().is_none() {
        return not_run("openssl", "there is no openssl");
    }
    // Static RSA: without `legacy-tls` no handshake of ours comes to its end.
    let not_minded = cfg!(feature = "legacy-tls").then_some(false);
    for (verify, required) in [("-Verify", Some(true)), ("-verify", not_minded)] {
        let settings = ["-tls1_2", "-cipher", "AES128-SHA256:@SECLEVEL=0", verify, "1"];
        let server = SServer::start_with(&settings).unwrap_or_else(|why| panic!("{why}"));
        // A server that does not mind is waited for to the end.
        let options = Options { timeout: Duration::from_secs(3), ..Options::default() };
        let seen = look_as(&server.address, options, None);
        assert_eq!(suites(&seen, TlsVersion::Tls12).len(), 1);
        let client = &seen.client_certificate;
        assert_eq!((client.requested, client.required), (Some(true), required), "{verify}");
        let refused = client.refusal.as_deref().is_some_and(|how| how.contains("handshake_failure (40)"));
        assert_eq!(refused, required == Some(true), "{:?}", client.refusal);
    }
}

#[test]
fn what_was_not_completed_is_said_with_what_completes_it() {
    if known().is_none() {
        return not_run("openssl", "there is no openssl");
    }
    let settings = ["-tls1_2", "-cipher", "AES128-SHA256:PSK-AES128-CBC-SHA:@SECLEVEL=0", "-psk", PSK];
    let server = SServer::start_with(&settings).unwrap_or_else(|why| panic!("{why}"));
    let look = ["tls", "--insecure", "--timeout", "20s", "--target", &server.address];
    let told = output(Command::new(env!("CARGO_BIN_EXE_kmipspec")).args(look)).unwrap_or_else(|why| panic!("{why}"));
    let line = |part: &str| told.lines().find(|line| line.contains(part)).unwrap_or_else(|| panic!("{part}: {told}"));
    let (rsa, psk) = (line("TLS_RSA_WITH_AES_128_CBC_SHA256 "), line("TLS_PSK_WITH_AES_128_CBC_SHA "));
    assert!(psk.ends_with("selected, not completed"), "{psk}");
    if cfg!(feature = "legacy-tls") {
        assert!(rsa.ends_with("128  completed"), "{rsa}");
        assert!(told.contains("1 suite selected, not completed: neither rustls nor this OpenSSL can"), "{told}");
    } else {
        assert!(rsa.ends_with("selected, not completed"), "{rsa}");
        assert!(line("2 suites selected, not completed: rustls").contains("--features legacy-tls"), "{told}");
    }
}

#[test]
fn the_sets_of_our_own_server_are_those_of_s_client() {
    let Some(known) = known() else { return not_run("openssl", "there is no openssl") };
    for (preset, sizes) in [
        (TlsPreset::Default, [0, 0, 6, 3]),
        (TlsPreset::Strict21, [0, 0, 0, 2]),
        (TlsPreset::SuiteB128, [0, 0, 1, 0]),
        (TlsPreset::SuiteB192, [0, 0, 1, 0]),
    ] {
        with_own(preset, |address| {
            let seen = [Mode::Fast, Mode::Each].map(|mode| look(address, mode));
            assert_eq!(compare(&Host { address, identity: None }, &known, &seen), sizes, "{preset:?}");
        });
    }
}

/// Our own server as a preset has it, for tools that have no certificate to show; by default with both kinds of key.
pub(crate) fn with_own(preset: TlsPreset, test: impl FnOnce(&str)) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut config = Config { tls: preset, client_authentication: ClientAuthentication::Optional, ..Config::default() };
    if preset == TlsPreset::Default {
        config.certificates = CertificateSettings { keys: KeyKinds::Both, ..CertificateSettings::default() };
    }
    let (server, target) = runtime.block_on(bundled::start(config)).expect("started");
    test(&target.address);
    runtime.block_on(server.shutdown());
}

/// A file under the folder of the build, for tools that the checks install.
pub(crate) fn in_target(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).parent()?.join(path);
    path.exists().then_some(path)
}
