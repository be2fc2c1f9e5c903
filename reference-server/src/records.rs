//! Typed records of one client: a structure of the protocol as the value, the client's name as the key.

use crate::context::Context;
use kmipspec_protocol::message::{FieldValue, Reading, to_item};
use kmipspec_protocol::ttlv::{Doc, Limits, Tag};
use kmipspec_protocol::version::Version;

/// The version records are written in.
const VERSION: Version = Version::V2_1;

/// Writes the client's record, or takes it away.
pub(crate) fn put<'d>(context: &mut Context<'_>, table: &'static str, tag: Tag, value: Option<&impl FieldValue<'d>>) {
    let bytes = value.map(|value| to_item(value, tag, VERSION).encode());
    context.transaction.put_record(table, context.client, bytes.as_deref());
}

/// The client's record.
pub(crate) fn get(context: &Context<'_>, table: &'static str) -> Option<Doc<'static>> {
    let bytes = context.transaction.record(table, context.client)?;
    Doc::strict_owned(bytes.to_vec(), &Limits::default()).ok()
}

/// What a record holds.
pub(crate) fn read<'d, T: FieldValue<'d>>(doc: &'d Doc<'_>) -> Option<T> {
    T::read(doc.root()?, Reading::from(VERSION)).ok()
}
