//! Certificate requests: PKCS#10 (RFC 2986), the same as PEM (RFC 7468), and CRMF (RFC 4211). Each must prove that who asks has
//! the private key.

use super::signature::{Verdict, verify};
use crmf::pop::ProofOfPossession;
use crmf::request::{CertReqMessages, CertReqMsg};
use kmipspec_protocol::registry::CertificateRequestType;
use x509_cert::der::{Decode, DecodePem, Encode};
use x509_cert::ext::Extension;
use x509_cert::name::Name;
use x509_cert::request::{CertReq, ExtensionReq};
use x509_cert::spki::SubjectPublicKeyInfoOwned;
use x509_parser::prelude::FromDer;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

/// What a request asks to have certified.
#[derive(Clone, Debug)]
pub(crate) struct CertificateRequest {
    /// Whose the key is.
    pub(crate) subject: Name,
    /// The key.
    pub(crate) public_key: SubjectPublicKeyInfoOwned,
    /// Extensions asked for.
    pub(crate) extensions: Vec<Extension>,
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestError {
    /// Requests of this type are not taken.
    Unsupported,
    /// It is no request of the type stated.
    Unreadable,
    /// It is not signed with the private key, or not in a way that can be verified.
    NoPossession,
}

/// Reads a request and verifies the proof of possession.
pub(crate) fn read(kind: CertificateRequestType, value: &[u8]) -> Result<CertificateRequest, RequestError> {
    match kind {
        CertificateRequestType::PKCS_10 => pkcs_10(value),
        CertificateRequestType::PEM => {
            // Texts before the first boundary and the older label are common (RFC 7468 §7).
            let text = str::from_utf8(value).map_err(|_| RequestError::Unreadable)?;
            let text = text.replace("NEW CERTIFICATE REQUEST", "CERTIFICATE REQUEST");
            let start = text.find("-----BEGIN").ok_or(RequestError::Unreadable)?;
            let text = text.get(start..).unwrap_or_default();
            let request = CertReq::from_pem(text).map_err(|_| RequestError::Unreadable)?;
            pkcs_10(&request.to_der().map_err(|_| RequestError::Unreadable)?)
        }
        CertificateRequestType::CRMF => crmf(value),
        _ => Err(RequestError::Unsupported),
    }
}

/// A PKCS#10 request as DER.
fn pkcs_10(der: &[u8]) -> Result<CertificateRequest, RequestError> {
    let request = CertReq::from_der(der).map_err(|_| RequestError::Unreadable)?;
    let (_, signed) = x509_parser::certification_request::X509CertificationRequest::from_der(der)
        .map_err(|_| RequestError::Unreadable)?;
    let info = &signed.certification_request_info;
    let verdict = verify(&info.subject_pki, &signed.signature_algorithm, info.raw, &signed.signature_value.data);
    if verdict != Verdict::Good {
        return Err(RequestError::NoPossession);
    }
    let mut extensions = Vec::new();
    for attribute in request.info.attributes.iter() {
        for value in attribute.values.iter() {
            if attribute.oid == <ExtensionReq as x509_cert::der::oid::AssociatedOid>::OID {
                let ExtensionReq(asked) = value.decode_as().map_err(|_| RequestError::Unreadable)?;
                extensions.extend(asked);
            }
        }
    }
    Ok(CertificateRequest { subject: request.info.subject, public_key: request.info.public_key, extensions })
}

/// A CRMF message, alone or as the only one of several, signed as RFC 4211 §4.1 has it for a template with subject and key.
fn crmf(der: &[u8]) -> Result<CertificateRequest, RequestError> {
    let message = match CertReqMessages::from_der(der) {
        Ok(mut messages) if messages.len() == 1 => messages.pop().ok_or(RequestError::Unreadable)?,
        Ok(_) => return Err(RequestError::Unreadable),
        Err(_) => CertReqMsg::from_der(der).map_err(|_| RequestError::Unreadable)?,
    };
    let template = &message.cert_req.cert_template;
    let (Some(subject), Some(public_key)) = (&template.subject, &template.subject_public_key_info) else {
        return Err(RequestError::Unreadable);
    };
    let Some(ProofOfPossession::Signature(proof)) = &message.popo else { return Err(RequestError::NoPossession) };
    if proof.poposk_input.is_some() {
        return Err(RequestError::NoPossession);
    }
    let encoded = |der: Result<Vec<u8>, _>| der.map_err(|_: x509_cert::der::Error| RequestError::Unreadable);
    let (key, algorithm) = (encoded(public_key.to_der())?, encoded(proof.alg_id.to_der())?);
    let message_bytes = encoded(message.cert_req.to_der())?;
    let (_, key) = SubjectPublicKeyInfo::from_der(&key).map_err(|_| RequestError::Unreadable)?;
    let (_, algorithm) = AlgorithmIdentifier::from_der(&algorithm).map_err(|_| RequestError::Unreadable)?;
    let signature = proof.signature.as_bytes().ok_or(RequestError::NoPossession)?;
    if verify(&key, &algorithm, &message_bytes, signature) != Verdict::Good {
        return Err(RequestError::NoPossession);
    }
    Ok(CertificateRequest {
        subject: subject.clone(),
        public_key: public_key.clone(),
        extensions: template.extensions.clone().unwrap_or_default(),
    })
}
