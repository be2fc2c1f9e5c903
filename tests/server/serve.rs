//! `kmipspec serve` as client authors use it: settings from three places, objects to begin with, journal, clock, state.

use crate::served::{Served, create, identifiers, kmipspec, locate, of};
use kmipspec_protocol::registry::{Operation, tag};
use kmipspec_protocol::ttlv::{Item, Value};
use std::path::Path;
use std::process::Output;

fn written(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("written");
    path.to_str().expect("text").to_owned()
}

/// What `serve` says when it does not start.
fn refused(flags: &[&str]) -> String {
    let Output { status, stderr, .. } = kmipspec().arg("serve").args(flags).output().expect("ran");
    let told = String::from_utf8(stderr).expect("text");
    assert_eq!(status.code(), Some(1), "{told}");
    told
}

/// One attribute of an object, by its name.
async fn attribute(client: &mut crate::served::Client, id: &str, name: &str) -> Option<Item> {
    let payload = vec![Item::text(tag::UNIQUE_IDENTIFIER, id), Item::text(tag::ATTRIBUTE_NAME, name)];
    let answer = client.one(Operation::GET_ATTRIBUTES, payload).await.expect("Get Attributes succeeds");
    answer.child(tag::ATTRIBUTE)?.child(tag::ATTRIBUTE_VALUE).cloned()
}

fn number(item: Option<&Item>) -> Option<u32> {
    match item?.value()? {
        Value::Enumeration(number) => Some(number),
        _ => None,
    }
}

const OBJECTS: &str = r#"
- id: key-1
  type: SymmetricKey
  material: 000102030405060708090a0b0c0d0e0f
  Attributes:
    Name: my-key
    CryptographicAlgorithm: AES
    CryptographicLength: 128
    CryptographicUsageMask: [Encrypt, Decrypt]
    State: Active
    InitialDate: 2020-01-01T00:00:00Z
    x-Purpose: test
- id: old-key
  owner: bob
  type: SymmetricKey
  material: "00112233445566778899aabbccddeeff"
  Attributes: {CryptographicAlgorithm: AES, CryptographicUsageMask: [Encrypt], State: Deactivated, OperationPolicyName: default}
- id: password-1
  SecretData: {SecretDataType: Password, KeyBlock: {KeyFormatType: Opaque, KeyValue: {KeyMaterial: "70617373"}}}
  Attributes: {CryptographicUsageMask: [DeriveKey], ActivationDate: now+3600}
- id: gone
  type: SecretData
  material: 00
  Attributes: {State: Destroyed}
"#;

#[tokio::test]
async fn objects_to_begin_with_are_as_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let objects = written(folder.path(), "objects.yaml", OBJECTS);
    let clock = folder.path().join("clock");
    let flags =
        ["--seed-objects", &objects, "--clock", "2026-01-01T00:00:00Z", "--clock-file", clock.to_str().expect("text")];
    let served = Served::start(&flags);
    let mut client = served.client("alice");
    let located = client.one(Operation::LOCATE, locate("my-key")).await.expect("Locate succeeds");
    assert_eq!(identifiers(&located), ["key-1"]);
    let got = client.one(Operation::GET, of("key-1")).await.expect("Get succeeds");
    let block = got.child(tag::SYMMETRIC_KEY).and_then(|key| key.child(tag::KEY_BLOCK)).expect("a Key Block");
    let material = block.child(tag::KEY_VALUE).and_then(|value| value.child(tag::KEY_MATERIAL)).and_then(Item::value);
    let key: Vec<u8> = (0..16).collect();
    assert_eq!(material, Some(Value::ByteString(&key)));
    // Active is 2, Pre-Active 1, Deactivated 3.
    assert_eq!(number(attribute(&mut client, "key-1", "State").await.as_ref()), Some(2));
    let initial = attribute(&mut client, "key-1", "Initial Date").await.expect("set");
    assert_eq!(initial.value(), Some(Value::DateTime(1_577_836_800)));
    assert!(attribute(&mut client, "key-1", "x-Purpose").await.is_some());
    assert!(client.one(Operation::GET, of("old-key")).await.is_err(), "it is bob's");
    assert!(client.one(Operation::GET, of("gone")).await.is_err(), "it is destroyed");
    let mut bob = served.client("bob");
    assert_eq!(number(attribute(&mut bob, "old-key", "State").await.as_ref()), Some(3));

    // The state machine follows the clock: an hour later the password is active, and then it is not any more.
    assert_eq!(number(attribute(&mut client, "password-1", "State").await.as_ref()), Some(1));
    std::fs::write(&clock, "+1h").expect("written");
    assert_eq!(number(attribute(&mut client, "password-1", "State").await.as_ref()), Some(2));
    assert_eq!(served.stop().0, Some(0));
}

#[tokio::test]
async fn objects_have_the_digests_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let objects = written(folder.path(), "objects.yaml", OBJECTS);
    let served = Served::start(&["--seed-objects", &objects, "--digest", "SHA_512", "--digest", "SHA_256"]);
    let payload = vec![Item::text(tag::UNIQUE_IDENTIFIER, "key-1"), Item::text(tag::ATTRIBUTE_NAME, "Digest")];
    let answer = served.client("alice").one(Operation::GET_ATTRIBUTES, payload).await.expect("Get Attributes succeeds");
    let values: Vec<String> = answer
        .items()
        .iter()
        .filter_map(|field| field.child(tag::ATTRIBUTE_VALUE)?.child(tag::DIGEST_VALUE)?.value())
        .map(|value| match value {
            Value::ByteString(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
            other => panic!("{other:?}"),
        })
        .collect();
    // Of the bytes 00 to 0f, by Python's hashlib.
    let sha_256 = "be45cb2605bf36bebde684841a28f0fd43c69850a3dce5fedba69928ee3a8991";
    let sha_512 = concat!(
        "daa295beed4e2ee94c24015b56af626b4f21ef9f44f2b3d40fc41c90900a6bf1",
        "b4867c43c57cda54d1b6fd4869b3f23ced5e0ba3c05d0b1680df4ec7d0762403",
    );
    assert_eq!(values, [sha_256, sha_512]);
    let told = refused(&["--digest", "SHA-1024"]);
    assert!(told.contains("SHA-1024"), "{told}");
}

#[test]
fn mistakes_in_files_have_their_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let objects = written(
        folder.path(),
        "objects.yaml",
        "- id: a\n  type: SymetricKey\n  material: 00\n- id: a\n  type: SecretData\n  material: xyz\n  Attributes: {Stat: Active}\n- {type: SecretData, material: 00}\n- id: b\n  owner: bob\n  colour: red\n  SecretData: {SecretDataTyp: Password}\n",
    );
    let told = refused(&["--seed-objects", &objects]);
    for part in [
        "objects.yaml:2:9: `type` is one of Certificate, SymmetricKey",
        "objects.yaml:6:13: `material` is hexadecimal",
        "objects.yaml:7:16: unknown attribute `Stat`",
        "did you mean `State`?",
        "an object has no `id`",
        "objects.yaml:11:3: unknown key `colour`",
        "objects.yaml:12:16: unknown name `SecretDataTyp`",
        "SecretData, OpaqueObject, PGPKey, type",
    ] {
        assert!(told.contains(part), "{part:?} is missing in\n{told}");
    }
    let twice = written(
        folder.path(),
        "twice.yaml",
        "objects:\n- {id: a, type: SecretData, material: 00, Attributes: {Name: n}}\n- {id: b, type: SecretData, material: 00, Attributes: {Name: n}}\n",
    );
    let told = refused(&["--config", &twice, "--port", "0"]);
    assert!(told.contains("failed to make the object b: another object has this Name"), "{told}");
    let settings = written(folder.path(), "bad.yaml", "prot: 0\nport: high\nuser: {a: [x]}\nanonymous: 1\nconfig: x\n");
    let told = refused(&["--config", &settings]);
    for part in [
        "bad.yaml:1:1: unknown key `prot`",
        "did you mean `port`?",
        "bad.yaml:2:7: invalid value 'high'",
        "bad.yaml:3:11: `user` is a scalar, not a list",
        "bad.yaml:4:12: `anonymous` is true or false",
        "bad.yaml:5:1: unknown key `config`",
    ] {
        assert!(told.contains(part), "{part:?} is missing in\n{told}");
    }
    assert!(refused(&["--state-key", "x", "--port", "0"]).contains("--state-key needs --state"));
    assert!(refused(&["--state", &settings, "--port", "0"]).contains("it is no SQLite database"));
}

#[tokio::test]
async fn flags_go_before_variables_and_variables_before_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    // Relative to the file: the state is made beside it.
    let file = written(
        folder.path(),
        "serve.yaml",
        "state: objects.db\nvendor: from the file\njournal: from-file.jsonl\nclock: 2020-01-01T00:00:00Z\nuser: {carol: secret}\n",
    );
    let variable = folder.path().join("from-variable.jsonl");
    let mut command = kmipspec();
    command.env("KMIPSPEC_JOURNAL", &variable).env("KMIPSPEC_VENDOR", "from the environment");
    command.args([
        "serve",
        "--config",
        &file,
        "--port",
        "0",
        "--vendor",
        "from the flag",
        "--clock",
        "2021-01-01T00:00:00Z",
    ]);
    let served = Served::of(command);
    let mut client = served.client("alice");
    // Vendor Identification is 3.
    let query =
        client.one(Operation::QUERY, vec![Item::enumeration(tag::QUERY_FUNCTION, 3)]).await.expect("Query succeeds");
    assert_eq!(query.child(tag::VENDOR_IDENTIFICATION).and_then(Item::value), Some(Value::TextString("from the flag")));
    let id = client.one(Operation::CREATE, create("one")).await.expect("created");
    let id = identifiers(&id).pop().expect("an identifier");
    let initial = attribute(&mut client, &id, "Initial Date").await.expect("set");
    assert_eq!(initial.value(), Some(Value::DateTime(1_609_459_200)));
    assert_eq!(served.stop().0, Some(0));
    assert!(folder.path().join("objects.db").exists());
    assert!(!folder.path().join("objects.db-wal").exists(), "the store was closed");
    assert!(!folder.path().join("from-file.jsonl").exists());
    let journal = std::fs::read_to_string(&variable).expect("a journal");
    assert_eq!(journal.lines().count(), 3);
}

#[tokio::test]
async fn requests_are_written_down_and_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    let journal = folder.path().join("journal.jsonl");
    let path = journal.to_str().expect("text");
    let flags = ["--journal", path, "--expect-requests", "2", "--expect-within", "60s", "--random-seed", "7"];
    let served = Served::start(&flags);
    let mut client = served.client("alice");
    let made = client.one(Operation::CREATE, create("one")).await.expect("created");
    // It is there when the answer is.
    let text = std::fs::read_to_string(&journal).expect("a journal");
    let line: serde_json::Value = serde_json::from_str(text.trim()).expect("one line of JSON");
    assert_eq!(
        (&line["number"], &line["connection"], &line["certificate"], &line["version"]),
        (&1.into(), &1.into(), &"alice".into(), &"1.4".into())
    );
    assert_eq!(line["results"][0]["operation"], "Create");
    assert_eq!(line["results"][0]["status"], "Success");
    assert!(line["request"]["hex"].as_str().expect("text").starts_with("420078"));
    assert!(
        line["request"]["xml"]
            .as_str()
            .expect("text")
            .contains("<ObjectType type=\"Enumeration\" value=\"SymmetricKey\"/>")
    );
    assert!(line["response"]["xml"].as_str().expect("text").contains(&identifiers(&made)[0]));
    assert!(client.one(Operation::GET, of("none")).await.is_err());
    // The second request was the last one expected.
    let (code, told) = served.ended();
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("WARNING: keys come from --random-seed 7"), "{told}");
    let text = std::fs::read_to_string(&journal).expect("a journal");
    assert!(text.lines().nth(1).expect("a second line").contains("\"reason\":\"ItemNotFound\""), "{text}");

    // The same seed gives the same identifiers, and fewer requests than expected are told.
    let served = Served::start(&["--expect-requests", "2", "--random-seed", "7"]);
    let again = served.client("alice").one(Operation::CREATE, create("one")).await.expect("created");
    assert_eq!(identifiers(&again), identifiers(&made));
    let (code, told) = served.stop();
    assert_eq!(code, Some(4));
    assert!(told.contains("1 requests came, 2 were expected"), "{told}");
}

#[tokio::test]
async fn a_state_outlasts_its_server_and_belongs_to_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("state.db");
    let path = state.to_str().expect("text");
    let served = Served::start(&["--state", path]);
    let made = served.client("alice").one(Operation::CREATE, create("one")).await.expect("created");
    assert!(refused(&["--state", path, "--port", "0"]).contains("another process uses it"));
    served.stop();
    let served = Served::start(&["--state", path]);
    let located = served.client("alice").one(Operation::LOCATE, locate("one")).await.expect("Locate succeeds");
    assert_eq!(identifiers(&located), identifiers(&made));
    served.stop();
}
