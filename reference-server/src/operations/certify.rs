//! Certify: a certificate for a public key, from the server's own authority (1.0 §4.6, 1.4 §4.7, 2.1 §6.1.6).

use crate::attributes::{Attribute, invalid_value, value_of};
use crate::certification::{self, LIFETIME};
use crate::context::Context;
use crate::creation::requested_attributes;
use crate::failure::{Failure, Outcome};
use crate::key_pair;
use crate::object::StoredObject;
use crate::protection;
use crate::x509::request::CertificateRequest;
use crate::x509::subject_name;
use kmipspec_protocol::operations::certify::{Request, Response};
use kmipspec_protocol::registry::{LinkType, ObjectType, tag};
use kmipspec_protocol::ttlv::{ItemRef, Writer};
use kmipspec_protocol::version::Version;
use std::sync::Arc;
use x509_cert::name::Name;
use x509_cert::spki::SubjectPublicKeyInfoOwned;

/// The identifier names a public key, from 2.0 on also a Certificate Request; there it may be left out where the request itself is
/// given. Public key and certificate are linked to each other.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let version = context.version;
    let request = Request::decode(payload, context.reading)?;
    protection::check(request.protection_storage_masks.as_ref())?;
    let mut attributes = requested_attributes(context, request.attributes.as_ref())?;
    let named = subject_name::take(&mut attributes)
        .map_err(|_| invalid_value(version, "the subject of the certificate cannot be read"))?;
    let given = certification::given(request.certificate_request_type, request.certificate_request.as_ref(), version)?;
    let object = match &request.unique_identifier {
        None if given.is_some() && version >= Version::V2_0 => None,
        identifier => {
            // 2.1 §6.1.6.1 lists Item Not Found.
            let id = context.unique_identifier(identifier.as_ref()).map_err(Failure::into_item_not_found)?;
            Some(context.object(&id).map_err(Failure::into_item_not_found)?)
        }
    };
    let (request, key, holder) = match (object, given) {
        (Some(object), None) if version >= Version::V2_0 && object.object_type == ObjectType::CERTIFICATE_REQUEST => {
            of_request(context, certification::held(&object, version)?)
        }
        (Some(object), request) => {
            let key = certification::public_key(&object, version)?;
            (request, key, Some(object))
        }
        (None, Some(request)) => of_request(context, request),
        // Without either, the ID Placeholder was asked for an object above.
        (None, None) => return Err(Failure::not_found(version)),
    };
    certification::check_type(&attributes, request.is_none())?;
    if request.as_ref().is_some_and(|request| !certification::same_key(&request.public_key, &key)) {
        return Err(certification::bad_request(version, "the request is for another key than the object's"));
    }
    if let Some(mask) = holder.as_ref().and_then(|key| key.attribute(tag::CRYPTOGRAPHIC_USAGE_MASK))
        && value_of(&attributes, tag::CRYPTOGRAPHIC_USAGE_MASK).is_none()
    {
        attributes.push(Attribute::standard(mask.value.clone()));
    }
    let subject = subject(request.as_ref(), named, holder.as_deref(), version)?;
    let asked = request.map(|request| request.extensions).unwrap_or_default();
    let contents = certification::contents(context, &mut attributes, subject, key, &asked, LIFETIME)?;
    let id = certification::issue(context, &contents, attributes)?;
    if let Some(key) = holder {
        key_pair::link(context, &key.id, LinkType::CERTIFICATE_LINK, &id)?;
        key_pair::link(context, &id, LinkType::PUBLIC_KEY_LINK, &key.id)?;
    }
    Response { unique_identifier: id.into(), attributes: None }.encode(response, version);
    Ok(())
}

/// A request whose key no identifier names: the client's object with that key is linked, if there is one.
fn of_request(
    context: &Context<'_>,
    request: CertificateRequest,
) -> (Option<CertificateRequest>, SubjectPublicKeyInfoOwned, Option<Arc<StoredObject>>) {
    let key = request.public_key.clone();
    let holder = certification::holder(context, &key).and_then(|id| context.transaction.object(&id));
    (Some(request), key, holder)
}

/// The request's subject; then that of the attributes; then the Name of the public key, or its identifier.
fn subject(
    request: Option<&CertificateRequest>,
    named: Option<Name>,
    holder: Option<&StoredObject>,
    version: Version,
) -> Outcome<Name> {
    if let Some(request) = request.filter(|request| !request.subject.is_empty() || named.is_none()) {
        return Ok(request.subject.clone());
    }
    if let Some(named) = named {
        return Ok(named);
    }
    let text = holder.map(|key| key.names().next().map_or(key.id.as_str(), |(_, name)| name)).unwrap_or_default();
    subject_name::common(None, text).map_err(|_| invalid_value(version, "the Name of the key cannot be a common name"))
}
