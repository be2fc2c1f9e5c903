//! What is done to a request on its way: names that no run before had, a password, and whether its length is true.

use crate::client::Identity;
use crate::fuzzing::find;
use crate::fuzzing::oracles::Exchange;
use crate::runner::message::authentication;
use kmipspec_protocol::registry::{Operation, tag};
use kmipspec_protocol::schema::check_request;
use kmipspec_protocol::ttlv::{Doc, Item, ItemRef, Limits, Tag};
use kmipspec_protocol::version::{ProtocolVersion, Version};

/// Bounds of what is looked into.
pub(super) const LIMITS: Limits = Limits { max_size: 32 << 20, max_depth: 128, max_items: 1 << 18, leaf_root: true };

/// Names that the seeds give begin so; eight hexadecimal digits follow, which are others each time.
const NAME: &[u8] = b"fuzz-";

/// A message with other names in it, of the same length: what a run leaves behind is not in the way of the next.
pub(super) fn renamed(message: &[u8], mask: u32) -> Vec<u8> {
    let mut out = message.to_vec();
    let mut at = 0;
    while let Some(place) = find(out.get(at..).unwrap_or_default(), NAME) {
        let digits = at + place + NAME.len();
        at = digits;
        let number = out.get(digits..digits + 8).and_then(|d| std::str::from_utf8(d).ok());
        let Some(number) = number.and_then(|text| u32::from_str_radix(text, 16).ok()) else { continue };
        if let Some(there) = out.get_mut(digits..digits + 8) {
            there.copy_from_slice(format!("{:08x}", number ^ mask).as_bytes());
        }
    }
    out
}

/// What stands behind Authentication in a request header (1.4 §7.2).
const BEHIND: [Tag; 4] =
    [tag::BATCH_ERROR_CONTINUATION_OPTION, tag::BATCH_ORDER_OPTION, tag::TIME_STAMP, tag::BATCH_COUNT];

/// A sound request without credentials, with those of the identity. The oracles see it without.
pub(super) fn with_password(message: Vec<u8>, identity: Option<&Identity>) -> Vec<u8> {
    let password = identity.filter(|i| !i.withholds_password).and_then(|i| i.password.as_ref());
    let (Some(password), Ok(doc)) = (password, Doc::strict(&message, &LIMITS)) else { return message };
    let mut items = Item::from_doc(&doc);
    let header = items.first_mut().and_then(Item::items_mut).and_then(|parts| parts.first_mut());
    let Some(fields) = header.filter(|h| h.tag == tag::REQUEST_HEADER).and_then(Item::items_mut) else {
        return message;
    };
    if fields.iter().any(|field| field.tag == tag::AUTHENTICATION) {
        return message;
    }
    let place = fields.iter().position(|field| BEHIND.contains(&field.tag)).unwrap_or(fields.len());
    fields.insert(place, authentication(password));
    items.iter().flat_map(Item::encode).collect()
}

/// Whether it is one message as long as it says: another can follow it on the same connection.
pub(in crate::fuzzing) fn is_honest(message: &[u8]) -> bool {
    framed(message).is_some_and(|length| length == message.len())
}

/// As long as a request or a response says to be.
pub(super) fn framed(message: &[u8]) -> Option<usize> {
    let [0x42, 0, 0x78 | 0x7b, 1, length @ ..] = *message.first_chunk::<8>()? else { return None };
    usize::try_from(u32::from_be_bytes(length)).ok()?.checked_add(8)
}

/// What a server takes for the message: nothing behind its declared end.
pub(super) fn as_taken(message: &[u8]) -> &[u8] {
    framed(message).and_then(|length| message.get(..length)).unwrap_or(message)
}

/// The version of a request that is as the tables of its version have it; none of one that is not.
pub(super) fn sound_at(request: &Doc<'_>) -> Option<Version> {
    let version = ProtocolVersion::in_header(request, tag::REQUEST_HEADER)?.known()?;
    (request.diags().is_empty() && check_request(request, version).is_empty()).then_some(version)
}

/// The operations that a message asks for.
pub(in crate::fuzzing) fn operations(message: &[u8]) -> Vec<Operation> {
    let doc = Doc::lenient(message, &LIMITS);
    let asked = doc.items().filter(|item| item.tag() == tag::OPERATION);
    asked.filter_map(ItemRef::as_u32).map(Operation).collect()
}

/// Operations that change what the connection is: nothing else is said on it.
pub(super) const PARTING: [Operation; 3] = [Operation::SET_ENDPOINT_ROLE, Operation::INTEROP, Operation::RE_PROVISION];

/// What is not said over the wire: the identity would be nobody from then on.
pub(super) const UNSAID: [Operation; 1] = [Operation::RE_PROVISION];

/// Operations that may take long for good reasons: they look for prime numbers, or who certifies has to have a key first.
pub(super) const SLOW: [Operation; 4] =
    [Operation::CREATE_KEY_PAIR, Operation::RE_KEY_KEY_PAIR, Operation::CERTIFY, Operation::RE_CERTIFY];

/// An exchange for the oracles.
pub(super) fn exchange<'a>(request: &'a [u8], answer: &'a [u8], who: Option<&'a str>) -> Exchange<'a> {
    Exchange { request: as_taken(request), answer, who }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Password;
    use crate::fuzzing::oracles::test::request;
    use kmipspec_protocol::version::Version::V1_4;

    #[test]
    fn names_are_new_and_stay_as_long() {
        assert_eq!(
            renamed(b"a fuzz-00000001-k, fuzz-00000002, fuzz-x", 0x10),
            b"a fuzz-00000011-k, fuzz-00000012, fuzz-x"
        );
        assert_eq!(renamed(b"fuzz-", 7), b"fuzz-");
        assert_eq!(renamed(b"fuzz-zzzzzzzz", 7), b"fuzz-zzzzzzzz");
    }

    #[test]
    fn a_password_stands_where_it_belongs_and_once() {
        let plain = request(V1_4, Operation::QUERY, vec![]);
        let mut alice = Identity::anonymous();
        assert_eq!(with_password(plain.clone(), Some(&alice)), plain);
        alice.password = Some(Password { username: "a".into(), password: "b".into() });
        let with = with_password(plain.clone(), Some(&alice));
        let doc = Doc::strict(&with, &LIMITS).expect("sound");
        let header = doc.root().and_then(|root| root.child(tag::REQUEST_HEADER)).expect("a header");
        let tags: Vec<Tag> = header.children().map(ItemRef::tag).collect();
        assert_eq!(tags, [tag::PROTOCOL_VERSION, tag::AUTHENTICATION, tag::BATCH_COUNT]);
        assert_eq!(with_password(with.clone(), Some(&alice)), with);
        assert_eq!(with_password(b"no message".to_vec(), Some(&alice)), b"no message");
    }

    #[test]
    fn lengths_are_seen_through() {
        let sound = request(V1_4, Operation::QUERY, vec![]);
        assert!(is_honest(&sound) && !is_honest(&sound[..sound.len() - 1]) && !is_honest(b""));
        let longer = [sound.as_slice(), b"x"].concat();
        assert!(!is_honest(&longer));
        assert_eq!(as_taken(&longer), sound);
        assert_eq!(operations(&sound), [Operation::QUERY]);
    }
}
