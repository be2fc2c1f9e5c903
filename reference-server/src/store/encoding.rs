//! Stored objects as bytes: one TTLV structure each, with tags of our own from the range for extensions. Part of the file's
//! format: what changes here changes [`super::sqlite`]'s version.

use crate::attributes::{Attribute, AttributeKey};
use crate::object::StoredObject;
use kmipspec_protocol::objects::ManagedObject;
use kmipspec_protocol::registry::{ObjectType, tag};
use kmipspec_protocol::ttlv::{Doc, Item, ItemRef, Limits, Tag};

/// The whole.
const OBJECT: Tag = Tag(0x54_4B01);
/// Owner: the identity that created it.
const OWNER: Tag = Tag(0x54_4B02);
/// Place in the order of creation.
const SEQUENCE: Tag = Tag(0x54_4B03);
/// Off-line.
const ARCHIVED: Tag = Tag(0x54_4B04);
/// One attribute: its key, its index, its value.
const ATTRIBUTE: Tag = Tag(0x54_4B05);
/// The key of a standard attribute: its tag.
const KEY: Tag = Tag(0x54_4B06);
/// The managed object itself.
const MATERIAL: Tag = Tag(0x54_4B07);

/// To bytes.
pub(super) fn encode(object: &StoredObject) -> Vec<u8> {
    // Taken apart in full, so that a new field cannot be forgotten here.
    let StoredObject { id, sequence, object_type, owner, material, attributes, archived } = object;
    let mut items = vec![
        Item::text(tag::UNIQUE_IDENTIFIER, id.as_str()),
        Item::long_integer(SEQUENCE, i64::try_from(*sequence).unwrap_or(i64::MAX)),
        Item::enumeration(tag::OBJECT_TYPE, object_type.0),
        Item::text(OWNER, owner.as_str()),
        Item::boolean(ARCHIVED, *archived),
    ];
    items.extend(attributes.iter().map(attribute));
    items.extend(material.as_ref().map(|material| Item::structure(MATERIAL, vec![material.item().clone()])));
    Item::structure(OBJECT, items).encode()
}

/// One attribute.
fn attribute(attribute: &Attribute) -> Item {
    let Attribute { key, index, value } = attribute;
    let mut items = Vec::with_capacity(4);
    match key {
        AttributeKey::Standard(tag) => items.push(Item::enumeration(KEY, tag.0)),
        AttributeKey::Custom { vendor, name } => {
            items.push(Item::text(tag::VENDOR_IDENTIFICATION, vendor.as_str()));
            items.push(Item::text(tag::ATTRIBUTE_NAME, name.as_str()));
        }
    }
    items.extend(index.map(|index| Item::integer(tag::ATTRIBUTE_INDEX, index)));
    items.push(value.clone());
    Item::structure(ATTRIBUTE, items)
}

/// From bytes; none if they are no object of ours.
pub(super) fn decode(bytes: Vec<u8>) -> Option<StoredObject> {
    let limits = Limits { max_size: usize::MAX, max_depth: 1_024, max_items: usize::MAX, leaf_root: false };
    let doc = Doc::strict_owned(bytes, &limits).ok()?;
    let root = doc.root().filter(|root| root.tag() == OBJECT)?;
    let material = match root.child(MATERIAL) {
        Some(material) => Some(ManagedObject::new(Item::from_ref(material.children().next()?))?),
        None => None,
    };
    Some(StoredObject {
        id: root.child(tag::UNIQUE_IDENTIFIER)?.as_text()?.to_owned(),
        sequence: u64::try_from(root.child(SEQUENCE)?.as_i64()?).ok()?,
        object_type: ObjectType(root.child(tag::OBJECT_TYPE)?.as_u32()?),
        owner: root.child(OWNER)?.as_text()?.to_owned(),
        material,
        attributes: root
            .children()
            .filter(|item| item.tag() == ATTRIBUTE)
            .map(read_attribute)
            .collect::<Option<_>>()?,
        archived: root.child(ARCHIVED)?.as_bool()?,
    })
}

/// One attribute; its value is the last item.
fn read_attribute(item: ItemRef<'_>) -> Option<Attribute> {
    let mut children = item.children();
    let first = children.next()?;
    let key = if first.tag() == KEY {
        AttributeKey::Standard(Tag(first.as_u32()?))
    } else {
        let name = children.next().filter(|name| name.tag() == tag::ATTRIBUTE_NAME)?;
        AttributeKey::Custom { vendor: first.as_text()?.to_owned(), name: name.as_text()?.to_owned() }
    };
    let mut value = children.next()?;
    let mut index = None;
    if let Some(next) = children.next() {
        index = Some(value.as_i32()?);
        value = next;
    }
    Some(Attribute { key, index, value: Item::from_ref(value) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use kmipspec_protocol::registry::CryptographicAlgorithm;

    #[test]
    fn an_object_survives() {
        let mut object = StoredObject {
            sequence: 7,
            material: Some(ManagedObject::symmetric_key(CryptographicAlgorithm::AES, 128, vec![7; 16])),
            archived: true,
            ..StoredObject::new("a", ObjectType::SYMMETRIC_KEY, "alice")
        };
        object.set(Item::date_time(tag::ACTIVATION_DATE, -1));
        let custom = AttributeKey::Custom { vendor: "x".to_owned(), name: "N\u{e4}me".to_owned() };
        object.add(custom.clone(), Item::text(tag::ATTRIBUTE_VALUE, "one"));
        object.add(custom, Item::structure(tag::ATTRIBUTE_VALUE, vec![Item::integer(tag::ATTRIBUTE_INDEX, 3)]));
        object.add(AttributeKey::Standard(tag::ATTRIBUTE_INDEX), Item::integer(tag::ATTRIBUTE_INDEX, 3));
        let read = decode(encode(&object)).expect("sound");
        assert_eq!(format!("{read:?}"), format!("{object:?}"));
        object.material = None;
        assert!(decode(encode(&object)).expect("sound").material.is_none());
    }

    #[test]
    fn what_is_cut_short_is_no_object() {
        let object = StoredObject::new("a", ObjectType::SYMMETRIC_KEY, "alice");
        let bytes = encode(&object);
        for end in 0..bytes.len() {
            assert!(decode(bytes.get(..end).unwrap_or_default().to_vec()).is_none(), "{end}");
        }
    }
}
