//! References: what answers gave, put into later requests.

use crate::fuzzing::find;
use crate::fuzzing::server::OWN;
use kmipspec_protocol::registry::tag;
use kmipspec_protocol::ttlv::{Body, Doc, Item, ItemType, Len, Limits, Tag};

/// Bounds for answers and requests looked into.
const LIMITS: Limits = Limits { max_size: 1 << 20, max_depth: 64, max_items: 1 << 16, leaf_root: true };

/// Text of an answer that later requests may name.
const IDENTIFIERS: [Tag; 3] =
    [tag::UNIQUE_IDENTIFIER, tag::PRIVATE_KEY_UNIQUE_IDENTIFIER, tag::PUBLIC_KEY_UNIQUE_IDENTIFIER];

/// Bytes of an answer that later requests may name.
const HANDLES: [Tag; 4] =
    [tag::ASYNCHRONOUS_CORRELATION_VALUE, tag::CORRELATION_VALUE, tag::TICKET_VALUE, tag::NONCE_VALUE];

/// What one answer gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Captured {
    /// Identifiers, in order.
    pub identifiers: Vec<String>,
    /// Handles, in order: correlation values, tickets, nonces.
    pub handles: Vec<Vec<u8>>,
}

/// What an answer gives.
pub fn capture(answer: &[u8]) -> Captured {
    let doc = Doc::lenient(answer, &LIMITS);
    let texts = doc.items().filter(|item| IDENTIFIERS.contains(&item.tag()));
    let bytes = doc.items().filter(|item| HANDLES.contains(&item.tag()));
    Captured {
        identifiers: texts.filter_map(|item| item.as_text()).map(str::to_owned).collect(),
        handles: bytes.filter_map(|item| item.as_bytes()).map(<[u8]>::to_vec).collect(),
    }
}

/// A message with its references resolved: lengths that were honest are honest again. What refers to nothing becomes an
/// identifier that no server has. With a `mask` other than 0 that, and the identifiers of [`OWN`], are others for another mask: a
/// client may give them to objects, which later scripts would meet.
pub fn resolve(message: &[u8], captured: &[Captured], mask: u32) -> Vec<u8> {
    let own = OWN.map(str::as_bytes);
    if !message.contains(&b'$') && (mask == 0 || own.iter().all(|own| find(message, own).is_none())) {
        return message.to_vec();
    }
    rewritten(message, |bytes, text| match reference(bytes) {
        Some((step, place)) => {
            Some(value(captured.get(step), place, text).unwrap_or_else(|| nobody(step, place, mask)))
        }
        None if text && mask != 0 && own.contains(&bytes) => Some([bytes, format!("-{mask:08x}").as_bytes()].concat()),
        None => None,
    })
}

/// The opposite of [`resolve`]: a message with references in place of what answers gave.
pub fn refer(message: &[u8], captured: &[Captured]) -> Vec<u8> {
    rewritten(message, |bytes, text| {
        captured.iter().enumerate().rev().find_map(|(step, given)| {
            let place = if text {
                given.identifiers.iter().position(|id| id.as_bytes() == bytes)
            } else {
                given.handles.iter().position(|handle| handle == bytes)
            };
            place.map(|place| format!("${step}.{place}").into_bytes())
        })
    })
}

/// A message with other values of texts and byte strings, where `new` has one; it is told which of them are texts. Lengths that
/// were honest are honest again.
pub(in crate::fuzzing) fn rewritten(message: &[u8], new: impl Fn(&[u8], bool) -> Option<Vec<u8>>) -> Vec<u8> {
    let doc = Doc::lenient(message, &LIMITS);
    let mut items = Item::from_doc(&doc);
    let mut todo: Vec<&mut Item> = items.iter_mut().collect();
    while let Some(item) = todo.pop() {
        let text = item.ty.is_text();
        match &mut item.body {
            Body::Items(inside) => todo.extend(inside),
            Body::Bytes(bytes) if item.len == Len::Auto && (text || item.ty == ItemType::BYTE_STRING) => {
                if let Some(value) = new(bytes, text) {
                    *bytes = value;
                }
            }
            Body::Bytes(_) | Body::Raw(_) => {}
        }
    }
    let mut out = Vec::with_capacity(message.len());
    items.iter().for_each(|item| item.encode_into(&mut out));
    out
}

/// `$n.m`, each one digit or two.
fn reference(bytes: &[u8]) -> Option<(usize, usize)> {
    let text = std::str::from_utf8(bytes.strip_prefix(b"$")?).ok()?;
    let (step, place) = text.split_once('.')?;
    let number = |word: &str| match word.len() {
        1 | 2 if word.bytes().all(|byte| byte.is_ascii_digit()) => word.parse().ok(),
        _ => None,
    };
    Some((number(step)?, number(place)?))
}

/// What an answer gave at a place.
fn value(captured: Option<&Captured>, place: usize, text: bool) -> Option<Vec<u8>> {
    let captured = captured?;
    let identifier = || captured.identifiers.get(place).map(|id| id.clone().into_bytes());
    if text { identifier() } else { captured.handles.get(place).cloned() }
}

/// The identifier of nothing.
fn nobody(step: usize, place: usize, mask: u32) -> Vec<u8> {
    format!("{mask:08x}-0000-4000-8000-0000000{:05}", (step * 100 + place) % 100_000).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(ids: &[&str]) -> Vec<u8> {
        let ids = ids.iter().map(|id| Item::text(tag::UNIQUE_IDENTIFIER, *id)).collect();
        Item::structure(tag::RESPONSE_MESSAGE, ids).encode()
    }

    fn request(id: &str, handle: &[u8]) -> Vec<u8> {
        let inside = vec![Item::text(tag::UNIQUE_IDENTIFIER, id), Item::bytes(tag::CORRELATION_VALUE, handle)];
        Item::structure(tag::REQUEST_MESSAGE, vec![Item::structure(tag::REQUEST_PAYLOAD, inside)]).encode()
    }

    #[test]
    fn references_are_put_in_and_lengths_follow() {
        let given = [capture(&answer(&["first", "a second, longer one"])), capture(&answer(&[]))];
        assert_eq!(resolve(&request("$0.1", b"x"), &given, 0), request("a second, longer one", b"x"));
        assert_eq!(resolve(&request("$0.0", b"x"), &given, 0), request("first", b"x"));
        for (mask, nobody) in [(0, "00000000"), (0xabc, "00000abc")] {
            let dangling = resolve(&request("$1.0", b"x"), &given, mask);
            assert_eq!(dangling, request(&format!("{nobody}-0000-4000-8000-000000000100"), b"x"));
        }
        for (mask, own) in [(0, "key-1"), (0xabc, "key-1-00000abc")] {
            assert_eq!(resolve(&request("key-1", b"x"), &given, mask), request(own, b"x"));
            assert_eq!(resolve(&request("key-10", b"key-1"), &given, mask), request("key-10", b"key-1"));
        }
        for text in ["$", "$0", "$0.", "$0.x", "$100.0", "a$0.0", "$-1.0"] {
            assert_eq!(resolve(&request(text, b"x"), &given, 0), request(text, b"x"), "{text}");
        }
    }

    #[test]
    fn handles_are_bytes() {
        let handle = Item::structure(tag::RESPONSE_MESSAGE, vec![Item::bytes(tag::CORRELATION_VALUE, [7; 9])]).encode();
        assert_eq!(resolve(&request("$0.0", b"$0.0"), &[capture(&handle)], 0).len(), request("", &[7; 9]).len() + 40);
    }

    #[test]
    fn what_lied_goes_on_lying() {
        let mut message = Item::structure(tag::REQUEST_MESSAGE, vec![Item::text(tag::UNIQUE_IDENTIFIER, "$0.0")]);
        message.len = Len::Forced(7);
        let resolved = resolve(&message.encode(), &[capture(&answer(&["identifier"]))], 0);
        assert_eq!(resolved.get(4..8), Some([0, 0, 0, 7].as_slice()));
        assert_eq!(resolve(b"$0.0 and no message", &[], 0), b"$0.0 and no message");
    }
}
