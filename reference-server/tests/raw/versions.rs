//! Which version answers, in which shape (1.4 §11.1), and what each version may not see.

use crate::peer::{Client, NOW, frozen, server, server_with};
use crate::wire::{
    attribute, boolean, bytes, create, date, enumeration, integer, item, operation, request, structure, text,
};
use kmipspec_protocol::version::Version;
use kmipspec_reference_server::Config;

/// A whole exchange written down by hand: Discover Versions at 1.4, asking for 1.0 and 9.9.
#[tokio::test]
async fn discover_versions_to_the_byte() {
    let (server, _clock) = frozen().await;
    let mut client = Client::connect(&server, "alice").await;
    let request = hex("42007801000000B0
           4200770100000038
             4200690100000020 42006A0200000004 0000000100000000 42006B0200000004 0000000300000000
             42000D0200000004 0000000100000000
           42000F0100000068
             42005C0500000004 0000001E00000000
             4200790100000050
               4200690100000020 42006A0200000004 0000000100000000 42006B0200000004 0000000000000000
               4200690100000020 42006A0200000004 0000000900000000 42006B0200000004 0000000900000000");
    client.send(&request).await;
    let answer = client.receive().await.expect("an answer");
    let expected = hex(&format!(
        "42007B01000000A8
           42007A0100000048
             4200690100000020 42006A0200000004 0000000100000000 42006B0200000004 0000000300000000
             4200920900000008 {NOW:016X}
             42000D0200000004 0000000100000000
           42000F0100000050
             42005C0500000004 0000001E00000000
             42007F0500000004 0000000000000000
             42007C0100000028
               4200690100000020 42006A0200000004 0000000100000000 42006B0200000004 0000000000000000"
    ));
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn another_major_version_is_refused_without_an_operation() {
    let server = server().await;
    let mut client = Client::connect(&server, "alice").await;
    let answer = client.ask(&request((9, 0), &[], &[operation(0x18, None, &[])])).await;
    assert_eq!(answer.results(), [(1, 4)], "1.x: Invalid Message");
    assert_eq!(answer.version(), (1, 0));
    assert!(answer.items()[0].get(0x42005c).is_none());
    let config = Config { versions: vec![Version::V2_0, Version::V2_1], ..Config::default() };
    let server = server_with(config).await;
    let mut client = Client::connect(&server, "alice").await;
    let answer = client.ask(&request((0, 9), &[], &[operation(0x18, None, &[])])).await;
    assert_eq!(answer.results(), [(1, 0x3f)], "2.x: Unsupported Protocol Version");
    assert_eq!(answer.version(), (2, 0));
}

#[tokio::test]
async fn unknown_fields_are_ignored_under_a_later_minor_version_only() {
    let server = server().await;
    let mut client = Client::connect(&server, "alice").await;
    let unknown = item(0x42ff01, 0x07, b"from the future");
    let query = || operation(0x18, None, &[enumeration(0x420074, 1), unknown.clone()]);
    let answer = client.ask(&request((1, 99), &[], &[query()])).await;
    assert_eq!(answer.results(), [(0, 0)]);
    assert_eq!(answer.version(), (1, 4));
    let answer = client.ask(&request((1, 4), &[], &[query()])).await;
    assert_eq!(answer.results(), [(1, 7)], "Invalid Field");
}

#[tokio::test]
async fn correlation_values_belong_to_1_4_and_later() {
    let server = server().await;
    let mut client = Client::connect(&server, "alice").await;
    for (version, echoed) in [((1, 3), false), ((1, 4), true), ((2, 0), true), ((2, 1), true)] {
        let answer = client
            .ask(&request(version, &[text(0x420105, "mine")], &[operation(0x18, None, &[enumeration(0x420074, 1)])]))
            .await;
        let header = answer.0.at(0x42007a);
        if echoed {
            assert_eq!(answer.results(), [(0, 0)]);
            assert_eq!(header.at(0x420105).text(), "mine");
        } else {
            assert_eq!(answer.results(), [(1, 7)], "unknown field");
            assert!(header.get(0x420105).is_none());
        }
        assert!(header.get(0x420106).is_none() || echoed);
    }
}

#[tokio::test]
async fn an_old_client_sees_old_attributes_only() {
    let server = server().await;
    let mut client = Client::connect(&server, "alice").await;
    let id = client.ask(&request((1, 4), &[], &[create(None, &[])])).await.id(0);
    for (minor, born_later) in
        [(0, "Fresh"), (1, "Original Creation Date"), (2, "Random Number Generator"), (3, "Sensitive")]
    {
        let answer = client.ask(&request((1, minor), &[], &[operation(0x0c, None, &[text(0x420094, &id)])])).await;
        let payload = answer.items()[0].at(0x42007c).clone();
        let names: Vec<String> = payload.items.iter().filter(|i| i.tag == 0x42000a).map(|i| i.text()).collect();
        assert!(names.contains(&"Initial Date".to_owned()), "{names:?}");
        assert!(!names.contains(&born_later.to_owned()), "1.{minor}: {names:?}");
        let answer = client.ask(&request((1, minor + 1), &[], &[operation(0x0c, None, &[text(0x420094, &id)])])).await;
        let payload = answer.items()[0].at(0x42007c).clone();
        assert!(payload.items.iter().any(|i| i.tag == 0x42000a && i.text() == born_later), "1.{}", minor + 1);
    }
}

#[tokio::test]
async fn no_identifier_is_imported_that_an_old_client_could_not_be_told() {
    let server = server().await;
    let mut client = Client::connect(&server, "alice").await;
    let attributes = [enumeration(0x420028, 3), integer(0x42002a, 128), integer(0x42002c, 12)];
    let block = [enumeration(0x420042, 1), structure(0x420045, &[bytes(0x420043, &[7; 16])])];
    let key = structure(0x42008f, &[structure(0x420040, &[&block[..], &attributes[..2]].concat())]);
    for (id, result) in [("k\0", (1, 7)), ("k", (0, 0))] {
        let fields = [text(0x420094, id), enumeration(0x420057, 2), structure(0x420125, &attributes), key.clone()];
        let answer = client.ask(&request((2, 1), &[], &[operation(0x2a, None, &fields)])).await;
        assert_eq!(answer.results(), [result], "{id:?}");
    }
    let answer = client.ask(&request((1, 2), &[], &[operation(0x08, None, &[])])).await;
    assert_eq!(answer.id(0), "k");
}

/// A Symmetric Key of a format, with this in its Key Value.
fn key(format: u32, value: &[Vec<u8>]) -> Vec<u8> {
    let block =
        [enumeration(0x420042, format), structure(0x420045, value), enumeration(0x420028, 3), integer(0x42002a, 128)];
    structure(0x42008f, &[structure(0x420040, &block)])
}

#[tokio::test]
async fn key_material_of_a_vendors_format_comes_back_as_it_was() {
    let server = server().await;
    let mut client = Client::connect(&server, "alice").await;
    let material = structure(0x420043, &[structure(0x420053, &[integer(0x42002a, 8)])]);
    let mask = structure(0x420091, &[attribute("Cryptographic Usage Mask", integer(0, 12))]);
    let register = operation(3, None, &[enumeration(0x420057, 2), mask, key(0x8000_0001, &[material])]);
    let id = client.ask(&request((1, 4), &[], &[register])).await.id(0);
    let answer = client.ask(&request((1, 4), &[], &[operation(0x0a, None, &[text(0x420094, &id)])])).await;
    assert_eq!(answer.results(), [(0, 0)]);
    let block = answer.items()[0].at(0x42007c).at(0x42008f).at(0x420040);
    assert_eq!(block.at(0x420045).at(0x420043).at(0x420053).at(0x42002a).number(), 8);
}

#[tokio::test]
async fn attributes_of_a_key_value_are_left_out_where_they_cannot_be_told() {
    let server = server().await;
    let mut client = Client::connect(&server, "alice").await;
    let mask = attribute("Cryptographic Usage Mask", integer(0, 12));
    let key = key(1, &[bytes(0x420043, &[7; 16]), mask.clone()]);
    let import = operation(0x2a, None, &[text(0x420094, "k"), mask, key]);
    assert_eq!(client.ask(&request((1, 4), &[], &[import])).await.results(), [(0, 0)]);
    for (version, attribute) in [((1, 4), true), ((2, 1), false)] {
        let answer = client.ask(&request(version, &[], &[operation(0x0a, None, &[text(0x420094, "k")])])).await;
        assert_eq!(answer.results(), [(0, 0)], "{version:?}");
        let value = answer.items()[0].at(0x42007c).at(0x42008f).at(0x420040).at(0x420045).clone();
        assert_eq!(value.at(0x420043).value, [7; 16]);
        assert_eq!(value.get(0x420008).is_some(), attribute, "{version:?}");
    }
}

#[tokio::test]
async fn a_value_of_a_later_type_is_not_there_for_an_old_client() {
    let server = server().await;
    let mut client = Client::connect(&server, "alice").await;
    let when = [text(0x42009d, "x"), text(0x42000a, "when"), item(0x42000b, 0x0b, &5_i64.to_be_bytes())];
    let attributes =
        [enumeration(0x420028, 3), integer(0x42002a, 128), integer(0x42002c, 12), structure(0x420008, &when)];
    let create = operation(1, None, &[enumeration(0x420057, 2), structure(0x420125, &attributes)]);
    let id = client.ask(&request((2, 1), &[], &[create])).await.id(0);
    let names = |answer: crate::wire::Answer| -> Vec<String> {
        let payload = answer.items()[0].at(0x42007c).clone();
        payload.items.iter().filter(|i| i.tag == 0x42000a).map(|i| i.text()).collect()
    };
    let named = [text(0x420094, &id), text(0x42000a, "x-when")];
    let list = operation(0x0c, None, &named[..1]);
    assert!(!names(client.ask(&request((1, 4), &[], &[list])).await).contains(&"x-when".to_owned()));
    let modify = operation(0x0e, None, &[named[0].clone(), attribute("x-when", text(0, "now"))]);
    for (change, reason) in [(operation(0x0f, None, &named), 1), (modify, 7)] {
        assert_eq!(client.ask(&request((1, 4), &[], &[change])).await.results(), [(1, reason)]);
    }
    let reference = structure(0x42013b, &[text(0x42009d, "x"), text(0x42000a, "when")]);
    let get = operation(0x0b, None, &[text(0x420094, &id), reference]);
    let answer = client.ask(&request((2, 1), &[], &[get])).await;
    let attribute = answer.items()[0].at(0x42007c).at(0x420125).at(0x420008).clone();
    assert_eq!(attribute.at(0x42000b).value, 5_i64.to_be_bytes(), "it is there still");
}

#[tokio::test]
async fn an_old_client_cannot_delete_what_a_later_version_protects() {
    let server = server().await;
    let mut client = Client::connect(&server, "alice").await;
    let sensitive = attribute("Sensitive", boolean(0, true));
    let id = client.ask(&request((1, 4), &[], &[create(None, &[sensitive])])).await.id(0);
    let delete = operation(0x0f, None, &[text(0x420094, &id), text(0x42000a, "Sensitive")]);
    for (minor, reason) in [(0, 1), (1, 1), (2, 1), (3, 1), (4, 0x0c)] {
        let answer = client.ask(&request((1, minor), &[], std::slice::from_ref(&delete))).await;
        assert_eq!(answer.results(), [(1, reason)], "1.{minor}");
    }
    let get = operation(0x0a, None, &[text(0x420094, &id)]);
    let answer = client.ask(&request((1, 0), &[], &[get])).await;
    assert_eq!(answer.items()[0].at(0x42007f).number(), 1, "still sensitive");
}

#[tokio::test]
async fn a_wrong_state_has_its_own_reason_from_2_1_on() {
    let server = server().await;
    let mut client = Client::connect(&server, "alice").await;
    let dates = [attribute("Activation Date", date(0, 1))];
    let id = client.ask(&request((1, 4), &[], &[create(None, &dates)])).await.id(0);
    for (version, reason) in [((1, 0), 0x0c), ((1, 4), 0x0c), ((2, 0), 0x0c), ((2, 1), 0x43)] {
        for (code, what) in [(0x12, "Activate again"), (0x14, "Destroy while Active")] {
            let ask = operation(code, None, &[text(0x420094, &id)]);
            assert_eq!(client.ask(&request(version, &[], &[ask])).await.results(), [(1, reason)], "{what} {version:?}");
        }
    }
}

#[tokio::test]
async fn operations_are_told_apart_by_version() {
    let server = server().await;
    let mut client = Client::connect(&server, "alice").await;
    let answer = client.ask(&request((1, 0), &[], &[operation(0x1e, None, &[])])).await;
    assert_eq!(answer.results(), [(1, 5)], "Discover Versions came with 1.1");
    let query = operation(0x18, None, &[enumeration(0x420074, 1)]);
    for (version, has_set) in [((1, 0), false), ((1, 4), false), ((2, 0), true)] {
        let answer = client.ask(&request(version, &[], std::slice::from_ref(&query))).await;
        let operations: Vec<u32> =
            answer.items()[0].at(0x42007c).items.iter().filter(|i| i.tag == 0x42005c).map(|i| i.number()).collect();
        assert_eq!(operations.contains(&0x31), has_set, "Set Attribute at {version:?}: {operations:02x?}");
        assert_eq!(operations.contains(&0x1e), version != (1, 0));
    }
}

/// Bytes of hexadecimal text with white space in it.
fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).expect("hex")).collect()
}

#[tokio::test]
async fn an_old_client_hears_no_newer_reason() {
    let server = server().await;
    let mut client = Client::connect(&server, "alice").await;
    let sensitive = attribute("Sensitive", boolean(0, true));
    let created = client.ask(&request((1, 4), &[], &[create(None, &[sensitive])])).await;
    let get = |minor| request((1, minor), &[], &[operation(0x0a, None, &[text(0x420094, &created.id(0))])]);
    assert_eq!(client.ask(&get(4)).await.results(), [(1, 0x16)], "1.4: Sensitive");
    assert_eq!(client.ask(&get(2)).await.results(), [(1, 0x0c)], "1.2: Permission Denied");
}

/// An AES key length, and what 2.1 has no name for: an algorithm and an object type of 3.0.
fn of_3_0() -> [Vec<u8>; 2] {
    let types = structure(0x420167, &[enumeration(0x420057, 2), enumeration(0x420057, 0x0b)]);
    [types, structure(0x420125, &[enumeration(0x420028, 0x41), integer(0x42002a, 192)])]
}

#[tokio::test]
async fn an_old_client_is_told_of_constraints_what_it_has_names_for() {
    let server = server().await;
    let mut client = Client::connect(&server, "alice").await;
    let set = structure(0x420168, &[structure(0x420169, &of_3_0())]);
    let answer = client.ask(&request((3, 0), &[], &[operation(0x37, None, &[set])])).await;
    assert_eq!(answer.results(), [(0, 0)]);
    for (version, types, attributes) in [((2, 1), 1, 1), ((3, 0), 2, 2)] {
        let answer = client.ask(&request(version, &[], &[operation(0x38, None, &[])])).await;
        let told = answer.items()[0].at(0x42007c).at(0x420168).at(0x420169);
        assert_eq!((told.at(0x420167).items.len(), told.at(0x420125).items.len()), (types, attributes), "{version:?}");
    }
}

#[tokio::test]
async fn an_old_client_is_told_of_defaults_what_it_has_names_for() {
    let server = server().await;
    let mut client = Client::connect(&server, "alice").await;
    let plain = structure(0x420153, &of_3_0());
    let of_groups = structure(0x420153, &[of_3_0().concat(), structure(0x420166, &[text(0x420056, "g")])]);
    let set = structure(0x420152, &[plain, of_groups]);
    let answer = client.ask(&request((3, 0), &[], &[operation(0x36, None, &[set])])).await;
    assert_eq!(answer.results(), [(0, 0)]);
    for (version, defaults, attributes) in [((2, 0), 1, 1), ((2, 1), 2, 1), ((3, 0), 2, 2)] {
        let query = operation(0x18, None, &[enumeration(0x420074, 0x0d)]);
        let answer = client.ask(&request(version, &[], &[query])).await;
        let told = answer.items()[0].at(0x42007c).at(0x420152);
        assert_eq!(told.items.len(), defaults, "{version:?}");
        assert_eq!(told.at(0x420153).at(0x420125).items.len(), attributes, "{version:?}");
        let single = told.at(0x420153).get(0x420057).map(|item| item.number());
        assert_eq!(single, (version == (2, 0)).then_some(2), "2.0 has one type each");
    }
}
