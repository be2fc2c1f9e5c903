//! With the feature `legacy-tls`: handshakes of TLS 1.0 and 1.1 and of old suites that come to their end, and the two presets of our
//! server that are older than rustls. `openssl` is the other side wherever one of ours is looked at.

use crate::looking::{look, look_as, patient, suites};
use crate::openssl::{SServer, known};
use crate::tools::{not_run, output};
use kmipspec::client::legacy::{LegacyTrial, can_try};
use kmipspec::client::trial::{Terms, Trial};
use kmipspec::client::{ConnectError, Identity, Target, TlsError, Trust};
use kmipspec::runner::bundled;
use kmipspec::tls::observation::{Completion, Renegotiation, Trusted};
use kmipspec::tls::verdict::Outcome;
use kmipspec::tls::{Judgement, Mode, Observation, TlsVersion, authentication_suite, judge, probe};
use kmipspec_reference_server::certificates::{
    CLIENTS, CertificateSet, CertificateSettings, KeyKinds, certificate_path, key_path,
};
use kmipspec_reference_server::tls_preset::TlsPreset;
use kmipspec_reference_server::{Config, RunningServer};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tokio::net::TcpStream;

/// Our server as a preset has it, with RSA keys.
async fn ours(tls: TlsPreset) -> (RunningServer, Target) {
    let certificates = CertificateSettings { keys: KeyKinds::Rsa, ..CertificateSettings::default() };
    bundled::start(Config { tls, certificates, ..Config::default() }).await.expect("started")
}

/// Those suites of a version whose handshake came to its end, or did not.
fn that_are(seen: &Observation, version: TlsVersion, test: impl Fn(&Completion) -> bool) -> BTreeSet<String> {
    let all = seen.version(version).into_iter().flat_map(|v| &v.suites);
    all.filter(|suite| test(&suite.completion)).map(|suite| suite.name.clone()).collect()
}

/// An authentication suite, and what must stand against it: nothing at all, or this.
type Against = (&'static str, Option<&'static str>);

/// A preset, its version and suites, and what is said of it.
type Row = (TlsPreset, TlsVersion, &'static [&'static str], &'static [Against]);

/// The two presets.
const VERDICTS: [Row; 2] = [
    (
        TlsPreset::Basic10,
        TlsVersion::Tls10,
        &["TLS_RSA_WITH_AES_128_CBC_SHA"],
        &[
            ("basic-1.0", None),
            ("draft", None),
            ("tls12-1.0", Some("TLS 1.2 is not taken")),
            ("basic-1.4", Some("TLS 1.2 is not taken")),
            ("suiteb-128", Some("TLS 1.2 is not taken")),
            ("suiteb-192", Some("the server's key is RSA")),
            ("basic-2.0", Some("TLS 1.3 is not taken")),
            ("basic-2.1", Some("TLS 1.0 is taken")),
        ],
    ),
    (
        TlsPreset::Tls12,
        TlsVersion::Tls12,
        &["TLS_RSA_WITH_AES_128_CBC_SHA256", "TLS_RSA_WITH_AES_256_CBC_SHA256"],
        &[
            ("tls12-1.0", None),
            ("basic-1.4", None),
            ("basic-1.0", Some("TLS 1.0 is not taken")),
            ("draft", Some("TLS_RSA_WITH_AES_128_CBC_SHA is not selected")),
            ("suiteb-128", Some("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 is not selected")),
            ("suiteb-192", Some("the server's key is RSA")),
            ("basic-2.0", Some("TLS 1.3 is not taken")),
            ("basic-2.1", Some("TLS 1.3 is not taken")),
        ],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_old_preset_meets_its_own_suite_and_fails_the_others_with_the_reason() {
    for (preset, version, names, verdicts) in VERDICTS {
        let (server, target) = ours(preset).await;
        let seen = probe(&target, &patient()).await;
        server.shutdown().await;
        for other in TlsVersion::ALL {
            let wanted: Vec<&str> = if other == version { names.to_vec() } else { Vec::new() };
            assert_eq!(suites(&seen, other).into_iter().collect::<Vec<_>>(), wanted, "{preset:?}, {other}");
            assert!(seen.version(other).is_some_and(|v| v.complete), "{preset:?}, {other}");
        }
        // As alice, whom the server knows.
        let all = that_are(&seen, version, |c| *c == Completion::Completed);
        assert_eq!(all.into_iter().collect::<Vec<_>>(), names, "{preset:?}: {:?}", seen.version(version));
        let client = &seen.client_certificate;
        assert_eq!((client.requested, client.required), (Some(true), Some(true)), "{preset:?}");
        assert_eq!(client.refusal.as_deref(), Some("alert handshake_failure (40)"), "{preset:?}");
        assert_eq!(seen.trust, Some(Trusted::Yes), "{preset:?}");
        assert_eq!((seen.features.compression, seen.features.secure_renegotiation), (Some(0), Some(true)));
        // Asked as alice, too, or there would be no connection to ask on.
        let refused = matches!(&seen.features.client_renegotiation, Some(Renegotiation::Refused { .. }));
        assert!(refused, "{preset:?}: {:?}", seen.features.client_renegotiation);
        for (id, against) in verdicts {
            let verdict = judge(&seen, authentication_suite(id).expect("a suite of that name"));
            let primary = !matches!(verdict.strict, Judgement::IndicativeMet | Judgement::IndicativeNotMet);
            let violated: Vec<&str> = verdict
                .findings
                .iter()
                .filter(|f| f.outcome == Outcome::Violated)
                .map(|f| f.because.as_str())
                .collect();
            match against {
                None => assert_eq!((verdict.strict, violated.as_slice()), (Judgement::IndicativeMet, &[][..]), "{id}"),
                Some(because) => {
                    let wanted = if primary { Judgement::NotMet } else { Judgement::IndicativeNotMet };
                    assert_eq!(verdict.strict, wanted, "{preset:?} as {id}");
                    assert!(violated.iter().any(|b| b.contains(because)), "{preset:?} as {id}: {violated:?}");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_are_let_in_and_turned_away_as_by_rustls() {
    let (other, by_rustls) = ours(TlsPreset::Default).await;
    for (preset, version, code) in [(TlsPreset::Basic10, 0x0301, 0x002F), (TlsPreset::Tls12, 0x0303, 0x003C)] {
        let (server, target) = ours(preset).await;
        for (name, _) in CLIENTS {
            let socket = TcpStream::connect(&by_rustls.address).await.expect("connected");
            let identity = by_rustls.identity(name).expect("made");
            let trial = Trial::new(Terms::default(), by_rustls.trust(), identity, "localhost").expect("settings");
            let wanted = trial.shake(socket).await;

            let socket = TcpStream::connect(&target.address).await.expect("connected");
            let terms = Terms { version: Some(version), suite: Some(code), ..Terms::default() };
            let identity = target.identity(name).expect("made");
            let trial = LegacyTrial::new(terms, target.trust(), identity, "localhost").expect("settings");
            let result = trial.shake(socket).await;

            assert_eq!(result.is_ok(), wanted.is_ok(), "{preset:?}, {name}: {result:?}, by rustls {wanted:?}");
            match (name, &result) {
                (_, Ok(completed)) => assert_eq!((completed.version, completed.suite), (version, code)),
                ("expired", Err(ConnectError::Alert(alert))) => assert_eq!(alert.0, 45),
                ("foreign-ca", Err(ConnectError::Alert(alert))) => assert_eq!(alert.0, 48),
                (_, Err(ConnectError::Alert(_))) => {}
                (_, Err(other)) => panic!("{preset:?}, {name}: {other}"),
            }
        }
        // Another CA than the server's, and another name: judged as everywhere.
        let terms = Terms { version: Some(version), suite: Some(code), ..Terms::default() };
        for (trust, name) in [(by_rustls.trust(), "localhost"), (target.trust(), "elsewhere.example")] {
            let socket = TcpStream::connect(&target.address).await.expect("connected");
            let trial =
                LegacyTrial::new(terms, trust, target.identity("alice").expect("made"), name).expect("settings");
            assert!(matches!(trial.shake(socket).await, Err(ConnectError::Certificate(_))), "{name}");
        }
        server.shutdown().await;
    }
    other.shutdown().await;
}

/// One request in XML, and its answer in XML, by a process of `openssl s_client`.
fn by_s_client(address: &str, folder: &Path, who: &str, how: &[&str], request: &str) -> String {
    let program = |verb: &[&str], input: &[u8]| {
        let mut run = Command::new(env!("CARGO_BIN_EXE_kmipspec"));
        let mut child = run.args(verb).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("kmipspec runs");
        let mut pipe = child.stdin.take().expect("a pipe");
        let input = input.to_vec();
        let writing = std::thread::spawn(move || pipe.write_all(&input));
        let output = child.wait_with_output().expect("it ends");
        writing.join().expect("written").expect("written");
        assert!(output.status.success(), "{verb:?}");
        output.stdout
    };
    let request = program(&["encode", "--from", "xml", "--to", "binary"], request.as_bytes());
    let mut client = Command::new("openssl");
    client.args(["s_client", "-connect", address, "-quiet", "-verify_return_error"]).args(how);
    client.arg("-CAfile").arg(folder.join("ca.pem"));
    client.arg("-cert").arg(certificate_path(folder, who)).arg("-key").arg(key_path(folder, who));
    let streams = client.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut client = streams.spawn().expect("openssl runs");
    let mut pipe = client.stdin.take().expect("a pipe");
    let writing = std::thread::spawn(move || pipe.write_all(&request).map(|()| pipe));
    let mut told = client.stdout.take().expect("a pipe");
    let mut answer = vec![0; 8];
    told.read_exact(&mut answer).expect("an answer");
    let length = u32::from_be_bytes([answer[4], answer[5], answer[6], answer[7]]);
    let mut body = vec![0; usize::try_from(length).expect("a length")];
    told.read_exact(&mut body).expect("a whole answer");
    answer.extend(body);
    drop(writing.join().expect("written").expect("written"));
    let _ = client.kill();
    let _ = client.wait();
    String::from_utf8(program(&["decode", "--from", "binary", "--to", "xml"], &answer)).expect("text")
}

/// A request of 1.0 with one batch item.
fn request(operation: &str, payload: &str) -> String {
    format!(
        r#"<RequestMessage><RequestHeader><ProtocolVersion><ProtocolVersionMajor type="Integer" value="1"/>
        <ProtocolVersionMinor type="Integer" value="0"/></ProtocolVersion><BatchCount type="Integer" value="1"/></RequestHeader>
        <BatchItem><Operation type="Enumeration" value="{operation}"/><RequestPayload>{payload}</RequestPayload></BatchItem>
        </RequestMessage>"#
    )
}

#[test]
fn kmip_is_spoken_over_tls_1_0_with_s_client_and_the_principal_is_the_certificates() {
    if known().is_none() {
        return not_run("openssl", "there is no openssl");
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    for (preset, how) in [
        (TlsPreset::Basic10, ["-tls1", "-cipher", "AES128-SHA:@SECLEVEL=0"]),
        (TlsPreset::Tls12, ["-tls1_2", "-cipher", "AES256-SHA256:@SECLEVEL=0"]),
    ] {
        let (server, target) = runtime.block_on(ours(preset));
        let folder: PathBuf = server.directory().to_owned();
        let ask = |who: &str, request: &str| by_s_client(&target.address, &folder, who, &how, request);
        // More than a socket takes at once, both ways.
        let value = "5A".repeat(600_000);
        let opaque = format!(
            r#"<ObjectType type="Enumeration" value="OpaqueObject"/><TemplateAttribute/><OpaqueObject>
            <OpaqueDataType type="Enumeration" value="0x80000001"/><OpaqueDataValue type="ByteString" value="{value}"/></OpaqueObject>"#
        );
        let answer = ask("alice", &request("Register", &opaque));
        let id =
            answer.split(r#"<UniqueIdentifier type="TextString" value=""#).nth(1).and_then(|t| t.split('"').next());
        let id = id.unwrap_or_else(|| panic!("no identifier: {answer}"));
        let get = request("Get", &format!(r#"<UniqueIdentifier type="TextString" value="{id}"/>"#));
        let answer = ask("alice", &get);
        assert!(answer.to_uppercase().contains(&value), "alice has made it");
        let answer = ask("bob", &get);
        assert!(answer.contains("OperationFailed") && !answer.to_uppercase().contains(&value), "{answer}");
        runtime.block_on(server.shutdown());
    }
}

#[test]
fn handshakes_with_s_server_come_to_their_end_in_every_suite_but_those_of_keys_known_beforehand() {
    let Some(known) = known() else { return not_run("openssl", "there is no openssl") };
    let server = SServer::start().unwrap_or_else(|why| panic!("{why}"));
    let seen = look(&server.address, Mode::Fast);
    println!("s_server with all on: {} connections in {} ms", seen.connections, seen.milliseconds);
    let mut done = 0;
    for version in [TlsVersion::Tls10, TlsVersion::Tls11, TlsVersion::Tls12, TlsVersion::Tls13] {
        // That s_client completes every one of them is what `the_sets_of_s_server_are_those_of_s_client` shows.
        let (beforehand, others): (BTreeSet<String>, BTreeSet<String>) =
            suites(&seen, version).into_iter().partition(|name| name.contains("PSK") || name.contains("SRP"));
        assert_eq!(that_are(&seen, version, |c| *c == Completion::Completed), others, "{version}");
        assert_eq!(that_are(&seen, version, |c| *c == Completion::NotTried), beforehand, "{version}");
        println!("{version}: {} completed, {} not tried", others.len(), beforehand.len());
        done += others.len();
    }
    assert!(done > 50 && !known.is_empty(), "it was meant to have everything on: {done}");
}

#[test]
fn tls_1_0_and_1_1_and_a_refusal_are_told_apart() {
    if known().is_none() {
        return not_run("openssl", "there is no openssl");
    }
    for (flag, version) in [("-tls1", TlsVersion::Tls10), ("-tls1_1", TlsVersion::Tls11)] {
        for (verify, asked) in [(None, Some(false)), (Some("-verify"), Some(true)), (Some("-Verify"), Some(true))] {
            let mut settings = vec![flag, "-cipher", "AES128-SHA:DHE-RSA-AES256-SHA:@SECLEVEL=0"];
            settings.extend(verify.into_iter().flat_map(|verify| [verify, "1"]));
            let server = SServer::start_with(&settings).unwrap_or_else(|why| panic!("{why}"));
            let seen = look_as(&server.address, patient(), None);
            let needed = verify == Some("-Verify");
            assert_eq!(suites(&seen, version).len(), 2, "{flag} {verify:?}");
            for suite in &seen.version(version).expect("looked at").suites {
                match &suite.completion {
                    Completion::Completed if !needed => {}
                    Completion::Refused { because } if needed => {
                        assert_eq!(because, "alert handshake_failure (40)");
                    }
                    other => panic!("{flag} {verify:?}: {other:?}"),
                }
            }
            let client = &seen.client_certificate;
            assert_eq!((client.requested, client.required), (asked, Some(needed)), "{flag} {verify:?}");
        }
    }
}

#[test]
fn whether_a_client_may_shake_hands_anew_is_asked_and_told() {
    if known().is_none() {
        return not_run("openssl", "there is no openssl");
    }
    let refused = Renegotiation::Refused { how: "warning no_renegotiation".to_owned() };
    let cipher = ["-cipher", "AES128-SHA256:AES128-SHA:@SECLEVEL=0"];
    for (settings, wanted) in [
        (["-tls1_2", "-client_renegotiation"], Some(Renegotiation::Accepted)),
        (["-tls1_2", "-no_renegotiation"], Some(refused)),
        (["-tls1", "-client_renegotiation"], Some(Renegotiation::Accepted)),
        // There is no such thing in TLS 1.3.
        (["-tls1_3", "-no_ticket"], None),
    ] {
        let settings: Vec<&str> = settings.into_iter().chain(cipher).collect();
        let server = SServer::start_with(&settings).unwrap_or_else(|why| panic!("{why}"));
        let seen = look_as(&server.address, patient(), None);
        assert_eq!(seen.features.client_renegotiation, wanted, "{settings:?}");
    }
}

#[test]
fn a_preset_of_static_rsa_without_an_rsa_key_is_refused() {
    let serve = ["serve", "--port", "0", "--tls", "basic-1.0", "--certificates", "ec"];
    let told = output(Command::new(env!("CARGO_BIN_EXE_kmipspec")).args(serve)).expect_err("it does not start");
    assert!(
        told.contains("exit status: 1") && told.contains("basic-1.0 needs a server certificate with an RSA key"),
        "{told}"
    );
}

#[test]
fn what_rustls_does_not_have_can_be_tried_where_it_is_defined() {
    let versions = |suite| [0x0300, 0x0301, 0x0302, 0x0303, 0x0304].map(|version| can_try(version, suite));
    assert_eq!(versions(0x002F), [false, true, true, true, false]);
    assert_eq!(versions(0x003C), [false, false, false, true, false]);
    assert_eq!(versions(0x1304), [false, false, false, false, true]);
    // A number that nobody has, and export suites, which left OpenSSL long ago.
    assert_eq!((versions(0x0A0A), versions(0x0003)), ([false; 5], [false; 5]));
}

#[test]
fn a_key_of_another_certificate_is_told_before_anything_is_sent() {
    let set = CertificateSet::generate().expect("certificates");
    let [alice, bob] = ["alice", "bob"].map(|name| set.client(name).expect("made"));
    let identity = Identity::with_certificate("eve", alice.certificate.as_bytes(), bob.key.as_bytes());
    let terms = Terms { version: Some(0x0301), suite: Some(0x002F), ..Terms::default() };
    let trial = LegacyTrial::new(terms, &Trust::Insecure, &identity, "localhost");
    assert!(matches!(trial, Err(TlsError::BadPair { identity, .. }) if identity == "eve"));
}
