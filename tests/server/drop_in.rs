//! What ci/ has for the pipelines of others does there what it says: the commands of its files are run as those would run them.

use crate::served::{Client, Served, identifiers, kmipspec, locate, of};
use kmipspec::client::session::Connections;
use kmipspec::client::{Identity, Pool, Session, Target, Trust};
use kmipspec::runner::data_file;
use kmipspec::scenario::node::Node;
use kmipspec_protocol::registry::{Operation, tag};
use kmipspec_protocol::ttlv::{Item, Value};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

fn ours(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("ci").join(name)
}

/// A folder with a copy of a recipe, as a user would have it.
fn copied(recipe: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join(recipe);
    std::fs::copy(ours("recipes").join(recipe), &copy).expect("copied");
    let copy = copy.to_str().expect("text").to_owned();
    (folder, copy)
}

/// The bytes that Get answers with.
fn material(payload: &Item, object: kmipspec_protocol::ttlv::Tag) -> Option<Vec<u8>> {
    let block = payload.child(object)?.child(tag::KEY_BLOCK)?;
    match block.child(tag::KEY_VALUE)?.child(tag::KEY_MATERIAL)?.value()? {
        Value::ByteString(bytes) => Some(bytes.to_vec()),
        _ => None,
    }
}

#[tokio::test]
async fn the_driver_tests_of_mongodb_find_their_secret() {
    let (folder, recipe) = copied("mongodb-drivers.yaml");
    // Certificates that are not ours, as those tests have them.
    let key = || KeyPair::generate().expect("a key");
    let mut authority = CertificateParams::new([]).expect("no names");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.distinguished_name.push(DnType::CommonName, "their CA");
    let authority_key = key();
    let authority_certificate = authority.self_signed(&authority_key).expect("signed").pem();
    let issuer = Issuer::new(authority, authority_key);
    let mut client = CertificateParams::new([]).expect("no names");
    client.distinguished_name.push(DnType::CommonName, "client");
    let client_key = key();
    let client = client.signed_by(&client_key, &issuer).expect("signed").pem();
    let ca = folder.path().join("their-ca.pem");
    std::fs::write(&ca, authority_certificate).expect("written");

    let served = Served::start(&["--config", &recipe, "--ca", ca.to_str().expect("text")]);
    let alice = served.client("alice").one(Operation::GET, of("1")).await;
    assert!(alice.is_err(), "it is theirs: {alice:?}");
    let given = Identity::with_certificate("theirs", client, client_key.serialize_pem());
    let target = &served.target;
    let trust = Trust::Ca(std::fs::read(served.file("ca")).expect("there"));
    let target = Target::new(&target.address, None, &trust, [given]).expect("a target");
    let session = Session::new(Arc::new(target), Arc::new(Pool::default()), Connections::Shared);
    let mut client = Client { session, identity: "theirs" };
    let got = client.one(Operation::GET, of("1")).await.expect("Get succeeds");
    let bytes: Vec<u8> = (0..96).collect();
    assert_eq!(material(&got, tag::SECRET_DATA), Some(bytes));
}

#[tokio::test]
async fn the_object_gateway_of_ceph_finds_its_keys_by_name() {
    let (folder, recipe) = copied("ceph-rgw.yaml");
    let served = Served::start(&["--config", &recipe]);
    assert!(folder.path().join("ready.json").exists(), "beside the recipe");
    let mut client = served.client("alice");
    for (name, first) in [("testkey-1", 0), ("testkey-2", 32)] {
        let found = client.one(Operation::LOCATE, locate(name)).await.expect("Locate succeeds");
        let got = client.one(Operation::GET, of(&identifiers(&found)[0])).await.expect("Get succeeds");
        assert_eq!(material(&got, tag::SYMMETRIC_KEY), Some((first..first + 32).collect()), "{name}");
    }
}

#[tokio::test]
async fn a_database_that_never_came_fails_the_run() {
    let (_folder, recipe) = copied("database.yaml");
    let served = Served::start(&["--config", &recipe]);
    let (code, told) = served.stop();
    assert_eq!(code, Some(4), "{told}");
    assert!(told.contains("0 requests came, 1 or more were expected"), "{told}");
    let served = Served::start(&["--config", &recipe]);
    for _ in 0..2 {
        served
            .client("alice")
            .one(Operation::QUERY, vec![Item::enumeration(tag::QUERY_FUNCTION, 1)])
            .await
            .expect("told");
    }
    assert_eq!(served.stop().0, Some(0));
}

#[test]
fn a_ready_file_of_an_earlier_start_is_no_sign() {
    let folder = tempfile::tempdir().expect("a folder");
    let ready = folder.path().join("ready.json");
    std::fs::write(&ready, "{}").expect("written");
    let text = ready.to_str().expect("text");
    let refused =
        kmipspec().args(["serve", "--port", "0", "--server-certificate", "none", "--ready-file", text]).output();
    assert_eq!(refused.expect("ran").status.code(), Some(1));
    assert!(!ready.exists(), "nobody is ready");
}

/// The text of a key in a map.
fn text<'n>(node: &'n Node, key: &str) -> &'n str {
    node.get(key).and_then(Node::text).unwrap_or_else(|| panic!("no `{key}`"))
}

/// Runs a command of theirs as they do.
fn bash(script: &str, folder: &Path, variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new("bash");
    // The variables of kmipspec and GitHub that are set here are not theirs.
    for (name, value) in kmipspec().get_envs() {
        if value.is_none() {
            command.env_remove(name);
        }
    }
    command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]).current_dir(folder);
    command.envs(variables.iter().copied()).output().expect("bash")
}

/// One step of the action.
fn step<'n>(action: &'n Node, id: &str) -> &'n Node {
    let steps = action.get("runs").and_then(|runs| runs.get("steps")).and_then(Node::list).expect("steps");
    steps.iter().find(|step| step.get("id").and_then(Node::text) == Some(id)).expect("such a step")
}

#[test]
fn the_step_for_github_judges_and_reports() {
    let action = data_file::read(&ours("action.yml")).expect("YAML");
    let judge = step(&action, "judge");
    // Every input reaches the step, and nothing else does.
    let inputs = action.get("inputs").and_then(Node::map).expect("inputs").iter().map(|entry| entry.key.as_str());
    let passed = inputs.map(|name| (format!("INPUT_{}", name.to_uppercase()), format!("${{{{ inputs.{name} }}}}")));
    let env = judge.get("env").and_then(Node::map).expect("variables").iter();
    let env = env.map(|entry| (entry.key.clone(), entry.value.text().expect("text").to_owned()));
    assert_eq!(env.collect::<Vec<_>>(), passed.collect::<Vec<_>>());
    assert!(!text(judge, "run").contains("${{"), "what a user gives is no part of the command");

    let served = Served::start(&[]);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    std::fs::create_dir_all(path.join("kmipspec/bin")).expect("made");
    symlink(env!("CARGO_BIN_EXE_kmipspec"), path.join("kmipspec/bin/kmipspec")).expect("linked");
    let place = path.to_str().expect("text");
    let summary = path.join("summary.md");
    let [ca, cert, key] = ["ca", "cert", "key"].map(|name| served.file(name));
    let run = |target: &str, select: &str| {
        let variables = [
            ("RUNNER_TEMP", place),
            ("GITHUB_STEP_SUMMARY", summary.to_str().expect("text")),
            ("INPUT_TARGET", target),
            ("INPUT_CA", &ca),
            ("INPUT_CERT", &cert),
            ("INPUT_KEY", &key),
            ("INPUT_VERSION", "1.4"),
            ("INPUT_EXPECTATIONS", ""),
            ("INPUT_SELECT", select),
            ("INPUT_REPORTS", "their reports"),
        ];
        bash(text(judge, "run"), path, &variables)
    };
    let ended = run(&served.target.address, "operations.create.then-get\n--strict\n");
    assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
    let json = std::fs::read_to_string(path.join("their reports/kmip.json")).expect("JSON");
    assert!(json.contains("operations.create.then-get"), "{json}");
    for name in ["kmip.xml", "kmip.html"] {
        assert!(path.join("their reports").join(name).exists(), "{name}");
    }
    assert!(std::fs::read_to_string(&summary).expect("a summary").contains("1.4"));
    // The step fails as the program does: nothing selected; a target that is a command and none.
    assert_eq!(run(&served.target.address, "no-such-case").status.code(), Some(5));
    let injected = run("$(touch injected):1", "");
    assert!(!injected.status.success() && !path.join("injected").exists());
}

#[test]
fn the_cache_of_the_step_for_github_has_a_key() {
    let action = data_file::read(&ours("action.yml")).expect("YAML");
    let folder = tempfile::tempdir().expect("a folder");
    let output = folder.path().join("output");
    let variables = [
        ("GITHUB_ACTION_PATH", ours("").to_str().expect("text").to_owned()),
        ("GITHUB_OUTPUT", output.display().to_string()),
    ];
    let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
    let ended = bash(text(step(&action, "source"), "run"), folder.path(), &variables);
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let told = std::fs::read_to_string(&output).expect("an output");
    let sum = told.trim().strip_prefix("sum=").expect("a sum");
    assert!(sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit()), "{told}");
}

#[test]
fn the_job_for_gitlab_judges_and_reports() {
    let file = data_file::read(&ours("gitlab.yml")).expect("YAML");
    let job = file.get(".kmipspec").expect("the job");
    let served = Served::start(&[]);
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir_all(folder.path().join(".kmipspec/bin")).expect("made");
    symlink(env!("CARGO_BIN_EXE_kmipspec"), folder.path().join(".kmipspec/bin/kmipspec")).expect("linked");
    let [ca, cert, key] = ["ca", "cert", "key"].map(|name| served.file(name));
    let variables = [
        ("KMIPSPEC_TARGET", served.target.address.as_str()),
        ("KMIPSPEC_CA", &ca),
        ("KMIPSPEC_CERT", &cert),
        ("KMIPSPEC_KEY", &key),
        ("KMIPSPEC_VERSION", "1.4"),
        ("KMIPSPEC_SUITE", "smoke"),
    ];
    // What is installed is not installed again.
    for part in ["before_script", "script"] {
        for line in job.get(part).and_then(Node::list).expect("commands") {
            let ended = bash(line.text().expect("a command"), folder.path(), &variables);
            assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
        }
    }
    let artifacts = job.get("artifacts").expect("artifacts");
    let kept = artifacts.get("paths").and_then(Node::list).expect("paths").iter().filter_map(Node::text);
    for name in kept.chain([text(artifacts.get("reports").expect("reports"), "junit")]) {
        assert!(folder.path().join(name).exists(), "{name}");
    }
}
