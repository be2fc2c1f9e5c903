//! Interop Reset without Begin: the client's own things are as in a new server, and nobody else's are touched.

use crate::peer::{Client, server_with};
use crate::wire::{create, enumeration, name, operation, request, text};
use kmipspec_protocol::objects::ManagedObject;
use kmipspec_protocol::registry::CryptographicAlgorithm;
use kmipspec_protocol::version::Version;
use kmipspec_reference_server::{Config, SeedObject};

/// A key that is there from the start.
fn seed(id: &str, owner: &str) -> SeedObject {
    SeedObject {
        id: id.to_owned(),
        owner: owner.to_owned(),
        version: Version::V2_1,
        material: ManagedObject::symmetric_key(CryptographicAlgorithm::AES, 128, vec![7; 16]),
        attributes: Vec::new(),
    }
}

#[tokio::test]
async fn reset_brings_back_what_was_there_from_the_start_and_leaves_others_alone() {
    let objects = vec![seed("hers", "alice"), seed("changed", "alice"), seed("his", "bob")];
    let server = server_with(Config { objects, ..Config::default() }).await;
    let mut alice = Client::connect(&server, "alice").await;
    let mut bob = Client::connect(&server, "bob").await;
    let on = |code, id: &str| request((2, 1), &[], &[operation(code, None, &[text(0x420094, id)])]);
    let made = alice.ask(&request((1, 2), &[], &[create(None, &[name("made")])])).await.id(0);
    let bobs = bob.ask(&request((1, 2), &[], &[create(None, &[name("bobs")])])).await.id(0);
    assert_eq!(alice.ask(&on(0x14, "hers")).await.results(), [(0, 0)], "Destroy");
    assert_eq!(alice.ask(&on(0x12, "changed")).await.results(), [(0, 0)], "Activate");
    assert_eq!(bob.ask(&on(0x14, "his")).await.results(), [(0, 0)]);
    let reset = operation(0x34, None, &[enumeration(0x420160, 3), text(0x420161, "test")]);
    assert_eq!(alice.ask(&request((2, 1), &[], &[reset])).await.results(), [(0, 0)]);
    assert_eq!(alice.ask(&on(0x0a, &made)).await.results()[0].0, 1, "what she made is gone");
    assert_eq!(alice.ask(&on(0x0a, "hers")).await.results(), [(0, 0)], "what she destroyed is back");
    let state = alice.ask(&on(0x0b, "changed")).await;
    assert_eq!(state.items()[0].at(0x42007c).at(0x420125).at(0x42008d).number(), 1, "Pre-Active again");
    assert_eq!(bob.ask(&on(0x0a, &bobs)).await.results(), [(0, 0)], "what he made is there");
    assert_eq!(bob.ask(&on(0x0a, "his")).await.results()[0].0, 1, "and what he destroyed is not");
}
