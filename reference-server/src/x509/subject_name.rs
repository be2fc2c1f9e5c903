//! The parts of a distinguished name that KMIP has tags for (2.1 §4.6), and names made of them.

use crate::attributes::{Attribute, AttributeKey};
use kmipspec_protocol::registry::tag;
use kmipspec_protocol::ttlv::{Item, Tag, Value};
use std::str::FromStr;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::der::asn1::{Any, Ia5StringRef, ObjectIdentifier, PrintableStringRef, SetOfVec, Utf8StringRef};
use x509_cert::der::{Decode, Error};
use x509_cert::name::{Name, RelativeDistinguishedName};

/// One kind of part.
#[derive(Debug)]
pub(crate) struct Part {
    /// Its object identifier.
    oid: &'static str,
    /// The tag of a subject's.
    pub(crate) subject: Tag,
    /// The tag of an issuer's.
    pub(crate) issuer: Tag,
}

/// A row of the table.
const fn row(oid: &'static str, subject: Tag, issuer: Tag) -> Part {
    Part { oid, subject, issuer }
}

/// All kinds, from the least specific: the order of a name made of attributes.
const PARTS: &[Part] = &[
    row("0.9.2342.19200300.100.1.25", tag::CERTIFICATE_SUBJECT_DC, tag::CERTIFICATE_ISSUER_DC),
    row("2.5.4.6", tag::CERTIFICATE_SUBJECT_C, tag::CERTIFICATE_ISSUER_C),
    row("2.5.4.8", tag::CERTIFICATE_SUBJECT_ST, tag::CERTIFICATE_ISSUER_ST),
    row("2.5.4.7", tag::CERTIFICATE_SUBJECT_L, tag::CERTIFICATE_ISSUER_L),
    row("2.5.4.10", tag::CERTIFICATE_SUBJECT_O, tag::CERTIFICATE_ISSUER_O),
    row("2.5.4.11", tag::CERTIFICATE_SUBJECT_OU, tag::CERTIFICATE_ISSUER_OU),
    row("2.5.4.12", tag::CERTIFICATE_SUBJECT_TITLE, tag::CERTIFICATE_ISSUER_TITLE),
    row("2.5.4.46", tag::CERTIFICATE_SUBJECT_DN_QUALIFIER, tag::CERTIFICATE_ISSUER_DN_QUALIFIER),
    row("2.5.4.5", tag::CERTIFICATE_SUBJECT_SERIAL_NUMBER, tag::CERTIFICATE_ISSUER_SERIAL_NUMBER),
    row("0.9.2342.19200300.100.1.1", tag::CERTIFICATE_SUBJECT_UID, tag::CERTIFICATE_ISSUER_UID),
    row("2.5.4.3", COMMON_NAME, tag::CERTIFICATE_ISSUER_CN),
    row("1.2.840.113549.1.9.1", tag::CERTIFICATE_SUBJECT_EMAIL, tag::CERTIFICATE_ISSUER_EMAIL),
];

/// The part that a name is known by.
const COMMON_NAME: Tag = tag::CERTIFICATE_SUBJECT_CN;

/// The kind with this object identifier.
pub(crate) fn part(oid: &str) -> Option<&'static Part> {
    PARTS.iter().find(|part| part.oid == oid)
}

/// Whether an attribute says what the subject is called, in one of the forms that the versions have.
fn names_subject(key: &AttributeKey) -> bool {
    let AttributeKey::Standard(tag) = *key else { return false };
    matches!(tag, tag::CERTIFICATE_SUBJECT | tag::X_509_CERTIFICATE_SUBJECT) || PARTS.iter().any(|p| p.subject == tag)
}

/// Takes what names the subject out of the attributes of a request; none where nothing does.
///
/// UNCLEAR: 1.4 §3.11 and 2.1 §4.6 have these attributes set by the server alone, from the certificate; yet a request without
/// Certificate Request has no other place for a name (1.4 §4.7).
pub(crate) fn take(attributes: &mut Vec<Attribute>) -> Result<Option<Name>, Error> {
    let (names, rest): (Vec<_>, Vec<_>) = std::mem::take(attributes).into_iter().partition(|a| names_subject(&a.key));
    *attributes = rest;
    for name in &names {
        let field = |tag| name.value.child(tag).and_then(Item::value);
        match (field(tag::SUBJECT_DISTINGUISHED_NAME), field(tag::CERTIFICATE_SUBJECT_DISTINGUISHED_NAME)) {
            (Some(Value::ByteString(der)), _) => return Name::from_der(der).map(Some),
            (_, Some(Value::TextString(text))) => return Name::from_str(text).map(Some),
            _ => {}
        }
    }
    let mut parts = Vec::new();
    for part in PARTS {
        for name in names.iter().filter(|a| a.value.tag == part.subject) {
            if let Some(Value::TextString(text)) = name.value.value() {
                parts.push(relative(part, text)?);
            }
        }
    }
    Ok((!parts.is_empty()).then(|| parts.into()))
}

/// A name of a common name alone, and an organization for those the server gives itself.
pub(crate) fn common(organization: Option<&str>, text: &str) -> Result<Name, Error> {
    let mut parts = Vec::new();
    for (tag, text) in [(tag::CERTIFICATE_SUBJECT_O, organization), (COMMON_NAME, Some(text))] {
        if let (Some(part), Some(text)) = (PARTS.iter().find(|p| p.subject == tag), text) {
            parts.push(relative(part, text)?);
        }
    }
    Ok(parts.into())
}

/// A part with its value, in the string type that RFC 5280 §4.1.2.4 and appendix A have for it.
fn relative(part: &Part, text: &str) -> Result<RelativeDistinguishedName, Error> {
    let value = match part.subject {
        tag::CERTIFICATE_SUBJECT_C | tag::CERTIFICATE_SUBJECT_SERIAL_NUMBER | tag::CERTIFICATE_SUBJECT_DN_QUALIFIER => {
            Any::from(PrintableStringRef::new(text)?)
        }
        tag::CERTIFICATE_SUBJECT_DC | tag::CERTIFICATE_SUBJECT_EMAIL => Any::from(Ia5StringRef::new(text)?),
        _ => Any::from(Utf8StringRef::new(text)?),
    };
    let oid = ObjectIdentifier::new(part.oid).map_err(|_| Error::from(x509_cert::der::ErrorKind::OidMalformed))?;
    Ok(RelativeDistinguishedName(SetOfVec::try_from(vec![AttributeTypeAndValue { oid, value }])?))
}
