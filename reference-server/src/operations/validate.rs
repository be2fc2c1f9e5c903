//! Validate: is this chain of certificates good? (1.0 §4.23, 1.4 §4.24, 2.1 §6.1.57)

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::object::StoredObject;
use crate::x509::authority;
use crate::x509::path::{self, Candidate};
use kmipspec_protocol::operations::validate::{Request, Response};
use kmipspec_protocol::registry::{CertificateType, ObjectType, ResultReason, ValidityIndicator, tag};
use kmipspec_protocol::ttlv::{Item, ItemRef, Writer};
use kmipspec_protocol::version::Version;

/// Certificates given and certificates named are one chain, in any order. Trust anchors are the server's own authorities and those
/// of its settings. Only X.509 can be judged; of anything else the answer is Unknown.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let version = context.version;
    let request = Request::decode(payload, context.reading)?;
    if request.certificates.is_empty() && request.unique_identifiers.is_empty() {
        return Err(no_list(version, ResultReason::INVALID_FIELD, "neither certificates nor identifiers are given"));
    }
    let (mut chain, mut foreign) = (Vec::new(), false);
    for identifier in &request.unique_identifiers {
        let id = context.unique_identifier(Some(identifier))?;
        let object = context.object(&id)?;
        if object.object_type != ObjectType::CERTIFICATE {
            return Err(no_list(version, ResultReason::INVALID_OBJECT_TYPE, "one of the objects is no certificate"));
        }
        let material = object.material.as_ref().ok_or_else(|| Failure::gone(version))?;
        let kind = Item::enumeration(tag::CERTIFICATE_TYPE, CertificateType::X_509.0);
        foreign |= material.item().child(tag::CERTIFICATE_TYPE) != Some(&kind);
        let certificate = material.material().unwrap_or_default().to_vec();
        chain.push(Candidate { certificate, revoked: revoked(&object) });
    }
    for certificate in &request.certificates {
        foreign |= certificate.certificate_type != CertificateType::X_509;
        let certificate = certificate.certificate_value.to_vec();
        let revoked = holder(context, &certificate).as_deref().and_then(revoked);
        chain.push(Candidate { certificate, revoked });
    }
    let validity_indicator = if foreign {
        ValidityIndicator::UNKNOWN
    } else {
        let date = request.validity_date.map_or(context.now, |date| date.0);
        let mut anchors = authority::certificates(context.transaction);
        anchors.extend(context.config.trust_anchors.iter().cloned());
        path::judge(&chain, &anchors, date)
    };
    let always = context.quirk("validate-always-valid");
    let validity_indicator = if always { ValidityIndicator::VALID } else { validity_indicator };
    Response { validity_indicator }.encode(response, version);
    Ok(())
}

/// The object that holds a certificate which this server issued, where it is that certificate indeed.
fn holder(context: &Context<'_>, certificate: &[u8]) -> Option<std::sync::Arc<StoredObject>> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let object = context.transaction.object(&authority::issued(context.transaction, parsed.raw_serial())?)?;
    let identifier = object.attribute(tag::X_509_CERTIFICATE_IDENTIFIER)?;
    let issuer = Item::bytes(tag::ISSUER_DISTINGUISHED_NAME, parsed.issuer().as_raw());
    (identifier.value.child(tag::ISSUER_DISTINGUISHED_NAME) == Some(&issuer)).then_some(object)
}

/// Since when a certificate is revoked: when it was compromised, or when it was deactivated by Revoke.
fn revoked(object: &StoredObject) -> Option<i64> {
    object.attribute(tag::REVOCATION_REASON)?;
    object.date(tag::COMPROMISE_OCCURRENCE_DATE).or_else(|| object.date(tag::DEACTIVATION_DATE))
}

/// 1.x §11.24, §11.25: what is given does not specify a certificate list; 2.x lists finer reasons.
fn no_list(version: Version, from_2: ResultReason, message: &'static str) -> Failure {
    Failure::by_version(version, ResultReason::INVALID_MESSAGE, from_2, message)
}
