//! States, driven by operations and by the clock.

use crate::peer::{Client, NOW, frozen};
use crate::wire::{attribute, bytes, create, date, enumeration, integer, operation, request, structure, text};

async fn state(client: &mut Client, id: &str) -> u32 {
    let ask = operation(0x0b, None, &[text(0x420094, id), text(0x42000a, "State")]);
    let answer = client.ask(&request((1, 2), &[], &[ask])).await;
    answer.items()[0].at(0x42007c).at(0x420008).at(0x42000b).number()
}

#[tokio::test]
async fn dates_move_the_state() {
    let (server, clock) = frozen().await;
    let mut client = Client::connect(&server, "alice").await;
    let dates = [attribute("Activation Date", date(0, NOW + 100)), attribute("Deactivation Date", date(0, NOW + 200))];
    let id = client.ask(&request((1, 2), &[], &[create(None, &dates)])).await.id(0);
    assert_eq!(state(&mut client, &id).await, 1, "Pre-Active");
    clock.advance(99);
    assert_eq!(state(&mut client, &id).await, 1, "one second before");
    clock.advance(1);
    assert_eq!(state(&mut client, &id).await, 2, "Active");
    let active = operation(8, None, &[attribute("State", enumeration(0, 2))]);
    let answer = client.ask(&request((1, 2), &[], std::slice::from_ref(&active))).await;
    assert_eq!(answer.id(0), id);
    clock.advance(100);
    let answer = client.ask(&request((1, 2), &[], &[active])).await;
    assert!(answer.items()[0].at(0x42007c).items.is_empty(), "Locate knows without being told");
    assert_eq!(state(&mut client, &id).await, 3, "Deactivated");
}

#[tokio::test]
async fn past_dates_and_wrong_orders() {
    let (server, _clock) = frozen().await;
    let mut client = Client::connect(&server, "alice").await;
    let id = client
        .ask(&request((1, 2), &[], &[create(None, &[attribute("Activation Date", date(0, NOW - 1))])]))
        .await
        .id(0);
    assert_eq!(state(&mut client, &id).await, 2, "activated in the past");
    let wrong = [attribute("Activation Date", date(0, NOW + 2)), attribute("Deactivation Date", date(0, NOW + 1))];
    let answer = client.ask(&request((1, 2), &[], &[create(None, &wrong)])).await;
    assert_eq!(answer.results(), [(1, 7)]);
}

#[tokio::test]
async fn the_way_of_a_key() {
    let (server, _clock) = frozen().await;
    let mut client = Client::connect(&server, "alice").await;
    let id = client.ask(&request((1, 2), &[], &[create(None, &[])])).await.id(0);
    let plain = |code| request((1, 2), &[], &[operation(code, None, &[text(0x420094, &id)])]);
    let revoke = |code| {
        let reason = structure(0x420081, &[enumeration(0x420082, code)]);
        request((1, 2), &[], &[operation(0x13, None, &[text(0x420094, &id), reason])])
    };
    assert_eq!(client.ask(&revoke(6)).await.results(), [(1, 0x0c)], "Pre-Active, not for this reason");
    assert_eq!(client.ask(&plain(0x12)).await.results(), [(0, 0)], "Activate");
    assert_eq!(client.ask(&plain(0x12)).await.results(), [(1, 0x0c)], "Activate again");
    assert_eq!(client.ask(&plain(0x14)).await.results(), [(1, 0x0c)], "Destroy while Active");
    assert_eq!(client.ask(&revoke(0x77)).await.results(), [(1, 7)], "unknown reason");
    assert_eq!(client.ask(&revoke(2)).await.results(), [(0, 0)], "Key Compromise");
    assert_eq!(state(&mut client, &id).await, 4, "Compromised");
    assert_eq!(client.ask(&plain(0x14)).await.results(), [(0, 0)], "Destroy");
    assert_eq!(state(&mut client, &id).await, 6, "Destroyed Compromised");
    assert_eq!(client.ask(&plain(0x14)).await.results(), [(1, 0x0c)], "Destroy again");
    assert_eq!(client.ask(&plain(0x0a)).await.results(), [(1, 1)], "nothing to get");
}

#[tokio::test]
async fn short_rsa_keys_are_made_and_sign() {
    let (server, _clock) = frozen().await;
    let mut client = Client::connect(&server, "alice").await;
    let common = [
        attribute("Cryptographic Algorithm", enumeration(0, 4)),
        attribute("Cryptographic Length", integer(0, 1024)),
        attribute("Activation Date", date(0, NOW - 1)),
    ];
    let mask = |bits| attribute("Cryptographic Usage Mask", integer(0, bits));
    let parts = [structure(0x42001f, &common), structure(0x420065, &[mask(1)]), structure(0x42006e, &[mask(2)])];
    let made = client.ask(&request((1, 2), &[], &[operation(2, None, &parts)])).await;
    let payload = made.items()[0].at(0x42007c).clone();
    let (private, public) = (payload.at(0x420066).text(), payload.at(0x42006f).text());
    let parameters = structure(0x42002b, &[enumeration(0x42005f, 8), enumeration(0x420038, 6)]);
    let data = bytes(0x4200c2, b"signed");
    let sign = operation(0x21, None, &[text(0x420094, &private), parameters.clone(), data.clone()]);
    let signed = client.ask(&request((1, 2), &[], &[sign])).await;
    let signature = signed.items()[0].at(0x42007c).at(0x4200c3).value.clone();
    assert_eq!(signature.len(), 128, "1024 bits");
    let verify = [text(0x420094, &public), parameters, data, bytes(0x4200c3, &signature)];
    let verified = client.ask(&request((1, 2), &[], &[operation(0x22, None, &verify)])).await;
    assert_eq!(verified.items()[0].at(0x42007c).at(0x42009b).number(), 1, "Valid");
}
