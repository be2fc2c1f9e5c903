//! 3.0: as 2.x, apart from a few attributes that got types and tags of their own (second-hand and by the published cases):
//! Name is text, Unique Identifier an Identifier, each kind of Link a Reference under its own tag, and Object Group is
//! Group Link, a Name Reference.
//!
//! An [`Attribute`] holds the form of 2.x at every version; this is where one becomes the other.

use super::{Attribute, AttributeKey, wire_v2};
use crate::registry::{LinkType, NameType, tag};
use crate::ttlv::{Item, ItemType, Tag, Value};

/// The tag of each kind of link.
const LINKS: [(LinkType, Tag); 14] = [
    (LinkType::CERTIFICATE_LINK, tag::CERTIFICATE_LINK),
    (LinkType::PUBLIC_KEY_LINK, tag::PUBLIC_KEY_LINK),
    (LinkType::PRIVATE_KEY_LINK, tag::PRIVATE_KEY_LINK),
    (LinkType::DERIVATION_BASE_OBJECT_LINK, tag::DERIVATION_OBJECT_LINK),
    (LinkType::DERIVED_KEY_LINK, tag::DERIVED_OBJECT_LINK),
    (LinkType::REPLACEMENT_OBJECT_LINK, tag::REPLACEMENT_OBJECT_LINK),
    (LinkType::REPLACED_OBJECT_LINK, tag::REPLACED_OBJECT_LINK),
    (LinkType::PARENT_LINK, tag::PARENT_LINK),
    (LinkType::CHILD_LINK, tag::CHILD_LINK),
    (LinkType::PREVIOUS_LINK, tag::PREVIOUS_LINK),
    (LinkType::NEXT_LINK, tag::NEXT_LINK),
    (LinkType::PKCS_12_CERTIFICATE_LINK, tag::PKCS_12_CERTIFICATE_LINK),
    (LinkType::PKCS_12_PASSWORD_LINK, tag::PKCS_12_PASSWORD_LINK),
    (LinkType::WRAPPING_KEY_LINK, tag::WRAPPING_KEY_LINK),
];

/// The kind of link that has a tag of its own at 3.0.
fn link_type(tag: Tag) -> Option<LinkType> {
    LINKS.iter().find(|(_, of)| *of == tag).map(|(kind, _)| *kind)
}

/// The tag an attribute has at 3.0.
pub fn tag_of(attribute: &Attribute) -> Option<Tag> {
    match attribute.key.tag()? {
        tag::LINK => match attribute.value.child(tag::LINK_TYPE)?.value()? {
            Value::Enumeration(kind) => LINKS.iter().find(|(of, _)| of.0 == kind).map(|(_, tag)| *tag),
            _ => None,
        },
        tag::OBJECT_GROUP => Some(tag::GROUP_LINK),
        tag => Some(tag),
    }
}

/// The item that stands among attributes at 3.0.
pub fn to_item(attribute: &Attribute) -> Item {
    let value = &attribute.value;
    let lowered = match attribute.key {
        AttributeKey::Standard(tag::NAME) => {
            text_of(value.child(tag::NAME_VALUE)).map(|name| Item::text(tag::NAME, name))
        }
        AttributeKey::Standard(tag::UNIQUE_IDENTIFIER) => {
            text_of(Some(value)).map(|id| Item::text_of(tag::UNIQUE_IDENTIFIER, ItemType::IDENTIFIER, id))
        }
        AttributeKey::Standard(tag::LINK) => tag_of(attribute).and_then(|tag| {
            let linked = value.child(tag::LINKED_OBJECT_IDENTIFIER)?;
            Some(match text_of(Some(linked)) {
                Some(id) => Item::text_of(tag, ItemType::REFERENCE, id),
                None => linked.clone().with_tag(tag),
            })
        }),
        AttributeKey::Standard(tag::OBJECT_GROUP) => {
            text_of(Some(value)).map(|name| Item::text_of(tag::GROUP_LINK, ItemType::NAME_REFERENCE, name))
        }
        _ => None,
    };
    lowered.unwrap_or_else(|| wire_v2::to_item(attribute))
}

/// The attribute that an item of 3.0 stands for. What has another type than 3.0 gives it stays as it came.
pub fn raise(key: AttributeKey, value: Item) -> Attribute {
    let AttributeKey::Standard(tag) = key else { return Attribute::new(key, None, value) };
    let text = text_of(Some(&value)).map(str::to_owned);
    match (tag, value.ty, text) {
        (tag::NAME, ItemType::TEXT_STRING, Some(name)) => Attribute::standard(Item::structure(
            tag::NAME,
            vec![
                Item::text(tag::NAME_VALUE, name),
                Item::enumeration(tag::NAME_TYPE, NameType::UNINTERPRETED_TEXT_STRING.0),
            ],
        )),
        (tag::UNIQUE_IDENTIFIER, ItemType::IDENTIFIER, Some(id)) => {
            Attribute::standard(Item::text(tag::UNIQUE_IDENTIFIER, id))
        }
        (tag::GROUP_LINK, ItemType::NAME_REFERENCE, Some(name)) => {
            Attribute::standard(Item::text(tag::OBJECT_GROUP, name))
        }
        (tag, ItemType::REFERENCE, Some(id)) => match link_type(tag) {
            Some(kind) => Attribute::standard(Item::structure(
                tag::LINK,
                vec![Item::enumeration(tag::LINK_TYPE, kind.0), Item::text(tag::LINKED_OBJECT_IDENTIFIER, id)],
            )),
            None => Attribute::standard(value),
        },
        _ => Attribute::standard(value),
    }
}

/// The text of an item of any of the four types that have one.
fn text_of(item: Option<&Item>) -> Option<&str> {
    item?.value()?.text()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::version::Version;

    /// A Link of 2.x.
    fn link(kind: LinkType, id: &str) -> Attribute {
        Attribute::standard(Item::structure(
            tag::LINK,
            vec![Item::enumeration(tag::LINK_TYPE, kind.0), Item::text(tag::LINKED_OBJECT_IDENTIFIER, id)],
        ))
    }

    #[test]
    fn each_kind_of_link_has_a_tag_of_its_own_and_comes_back() {
        for (kind, tag) in LINKS {
            let attribute = link(kind, "a-1");
            let item = attribute.to_item(Version::V3_0);
            assert_eq!(item, Item::text_of(tag, ItemType::REFERENCE, "a-1"));
            assert_eq!(raise(AttributeKey::Standard(tag), item), attribute);
        }
    }

    #[test]
    fn a_name_is_text_and_a_group_is_named() {
        let name = raise(AttributeKey::Standard(tag::NAME), Item::text(tag::NAME, "n"));
        assert_eq!(name.value.child(tag::NAME_VALUE).and_then(Item::value), Some(Value::TextString("n")));
        assert_eq!(name.to_item(Version::V3_0), Item::text(tag::NAME, "n"));
        let group = Item::text_of(tag::GROUP_LINK, ItemType::NAME_REFERENCE, "g");
        let raised = raise(AttributeKey::Standard(tag::GROUP_LINK), group.clone());
        assert_eq!(raised, Attribute::standard(Item::text(tag::OBJECT_GROUP, "g")));
        assert_eq!(raised.to_item(Version::V3_0), group);
        let id = raise(
            AttributeKey::Standard(tag::UNIQUE_IDENTIFIER),
            Item::text_of(tag::UNIQUE_IDENTIFIER, ItemType::IDENTIFIER, "u"),
        );
        assert_eq!(id.value, Item::text(tag::UNIQUE_IDENTIFIER, "u"));
    }

    #[test]
    fn what_3_0_does_not_know_so_stays() {
        let structure = Item::structure(tag::NAME, Vec::new());
        assert_eq!(raise(AttributeKey::Standard(tag::NAME), structure.clone()).value, structure);
        let reference = Item::text_of(tag::CREDENTIAL_LINK, ItemType::REFERENCE, "c");
        assert_eq!(raise(AttributeKey::Standard(tag::CREDENTIAL_LINK), reference.clone()).value, reference);
    }
}
