//! An answer of the bundled server on its way to the client, to be changed.

use kmipspec_protocol::registry::{Operation, ResultReason, ResultStatus, tag};
use kmipspec_protocol::ttlv::{Doc, Item, ItemRef, Limits, Tag};
use kmipspec_protocol::version::{ProtocolVersion, Version};

/// Operations that a client asks to find out whom it talks to.
const PROBES: [Operation; 2] = [Operation::DISCOVER_VERSIONS, Operation::QUERY];

/// What is known of a client from a run in which nothing was changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Habits {
    /// Whether all that it asks is who the server is and what it can do.
    pub probes_only: bool,
    /// The version that it speaks once it knows which; none where that is not known.
    pub speaks: Option<Version>,
    /// Whether it names objects itself, by Import.
    pub names_objects: bool,
}

/// One answer with the request it is to.
#[derive(Debug)]
pub struct Answer<'a> {
    /// The request.
    pub request: &'a Doc<'a>,
    /// The Response Message.
    pub message: Item,
    /// The version in its header.
    pub version: Version,
    /// What the client does otherwise.
    pub habits: Habits,
}

impl<'a> Answer<'a> {
    /// Reads an answer of the bundled server; none if it is no message of a version that was published.
    pub fn read(request: &'a Doc<'a>, bytes: &[u8], habits: Habits) -> Option<Self> {
        let doc = Doc::lenient(bytes, &Limits::default());
        let version = ProtocolVersion::in_header(&doc, tag::RESPONSE_HEADER)?.known()?;
        let message = Item::from_doc(&doc).into_iter().next()?;
        Some(Self { request, message, version, habits })
    }

    /// Leaves out what the bundled server tells though it need not, so that a case alone says what a client has to take.
    pub fn make_plain(&mut self) {
        let values = [tag::CLIENT_CORRELATION_VALUE, tag::SERVER_CORRELATION_VALUE];
        if let Some(fields) = self.header().and_then(Item::items_mut) {
            fields.retain(|field| !values.contains(&field.tag));
        }
        for item in self.items() {
            let left_out = match operation_of(item) {
                Some(Operation::LOCATE) => tag::LOCATED_ITEMS,
                Some(Operation::CREATE) => tag::TEMPLATE_ATTRIBUTE,
                _ => continue,
            };
            if let Some(fields) = child_mut(item, tag::RESPONSE_PAYLOAD).and_then(Item::items_mut) {
                fields.retain(|field| field.tag != left_out);
            }
        }
    }

    /// The Response Header.
    pub fn header(&mut self) -> Option<&mut Item> {
        child_mut(&mut self.message, tag::RESPONSE_HEADER)
    }

    /// The batch items.
    pub fn items(&mut self) -> impl Iterator<Item = &mut Item> {
        self.message.items_mut().into_iter().flatten().filter(|item| item.tag == tag::BATCH_ITEM)
    }

    /// Changes the payload of each item that succeeded with this operation, given the payload that asked for it. Whether one was changed.
    pub fn payloads(&mut self, operation: Operation, change: impl Fn(&mut Item, ItemRef<'_>, Version) -> bool) -> bool {
        let version = self.version;
        let asked: Vec<ItemRef<'_>> = batch_items(self.request).collect();
        let mut changed = false;
        for (place, item) in self.items().enumerate() {
            let request = asked.get(place).and_then(|asked| asked.child(tag::REQUEST_PAYLOAD));
            if operation_of(item) == Some(operation)
                && status_of(item) == Some(ResultStatus::SUCCESS)
                && let (Some(request), Some(payload)) = (request, child_mut(item, tag::RESPONSE_PAYLOAD))
            {
                changed |= change(payload, request, version);
            }
        }
        changed
    }

    /// The Request Header.
    pub fn asked(&self) -> Option<ItemRef<'_>> {
        self.request.root()?.child(tag::REQUEST_HEADER)
    }

    /// Whether the answer is to what the client is for, and not to a question about the server.
    pub fn matters(&self) -> bool {
        self.habits.probes_only || batch_items(self.request).any(|item| !is_probe(item))
    }
}

/// The batch items of a request.
pub(super) fn batch_items<'d>(request: &'d Doc<'_>) -> impl Iterator<Item = ItemRef<'d>> {
    crate::runner::message::batch_items(request)
}

/// Whether a batch item of a request asks who the server is or what it can do.
pub(super) fn is_probe(item: ItemRef<'_>) -> bool {
    crate::runner::message::operation_of(item).is_some_and(|operation| PROBES.contains(&operation))
}

/// Whether a payload of Get asks for a wrapped key.
pub(super) fn wants_wrapped(asked: ItemRef<'_>) -> bool {
    asked.child(tag::KEY_WRAPPING_SPECIFICATION).is_some()
}

/// The item inside with this tag, to be changed.
pub(super) fn child_mut(item: &mut Item, tag: Tag) -> Option<&mut Item> {
    item.items_mut()?.iter_mut().find(|child| child.tag == tag)
}

/// Puts an item before the first one with this tag, or at the end.
pub(super) fn insert_before(item: &mut Item, tag: Tag, new: Item) {
    if let Some(items) = item.items_mut() {
        let place = items.iter().position(|child| child.tag == tag).unwrap_or(items.len());
        items.insert(place, new);
    }
}

/// Puts an item behind the last one with this tag, or at the beginning.
pub(super) fn insert_behind(item: &mut Item, tag: Tag, new: Item) {
    if let Some(items) = item.items_mut() {
        let place = items.iter().rposition(|child| child.tag == tag).map_or(0, |place| place.saturating_add(1));
        items.insert(place, new);
    }
}

/// Fails an item in this way; it keeps what it is told by.
pub(super) fn fail_item(item: &mut Item, reason: ResultReason, message: Option<&str>) {
    if let Some(fields) = item.items_mut() {
        fields.retain(|field| [tag::OPERATION, tag::UNIQUE_BATCH_ITEM_ID].contains(&field.tag));
        fields.extend(failed(reason, message));
    }
}

/// What a failed item says.
pub(super) fn failed(reason: ResultReason, message: Option<&str>) -> impl Iterator<Item = Item> {
    let status = Item::enumeration(tag::RESULT_STATUS, ResultStatus::OPERATION_FAILED.0);
    let message = message.map(|message| Item::text(tag::RESULT_MESSAGE, message));
    [status, Item::enumeration(tag::RESULT_REASON, reason.0)].into_iter().chain(message)
}

/// The operation of a batch item.
pub(super) fn operation_of(item: &Item) -> Option<Operation> {
    enumeration(item.child(tag::OPERATION)?).map(Operation)
}

/// The Result Status of a batch item.
pub(super) fn status_of(item: &Item) -> Option<ResultStatus> {
    enumeration(item.child(tag::RESULT_STATUS)?).map(ResultStatus)
}

fn enumeration(item: &Item) -> Option<u32> {
    match item.value()? {
        kmipspec_protocol::ttlv::Value::Enumeration(value) => Some(value),
        _ => None,
    }
}
