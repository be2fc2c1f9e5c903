//! Credentials of every type, each against a server that knows its users.

use crate::peer::{Client, NOW, server_with};
use crate::wire::{boolean, bytes, enumeration, item, operation, request, structure, text};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use kmipspec_protocol::registry::{AttestationType, HashingAlgorithm, Operation};
use kmipspec_reference_server::clock::MovableClock;
use kmipspec_reference_server::users::{Device, MovingFactor, OneTimePassword, User};
use kmipspec_reference_server::{Attestation, Config, RunningServer};
use std::sync::Arc;

/// Authentication Not Successful.
const REFUSED: [(u32, u32); 1] = [(1, 3)];
const DONE: [(u32, u32); 1] = [(0, 0)];

/// Credentials, and what comes of them.
type Row<'a> = (&'a [Vec<u8>], [(u32, u32); 1]);

/// A server that knows carol and all she has, and wants an attestation for Get.
async fn knowing_carol() -> RunningServer {
    let carol = User {
        devices: vec![Device {
            serial_number: Some("SN-1".to_owned()),
            machine_identifier: Some("M-1".to_owned()),
            password: Some("device".to_owned()),
            ..Device::default()
        }],
        one_time_password: Some(OneTimePassword {
            secret: b"12345678901234567890".to_vec(),
            moving_factor: MovingFactor::Counter(0),
            digits: 6,
            hashing_algorithm: HashingAlgorithm::SHA_1,
        }),
        ..User::with_password("carol", "right")
    };
    let attestation =
        Attestation { operations: vec![Operation::GET], types: vec![AttestationType::TPM_QUOTE], key: b"key".to_vec() };
    server_with(Config {
        users: vec![carol, User::with_password("dave", "other")],
        attestation: Some(attestation),
        clock: Arc::new(MovableClock::frozen_at(NOW)),
        ..Config::default()
    })
    .await
}

/// An Authentication object with these credentials.
fn authentication(credentials: &[Vec<u8>]) -> Vec<u8> {
    structure(0x42000c, credentials)
}

/// A credential.
fn credential(kind: u32, value: &[Vec<u8>]) -> Vec<u8> {
    structure(0x420023, &[enumeration(0x420024, kind), structure(0x420025, value)])
}

fn password(user: &str, password: &str) -> Vec<u8> {
    credential(1, &[text(0x420099, user), text(0x4200a1, password)])
}

fn device(serial: &str, machine: &str, password: &str) -> Vec<u8> {
    credential(2, &[text(0x4200b0, serial), text(0x4200a1, password), text(0x4200a9, machine)])
}

fn one_time(given: &str) -> Vec<u8> {
    credential(4, &[text(0x420099, "carol"), text(0x4200a1, "right"), text(0x420156, given)])
}

/// Locate at 2.1, with these header fields.
fn locate(options: &[Vec<u8>]) -> Vec<u8> {
    request((2, 1), options, &[operation(8, None, &[structure(0x420125, &[])])])
}

#[tokio::test]
async fn each_credential_must_be_right_and_all_of_one_user() {
    let server = knowing_carol().await;
    let mut client = Client::connect(&server, "alice").await;
    let rows: [Row<'_>; 9] = [
        (&[password("carol", "right")], DONE),
        (&[password("carol", "wrong")], REFUSED),
        (&[password("nobody", "right")], REFUSED),
        (&[device("SN-1", "M-1", "device")], DONE),
        (&[device("SN-1", "M-2", "device")], REFUSED),
        (&[device("SN-1", "M-1", "wrong")], REFUSED),
        (&[password("carol", "right"), device("SN-1", "M-1", "device")], DONE),
        (&[password("carol", "right"), password("carol", "wrong")], REFUSED),
        (&[password("carol", "right"), password("dave", "other")], REFUSED),
    ];
    for (place, (credentials, expected)) in rows.into_iter().enumerate() {
        let answer = client.ask(&locate(&[authentication(credentials)])).await;
        assert_eq!(answer.results(), expected, "row {place}");
    }
}

#[tokio::test]
async fn a_one_time_password_is_good_once() {
    let server = knowing_carol().await;
    let mut client = Client::connect(&server, "alice").await;
    // RFC 4226 appendix D, counts 1, 0 and 2.
    for (given, expected) in [("287082", DONE), ("287082", REFUSED), ("755224", REFUSED), ("359152", DONE)] {
        let answer = client.ask(&locate(&[authentication(&[one_time(given)])])).await;
        assert_eq!(answer.results(), expected, "{given}");
    }
}

#[tokio::test]
async fn a_hashed_password_is_good_at_a_later_time_only_and_is_answered_by_the_servers() {
    let server = knowing_carol().await;
    let mut client = Client::connect(&server, "alice").await;
    let hash = |parts: &[&[u8]]| digest(&SHA256, &parts.concat()).as_ref().to_vec();
    let (first, second) = (hash(&[b"carol", b"right"]), hash(&[b"right", b"carol"]));
    for (stamp, expected) in [(1_000_i64, DONE), (1_000, REFUSED), (999, REFUSED), (1_001, DONE)] {
        let stamp = stamp.to_be_bytes();
        let hashed = [hash(&[&first, &stamp]), second.clone()].concat();
        let given = credential(5, &[text(0x420099, "carol"), item(0x420092, 0x0b, &stamp), bytes(0x420157, &hashed)]);
        let answer = client.ask(&locate(&[authentication(&[given])])).await;
        assert_eq!(answer.results(), expected);
        let told = answer.0.at(0x42007a).get(0x420155).map(|node| node.value.clone());
        let proof = hash(&[&stamp, &first, &hash(&[&second])]);
        assert_eq!(told, (expected == DONE).then_some(proof));
    }
}

#[tokio::test]
async fn an_operation_that_needs_an_attestation_gets_a_nonce_and_takes_the_evidence_once() {
    let server = knowing_carol().await;
    let mut client = Client::connect(&server, "alice").await;
    let capable = boolean(0x4200d3, true);
    let get = |options: &[Vec<u8>]| request((2, 1), options, &[operation(0x0a, None, &[text(0x420094, "none")])]);
    assert_eq!(client.ask(&get(&[])).await.results(), [(1, 0x0c)], "Permission Denied: it cannot attest");
    let wanted = client.ask(&get(std::slice::from_ref(&capable))).await;
    assert_eq!(wanted.results(), [(1, 0x14)], "Attestation Required");
    let header = wanted.0.at(0x42007a);
    assert_eq!(header.at(0x4200c7).number(), 1, "TPM Quote");
    let (id, value) = (header.at(0x4200c8).at(0x4200c9).value.clone(), header.at(0x4200c8).at(0x4200ca).value.clone());
    let evidence = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b"key"), &[&id[..], &value, &[0, 0, 0, 1]].concat());
    let nonce = structure(0x4200c8, &[bytes(0x4200c9, &id), bytes(0x4200ca, &value)]);
    let attested = credential(3, &[nonce, enumeration(0x4200c7, 1), bytes(0x4200cb, evidence.as_ref())]);
    let options = [capable, authentication(&[attested])];
    assert_eq!(client.ask(&get(&options)).await.results(), [(1, 0x37)], "Object Not Found: it was looked for");
    assert_eq!(client.ask(&get(&options)).await.results(), [(1, 0x15)], "Attestation Failed: the nonce was used");
}

#[tokio::test]
async fn answers_have_a_mark_of_their_own_where_the_version_has_it() {
    let server = knowing_carol().await;
    let mut client = Client::connect(&server, "alice").await;
    let mut marks = Vec::new();
    for version in [(1, 4), (1, 4), (2, 0), (2, 1)] {
        let answer = client.ask(&request(version, &[], &[operation(0x1e, None, &[])])).await;
        marks.push(answer.0.at(0x42007a).at(0x420106).text());
    }
    marks.sort();
    marks.dedup();
    assert_eq!(marks.len(), 4, "{marks:?}");
    let older = client.ask(&request((1, 3), &[], &[operation(0x1e, None, &[])])).await;
    assert!(older.0.at(0x42007a).get(0x420106).is_none());
}
