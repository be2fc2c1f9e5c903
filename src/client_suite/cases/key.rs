//! The forms that a key may come in.

use super::{PLAIN, moved, since_1_1, until_1_4};
use crate::client_suite::answer::{Answer, child_mut, wants_wrapped};
use crate::client_suite::case::{Case, Expects};
use crate::runner::verdict::Level;
use kmipspec_protocol::registry::{BlockCipherMode, EncodingOption, KeyFormatType, Operation, WrappingMethod, tag};
use kmipspec_protocol::spec_ref::SpecRef;
use kmipspec_protocol::ttlv::{Body, Item, ItemRef};
use kmipspec_protocol::version::Version::{self, *};

const KEY_VALUE: &[SpecRef] = &until_1_4("2.1.4", "2.1.4");
const KEY_BLOCK: &[SpecRef] = &moved("2.1.3", "2.1.3", "3.1", "3.1");
const FORMAT: &[SpecRef] = &until_1_4("4.10", "4.11");
/// Since there is an Encoding Option.
const WRAPPING: &[SpecRef] = &since_1_1("2.1.5", "3.3");

/// Bytes by which a wrapped value is longer than what was wrapped.
const LONGER: usize = 8;

/// What the wrapping key is called.
const WRAPPING_KEY: &str = "kmipspec-wrapping-key";

/// The rows.
pub(super) static CASES: &[Case] = &[
    Case {
        id: "client.get.key-attributes",
        title: "An attribute beside the Key Material in a Key Value is passed over",
        statement: "a Key Value has the Key Material, and may have attributes with it",
        spec: KEY_VALUE,
        needs: "a Get of a key",
        vary: |answer| blocks(answer, |block, _, _| attribute_with_key(block)),
        field: &["A4", "A6", "G6"],
        ..PLAIN
    },
    Case {
        id: "client.get.encoding-option",
        title: "A wrapped key is taken whether or not Encoding Option says that it is TTLV-encoded",
        statement: "without Encoding Option the Key Value that was wrapped is TTLV-encoded, as it is with TTLV Encoding",
        spec: WRAPPING,
        needs: "a Get with a Key Wrapping Specification that does not ask for No Encoding",
        vary: |answer| blocks(answer, |block, asked, _| wants_wrapped(asked) && said_or_not(block)),
        field: &["I3", "J6"],
        ..PLAIN
    },
    Case {
        id: "client.get.wrapped-ttlv-encoding",
        title: "A key that comes wrapped, TTLV-encoded, is seen to be",
        statement: "a Key Value that is wrapped is a Byte String, and Key Wrapping Data tells of it; whether a key comes so that was not asked for so is not said",
        spec: KEY_BLOCK,
        level: Level::May,
        needs: "a Get of a key, without a Key Wrapping Specification",
        vary: |answer| blocks(answer, |block, asked, version| !wants_wrapped(asked) && wrapped(block, version, true)),
        expects: Expects::Ends,
        field: &["I3", "J6"],
        ..PLAIN
    },
    Case {
        id: "client.get.wrapped-no-encoding",
        title: "A key that comes wrapped without encoding is seen to be",
        statement: "with No Encoding the Key Material alone was wrapped; whether a key comes so that was not asked for so is not said",
        spec: WRAPPING,
        level: Level::May,
        needs: "a Get of a key, without a Key Wrapping Specification",
        vary: |answer| blocks(answer, |block, asked, version| !wants_wrapped(asked) && wrapped(block, version, false)),
        expects: Expects::Ends,
        field: &["I3", "J6"],
        ..PLAIN
    },
    Case {
        id: "client.get.transparent",
        title: "A key that comes as a Transparent Symmetric Key is understood",
        statement: "Key Format Type may be asked for, and which one is returned without is not said",
        spec: FORMAT,
        level: Level::May,
        needs: "a Get of a symmetric key, without a Key Format Type",
        vary: |answer| blocks(answer, |block, asked, _| transparent(block, asked)),
        expects: Expects::Ends,
        field: &["J6", "J8"],
        ..PLAIN
    },
];

/// Changes the Key Block of each symmetric key that Get was answered with.
fn blocks(answer: &mut Answer<'_>, change: impl Fn(&mut Item, ItemRef<'_>, Version) -> bool) -> bool {
    answer.payloads(Operation::GET, |payload, asked, version| {
        let block = child_mut(payload, tag::SYMMETRIC_KEY).and_then(|object| child_mut(object, tag::KEY_BLOCK));
        block.is_some_and(|block| change(block, asked, version))
    })
}

/// A wrapped key has bytes for a Key Value: there is no place in it.
fn attribute_with_key(block: &mut Item) -> bool {
    let Some(value) = child_mut(block, tag::KEY_VALUE) else { return false };
    let fits = value.items_mut().is_some();
    value.push(super::payload::initial_date());
    fits
}

/// What is said of the encoding is left out, or what was left out is said.
fn said_or_not(block: &mut Item) -> bool {
    let Some(fields) = child_mut(block, tag::KEY_WRAPPING_DATA).and_then(Item::items_mut) else { return false };
    let ttlv = Item::enumeration(tag::ENCODING_OPTION, EncodingOption::TTLV_ENCODING.0);
    match fields.iter().position(|field| field.tag == tag::ENCODING_OPTION) {
        None => fields.push(ttlv),
        Some(place) if fields.get(place).is_some_and(|said| said.value() == ttlv.value()) => {
            fields.remove(place);
        }
        Some(_) => return false,
    }
    true
}

/// Puts bytes in place of a Key Value, as many as wrapping gives: who does not have the wrapping key sees no more of them.
fn wrapped(block: &mut Item, version: Version, ttlv: bool) -> bool {
    let Some(value) = child_mut(block, tag::KEY_VALUE) else { return false };
    let plain = match value.child(tag::KEY_MATERIAL).map(|material| &material.body) {
        _ if ttlv => value.encode().len(),
        Some(Body::Bytes(bytes)) => bytes.len(),
        _ => return false,
    };
    *value = Item::bytes(tag::KEY_VALUE, vec![0xA6; plain.saturating_add(LONGER)]);
    let mode = Item::enumeration(tag::BLOCK_CIPHER_MODE, BlockCipherMode::NIST_KEY_WRAP.0);
    let by = vec![
        Item::text(tag::UNIQUE_IDENTIFIER, WRAPPING_KEY),
        Item::structure(tag::CRYPTOGRAPHIC_PARAMETERS, vec![mode]),
    ];
    let mut data = vec![
        Item::enumeration(tag::WRAPPING_METHOD, WrappingMethod::ENCRYPT.0),
        Item::structure(tag::ENCRYPTION_KEY_INFORMATION, by),
    ];
    if version > V1_0 {
        let option = if ttlv { EncodingOption::TTLV_ENCODING } else { EncodingOption::NO_ENCODING };
        data.push(Item::enumeration(tag::ENCODING_OPTION, option.0));
    }
    block.push(Item::structure(tag::KEY_WRAPPING_DATA, data));
    true
}

fn transparent(block: &mut Item, asked: ItemRef<'_>) -> bool {
    if wants_wrapped(asked) || asked.child(tag::KEY_FORMAT_TYPE).is_some() {
        return false;
    }
    let material = child_mut(block, tag::KEY_VALUE).and_then(|value| child_mut(value, tag::KEY_MATERIAL));
    let Some(material) = material else { return false };
    let Body::Bytes(bytes) = &material.body else { return false };
    *material = Item::structure(tag::KEY_MATERIAL, vec![Item::bytes(tag::KEY, bytes.clone())]);
    let Some(format) = child_mut(block, tag::KEY_FORMAT_TYPE) else { return false };
    *format = Item::enumeration(tag::KEY_FORMAT_TYPE, KeyFormatType::TRANSPARENT_SYMMETRIC_KEY.0);
    true
}
