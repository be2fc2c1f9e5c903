//! Re-Provision: the certificate in use is good no more, the new one is.

use crate::peer::{Client, server};
use crate::wire::{bytes, create, enumeration, name, operation, request, structure, text};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// Re-Provision.
const RE_PROVISION: u32 = 0x35;

#[tokio::test]
async fn a_certificate_of_the_client_takes_the_place_of_the_one_in_use() {
    let server = server().await;
    let mut alice = Client::connect(&server, "alice").await;
    let id = alice.ask(&request((1, 4), &[], &[create(None, &[])])).await.id(0);
    let made = rcgen::generate_simple_self_signed(vec!["new.alice.example".to_owned()]).expect("a certificate");
    let new = made.cert.der().clone();
    let key = || PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    // TLS 1.3 tells the client of a refused certificate with the first read.
    if let Ok(mut refused) = Client::connect_with(&server, Some((new.clone(), key()))).await {
        assert!(refused.rest().await.is_empty(), "nobody knows this certificate yet");
    }
    let certificate = structure(0x420013, &[enumeration(0x42001d, 1), bytes(0x42001e, &new)]);
    let answer = alice.ask(&request((2, 1), &[], &[operation(RE_PROVISION, None, &[certificate])])).await;
    assert_eq!(answer.results(), [(0, 0)]);
    assert!(!answer.id(0).is_empty(), "the certificate is an object now");
    // The old one is good no more: neither here nor on a new connection.
    let get = request((1, 4), &[], &[operation(0x0a, None, &[text(0x420094, &id)])]);
    assert_eq!(alice.ask(&get).await.results(), [(1, 3)]);
    assert_eq!(Client::connect(&server, "alice").await.ask(&get).await.results(), [(1, 3)]);
    // The new one is, for the same client.
    let mut renewed = Client::connect_with(&server, Some((new, key()))).await.expect("admitted");
    assert_eq!(renewed.ask(&get).await.results(), [(0, 0)]);
    let mut bob = Client::connect(&server, "bob").await;
    assert_eq!(bob.ask(&request((1, 4), &[], &[create(None, &[name("his")])])).await.results(), [(0, 0)]);
    server.shutdown().await;
}

#[tokio::test]
async fn without_parameters_the_server_makes_key_and_certificate() {
    let server = server().await;
    let mut alice = Client::connect(&server, "alice").await;
    let answer = alice.ask(&request((2, 1), &[], &[operation(RE_PROVISION, None, &[])])).await;
    assert_eq!(answer.results(), [(0, 0)]);
    assert!(!answer.id(0).is_empty(), "the private key");
    assert_eq!(alice.ask(&request((1, 4), &[], &[create(None, &[])])).await.results(), [(1, 3)]);
    server.shutdown().await;
}

#[tokio::test]
async fn a_request_is_signed_by_the_authority_of_the_server() {
    let server = server().await;
    let mut alice = Client::connect(&server, "alice").await;
    let id = alice.ask(&request((1, 4), &[], &[create(None, &[])])).await.id(0);
    let key = rcgen::KeyPair::generate().expect("a key");
    let mut wanted = rcgen::CertificateParams::new(vec!["alice.example".to_owned()]).expect("parameters");
    wanted.distinguished_name.push(rcgen::DnType::CommonName, "somebody else");
    let csr = wanted.serialize_request(&key).expect("a request");
    let csr = structure(0x420018, &[enumeration(0x420019, 2), bytes(0x420140, csr.der())]);
    let answer = alice.ask(&request((2, 1), &[], &[operation(RE_PROVISION, None, &[csr])])).await;
    assert_eq!(answer.results(), [(0, 0)]);
    let certificate = answer.id(0);
    let get = |id: &str| request((1, 4), &[], &[operation(0x0a, None, &[text(0x420094, id)])]);
    assert_eq!(alice.ask(&get(&id)).await.results(), [(1, 3)]);
    assert!(!certificate.is_empty());
    server.shutdown().await;
}
