//! Rows are what they say they are: each changes something, and what it makes of an answer is legal by our own checker.

use super::answer::Habits;
use super::case::{Case, Delivery};
use super::stage::Stage;
use crate::client::Answers;
use crate::runner::message::{request, tree};
use kmipspec_protocol::registry::{AsynchronousIndicator, BlockCipherMode, Operation, ResultReason, ResultStatus, tag};
use kmipspec_protocol::schema::{Context, Level, check_request, check_response, errors_of, section_exists};
use kmipspec_protocol::ttlv::{Item, ItemType, Tag};
use kmipspec_protocol::version::{ProtocolVersion, Version};
use std::collections::BTreeSet;

/// Rows whose answers no table has, with the rule that says so: what a client makes of those is recorded, and no more.
const BEYOND_THE_TABLES: [(&str, &str); 2] =
    [("client.payload.newer-field", "schema.tag-version"), ("client.header.integer-length", "ttlv.length")];

/// What a client says that asks for everything a case is about; a server that has nothing yet calls its first object as `which`.
fn conversation(version: Version, which: &str) -> Vec<Vec<u8>> {
    let attribute = |name: &str, tag: Tag, value: Item| match version {
        v if v < Version::V2_0 => Item::structure(
            tag::ATTRIBUTE,
            vec![Item::text(tag::ATTRIBUTE_NAME, name), value.with_tag(tag::ATTRIBUTE_VALUE)],
        ),
        _ => value.with_tag(tag),
    };
    let parameters = || {
        let mode = Item::enumeration(tag::BLOCK_CIPHER_MODE, BlockCipherMode::NIST_KEY_WRAP.0);
        Item::structure(tag::CRYPTOGRAPHIC_PARAMETERS, vec![mode])
    };
    let name =
        Item::structure(tag::NAME, vec![Item::text(tag::NAME_VALUE, "a key"), Item::enumeration(tag::NAME_TYPE, 1)]);
    let attributes = vec![
        attribute("Cryptographic Algorithm", tag::CRYPTOGRAPHIC_ALGORITHM, Item::enumeration(tag::OPERATION, 3)),
        attribute("Cryptographic Length", tag::CRYPTOGRAPHIC_LENGTH, Item::integer(tag::OPERATION, 128)),
        attribute("Cryptographic Usage Mask", tag::CRYPTOGRAPHIC_USAGE_MASK, Item::integer(tag::OPERATION, 28)),
        // It wraps itself below, for which it has to be active.
        attribute("Activation Date", tag::ACTIVATION_DATE, Item::date_time(tag::OPERATION, 0)),
        attribute("Cryptographic Parameters", tag::CRYPTOGRAPHIC_PARAMETERS, parameters()),
        attribute("Name", tag::NAME, name.clone()),
    ];
    let of = if version < Version::V2_0 { tag::TEMPLATE_ATTRIBUTE } else { tag::ATTRIBUTES };
    let searched = attribute("Name", tag::NAME, name);
    let searched = if version < Version::V2_0 { searched } else { Item::structure(tag::ATTRIBUTES, vec![searched]) };
    let by = || vec![Item::text(tag::UNIQUE_IDENTIFIER, which)];
    let one = |operation, payload| request(version, None, operation, payload);
    let functions = [1, 2, 3].map(|function| Item::enumeration(tag::QUERY_FUNCTION, function)).to_vec();
    let later = match version {
        v if v < Version::V2_0 => Item::boolean(tag::ASYNCHRONOUS_INDICATOR, true),
        _ => Item::enumeration(tag::ASYNCHRONOUS_INDICATOR, AsynchronousIndicator::OPTIONAL.0),
    };
    let wrapping = Item::structure(
        tag::KEY_WRAPPING_SPECIFICATION,
        vec![
            Item::enumeration(tag::WRAPPING_METHOD, 1),
            Item::structure(
                tag::ENCRYPTION_KEY_INFORMATION,
                vec![Item::text(tag::UNIQUE_IDENTIFIER, which), parameters()],
            ),
        ],
    );
    let unordered: Vec<Item> =
        (version >= Version::V2_0).then(|| Item::boolean(tag::BATCH_ORDER_OPTION, false)).into_iter().collect();
    let no_more = Item::structure(tag::REVOCATION_REASON, vec![Item::enumeration(tag::REVOCATION_REASON_CODE, 6)]);
    let mut said = vec![
        one(Operation::QUERY, functions),
        one(Operation::CREATE, vec![Item::enumeration(tag::OBJECT_TYPE, 2), Item::structure(of, attributes)]),
        one(Operation::LOCATE, vec![searched]),
        one(Operation::GET, by()),
        one(Operation::GET_ATTRIBUTES, by()),
        one(Operation::GET, by().into_iter().chain([wrapping]).collect()),
        // In any order, which 1.x does not have to be told.
        batch(version, &unordered, &[Operation::GET, Operation::GET_ATTRIBUTES], by),
        batch(version, &[later], &[Operation::GET], by),
        batch(version, &[Item::date_time(tag::TIME_STAMP, crate::runner::now() + 60)], &[Operation::GET], by),
        one(Operation::REVOKE, by().into_iter().chain([no_more]).collect()),
        one(Operation::DESTROY, by()),
    ];
    if version > Version::V1_0 {
        said.insert(0, one(Operation::DISCOVER_VERSIONS, Vec::new()));
    }
    said
}

/// Some operations with the same payload, and these fields in the header.
fn batch(version: Version, more: &[Item], operations: &[Operation], payload: impl Fn() -> Vec<Item>) -> Vec<u8> {
    let numbers = vec![
        Item::integer(tag::PROTOCOL_VERSION_MAJOR, version.major()),
        Item::integer(tag::PROTOCOL_VERSION_MINOR, version.minor()),
    ];
    let count = i32::try_from(operations.len()).expect("a small batch");
    let version = Item::structure(tag::PROTOCOL_VERSION, numbers);
    let count = Item::integer(tag::BATCH_COUNT, count);
    let header = [version].into_iter().chain(more.iter().cloned()).chain([count]).collect();
    let item = |operation: &Operation| {
        Item::structure(
            tag::BATCH_ITEM,
            vec![
                Item::enumeration(tag::OPERATION, operation.0),
                Item::bytes(tag::UNIQUE_BATCH_ITEM_ID, operation.0.to_be_bytes()),
                Item::structure(tag::REQUEST_PAYLOAD, payload()),
            ],
        )
    };
    let header = std::iter::once(Item::structure(tag::REQUEST_HEADER, header));
    Item::structure(tag::REQUEST_MESSAGE, header.chain(operations.iter().map(item)).collect()).encode()
}

/// What the client is told; whether the case was about it.
fn play(case: Option<&'static Case>, version: Version) -> Vec<(Vec<u8>, Vec<u8>, bool)> {
    let stage = Stage::default();
    stage.set(case, None, Habits::default()).expect("a server");
    // The identifier is the server's to choose: a first conversation tells it, since each server begins with the same random numbers.
    let first = conversation(version, "?");
    let answers: Vec<_> = first.iter().map(|said| stage.answer(said).expect("an answer")).collect();
    let which = first.iter().zip(&answers).find_map(|(said, answer)| {
        let created = crate::runner::message::operations(said) == [Operation::CREATE.0];
        let doc = tree(answer);
        let payload = doc.root()?.child(tag::BATCH_ITEM)?.child(tag::RESPONSE_PAYLOAD)?;
        payload.child(tag::UNIQUE_IDENTIFIER)?.as_text().filter(|_| created).map(str::to_owned)
    });
    stage.set(case, None, Habits::default()).expect("a server");
    let said = conversation(version, which.as_deref().unwrap_or("?"));
    for message in &said {
        assert_eq!(check_request(&tree(message), version), [], "our own request at {version}");
        let answer = stage.answer(message).expect("an answer");
        if let Some(value) = tree(&answer).items().find(|item| item.tag() == tag::ASYNCHRONOUS_CORRELATION_VALUE) {
            stage.answer(&request(version, None, Operation::POLL, vec![Item::from_ref(value)])).expect("an answer");
        }
    }
    stage.seen().told.into_iter().map(|told| (told.request, told.answer, told.damaged)).collect()
}

#[test]
fn each_row_changes_an_answer_at_each_of_its_versions_and_what_it_makes_is_legal() {
    for case in super::all() {
        for version in Version::ALL.into_iter().filter(|v| case.stands_at(*v)) {
            let told = play(Some(case), version);
            // Which answers go out together is the listener's to say.
            let about = told.iter().any(|(_, _, about)| *about);
            assert_eq!(about, case.delivery != Delivery::Joined, "{} at {version} changes nothing", case.id);
            if matches!(case.delivery, Delivery::Cut | Delivery::Stalled | Delivery::Nothing) {
                continue;
            }
            let mut outside = false;
            for (request, answer, _) in &told {
                let found = check_response(&tree(answer), &Context { version, request: Some(&tree(request)) });
                let broken: Vec<_> = found.iter().filter(|v| v.rule.level > Level::May).collect();
                let beyond = BEYOND_THE_TABLES.iter().find(|(id, _)| *id == case.id).map(|(_, rule)| *rule);
                let others = broken.iter().filter(|v| Some(v.rule.id) != beyond);
                assert_eq!(others.count(), 0, "{} at {version}: {broken:#?}", case.id);
                outside |= beyond.is_some_and(|rule| broken.iter().any(|v| v.rule.id == rule));
            }
            let recorded = BEYOND_THE_TABLES.iter().any(|(id, _)| *id == case.id);
            assert_eq!(outside, recorded, "{} at {version}", case.id);
            assert!(!recorded || case.level == crate::runner::verdict::Level::May, "{}", case.id);
        }
    }
}

#[test]
fn failures_have_a_reason_that_the_operation_may_fail_with() {
    let mut failures = 0;
    // A vendor's is none of them, which the row says.
    for case in super::all().filter(|case| case.id != "client.failure.vendor-reason") {
        for version in Version::ALL.into_iter().filter(|v| case.stands_at(*v)) {
            for (_, answer, _) in play(Some(case), version) {
                let doc = tree(&answer);
                for item in crate::runner::message::batch_items(&doc) {
                    let reason = item.child(tag::RESULT_REASON).and_then(|reason| reason.as_u32());
                    let operation = crate::runner::message::operation_of(item);
                    let (Some(reason), Some(name)) = (reason, operation.and_then(|o| o.name())) else { continue };
                    // 1.x has General Failure for all that no row names, and rows for any message.
                    let of_any = [
                        ResultReason::GENERAL_FAILURE,
                        ResultReason::PERMISSION_DENIED,
                        ResultReason::OPERATION_NOT_SUPPORTED,
                        ResultReason::AUTHENTICATION_NOT_SUCCESSFUL,
                    ];
                    let any = version < Version::V2_0 && of_any.iter().any(|any| any.0 == reason);
                    let listed = errors_of(name, version).any(|row| row.reasons.contains(&reason));
                    assert!(any || listed, "{}: {reason:#X} of {name} at {version}", case.id);
                    failures += 1;
                }
            }
        }
    }
    assert!(failures > 0);
}

#[test]
fn plain_answers_are_legal_and_say_no_more_than_they_have_to() {
    for version in [Version::V1_0, Version::V1_4, Version::V2_1] {
        for (request, answer, about) in play(None, version) {
            assert!(!about);
            let doc = tree(&answer);
            let found = check_response(&doc, &Context { version, request: Some(&tree(&request)) });
            assert!(found.iter().all(|v| v.rule.level == Level::May), "{version}: {found:#?}");
            for left_out in [tag::SERVER_CORRELATION_VALUE, tag::LOCATED_ITEMS] {
                assert!(doc.items().all(|item| item.tag() != left_out), "{left_out:?} at {version}");
            }
        }
    }
}

#[test]
fn rows_have_names_of_their_own_and_sections_that_exist() {
    let ids: BTreeSet<&str> = super::all().map(|case| case.id).collect();
    assert_eq!(ids.len(), super::all().count());
    for case in super::all() {
        assert!(case.id.starts_with("client."), "{}", case.id);
        for text in [case.title, case.statement, case.needs] {
            assert!(!text.is_empty(), "{}", case.id);
        }
        assert!(!case.spec.is_empty(), "{}", case.id);
        for s in case.spec {
            assert!(section_exists(s.version, s.section), "{}: {s}", case.id);
        }
    }
}

#[test]
fn identifiers_are_given_back_to_the_server_as_it_knows_them() {
    let renaming: Vec<&'static Case> = super::all().filter(|case| case.ask.is_some()).collect();
    assert_eq!(renaming.len(), 2);
    for case in renaming {
        given_back(&play(Some(case), Version::V1_4));
    }
}

/// The client is told one other name, and nothing fails for it.
fn given_back(told: &[(Vec<u8>, Vec<u8>, bool)]) {
    let failed = told.iter().filter(|(_, answer, _)| {
        let doc = tree(answer);
        doc.items().any(|item| item.tag() == tag::RESULT_STATUS && item.as_u32() != Some(0))
    });
    let failed: Vec<_> = failed.map(|(_, answer, _)| String::from_utf8_lossy(answer)).collect();
    assert_eq!(failed, Vec::<String>::new());
    let texts = told.iter().flat_map(|(_, answer, _)| {
        let doc = tree(answer);
        let found = doc.items().filter(|i| i.tag() == tag::UNIQUE_IDENTIFIER && i.ty() == ItemType::TEXT_STRING);
        found.filter_map(|i| i.as_text().map(str::to_owned)).collect::<Vec<_>>()
    });
    let texts: BTreeSet<String> = texts.collect();
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert!(texts.iter().all(|text| text.starts_with("kms/")), "{texts:?}");
}

#[test]
fn only_versions_that_were_named_are_spoken_behind_the_list() {
    let case = super::all().find(|case| case.id == "client.discover-versions.lower-minor").expect("the case");
    let (_, answer, about) = play(Some(case), Version::V1_4).into_iter().next().expect("an answer");
    assert!(about);
    let doc = tree(&answer);
    let listed: Vec<_> = doc.items().filter_map(ProtocolVersion::of).collect();
    let (in_header, in_payload) = (listed.first(), listed.get(1..));
    assert_eq!(in_header.and_then(|v| v.known()), Some(Version::V1_4));
    let older = [Version::V1_3, Version::V1_2, Version::V1_1, Version::V1_0].map(ProtocolVersion::from);
    assert_eq!(in_payload, Some(&older[..]));
}

#[test]
fn a_version_is_taken_from_who_asks_at_an_older_one() {
    let case = super::all().find(|case| case.id == "client.discover-versions.lower-minor").expect("the case");
    let stage = Stage::default();
    stage.set(Some(case), None, Habits { speaks: Some(Version::V1_4), ..Habits::default() }).expect("a server");
    let answer = stage.answer(&request(Version::V1_1, None, Operation::DISCOVER_VERSIONS, Vec::new()));
    let told: Vec<_> = tree(&answer.expect("an answer")).items().filter_map(ProtocolVersion::of).collect();
    let older = [Version::V1_3, Version::V1_2, Version::V1_1, Version::V1_0].map(ProtocolVersion::from);
    assert_eq!(told.split_first(), Some((&ProtocolVersion::from(Version::V1_1), &older[..])));
    assert!(stage.seen().told.iter().all(|told| told.damaged));
}

#[test]
fn nothing_is_pending_but_where_a_row_is_about_it() {
    for version in [Version::V1_0, Version::V2_1] {
        let status = |answer: &[u8]| {
            tree(answer).items().find(|item| item.tag() == tag::RESULT_STATUS).and_then(|status| status.as_u32())
        };
        let pending = |id: Option<&str>| {
            let case = super::all().find(|case| Some(case.id) == id);
            let told = play(case, version);
            told.iter().filter(|(_, answer, _)| status(answer) == Some(ResultStatus::OPERATION_PENDING.0)).count()
        };
        assert_eq!(pending(None), 0, "{version}");
        assert_eq!(pending(Some("client.pending.polled")), 1, "{version}");
        assert_eq!(pending(Some("client.pending.again")), 2, "{version}");
    }
}
