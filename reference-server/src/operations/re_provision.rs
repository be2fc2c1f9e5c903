//! Re-Provision: a new credential for the channel in place of the one in use (2.0 §6.1.44, 2.1 §6.1.48).

use super::perform;
use crate::channel::{self, Standing};
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::key_pair;
use kmipspec_protocol::objects::{Certificate, CertificateRequest};
use kmipspec_protocol::operations::re_provision::{Request, Response};
use kmipspec_protocol::registry::{
    CertificateType, CryptographicAlgorithm, CryptographicUsageMask, LinkType, ObjectType, Operation, RecommendedCurve,
    ResultReason, State, tag,
};
use kmipspec_protocol::ttlv::{Item, ItemRef, Tag, Value, Writer};
use std::ops::ControlFlow;

/// The certificate of this connection is no good any more once this has succeeded; the new one is, whoever issued it.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let request = Request::decode(payload, context.reading)?;
    let peer = context.peer;
    let none = || Failure::new(ResultReason::PERMISSION_DENIED, "the channel has no certificate to replace");
    let old = peer.certificate.as_deref().ok_or_else(none)?;
    let name = match channel::standing(context.transaction, old) {
        Standing::Of(name) => name,
        _ => peer.name.clone().ok_or_else(none)?,
    };
    let name = name.as_str();
    check(context, old)?;
    let (id, certificate) = match (&request.certificate_request, &request.certificate) {
        (Some(_), Some(_)) => {
            return Err(Failure::invalid_field("a Certificate Request and a Certificate exclude each other"));
        }
        (Some(asked), None) => of_request(context, asked)?,
        (None, Some(given)) => of_certificate(context, given)?,
        (None, None) => of_server(context, name)?,
    };
    if certificate == old {
        return Err(Failure::invalid_field("this certificate is the one in use"));
    }
    channel::replace(context.transaction, name, old, &certificate);
    Response { unique_identifier: Some(id.into()) }.encode(response, context.version);
    Ok(())
}

/// The certificate in use has neither expired nor been revoked.
fn check(context: &Context<'_>, old: &[u8]) -> Outcome<()> {
    let denied = |message| Err(Failure::new(ResultReason::PERMISSION_DENIED, message));
    let expired = x509_parser::parse_x509_certificate(old)
        .map_or(true, |(_, parsed)| parsed.validity().not_after.timestamp() < context.now);
    if expired {
        return denied("the certificate in use has expired");
    }
    let mut revoked = false;
    context.transaction.each(&mut |object| {
        let same = object.object_type == ObjectType::CERTIFICATE
            && object.material.as_ref().and_then(|material| material.material()) == Some(old);
        revoked |= same && matches!(object.state(), Some(State::DEACTIVATED | State::COMPROMISED));
        ControlFlow::Continue(())
    });
    if revoked { denied("the certificate in use has been revoked") } else { Ok(()) }
}

/// A certificate that cannot be made is a Cryptographic Failure here, whatever Certify calls it.
fn failed(failure: Failure) -> Failure {
    match failure.reason {
        ResultReason::INVALID_CSR => Failure::new(ResultReason::CRYPTOGRAPHIC_FAILURE, failure.message),
        _ => failure,
    }
}

/// The authority of this server signs the request.
fn of_request(context: &mut Context<'_>, asked: &CertificateRequest<'_>) -> Outcome<(String, Vec<u8>)> {
    let fields = vec![
        Item::enumeration(tag::CERTIFICATE_REQUEST_TYPE, asked.certificate_request_type.0),
        Item::bytes(tag::CERTIFICATE_REQUEST_VALUE, asked.certificate_request_value.as_ref()),
    ];
    let id = identifier(&perform(context, Operation::CERTIFY, fields).map_err(failed)?, tag::UNIQUE_IDENTIFIER)?;
    let certificate = certificate_of(context, &id)?;
    Ok((id, certificate))
}

/// The client's own certificate, which must be one.
fn of_certificate(context: &mut Context<'_>, given: &Certificate<'_>) -> Outcome<(String, Vec<u8>)> {
    let certificate = given.certificate_value.to_vec();
    let readable = x509_parser::parse_x509_certificate(&certificate).is_ok_and(|(rest, _)| rest.is_empty());
    if given.certificate_type != CertificateType::X_509 || !readable {
        return Err(Failure::invalid_field("the Certificate is none of X.509"));
    }
    let object = vec![
        Item::enumeration(tag::CERTIFICATE_TYPE, given.certificate_type.0),
        Item::bytes(tag::CERTIFICATE_VALUE, certificate.as_slice()),
    ];
    let fields = vec![
        Item::enumeration(tag::OBJECT_TYPE, ObjectType::CERTIFICATE.0),
        Item::structure(tag::ATTRIBUTES, Vec::new()),
        Item::structure(tag::CERTIFICATE, object),
    ];
    let id = identifier(&perform(context, Operation::REGISTER, fields)?, tag::UNIQUE_IDENTIFIER)?;
    Ok((id, certificate))
}

/// A key pair and a certificate of the server's making; the private key is what the client gets next.
fn of_server(context: &mut Context<'_>, name: &str) -> Outcome<(String, Vec<u8>)> {
    let mask = |tag, mask: CryptographicUsageMask| {
        Item::structure(tag, vec![Item::integer(tag::CRYPTOGRAPHIC_USAGE_MASK, mask.0.cast_signed())])
    };
    let curve = Item::enumeration(tag::RECOMMENDED_CURVE, RecommendedCurve::P_256.0);
    let common = vec![
        Item::enumeration(tag::CRYPTOGRAPHIC_ALGORITHM, CryptographicAlgorithm::EC.0),
        Item::structure(tag::CRYPTOGRAPHIC_DOMAIN_PARAMETERS, vec![curve]),
    ];
    let fields = vec![
        Item::structure(tag::COMMON_ATTRIBUTES, common),
        mask(tag::PRIVATE_KEY_ATTRIBUTES, CryptographicUsageMask::SIGN),
        mask(tag::PUBLIC_KEY_ATTRIBUTES, CryptographicUsageMask::VERIFY),
    ];
    let pair = perform(context, Operation::CREATE_KEY_PAIR, fields)?;
    let private = identifier(&pair, tag::PRIVATE_KEY_UNIQUE_IDENTIFIER)?;
    let public = identifier(&pair, tag::PUBLIC_KEY_UNIQUE_IDENTIFIER)?;
    let attributes = vec![
        Item::enumeration(tag::CERTIFICATE_TYPE, CertificateType::X_509.0),
        Item::text(tag::CERTIFICATE_SUBJECT_CN, name),
    ];
    let fields = vec![Item::text(tag::UNIQUE_IDENTIFIER, public), Item::structure(tag::ATTRIBUTES, attributes)];
    let id = identifier(&perform(context, Operation::CERTIFY, fields).map_err(failed)?, tag::UNIQUE_IDENTIFIER)?;
    key_pair::add_link(context, &private, LinkType::CERTIFICATE_LINK, &id)?;
    let certificate = certificate_of(context, &id)?;
    Ok((private, certificate))
}

/// An identifier that an operation gave.
fn identifier(payload: &Item, wanted: Tag) -> Outcome<String> {
    match payload.child(wanted).and_then(Item::value) {
        Some(Value::TextString(id)) => Ok(id.to_owned()),
        _ => Err(Failure::new(ResultReason::CRYPTOGRAPHIC_FAILURE, "nothing was made")),
    }
}

/// The certificate that was just made (DER).
fn certificate_of(context: &Context<'_>, id: &str) -> Outcome<Vec<u8>> {
    let object = context.transaction.object(id);
    let bytes = object.and_then(|object| object.material.as_ref().and_then(|m| m.material().map(<[u8]>::to_vec)));
    bytes.ok_or_else(|| Failure::new(ResultReason::CRYPTOGRAPHIC_FAILURE, "no certificate was made"))
}
