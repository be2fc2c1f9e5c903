//! Certify, Re-certify and Validate over the wire: what is issued, held, reinstated, and kept over a restart.

use crate::peer::{Client, NOW, frozen, server_with};
use crate::wire::{attribute, bytes, date, enumeration, integer, operation, request, structure, text};
use kmipspec_reference_server::Config;
use kmipspec_reference_server::certificates::{CertificateSettings, KeyKinds};
use kmipspec_reference_server::clock::MovableClock;
use kmipspec_reference_server::config::State;
use std::sync::Arc;

/// A public key on P-256 (SubjectPublicKeyInfo), made with OpenSSL.
const KEY: &str = "3059301306072a8648ce3d020106082a8648ce3d03010703420004c1ba0875ca01123424a82d73fb8e888c4f2c35c1ad99b1b77968f74e47ce0a2f496107b5c23f9ac53a532d5b4592e1d3c6edcab96fb9398fb519799c91dbd037";

fn key() -> Vec<u8> {
    let pairs = KEY.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).expect("ASCII"));
    pairs.map(|pair| u8::from_str_radix(pair, 16).expect("hexadecimal")).collect()
}

async fn ask(client: &mut Client, code: u32, payload: &[Vec<u8>]) -> crate::wire::Answer {
    client.ask(&request((1, 4), &[], &[operation(code, None, payload)])).await
}

/// Registers the key and has it certified; the certificate is Active from the start.
async fn certified(client: &mut Client) -> (String, String) {
    let block = structure(
        0x420040,
        &[
            enumeration(0x420042, 5),
            structure(0x420045, &[bytes(0x420043, &key())]),
            enumeration(0x420028, 6),
            integer(0x42002a, 256),
        ],
    );
    let mask = attribute("Cryptographic Usage Mask", integer(0, 2));
    let register = [enumeration(0x420057, 3), structure(0x420091, &[mask]), structure(0x42006d, &[block])];
    let key = ask(client, 3, &register).await.id(0);
    let wanted = structure(
        0x420091,
        &[
            attribute("Certificate Type", enumeration(0, 1)),
            attribute("Activation Date", date(0, NOW - 10)),
            attribute("Deactivation Date", date(0, NOW + 300 * 86_400)),
        ],
    );
    let certificate = ask(client, 6, &[text(0x420094, &key), wanted]).await.id(0);
    (key, certificate)
}

/// The verdict of Validate.
async fn verdict(client: &mut Client, what: Vec<u8>) -> u32 {
    ask(client, 0x17, &[what]).await.items()[0].at(0x42007c).at(0x42009b).number()
}

/// The certificate itself.
async fn value(client: &mut Client, id: &str) -> Vec<u8> {
    let answer = ask(client, 0x0a, &[text(0x420094, id)]).await;
    answer.items()[0].at(0x42007c).at(0x420013).at(0x42001e).value.clone()
}

async fn state(client: &mut Client, id: &str) -> u32 {
    let answer = ask(client, 0x0b, &[text(0x420094, id), text(0x42000a, "State")]).await;
    answer.items()[0].at(0x42007c).at(0x420008).at(0x42000b).number()
}

fn by_value(certificate: &[u8]) -> Vec<u8> {
    structure(0x420013, &[enumeration(0x42001d, 1), bytes(0x42001e, certificate)])
}

/// Revoke for a reason; result status and reason.
async fn revoke(client: &mut Client, id: &str, code: u32) -> (u32, u32) {
    let reason = structure(0x420081, &[enumeration(0x420082, code)]);
    ask(client, 0x13, &[text(0x420094, id), reason]).await.results()[0]
}

#[tokio::test]
async fn the_servers_own_certificate_is_valid_until_it_is_altered_or_out_of_its_time() {
    let (server, clock) = frozen().await;
    let mut client = Client::connect(&server, "alice").await;
    let (_, id) = certified(&mut client).await;
    let mut certificate = value(&mut client, &id).await;
    assert!(certificate.windows(key().len()).any(|part| part == key()), "the key is in it");
    assert_eq!(verdict(&mut client, text(0x420094, &id)).await, 1);
    assert_eq!(verdict(&mut client, by_value(&certificate)).await, 1);
    *certificate.last_mut().expect("a signature") ^= 1;
    assert_eq!(verdict(&mut client, by_value(&certificate)).await, 2);
    assert_eq!(verdict(&mut client, by_value(&[0x30, 0x03, 0x02, 0x01, 0x00])).await, 2);
    clock.advance(366 * 86_400);
    assert_eq!(verdict(&mut client, text(0x420094, &id)).await, 2);
}

#[tokio::test]
async fn a_certificate_on_hold_comes_back_and_a_compromised_one_does_not() {
    const HOLD: u32 = 0x8000_0006;
    const REMOVE: u32 = 0x8000_0008;
    let (server, clock) = frozen().await;
    let mut client = Client::connect(&server, "alice").await;
    let (key, id) = certified(&mut client).await;
    assert_eq!(revoke(&mut client, &id, REMOVE).await, (1, 0x0c), "not on hold");
    assert_eq!(revoke(&mut client, &id, HOLD).await, (0, 0));
    assert_eq!(state(&mut client, &id).await, 3);
    assert_eq!(verdict(&mut client, text(0x420094, &id)).await, 2);
    let certificate = value(&mut client, &id).await;
    assert_eq!(verdict(&mut client, by_value(&certificate)).await, 2, "given by value, too");
    clock.advance(60);
    assert_eq!(revoke(&mut client, &id, REMOVE).await, (0, 0));
    assert_eq!(state(&mut client, &id).await, 2);
    let answer = ask(&mut client, 0x0b, &[text(0x420094, &id), text(0x42000a, "Deactivation Date")]).await;
    let end = answer.items()[0].at(0x42007c).at(0x420008).at(0x42000b).value.clone();
    assert_eq!(end, (NOW + 300 * 86_400).to_be_bytes(), "the end that was planned");
    assert_eq!(verdict(&mut client, text(0x420094, &id)).await, 1);
    assert_eq!(revoke(&mut client, &id, HOLD).await, (0, 0));
    assert_eq!(revoke(&mut client, &id, 2).await, (0, 0), "Key Compromise");
    assert_eq!(revoke(&mut client, &id, REMOVE).await, (1, 0x0c));
    assert_eq!(state(&mut client, &id).await, 4);
    assert_eq!(revoke(&mut client, &key, REMOVE).await, (1, 0x0c), "a key has no such reason");
}

#[tokio::test]
async fn authority_and_serial_numbers_survive_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = || Config {
        state: Some(State { file: folder.path().join("state"), key: None }),
        clock: Arc::new(MovableClock::frozen_at(NOW)),
        ..Config::default()
    };
    let mut serials = Vec::new();
    let mut first = None;
    for _ in 0..3 {
        let server = server_with(config()).await;
        let mut client = Client::connect(&server, "alice").await;
        let (_, id) = certified(&mut client).await;
        let certificate = value(&mut client, &id).await;
        let (_, parsed) = x509_parser::parse_x509_certificate(&certificate).expect("a certificate");
        serials.push(parsed.raw_serial().to_vec());
        let first = first.get_or_insert_with(|| certificate.clone());
        assert_eq!(verdict(&mut client, by_value(first)).await, 1, "the authority is the same");
        drop(client);
        server.shutdown().await;
    }
    let (random, counted): (Vec<_>, Vec<_>) = serials.iter().map(|serial| serial.split_at(8)).unzip();
    assert!(random[0] != random[1] && random[1] != random[2]);
    assert_eq!(counted, [[0, 0, 0, 0, 0, 0, 0, 2], [0, 0, 0, 0, 0, 0, 0, 3], [0, 0, 0, 0, 0, 0, 0, 4]]);
}

#[tokio::test]
async fn bad_identities_are_refused_and_rsa_is_shown_where_it_is_all_there_is() {
    let certificates = CertificateSettings { keys: KeyKinds::Rsa, ..CertificateSettings::default() };
    let server = server_with(Config { certificates, ..Config::default() }).await;
    let discover = request((1, 4), &[], &[operation(0x1e, None, &[])]);
    for name in ["alice", "bob", "no-eku", "expired", "not-yet-valid", "wrong-eku", "foreign-ca", "self-signed"] {
        let served = match Client::try_connect(&server, name).await {
            // In TLS 1.3 the refusal comes after the client's side of the handshake.
            Ok(mut client) => {
                client.send(&discover).await;
                client.receive().await.is_some()
            }
            Err(_) => false,
        };
        assert_eq!(served, matches!(name, "alice" | "bob" | "no-eku"), "{name}");
    }
}
