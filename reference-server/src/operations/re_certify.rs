//! Re-certify: a new certificate takes the place of another, for the same key pair (1.0 §4.7, 1.4 §4.8, 2.1 §6.1.45).

use crate::attributes::{Attribute, AttributeKey, invalid_value};
use crate::certification::{self, LIFETIME};
use crate::context::Context;
use crate::creation::{merge, requested_attributes};
use crate::failure::{Failure, Outcome};
use crate::key_pair::{link, linked};
use crate::object::StoredObject;
use crate::protection;
use crate::replacement;
use crate::x509::subject_name;
use kmipspec_protocol::operations::re_certify::{Request, Response};
use kmipspec_protocol::registry::{LinkType, ObjectType, State, tag};
use kmipspec_protocol::ttlv::{ItemRef, Tag, Writer};
use kmipspec_protocol::version::Version;
use x509_cert::Certificate;
use x509_cert::der::Decode;

/// Subject, key and usages are those of the existing certificate unless a request says otherwise; a request must be for the same
/// key. Names go over, the public key's link is turned, and both certificates are linked.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let version = context.version;
    let request = Request::decode(payload, context.reading)?;
    protection::check(request.protection_storage_masks.as_ref())?;
    let id = context.unique_identifier(request.unique_identifier.as_ref())?;
    let existing = context.object(&id)?;
    let old = certificate(&existing, context)?;
    let mut asked = requested_attributes(context, request.attributes.as_ref())?;
    let named = subject_name::take(&mut asked)
        .map_err(|_| invalid_value(version, "the subject of the certificate cannot be read"))?;
    certification::check_type(&asked, false)?;
    let offset = request.offset.map(|offset| offset.0);
    replacement::check_offset(offset, &asked)?;
    let given = match &request.certificate_request_unique_identifier {
        Some(held) => {
            let held = context.unique_identifier(Some(held))?;
            Some(certification::held(&*context.object(&held)?, version)?)
        }
        None => certification::given(request.certificate_request_type, request.certificate_request.as_ref(), version)?,
    };
    if let Some(request) = &given
        && !certification::same_key(&request.public_key, &old.subject_public_key_info)
    {
        return Err(certification::bad_request(version, "the request is for another key than the certificate's"));
    }
    let begun = old.validity.not_before.to_unix_duration().as_secs();
    let begun = i64::try_from(begun).unwrap_or(i64::MAX);
    let ended = i64::try_from(old.validity.not_after.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
    let mut attributes = attributes(context, &existing, offset, begun, asked)?;
    let (subject, key, extensions) = match given {
        Some(request) => (request.subject, request.public_key, request.extensions),
        None => (named.unwrap_or(old.subject), old.subject_public_key_info, old.extensions.unwrap_or_default()),
    };
    let lifetime = ended.checked_sub(begun).filter(|time| *time > 0).unwrap_or(LIFETIME);
    let contents = certification::contents(context, &mut attributes, subject, key, &extensions, lifetime)?;
    replacement::release_names(context, &existing);
    let new = certification::issue(context, &contents, attributes)?;
    // The order is free; published cases (TC-134) have the replaced certificate first up to 1.1, and last from 1.2 on.
    if version < Version::V1_2 {
        replacement::link(context, &id, &new)?;
    }
    if let Some(key) = linked(&existing, LinkType::PUBLIC_KEY_LINK) {
        link(context, &new, LinkType::PUBLIC_KEY_LINK, &key)?;
        // The public key may have been destroyed for good, or be somebody else's.
        if context.transaction.object(&key).is_some_and(|key| key.owner == context.client) {
            link(context, &key, LinkType::CERTIFICATE_LINK, &new)?;
        }
    }
    if version >= Version::V1_2 {
        replacement::link(context, &id, &new)?;
    }
    Response { unique_identifier: new.into(), attributes: None }.encode(response, version);
    Ok(())
}

/// The certificate in an object that can be renewed: X.509, there, and its key not compromised.
fn certificate(object: &StoredObject, context: &Context<'_>) -> Outcome<x509_cert::TbsCertificate> {
    let version = context.version;
    if object.object_type != ObjectType::CERTIFICATE {
        return Err(certification::not_certifiable(version));
    }
    let material = object.material.as_ref().ok_or_else(|| Failure::gone(version))?;
    if object.state() == Some(State::COMPROMISED) {
        return Err(Failure::permission_denied());
    }
    let certificate = Certificate::from_der(material.material().unwrap_or_default());
    certificate.map(|certificate| certificate.tbs_certificate).map_err(|_| Failure::permission_denied())
}

/// Attributes of the new certificate: those of the existing one that are no part of it, its dates moved by the Offset (1.4 Tables
/// 186 and 187), with what the request asks for on top.
///
/// UNCLEAR: 1.4 Table 186 counts from the existing Activation Date and says nothing where there is none; the beginning of the
/// existing certificate then stands for it.
fn attributes(
    context: &Context<'_>,
    existing: &StoredObject,
    offset: Option<u32>,
    begun: i64,
    asked: Vec<Attribute>,
) -> Outcome<Vec<Attribute>> {
    let mut all = replacement::attributes(context, existing, None, Vec::new())?;
    all.retain(|attribute| !RECOMPUTED.iter().any(|tag| attribute.key == AttributeKey::Standard(*tag)));
    if let Some(offset) = offset {
        let old = existing.date(tag::ACTIVATION_DATE).unwrap_or(begun);
        replacement::move_dates(&mut all, existing, Some(old), context.now, offset)?;
    }
    // The order is free; published cases (TC-134) have the Names that are asked for last up to 1.1, and first from 1.2 on.
    let first = context.version >= Version::V1_2;
    let (late, mut all): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|attribute| first && attribute.key == AttributeKey::Standard(tag::NAME));
    for attribute in asked.into_iter().chain(late) {
        merge(&mut all, attribute, context.version);
    }
    Ok(all)
}

/// What the new certificate says of itself.
const RECOMPUTED: [Tag; 5] = [
    tag::CERTIFICATE_TYPE,
    tag::CERTIFICATE_LENGTH,
    tag::CRYPTOGRAPHIC_ALGORITHM,
    tag::CRYPTOGRAPHIC_LENGTH,
    tag::DIGITAL_SIGNATURE_ALGORITHM,
];
