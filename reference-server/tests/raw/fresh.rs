//! Fresh members of a group, and what the settings make Query say.

use crate::peer::{Client, server, server_with};
use crate::wire::{attribute, create, enumeration, name, operation, request, text};
use kmipspec_reference_server::Config;
use kmipspec_reference_server::config::ServerInformation;

/// Locate of a fresh member of a group.
fn fresh(group: &str, more: &[Vec<u8>]) -> Vec<u8> {
    let mut fields = vec![enumeration(0x4200ac, 1), attribute("Object Group", text(0, group))];
    fields.extend_from_slice(more);
    request((1, 4), &[], &[operation(8, None, &fields)])
}

/// Identifiers that Locate gave.
async fn located(client: &mut Client, request: &[u8]) -> Vec<String> {
    let answer = client.ask(request).await;
    assert_eq!(answer.results(), [(0, 0)]);
    let payload = answer.items()[0].at(0x42007c);
    payload.items.iter().filter(|item| item.tag == 0x420094).map(|id| id.text()).collect()
}

#[tokio::test]
async fn a_fresh_member_is_made_when_none_is_left() {
    let server = server_with(Config { generate_fresh: true, ..Config::default() }).await;
    let mut client = Client::connect(&server, "alice").await;
    let member = [name("first"), attribute("Object Group", text(0, "pool"))];
    let first = client.ask(&request((1, 4), &[], &[create(None, &member)])).await.id(0);
    assert_eq!(located(&mut client, &fresh("pool", &[])).await, std::slice::from_ref(&first), "one is left");
    let get = |id: &str| request((1, 4), &[], &[operation(0x0a, None, &[text(0x420094, id)])]);
    let key = |answer: crate::wire::Answer| {
        let block = answer.items()[0].at(0x42007c).at(0x42008f).at(0x420040).clone();
        assert_eq!((block.at(0x420028).number(), block.at(0x42002a).number()), (3, 128));
        block.at(0x420045).at(0x420043).value.clone()
    };
    let old = key(client.ask(&get(&first)).await);
    let made = located(&mut client, &fresh("pool", &[])).await;
    assert!(made.len() == 1 && made[0] != first, "another: {made:?}");
    assert_eq!(located(&mut client, &fresh("pool", &[])).await, made, "and no more as long as it is fresh");
    assert_ne!(key(client.ask(&get(&made[0])).await), old, "with a key of its own");
    assert!(located(&mut client, &fresh("other", &[])).await.is_empty(), "no member to go by");
    assert!(located(&mut client, &fresh("pool", &[name("first")])).await.is_empty(), "a Name is not given twice");
    let mut bob = Client::connect(&server, "bob").await;
    assert!(located(&mut bob, &fresh("pool", &[])).await.is_empty(), "not for others");
}

#[tokio::test]
async fn without_the_policy_none_is_made() {
    let server = server().await;
    let mut client = Client::connect(&server, "alice").await;
    let member = [attribute("Object Group", text(0, "pool"))];
    let id = client.ask(&request((1, 4), &[], &[create(None, &member)])).await.id(0);
    client.ask(&request((1, 4), &[], &[operation(0x0a, None, &[text(0x420094, &id)])])).await;
    assert!(located(&mut client, &fresh("pool", &[])).await.is_empty());
}

#[tokio::test]
async fn the_server_says_of_itself_what_it_is_told() {
    let server_information = ServerInformation {
        name: Some("north".to_owned()),
        serial_number: Some("SN-1".to_owned()),
        cluster: Some("both".to_owned()),
        failover_endpoints: vec!["a:5696".to_owned(), "b:5696".to_owned()],
    };
    let server = server_with(Config { server_information, ..Config::default() }).await;
    let mut client = Client::connect(&server, "alice").await;
    let query = operation(0x18, None, &[enumeration(0x420074, 3)]);
    let answer = client.ask(&request((2, 1), &[], std::slice::from_ref(&query))).await;
    let told = answer.items()[0].at(0x42007c).at(0x420088).clone();
    let texts: Vec<(u32, String)> = told
        .items
        .iter()
        .filter(|field| [0x42012d, 0x42012e, 0x420134, 0x420135].contains(&field.tag))
        .map(|field| (field.tag, field.text()))
        .collect();
    let expected =
        [(0x42012d, "north"), (0x42012e, "SN-1"), (0x420134, "both"), (0x420135, "a:5696"), (0x420135, "b:5696")];
    assert_eq!(texts, expected.map(|(tag, text)| (tag, text.to_owned())));
    let old = client.ask(&request((1, 4), &[], &[query])).await;
    assert!(old.items()[0].at(0x42007c).at(0x420088).items.is_empty(), "before 2.0 it has no such fields");
}
