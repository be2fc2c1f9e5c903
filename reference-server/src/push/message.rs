//! The messages a server sends to a client, and what it reads in the answers (1.4 §5, §7.2; 2.1 §6.2).

use crate::attributes::{Attribute, visible};
use crate::object::StoredObject;
use kmipspec_protocol::attributes::Attributes;
use kmipspec_protocol::message::{DateTime, DecodeError, RequestHeader};
use kmipspec_protocol::objects::AnyObject;
use kmipspec_protocol::operations::{discover_versions, notify, put, query, set_endpoint_role};
use kmipspec_protocol::registry::{
    EndpointRole, Operation, PutFunction, QueryFunction, ResultReason, ResultStatus, tag,
};
use kmipspec_protocol::ttlv::{Doc, ItemRef, Writer};
use kmipspec_protocol::version::{ProtocolVersion, Version};
use std::borrow::Cow;

/// What the header of a request says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    /// Protocol Version.
    pub(super) version: Version,
    /// Time Stamp: required in requests of a server (1.0 §6.5).
    pub(super) now: i64,
    /// Number of the message, for the Server Correlation Value that 1.4 §6.20 wants in them.
    pub(super) number: u64,
}

/// A request with one batch item. Maximum Response Size, Asynchronous Indicator, Batch Error Continuation Option and Batch Order
/// Option are not allowed here (1.4 §5.1), so there is no batch to speak of.
fn request(head: Head, operation: Operation, payload: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut w = Writer::new();
    w.begin(tag::REQUEST_MESSAGE);
    let mut header = RequestHeader::new(head.version, 1);
    header.time_stamp = Some(DateTime(head.now));
    let correlation;
    if head.version >= Version::V1_4 {
        correlation = format!("kmipspec-{}", head.number);
        header.server_correlation_value = Some(Cow::Owned(correlation));
    }
    header.encode(&mut w, head.version);
    w.begin(tag::BATCH_ITEM);
    w.enumeration(tag::OPERATION, operation.0);
    payload(&mut w);
    w.end();
    w.end();
    w.finish()
}

/// Notify; nothing when the version has none of the attributes. `values` false leaves Last Change Date alone with its value.
pub(super) fn notify(
    head: Head,
    object: &StoredObject,
    changed: &[Attribute],
    deleted: &[Attribute],
    values: bool,
) -> Option<Vec<u8>> {
    let version = head.version;
    let date = object.attribute(tag::LAST_CHANGE_DATE);
    let mut shown: Vec<Attribute> = Vec::with_capacity(changed.len().saturating_add(1));
    if values {
        shown.extend(
            changed.iter().filter(|a| a.value.tag != tag::LAST_CHANGE_DATE).filter_map(|a| visible(a, version)),
        );
    }
    let gone: Vec<Attribute> = deleted.iter().filter_map(|a| visible(a, version)).collect();
    let seen = changed.iter().any(|a| visible(a, version).is_some());
    if !seen && gone.is_empty() {
        return None;
    }
    // 1.4 §5.1: at least the Last Change Date.
    shown.extend(date.and_then(|date| visible(date, version)));
    if version >= Version::V2_0 {
        let payload = notify::Request {
            unique_identifier: object.id.as_str().into(),
            attributes: Some(shown.into()),
            deleted: gone.into_iter().map(|a| a.key).collect(),
        };
        return Some(request(head, Operation::NOTIFY, |w| payload.encode(w, version)));
    }
    Some(request(head, Operation::NOTIFY, |w| {
        w.begin(tag::REQUEST_PAYLOAD);
        w.text(tag::UNIQUE_IDENTIFIER, &object.id);
        Attributes::from(shown).encode(w, version);
        // 1.4 §5.1: one that was deleted has no Attribute Value, which a list of attributes cannot say.
        for attribute in &gone {
            w.begin(tag::ATTRIBUTE);
            w.text(tag::ATTRIBUTE_NAME, &attribute.key.v1_name());
            if let Some(index) = attribute.index {
                w.integer(tag::ATTRIBUTE_INDEX, index);
            }
            w.end();
        }
        w.end();
    }))
}

/// Put with all attributes the version has; nothing when the object cannot be sent: destroyed, of a type the version does not
/// have, never to leave the server, or only wrapped (no key wrapping specification was agreed on).
pub(super) fn put(head: Head, object: &StoredObject, replaced: Option<&str>) -> Option<Vec<u8>> {
    let version = head.version;
    let material = object.material.as_ref().filter(|material| !material.lacks_key_value())?;
    let kept = object.boolean(tag::EXTRACTABLE) == Some(false) || object.boolean(tag::SENSITIVE) == Some(true);
    if !object.object_type.exists(version) || kept {
        return None;
    }
    let attributes: Vec<Attribute> = object.attributes.iter().filter_map(|a| visible(a, version)).collect();
    let payload = put::Request {
        unique_identifier: object.id.as_str().into(),
        put_function: if replaced.is_some() { PutFunction::REPLACE } else { PutFunction::NEW },
        replaced_unique_identifier: replaced.map(Into::into),
        object: AnyObject::from(material.clone()),
        attributes: Some(attributes.into()),
    };
    Some(request(head, Operation::PUT, |w| payload.encode(w, version)))
}

/// Discover Versions of the server: what it speaks, best first.
pub(super) fn discover_versions(head: Head, ours: &[Version]) -> Vec<u8> {
    let protocol_versions = ours.iter().copied().map(ProtocolVersion::from).collect();
    let payload = discover_versions::Request { protocol_versions };
    request(head, Operation::DISCOVER_VERSIONS, |w| payload.encode(w, head.version))
}

/// Query of the server: what the client can.
pub(super) fn query(head: Head) -> Vec<u8> {
    let query_functions = vec![
        QueryFunction::QUERY_OPERATIONS,
        QueryFunction::QUERY_OBJECTS,
        QueryFunction::QUERY_SERVER_INFORMATION,
        QueryFunction::QUERY_ATTESTATION_TYPES,
        QueryFunction::QUERY_PROFILES,
        QueryFunction::QUERY_CAPABILITIES,
    ];
    let payload = query::Request { query_functions, object_groups: None };
    request(head, Operation::QUERY, |w| payload.encode(w, head.version))
}

/// Set Endpoint Role of the server: the role that the other side is to play (2.1 §6.2.5).
pub(super) fn set_endpoint_role(head: Head, role: EndpointRole) -> Vec<u8> {
    let payload = set_endpoint_role::Request { endpoint_role: role };
    request(head, Operation::SET_ENDPOINT_ROLE, |w| payload.encode(w, head.version))
}

/// What a client can, as far as it told.
#[derive(Clone, Debug, Default)]
pub(super) struct ClientInformation {
    /// Operations, its own requests and ours mixed (1.4 §5.3 does not tell them apart).
    pub(super) operations: Vec<u32>,
    /// Types of object it can hold.
    pub(super) object_types: Vec<u32>,
    /// Who made it.
    pub(super) vendor: String,
    /// Profiles.
    pub(super) profiles: Vec<u32>,
}

impl ClientInformation {
    /// From the Response Payload of Query.
    pub(super) fn read(payload: ItemRef<'_>, version: Version) -> Result<Self, DecodeError> {
        let answer = query::Response::decode(payload, version)?;
        Ok(Self {
            operations: answer.operations.iter().map(|o| o.0).collect(),
            object_types: answer.object_types.iter().map(|o| o.0).collect(),
            vendor: answer.vendor_identification.unwrap_or_default().into_owned(),
            profiles: answer.profile_information.iter().map(|p| p.profile_name.0).collect(),
        })
    }

    /// Whether to send it this operation: not if it names the other of Notify and Put only.
    pub(super) fn takes(&self, operation: Operation) -> bool {
        let named = |o: Operation| self.operations.contains(&o.0);
        named(operation) || !(named(Operation::NOTIFY) || named(Operation::PUT))
    }

    /// Whether it can hold objects of this type: all, if it named none.
    pub(super) fn holds(&self, object_type: u32) -> bool {
        self.object_types.is_empty() || self.object_types.contains(&object_type)
    }
}

/// What a client answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    /// Whether it did what was asked.
    pub(super) status: ResultStatus,
    /// Why not.
    pub(super) reason: Option<ResultReason>,
    /// The same for people.
    pub(super) message: String,
    /// Version of the answer.
    pub(super) version: Option<ProtocolVersion>,
}

impl Reply {
    /// The one batch item of an answer; nothing if the message is none, or is about another operation.
    pub(super) fn read(doc: &Doc<'_>, operation: Operation) -> Option<Self> {
        let root = doc.root().filter(|root| root.tag() == tag::RESPONSE_MESSAGE)?;
        let item = root.child(tag::BATCH_ITEM)?;
        let about = item.child(tag::OPERATION).and_then(ItemRef::as_u32);
        let status = ResultStatus(item.child(tag::RESULT_STATUS)?.as_u32()?);
        // An answer to what could not be read names no operation.
        let fits = about == Some(operation.0) || (about.is_none() && status != ResultStatus::SUCCESS);
        fits.then(|| Self {
            status,
            reason: item.child(tag::RESULT_REASON).and_then(ItemRef::as_u32).map(ResultReason),
            message: item.child(tag::RESULT_MESSAGE).and_then(ItemRef::as_text).unwrap_or_default().to_owned(),
            version: kmipspec_protocol::message::ResponseMessage::version_of(doc),
        })
    }
}

/// The Response Payload of an answer.
pub(super) fn payload<'d>(doc: &'d Doc<'_>) -> Option<ItemRef<'d>> {
    doc.root()?.child(tag::BATCH_ITEM)?.child(tag::RESPONSE_PAYLOAD)
}
