//! Layer 2, tree <-> typed envelope: headers, batch items, credentials, and how any structure is read field by field.
//!
//! [`RequestMessage::decode`] tells a message nobody can read (the header, the version: [`MessageError`]) from a batch
//! item that cannot be read ([`BatchItemError`]); the rest of the batch is not touched by the latter.

mod any_item;
mod batch_item;
mod credential;
mod data;
mod error;
mod field;
mod fields;
mod header;
mod own_item;
mod reading;
mod request;
mod response;
mod structure;
#[cfg(test)]
mod tests;
mod unique_identifier;

pub use any_item::AnyItem;
pub use batch_item::{BatchItemError, MessageExtension, RequestBatchItem, ResponseBatchItem};
pub use credential::{
    AttestationCredential, Credential, DeviceCredential, HashedPasswordCredential, Nonce, OneTimePasswordCredential,
    Ticket, UsernameAndPasswordCredential,
};
pub use data::Data;
pub use error::DecodeError;
pub use field::{BigInteger, ByteString, DateTime, DateTimeExtended, Field, FieldValue, Interval};
pub use fields::Fields;
pub(crate) use fields::{no_value, wrong_type};
pub use header::{AsynchronousIndicator, Authentication, Ephemeral, RequestHeader, ResponseHeader};
pub use own_item::{from_item, to_item, with_item};
pub use reading::{Reading, UnknownFields};
pub use request::{MessageError, RequestMessage};
pub use response::ResponseMessage;
pub(crate) use structure::structure;
pub use unique_identifier::UniqueIdentifier;
