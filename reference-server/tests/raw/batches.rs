//! Batches: Stop, Continue, Undo; the ID Placeholder; what rejects a whole message.

use crate::peer::{Client, server};
use crate::wire::{
    Answer, boolean, bytes, create, enumeration, integer, item, name, operation, request, structure, text,
};

const STOP: u32 = 2;
const CONTINUE: u32 = 1;
const UNDO: u32 = 3;

/// Create, Get of nothing, Create.
fn three(option: Option<u32>, tag: &str) -> Vec<u8> {
    let options: Vec<Vec<u8>> = option.map(|o| enumeration(0x42000e, o)).into_iter().collect();
    let get = operation(0x0a, Some(2), &[text(0x420094, "no such object")]);
    let items = [create(Some(1), &[name(&format!("{tag}-1"))]), get, create(Some(3), &[name(&format!("{tag}-3"))])];
    request((1, 2), &options, &items)
}

/// How many objects carry this name.
async fn count(client: &mut Client, value: &str) -> usize {
    let answer = client.ask(&request((1, 2), &[], &[operation(8, None, &[name(value)])])).await;
    answer.items()[0].at(0x42007c).items.iter().filter(|i| i.tag == 0x420094).count()
}

fn ids(answer: &Answer) -> Vec<Vec<u8>> {
    answer.items().iter().map(|i| i.at(0x420093).value.clone()).collect()
}

#[tokio::test]
async fn stop_continue_and_undo() {
    let server = server().await;
    let mut client = Client::connect(&server, "alice").await;
    for (option, label, results, left) in [
        (None, "default", vec![(0, 0), (1, 1)], [1, 0]),
        (Some(STOP), "stop", vec![(0, 0), (1, 1)], [1, 0]),
        (Some(CONTINUE), "continue", vec![(0, 0), (1, 1), (0, 0)], [1, 1]),
        (Some(UNDO), "undo", vec![(3, 0), (1, 1)], [0, 0]),
    ] {
        let answer = client.ask(&three(option, label)).await;
        assert_eq!(answer.results(), results, "{label}");
        assert_eq!(ids(&answer), (1..=results.len() as u8).map(|id| vec![id]).collect::<Vec<_>>(), "{label}");
        assert_eq!(count(&mut client, &format!("{label}-1")).await, left[0], "{label}: first");
        assert_eq!(count(&mut client, &format!("{label}-3")).await, left[1], "{label}: third");
    }
}

#[tokio::test]
async fn undo_takes_back_changes_and_destruction_too() {
    let server = server().await;
    let mut client = Client::connect(&server, "alice").await;
    let id = client.ask(&request((1, 2), &[], &[create(None, &[name("kept")])])).await.id(0);
    let items = [
        operation(0x0d, Some(1), &[text(0x420094, &id), crate::wire::attribute("Contact Information", text(0, "Joe"))]),
        operation(0x14, Some(2), &[text(0x420094, &id)]),
        operation(0x0a, Some(3), &[text(0x420094, "no such object")]),
    ];
    let answer = client.ask(&request((1, 2), &[enumeration(0x42000e, UNDO)], &items)).await;
    assert_eq!(answer.results(), [(3, 0), (3, 0), (1, 1)]);
    let answer = client.ask(&request((1, 2), &[], &[operation(0x0a, None, &[text(0x420094, &id)])])).await;
    assert_eq!(answer.results(), [(0, 0)], "not destroyed");
    let named = operation(0x0b, None, &[text(0x420094, &id), text(0x42000a, "Contact Information")]);
    let answer = client.ask(&request((1, 2), &[], &[named])).await;
    assert!(answer.items()[0].at(0x42007c).get(0x420008).is_none(), "attribute taken back");
    assert_eq!(count(&mut client, "kept").await, 1);
}

#[tokio::test]
async fn the_placeholder_needs_an_ordered_batch() {
    let server = server().await;
    let mut client = Client::connect(&server, "alice").await;
    let pair = [create(Some(1), &[]), operation(0x0a, Some(2), &[])];
    let answer = client.ask(&request((1, 2), &[boolean(0x420010, true)], &pair)).await;
    assert_eq!(answer.results(), [(0, 0), (0, 0)]);
    assert_eq!(answer.id(0), answer.id(1));
    // 1.4 §6.12: left out means false.
    let answer = client.ask(&request((1, 2), &[], &pair)).await;
    assert_eq!(answer.results(), [(0, 0), (1, 1)]);
    // The next message does not find what the last one left.
    let answer = client.ask(&request((1, 2), &[boolean(0x420010, true)], &[operation(0x0a, None, &[])])).await;
    assert_eq!(answer.results(), [(1, 1)]);
}

#[tokio::test]
async fn a_locate_of_many_empties_the_placeholder() {
    let server = server().await;
    let mut client = Client::connect(&server, "alice").await;
    for _ in 0..2 {
        client.ask(&request((1, 2), &[], &[create(None, &[])])).await;
    }
    let all = crate::wire::attribute("Object Type", enumeration(0, 2));
    let batch = |locate: Vec<Vec<u8>>| {
        let items = [create(Some(1), &[]), operation(8, Some(2), &locate), operation(0x0a, Some(3), &[])];
        request((1, 2), &[boolean(0x420010, true)], &items)
    };
    let answer = client.ask(&batch(vec![all.clone()])).await;
    assert_eq!(answer.results(), [(0, 0), (0, 0), (1, 1)]);
    let answer = client.ask(&batch(vec![integer(0x42004f, 1), all])).await;
    assert_eq!(answer.results(), [(0, 0), (0, 0), (0, 0)]);
    assert_eq!(answer.id(1), answer.id(2));
}

#[tokio::test]
async fn references_into_the_batch_at_2_x() {
    let server = server().await;
    let mut client = Client::connect(&server, "alice").await;
    let create = |id: u8| {
        let attributes = [enumeration(0x420028, 3), integer(0x42002a, 128), integer(0x42002c, 12)];
        operation(1, Some(id), &[enumeration(0x420057, 2), structure(0x420125, &attributes)])
    };
    let get = |id: u8, reference: Vec<u8>| operation(0x0a, Some(id), &[reference]);
    let items = [
        create(1),
        create(2),
        get(3, enumeration(0x420094, 1)),
        get(4, enumeration(0x420094, 3)),
        get(5, integer(0x420094, 0)),
        get(6, integer(0x420094, -2)),
    ];
    let answer = client.ask(&request((2, 1), &[], &items)).await;
    assert_eq!(answer.results(), [(0, 0); 6]);
    let (first, second) = (answer.id(0), answer.id(1));
    assert_eq!(
        [answer.id(2), answer.id(3), answer.id(4), answer.id(5)],
        [second.clone(), second, first.clone(), first]
    );
}

#[tokio::test]
async fn a_batch_needs_identifiers_and_a_true_count() {
    let server = server().await;
    let mut client = Client::connect(&server, "alice").await;
    let answer = client.ask(&request((1, 2), &[], &[create(None, &[name("no-id")]), create(None, &[])])).await;
    assert_eq!(answer.results(), [(1, 4)]);
    assert_eq!(count(&mut client, "no-id").await, 0);
    let mut lying = request((1, 2), &[], &[create(None, &[name("count")])]);
    let at = lying.windows(4).position(|w| w == [0x42, 0x00, 0x0d, 0x02]).expect("Batch Count") + 8;
    lying[at + 3] = 2;
    let answer = client.ask(&lying).await;
    assert_eq!(answer.results(), [(1, 4)]);
    assert!(answer.items()[0].get(0x42005c).is_none());
    assert_eq!(count(&mut client, "count").await, 0);
}

#[tokio::test]
async fn a_critical_extension_rejects_the_message() {
    let server = server().await;
    let mut client = Client::connect(&server, "alice").await;
    for (critical, results, left) in [(true, vec![(1, 8)], 0), (false, vec![(0, 0), (0, 0)], 1)] {
        let value = format!("extension-{critical}");
        let extension =
            structure(0x420051, &[text(0x42009d, "someone"), boolean(0x420026, critical), structure(0x42009c, &[])]);
        let query = structure(
            0x42000f,
            &[
                enumeration(0x42005c, 0x18),
                bytes(0x420093, &[2]),
                structure(0x420079, &[enumeration(0x420074, 1)]),
                extension,
            ],
        );
        let answer = client.ask(&request((1, 2), &[], &[create(Some(1), &[name(&value)]), query])).await;
        assert_eq!(answer.results(), results);
        assert_eq!(count(&mut client, &value).await, left);
    }
}

#[tokio::test]
async fn what_cannot_be_told_is_not_done() {
    let server = server().await;
    let mut client = Client::connect(&server, "alice").await;
    let answer = client.ask(&request((1, 2), &[integer(0x420050, 160)], &[create(None, &[name("too-large")])])).await;
    assert_eq!(answer.results(), [(1, 2)]);
    assert_eq!(count(&mut client, "too-large").await, 0);
}

#[tokio::test]
async fn a_broken_payload_fails_its_own_item_only() {
    let server = server().await;
    let mut client = Client::connect(&server, "alice").await;
    // An item type that no version has, inside the payload of item 2.
    let broken = operation(0x0a, Some(2), &[item(0x420094, 0x77, b"what am I")]);
    let items = [create(Some(1), &[]), broken, create(Some(3), &[])];
    let answer = client.ask(&request((1, 2), &[enumeration(0x42000e, CONTINUE)], &items)).await;
    assert_eq!(answer.results(), [(0, 0), (1, 4), (0, 0)]);
    // A field twice (EG-003), and an operation nobody has.
    let twice = operation(0x0a, Some(1), &[text(0x420094, "a"), text(0x420094, "b")]);
    let unknown = operation(0x7777, Some(2), &[]);
    let answer = client.ask(&request((1, 2), &[enumeration(0x42000e, CONTINUE)], &[twice, unknown])).await;
    assert_eq!(answer.results(), [(1, 4), (1, 5)]);
}
