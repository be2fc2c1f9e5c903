//! Request Message: a header and its batch items, each of which may fail on its own.

use super::header::stated_version;
use super::{BatchItemError, DecodeError, FieldValue, Fields, Reading, RequestBatchItem, RequestHeader, UnknownFields};
use crate::registry::{ResultReason, tag};
use crate::ttlv::{Diag, Doc, ItemRef, Writer};
use crate::version::{ProtocolVersion, Version};
use std::fmt;

/// A request whose header could be read (1.4 §7.1, 2.1 §8.1).
#[derive(Clone, Debug, PartialEq)]
pub struct RequestMessage<'d> {
    /// The header.
    pub header: RequestHeader<'d>,
    /// How it was read: the version whose layouts apply, and whether unknown fields were skipped.
    pub reading: Reading,
    /// The batch items, in order.
    pub batch_items: Vec<Result<RequestBatchItem<'d>, BatchItemError<'d>>>,
}

impl<'d> RequestMessage<'d> {
    /// Reads a request of any published version.
    pub fn decode(doc: &'d Doc<'_>) -> Result<Self, MessageError> {
        Self::decode_for(doc, &Version::ALL)
    }

    /// Reads a request as a receiver does that supports these versions.
    ///
    /// Damage that a lenient [`Doc`] carries inside a batch item fails that item, any other damage the message.
    pub fn decode_for(doc: &'d Doc<'_>, supported: &[Version]) -> Result<Self, MessageError> {
        let root = doc.root().filter(|root| root.tag() == tag::REQUEST_MESSAGE).ok_or(MessageError::NotARequest)?;
        let header = root
            .child(tag::REQUEST_HEADER)
            .ok_or(MessageError::Unversioned(DecodeError::Missing { tag: tag::REQUEST_HEADER, at: root.offset() }))?;
        let sent = stated_version(header).map_err(MessageError::Unversioned)?;
        let reading = Reading::of(sent, supported).ok_or(MessageError::Version(sent))?;
        let broken = |error| MessageError::Header { sent, error };
        let mut fields = Fields::new(root, reading).map_err(broken)?;
        let header = RequestHeader::read(fields.req(tag::REQUEST_HEADER).map_err(broken)?, reading).map_err(broken)?;
        let items = batch(&mut fields);
        fields.finish().map_err(broken)?;
        let wrong_count = header.batch_count.is_some_and(|stated| usize::try_from(stated) != Ok(items.len()));
        if wrong_count || items.is_empty() {
            return Err(MessageError::BatchCount { sent, stated: header.batch_count, found: items.len() });
        }
        let count = items.len();
        // The first fault of each batch item; one outside all of them is the message's. Items stand in order of offset.
        let mut damage: Vec<Option<Diag>> = vec![None; items.len()];
        for diag in doc.diags() {
            let after = items.partition_point(|item| item.value_offset() <= diag.at());
            let Some(index) = after.checked_sub(1).filter(|i| items.get(*i).is_some_and(|item| holds(*item, diag)))
            else {
                return Err(MessageError::Damaged { sent, diag: *diag });
            };
            if let Some(first) = damage.get_mut(index) {
                first.get_or_insert(*diag);
            }
        }
        let batch_items = items
            .into_iter()
            .zip(damage)
            .map(|(item, damage)| {
                if let Some(diag) = damage {
                    let error = DecodeError::Malformed { tag: damaged_tag(doc, &diag, item), at: diag.at() };
                    return Err(BatchItemError::salvage(item, error));
                }
                RequestBatchItem::decode_in_batch(item, count, reading)
            })
            .collect();
        Ok(Self { header, reading, batch_items })
    }

    /// Writes the message at the version of its reading; items that could not be read are left out.
    pub fn encode(&self, w: &mut Writer) {
        let version = self.reading.version;
        w.begin(tag::REQUEST_MESSAGE);
        self.header.encode(w, version);
        for item in self.batch_items.iter().flatten() {
            item.encode(w, version);
        }
        w.end();
    }

    /// Whether the sender's version is one the receiver does not have in full.
    pub fn is_of_later_version(&self) -> bool {
        self.reading.unknown == UnknownFields::Ignore
    }
}

/// The batch items that stand next.
pub(super) fn batch<'d>(fields: &mut Fields<'d>) -> Vec<ItemRef<'d>> {
    std::iter::from_fn(|| fields.next_of(tag::BATCH_ITEM)).collect()
}

/// Whether the damage lies inside the item.
fn holds(item: ItemRef<'_>, diag: &Diag) -> bool {
    // Damage to the batch item's own header leaves its end in doubt, so it counts as the message's.
    diag.at() >= item.value_offset() && diag.at() < item.end()
}

/// The tag of the damaged item, or of the batch item around it.
fn damaged_tag(doc: &Doc<'_>, diag: &Diag, around: ItemRef<'_>) -> crate::ttlv::Tag {
    diag.node().and_then(|node| doc.item(node)).unwrap_or(around).tag()
}

/// A request that cannot be answered item by item: the response has one batch item without Operation (EG-001, EG-011).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageError {
    /// The outermost item is no Request Message.
    NotARequest,
    /// No Protocol Version could be read, so nothing else can be.
    Unversioned(DecodeError),
    /// No layouts for this version (EG-001).
    Version(ProtocolVersion),
    /// The header, or what surrounds the batch items, cannot be read.
    Header {
        /// The version it states.
        sent: ProtocolVersion,
        /// What is wrong.
        error: DecodeError,
    },
    /// Batch Count is not the number of batch items, or there is none.
    BatchCount {
        /// The version it states.
        sent: ProtocolVersion,
        /// Batch Count, at versions that have it.
        stated: Option<i32>,
        /// Batch items there.
        found: usize,
    },
    /// Bytes outside the batch items make no sense.
    Damaged {
        /// The version it states.
        sent: ProtocolVersion,
        /// What is wrong.
        diag: Diag,
    },
}

impl MessageError {
    /// The version the request states, if one could be read.
    pub fn sent(&self) -> Option<ProtocolVersion> {
        match self {
            Self::NotARequest | Self::Unversioned(_) => None,
            Self::Version(sent)
            | Self::Header { sent, .. }
            | Self::BatchCount { sent, .. }
            | Self::Damaged { sent, .. } => Some(*sent),
        }
    }

    /// The Result Reason to answer with at version `answer`: Invalid Message (EG-001, EG-011), or Invalid Field where
    /// an unknown field is the cause (EG-005); 2.0 has a reason of its own for the version.
    pub fn reason(&self, answer: Version) -> ResultReason {
        match self {
            Self::Header { error, .. } | Self::Unversioned(error) => error.reason(),
            Self::Version(_) if answer >= Version::V2_0 => ResultReason::UNSUPPORTED_PROTOCOL_VERSION,
            Self::NotARequest | Self::Version(_) | Self::BatchCount { .. } | Self::Damaged { .. } => {
                ResultReason::INVALID_MESSAGE
            }
        }
    }
}

impl fmt::Display for MessageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotARequest => f.write_str("the message is no Request Message"),
            Self::Unversioned(error) | Self::Header { error, .. } => error.fmt(f),
            Self::Version(sent) => write!(f, "protocol version {sent} is not supported"),
            Self::BatchCount { stated: Some(stated), found, .. } => {
                write!(f, "Batch Count is {stated}, and there are {found} batch items")
            }
            Self::BatchCount { stated: None, found, .. } => write!(f, "there are {found} batch items"),
            Self::Damaged { diag, .. } => diag.fmt(f),
        }
    }
}

impl std::error::Error for MessageError {}
