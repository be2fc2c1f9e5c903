//! Response Message: a header and its batch items.

use super::header::stated_version;
use super::request::batch;
use super::{BatchItemError, DecodeError, FieldValue, Fields, Reading, ResponseBatchItem, ResponseHeader};
use crate::registry::tag;
use crate::ttlv::{Doc, Writer};
use crate::version::ProtocolVersion;

/// A response whose header could be read (1.4 §7.1, 2.1 §8.4).
#[derive(Clone, Debug, PartialEq)]
pub struct ResponseMessage<'d> {
    /// The header.
    pub header: ResponseHeader<'d>,
    /// How it was read.
    pub reading: Reading,
    /// The batch items, in order.
    pub batch_items: Vec<Result<ResponseBatchItem<'d>, BatchItemError<'d>>>,
}

impl<'d> ResponseMessage<'d> {
    /// Reads a response at the version the request had, whatever the response says about its own.
    ///
    /// Batch Count is not compared with the items: that is for the reader's caller to judge.
    pub fn decode(doc: &'d Doc<'_>, reading: impl Into<Reading>) -> Result<Self, DecodeError> {
        let reading = reading.into();
        let missing = DecodeError::Missing { tag: tag::RESPONSE_MESSAGE, at: 0 };
        let root = doc.root().filter(|root| root.tag() == tag::RESPONSE_MESSAGE).ok_or(missing)?;
        let mut fields = Fields::new(root, reading)?;
        let header = ResponseHeader::read(fields.req(tag::RESPONSE_HEADER)?, reading)?;
        let items = batch(&mut fields);
        fields.finish()?;
        let batch_items = items
            .into_iter()
            .map(|item| ResponseBatchItem::read(item, reading).map_err(|error| BatchItemError::salvage(item, error)))
            .collect();
        Ok(Self { header, reading, batch_items })
    }

    /// The version a response states, without reading anything else.
    pub fn version_of(doc: &Doc<'_>) -> Option<ProtocolVersion> {
        let header = doc.root()?.child(tag::RESPONSE_HEADER)?;
        stated_version(header).ok()
    }

    /// Writes the message at the version of its reading; items that could not be read are left out.
    pub fn encode(&self, w: &mut Writer) {
        let version = self.reading.version;
        w.begin(tag::RESPONSE_MESSAGE);
        self.header.encode(w, version);
        for item in self.batch_items.iter().flatten() {
            item.encode(w, version);
        }
        w.end();
    }
}
