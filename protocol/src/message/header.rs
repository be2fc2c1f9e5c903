//! Request Header and Response Header (1.4 §7.2, 2.1 §8.2 and §8.5).

use super::fields::{no_value, wrong_type};
use super::{Credential, DateTime, DecodeError, FieldValue, Fields, Nonce, Reading, structure};
use crate::registry::{self, AttestationType, BatchErrorContinuationOption, tag};
use crate::ttlv::{ItemRef, ItemType, Tag, Writer};
use crate::version::{ProtocolVersion, Version};
use std::borrow::Cow;

structure! {
    /// What a request says about itself and all its batch items.
    pub struct RequestHeader<'d> in REQUEST_HEADER {
        /// The version of the message.
        protocol_version: ProtocolVersion = PROTOCOL_VERSION,
        /// Largest response the client takes, in bytes.
        maximum_response_size: Option<i32> = MAXIMUM_RESPONSE_SIZE,
        /// The client's own mark, echoed.
        client_correlation_value: Option<Cow<'d, str>> = CLIENT_CORRELATION_VALUE since V1_4,
        /// The server's mark from an earlier response.
        server_correlation_value: Option<Cow<'d, str>> = SERVER_CORRELATION_VALUE since V1_4,
        /// Whether the answer may come later.
        asynchronous_indicator: Option<AsynchronousIndicator> = ASYNCHRONOUS_INDICATOR,
        /// Whether the client can attest.
        attestation_capable_indicator: Option<bool> = ATTESTATION_CAPABLE_INDICATOR since V1_2,
        /// The kinds of attestation it can.
        attestation_types: Vec<AttestationType> = ATTESTATION_TYPE since V1_2,
        /// Who is asking.
        authentication: Option<Authentication<'d>> = AUTHENTICATION,
        /// What happens to the batch when an item fails; Stop if omitted.
        batch_error_continuation_option: Option<BatchErrorContinuationOption> = BATCH_ERROR_CONTINUATION_OPTION,
        /// Whether the items run in order; if omitted, false at 1.x and true at 2.x. 3.0 has no other order.
        batch_order_option: Option<bool> = BATCH_ORDER_OPTION until V2_1,
        /// When it was sent.
        time_stamp: Option<DateTime> = TIME_STAMP,
        /// How many batch items follow; 3.0 does not say.
        batch_count: Option<i32> = BATCH_COUNT until V2_1 needed_until V2_1,
    }
}

impl RequestHeader<'static> {
    /// A header with what has to be there.
    pub fn new(protocol_version: impl Into<ProtocolVersion>, batch_count: i32) -> Self {
        Self {
            protocol_version: protocol_version.into(),
            maximum_response_size: None,
            client_correlation_value: None,
            server_correlation_value: None,
            asynchronous_indicator: None,
            attestation_capable_indicator: None,
            attestation_types: Vec::new(),
            authentication: None,
            batch_error_continuation_option: None,
            batch_order_option: None,
            time_stamp: None,
            batch_count: Some(batch_count),
        }
    }
}

impl RequestHeader<'_> {
    /// Batch Order Option with its default: false at 1.x (1.4 §7.2), true at 2.x (2.1 §8.2) and, without the option, at 3.0.
    pub fn batch_order(&self, version: Version) -> bool {
        self.batch_order_option.unwrap_or(version >= Version::V2_0)
    }

    /// Batch Error Continuation Option with its default, Stop.
    pub fn batch_error_continuation(&self) -> BatchErrorContinuationOption {
        self.batch_error_continuation_option.unwrap_or(BatchErrorContinuationOption::STOP)
    }
}

structure! {
    /// What a response says about itself and all its batch items.
    pub struct ResponseHeader<'d> in RESPONSE_HEADER {
        /// The version of the message.
        protocol_version: ProtocolVersion = PROTOCOL_VERSION,
        /// When it was sent.
        time_stamp: DateTime = TIME_STAMP,
        /// For the client to attest over.
        nonce: Option<Nonce<'d>> = NONCE since V1_2,
        /// Proof that the server knows the password too, if the request had a Hashed Password credential.
        server_hashed_password: Option<Cow<'d, [u8]>> = SERVER_HASHED_PASSWORD since V2_0,
        /// The kinds of attestation the server takes.
        attestation_types: Vec<AttestationType> = ATTESTATION_TYPE since V1_2,
        /// The client's mark, echoed.
        client_correlation_value: Option<Cow<'d, str>> = CLIENT_CORRELATION_VALUE since V1_4,
        /// The server's own mark.
        server_correlation_value: Option<Cow<'d, str>> = SERVER_CORRELATION_VALUE since V1_4,
        /// How many batch items follow; 3.0 does not say.
        batch_count: Option<i32> = BATCH_COUNT until V2_1 needed_until V2_1,
    }
}

impl ResponseHeader<'static> {
    /// A header with what has to be there.
    pub fn new(protocol_version: impl Into<ProtocolVersion>, time_stamp: DateTime, batch_count: i32) -> Self {
        Self {
            protocol_version: protocol_version.into(),
            time_stamp,
            nonce: None,
            server_hashed_password: None,
            attestation_types: Vec::new(),
            client_correlation_value: None,
            server_correlation_value: None,
            batch_count: Some(batch_count),
        }
    }
}

/// Asynchronous Indicator: a Boolean at 1.x (1.4 §6.7), an Enumeration at 2.x (2.1 §9.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AsynchronousIndicator {
    /// 1.x: whether the client can poll.
    Boolean(bool),
    /// 2.x: whether the client must, can or cannot be made to poll.
    Enumeration(registry::AsynchronousIndicator),
}

impl<'d> FieldValue<'d> for AsynchronousIndicator {
    fn read(item: ItemRef<'d>, reading: Reading) -> Result<Self, DecodeError> {
        if reading.version < Version::V2_0 {
            item.as_bool().map(Self::Boolean).ok_or_else(|| no_value(item, ItemType::BOOLEAN))
        } else {
            registry::AsynchronousIndicator::read(item, reading).map(Self::Enumeration)
        }
    }
    fn write(&self, w: &mut Writer, tag: Tag, _: Version) {
        match self {
            Self::Boolean(yes) => w.boolean(tag, *yes),
            Self::Enumeration(of) => w.enumeration(tag, of.0),
        }
    }
}

/// Ephemeral: whether something of the answer is kept back. A Boolean at 2.x (2.1 §8.3), an Enumeration at 3.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ephemeral {
    /// 2.x: whether the output data is kept back.
    Boolean(bool),
    /// 3.0: what is kept back.
    Enumeration(registry::Ephemeral),
}

impl<'d> FieldValue<'d> for Ephemeral {
    fn read(item: ItemRef<'d>, reading: Reading) -> Result<Self, DecodeError> {
        if reading.version < Version::V3_0 {
            item.as_bool().map(Self::Boolean).ok_or_else(|| no_value(item, ItemType::BOOLEAN))
        } else {
            registry::Ephemeral::read(item, reading).map(Self::Enumeration)
        }
    }
    fn write(&self, w: &mut Writer, tag: Tag, _: Version) {
        match self {
            Self::Boolean(yes) => w.boolean(tag, *yes),
            Self::Enumeration(of) => w.enumeration(tag, of.0),
        }
    }
}

/// Authentication: one Credential at 1.0 and 1.1, one or more from 1.2 on.
#[derive(Clone, Debug, PartialEq)]
pub struct Authentication<'d> {
    /// The credentials, at least one.
    pub credentials: Vec<Credential<'d>>,
}

impl<'d> FieldValue<'d> for Authentication<'d> {
    fn read(item: ItemRef<'d>, reading: Reading) -> Result<Self, DecodeError> {
        let mut fields = Fields::new(item, reading)?;
        let mut credentials = Vec::new();
        while let Some(credential) = fields.next_of(tag::CREDENTIAL) {
            if !credentials.is_empty() && reading.version < Version::V1_2 {
                return Err(DecodeError::Repeated { tag: tag::CREDENTIAL, at: credential.offset() });
            }
            credentials.push(Credential::read(credential, reading)?);
        }
        fields.finish()?;
        if credentials.is_empty() {
            return Err(DecodeError::Missing { tag: tag::CREDENTIAL, at: item.offset() });
        }
        Ok(Self { credentials })
    }
    fn write(&self, w: &mut Writer, tag: Tag, version: Version) {
        w.begin(tag);
        for credential in &self.credentials {
            credential.write(w, tag::CREDENTIAL, version);
        }
        w.end();
    }
}

/// The version a header states, read before it is known how to read the rest.
pub(super) fn stated_version(header: ItemRef<'_>) -> Result<ProtocolVersion, DecodeError> {
    if header.ty() != ItemType::STRUCTURE {
        return Err(wrong_type(header, ItemType::STRUCTURE));
    }
    let missing = DecodeError::Missing { tag: tag::PROTOCOL_VERSION, at: header.offset() };
    let version = header.child(tag::PROTOCOL_VERSION).ok_or(missing)?;
    ProtocolVersion::read(version, Version::V1_0.into())
}
