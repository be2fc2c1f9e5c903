//! `kmipspec fuzz`, `replay` and `minimize` from outside: against the bundled server, sound and with a fault; against servers that die
//! or fall silent; with input of every bad kind; and interrupted.

use crate::program::program;
use crate::support::{Behaviour, HostileTarget};
use kmipspec::client::session::{Connections, Options};
use kmipspec::client::{ALICE, Pool, Session, Target};
use kmipspec::runner::bundled;
use kmipspec_protocol::registry::{Operation, tag};
use kmipspec_protocol::ttlv::{Doc, Item, ItemRef, Limits};
use kmipspec_reference_server::certificates::{certificate_path, key_path};
use kmipspec_reference_server::quirks::{Quirks, named};
use kmipspec_reference_server::{Config, RunningServer};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use tempfile::TempDir;

fn kmipspec(arguments: &[&str]) -> Command {
    let mut command = program();
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Code, standard output and standard error.
fn told(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// A server, and the flags that reach it.
struct Served {
    server: RunningServer,
    target: Arc<Target>,
    folder: TempDir,
}

impl Served {
    async fn with(quirk: Option<&str>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let quirks = Quirks::of(quirk.map(|name| named(name).expect("there is such a quirk")));
        let config = Config { directory: Some(folder.path().join("pem")), quirks, ..Config::default() };
        let (server, target) = bundled::start(config).await.expect("a server");
        Self { server, target: Arc::new(target), folder }
    }

    /// The flags.
    fn reach(&self, command: &mut Command) {
        let pem = self.folder.path().join("pem");
        let bob = format!("bob={},{}", certificate_path(&pem, "bob").display(), key_path(&pem, "bob").display());
        command
            .args(["--target", &self.server.address().to_string(), "--identity", &bob, "--ca"])
            .arg(pem.join("ca.pem"))
            .arg("--cert")
            .arg(certificate_path(&pem, ALICE))
            .arg("--key")
            .arg(key_path(&pem, ALICE));
    }

    /// Runs a command against it, without holding up the server.
    async fn run(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let mut command = kmipspec(arguments);
        self.reach(&mut command);
        let output = tokio::task::spawn_blocking(move || command.output()).await.expect("joined").expect("started");
        told(&output)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// How many objects Locate finds for alice.
    async fn objects(&self) -> usize {
        let mut session =
            Session::new(Arc::clone(&self.target), Arc::new(Pool::default()), Connections::OnePerExchange);
        let version =
            vec![Item::integer(tag::PROTOCOL_VERSION_MAJOR, 1), Item::integer(tag::PROTOCOL_VERSION_MINOR, 4)];
        let header = vec![Item::structure(tag::PROTOCOL_VERSION, version), Item::integer(tag::BATCH_COUNT, 1)];
        let locate = vec![
            Item::enumeration(tag::OPERATION, Operation::LOCATE.0),
            Item::structure(tag::REQUEST_PAYLOAD, Vec::new()),
        ];
        let items = vec![Item::structure(tag::REQUEST_HEADER, header), Item::structure(tag::BATCH_ITEM, locate)];
        let message = Item::structure(tag::REQUEST_MESSAGE, items).encode();
        let place = session.exchange(Options::new("locate", ALICE), message).await;
        let doc = Doc::strict(&session.transcript()[place].received, &Limits::default()).expect("an answer");
        let payload = doc.root().and_then(|root| root.child(tag::BATCH_ITEM)?.child(tag::RESPONSE_PAYLOAD));
        let payload = payload.expect("Locate succeeds");
        payload.children().map(ItemRef::tag).filter(|tag| *tag == tag::UNIQUE_IDENTIFIER).count()
    }
}

/// The files of a folder with an extension.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|e| e == extension)).collect();
    files.sort();
    files
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of letters")
}

#[test]
fn the_bundled_server_shows_nothing_and_what_was_new_is_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let (findings, corpus) = (folder.path().join("findings"), folder.path().join("corpus"));
    let (json, junit) = (folder.path().join("o.json"), folder.path().join("o.xml"));
    let output = kmipspec(&["fuzz", "--runs", "1500", "--seed", "7", "--rate", "0", "--time", "10m"])
        .args(["--findings", text(&findings), "--corpus", text(&corpus)])
        .args(["--json", text(&json), "--junit", text(&junit)])
        .output()
        .expect("started");
    let (code, out, err) = told(&output);
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.starts_with("fuzzing the bundled server as alice and bob for 10m"), "{out}");
    assert!(out.contains("0 findings; 1500 inputs"), "{out}");
    assert!(!findings.exists(), "an empty folder is left");
    assert!(files(&corpus, "kseq").len() > 100, "{}", files(&corpus, "kseq").len());
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(json).expect("written")).expect("JSON");
    assert_eq!(json["executions"], 1500);
    assert_eq!(json["unconfirmed"], serde_json::json!([]));
    assert!(std::fs::read_to_string(junit).expect("written").contains("no findings"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_is_found_written_replayed_and_made_smaller() {
    let served = Served::with(Some("other-client-may-get")).await;
    let findings = served.path("findings");
    let folder = text(&findings);
    let attack = ["fuzz", "--seed", "3", "--rate", "0", "--time", "5m", "--runs", "5000", "--max-findings", "1"];
    let (code, out, err) = served.run(&[attack.as_slice(), &["--findings", folder]].concat()).await;
    assert_eq!(code, Some(4), "{out}{err}");
    assert!(out.contains("O5   Get  other client"), "{out}");
    assert!(out.contains("can be changed or destroyed"), "{out}");
    let (records, inputs) = (files(&findings, "json"), files(&findings, "kseq"));
    let ([record], [input]) = (records.as_slice(), inputs.as_slice()) else { panic!("{out}") };
    let record_of: serde_json::Value = serde_json::from_slice(&std::fs::read(record).expect("there")).expect("JSON");
    assert_eq!((&record_of["oracle"], &record_of["confirmed"]), (&"O5".into(), &3.into()), "{record_of}");

    // The same again by its bytes, by its record and as a scenario; and none of it on a sound server.
    for path in [folder, text(record), text(input)] {
        let (code, out, err) = served.run(&["replay", path]).await;
        assert_eq!(code, Some(4), "{out}{err}");
        assert!(out.contains("O5 Get other client: bob was served"), "{out}");
    }
    let (code, out, err) = served.run(&["run", "fuzz", "--scenarios", folder, "--tls-look", "never"]).await;
    assert_eq!(code, Some(4), "{out}{err}");
    assert!(out.contains("expected   OperationFailed"), "{out}");
    for sound in [&["replay", folder][..], &["run", "fuzz", "--scenarios", folder, "--strict"]] {
        let (code, out, err) = told(&kmipspec(sound).output().expect("started"));
        assert_eq!(code, Some(0), "{sound:?}\n{out}{err}");
    }
    let (code, out, _) = told(&kmipspec(&["lint", folder]).output().expect("started"));
    assert_eq!(code, Some(0), "{out}");

    // With a step that has nothing to do with it, it gets as small as it was.
    let small = std::fs::read(input).expect("there");
    let mut script = kmipspec::fuzzing::script::Script::read(&small).expect("a script");
    let query = kmipspec::fuzzing::wire::builtin().into_iter().flat_map(|s| s.steps).next().expect("a step");
    script.steps.push(query);
    let (large, output) = (served.path("large.kseq"), served.path("small.kseq"));
    std::fs::write(&large, script.write()).expect("written");
    let (code, out, err) = served.run(&["minimize", text(&large), "-o", text(&output)]).await;
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(std::fs::read(&output).expect("written").len() <= small.len(), "{out}");

    for (form, part) in
        [("hex", "# step 0"), ("c", "step_0_size"), ("xml", "<RequestMessage>"), ("yaml", "id: fuzz.o5-")]
    {
        let (code, out, err) =
            told(&kmipspec(&["fuzz", "export", text(input), "--as", form]).output().expect("started"));
        assert_eq!(code, Some(0), "{form}: {err}");
        assert!(out.contains(part), "{form}: {out}");
    }
    let (_, out, _) = told(&kmipspec(&["decode", text(input)]).output().expect("started"));
    assert!(out.contains("# step 0, connection 0, identity 0") && out.contains("RequestMessage"), "{out}");
    served.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_stays_as_small_as_it_was() {
    let served = Served::with(None).await;
    let (code, out, err) = served
        .run(&[
            "fuzz",
            "--runs",
            "250",
            "--seed",
            "1",
            "--rate",
            "0",
            "--time",
            "5m",
            "--findings",
            text(&served.path("f")),
        ])
        .await;
    assert_eq!(code, Some(0), "{out}{err}");
    // What was made by a message that was answered in another way than with an identifier cannot be known.
    let left = served.objects().await;
    assert!(left < 25, "{left} objects of 250 conversations");
    served.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_again_is_no_news() {
    use kmipspec::fuzzing::wire::{Corpus, Peer, builtin, features};
    use kmipspec::runner::Stop;
    let served = Served::with(None).await;
    let target = Arc::clone(&served.target);
    let kept = tokio::task::spawn_blocking(move || {
        let talkers = vec![ALICE.to_owned(), "bob".to_owned()];
        let mut peer = Peer::new(target, talkers, None, Stop::default()).expect("a runtime");
        let get = |script: &kmipspec::fuzzing::script::Script| {
            script.steps.iter().any(|step| step.identity == 1) && script.steps.len() == 3
        };
        let script = builtin().into_iter().find(get).expect("a conversation of two");
        let mut corpus = Corpus::new(1, true);
        let kept = (0..1000).filter(|_| corpus.learn(b"", &features(&peer.play(&script)), false)).count();
        peer.tidy(std::time::Duration::from_secs(30));
        kept
    });
    assert!(kept.await.expect("joined") <= 1);
    served.server.shutdown().await;
}

/// A target file's worth of flags for a server with a certificate of its own.
fn hostile(target: &HostileTarget, folder: &Path, arguments: &[&str]) -> Command {
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).expect("written");
        path
    };
    let client = &target.certificates.clients[0];
    let mut command = kmipspec(arguments);
    command
        .args(["--target", &target.address.to_string(), "--insecure", "--cert"])
        .arg(write("cert.pem", &client.certificate))
        .arg("--key")
        .arg(write("key.pem", &client.key));
    command
}

#[test]
fn a_server_that_dies_is_told_and_its_last_input_is_kept() {
    let target = HostileTarget::start(Behaviour::DiesOf(Operation::HASH));
    let folder = tempfile::tempdir().expect("a folder");
    let findings = folder.path().join("findings");
    let attack =
        ["fuzz", "--runs", "500", "--seed", "1", "--rate", "0", "--oracles", "O1", "--findings", text(&findings)];
    let (code, out, err) = told(&hostile(&target, folder.path(), &attack).output().expect("started"));
    assert_eq!(code, Some(4), "{out}{err}");
    assert!(out.contains("O1") && out.contains("the server is gone and does not come back"), "{out}");
    let records = files(&findings, "json");
    let record = std::fs::read_to_string(records.first().expect("a record")).expect("there");
    assert!(record.contains("\"confirmed\": 0"), "{record}");
}

#[test]
fn a_server_that_falls_silent_is_found_and_made_sure_of() {
    let target = HostileTarget::start(Behaviour::SilentTo(Operation::HASH));
    let folder = tempfile::tempdir().expect("a folder");
    let findings = folder.path().join("findings");
    let attack = ["fuzz", "--runs", "500", "--seed", "1", "--rate", "0", "--oracles", "o8", "--timeout", "300ms"];
    let attack = [attack.as_slice(), &["--max-findings", "1", "--findings", text(&findings)]].concat();
    let (code, out, err) = told(&hostile(&target, folder.path(), &attack).output().expect("started"));
    assert_eq!(code, Some(4), "{out}{err}");
    assert!(out.contains("O8   Hash  no answer"), "{out}");
    let [input] = files(&findings, "ttlv").try_into().expect("one message is enough");
    assert!(std::fs::read(input).expect("there").len() < 150);
}

#[test]
fn a_server_that_dies_under_several_workers_is_told_once() {
    let target = HostileTarget::start(Behaviour::DiesOf(Operation::HASH));
    let folder = tempfile::tempdir().expect("a folder");
    let (findings, sarif) = (folder.path().join("findings"), folder.path().join("o.sarif"));
    let attack = ["fuzz", "--jobs", "3", "--runs", "500", "--seed", "1", "--rate", "0", "--oracles", "O1"];
    let attack = [attack.as_slice(), &["--findings", text(&findings), "--sarif", text(&sarif)]].concat();
    let (code, out, err) = told(&hostile(&target, folder.path(), &attack).output().expect("started"));
    assert_eq!(code, Some(4), "{out}{err}");
    assert!(out.contains("seed 1, 3 jobs") && out.contains("1 finding; "), "{out}");
    let [record] = files(&findings, "json").try_into().expect("one record");
    let sarif: serde_json::Value = serde_json::from_slice(&std::fs::read(sarif).expect("written")).expect("JSON");
    let [result] = sarif["runs"][0]["results"].as_array().expect("results").as_slice() else { panic!("{sarif}") };
    // It was not made sure of: nobody could be asked any more.
    assert_eq!((&result["ruleId"], &result["level"]), (&"O1".into(), &"warning".into()), "{sarif}");
    let place = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().expect("a place");
    assert!(place.contains(&*record.file_stem().expect("a name").to_string_lossy()), "{place}");
    assert_eq!(sarif["runs"][0]["invocations"][0]["executionSuccessful"], false);
}

#[test]
fn what_is_merged_is_small_and_merged_again_nothing_is_added() {
    let folder = tempfile::tempdir().expect("a folder");
    let (large, small) = (folder.path().join("large"), folder.path().join("small"));
    std::fs::create_dir(&large).expect("made");
    for (place, script) in kmipspec::fuzzing::wire::builtin().iter().take(6).enumerate() {
        for copy in ["a", "b"] {
            std::fs::write(large.join(format!("{place}{copy}.kseq")), script.write()).expect("written");
        }
    }
    let merge = ["fuzz", "--rate", "0", "--corpus", text(&small), "--merge", text(&large)];
    let (code, out, err) = told(&kmipspec(&merge).output().expect("started"));
    assert_eq!(code, Some(0), "{out}{err}");
    let kept = files(&small, "kseq").len();
    assert!((1..=6).contains(&kept) && out.contains("which had 0 inputs with 0 features"), "{out}");
    let (code, out, err) = told(&kmipspec(&merge).output().expect("started"));
    assert_eq!((code, files(&small, "kseq").len()), (Some(0), kept), "{out}{err}");
}

#[cfg(unix)]
#[test]
fn a_client_that_dies_of_an_answer_is_found_and_dies_of_it_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let findings = folder.path().join("findings");
    let (sound, own) = (folder.path().join("sound"), env!("CARGO_BIN_EXE_kmipspec"));
    // Our own program as the client, which is sound; and one that dies where ours finds a fault.
    let client = format!(
        "{own} run operations.query.no-function --version 1.4 --tls-look never \\
        --target $KMIP_HOST:$KMIP_PORT --ca $KMIP_CA --cert $KMIP_CERT --key $KMIP_KEY"
    );
    let dies = format!("{client} || kill -SEGV $$");
    let fuzz = |findings: &Path, command: &str, more: &[&str]| {
        let base = ["fuzz", "--as-server", "--listen", "127.0.0.1:0", "--timeout", "60s", "--seed", "1"];
        let both = [&base, &["--findings", text(findings), "--command", command][..], more].concat();
        told(&kmipspec(&both).output().expect("started"))
    };
    let (code, out, err) = fuzz(&sound, &client, &["--runs", "2"]);
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("0 findings; 2 runs of the client") && !sound.exists(), "{out}");
    assert!(out.contains("damaged further") && out.contains(" features"), "{out}");
    let (code, out, err) = fuzz(&findings, &dies, &["--runs", "40", "--max-findings", "1", "--time", "5m"]);
    assert_eq!(code, Some(4), "{out}{err}");
    assert!(out.contains("signal 11"), "{out}");
    let [record] = files(&findings, "json").try_into().expect("one record");
    assert_eq!(files(&findings, "ttlv").len(), 1, "the answer");
    let told: serde_json::Value = serde_json::from_slice(&std::fs::read(&record).expect("readable")).expect("JSON");
    let sizes = told["bytes"].as_array().expect("before and after").clone();
    assert!(sizes[1].as_u64() <= sizes[0].as_u64() && told["confirmed"] == 3, "{told}");
    for (command, exit) in [(dies.as_str(), 4), (client.as_str(), 0)] {
        let (code, out, err) = fuzz(&findings, command, &["--answers", text(&record)]);
        assert_eq!(code, Some(exit), "{out}{err}");
    }
    // With honest answers, too; and one that never comes.
    for (command, part) in [("kill -SEGV $$", "with honest answers, too"), ("true", "has asked nothing")] {
        let (code, out, err) = fuzz(&sound, command, &[]);
        assert_eq!(code, Some(3), "{out}{err}");
        assert!(err.contains(part), "{err}");
    }
}

#[test]
fn what_is_wrong_beforehand_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    std::fs::write(&file, "x").expect("written");
    let findings = folder.path().join("findings");
    let inside = file.join("findings");
    let broken = folder.path().join("broken.kseq");
    std::fs::write(&broken, b"KMIPSEQ\x01\0").expect("written");
    let record = folder.path().join("other.json");
    std::fs::write(&record, "{}").expect("written");
    let grown = folder.path().join("o9-memory-0.ttlv");
    std::fs::write(&grown, "x").expect("written");
    let here = text(&findings);
    let nobody = ["fuzz", "--target", "127.0.0.1:1", "--insecure", "--findings", here];
    for (arguments, code, part) in [
        (&nobody[..], 3, "connection refused"),
        (&["fuzz", "--findings", text(&inside)], 1, "failed to write to"),
        (&["fuzz", "--findings", here, "--corpus", text(&inside)], 1, "failed to create"),
        (&["fuzz", "--findings", here, "--as", "carol"], 1, "no identity \"carol\""),
        (&["fuzz", "--findings", here, "--oracles", "O15"], 1, "there are O1 to O14"),
        (&["fuzz", "--findings", here, "--time", "0"], 1, "a duration"),
        (&["fuzz", "--findings", here, "--pid", "4294967295"], 1, "VmRSS"),
        (&["fuzz", "--findings", here, "--restart-cmd", "true"], 1, "--target"),
        (&["fuzz", "--findings", here, "--encoding", "xml"], 1, "raw TTLV"),
        (&["fuzz", "--findings", here, "--json", text(&inside)], 1, "failed to create"),
        (&["fuzz", "--ca", "ca.pem"], 1, "--target"),
        (&["fuzz", "--findings", here, "--jobs", "0"], 1, "1..=64"),
        (&["fuzz", "--findings", here, "--merge", "."], 1, "--corpus"),
        (&["fuzz", "--corpus", here, "--merge", text(&inside)], 1, "failed to read"),
        (&["fuzz", "--findings", here, "--json", "-", "--sarif", "-"], 1, "cannot share standard output"),
        (&["fuzz", "--as-server"], 1, "--listen"),
        (&["fuzz", "--as-server", "--listen", "127.0.0.1:0", "--target", "127.0.0.1:1"], 1, "leave --target away"),
        (&["fuzz", "--as-server", "--listen", "nowhere", "--findings", here], 1, "failed to listen"),
        (&["replay"], 1, "FINDING"),
        (&["replay", text(&inside)], 1, "failed to read"),
        (&["replay", text(&file), "--pid", "4294967295"], 1, "VmRSS"),
        (&["replay", text(&file), "--times", "0"], 1, "1.."),
        (&["replay", text(&grown)], 0, "with --pid alone"),
        (&["replay", text(&broken)], 2, "ends behind the file"),
        (&["replay", text(&record)], 2, "no record of a finding"),
        (&["minimize", text(&broken)], 2, "ends behind the file"),
        (&["fuzz", "export", text(&file), "--as", "yaml"], 1, "failed to read"),
        (&["fuzz", "export", text(&file), "--as", "xml"], 2, "has no form in XML"),
    ] {
        let (exit, out, err) = told(&kmipspec(arguments).current_dir(folder.path()).output().expect("started"));
        assert_eq!(exit, Some(code), "{arguments:?}\n{out}{err}");
        assert!(err.contains(part), "{arguments:?}: {part:?} is missing in\n{err}");
    }
}

#[test]
fn payloads_of_others_are_replayed_and_what_is_none_is_passed_over() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in
        [("id:000000,orig", b"\x42\x00\x78\x01".as_slice()), ("crash-1", b"GET / HTTP/1.1\r\n\r\n"), ("empty", b"")]
    {
        std::fs::write(folder.path().join(name), bytes).expect("written");
    }
    let (code, out, err) = told(&kmipspec(&["replay", text(folder.path())]).output().expect("started"));
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("0 of 2 inputs showed a finding"), "{out}");
    assert!(err.contains("there is nothing in it; passed over"), "{err}");
    let (code, out, _) =
        told(&kmipspec(&["minimize", text(&folder.path().join("crash-1"))]).output().expect("started"));
    assert_eq!(code, Some(3), "{out}");
}

#[cfg(unix)]
#[test]
fn interrupted_it_tells_what_is_known() {
    use std::io::{BufRead, BufReader, Read};
    let folder = tempfile::tempdir().expect("a folder");
    let json = folder.path().join("o.json");
    let mut child = kmipspec(&["fuzz", "--time", "5m", "--seed", "1", "--json", text(&json)])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("started");
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut first = String::new();
    out.read_line(&mut first).expect("text");
    assert!(first.starts_with("fuzzing the bundled server"), "{first}");
    std::thread::sleep(std::time::Duration::from_millis(700));
    crate::interrupt::signal("INT", &child);
    let (mut rest, mut err) = (String::new(), String::new());
    out.read_to_string(&mut rest).expect("text");
    child.stderr.take().expect("a pipe").read_to_string(&mut err).expect("text");
    assert_eq!(child.wait().expect("ended").code(), Some(3), "{rest}{err}");
    assert!(rest.contains("0 findings; ") && rest.contains("ended early"), "{rest}");
    assert!(err.contains("interrupted"), "{err}");
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(json).expect("written")).expect("JSON");
    assert_eq!(json["ended"], "interrupted");
}
