//! Makes certificates: what goes into them (RFC 5280 §4), whoever signs.

use super::key_usage::{self, KEY_CERT_SIGN};
use aws_lc_rs::digest::{SHA256, digest};
use std::time::Duration;
use x509_cert::certificate::{TbsCertificate, Version};
use x509_cert::der::asn1::{BitString, GeneralizedTime, OctetString, UtcTime};
use x509_cert::der::oid::AssociatedOid;
use x509_cert::der::{Decode, Encode, Error};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAltName, SubjectKeyIdentifier,
};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::{Time, Validity};

/// The last second of the year 9999, where the time of a certificate ends (RFC 5280 §4.1.2.5).
pub(crate) const FOR_EVER: i64 = 253_402_300_799;

/// What a certificate says.
#[derive(Clone, Debug)]
pub(crate) struct Contents {
    /// Whose the key is.
    pub(crate) subject: Name,
    /// The key.
    pub(crate) public_key: SubjectPublicKeyInfoOwned,
    /// First second of its validity, since 1970.
    pub(crate) not_before: i64,
    /// Last second.
    pub(crate) not_after: i64,
    /// Whether other certificates may be signed with the key.
    pub(crate) authority: bool,
    /// Bits of Key Usage; no extension without any.
    pub(crate) key_usage: u16,
    /// Alternative names, extended usages: as the request has them.
    pub(crate) extensions: Vec<Extension>,
}

impl Contents {
    /// Takes over what a request, or an earlier certificate, may decide: alternative names, usages, and whether the subject is an
    /// authority. Anything else (policies, constraints, points of distribution) is the issuer's business.
    pub(crate) fn take_extensions(&mut self, asked: &[Extension]) -> Result<(), Error> {
        for extension in asked {
            let value = extension.extn_value.as_bytes();
            if extension.extn_id == KeyUsage::OID {
                self.key_usage = KeyUsage::from_der(value)?.0.bits();
            } else if extension.extn_id == BasicConstraints::OID {
                self.authority = BasicConstraints::from_der(value)?.ca;
            } else if extension.extn_id == SubjectAltName::OID || extension.extn_id == ExtendedKeyUsage::OID {
                self.extensions.push(extension.clone());
            }
        }
        Ok(())
    }
}

/// Who signs: name and key.
#[derive(Clone, Debug)]
pub(crate) struct Issuer {
    /// Its name.
    pub(crate) name: Name,
    /// The identifier of its key; none when it signs for itself.
    pub(crate) key_identifier: Option<Vec<u8>>,
    /// How it signs.
    pub(crate) algorithm: AlgorithmIdentifierOwned,
}

/// What is to be signed, as DER.
pub(crate) fn to_be_signed(contents: &Contents, issuer: &Issuer, serial: &[u8]) -> Result<Vec<u8>, Error> {
    let tbs = TbsCertificate {
        version: Version::V3,
        serial_number: SerialNumber::new(serial)?,
        signature: issuer.algorithm.clone(),
        issuer: issuer.name.clone(),
        validity: Validity { not_before: time(contents.not_before)?, not_after: time(contents.not_after)? },
        subject: contents.subject.clone(),
        subject_public_key_info: contents.public_key.clone(),
        issuer_unique_id: None,
        subject_unique_id: None,
        extensions: Some(extensions(contents, issuer)?),
    };
    tbs.to_der()
}

/// The certificate: what was signed, how, and the signature.
pub(crate) fn signed(tbs: &[u8], issuer: &Issuer, signature: &[u8]) -> Result<Vec<u8>, Error> {
    let certificate = x509_cert::Certificate {
        tbs_certificate: TbsCertificate::from_der(tbs)?,
        signature_algorithm: issuer.algorithm.clone(),
        signature: BitString::from_bytes(signature)?,
    };
    certificate.to_der()
}

/// The extensions, critical where RFC 5280 §4.2.1 wants them to be.
fn extensions(contents: &Contents, issuer: &Issuer) -> Result<Vec<Extension>, Error> {
    let mut all = vec![
        extension(&BasicConstraints { ca: contents.authority, path_len_constraint: None }, true)?,
        extension(&SubjectKeyIdentifier(OctetString::new(key_identifier(&contents.public_key))?), false)?,
    ];
    if let Some(identifier) = &issuer.key_identifier {
        let identifier = AuthorityKeyIdentifier {
            key_identifier: Some(OctetString::new(identifier.as_slice())?),
            authority_cert_issuer: None,
            authority_cert_serial_number: None,
        };
        all.push(extension(&identifier, false)?);
    }
    let mut bits = contents.key_usage;
    if contents.authority {
        bits |= KEY_CERT_SIGN;
    }
    if bits != 0 {
        all.push(extension(&key_usage::extension(bits), true)?);
    }
    all.extend(contents.extensions.iter().cloned().map(|mut asked| {
        // A certificate without a name stands on its alternative names alone (RFC 5280 §4.2.1.6).
        if asked.extn_id == SubjectAltName::OID {
            asked.critical = contents.subject.is_empty();
        }
        asked
    }));
    Ok(all)
}

/// One extension.
fn extension<T: AssociatedOid + Encode>(value: &T, critical: bool) -> Result<Extension, Error> {
    Ok(Extension { extn_id: T::OID, critical, extn_value: OctetString::new(value.to_der()?)? })
}

/// The identifier of a key: the first 160 bits of its SHA-256 (RFC 7093 §2 method 1).
pub(crate) fn key_identifier(key: &SubjectPublicKeyInfoOwned) -> Vec<u8> {
    let whole = digest(&SHA256, key.subject_public_key.raw_bytes());
    whole.as_ref().iter().take(20).copied().collect()
}

/// A time: UTCTime to the end of 2049, GeneralizedTime after (RFC 5280 §4.1.2.5). What lies outside of both is moved to the edge.
fn time(seconds: i64) -> Result<Time, Error> {
    let since_1970 = Duration::from_secs(u64::try_from(seconds.clamp(0, FOR_EVER)).unwrap_or(0));
    match UtcTime::from_unix_duration(since_1970) {
        Ok(time) => Ok(time.into()),
        Err(_) => GeneralizedTime::from_unix_duration(since_1970).map(Into::into),
    }
}
