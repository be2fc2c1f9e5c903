//! What Certify and Re-certify share: the request, the contents of the certificate, and its object (1.4 §4.7, §4.8).

use crate::attributes::{Attribute, invalid_value, put, value_of};
use crate::certificate;
use crate::context::Context;
use crate::creation::{self, Origin};
use crate::failure::{Failure, Outcome};
use crate::key_format;
use crate::object::StoredObject;
use crate::x509::authority::{self, Authority, Kind};
use crate::x509::issue::{Contents, FOR_EVER};
use crate::x509::key_usage;
use crate::x509::request::{self, CertificateRequest, RequestError};
use kmipspec_protocol::objects::ManagedObject;
use kmipspec_protocol::operations::certify::CertificateRequestValue;
use kmipspec_protocol::registry::{
    CertificateRequestType, CertificateType, KeyFormatType, ObjectType, ResultReason, State, tag,
};
use kmipspec_protocol::ttlv::{Item, Tag, Value};
use kmipspec_protocol::version::Version;
use std::ops::ControlFlow;
use x509_cert::der::Decode;
use x509_cert::ext::Extension;
use x509_cert::name::Name;
use x509_cert::spki::SubjectPublicKeyInfoOwned;

/// Seconds a certificate is valid when nothing says how long: a year.
pub(crate) const LIFETIME: i64 = 365 * 86_400;

/// The request that a payload carries. The type is required wherever there is one (1.4 Tables 184 and 188).
pub(crate) fn given(
    kind: Option<CertificateRequestType>,
    value: Option<&CertificateRequestValue<'_>>,
    version: Version,
) -> Outcome<Option<CertificateRequest>> {
    match (kind, value) {
        (None, None) => Ok(None),
        (Some(kind), Some(value)) => read(kind, &value.0, version).map(Some),
        (None, Some(_)) => Err(Failure::invalid_message("a Certificate Request needs a Certificate Request Type")),
        (Some(_), None) => Err(Failure::invalid_message("a Certificate Request Type, but no Certificate Request")),
    }
}

/// Reads a request: 1.x §11.8 says Invalid Field of one that is none, or not signed; 2.x has Invalid CSR.
fn read(kind: CertificateRequestType, value: &[u8], version: Version) -> Outcome<CertificateRequest> {
    if !kind.is_known(version) {
        return Err(Failure::invalid_field("the Certificate Request Type is not known"));
    }
    request::read(kind, value).map_err(|error| match error {
        RequestError::Unsupported => {
            Failure::new(ResultReason::FEATURE_NOT_SUPPORTED, "requests of this type are not certified")
        }
        RequestError::Unreadable => bad_request(version, "this is no certificate request of the type stated"),
        RequestError::NoPossession => bad_request(version, "the certificate request is not signed with its key"),
    })
}

/// The request is no good.
pub(crate) fn bad_request(version: Version, message: &'static str) -> Failure {
    Failure::by_version(version, ResultReason::INVALID_FIELD, ResultReason::INVALID_CSR, message)
}

/// The request in a Certificate Request object (2.0 §6.1.6, §6.1.41).
pub(crate) fn held(object: &StoredObject, version: Version) -> Outcome<CertificateRequest> {
    if object.object_type != ObjectType::CERTIFICATE_REQUEST {
        return Err(not_certifiable(version));
    }
    let item = object.material.as_ref().map(ManagedObject::item).ok_or_else(|| Failure::gone(version))?;
    match (
        item.child(tag::CERTIFICATE_REQUEST_TYPE).and_then(Item::value),
        item.child(tag::CERTIFICATE_REQUEST_VALUE).and_then(Item::value),
    ) {
        (Some(Value::Enumeration(kind)), Some(Value::ByteString(value))) => {
            read(CertificateRequestType(kind), value, version)
        }
        _ => Err(bad_request(version, "the object holds no request")),
    }
}

/// The key of a Public Key object that may be certified: not destroyed, revoked or compromised.
pub(crate) fn public_key(object: &StoredObject, version: Version) -> Outcome<SubjectPublicKeyInfoOwned> {
    if object.object_type != ObjectType::PUBLIC_KEY {
        return Err(not_certifiable(version));
    }
    let material = object.material.as_ref().ok_or_else(|| Failure::gone(version))?;
    if !matches!(object.state(), Some(State::PRE_ACTIVE | State::ACTIVE)) {
        return Err(Failure::permission_denied());
    }
    key_of(material).ok_or_else(|| {
        Failure::new(ResultReason::CRYPTOGRAPHIC_FAILURE, "the public key is in a form that cannot be certified")
    })
}

/// The SubjectPublicKeyInfo of a public key, whatever its format.
fn key_of(material: &ManagedObject) -> Option<SubjectPublicKeyInfoOwned> {
    if material.is_wrapped() {
        return None;
    }
    let converted = key_format::convert(material, Some(KeyFormatType::X_509), None, Version::V2_1).ok()?;
    SubjectPublicKeyInfoOwned::from_der(converted.material()?).ok()
}

/// Whether two keys are the same: RSA parameters may be NULL or absent.
pub(crate) fn same_key(one: &SubjectPublicKeyInfoOwned, other: &SubjectPublicKeyInfoOwned) -> bool {
    one.algorithm.oid == other.algorithm.oid && one.subject_public_key == other.subject_public_key
}

/// The client's own Public Key object with this key, if there is one.
pub(crate) fn holder(context: &Context<'_>, key: &SubjectPublicKeyInfoOwned) -> Option<String> {
    let mut found = None;
    context.transaction.each(&mut |object| {
        let held = object.material.as_ref().filter(|_| object.object_type == ObjectType::PUBLIC_KEY);
        if object.owner == context.client && held.and_then(key_of).is_some_and(|held| same_key(&held, key)) {
            found = Some(object.id.clone());
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    });
    found
}

/// Certificate Type of the attributes: only X.509 is made here.
pub(crate) fn check_type(attributes: &[Attribute], required: bool) -> Outcome<()> {
    match value_of(attributes, tag::CERTIFICATE_TYPE).and_then(Item::value) {
        Some(Value::Enumeration(kind)) if CertificateType(kind) == CertificateType::X_509 => Ok(()),
        Some(_) => {
            Err(Failure::new(ResultReason::FEATURE_NOT_SUPPORTED, "only certificates of type X.509 can be made"))
        }
        None if required => {
            Err(Failure::invalid_field("without a Certificate Request the Certificate Type must be given"))
        }
        None => Ok(()),
    }
}

/// Whose key it is, what for, and from when to when: as the attributes have it, then as the request does, which wins.
pub(crate) fn contents(
    context: &Context<'_>,
    attributes: &mut Vec<Attribute>,
    subject: Name,
    public_key: SubjectPublicKeyInfoOwned,
    asked: &[Extension],
    lifetime: i64,
) -> Outcome<Contents> {
    let mask = match value_of(attributes, tag::CRYPTOGRAPHIC_USAGE_MASK).and_then(Item::value) {
        Some(Value::Integer(mask)) => mask,
        _ => 0,
    };
    let not_before = date(attributes, tag::ACTIVATION_DATE).unwrap_or(context.now);
    let not_after =
        date(attributes, tag::DEACTIVATION_DATE).unwrap_or_else(|| not_before.saturating_add(lifetime).min(FOR_EVER));
    if not_after < not_before {
        return Err(invalid_value(context.version, "the certificate would end before it begins"));
    }
    let from_mask = key_usage::bits(mask);
    let mut contents = Contents {
        subject,
        public_key,
        not_before,
        not_after,
        authority: from_mask & key_usage::KEY_CERT_SIGN != 0,
        key_usage: from_mask,
        extensions: Vec::new(),
    };
    contents
        .take_extensions(asked)
        .map_err(|_| bad_request(context.version, "an extension of the request cannot be read"))?;
    if contents.key_usage != from_mask {
        let allowed = key_usage::mask(contents.key_usage);
        let mask = if mask & allowed == 0 { allowed } else { mask & allowed };
        put(attributes, Attribute::standard(Item::integer(tag::CRYPTOGRAPHIC_USAGE_MASK, mask)));
    }
    Ok(contents)
}

/// Signs, stores the object with what the certificate says of itself, and makes it the ID Placeholder.
pub(crate) fn issue(context: &mut Context<'_>, contents: &Contents, attributes: Vec<Attribute>) -> Outcome<String> {
    let authority = Authority::open(context, Kind::of(&contents.public_key))?;
    let issued = authority.sign(context, contents)?;
    let told = certificate::attributes(CertificateType::X_509, &issued.certificate);
    let material = ManagedObject::certificate(CertificateType::X_509, issued.certificate.as_slice());
    let id = creation::create(context, material, attributes, told, Origin::Certified)?;
    authority::note(context.transaction, &issued, &id);
    Ok(id)
}

/// A date among attributes.
fn date(attributes: &[Attribute], wanted: Tag) -> Option<i64> {
    match value_of(attributes, wanted)?.value()? {
        Value::DateTime(date) => Some(date),
        _ => None,
    }
}

/// 1.x §11.8: the object is not able to be certified; 2.x has Invalid Object Type.
pub(crate) fn not_certifiable(version: Version) -> Failure {
    Failure::by_version(
        version,
        ResultReason::PERMISSION_DENIED,
        ResultReason::INVALID_OBJECT_TYPE,
        "objects of this type cannot be certified",
    )
}
