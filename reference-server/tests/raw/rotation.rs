//! Rotation on the server's clock, and what replacements inherit.

use crate::peer::{Client, NOW, frozen};
use crate::wire::{Node, boolean, create, enumeration, integer, interval, item, operation, request, structure, text};

/// Attributes of 2.1 for an AES-128 key.
fn aes(more: &[Vec<u8>]) -> Vec<u8> {
    let mut all = vec![enumeration(0x420028, 3), integer(0x42002a, 128), integer(0x42002c, 12)];
    all.extend_from_slice(more);
    structure(0x420125, &all)
}

/// Every attribute of an object at 2.1.
async fn attributes(client: &mut Client, id: &str) -> Node {
    let answer = client.ask(&request((2, 1), &[], &[operation(0x0b, None, &[text(0x420094, id)])])).await;
    answer.items()[0].at(0x42007c).at(0x420125).clone()
}

/// The object that has a Name.
async fn located(client: &mut Client, value: &str) -> String {
    let name = structure(0x420053, &[text(0x420055, value), enumeration(0x420054, 1)]);
    let answer = client.ask(&request((2, 1), &[], &[operation(8, None, &[structure(0x420125, &[name])])])).await;
    answer.id(0)
}

/// Generation, whether it is the latest, and the date.
fn rotation(attributes: &Node) -> (Option<u32>, Option<u8>, Option<i64>) {
    let date = |node: &Node| i64::from_be_bytes(node.value[..8].try_into().expect("eight bytes"));
    (
        attributes.get(0x42016e).map(Node::number),
        attributes.get(0x420172).map(|node| node.value[7]),
        attributes.get(0x42016d).map(date),
    )
}

#[tokio::test]
async fn a_key_is_rotated_when_its_interval_is_over() {
    let (server, clock) = frozen().await;
    let mut client = Client::connect(&server, "alice").await;
    let name = structure(0x420053, &[text(0x420055, "turning"), enumeration(0x420054, 1)]);
    let rotated = [name, interval(0x42016a, 100), boolean(0x42016b, true), interval(0x42016c, 50)];
    let make = operation(1, None, &[enumeration(0x420057, 2), aes(&rotated)]);
    let first = client.ask(&request((2, 1), &[], &[make])).await.id(0);
    clock.advance(99);
    assert_eq!(located(&mut client, "turning").await, first, "one second before");
    assert_eq!(rotation(&attributes(&mut client, &first).await), (None, None, None));
    clock.advance(1);
    let second = located(&mut client, "turning").await;
    assert_ne!(second, first, "the Name has gone over");
    assert_eq!(located(&mut client, "turning").await, second, "once");
    assert_eq!(rotation(&attributes(&mut client, &first).await), (Some(0), Some(0), Some(NOW + 100)));
    let new = attributes(&mut client, &second).await;
    assert_eq!(rotation(&new), (Some(1), Some(1), Some(NOW + 100)));
    assert_eq!(new.at(0x420001).value, (NOW + 150).to_be_bytes(), "Activation Date by the Rotate Offset");
    clock.advance(100);
    let third = located(&mut client, "turning").await;
    assert_eq!(rotation(&attributes(&mut client, &third).await), (Some(2), Some(1), Some(NOW + 200)));
    assert_eq!(rotation(&attributes(&mut client, &second).await), (Some(1), Some(0), Some(NOW + 100)));
}

#[tokio::test]
async fn a_key_pair_is_rotated_as_a_pair() {
    let (server, clock) = frozen().await;
    let mut client = Client::connect(&server, "alice").await;
    let curve = structure(0x420029, &[enumeration(0x420075, 7)]);
    let common = structure(0x420126, &[enumeration(0x420028, 6), curve]);
    let private = structure(0x420127, &[integer(0x42002c, 1), interval(0x42016a, 10), boolean(0x42016b, true)]);
    let public = structure(0x420128, &[integer(0x42002c, 2)]);
    let answer = client.ask(&request((2, 1), &[], &[operation(2, None, &[common, private, public])])).await;
    assert_eq!(answer.results(), [(0, 0)]);
    let made = answer.items()[0].at(0x42007c);
    let (private, public) = (made.at(0x420066).text(), made.at(0x42006f).text());
    clock.advance(10);
    for id in [&private, &public] {
        assert_eq!(
            rotation(&attributes(&mut client, id).await),
            (Some(0), Some(0), Some(NOW + 10)),
            "both are replaced"
        );
    }
}

#[tokio::test]
async fn the_latest_is_the_one_made_last() {
    let (server, _clock) = frozen().await;
    let mut client = Client::connect(&server, "alice").await;
    let first = client.ask(&request((1, 4), &[], &[create(None, &[])])).await.id(0);
    let again = |version| request(version, &[], &[operation(4, None, &[text(0x420094, &first)])]);
    let second = client.ask(&again((2, 1))).await.id(0);
    let third = client.ask(&again((1, 4))).await.id(0);
    let latest = |node: Node| rotation(&node).1;
    assert_eq!(latest(attributes(&mut client, &first).await), Some(0));
    assert_eq!(latest(attributes(&mut client, &second).await), Some(0), "the first was replaced once more");
    assert_eq!(latest(attributes(&mut client, &third).await), Some(1));
}

#[tokio::test]
async fn a_replacement_inherits_what_the_version_cannot_name() {
    let (server, _clock) = frozen().await;
    let mut client = Client::connect(&server, "alice").await;
    let make = operation(1, None, &[enumeration(0x420057, 2), aes(&[boolean(0x420120, true), text(0x4200fd, "why")])]);
    let answer = client.ask(&request((2, 1), &[], &[make])).await;
    assert_eq!(answer.results(), [(0, 0)]);
    let old = answer.id(0);
    let new = client.ask(&request((1, 2), &[], &[operation(4, None, &[text(0x420094, &old)])])).await.id(0);
    let (old, new) = (attributes(&mut client, &old).await, attributes(&mut client, &new).await);
    for tag in [0x420120, 0x420121, 0x420122, 0x420123, 0x4200fd] {
        assert_eq!(new.get(tag), old.get(tag), "{tag:06x}");
    }
    assert_eq!(new.at(0x420120).value[7], 1, "Sensitive");
}

#[tokio::test]
async fn rules_of_the_tables() {
    let (server, _clock) = frozen().await;
    let mut client = Client::connect(&server, "alice").await;
    let id =
        client.ask(&request((2, 1), &[], &[operation(1, None, &[enumeration(0x420057, 2), aes(&[])])])).await.id(0);
    let date = item(0x42016d, 9, &NOW.to_be_bytes());
    for server_only in [date, integer(0x42016e, 5), boolean(0x420172, true)] {
        let make = operation(1, None, &[enumeration(0x420057, 2), aes(std::slice::from_ref(&server_only))]);
        assert_eq!(client.ask(&request((2, 1), &[], &[make])).await.results()[0].0, 1);
        let set = operation(0x31, None, &[text(0x420094, &id), structure(0x42013d, &[server_only])]);
        assert_eq!(client.ask(&request((2, 1), &[], &[set])).await.results()[0].0, 1);
    }
    for given in [interval(0x42016a, 5), interval(0x42016c, 5), boolean(0x42016b, false)] {
        let set = operation(0x31, None, &[text(0x420094, &id), structure(0x42013d, &[given])]);
        let set = request((2, 1), &[], &[set]);
        assert_eq!(client.ask(&set).await.results(), [(0, 0)], "a client gives the first value");
        assert_eq!(client.ask(&set).await.results()[0].0, 1, "and no other");
    }
}
