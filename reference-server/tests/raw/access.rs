//! Whose objects they are, and who is asking.

use crate::peer::{Client, server, server_with};
use crate::wire::{boolean, create, enumeration, name, operation, request, structure, text};
use kmipspec_reference_server::Config;
use kmipspec_reference_server::users::User;

#[tokio::test]
async fn the_keys_of_others_are_not_there() {
    let server = server().await;
    let mut alice = Client::connect(&server, "alice").await;
    let mut bob = Client::connect(&server, "bob").await;
    let id = alice.ask(&request((1, 2), &[], &[create(None, &[name("mine")])])).await.id(0);
    for code in [0x0a, 0x0b, 0x0c, 0x12, 0x14] {
        let answer = bob.ask(&request((1, 2), &[], &[operation(code, None, &[text(0x420094, &id)])])).await;
        assert_eq!(answer.results(), [(1, 1)], "operation {code:02x}");
    }
    let answer = bob.ask(&request((1, 2), &[], &[operation(8, None, &[name("mine")])])).await;
    assert!(answer.items()[0].at(0x42007c).items.is_empty());
    let answer = alice.ask(&request((1, 2), &[], &[operation(0x0a, None, &[text(0x420094, &id)])])).await;
    assert_eq!(answer.results(), [(0, 0)]);
}

/// An Authentication object with user name and password.
fn login(user: &str, password: &str) -> Vec<u8> {
    let value = structure(0x420025, &[text(0x420099, user), text(0x4200a1, password)]);
    structure(0x42000c, &[structure(0x420023, &[enumeration(0x420024, 1), value])])
}

#[tokio::test]
async fn authentication_comes_before_everything_else() {
    let users = vec![User::with_password("carol", "right")];
    let server = server_with(Config { users, ..Config::default() }).await;
    let mut client = Client::connect(&server, "alice").await;
    let options = |password| vec![login("carol", password)];
    let get = operation(0x0a, None, &[text(0x420094, "no such object")]);
    let unknown = operation(0x7777, None, &[]);
    for item in [get.clone(), unknown, create(None, &[name("never")])] {
        let answer = client.ask(&request((1, 2), &options("wrong"), &[item])).await;
        assert_eq!(answer.results(), [(1, 3)]);
    }
    let answer = client.ask(&request((1, 2), &options("right"), &[get])).await;
    assert_eq!(answer.results(), [(1, 1)]);
    let answer = client.ask(&request((1, 2), &options("right"), &[create(None, &[name("hers")])])).await;
    let id = answer.id(0);
    let answer = client.ask(&request((1, 2), &[], &[operation(0x0a, None, &[text(0x420094, &id)])])).await;
    assert_eq!(answer.results(), [(1, 1)], "the credential's identity owns it, not the certificate's");
}

#[tokio::test]
async fn names_are_unique_on_the_server() {
    let server = server().await;
    let mut client = Client::connect(&server, "alice").await;
    client.ask(&request((1, 2), &[], &[create(None, &[name("taken")])])).await;
    let answer = client.ask(&request((1, 2), &[], &[create(None, &[name("taken")])])).await;
    assert_eq!(answer.results(), [(1, 7)]);
    let items = [create(Some(1), &[]), operation(0x0d, Some(2), &[name("taken")])];
    let answer = client.ask(&request((1, 2), &[boolean(0x420010, true)], &items)).await;
    assert_eq!(answer.results(), [(0, 0), (1, 0x0b)], "Illegal Operation");
}
