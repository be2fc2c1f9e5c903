//! For each rule, messages that break it and nothing else.

use super::build::*;
use kmipspec_protocol::registry::{ObjectType, Operation, ResultStatus, tag};
use kmipspec_protocol::ttlv::{Item, ItemType, Len, Pad, Tag};
use kmipspec_protocol::version::Version::{self, *};

/// A message and what is to be found in it.
pub(crate) struct Case {
    pub(crate) rule: &'static str,
    /// Where, as far as the name of the item; empty: not looked at.
    pub(crate) at: &'static str,
    pub(crate) version: Version,
    pub(crate) request: Option<Vec<u8>>,
    pub(crate) message: Vec<u8>,
}

/// The cases that need a look at the bytes.
pub(crate) fn encoding_cases() -> Vec<Case> {
    let case = |rule, at, message| Case { rule, at, version: V1_4, request: None, message };
    let change = |f: &dyn Fn(&mut Item)| damaged(located(V1_4), f);
    let whole = located(V1_4).encode();
    let mut trailing = whole.clone();
    trailing.extend([0x42, 0, 0x7B, 1, 0, 0, 0, 0]);
    let big = |bytes: &[u8]| {
        let mut number = Item::big_integer(tag::P, [0; 8]);
        number.body = kmipspec_protocol::ttlv::Body::Bytes(bytes.to_vec());
        let material = Item::structure(
            tag::KEY_MATERIAL,
            vec![Item::big_integer(tag::MODULUS, [1; 8]), Item::big_integer(tag::PUBLIC_EXPONENT, [1; 8]), number],
        );
        // The order of a private key: modulus, public exponent, P.
        let block = Item::structure(
            tag::KEY_BLOCK,
            vec![
                Item::enumeration(
                    tag::KEY_FORMAT_TYPE,
                    kmipspec_protocol::registry::KeyFormatType::TRANSPARENT_RSA_PRIVATE_KEY.0,
                ),
                Item::structure(tag::KEY_VALUE, vec![material]),
            ],
        );
        let key = Item::structure(tag::PRIVATE_KEY, vec![block]);
        let payload = vec![Item::enumeration(tag::OBJECT_TYPE, ObjectType::PRIVATE_KEY.0), uid(), key];
        response(V1_4, vec![answer(Operation::GET, payload)]).encode()
    };
    let mut deep = Item::structure(Tag(0x54_0001), vec![]);
    for _ in 0..12 {
        deep = Item::structure(Tag(0x54_0001), vec![deep]);
    }
    vec![
        case("ttlv.truncated", "", whole[..whole.len() - 8].to_vec()),
        case("ttlv.trailing", "", trailing),
        case(
            "ttlv.structure-length",
            "UniqueIdentifier[1]",
            change(&|m| {
                at(at(m, &PAYLOAD), &[1]).len = Len::Forced(9);
            }),
        ),
        case(
            "ttlv.tag-prefix",
            "0x550001",
            change(&|m| {
                let payload = at(m, &PAYLOAD);
                payload.items_mut().expect("items").push(Item::integer(Tag(0x55_0001), 1));
            }),
        ),
        case(
            "ttlv.type",
            "0x540001",
            change(&|m| {
                let mut odd = Item::bytes(Tag(0x54_0001), []);
                odd.ty = ItemType(0x1F);
                at(m, &PAYLOAD).items_mut().expect("items").push(odd);
            }),
        ),
        case(
            "ttlv.type",
            "0x540001",
            change(&|m| {
                at(m, &PAYLOAD).items_mut().expect("items").push(Item::date_time_extended(Tag(0x54_0001), 1));
            }),
        ),
        case(
            "ttlv.length",
            "TimeStamp",
            change(&|m| {
                let stamp = at(m, &[0, 1]);
                stamp.body = kmipspec_protocol::ttlv::Body::Bytes(vec![0; 4]);
                stamp.pad = Pad::Forced(vec![0; 4]);
            }),
        ),
        case("ttlv.length", "P", big(&[0, 0, 0, 1])),
        case("ttlv.big-integer-empty", "P", big(&[])),
        case(
            "ttlv.padding",
            "UniqueIdentifier[0]",
            change(&|m| {
                at(at(m, &PAYLOAD), &[0]).pad = Pad::Forced(vec![0xFF; 7]);
            }),
        ),
        case(
            "ttlv.boolean",
            "0x540001",
            change(&|m| {
                let mut odd = Item::boolean(Tag(0x54_0001), true);
                odd.body = kmipspec_protocol::ttlv::Body::Bytes(vec![0, 0, 0, 0, 0, 0, 0, 2]);
                at(m, &PAYLOAD).items_mut().expect("items").push(odd);
            }),
        ),
        case(
            "ttlv.utf-8",
            "UniqueIdentifier[0]",
            change(&|m| {
                at(at(m, &PAYLOAD), &[0]).body = kmipspec_protocol::ttlv::Body::Bytes(vec![0xFF]);
            }),
        ),
        case(
            "ttlv.text-null",
            "UniqueIdentifier[1]",
            change(&|m| {
                *at(at(m, &PAYLOAD), &[1]) = Item::text(tag::UNIQUE_IDENTIFIER, "a\0");
            }),
        ),
        case(
            "ttlv.limit",
            "",
            change(&|m| {
                at(m, &PAYLOAD).items_mut().expect("items").push(deep.clone());
            }),
        ),
    ]
}

/// Fields, types and values.
pub(crate) fn content_cases() -> Vec<Case> {
    let case = |rule, at, version, message: Item| Case { rule, at, version, request: None, message: message.encode() };
    let changed = |version, f: &dyn Fn(&mut Item)| {
        let mut message = located(version);
        f(&mut message);
        message
    };
    let names = |names: &[&str]| -> Vec<Item> { names.iter().map(|n| Item::text(tag::ATTRIBUTE_NAME, *n)).collect() };
    let name_list = |v, list: &[&str]| {
        let mut payload = vec![uid()];
        payload.extend(names(list));
        response(v, vec![answer(Operation::GET_ATTRIBUTE_LIST, payload)])
    };
    let attributes_2 = |items| {
        let payload = vec![uid(), Item::structure(tag::ATTRIBUTES, items)];
        response(V2_1, vec![answer(Operation::GET_ATTRIBUTES, payload)])
    };
    vec![
        case("schema.message-root", "ResponseHeader", V1_4, Item::structure(tag::RESPONSE_HEADER, vec![])),
        case(
            "schema.tag-known",
            "0x42FFF0",
            V1_4,
            changed(V1_4, &|m| {
                at(m, &PAYLOAD).items_mut().expect("items").push(Item::integer(Tag(0x42_FFF0), 1));
            }),
        ),
        // Field failure A1: a correlation value in a 1.0 header.
        case(
            "schema.tag-version",
            "ServerCorrelationValue",
            V1_0,
            changed(V1_0, &|m| {
                let header = at(m, &[0]).items_mut().expect("items");
                header.insert(2, Item::text(tag::SERVER_CORRELATION_VALUE, "x"));
            }),
        ),
        // A3: Located Items before 1.3.
        case(
            "schema.tag-version",
            "LocatedItems",
            V1_2,
            changed(V1_2, &|m| {
                at(m, &PAYLOAD).items_mut().expect("items").insert(0, Item::integer(tag::LOCATED_ITEMS, 2));
            }),
        ),
        // Gone in 2.0.
        case(
            "schema.tag-version",
            "OperationPolicyName",
            V2_1,
            attributes_2(vec![Item::text(tag::OPERATION_POLICY_NAME, "x")]),
        ),
        case(
            "schema.enumeration-value",
            "ObjectType",
            V1_4,
            response(
                V1_4,
                vec![answer(
                    Operation::QUERY,
                    vec![
                        Item::enumeration(tag::OPERATION, Operation::CREATE.0),
                        Item::enumeration(tag::OBJECT_TYPE, 0x77),
                    ],
                )],
            ),
        ),
        // A10: operations of 1.2 offered at 1.0.
        case(
            "schema.enumeration-version",
            "Operation",
            V1_0,
            response(
                V1_0,
                vec![answer(Operation::QUERY, vec![Item::enumeration(tag::OPERATION, Operation::ENCRYPT.0)])],
            ),
        ),
        case(
            "schema.value-gone",
            "ObjectType",
            V2_1,
            response(
                V2_1,
                vec![answer(Operation::QUERY, vec![Item::enumeration(tag::OBJECT_TYPE, ObjectType::TEMPLATE.0)])],
            ),
        ),
        case(
            "schema.mask-bits",
            "StorageStatusMask",
            V1_4,
            request(V1_4, vec![ask(Operation::LOCATE, vec![Item::integer(tag::STORAGE_STATUS_MASK, 4)])]),
        ),
        case(
            "schema.item-type",
            "ServerInformation",
            V1_4,
            response(
                V1_4,
                vec![answer(Operation::QUERY, vec![Item::text(tag::SERVER_INFORMATION, "G3: not a structure")])],
            ),
        ),
        // G2: Server Information before Vendor Identification.
        case(
            "schema.field-order",
            "VendorIdentification",
            V1_4,
            response(
                V1_4,
                vec![answer(
                    Operation::QUERY,
                    vec![Item::structure(tag::SERVER_INFORMATION, vec![]), Item::text(tag::VENDOR_IDENTIFICATION, "x")],
                )],
            ),
        ),
        case(
            "schema.field-order",
            "TimeStamp",
            V1_4,
            changed(V1_4, &|m| {
                at(m, &[0]).items_mut().expect("items").swap(1, 2);
            }),
        ),
        // G1: Object Type in a Register response.
        case(
            "schema.field-unexpected",
            "ObjectType",
            V1_4,
            response(
                V1_4,
                vec![answer(
                    Operation::REGISTER,
                    vec![Item::enumeration(tag::OBJECT_TYPE, ObjectType::SYMMETRIC_KEY.0), uid()],
                )],
            ),
        ),
        case(
            "schema.field-required",
            "UniqueIdentifier",
            V1_4,
            response(V1_4, vec![answer(Operation::DESTROY, vec![])]),
        ),
        case(
            "schema.field-repeated",
            "UniqueIdentifier[1]",
            V1_4,
            response(V1_4, vec![answer(Operation::DESTROY, vec![uid(), uid()])]),
        ),
        case("schema.authentication-credential", "Credential", V1_4, {
            let mut message =
                request(V1_4, vec![ask(Operation::QUERY, vec![Item::enumeration(tag::QUERY_FUNCTION, 1)])]);
            at(&mut message, &[0]).items_mut().expect("items").insert(1, Item::structure(tag::AUTHENTICATION, vec![]));
            message
        }),
        case(
            "schema.time-stamp",
            "TimeStamp",
            V1_4,
            changed(V1_4, &|m| {
                at(m, &[0]).items_mut().expect("items").remove(1);
            }),
        ),
        // C4: a near miss.
        case("schema.attribute-name", "AttributeName[1]", V1_4, name_list(V1_4, &["State", "CryptographicAlgorithm"])),
        // A5: names of 1.4 in a 1.2 list.
        case("schema.attribute-version", "AttributeName[1]", V1_2, name_list(V1_2, &["State", "Sensitive"])),
        // C9: Lease Time as an Integer.
        case(
            "schema.attribute-value-type",
            "AttributeValue",
            V1_2,
            get_attributes(V1_2, vec![attribute("Lease Time", Item::integer(tag::ATTRIBUTE_VALUE, 3600))]),
        ),
        // C10: the length inside a Random Number Generator as a Long Integer.
        case(
            "schema.item-type",
            "CryptographicLength",
            V1_4,
            get_attributes(
                V1_4,
                vec![attribute(
                    "Random Number Generator",
                    Item::structure(
                        tag::ATTRIBUTE_VALUE,
                        vec![
                            Item::enumeration(tag::RNG_ALGORITHM, 1),
                            Item::long_integer(tag::CRYPTOGRAPHIC_LENGTH, 256),
                        ],
                    ),
                )],
            ),
        ),
        case(
            "schema.enumeration-value",
            "AttributeValue",
            V1_4,
            get_attributes(V1_4, vec![attribute("State", Item::enumeration(tag::ATTRIBUTE_VALUE, 99))]),
        ),
        case(
            "schema.attribute-repeated",
            "Attribute[1]",
            V1_4,
            get_attributes(
                V1_4,
                vec![
                    attribute("State", Item::enumeration(tag::ATTRIBUTE_VALUE, 1)),
                    attribute("State", Item::enumeration(tag::ATTRIBUTE_VALUE, 2)),
                ],
            ),
        ),
        case(
            "schema.attribute-repeated",
            "State[1]",
            V2_1,
            attributes_2(vec![Item::enumeration(tag::STATE, 1), Item::enumeration(tag::STATE, 1)]),
        ),
        case(
            "schema.field-required",
            "AttributeValue",
            V1_4,
            get_attributes(V1_4, vec![Item::structure(tag::ATTRIBUTE, vec![Item::text(tag::ATTRIBUTE_NAME, "State")])]),
        ),
        case(
            "schema.custom-attribute-flat",
            "",
            V1_4,
            get_attributes(
                V1_4,
                vec![attribute(
                    "x-deep",
                    Item::structure(tag::ATTRIBUTE_VALUE, vec![Item::structure(tag::NAME, vec![])]),
                )],
            ),
        ),
        case("schema.attribute-allowed", "BatchCount", V2_1, attributes_2(vec![Item::integer(tag::BATCH_COUNT, 1)])),
    ]
}

/// The message as a whole, and beside its request.
pub(crate) fn exchange_cases() -> Vec<Case> {
    let alone = |rule, at, message: Item| Case { rule, at, version: V2_1, request: None, message: message.encode() };
    let asked = |rule, at, version, request: Item, message: Item| Case {
        rule,
        at,
        version,
        request: Some(request.encode()),
        message: message.encode(),
    };
    let destroy = |v| request(v, vec![ask(Operation::DESTROY, vec![uid()])]);
    let destroyed = || answer(Operation::DESTROY, vec![uid()]);
    let two = || {
        request(
            V1_4,
            vec![
                with_id(ask(Operation::DESTROY, vec![uid()]), 1),
                with_id(ask(Operation::GET_ATTRIBUTE_LIST, vec![uid()]), 2),
            ],
        )
    };
    let list = || answer(Operation::GET_ATTRIBUTE_LIST, vec![uid(), Item::text(tag::ATTRIBUTE_NAME, "State")]);
    let bare = |items: Vec<Item>| Item::structure(tag::BATCH_ITEM, items);
    vec![
        alone("schema.batch-count", "BatchCount", {
            let mut message = located(V2_1);
            *at(&mut message, &[0, 2]) = Item::integer(tag::BATCH_COUNT, 2);
            message
        }),
        alone(
            "schema.batch-item-id-required",
            "UniqueBatchItemID",
            request(V2_1, vec![with_id(ask(Operation::DESTROY, vec![uid()]), 1), ask(Operation::DESTROY, vec![uid()])]),
        ),
        alone("schema.batch-option", "BatchErrorContinuationOption", {
            let mut message = request(V2_1, vec![ask(Operation::DESTROY, vec![uid()])]);
            at(&mut message, &[0])
                .items_mut()
                .expect("items")
                .insert(1, Item::enumeration(tag::BATCH_ERROR_CONTINUATION_OPTION, 2));
            message
        }),
        alone("schema.result-reason", "ResultReason", response(V2_1, vec![failure(Operation::DESTROY, vec![])])),
        alone("schema.result-reason-on-success", "ResultReason", {
            let mut item = destroyed();
            item.items_mut().expect("items").insert(2, reason());
            response(V2_1, vec![item])
        }),
        alone("schema.result-message", "ResultMessage", {
            let mut item = destroyed();
            item.items_mut().expect("items").insert(2, Item::text(tag::RESULT_MESSAGE, "fine"));
            response(V2_1, vec![item])
        }),
        alone(
            "schema.asynchronous-correlation-value",
            "AsynchronousCorrelationValue",
            response(V2_1, vec![bare(vec![operation(Operation::DESTROY), status(ResultStatus::OPERATION_PENDING)])]),
        ),
        alone(
            "schema.payload-required",
            "ResponsePayload",
            response(V2_1, vec![bare(vec![operation(Operation::DESTROY), status(ResultStatus::SUCCESS)])]),
        ),
        alone(
            "schema.payload-on-failure",
            "ResponsePayload",
            response(
                V2_1,
                vec![failure(Operation::DESTROY, vec![reason(), Item::structure(tag::RESPONSE_PAYLOAD, vec![])])],
            ),
        ),
        asked("schema.response-version", "ProtocolVersion", V1_4, destroy(V1_4), response(V1_2, vec![destroyed()])),
        asked(
            "schema.response-count",
            "BatchItem[1]",
            V1_4,
            destroy(V1_4),
            response(V1_4, vec![destroyed(), destroyed()]),
        ),
        asked(
            "schema.response-order",
            "BatchItem[1]",
            V1_4,
            two(),
            response(V1_4, vec![with_id(list(), 2), with_id(destroyed(), 1)]),
        ),
        asked(
            "schema.operation-present",
            "Operation",
            V1_4,
            destroy(V1_4),
            response(V1_4, vec![bare(vec![status(ResultStatus::OPERATION_FAILED), reason()])]),
        ),
        asked(
            "schema.operation-echoed",
            "Operation",
            V1_4,
            destroy(V1_4),
            response(V1_4, vec![answer(Operation::ACTIVATE, vec![uid()])]),
        ),
        asked(
            "schema.batch-item-id",
            "UniqueBatchItemID",
            V1_4,
            two(),
            response(V1_4, vec![with_id(destroyed(), 1), list()]),
        ),
        asked(
            "schema.batch-item-id",
            "UniqueBatchItemID",
            V1_4,
            two(),
            response(V1_4, vec![with_id(destroyed(), 1), with_id(list(), 7)]),
        ),
        asked(
            "schema.batch-item-id-unasked",
            "UniqueBatchItemID",
            V1_4,
            destroy(V1_4),
            response(V1_4, vec![with_id(destroyed(), 1)]),
        ),
        // What 3.0 has no text for is recorded, whatever the rule.
        Case {
            rule: "schema.second-hand",
            at: "UniqueIdentifier",
            version: V3_0,
            request: None,
            message: {
                let item = answer(Operation::DESTROY, vec![]);
                let header = Item::structure(
                    tag::RESPONSE_HEADER,
                    vec![protocol_version(V3_0), Item::date_time(tag::TIME_STAMP, 1)],
                );
                Item::structure(tag::RESPONSE_MESSAGE, vec![header, item]).encode()
            },
        },
    ]
}
