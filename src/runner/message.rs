//! The runner's own requests (discovery, sanity, cleanup) and what it reads off answers.

use crate::client::Password;
use kmipspec_protocol::registry::{CredentialType, Operation, ResultReason, ResultStatus, tag};
use kmipspec_protocol::ttlv::{Doc, Item, ItemRef, Limits, Tag};
use kmipspec_protocol::version::Version;

/// A request message with one batch item (1.0 §7.1, 2.1 §8).
pub(crate) fn request(
    version: Version,
    authentication: Option<&Item>,
    operation: Operation,
    payload: Vec<Item>,
) -> Vec<u8> {
    of(version, authentication, Vec::new(), vec![batch_item(operation, None, payload)])
}

/// A request message; `more_of_header` is what stands between Authentication and Batch Count.
pub(super) fn of(
    version: Version,
    authentication: Option<&Item>,
    more_of_header: Vec<Item>,
    batch_items: Vec<Item>,
) -> Vec<u8> {
    let mut header = vec![Item::structure(
        tag::PROTOCOL_VERSION,
        vec![
            Item::integer(tag::PROTOCOL_VERSION_MAJOR, version.major()),
            Item::integer(tag::PROTOCOL_VERSION_MINOR, version.minor()),
        ],
    )];
    header.extend(authentication.cloned());
    header.extend(more_of_header);
    // 3.0 counts no batch items.
    if version < Version::V3_0 {
        header.push(Item::integer(tag::BATCH_COUNT, i32::try_from(batch_items.len()).unwrap_or(i32::MAX)));
    }
    let message = [vec![Item::structure(tag::REQUEST_HEADER, header)], batch_items].concat();
    Item::structure(tag::REQUEST_MESSAGE, message).encode()
}

/// A batch item of a request; with its Unique Batch Item ID where there are several.
pub(super) fn batch_item(operation: Operation, id: Option<&[u8]>, payload: Vec<Item>) -> Item {
    let mut item = vec![Item::enumeration(tag::OPERATION, operation.0)];
    item.extend(id.map(|id| Item::bytes(tag::UNIQUE_BATCH_ITEM_ID, id)));
    item.push(Item::structure(tag::REQUEST_PAYLOAD, payload));
    Item::structure(tag::BATCH_ITEM, item)
}

/// The Authentication structure of a request header for a user name and password (1.0 §6.6 and §2.1.2).
pub(crate) fn authentication(password: &Password) -> Item {
    let value = vec![
        Item::text(tag::USERNAME, password.username.clone()),
        Item::text(tag::PASSWORD, password.password.clone()),
    ];
    let credential = vec![
        Item::enumeration(tag::CREDENTIAL_TYPE, CredentialType::USERNAME_AND_PASSWORD.0),
        Item::structure(tag::CREDENTIAL_VALUE, value),
    ];
    Item::structure(tag::AUTHENTICATION, vec![Item::structure(tag::CREDENTIAL, credential)])
}

/// The operations of a request, as far as they can be read.
pub(crate) fn operations(request: &[u8]) -> Vec<u32> {
    batch_items(&tree(request)).filter_map(operation_of).map(|operation| operation.0).collect()
}

/// The first batch item of an answer, as far as it can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Answer {
    /// Whether the message is a Response Message at all.
    pub(super) is_response: bool,
    /// Result Status.
    pub(super) status: Option<ResultStatus>,
    /// Result Reason.
    pub(super) reason: Option<ResultReason>,
    /// Result Message.
    pub(super) message: Option<String>,
}

impl Answer {
    /// Reads the first batch item.
    pub(super) fn read(doc: &Doc<'_>) -> Self {
        let Some(root) = doc.root() else { return Self::default() };
        let item = root.child(tag::BATCH_ITEM);
        let of = |tag| item.and_then(|i| i.child(tag));
        Self {
            is_response: root.tag() == tag::RESPONSE_MESSAGE,
            status: of(tag::RESULT_STATUS).and_then(ItemRef::as_u32).map(ResultStatus),
            reason: of(tag::RESULT_REASON).and_then(ItemRef::as_u32).map(ResultReason),
            message: of(tag::RESULT_MESSAGE).and_then(ItemRef::as_text).map(str::to_owned),
        }
    }

    /// Whether the operation was carried out.
    pub(super) fn succeeded(&self) -> bool {
        self.is_response && self.status == Some(ResultStatus::SUCCESS)
    }

    /// For people: `OperationFailed, InvalidMessage ("unsupported version")`.
    pub(super) fn describe(&self) -> String {
        if !self.is_response {
            return "not a Response Message".to_owned();
        }
        let Some(status) = self.status else { return "no Result Status".to_owned() };
        let mut text = name_or_number(status.name(), status.0);
        if let Some(reason) = self.reason {
            text.push_str(", ");
            text.push_str(&name_or_number(reason.name(), reason.0));
        }
        if let Some(message) = &self.message {
            let short: String = message.chars().filter(|c| !c.is_control()).take(120).collect();
            text.push_str(&format!(" ({short:?})"));
        }
        text
    }
}

/// A message as a tree, whatever is wrong with it.
pub(crate) fn tree(bytes: &[u8]) -> Doc<'_> {
    Doc::lenient(bytes, &Limits::default())
}

/// The batch items of a message.
pub(crate) fn batch_items<'d>(doc: &'d Doc<'_>) -> impl Iterator<Item = ItemRef<'d>> {
    let children = doc.root().into_iter().flat_map(ItemRef::children);
    children.filter(|i| i.tag() == tag::BATCH_ITEM)
}

/// The operation a batch item names.
pub(crate) fn operation_of(item: ItemRef<'_>) -> Option<Operation> {
    item.child(tag::OPERATION).and_then(ItemRef::as_u32).map(Operation)
}

/// Enumerations with this tag inside the payload of the first batch item.
pub(super) fn payload_numbers(doc: &Doc<'_>, wanted: Tag) -> Vec<u32> {
    let payload = batch_items(doc).next().and_then(|i| i.child(tag::RESPONSE_PAYLOAD));
    let children = payload.into_iter().flat_map(ItemRef::children);
    children.filter(|i| i.tag() == wanted).filter_map(ItemRef::as_u32).collect()
}

/// A number of the standard with its name where there is one.
pub(super) fn name_or_number(name: Option<&str>, number: u32) -> String {
    name.map_or_else(|| format!("0x{number:08X}"), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_what_the_standard_prints() {
        // Query for Operations in 1.0, the layout of 1.0 §7.1 written out by hand.
        let bytes = request(Version::V1_0, None, Operation::QUERY, vec![Item::enumeration(tag::QUERY_FUNCTION, 1)]);
        let by_hand = concat!(
            "4200780100000070",
            "4200770100000038",
            "4200690100000020",
            "42006A02000000040000000100000000",
            "42006B02000000040000000000000000",
            "42000D02000000040000000100000000",
            "42000F0100000028",
            "42005C05000000040000001800000000",
            "4200790100000010",
            "42007405000000040000000100000000",
        );
        let hex: String = bytes.iter().map(|b| format!("{b:02X}")).collect();
        assert_eq!(hex, by_hand);
    }

    #[test]
    fn an_answer_is_described_in_one_line() {
        let item = Item::structure(
            tag::BATCH_ITEM,
            vec![
                Item::enumeration(tag::RESULT_STATUS, ResultStatus::OPERATION_FAILED.0),
                Item::enumeration(tag::RESULT_REASON, ResultReason::INVALID_MESSAGE.0),
                Item::text(tag::RESULT_MESSAGE, "bad\nversion"),
            ],
        );
        let bytes = Item::structure(tag::RESPONSE_MESSAGE, vec![item]).encode();
        let answer = Answer::read(&tree(&bytes));
        assert!(!answer.succeeded());
        assert_eq!(answer.describe(), "OperationFailed, InvalidMessage (\"badversion\")");
    }
}
