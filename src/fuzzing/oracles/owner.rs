//! O5 between two identities: what one of them made, the other has nothing to do with.

use super::{Pair, name_of};
use crate::fuzzing::oracle::{Finding, Oracle};
use kmipspec_protocol::registry::{ObjectType, Operation, tag};
use kmipspec_protocol::ttlv::{Doc, ItemRef, Tag};
use std::collections::{BTreeMap, BTreeSet};

/// Who made what.
#[derive(Clone, Debug, Default)]
pub(super) struct Owners {
    /// Unique Identifier and identity.
    of: BTreeMap<String, String>,
    /// Whether something was said that may give others rights.
    excused: bool,
}

/// What nobody but its owner reads by the default operation policy (1.4 §3.18.2): certificates, public keys and templates
/// are for everybody.
const PRIVATE: [ObjectType; 5] = [
    ObjectType::SYMMETRIC_KEY,
    ObjectType::PRIVATE_KEY,
    ObjectType::SECRET_DATA,
    ObjectType::OPAQUE_OBJECT,
    ObjectType::SPLIT_KEY,
];

/// The same as fields of Import.
const PRIVATE_TAGS: [Tag; 5] =
    [tag::SYMMETRIC_KEY, tag::PRIVATE_KEY, tag::SECRET_DATA, tag::OPAQUE_OBJECT, tag::SPLIT_KEY];

/// Operations that make the object of their answer, always a new one.
const MAKING: [Operation; 3] = [Operation::CREATE, Operation::CREATE_KEY_PAIR, Operation::REGISTER];

/// Requests that may make somebody else of the client, or give rights to others.
const GIVING: [Operation; 8] = [
    Operation::LOGIN,
    Operation::DELEGATED_LOGIN,
    Operation::SET_DEFAULTS,
    Operation::INTEROP,
    Operation::CREATE_GROUP,
    Operation::CREATE_USER,
    Operation::CREATE_CREDENTIAL,
    Operation::RE_PROVISION,
];

impl Owners {
    /// An object that is there from the start.
    pub(super) fn note(&mut self, identifier: &str, owner: &str) {
        self.of.insert(identifier.to_owned(), owner.to_owned());
    }

    /// A credential, a policy, or an operation that gives rights: from then on nothing is held against anybody.
    pub(super) fn excuse(&mut self, request: &Doc<'_>) {
        let gives = |item: ItemRef<'_>| match item.tag() {
            tag::AUTHENTICATION | tag::OPERATION_POLICY_NAME => true,
            tag::ATTRIBUTE_NAME => item.as_text().is_some_and(|name| name.contains("Policy")),
            tag::OPERATION => item.as_u32().is_some_and(|code| GIVING.contains(&Operation(code))),
            tag::PROTOCOL_VERSION_MAJOR => item.as_i32().is_some_and(|major| major >= 3),
            _ => false,
        };
        self.excused |= request.items().any(gives);
    }

    /// Notes what was made, and sees what was done with what others made.
    pub(super) fn look(&mut self, pair: &Pair<'_, '_>, who: Option<&str>) -> Vec<Finding> {
        let (Some(operation), true, Some(given)) = (pair.operation(), pair.succeeded(), pair.given()) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        let text = |tag: Tag| given.child(tag).and_then(|id| id.as_text());
        if MAKING.contains(&Operation(operation)) {
            let kind = pair.asked().and_then(|asked| asked.child(tag::OBJECT_TYPE)?.as_u32());
            let private = kind.is_some_and(|kind| PRIVATE.contains(&ObjectType(kind)));
            let made = if private { text(tag::UNIQUE_IDENTIFIER) } else { text(tag::PRIVATE_KEY_UNIQUE_IDENTIFIER) };
            if let (Some(made), Some(who)) = (made, who) {
                self.note(made, who);
                return found;
            }
        }
        if self.excused {
            return found;
        }
        // What its owner replaces by something for everybody is for everybody.
        if Operation(operation) == Operation::IMPORT
            && let Some(made) = text(tag::UNIQUE_IDENTIFIER)
            && self.of.get(made).map(String::as_str) == who
            && !pair.asked().into_iter().flat_map(ItemRef::children).any(|field| PRIVATE_TAGS.contains(&field.tag()))
        {
            self.of.remove(made);
        }
        // What Re-key was asked about is not what it answers with; elsewhere a field that the operation has not may name anything.
        let asked = pair.asked().filter(|_| Operation(operation) == Operation::RE_KEY);
        let asked = asked.into_iter().flat_map(ItemRef::children);
        let identifiers = given.children().chain(asked).filter(|item| item.tag() == tag::UNIQUE_IDENTIFIER);
        let identifiers: BTreeSet<&str> = identifiers.filter_map(ItemRef::as_text).collect();
        for identifier in identifiers {
            if let Some(owner) = self.of.get(identifier).filter(|owner| Some(owner.as_str()) != who) {
                found.push(Finding {
                    oracle: Oracle::O5,
                    operation: name_of(Some(operation)),
                    place: "other client".to_owned(),
                    detail: format!("{} was served with {identifier}, which is {owner}'s", who.unwrap_or("nobody")),
                });
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use crate::fuzzing::oracle::Oracle;
    use crate::fuzzing::oracles::test::{answer, ok, request};
    use crate::fuzzing::oracles::{Conversation, Exchange};
    use kmipspec_protocol::registry::{Operation, tag};
    use kmipspec_protocol::ttlv::Item;
    use kmipspec_protocol::version::Version::V1_4;

    #[test]
    fn what_alice_made_is_not_bobs() {
        let mut conversation = Conversation::default();
        let id = || Item::text(tag::UNIQUE_IDENTIFIER, "k1");
        let kind = || Item::enumeration(tag::OBJECT_TYPE, 2);
        let create = request(V1_4, Operation::CREATE, vec![kind()]);
        let created = answer(V1_4, vec![ok(Operation::CREATE, vec![kind(), id()])]);
        let ask = request(V1_4, Operation::LOCATE, vec![]);
        let located = answer(V1_4, vec![ok(Operation::LOCATE, vec![id()])]);
        let mut look = |request: &[u8], answer: &[u8], who| {
            let found = conversation.look(&Exchange { request, answer, who: Some(who) });
            found.iter().map(|f| f.oracle).collect::<Vec<_>>()
        };
        assert_eq!(look(&create, &created, "alice"), []);
        assert_eq!(look(&ask, &located, "alice"), []);
        assert_eq!(look(&ask, &located, "bob"), [Oracle::O5]);
        // A field that an operation has not is not served; Re-key takes the key it names.
        let nothing = request(V1_4, Operation::DISCOVER_VERSIONS, vec![id()]);
        assert_eq!(look(&nothing, &answer(V1_4, vec![ok(Operation::DISCOVER_VERSIONS, vec![])]), "bob"), []);
        let re_key = request(V1_4, Operation::RE_KEY, vec![id()]);
        let new = Item::text(tag::UNIQUE_IDENTIFIER, "k2");
        assert_eq!(look(&re_key, &answer(V1_4, vec![ok(Operation::RE_KEY, vec![new])]), "bob"), [Oracle::O5]);
        // A Credential may make alice of bob.
        let mut message = Item::from_doc(&kmipspec_protocol::ttlv::Doc::lenient(&ask, &Default::default()));
        let header = message.first_mut().and_then(|root| root.items_mut()?.first_mut()).expect("a header");
        header.items_mut().expect("fields").insert(1, Item::structure(tag::AUTHENTICATION, vec![]));
        let with_credential = message.first().expect("a message").encode();
        assert_eq!(look(&with_credential, &located, "bob"), []);
    }
}
