//! Ctrl-C in the middle of a run: what was made is removed, reports are written, and a second one ends at once.

use crate::program::program;
use crate::support::{Behaviour, HostileTarget, Reply};
use kmipspec::client::session::{Connections, Options};
use kmipspec::client::{ALICE, Pool, Session, Target};
use kmipspec::runner::bundled;
use kmipspec_protocol::registry::{Operation, tag};
use kmipspec_protocol::ttlv::{Doc, Item, ItemRef, Limits};
use kmipspec_reference_server::Config;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Makes a key, and then lets far more time pass than the test has.
const WAITS: &str = r#"
id: operations.create.waits
title: A key is still there after a while
spec: {"1.2": "4.1"}
level: SHALL
versions: "1.2..=1.4"
steps:
  - send: [{Create: {ObjectType: SymmetricKey, Attributes: {CryptographicAlgorithm: AES, CryptographicLength: 128, CryptographicUsageMask: [Encrypt]}}}]
    expect: [{payload: {UniqueIdentifier: {bind: key}}}]
  - send: [{Activate: {UniqueIdentifier: $key}}]
  - wait: 50s
    send: [{Get: {UniqueIdentifier: $key}}]
"#;

fn kmipspec() -> Command {
    let mut command = program();
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) fn signal(name: &str, child: &Child) {
    let sent = Command::new("kill").args(["-s", name]).arg(child.id().to_string()).status().expect("kill ran");
    assert!(sent.success(), "the program has ended already");
}

/// Exit code, standard output and standard error of a program that has to end soon.
fn ended(mut child: Child) -> (Option<i32>, String, String) {
    let began = Instant::now();
    while child.try_wait().expect("asked").is_none() {
        if began.elapsed() > Duration::from_secs(20) {
            let _ = child.kill();
            panic!("it did not end");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let (mut out, mut err) = (String::new(), String::new());
    child.stdout.take().expect("a pipe").read_to_string(&mut out).expect("text");
    child.stderr.take().expect("a pipe").read_to_string(&mut err).expect("text");
    (child.wait().expect("it ended").code(), out, err)
}

/// How many objects Locate finds.
async fn objects(target: &Arc<Target>) -> usize {
    let mut session = Session::new(Arc::clone(target), Arc::new(Pool::default()), Connections::OnePerExchange);
    let version = vec![Item::integer(tag::PROTOCOL_VERSION_MAJOR, 1), Item::integer(tag::PROTOCOL_VERSION_MINOR, 4)];
    let header = vec![Item::structure(tag::PROTOCOL_VERSION, version), Item::integer(tag::BATCH_COUNT, 1)];
    let locate =
        vec![Item::enumeration(tag::OPERATION, Operation::LOCATE.0), Item::structure(tag::REQUEST_PAYLOAD, Vec::new())];
    let items = vec![Item::structure(tag::REQUEST_HEADER, header), Item::structure(tag::BATCH_ITEM, locate)];
    let message = Item::structure(tag::REQUEST_MESSAGE, items).encode();
    let place = session.exchange(Options::new("locate", ALICE), message).await;
    let doc = Doc::strict(&session.transcript()[place].received, &Limits::default()).expect("an answer");
    let item = doc.root().expect("a message").child(tag::BATCH_ITEM).expect("an item");
    assert_eq!(item.child(tag::RESULT_STATUS).and_then(ItemRef::as_u32), Some(0), "Locate failed");
    let payload = item.child(tag::RESPONSE_PAYLOAD).expect("a payload");
    payload.children().filter(|i| i.tag() == tag::UNIQUE_IDENTIFIER).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupted_run_removes_what_it_made_and_writes_its_reports() {
    for name in ["INT", "TERM"] {
        let folder = tempfile::tempdir().expect("a folder");
        let scenarios = folder.path().join("scenarios/operations/create");
        std::fs::create_dir_all(&scenarios).expect("made");
        std::fs::write(scenarios.join("waits.yaml"), WAITS).expect("written");
        let pem = folder.path().join("pem");
        let config = Config { directory: Some(pem.clone()), ..Config::default() };
        let (server, target) = bundled::start(config).await.expect("a server");
        let target = Arc::new(target);
        let json = folder.path().join("out.json");
        let mut child = kmipspec()
            .args(["run", "operations.create.waits", "--version", "1.2..=1.4"])
            .args(["--target", &server.address().to_string(), "--scenarios"])
            .arg(folder.path().join("scenarios"))
            .arg("--ca")
            .arg(pem.join("ca.pem"))
            .arg("--cert")
            .arg(kmipspec_reference_server::certificates::certificate_path(&pem, "alice"))
            .arg("--key")
            .arg(kmipspec_reference_server::certificates::key_path(&pem, "alice"))
            .arg("--json")
            .arg(&json)
            .spawn()
            .expect("started");
        let began = Instant::now();
        while objects(&target).await < 3 {
            if began.elapsed() > Duration::from_secs(20) || child.try_wait().expect("asked").is_some() {
                let _ = child.kill();
                panic!("the cases do not begin: {:?}", ended(child));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        signal(name, &child);
        let (code, out, err) = ended(child);
        assert_eq!(code, Some(3), "{out}{err}");
        assert!(err.contains("interrupted"), "{err}");
        assert!(out.contains("ERROR  interrupted"), "{out}");
        assert!(out.contains("3 x  not run to its end: the run was interrupted"), "{out}");
        assert_eq!(objects(&target).await, 0, "objects stay behind after SIG{name}");
        let report = std::fs::read_to_string(&json).expect("the report is there");
        let report: serde_json::Value = serde_json::from_str(&report).expect("the report is whole");
        assert!(report["broken"].as_str().is_some_and(|b| b.starts_with("interrupted")), "{report}");
        server.shutdown().await;
    }
}

/// A run against a target that is silent from some point on.
fn run_against(hostile: &HostileTarget, folder: &std::path::Path) -> Child {
    let ca = folder.join("ca.pem");
    std::fs::write(&ca, &hostile.certificates.ca).expect("written");
    kmipspec()
        .args(["run", "operations.create", "--version", "1.4", "--timeout", "60s"])
        .args(["--target", &hostile.address.to_string(), "--ca"])
        .arg(ca)
        .spawn()
        .expect("started")
}

#[test]
fn a_run_that_waits_for_its_first_answer_ends_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let hostile = HostileTarget::start(Behaviour::Tls(Reply::Silence));
    let child = run_against(&hostile, folder.path());
    let began = Instant::now();
    while hostile.reached.load(Ordering::SeqCst) == 0 {
        assert!(began.elapsed() < Duration::from_secs(60), "the run does not begin");
        std::thread::sleep(Duration::from_millis(20));
    }
    signal("INT", &child);
    let (code, out, err) = ended(child);
    assert_eq!(code, Some(3), "{out}{err}");
    assert!(err.contains("interrupted before the first case"), "{err}");
}

#[test]
fn a_second_signal_does_not_wait_for_answers() {
    let folder = tempfile::tempdir().expect("a folder");
    let scenarios = folder.path().join("scenarios/operations/create");
    std::fs::create_dir_all(&scenarios).expect("made");
    std::fs::write(scenarios.join("waits.yaml"), WAITS).expect("written");
    let journal = folder.path().join("journal");
    let mut server = kmipspec().args(["serve", "--port", "0", "--journal"]).arg(&journal).spawn().expect("started");
    let mut line = String::new();
    BufReader::new(server.stdout.as_mut().expect("a pipe")).read_line(&mut line).expect("a line");
    let ready: serde_json::Value = serde_json::from_str(&line).expect("JSON");
    let of = |key: &str| ready[key].as_str().expect("text").to_owned();
    let mut child = kmipspec()
        .args(["run", "operations.create.waits", "--timeout", "60s", "--version", "1.4"])
        .args(["--target", &of("address"), "--ca", &of("ca"), "--cert", &of("cert"), "--key", &of("key")])
        .arg("--scenarios")
        .arg(folder.path().join("scenarios"))
        .spawn()
        .expect("started");
    let lines = BufReader::new(child.stdout.as_mut().expect("a pipe")).lines();
    assert!(lines.map_while(Result::ok).any(|l| l.starts_with("run ")), "the run does not begin");
    let began = Instant::now();
    while !std::fs::read_to_string(&journal).is_ok_and(|said| said.contains("Activate")) {
        assert!(began.elapsed() < Duration::from_secs(60), "the key is not made");
        std::thread::sleep(Duration::from_millis(20));
    }
    // The key is made; a server that is stopped cannot answer its removal.
    signal("STOP", &server);
    signal("INT", &child);
    let mut told = BufReader::new(child.stderr.take().expect("a pipe"));
    let mut err = String::new();
    while !err.contains("interrupted: waiting") {
        assert_ne!(told.read_line(&mut err).expect("text"), 0, "one signal was enough: {err}");
    }
    signal("INT", &child);
    told.read_to_string(&mut err).expect("text");
    let code = child.wait().expect("it ended").code();
    server.kill().expect("it runs");
    server.wait().expect("it ended");
    assert_eq!(code, Some(3), "{err}");
    assert!(err.contains("ended at once"), "{err}");
}

#[test]
fn an_interrupted_self_check_says_what_it_knows() {
    let folder = tempfile::tempdir().expect("a folder");
    let json = folder.path().join("matrix.json");
    // One of the cases of the second quirk waits for seconds.
    let mut child = kmipspec()
        .args([
            "self-check",
            "--quirk",
            "destroy-takes-active",
            "--quirk",
            "lease-*",
            "--jobs",
            "1",
            "--version",
            "1.4",
            "--json",
        ])
        .arg(&json)
        .spawn()
        .expect("started");
    let mut told = BufReader::new(child.stderr.take().expect("a pipe"));
    let mut first = String::new();
    told.read_line(&mut first).expect("a line");
    assert!(first.starts_with("1 of "), "{first}");
    signal("INT", &child);
    child.stderr = Some(told.into_inner());
    let (code, out, err) = ended(child);
    assert_eq!(code, Some(3), "{out}{err}");
    assert!(out.contains("destroy-takes-active  exact"), "{out}");
    assert!(out.contains("ended early: "), "{out}");
    let matrix: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&json).expect("a file")).expect("a whole file");
    assert_eq!(matrix["quirks"][0]["quirk"], "destroy-takes-active");
    assert!(matrix["missing"].as_u64() > Some(0), "{matrix}");
}
