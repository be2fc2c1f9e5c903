//! What the server makes or refuses of what a request asks for: Application Data, storage, generators.

use crate::peer::{Client, server, server_with};
use crate::wire::{attribute, boolean, create, enumeration, integer, operation, request, structure, text};
use kmipspec_reference_server::Config;

/// Application Specific Information without data.
fn namespace(name: &str) -> Vec<u8> {
    structure(0x420004, &[text(0x420003, name)])
}

/// A server that makes data for one namespace.
fn config() -> Config {
    Config { application_namespaces: vec!["disk".to_owned()], ..Config::default() }
}

#[tokio::test]
async fn application_data_is_made_where_it_is_left_out() {
    let server = server_with(config()).await;
    let mut client = Client::connect(&server, "alice").await;
    let asked = attribute("Application Specific Information", namespace("disk"));
    let id = client.ask(&request((1, 0), &[], &[create(None, std::slice::from_ref(&asked))])).await.id(0);
    let add = operation(0x0d, None, &[text(0x420094, &id), asked]);
    let added = client.ask(&request((1, 4), &[], &[add])).await;
    assert_eq!(added.results(), [(0, 0)]);
    let told = added.items()[0].at(0x42007c).at(0x420008).at(0x42000b).at(0x420002).text();
    let wanted = text(0x42000a, "Application Specific Information");
    let answer = client.ask(&request((1, 4), &[], &[operation(0x0b, None, &[text(0x420094, &id), wanted])])).await;
    let payload = answer.items()[0].at(0x42007c);
    let data: Vec<String> =
        payload.items.iter().skip(1).map(|attribute| attribute.at(0x42000b).at(0x420002).text()).collect();
    assert_eq!(data.len(), 2);
    assert!(!data[0].is_empty() && data[0] != data[1], "each is new: {data:?}");
    assert_eq!(data[1], told, "Add Attribute returns it");
}

#[tokio::test]
async fn another_namespace_needs_its_data() {
    let server = server_with(config()).await;
    let mut client = Client::connect(&server, "alice").await;
    let asked = attribute("Application Specific Information", namespace("tape"));
    let answer = client.ask(&request((1, 2), &[], &[create(None, std::slice::from_ref(&asked))])).await;
    assert_eq!(answer.results(), [(1, 0x0f)], "Application Namespace Not Supported");
    let id = client.ask(&request((1, 2), &[], &[create(None, &[])])).await.id(0);
    let add = operation(0x0d, None, &[text(0x420094, &id), asked]);
    assert_eq!(client.ask(&request((1, 2), &[], &[add])).await.results(), [(1, 0x0f)]);
    let set = operation(0x31, None, &[text(0x420094, &id), structure(0x42013d, &[namespace("tape")])]);
    assert_eq!(client.ask(&request((2, 1), &[], &[set])).await.results(), [(1, 0x0f)]);
    let whole = structure(0, &[text(0x420003, "tape"), text(0x420002, "0A0B")]);
    let given = attribute("Application Specific Information", whole);
    assert_eq!(client.ask(&request((1, 2), &[], &[create(None, &[given])])).await.results(), [(0, 0)]);
}

#[tokio::test]
async fn query_tells_of_the_namespaces() {
    let server = server_with(config()).await;
    let mut client = Client::connect(&server, "alice").await;
    for version in [(1, 0), (1, 4), (2, 1)] {
        let query = operation(0x18, None, &[enumeration(0x420074, 4)]);
        let answer = client.ask(&request(version, &[], &[query])).await;
        assert_eq!(answer.items()[0].at(0x42007c).at(0x420003).text(), "disk", "{version:?}");
    }
}

#[tokio::test]
async fn objects_are_kept_in_software() {
    let server = server().await;
    let mut client = Client::connect(&server, "alice").await;
    let attributes = structure(0x420125, &[enumeration(0x420028, 3), integer(0x42002a, 128), integer(0x42002c, 12)]);
    for (mask, result) in [(2, (1, 0x44)), (3, (0, 0))] {
        let masks = structure(0x42015f, &[integer(0x42015e, mask)]);
        let make = operation(1, None, &[enumeration(0x420057, 2), attributes.clone(), masks]);
        assert_eq!(client.ask(&request((2, 1), &[], &[make])).await.results(), [result], "mask {mask}");
    }
}

#[tokio::test]
async fn a_key_is_made_by_the_generator_asked_for_or_not_at_all() {
    let server = server().await;
    let mut client = Client::connect(&server, "alice").await;
    // FIPS 186-2, then DRBG with AES, which Query tells of.
    for (kind, cipher, status) in [(2, None, 1), (3, Some(3), 0), (3, Some(2), 1)] {
        let mut fields = vec![enumeration(0x4200da, kind)];
        fields.extend(cipher.map(|cipher| enumeration(0x420028, cipher)));
        let asked = attribute("Random Number Generator", structure(0, &fields));
        let answer = client.ask(&request((1, 4), &[], &[create(None, &[asked])])).await;
        assert_eq!(answer.results()[0].0, status, "generator {kind} {cipher:?}");
    }
}

#[tokio::test]
async fn what_was_once_exposed_was_not_always_hidden() {
    let server = server().await;
    let mut client = Client::connect(&server, "alice").await;
    let hidden = [attribute("Sensitive", boolean(0, true)), attribute("Extractable", boolean(0, false))];
    let id = client.ask(&request((1, 4), &[], &[create(None, &hidden)])).await.id(0);
    for (name, once, always) in [("Sensitive", false, "Always Sensitive"), ("Extractable", true, "Never Extractable")] {
        let ask = || operation(0x0b, Some(2), &[text(0x420094, &id), text(0x42000a, always)]);
        for (value, expected) in [(!once, 1), (once, 0), (!once, 0)] {
            let change = operation(0x0e, Some(1), &[text(0x420094, &id), attribute(name, boolean(0, value))]);
            let answer = client.ask(&request((1, 4), &[], &[change, ask()])).await;
            assert_eq!(answer.results(), [(0, 0), (0, 0)]);
            let told = answer.items()[1].at(0x42007c).at(0x420008).at(0x42000b).value[7];
            assert_eq!(told, expected, "{always} after {name} {value}");
        }
    }
}
