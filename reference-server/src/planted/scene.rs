//! What a bug sees: the request, who sent it, and what was before.

use super::memory::{Known, Memory};
use crate::config::Config;
use crate::peer::Peer;
use kmipspec_protocol::registry::{Operation, ResultStatus, tag};
use kmipspec_protocol::ttlv::{Doc, Item, ItemRef, Tag, Value};
use kmipspec_protocol::version::{ProtocolVersion, Version};

/// One exchange, before it is remembered.
pub(super) struct Scene<'s> {
    /// The request, which may be damaged.
    pub(super) doc: &'s Doc<'s>,
    /// Who sent it, by the channel.
    pub(super) peer: &'s Peer,
    /// What was before.
    pub(super) memory: &'s Memory,
    /// What the server began with.
    pub(super) config: &'s Config,
}

/// A batch item of the request.
#[derive(Clone, Copy)]
pub(super) struct Asked<'s> {
    /// Its operation.
    pub(super) operation: Operation,
    /// The whole item.
    item: ItemRef<'s>,
}

impl<'s> Asked<'s> {
    /// Request Payload.
    pub(super) fn payload(&self) -> Option<ItemRef<'s>> {
        self.item.child(tag::REQUEST_PAYLOAD)
    }

    /// Unique Identifiers that stand in the payload itself.
    pub(super) fn identifiers(&self) -> impl Iterator<Item = &'s str> {
        let fields = self.payload().into_iter().flat_map(ItemRef::children);
        fields.filter(|field| field.tag() == tag::UNIQUE_IDENTIFIER).filter_map(ItemRef::as_text)
    }

    /// The first Unique Identifier.
    pub(super) fn identifier(&self) -> Option<&'s str> {
        self.identifiers().next()
    }

    /// The first item of this tag at any depth.
    pub(super) fn inside(&self, tag: Tag) -> Option<ItemRef<'s>> {
        self.item.descendants().find(|item| item.tag() == tag)
    }
}

impl<'s> Scene<'s> {
    /// The batch items that name an operation, in order.
    pub(super) fn asked(&self) -> impl Iterator<Item = Asked<'s>> + use<'s> {
        let children = self.doc.root().into_iter().flat_map(ItemRef::children);
        children.filter(|item| item.tag() == tag::BATCH_ITEM).map(|item| {
            let operation = item.child(tag::OPERATION).and_then(ItemRef::as_u32).unwrap_or(0);
            Asked { operation: Operation(operation), item }
        })
    }

    /// The header.
    pub(super) fn header(&self) -> Option<ItemRef<'s>> {
        self.doc.root()?.child(tag::REQUEST_HEADER)
    }

    /// The version that the header states, where there is such a one.
    pub(super) fn version(&self) -> Option<Version> {
        ProtocolVersion::in_header(self.doc, tag::REQUEST_HEADER)?.known()
    }

    /// What is known of an object that a batch item names.
    pub(super) fn known(&self, asked: &Asked<'_>) -> Option<&'s Known> {
        self.memory.object(asked.identifier()?)
    }

    /// The owner of an object, if it is somebody else.
    pub(super) fn other_owner(&self, id: &str) -> Option<String> {
        let made = self.memory.object(id).and_then(|known| known.owner.clone());
        let given = || self.config.objects.iter().find(|object| object.id == id).map(|object| object.owner.clone());
        made.or_else(given).filter(|owner| Some(owner) != self.peer.name.as_ref())
    }

    /// The owner of what the only batch item names, where it asks for one of these operations and the owner is somebody else.
    pub(super) fn owner_of_the_only(&self, operations: &[Operation]) -> Option<String> {
        let mut asked = self.asked();
        let only = asked.next().filter(|only| operations.is_empty() || operations.contains(&only.operation))?;
        if asked.next().is_some() {
            return None;
        }
        self.other_owner(only.identifier()?)
    }
}

/// Each batch item with the answer to it, which may be changed.
pub(super) fn pairs<'s, 'a>(
    scene: &Scene<'s>,
    answer: &'a mut Item,
) -> impl Iterator<Item = (Asked<'s>, &'a mut Item)> + use<'s, 'a> {
    let items = answer.items_mut().into_iter().flatten().filter(|item| item.tag == tag::BATCH_ITEM);
    scene.asked().zip(items)
}

/// Whether a batch item of an answer says Success.
pub(super) fn succeeded(item: &Item) -> bool {
    let status = item.child(tag::RESULT_STATUS).and_then(Item::value);
    matches!(status, Some(Value::Enumeration(status)) if status == ResultStatus::SUCCESS.0)
}

/// The object that the payload of an answer names.
pub(super) fn told_identifier(payload: &Item) -> Option<String> {
    let mut named = [tag::UNIQUE_IDENTIFIER, tag::PRIVATE_KEY_UNIQUE_IDENTIFIER].into_iter();
    named.find_map(|tag| payload.child(tag)?.value()?.text().map(str::to_owned))
}

/// The response payload, if there is one.
pub(super) fn payload(item: &mut Item) -> Option<&mut Vec<Item>> {
    let payload = item.items_mut()?.iter_mut().find(|field| field.tag == tag::RESPONSE_PAYLOAD)?;
    payload.items_mut()
}
